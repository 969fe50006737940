"""A workspace's invoices: the list, one whole, and one as a PDF. For its owners."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor
from rcx_app.core.permissions import Permission
from rcx_app.domain.subscription import invoicing
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.domain.subscription.schemas import InvoiceRow, InvoiceView
from rcx_app.models import PlanInvoice


def listed(session: Session, context: Context, cursor: str = "") -> Page[InvoiceRow]:
    """A page of them, newest first. Raises NotPermitted."""
    context.require(Permission.OWN)
    repository = SubscriptionRepository(session, context)
    before = decode_cursor(cursor, length=1)[0] if cursor else None
    rows = repository.invoices(int(before) if before is not None else None, PAGE_SIZE + 1)
    shown = rows[:PAGE_SIZE]
    credited = repository.credited([each.id for each in shown])
    items = tuple(row_of(each, each.id in credited) for each in shown)
    return Page(items, encode_cursor([shown[-1].sequence]) if len(rows) > PAGE_SIZE else "")


def one(session: Session, context: Context, invoice_id: int) -> InvoiceView:
    """An invoice as it was issued. Raises NotPermitted, NotFound, Conflict where its rows were changed."""
    context.require(Permission.OWN)
    return whole(SubscriptionRepository(session, context), invoice_id)


def whole(repository: SubscriptionRepository, invoice_id: int) -> InvoiceView:
    """As `one`, for whoever may."""
    invoice = repository.get(PlanInvoice, invoice_id)
    corrects = repository.get(PlanInvoice, invoice.corrects_id).number if invoice.corrects_id is not None else ""
    return invoicing.checked_view(invoice, repository.lines(invoice_id), corrects)


def row_of(invoice: PlanInvoice, is_credited: bool) -> InvoiceRow:
    """An invoice as a row of a list."""
    return InvoiceRow(
        invoice_id=invoice.id,
        number=invoice.number,
        kind=invoice.kind,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        period_from=invoice.period_from,
        period_to=invoice.period_to,
        currency=invoice.currency,
        total=invoice.total,
        credit_used=invoice.credit_used,
        due=invoice.due,
        is_credited=is_credited,
    )
