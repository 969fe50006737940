"""The mapping queue as a file: exactly what is filtered, all of it, in the order of the page.

Integration, account and client ids are named as a mapping file names them, so that what was looked at can come back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

import xlsxwriter
from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.mapping.queue.bands import bands_of, limits_of
from rcx_app.domain.mapping.queue.repository import QueueRepository
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import AccountRow, Mark, QueueFilter, Tab
from rcx_app.domain.reconcile.screens.export import harmless

COLUMNS = (
    "integration", "account_id", "account", "seats", "state", "client_id", "client", "confidence", "looks_like",
    "alarm", "decided_how", "decided_by", "decided_at", "note", "snoozed_until",
)  # fmt: skip
_NUMBERS = (COLUMNS.index("seats"), COLUMNS.index("confidence"))
_BLOCK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountQuery:
    """What the address of the page asks for."""

    tab: Tab = Tab.REVIEW
    connection_id: int | None = None
    band: str = ""
    mark: Mark | None = None
    text: str = ""

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> AccountQuery:
        """From the page's own query; what is no value of its kind filters nothing."""
        tab, mark, integration = params.get("tab", ""), params.get("mark", ""), params.get("integration", "")
        is_id = integration.isascii() and integration.isdecimal() and len(integration) < 18
        return cls(
            tab=Tab(tab) if tab in set(Tab) else Tab.REVIEW,
            connection_id=int(integration) if is_id else None,
            band=params.get("band", ""),
            mark=Mark(mark) if mark in set(Mark) else None,
            text=params.get("q", ""),
        )


def accounts_csv(session: Session, context: Context, query: AccountQuery, out: IO[bytes]) -> int:
    """Write the accounts as CSV (UTF-8 with the mark that Excel looks for); returns how many."""
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    written = 0
    for row in _rows(session, context, query):
        writer.writerow([value if at in _NUMBERS else harmless(value) for at, value in enumerate(_cells(row))])
        written += 1
    text.detach()
    return written


def accounts_xlsx(session: Session, context: Context, query: AccountQuery, out: IO[bytes]) -> int:
    """Write the accounts as an Excel workbook; returns how many. Texts are texts, whatever they look like."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("Accounts")
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for at, name in enumerate(COLUMNS):
            sheet.write_string(0, at, name, bold)
        line = 0
        for line, row in enumerate(_rows(session, context, query), 1):
            for at, value in enumerate(_cells(row)):
                if at in _NUMBERS and value:
                    sheet.write_number(line, at, float(value))
                else:
                    sheet.write_string(line, at, value)
    return line


def _rows(session: Session, context: Context, query: AccountQuery) -> Iterator[AccountRow]:
    low, high = limits_of(query.band, bands_of(*MappingRepository(session, context).thresholds()))
    chosen = QueueFilter(
        tab=query.tab,
        connection_id=query.connection_id,
        text=query.text,
        min_confidence=low,
        below_confidence=high,
        mark=query.mark,
    )
    repository, cursor = QueueRepository(session, context), ""
    while True:
        page = repository.page(chosen, cursor, _BLOCK)
        yield from page.items
        cursor = page.next_cursor
        if not cursor:
            return


def _cells(row: AccountRow) -> list[str]:
    return [
        row.integration,
        row.external_id,
        row.name,
        f"{row.seats}",
        row.state,
        row.client_external_id,
        row.client_name,
        f"{row.confidence:f}" if row.confidence is not None else "",
        row.no_client,
        "yes" if row.has_alarm else "",
        row.decided_how,
        row.decided_by,
        row.decided_at.isoformat(timespec="seconds") if row.decided_at else "",
        row.note,
        row.snoozed_until.isoformat(timespec="seconds") if row.snoozed_until else "",
    ]
