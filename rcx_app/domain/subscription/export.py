"""Invoices of a period for the accounting system, as CSV: one file a row an invoice, one a row a line.

Texts that a spreadsheet would run are made harmless. Amounts are plain decimals in the invoice's currency; those of
credit notes are below 0.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import IO

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.reconcile.screens import sheets
from rcx_app.domain.reconcile.screens.sheets import Cell
from rcx_app.domain.subscription.offers_repository import AllSubscriptions
from rcx_app.models import PlanInvoice, PlanInvoiceLine

_INVOICE: tuple[tuple[str, Callable[[PlanInvoice], Cell]], ...] = (
    ("number", lambda each: each.number),
    ("kind", lambda each: each.kind),
    ("issued_on", lambda each: each.issued_on.isoformat()),
    ("due_on", lambda each: each.due_on.isoformat()),
    ("period_from", lambda each: each.period_from.isoformat()),
    ("period_to", lambda each: each.period_to.isoformat()),
    ("workspace_id", lambda each: each.workspace_id),
    ("customer", lambda each: str(each.customer.get("name", ""))),
    ("customer_tax_id", lambda each: str(each.customer.get("tax_id", ""))),
    ("currency", lambda each: each.currency),
    ("net", lambda each: each.net),
    ("tax_name", lambda each: each.tax_name),
    ("tax_rate", lambda each: each.tax_rate),
    ("tax", lambda each: each.tax),
    ("total", lambda each: each.total),
    ("credit_used", lambda each: each.credit_used),
    ("due", lambda each: each.due),
    ("reason", lambda each: each.reason),
)
_LINE: tuple[tuple[str, Callable[[PlanInvoiceLine], Cell]], ...] = (
    ("position", lambda each: each.position),
    ("text", lambda each: each.text),
    ("from", lambda each: each.day_from.isoformat()),
    ("to", lambda each: each.day_to.isoformat()),
    ("days", lambda each: each.days),
    ("of_days", lambda each: each.of_days),
    ("monthly", lambda each: each.unit_amount),
    ("amount", lambda each: each.amount),
)
_OF_INVOICE = ("number", "issued_on", "customer", "currency")


def invoices_csv(session: Session, context: Context, first: date, last: date, out: IO[bytes]) -> int:
    """Invoices issued from `first` to `last`, by number; returns how many. Raises NotPermitted, Invalid.

    Needs a transaction without a workspace.
    """
    context.require(Permission.PLATFORM)
    rows = AllSubscriptions(session).invoices(*_period(first, last))
    _record(session, context, "invoices", first, last)
    cells = ([read(each) for _, read in _INVOICE] for each in rows)
    return sheets.write("csv", "Invoices", [name for name, _ in _INVOICE], cells, out)


def lines_csv(session: Session, context: Context, first: date, last: date, out: IO[bytes]) -> int:
    """The lines of the invoices that `invoices_csv` gives; returns how many. Raises NotPermitted, Invalid.

    Needs a transaction without a workspace.
    """
    context.require(Permission.PLATFORM)
    everywhere = AllSubscriptions(session)
    rows = everywhere.invoices(*_period(first, last))
    lines = everywhere.lines(rows)
    _record(session, context, "lines", first, last)
    head = [(name, read) for name, read in _INVOICE if name in _OF_INVOICE]
    cells = (
        [*(read(each) for _, read in head), *(read(line) for _, read in _LINE)]
        for each in rows
        for line in lines.get(each.id, [])
    )
    return sheets.write("csv", "Lines", [name for name, _ in (*head, *_LINE)], cells, out)


def _period(first: date, last: date) -> tuple[date, date]:
    if last < first:
        raise Invalid("The period ends before it begins.", remedy="Swap the two days.")
    return first, last


def _record(session: Session, context: Context, what: str, first: date, last: date) -> None:
    audit.record_outside(session, "plan:export", {"by": context.user_id, "what": what, "from": first, "to": last})
