"""The lists of Billing as files: what is filtered, in the order of the page, in its columns and in native amounts.

What names a row and says what its numbers are always stands; the columns that a person may leave out on the page are
left out here too. Nothing is converted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.pagination import Page
from rcx_app.domain.reconcile.screens import groups, sheets
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.query import FindingQuery
from rcx_app.domain.reconcile.screens.repository import ScreenRepository
from rcx_app.domain.reconcile.screens.schemas import ClientFilters, ClientRow, Sums
from rcx_app.domain.reconcile.screens.service import finding_row, last_run
from rcx_app.domain.reconcile.screens.sheets import Cell
from rcx_app.domain.reconcile.screens.sheets import harmless as harmless

# Name in the file, the page's column that it belongs to (empty: always there), and how it is read of a row.
Field = tuple[str, str, Callable[[Any], Cell]]

_FINDING: tuple[Field, ...] = (
    ("client", "", lambda row: row.client_name),
    ("service", "", lambda row: row.service),
    ("product_code", "", lambda row: row.product_code),
    ("sku", "", lambda row: row.sku),
    ("integration", "integration", lambda row: row.integration),
    ("account", "", lambda row: row.account_name),
    ("kind", "kind", lambda row: row.kind),
    ("direction", "", lambda row: row.direction),
    ("billed_quantity", "quantity", lambda row: row.billed),
    ("system_count", "quantity", lambda row: row.count),
    ("expected_quantity", "quantity", lambda row: row.expected),
    ("delta", "delta", lambda row: row.delta),
    ("unit_price", "price", lambda row: row.unit_price),
    ("amount", "amount", lambda row: row.amount),
    ("monthly_amount", "amount", lambda row: row.monthly_amount),
    ("currency", "", lambda row: row.currency),
    ("billing_cycle", "", lambda row: row.billing_cycle),
    ("ready", "", lambda row: "yes" if row.is_ready else "no"),
    ("state", "state", lambda row: row.state),
    ("first_found_at", "age", lambda row: row.first_found_at.isoformat(timespec="seconds")),
    ("explanation", "", lambda row: row.explanation),
)
_CLIENT: tuple[Field, ...] = (
    ("client", "", lambda row: row.name),
    ("seats", "seats", lambda row: row.seats),
    ("services", "services", lambda row: row.services),
    ("findings", "discrepancies", lambda row: row.discrepancies),
    ("flags", "flags", lambda row: row.flags),
    ("under_billed", "under", lambda row: _main(row).under),
    ("over_billed", "over", lambda row: _main(row).over),
    ("at_stake", "at_stake", lambda row: _main(row).under - _main(row).over),
    ("net_month", "amount", lambda row: row.amount),
    ("currency", "", lambda row: row.currency),
    ("billing_cycle", "cycle", lambda row: row.billing_cycle),
)
_SERVICE: tuple[Field, ...] = (
    ("service", "", lambda row: row.name),
    ("product_code", "", lambda row: row.product_code),
    ("integration", "", lambda row: row.integration),
    ("clients", "clients", lambda row: row.clients),
    ("findings", "findings", lambda row: row.findings),
    ("not_ready", "findings", lambda row: row.not_ready),
    ("billed_quantity", "moved", lambda row: row.billed),
    ("expected_quantity", "moved", lambda row: row.expected),
    ("under_billed", "under", lambda row: row.sums.under),
    ("over_billed", "over", lambda row: row.sums.over),
    ("net_month", "impact", lambda row: row.sums.net),
    ("apart", "apart", lambda row: row.apart or Decimal(0)),
    ("currency", "", lambda row: row.sums.currency),
)
COLUMNS = tuple(name for name, _, _ in _FINDING)


def findings_file(
    session: Session,
    context: Context,
    query: FindingQuery,
    out: IO[bytes],
    kind: str = "csv",
    columns: Sequence[str] | None = None,
) -> int:
    """Write every finding that the query asks for; returns how many. `columns` None: all of them."""
    period = last_run(session, context).period
    found = ScreenRepository(session, context).all_findings(period, query.filters(), query.order)
    return write_fields("Findings", _FINDING, (finding_row(row) for row in found), out, kind, columns)


def clients_file(
    session: Session,
    context: Context,
    filters: ClientFilters,
    sort: str,
    out: IO[bytes],
    kind: str = "csv",
    columns: Sequence[str] | None = None,
) -> int:
    """Write every client of a filter, money in its main currency; returns how many."""
    rows = every(lambda cursor: screens.client_table(session, context, filters, sort, cursor))
    return write_fields("Clients", _CLIENT, rows, out, kind, columns)


def services_file(
    session: Session,
    context: Context,
    search: str,
    sort: str,
    out: IO[bytes],
    kind: str = "csv",
    columns: Sequence[str] | None = None,
) -> int:
    """Write every service with open findings, by currency; returns how many."""
    rows = every(lambda cursor: groups.services(session, context, search, sort, cursor))
    return write_fields("Services", _SERVICE, rows, out, kind, columns)


def write_fields(
    title: str, known: Sequence[Field], rows: Iterable[Any], out: IO[bytes], kind: str, columns: Sequence[str] | None
) -> int:
    """Write the chosen of the known fields."""
    chosen = [each for each in known if columns is None or not each[1] or each[1] in columns]
    cells = ([read(row) for _, _, read in chosen] for row in rows)
    return sheets.write(kind, title, [name for name, _, _ in chosen], cells, out)


def every(page_at: Callable[[str], Page[Any]]) -> Iterator[Any]:
    """All rows of a list, page by page."""
    cursor = ""
    while True:
        page = page_at(cursor)
        yield from page.items
        cursor = page.next_cursor
        if not cursor:
            return


def _main(row: ClientRow) -> Sums:
    return next((each for each in row.money.calculated if each.currency == row.currency), Sums(row.currency))
