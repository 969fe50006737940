"""Between the pure life of a subscription and its rows: read how it stands, and keep a step with all that follows.

Whoever changes a subscription holds its row's lock, so that steps come one after the other.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.errors import NotFound
from rcx_app.domain.audit import service as audit
from rcx_app.domain.subscription import arithmetic, events, invoicing, life
from rcx_app.domain.subscription.arithmetic import TIER, Held, month_end
from rcx_app.domain.subscription.life import Standing, State, Step
from rcx_app.domain.subscription.offers import offer, offers_on
from rcx_app.domain.subscription.offers_repository import Offers
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.models import PlanChange, PlanItem, PlanSubscription

TAGS = {
    "choose": "subscription:choose",
    "start": "subscription:start",
    "change": "subscription:change",
    "bill": "subscription:bill",
    "cancel": "subscription:cancel",
    "resume": "subscription:resume",
    "end": "subscription:end",
}
"""Kind of a step -> its tag in the audit trail."""


def today_of(repository: SubscriptionRepository) -> date:
    """The present date where the workspace is."""
    try:
        zone = ZoneInfo(repository.workspace().time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return clock.today()
    return clock.now().astimezone(zone).date()


def standing_of(repository: SubscriptionRepository, row: PlanSubscription) -> Standing:
    """The subscription as it stands in its rows."""
    items = tuple(
        offer(plan, version).held(item.quantity, row.currency) for item, plan, version in repository.items()
    )  # fmt: skip
    return Standing(
        state=State(row.state),
        items=items,
        currency=row.currency,
        renews=row.renews,
        due_on=row.next_bill_on,
        not_before=row.not_before,
        ended_on=row.ended_on,
    )


def begin(session: Session, context: Context) -> PlanSubscription:
    """The workspace's subscription, locked; a trial is begun where there is none. Raises NotFound without plans."""
    repository = SubscriptionRepository(session, context)
    found = repository.subscription(lock=True)
    if found is None:
        # Two who begin at once take the same lock, and the second finds the first's row.
        repository.workspace(lock=True)
        found = repository.subscription(lock=True)
    if found is not None:
        return found
    issuer = Offers(session).issuer()
    today = today_of(repository)
    tiers = [each for each in offers_on(session, today) if each.kind == TIER and each.is_offered]
    chosen = next((each for each in tiers if each.plan_id == issuer.trial_plan_id), tiers[0] if tiers else None)
    if chosen is None:
        raise NotFound("A plan to try", remedy="Ask us under Support.")
    own = repository.workspace().currency
    currency = own if own in chosen.prices else "USD" if "USD" in chosen.prices else min(chosen.prices)
    standing = life.begin((chosen.held(1, currency),), currency, today, issuer.trial_days)
    row = PlanSubscription(
        workspace_id=context.workspace_id,
        state=standing.state,
        currency=currency,
        started_on=today,
        next_bill_on=standing.due_on,
        not_before=today,
        bill_name=repository.workspace().name,
    )
    repository.add(row)
    _keep_items(repository, standing.items)
    after = _plain(standing.items)
    repository.add(PlanChange(workspace_id=row.workspace_id, day=today, kind="trial", after=after))
    detail = {"plan": chosen.key, "until": standing.due_on}
    audit.record(session, context, "subscription:trial", "subscription", row.id, detail)
    return row


def catch_up(session: Session, context: Context, row: PlanSubscription, today: date) -> Standing:
    """Do all that has fallen due until today, month by month; the subscription as it stands then."""
    repository = SubscriptionRepository(session, context)
    standing = standing_of(repository, row)
    for step in life.due_steps(standing, today):
        keep(session, system_context(context.workspace_id), row, step, today)
        standing = step.after
    return standing


def keep(
    session: Session, context: Context, row: PlanSubscription, step: Step, today: date, note: str = ""
) -> int | None:
    """Write a step: rows, invoice or credit note, history, audit, event. Returns the invoice's id, if there is one."""
    repository = SubscriptionRepository(session, context)
    _write(row, step.after)
    if step.after.items != step.before.items:
        _keep_items(repository, step.after.items)
    made = arithmetic.bill(step.lines, row.tax_rate, row.currency)
    invoice = invoicing.issue(
        session,
        context,
        row,
        made,
        period=(step.day, month_end(step.day)),
        issued_on=max(today, step.day),
        cycle_on=step.cycle_on,
    )
    invoice_id = invoice.id if invoice is not None else None
    before, after = _plain(step.before.items), _plain(step.after.items)
    repository.add(
        PlanChange(
            workspace_id=row.workspace_id,
            day=step.day,
            kind=step.kind,
            before=before,
            after=after,
            note=note,
            user_id=context.user_id,
            invoice_id=invoice_id,
        )
    )
    detail: dict[str, Any] = {"day": step.day, "before": before, "after": after, "invoice": invoice_id}
    audit.record(session, context, TAGS[step.kind], "subscription", row.id, detail)
    if step.kind != "bill":
        events.changed(session, context, row, step)
    return invoice_id


def bump(row: PlanSubscription) -> None:
    """A change that is no step: who looked before it looks again."""
    row.version += 1


def _write(row: PlanSubscription, after: Standing) -> None:
    row.state = after.state
    row.renews = after.renews
    row.next_bill_on = after.due_on
    row.not_before = after.not_before
    row.ended_on = after.ended_on
    if after.renews:
        row.cancel_reason = ""
    bump(row)


def _keep_items(repository: SubscriptionRepository, items: tuple[Held, ...]) -> None:
    repository.replace_items(
        [
            PlanItem(
                workspace_id=repository.workspace_id,
                plan_id=each.plan_id,
                version_id=each.version_id,
                quantity=each.quantity,
            )
            for each in items
        ]
    )


def _plain(items: tuple[Held, ...]) -> list[dict[str, Any]]:
    return [
        {
            "plan": each.key,
            "version": each.version,
            "quantity": each.quantity,
            "price": f"{Decimal(each.unit_price):f}",
        }
        for each in items
    ]
