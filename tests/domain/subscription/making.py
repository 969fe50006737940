"""What tests of subscriptions stand on: days, the shipped plans, and a workspace that has bought one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role, Staff
from rcx_app.domain.subscription import cycle, offers, service
from rcx_app.domain.subscription.schemas import InvoiceView, Preview, Wanted
from rcx_app.models import Connection, PlanInvoice, PlanInvoiceLine

NOON = time(12, tzinfo=UTC)


@contextmanager
def on(day: date) -> Iterator[None]:
    """Noon of this day, in UTC."""
    with clock.frozen(datetime.combine(day, NOON)):
        yield


def november(day: int) -> date:
    return date(2026, 11, day)


def platform(context: Context) -> Context:
    """The same person as a platform admin, acting from a workspace of his own."""
    return Context(
        workspace_id=context.workspace_id, user_id=context.user_id, role=Role.VIEWER, staff=Staff.PLATFORM_ADMIN
    )


def plan(session: Session, key: str) -> int:
    """The id of a shipped plan."""
    return next(each.plan_id for each in offers.offers_on(session, clock.today()) if each.key == key)


def wanted(session: Session, tier: str, **addons: int) -> Wanted:
    """By key; add-ons with underscores for hyphens."""
    more = {plan(session, key.replace("_", "-")): count for key, count in addons.items()}
    return Wanted(plan(session, tier), more)


def choose(context: Context, tier: str, **addons: int) -> Preview:
    """Look at a change and make it, as a person does on the page."""
    with transaction(context) as session:
        asked = wanted(session, tier, **addons)
        shown = service.preview(session, context, asked)
    with transaction(context) as session:
        return service.change(session, context, asked, shown.stamp)


def run(context: Context) -> int:
    with transaction(context) as session:
        return cycle.run(session, context)


def bought(context: Context, day: date, tier: str = "team", **addons: int) -> None:
    """A subscription that is paid for since `day`: its trial was never chosen from and has ended the day before."""
    with on(day - timedelta(days=60)):
        run(context)
    with on(day):
        choose(context, tier, **addons)


def invoices(context: Context) -> list[PlanInvoice]:
    with transaction(context, read_only=True) as session:
        query = select(PlanInvoice).where(PlanInvoice.workspace_id == context.workspace_id)
        return list(session.exec(query.order_by(col(PlanInvoice.sequence))))


def lines(context: Context, invoice: PlanInvoice) -> list[tuple[str, int, Decimal]]:
    """Text, days and amount of each line."""
    with transaction(context, read_only=True) as session:
        query = select(PlanInvoiceLine).where(PlanInvoiceLine.invoice_id == invoice.id)
        found = session.exec(query.order_by(col(PlanInvoiceLine.position)))
        return [(each.text, each.days, each.amount) for each in found]


def psa(session: Session, context: Context) -> Connection:
    """A PSA connection, for clients to belong to."""
    row = Connection(
        workspace_id=context.workspace_id, side="psa", vendor="connectwise", label="CW", label_key="cw"
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


__all__ = [
    "InvoiceView",
    "bought",
    "choose",
    "invoices",
    "lines",
    "november",
    "on",
    "plan",
    "platform",
    "run",
    "wanted",
]
