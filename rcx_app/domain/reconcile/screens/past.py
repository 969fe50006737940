"""A client's past, as its page reads it: invoices line by line, and what happened, in words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.money import format_quantity
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens.past_repository import (
    DECIDED,
    FOUND,
    GONE,
    LINE,
    MAPPED,
    WRITTEN,
    PastRepository,
)
from rcx_app.models import Account, Finding, InvoiceLine, Line, LineChange, LineHistory, MappingEvent, ReviewEvent

_DEEDS = {
    "approve": "Approved",
    "dismiss": "Dismissed",
    "snooze": "Put off",
    "at_vendor": "To be mended at the vendor",
    "wrong_mapping": "Mapping said to be wrong",
    "reopen": "Opened again",
    "assign": "Handed over",
    "split": "Divided between its lines",
    "tag": "Tagged",
    "comment": "Commented",
    "returned": "Came back",
}


@dataclass(frozen=True, slots=True)
class InvoicedLine:
    """One line of an invoice.

    `now`: the quantity that its agreement line bills today, None where that is gone or not known.
    """

    product: str
    product_code: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    now: Decimal | None


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice as the PSA issued it."""

    invoice_id: int
    number: str
    issued_on: date
    currency: str
    total: Decimal
    integration: str
    lines: tuple[InvoicedLine, ...]


@dataclass(frozen=True, slots=True)
class PastRow:
    """One thing that happened. `what`: found | gone | decided | line | mapped | written; `about` names it, `text` says
    it, `finding_id` leads to it."""

    at: datetime
    what: str
    about: str
    text: str
    who: str = ""
    finding_id: int | None = None


def invoice_count(session: Session, context: Context, client_id: int) -> int:
    """How many invoices RCX knows of. Raises NotFound for another workspace's client."""
    context.require(Permission.READ)
    repository = PastRepository(session, context)
    repository.client(client_id)
    return repository.invoice_count(client_id)


def invoices(session: Session, context: Context, client_id: int, cursor: str = "") -> Page[InvoiceRow]:
    """The client's invoices, newest first. Raises NotFound for another workspace's client."""
    context.require(Permission.READ)
    repository = PastRepository(session, context)
    repository.client(client_id)
    found, following = repository.invoices(client_id, cursor)
    lines: dict[int, list[InvoicedLine]] = defaultdict(list)
    by_product: dict[str, list[Line]] = defaultdict(list)
    for each in repository.lines_of(client_id):
        by_product[each.product_key].append(each)
    for row, line in repository.invoice_lines([invoice.id for invoice, _ in found]):
        # Not every PSA says on its invoices which line was billed; a product that one line bills says as much.
        same = by_product[row.product_key] if row.product_key else []
        lines[row.invoice_id].append(_invoiced(row, line or (same[0] if len(same) == 1 else None)))
    rows = tuple(
        InvoiceRow(
            invoice_id=row.id,
            number=row.number,
            issued_on=row.issued_on,
            currency=row.currency,
            total=row.total,
            integration=label,
            lines=tuple(lines[row.id]),
        )
        for row, label in found
    )
    return Page(rows, following)


def past(session: Session, context: Context, client_id: int, cursor: str = "") -> Page[PastRow]:
    """All that happened to the client: findings that came and went, verdicts, changes of its lines, mappings, what was
    written. Newest first. Raises NotFound for another workspace's client."""
    context.require(Permission.READ)
    repository = PastRepository(session, context)
    repository.client(client_id)
    events, following = repository.events(client_id, cursor)
    ids: dict[str, list[int]] = defaultdict(list)
    for _, what, row_id in events:
        ids[what].append(row_id)
    findings = repository.findings({*ids[FOUND], *ids[GONE]})
    deeds, changes = repository.deeds(ids[DECIDED]), repository.line_changes(ids[LINE])
    mappings, writes = repository.mappings(ids[MAPPED]), repository.writes(ids[WRITTEN])
    rows: list[PastRow] = []
    for at, what, row_id in events:
        if what in (FOUND, GONE):
            rows.append(_finding(at, what, findings[row_id]))
        elif what == DECIDED:
            rows.append(_deed(at, *deeds[row_id]))
        elif what == LINE:
            rows.append(_line(at, *changes[row_id]))
        elif what == MAPPED:
            rows.append(_mapping(at, client_id, *mappings[row_id]))
        else:
            rows.append(_write(at, *writes[row_id]))
    return Page(tuple(rows), following)


def _invoiced(row: InvoiceLine, line: Line | None) -> InvoicedLine:
    is_there = line is not None and line.removed_at is None
    return InvoicedLine(
        product=(line.product_name if line is not None else "") or row.product_code,
        product_code=row.product_code,
        quantity=row.quantity,
        unit_price=row.unit_price,
        amount=row.amount,
        now=line.quantity if line is not None and is_there else None,
    )


def _service(finding: Finding) -> str:
    return finding.product_name or finding.product_code or finding.sku or finding.integration


def _finding(at: datetime, what: str, finding: Finding) -> PastRow:
    billed = format_quantity(finding.billed_quantity)
    if finding.expected_quantity is None:
        numbers = f"{format_quantity(finding.system_count)} counted, nothing billed"
    else:
        numbers = f"billed {billed}, expected {format_quantity(finding.expected_quantity)}"
    text = f"Found: {numbers}" if what == FOUND else f"No longer found ({numbers})"
    return PastRow(at, what, _service(finding), text, finding_id=finding.id if finding.resolved_at is None else None)


def _deed(at: datetime, event: ReviewEvent, finding: Finding, who: str) -> PastRow:
    said = _DEEDS.get(event.deed, event.deed.replace("_", " ").capitalize())
    text = f"{said}: {event.text}" if event.text else said
    return PastRow(at, DECIDED, _service(finding), text, who or "RCX", finding.id)


def _line(at: datetime, now: LineHistory, old: LineHistory, line: Line) -> PastRow:
    parts = []
    if now.quantity != old.quantity:
        parts.append(f"quantity {format_quantity(old.quantity)} to {format_quantity(now.quantity)}")
    if now.included_quantity != old.included_quantity:
        parts.append(f"included {format_quantity(old.included_quantity)} to {format_quantity(now.included_quantity)}")
    if now.unit_price != old.unit_price:
        parts.append(f"price {_price(old.unit_price)} to {_price(now.unit_price)}")
    if now.unit_cost != old.unit_cost:
        parts.append(f"cost {_price(old.unit_cost)} to {_price(now.unit_cost)}")
    text = "In the PSA: " + (", ".join(parts) or "read again")
    return PastRow(at, LINE, line.product_name or line.product_code, text)


def _price(value: Decimal | None) -> str:
    return "none" if value is None else format_quantity(value)


def _mapping(at: datetime, client_id: int, event: MappingEvent, account: Account, label: str, who: str) -> PastRow:
    is_ours = event.after.get("client_id") == client_id and event.after.get("state") == "mapped"
    was_ours = event.before.get("client_id") == client_id and event.before.get("state") == "mapped"
    text = "Mapped to this client" if is_ours else "Taken from this client" if was_ours else "Looked at for this client"
    return PastRow(at, MAPPED, f"{account.name} ({label})", text, who or "RCX")


def _write(at: datetime, change: LineChange, line: Line) -> PastRow:
    moved = f"{format_quantity(change.old_quantity)} to {format_quantity(change.quantity)}"
    text = f"Written to the PSA and read back: {moved}"
    if change.state == "applied_outside":
        text = f"Changed in the PSA by hand: {moved}"
    return PastRow(at, WRITTEN, line.product_name or line.product_code, text, finding_id=change.finding_id)
