"""What is bought by quantity at Pax8 and Partner Center."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.estate.aliases import vendor_name
from connectors.sandbox.estate.catalogue import SKU_BY_PART
from connectors.sandbox.estate.making import CODE_BY_SKU, RATE, World
from connectors.sandbox.estate.world import PARTNER_CENTER, Account, Client, Subscription


def subscribe(
    world: World, client: Client, integration: str, parts: Sequence[str], people: int, known: bool = True
) -> list[Subscription]:
    """One live subscription per SKU, now and then with an older cancelled one beside it."""
    rng = world.rng
    account = world.account(integration, client if known else None, vendor_name(rng, client), client.domain)
    result = []
    for part in parts:
        quantity = (
            max(1, round(people * rng.uniform(0.6, 1.0)))
            if part != "ADB-ACR-STD-ANN"
            else rng.randint(1, max(1, people // 4))
        )
        subscription = subscribed(world, client, account, part, quantity)
        result.append(subscription)
        if known:
            world.groups[client.id, CODE_BY_SKU[part]].append(subscription)
            if rng.random() < 0.08:
                old = subscribed(world, client, account, part, max(1, quantity - 2))
                old.status = "cancelled"
    return result


def subscribed(world: World, client: Client, account: Account, part: str, quantity: int) -> Subscription:
    """Buy `quantity` of a SKU for a client; the subscription is put into the estate."""
    rate = RATE[client.currency]
    sku = SKU_BY_PART[part]
    started = world.since(client.since)
    annual = part.endswith("ANN") or account.integration == PARTNER_CENTER
    subscription = Subscription(
        id=world.guid(),
        integration=account.integration,
        account_id=account.id,
        sku=part,
        quantity=Decimal(quantity),
        unit_price=(sku.cost * rate * Decimal("1.3")).quantize(Decimal("0.01")),
        unit_cost=(sku.cost * rate).quantize(Decimal("0.01")),
        currency=client.currency,
        term="1-Year" if annual else "Monthly",
        billing="Annual" if part.endswith("ANN") else "Monthly",
        status="active",
        started_on=started.date(),
        commitment_ends_on=next_anniversary(started.date(), world.estate.as_of)
        if annual
        else month_end(world.estate.as_of),
        created_at=started,
    )
    world.estate.subscriptions.append(subscription)
    return subscription


def next_anniversary(start: date, day: date) -> date:
    """The first yearly return of `start` after `day` (29 February returns on 1 March)."""
    for year in (day.year, day.year + 1):
        try:
            candidate = start.replace(year=year)
        except ValueError:
            candidate = date(year, 3, 1)
        if candidate > day:
            return candidate
    raise AssertionError("a year has an anniversary")


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
