"""What the demo workspace pays for RCX: bought in the middle of last month, so that two bills are behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role, Staff
from rcx_app.domain.subscription import cycle, issuing, service
from rcx_app.domain.subscription.issuing import Terms
from rcx_app.domain.subscription.schemas import Wanted

_PLAN = "growth"
_ADDON = "priority-support"
_PAID_FROM = 15


def build(context: Context) -> None:
    """Let the workspace have tried, chosen and paid; nothing where it has a subscription."""
    with transaction(context, read_only=True) as session:
        if service.overview(session, context) is not None:
            return
    _issuer(context)
    this_month = clock.today().replace(day=1)
    paid_from = (this_month - timedelta(days=1)).replace(day=_PAID_FROM)
    with _on(paid_from - timedelta(days=30)), transaction(context) as session:
        cycle.run(session, context)
    with _on(paid_from - timedelta(days=3)), transaction(context) as session:
        plans = {each.key: each.plan_id for each in service.offered(session, context)}
        wanted = Wanted(plans[_PLAN], {plans[_ADDON]: 1})
        shown = service.preview(session, context, wanted)
        service.change(session, context, wanted, shown.stamp)
        service.save_details(session, context, "Northbeam IT Ltd", "14 Harbour Street\nBoston, MA 02110", "04-3318870")
    for day in (paid_from, this_month):
        with _on(day), transaction(context) as session:
            cycle.run(session, context)


def _issuer(context: Context) -> None:
    """Give the invoices a sender, where nobody has entered one."""
    admin = Context(
        workspace_id=context.workspace_id, user_id=context.user_id, role=Role.OWNER, staff=Staff.PLATFORM_ADMIN
    )
    with transaction(None) as session:
        kept = issuing.issuer(session, admin)
        if kept.address or kept.trial_plan_id is None:
            return
        terms = Terms(
            name="RCX Software",
            address="9 Mill Quay\nPortland, ME 04101",
            tax_id="01-0558812",
            email="billing@rcx.example",
            bank="Casco Bank, routing 011200365, account 4410029",
            prefix=kept.prefix,
            payment_days=kept.payment_days,
            trial_days=kept.trial_days,
            trial_plan_id=kept.trial_plan_id,
            warn_percent=kept.warn_percent,
        )
        issuing.save(session, admin, terms)


@contextmanager
def _on(day: date) -> Iterator[None]:
    """Noon of a day that is past."""
    with clock.frozen(datetime.combine(day, time(12), UTC)):
        yield
