"""What can be subscribed to: plans at the version in force, as data, and how platform admins change them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.money import parse, round_money
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.subscription.arithmetic import ADDON, TIER
from rcx_app.domain.subscription.offers_repository import Offers
from rcx_app.domain.subscription.schemas import Offer
from rcx_app.models import Plan, PlanVersion

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CURRENCY = re.compile(r"[A-Z]{3}")
MOST_PRICE = Decimal(1_000_000)
MOST_CLIENTS = 100_000
MOST_UNITS = 1_000


def offers_on(session: Session, day: date) -> list[Offer]:
    """Every plan that has a version in force on `day`, in order; also those that are no longer offered."""
    offers = Offers(session)
    in_force: dict[int, PlanVersion] = {}
    for version in offers.versions():
        if version.valid_from <= day:
            in_force[version.plan_id] = version
    return [offer(plan, in_force[plan.id]) for plan in offers.plans() if plan.id in in_force]


def history(session: Session, context: Context) -> list[Offer]:
    """Every version of every plan, newest first within its plan. Raises NotPermitted."""
    context.require(Permission.PLATFORM)
    offers = Offers(session)
    versions = offers.versions()
    return [
        offer(plan, version)
        for plan in offers.plans()
        for version in reversed([each for each in versions if each.plan_id == plan.id])
    ]


def offer(plan: Plan, version: PlanVersion) -> Offer:
    """A plan at one of its versions."""
    return Offer(
        plan_id=plan.id,
        key=plan.key,
        kind=plan.kind,
        name=plan.name,
        about=plan.about,
        is_offered=plan.is_offered,
        version_id=version.id,
        version=version.number,
        valid_from=version.valid_from,
        clients=version.clients,
        most=version.most,
        prices={currency: Decimal(price) for currency, price in version.prices.items()},
    )


def add_plan(session: Session, context: Context, key: str, kind: str, name: str, about: str) -> int:
    """A new plan; it is on offer once it has a version. Returns its id. Raises NotPermitted, Invalid, Conflict."""
    context.require(Permission.PLATFORM)
    key, name = key.strip(), " ".join(name.split())
    if not _KEY.fullmatch(key) or len(key) > 40:
        raise Invalid("The key is letters a to z and digits, with hyphens between, at most 40.")
    if kind not in (TIER, ADDON):
        raise Invalid("A plan is a tier or an add-on.")
    _check_words(name, about)
    offers = Offers(session)
    if any(plan.key == key for plan in offers.plans()):
        raise Conflict(f"There is a plan with the key {key}.", remedy="Choose another key.")
    row = Plan(key=key, kind=kind, name=name, about=about.strip(), position=len(offers.plans()))
    session.add(row)
    session.flush()
    _record(session, context, "plan:create", row, {"key": key, "kind": kind, "name": name})
    return row.id


def describe(session: Session, context: Context, plan_id: int, name: str, about: str, is_offered: bool) -> None:
    """Change a plan's words, and whether it can be chosen anew. Whoever has it keeps it.

    Raises NotPermitted, NotFound, Invalid.
    """
    context.require(Permission.PLATFORM)
    row = Offers(session).plan(plan_id)
    name = " ".join(name.split())
    _check_words(name, about)
    before = {"name": row.name, "about": row.about, "is_offered": row.is_offered}
    row.name, row.about, row.is_offered = name, about.strip(), is_offered
    after = {"name": row.name, "about": row.about, "is_offered": row.is_offered}
    if after != before:
        _record(session, context, "plan:describe", row, {"before": before, "after": after})


def add_version(
    session: Session,
    context: Context,
    plan_id: int,
    valid_from: date,
    clients: int,
    most: int,
    prices: Mapping[str, str],
) -> int:
    """New prices and terms of a plan from a day on, not in the past. Returns the version's number.

    Subscriptions keep what they were bought at.
    Raises NotPermitted, NotFound, Invalid, Conflict.
    """
    context.require(Permission.PLATFORM)
    offers = Offers(session)
    row = offers.plan(plan_id)
    offers.issuer(lock=True)
    if valid_from < clock.today():
        raise Invalid("Prices can't change in the past.", remedy="Choose today or a later day.")
    if not 0 <= clients <= MOST_CLIENTS or (row.kind == TIER and clients == 0):
        raise Invalid(f"A tier includes from 1 to {MOST_CLIENTS:,} clients, an add-on may include none.")
    if not 1 <= most <= MOST_UNITS or (row.kind == TIER and most != 1):
        raise Invalid(f"From 1 to {MOST_UNITS:,} units of an add-on can be taken, of a tier one.")
    kept = _prices(prices)
    versions = [each for each in offers.versions() if each.plan_id == plan_id]
    if any(each.valid_from == valid_from for each in versions):
        raise Conflict("There is a version from that day.", remedy="Choose another day.")
    number = max((each.number for each in versions), default=0) + 1
    session.add(
        PlanVersion(
            plan_id=plan_id,
            number=number,
            valid_from=valid_from,
            clients=clients,
            most=most,
            prices=kept,
            made_by=context.user_id,
        )
    )
    session.flush()
    detail = {"version": number, "from": valid_from, "clients": clients, "most": most, "prices": kept}
    _record(session, context, "plan:price", row, detail)
    return number


def _prices(given: Mapping[str, str]) -> dict[str, str]:
    kept = {}
    for currency, text in given.items():
        code = currency.strip().upper()
        if not _CURRENCY.fullmatch(code):
            raise Invalid(f"{currency!r} is no currency code.", remedy="Use three letters, such as USD.")
        try:
            price = parse(text)
        except ValueError as error:
            raise Invalid(f"The price in {code} is no number.", remedy="Write it like 249.00.") from error
        if not 0 <= price <= MOST_PRICE or round_money(price, code) != price:
            raise Invalid(f"The price in {code} must be 0 or more, in whole cents, at most {MOST_PRICE:,}.")
        kept[code] = f"{round_money(price, code):f}"
    if not kept:
        raise Invalid("A version needs a price in at least one currency.")
    return dict(sorted(kept.items()))


def _check_words(name: str, about: str) -> None:
    if not name or len(name) > 60 or len(about) > 200:
        raise Invalid("A plan needs a name of at most 60 letters; what it is takes at most 200.")


def _record(session: Session, context: Context, tag: str, row: Plan, detail: Mapping[str, object]) -> None:
    # Plans belong to no workspace; the entry says who it was.
    audit.record_outside(session, tag, {"plan_id": row.id, "by": context.user_id, **detail})
