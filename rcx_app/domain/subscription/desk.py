"""What platform admins do about subscriptions: who pays what, tax, credit, credit notes. Never what workspaces work on.

All of it needs a transaction without a workspace; what is done to a workspace stands in that workspace's audit trail.
"""

from __future__ import annotations

from decimal import Decimal

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.core.money import parse, round_money
from rcx_app.core.permissions import Permission, Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.subscription import arithmetic, invoicing, keeping
from rcx_app.domain.subscription.arithmetic import Bill, BillLine, Held
from rcx_app.domain.subscription.invoices import row_of, whole
from rcx_app.domain.subscription.offers import offer
from rcx_app.domain.subscription.offers_repository import AllSubscriptions
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.domain.subscription.schemas import INVOICE, Customer, InvoiceLineView, InvoiceRow, InvoiceView
from rcx_app.models import PlanCredit, PlanInvoice, PlanSubscription

MOST_CREDIT = Decimal(100_000)


def customers(session: Session, context: Context) -> list[Customer]:
    """Every workspace with a subscription, by name. Raises NotPermitted."""
    context.require(Permission.PLATFORM)
    everywhere = AllSubscriptions(session)
    items, credits, counts = everywhere.items(), everywhere.credits(), everywhere.client_counts()
    found = []
    for row, name in everywhere.customers():
        mine = items.get(row.workspace_id, [])
        held = [offer(plan, version).held(item.quantity, row.currency) for item, plan, version in mine]
        credit = credits.get((row.workspace_id, row.currency), Decimal(0))
        found.append(_customer(row, name, held, credit, counts.get(row.workspace_id, 0)))
    return found


def _customer(row: PlanSubscription, name: str, held: list[Held], credit: Decimal, clients: int) -> Customer:
    return Customer(
        workspace_id=row.workspace_id,
        workspace=name,
        state=row.state,
        plan=", ".join(each.words for each in held),
        monthly=arithmetic.monthly(held),
        currency=row.currency,
        renews=row.renews,
        due_on=row.next_bill_on,
        tax_name=row.tax_name,
        tax_rate=row.tax_rate,
        credit=credit,
        clients=clients,
        allowed=arithmetic.clients(held),
    )


def invoices(session: Session, context: Context, limit: int = 50) -> list[tuple[str, InvoiceRow]]:
    """The newest invoices of all, with the workspace's name. Raises NotPermitted."""
    context.require(Permission.PLATFORM)
    everywhere = AllSubscriptions(session)
    rows = everywhere.newest_invoices(None, limit)
    credited = everywhere.credited([each.id for each, _ in rows])
    return [(name, row_of(each, each.id in credited)) for each, name in rows]


def invoice(session: Session, context: Context, invoice_id: int) -> InvoiceView:
    """Any workspace's invoice, whole; that it was looked at stands in the workspace's trail.

    Raises NotPermitted, NotFound, Conflict where its rows were changed.
    """
    context.require(Permission.PLATFORM)
    inside = _inside(context, AllSubscriptions(session).workspace_of(invoice_id))
    found = whole(SubscriptionRepository(session, inside), invoice_id)
    audit.record(session, inside, "export:invoice", "plan_invoice", invoice_id, {"number": found.number})
    return found


def set_tax(session: Session, context: Context, workspace_id: int, name: str, percent: str) -> None:
    """At what rate a workspace's future invoices are taxed: ``19`` is 19 %. Raises NotPermitted, NotFound, Invalid."""
    context.require(Permission.PLATFORM)
    row, inside = _row(session, context, workspace_id)
    name = " ".join(name.split())
    try:
        rate = parse(percent.strip().removesuffix("%")) / 100
    except ValueError as error:
        raise Invalid("The tax rate is no number.", remedy="Write it like 19 or 8.25.") from error
    if not 0 <= rate <= 1 or rate != round(rate, 6) or len(name) > 40 or (rate and not name):
        raise Invalid("A tax has a name of at most 40 letters and a rate from 0 to 100 %, with up to four decimals.")
    before = {"name": row.tax_name, "rate": row.tax_rate}
    row.tax_name, row.tax_rate = name, rate
    keeping.bump(row)
    detail = {"before": before, "after": {"name": name, "rate": rate}}
    audit.record(session, inside, "subscription:tax", "subscription", row.id, detail)


def give_credit(session: Session, context: Context, workspace_id: int, amount: str, reason: str) -> Decimal:
    """Credit that the next invoices take first. Returns the balance. Raises NotPermitted, NotFound, Invalid."""
    context.require(Permission.PLATFORM)
    row, inside = _row(session, context, workspace_id)
    reason = " ".join(reason.split())
    try:
        given = parse(amount)
    except ValueError as error:
        raise Invalid("The credit is no number.", remedy="Write it like 50.00.") from error
    if not 0 < given <= MOST_CREDIT or round_money(given, row.currency) != given:
        raise Invalid(f"A credit is more than 0, in whole cents, at most {MOST_CREDIT:,}.")
    if not reason or len(reason) > 200:
        raise Invalid("A credit needs a reason of at most 200 letters; the workspace's owner reads it.")
    repository = SubscriptionRepository(session, inside)
    repository.add(
        PlanCredit(
            workspace_id=workspace_id, amount=given, currency=row.currency, reason=reason, user_id=context.user_id
        )
    )
    keeping.bump(row)
    detail = {"amount": given, "currency": row.currency, "reason": reason}
    audit.record(session, inside, "subscription:credit", "subscription", row.id, detail)
    return repository.balance(row.currency)


def credit_note(session: Session, context: Context, invoice_id: int, reason: str) -> str:
    """Take a whole invoice back by a credit note; what it came to becomes credit. Returns the note's number.

    The invoice itself stays as it is. Raises NotPermitted, NotFound, Invalid, Conflict where it was taken back before.
    """
    context.require(Permission.PLATFORM)
    reason = " ".join(reason.split())
    if not reason or len(reason) > 200:
        raise Invalid("A credit note says why, in at most 200 letters.")
    row, inside = _row(session, context, AllSubscriptions(session).workspace_of(invoice_id))
    repository = SubscriptionRepository(session, inside)
    invoice = repository.get(PlanInvoice, invoice_id)
    if invoice.kind != INVOICE:
        raise Invalid(f"{invoice.number} is a credit note itself.", remedy="Take back an invoice.")
    if repository.credited([invoice.id]):
        raise Conflict(f"{invoice.number} was taken back before.", remedy="Reload the page.")
    taken = Bill(
        tuple(_taken_back(line) for line in invoicing.checked_view(invoice, repository.lines(invoice.id), "").lines),
        -invoice.net,
        -invoice.tax,
        -invoice.total,
    )
    made = invoicing.issue(
        session,
        inside,
        row,
        taken,
        period=(invoice.period_from, invoice.period_to),
        issued_on=keeping.today_of(repository),
        corrects=invoice,
        reason=reason,
    )
    if made is None:
        raise Invalid(f"{invoice.number} comes to nothing.", remedy="There is nothing to take back.")
    keeping.bump(row)
    detail = {"invoice": invoice.number, "note": made.number, "reason": reason}
    audit.record(session, inside, "subscription:credit_note", "plan_invoice", invoice.id, detail)
    return made.number


def _taken_back(line: InvoiceLineView) -> BillLine:
    return BillLine(
        line.text, line.day_from, line.day_to, line.days, line.of_days, -line.unit_amount, -line.amount
    )  # fmt: skip


def _row(session: Session, context: Context, workspace_id: int) -> tuple[PlanSubscription, Context]:
    """A workspace's subscription, locked, and the platform admin as one who acts in it."""
    inside = _inside(context, workspace_id)
    row = SubscriptionRepository(session, inside).subscription(lock=True)
    if row is None:
        raise NotFound("This subscription")
    return row, inside


def _inside(context: Context, workspace_id: int) -> Context:
    return Context(workspace_id=workspace_id, user_id=context.user_id, role=Role.OWNER, user_name=context.user_name)
