"""A workspace's subscription: how it stands, what a change would cost, and the change. Owners change, others look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.subscription import arithmetic, keeping, life, limits, places
from rcx_app.domain.subscription.arithmetic import ADDON, TIER, Held
from rcx_app.domain.subscription.limits import included as included
from rcx_app.domain.subscription.offers import offers_on
from rcx_app.domain.subscription.offers_repository import Offers
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.domain.subscription.schemas import Offer, Overview, Party, Preview, Upcoming, Wanted
from rcx_app.models import PlanSubscription

_NO_PARTY = Party(name="", address="", tax_id="", tax_name="", tax_rate=Decimal(0))
MOST_LETTERS = 500


def overview(session: Session, context: Context) -> Overview | None:
    """How it stands; None before the trial has begun. What is paid, owed and to whom is told to owners only.

    Raises NotPermitted.
    """
    context.require(Permission.TEAM)
    repository = SubscriptionRepository(session, context)
    row = repository.subscription()
    if row is None:
        return None
    is_owner = context.allows(Permission.OWN)
    standing = keeping.standing_of(repository, row)
    balance = repository.balance(row.currency)
    return Overview(
        version=row.version,
        today=keeping.today_of(repository),
        state=standing.state,
        items=standing.items,
        currency=row.currency,
        currency_fixed=_is_fixed(repository),
        renews=row.renews,
        due_on=row.next_bill_on,
        ended_on=row.ended_on,
        cancel_reason=row.cancel_reason if is_owner else "",
        party=_party(row) if is_owner else _NO_PARTY,
        monthly=arithmetic.monthly(standing.items),
        credit=balance if is_owner else Decimal(0),
        upcoming=upcoming(row, standing, balance) if is_owner else None,
        limit=limits.included(session, context),
        trial_days=Offers(session).issuer().trial_days,
    )


def offered(session: Session, context: Context) -> list[Offer]:
    """What can be chosen today, and whatever the workspace holds. Raises NotPermitted."""
    context.require(Permission.TEAM)
    repository = SubscriptionRepository(session, context)
    held = {item.plan_id for item, _, _ in repository.items()}
    found = offers_on(session, keeping.today_of(repository))
    return [each for each in found if each.is_offered or each.plan_id in held]


def trial_days(session: Session, context: Context) -> int:
    """How long a trial is that begins now."""
    context.require(Permission.TEAM)
    return Offers(session).issuer().trial_days


def preview(session: Session, context: Context, wanted: Wanted) -> Preview:
    """What changing to `wanted` would charge or credit today, and the next bill. Raises NotPermitted, Invalid.

    Needs a writing transaction: whatever fell due before is billed first.
    """
    context.require(Permission.OWN)
    row = keeping.begin(session, context)
    today = keeping.today_of(SubscriptionRepository(session, context))
    standing = keeping.catch_up(session, context, row, today)
    return _preview(session, context, row, standing, wanted, today)


def change(session: Session, context: Context, wanted: Wanted, stamp: str) -> Preview:
    """Change to `wanted` as previewed under `stamp`. Returns what it did.

    Raises NotPermitted, Invalid, Conflict where a price, the day or the subscription is another one by now.
    """
    context.require(Permission.OWN)
    row = keeping.begin(session, context)
    today = keeping.today_of(SubscriptionRepository(session, context))
    standing = keeping.catch_up(session, context, row, today)
    shown = _preview(session, context, row, standing, wanted, today)
    if shown.stamp != stamp:
        raise Conflict(
            "What this change costs is not what you were shown.",
            remedy="Look at the new numbers and confirm again.",
        )
    is_bought = standing.state is life.State.ACTIVE or standing.renews
    if shown.after == standing.items and is_bought:
        raise Invalid("This is what you have.", remedy="Choose another plan or another number of add-ons.")
    before = limits.included(session, context)
    keeping.keep(session, context, row, life.change(standing, shown.after, today), today)
    places.follow(session, context, before)
    return shown


def cancel(session: Session, context: Context, reason: str) -> date:
    """Let it end where what is paid for (or the trial) ends. Returns the last day. Raises NotPermitted, Conflict."""
    context.require(Permission.OWN)
    row, standing, today = _current(session, context)
    if standing.due_on is None or not standing.renews:
        raise Conflict("There is no renewal to cancel.", remedy="Reload the page.")
    keeping.keep(session, context, row, life.renewal(standing, False, today), today, note=reason.strip()[:MOST_LETTERS])
    row.cancel_reason = reason.strip()[:MOST_LETTERS]
    return life.last_day(standing.due_on)


def resume(session: Session, context: Context) -> None:
    """Take a cancellation back before it has taken effect. Raises NotPermitted, Conflict."""
    context.require(Permission.OWN)
    row, standing, today = _current(session, context)
    if standing.state is not life.State.ACTIVE or standing.renews:
        raise Conflict("There is no cancellation to take back.", remedy="Choose a plan to go on.")
    keeping.keep(session, context, row, life.renewal(standing, True, today), today)


def save_details(session: Session, context: Context, name: str, address: str, tax_id: str) -> None:
    """Who future invoices are made out to. Raises NotPermitted, Invalid."""
    context.require(Permission.OWN)
    row = keeping.begin(session, context)
    name, tax_id = " ".join(name.split()), " ".join(tax_id.split())
    address = "\n".join(line.strip() for line in address.strip().splitlines())
    if not name or len(name) > 200 or len(address) > MOST_LETTERS or len(tax_id) > 60:
        raise Invalid("An invoice needs a name of at most 200 letters, an address of at most 500 and a tax id of 60.")
    before = {"name": row.bill_name, "address": row.bill_address, "tax_id": row.tax_id}
    row.bill_name, row.bill_address, row.tax_id = name, address, tax_id
    after = {"name": name, "address": address, "tax_id": tax_id}
    if before != after:
        keeping.bump(row)
        detail = {"before": before, "after": after}
        audit.record(session, context, "subscription:details", "subscription", row.id, detail)


def choose_currency(session: Session, context: Context, currency: str) -> None:
    """Be billed in another currency; until the first invoice. Raises NotPermitted, Invalid, Conflict."""
    context.require(Permission.OWN)
    row = keeping.begin(session, context)
    repository = SubscriptionRepository(session, context)
    if currency == row.currency:
        return
    if _is_fixed(repository):
        raise Conflict(f"Your first invoice fixed the currency: {row.currency}.", remedy="Ask us under Support.")
    if any(currency not in version.prices for _, _, version in repository.items()):
        raise Invalid(f"What you have chosen has no price in {currency}.", remedy="Choose another currency.")
    detail = {"before": row.currency, "after": currency}
    row.currency = currency
    keeping.bump(row)
    audit.record(session, context, "subscription:currency", "subscription", row.id, detail)


def upcoming(row: PlanSubscription, standing: life.Standing, balance: Decimal) -> Upcoming | None:
    """The next bill as things stand; None where none is to come."""
    if not standing.renews or standing.due_on is None:
        return None
    lines = arithmetic.month_lines(standing.items, standing.due_on, row.currency)
    made = arithmetic.bill(lines, row.tax_rate, row.currency)
    used = arithmetic.credit_used(made.total, balance)
    return Upcoming(on=standing.due_on, bill=made, credit_used=used, due=made.total - used)


def _current(session: Session, context: Context) -> tuple[PlanSubscription, life.Standing, date]:
    row = keeping.begin(session, context)
    today = keeping.today_of(SubscriptionRepository(session, context))
    return row, keeping.catch_up(session, context, row, today), today


def _preview(
    session: Session, context: Context, row: PlanSubscription, standing: life.Standing, wanted: Wanted, today: date
) -> Preview:
    repository = SubscriptionRepository(session, context)
    after = _items(offers_on(session, max(today, standing.not_before)), standing.items, wanted, row.currency)
    step = life.change(standing, after, today)
    made = arithmetic.bill(step.lines, row.tax_rate, row.currency)
    balance = repository.balance(row.currency)
    used = arithmetic.credit_used(made.total, balance)
    left = balance - used + max(-made.total, Decimal(0))
    allowed = arithmetic.clients(after)
    found = Preview(
        stamp="",
        kind=step.kind,
        day=step.day,
        before=standing.items,
        after=after,
        currency=row.currency,
        bill=made if made.net else None,
        credit_used=used,
        due=max(made.total - used, Decimal(0)),
        credited=max(-made.total, Decimal(0)),
        upcoming=upcoming(row, step.after, left),
        allowed=allowed,
        left_out=len(limits.limit(session, repository, allowed).left_out),
    )
    return replace(found, stamp=_stamp(row, found))


def _items(found: Sequence[Offer], held: Sequence[Held], wanted: Wanted, currency: str) -> tuple[Held, ...]:
    """What would be held: unchanged things at the price they were bought at, changed ones at today's."""
    by_plan = {each.plan_id: each for each in found}
    have = {each.plan_id: each for each in held}
    units = {wanted.tier_id: 1, **{plan_id: count for plan_id, count in wanted.addons.items() if count}}
    chosen = []
    for plan_id, count in units.items():
        kept, offer = have.get(plan_id), by_plan.get(plan_id)
        if kept is not None and kept.quantity == count:
            chosen.append(kept)
            continue
        if offer is None or not offer.is_offered:
            raise NotFound("This plan", remedy="Reload the page; it may not be on offer any more.")
        if (offer.kind == TIER) != (plan_id == wanted.tier_id):
            raise Invalid("Choose one plan; add-ons go with it.")
        if offer.kind == ADDON and not 1 <= count <= offer.most:
            raise Invalid(f"Of {offer.name} from 0 to {offer.most} can be taken.")
        if currency not in offer.prices:
            raise Invalid(f"{offer.name} has no price in {currency}.", remedy="Choose another one, or ask us.")
        chosen.append(offer.held(count, currency))
    order = {each.plan_id: at for at, each in enumerate(found)}
    return tuple(sorted(chosen, key=lambda each: (each.kind != TIER, order.get(each.plan_id, -1))))


def _stamp(row: PlanSubscription, shown: Preview) -> str:
    """Stands for the subscription as it was seen and everything that was shown."""
    said = json.dumps([row.id, row.version, repr(shown)])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _is_fixed(repository: SubscriptionRepository) -> bool:
    return repository.has_invoices() or repository.has_credit()


def _party(row: PlanSubscription) -> Party:
    return Party(
        name=row.bill_name, address=row.bill_address, tax_id=row.tax_id, tax_name=row.tax_name, tax_rate=row.tax_rate
    )
