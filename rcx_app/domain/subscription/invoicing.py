"""Invoices and credit notes: numbered without gaps, sealed by a hash, and never changed once they are issued.

The issuer's row is locked while a number is taken, in the transaction that writes the invoice: whoever fails leaves no
gap, and two can't take one number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict
from rcx_app.core.money import trim
from rcx_app.domain.audit import service as audit
from rcx_app.domain.subscription import events
from rcx_app.domain.subscription.arithmetic import Bill, BillLine, credit_used
from rcx_app.domain.subscription.offers_repository import Offers
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.domain.subscription.schemas import CREDIT_NOTE, INVOICE, InvoiceLineView, InvoiceView
from rcx_app.models import PlanCredit, PlanInvoice, PlanInvoiceLine, PlanIssuer, PlanSubscription

_ISSUER = ("name", "address", "tax_id", "email", "bank")


def issue(
    session: Session,
    context: Context,
    row: PlanSubscription,
    made: Bill,
    *,
    period: tuple[date, date],
    issued_on: date,
    cycle_on: date | None = None,
    corrects: PlanInvoice | None = None,
    reason: str = "",
) -> PlanInvoice | None:
    """Issue what `made` says; None where it comes to nothing. Credit pays what it can, a credit note becomes credit."""
    if not made.net:
        return None
    repository = SubscriptionRepository(session, context)
    issuer = Offers(session).issuer(lock=True)
    issuer.last_number += 1
    invoice = _drawn_up(row, issuer, made, repository.balance(row.currency), issued_on, corrects)
    invoice.period_from, invoice.period_to = period
    invoice.cycle_on, invoice.reason = cycle_on, reason
    lines = [_line(context.workspace_id, at, line) for at, line in enumerate(made.lines, start=1)]
    invoice.hash = seal(invoice, lines)
    repository.add(invoice)
    for line in lines:
        line.invoice_id = invoice.id
        session.add(line)
    _move_credit(repository, context, invoice)
    session.flush()
    _tell(session, context, invoice, lines, corrects)
    return invoice


def _drawn_up(
    row: PlanSubscription,
    issuer: PlanIssuer,
    made: Bill,
    balance: Decimal,
    issued_on: date,
    corrects: PlanInvoice | None,
) -> PlanInvoice:
    """The invoice with its number, parties and money; what it is for is still to be said."""
    is_invoice = made.net > 0
    used = credit_used(made.total, balance) if is_invoice else Decimal(0)
    tax_rate, tax_name = (corrects.tax_rate, corrects.tax_name) if corrects else (row.tax_rate, row.tax_name)
    return PlanInvoice(
        workspace_id=row.workspace_id,
        sequence=issuer.last_number,
        number=f"{issuer.prefix}{issuer.last_number:06d}",
        kind=INVOICE if is_invoice else CREDIT_NOTE,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=issuer.payment_days) if is_invoice else issued_on,
        period_from=issued_on,
        period_to=issued_on,
        corrects_id=corrects.id if corrects else None,
        currency=row.currency,
        net=made.net,
        tax_name=tax_name,
        tax_rate=tax_rate,
        tax=made.tax,
        total=made.total,
        credit_used=used,
        due=made.total - used if is_invoice else Decimal(0),
        issuer=_issuer(issuer),
        customer={"name": row.bill_name, "address": row.bill_address, "tax_id": row.tax_id},
        hash="",
    )


def _move_credit(repository: SubscriptionRepository, context: Context, invoice: PlanInvoice) -> None:
    moved = -invoice.credit_used if invoice.kind == INVOICE else -invoice.total
    if moved:
        repository.add(
            PlanCredit(
                workspace_id=context.workspace_id,
                amount=moved,
                currency=invoice.currency,
                reason=f"{'Used by' if moved < 0 else 'Credit note'} {invoice.number}",
                invoice_id=invoice.id,
                user_id=context.user_id,
            )
        )


def _tell(
    session: Session,
    context: Context,
    invoice: PlanInvoice,
    lines: Sequence[PlanInvoiceLine],
    corrects: PlanInvoice | None,
) -> None:
    detail = {
        "number": invoice.number,
        "total": invoice.total,
        "currency": invoice.currency,
        "corrects": corrects.number if corrects else "",
    }
    audit.record(session, context, "subscription:invoice", "plan_invoice", invoice.id, detail)
    events.issued(session, context, view_of(invoice, lines, corrects.number if corrects else ""))


def _issuer(row: PlanIssuer) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _ISSUER}


def _line(workspace_id: int, position: int, line: BillLine) -> PlanInvoiceLine:
    return PlanInvoiceLine(
        workspace_id=workspace_id,
        invoice_id=0,
        position=position,
        text=line.text,
        day_from=line.day_from,
        day_to=line.day_to,
        days=line.days,
        of_days=line.of_days,
        unit_amount=line.unit_amount,
        amount=line.amount,
    )


_SEALED = (
    *("workspace_id", "sequence", "number", "kind", "issued_on", "due_on", "period_from", "period_to", "cycle_on"),
    *("corrects_id", "reason", "currency", "net", "tax_name", "tax_rate", "tax", "total", "credit_used", "due"),
    *("issuer", "customer"),
)
_SEALED_LINE = ("position", "text", "day_from", "day_to", "days", "of_days", "unit_amount", "amount")


def seal(invoice: PlanInvoice, lines: Sequence[PlanInvoiceLine]) -> str:
    """SHA-256 (hex) over everything that the invoice says, whatever database it was read from."""
    said = {name: _plain(getattr(invoice, name)) for name in _SEALED}
    said["lines"] = [{name: _plain(getattr(line, name)) for name in _SEALED_LINE} for line in lines]
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{trim(value) + 0:f}"  # a zero below zero is none
    if isinstance(value, date):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value


def checked_view(invoice: PlanInvoice, lines: Sequence[PlanInvoiceLine], corrects: str) -> InvoiceView:
    """The invoice as it was issued. Raises Conflict where it is not what was sealed."""
    if seal(invoice, lines) != invoice.hash:
        raise Conflict(
            f"Invoice {invoice.number} is not what was issued: its rows were changed outside RCX.",
            remedy="Tell us under Support; we have it restored.",
        )
    return view_of(invoice, lines, corrects)


def view_of(invoice: PlanInvoice, lines: Sequence[PlanInvoiceLine], corrects: str) -> InvoiceView:
    """The invoice with its lines, as it is handed out. `corrects`: the number of the one that it takes back."""
    return InvoiceView(
        invoice_id=invoice.id,
        number=invoice.number,
        kind=invoice.kind,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        period_from=invoice.period_from,
        period_to=invoice.period_to,
        corrects=corrects,
        reason=invoice.reason,
        currency=invoice.currency,
        net=invoice.net,
        tax_name=invoice.tax_name,
        tax_rate=invoice.tax_rate,
        tax=invoice.tax,
        total=invoice.total,
        credit_used=invoice.credit_used,
        due=invoice.due,
        issuer=dict(invoice.issuer),
        customer=dict(invoice.customer),
        lines=tuple(
            InvoiceLineView(
                text=line.text,
                day_from=line.day_from,
                day_to=line.day_to,
                days=line.days,
                of_days=line.of_days,
                unit_amount=line.unit_amount,
                amount=line.amount,
            )
            for line in lines
        ),
        hash=invoice.hash,
    )
