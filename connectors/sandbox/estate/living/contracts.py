"""What happens to money: prices, quantities at distributors, corrections at the PSA, cancelled lines and agreements,
renewals, and what a client is called at a vendor."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

from connectors.sandbox.estate.aliases import vendor_name
from connectors.sandbox.estate.billing import priced
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE
from connectors.sandbox.estate.expected import usage_of
from connectors.sandbox.estate.facts import midnight
from connectors.sandbox.estate.living.day import Happening
from connectors.sandbox.estate.making import RATE
from connectors.sandbox.estate.purchases import month_end, next_anniversary
from connectors.sandbox.estate.town import Town
from connectors.sandbox.estate.world import PARTNER_CENTER, PAX8

_CENT = Decimal("0.01")


def bought(here: Happening) -> bool:
    """The quantity of a subscription is changed at the distributor; the PSA hears nothing of it."""
    live = [
        item
        for account in here.accounts(PAX8, PARTNER_CENTER)
        for item in here.town.index.subscriptions.of(account.id)
        if item.status == "active"
    ]
    if not live:
        return False
    item = here.rng.choice(live)
    # A commitment can be raised at any time and lowered only when it ends.
    step = here.rng.choice((1, 1, 2, 3) if item.term == "1-Year" else (1, 1, 2, 3, -1, -2))
    return here.town.change(item, quantity=max(item.quantity + step, Decimal(1)), at=here.at)


def counted_again(here: Happening) -> bool:
    """Somebody reconciles one product of the client by hand and bills what is in use."""
    here_lines = here.billed_lines()
    codes = sorted({line.product_code for line in here_lines if PRODUCT_BY_CODE[line.product_code].integration})
    here.rng.shuffle(codes)
    for code in codes:
        lines = [line for line in here_lines if line.product_code == code]
        known = here.accounts(PRODUCT_BY_CODE[code].integration)
        used = usage_of(here.town.index, here.client.id, code)
        if known and len(lines) == 1 and lines[0].quantity != used:
            here.set_quantity(lines[0], used)
            return True
    return False


def repriced(here: Happening) -> bool:
    """A line is priced three to six per cent higher."""
    lines = [line for line in here.billed_lines() if line.unit_price]
    if not lines:
        return False
    line = here.rng.choice(lines)
    dollars = line.unit_price / RATE[line.currency] * Decimal(here.rng.randint(103, 106)) / 100
    return here.town.change(line, unit_price=priced(dollars, line.currency), at=here.at)


def line_cancelled(here: Happening) -> bool:
    """A line is ended from today; whether the service is, is another matter."""
    lines = here.billed_lines()
    if len(lines) < 2:
        return False
    return here.town.change(here.rng.choice(lines), cancelled_on=here.today, at=here.at)


def agreement_cancelled(here: Happening) -> bool:
    """An agreement ends today with its lines; mostly a new one takes over, and one line in eight is forgotten."""
    running, rng, town = here.agreements(), here.rng, here.town
    if not running:
        return False
    old = rng.choice(running)
    billed = [line for line in here.billed_lines() if line.agreement_id == old.id]
    for line in town.index.additions.of(old.id):
        if line.cancelled_on is None or line.cancelled_on > here.today:
            town.change(line, cancelled_on=here.today, at=here.at)
    town.change(old, cancelled_on=here.today, at=here.at)
    if rng.random() < 0.75:
        new = replace(old, id=town.new_id("agreement"), starts_on=here.today, cancelled_on=None)
        town.add(new, at=here.at)
        for line in billed:
            if rng.random() >= 1 / 8:
                again = replace(
                    line,
                    id=town.new_id("line"),
                    agreement_id=new.id,
                    effective_on=here.today,
                    cancelled_on=None,
                )
                town.add(again, at=here.at)
    return True


def account_renamed(here: Happening) -> bool:
    """Somebody types the client's name anew in a vendor's portal."""
    accounts = list(here.town.index.owned.of(here.client.id))
    if not accounts:
        return False
    account = here.rng.choice(accounts)
    name = vendor_name(here.rng, here.client, account.site)
    taken = {other.name.casefold() for other in here.town.index.accounts.of(account.integration)}
    return name.casefold() not in taken and here.town.change(account, name=name, at=here.at)


def renew(town: Town, rng: Random) -> None:
    """Renew in the first minute of the estate's day what was committed until before it; few lapse, some cost more.

    A yearly commitment can be lowered here and only here.
    """
    today = town.estate.as_of
    at = max(midnight(today) + timedelta(minutes=1), town.now)
    for item in town.estate.subscriptions:
        if item.status != "active" or item.commitment_ends_on >= today:
            continue
        yearly, chance = item.term == "1-Year", rng.random()
        if chance < (0.05 if yearly else 0.004):
            town.change(item, status="cancelled", at=at)
            continue
        ends_on = next_anniversary(item.started_on, today) if yearly else month_end(today)
        quantity, cost, price = item.quantity, item.unit_cost, item.unit_price
        if yearly and chance < 0.3:
            quantity = max(Decimal(1), quantity + rng.choice((-2, -1, 1)))
        if chance > (0.6 if yearly else 0.98):
            cost, price = ((amount * Decimal("1.05")).quantize(_CENT) for amount in (cost, price))
        town.change(item, commitment_ends_on=ends_on, quantity=quantity, unit_cost=cost, unit_price=price, at=at)
