"""A filtered list of findings as CSV, exactly as filtered and sorted on the page."""

from __future__ import annotations

import csv
from typing import Any, TextIO

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.reconcile.screens.query import FindingQuery
from rcx_app.domain.reconcile.screens.repository import ScreenRepository
from rcx_app.domain.reconcile.screens.service import finding_row, last_run

COLUMNS = (
    "client", "service", "product_code", "sku", "integration", "account", "kind", "direction", "billed_quantity",
    "system_count", "expected_quantity", "delta", "unit_price", "amount", "monthly_amount", "currency",
    "billing_cycle", "ready", "state", "first_found_at", "explanation",
)  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def findings_csv(session: Session, context: Context, query: FindingQuery, out: TextIO) -> int:
    """Write every finding that the query asks for; returns how many. Numbers are plain, texts can't become formulas."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    period = last_run(session, context).period
    written = 0
    for found in ScreenRepository(session, context).all_findings(period, query.filters(), query.order):
        writer.writerow(_cells(found))
        written += 1
    return written


def harmless(text: str) -> str:
    """`text` as a cell that no spreadsheet runs: an apostrophe stands before what would begin a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _cells(found: Any) -> list[str]:
    row = finding_row(found)
    texts = (row.client_name, row.service, row.product_code, row.sku, row.integration, row.account_name)
    numbers = (row.billed, row.count, row.expected, row.delta, row.unit_price, row.amount, row.monthly_amount)
    return [
        *(harmless(text) for text in texts),
        row.kind,
        row.direction,
        *("" if number is None else f"{number:f}" for number in numbers),
        harmless(row.currency),
        harmless(row.billing_cycle),
        "yes" if row.is_ready else "no",
        row.state,
        row.first_found_at.isoformat(timespec="seconds"),
        harmless(row.explanation),
    ]
