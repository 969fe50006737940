"""What a unit costs and is sold at, as evidence for the matching of services."""

from __future__ import annotations

from decimal import Decimal

from connectors import records
from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.service_rules import evidence
from rcx_app.domain.service_rules.repository import RuleRepository
from rcx_app.domain.service_rules.units import units_of
from rcx_app.domain.sync import direct
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, connect, line, map_accounts, seat


def bought(number: int, cost: str | None, **values: str) -> records.Subscription:
    return records.Subscription(
        external_id=f"B{number}",
        account_external_id="A1",
        sku="SKU-1",
        quantity=Decimal(3),
        unit_cost=None if cost is None else Decimal(cost),
        **{"currency": "USD", **values},
    )


def test_middle_prices_a_month_of_both_sides_in_the_currency_of_most_lines(world: World) -> None:
    with frozen(NOON):
        build(
            world.ours,
            lines=[
                line("C1", "L1", "KEEP", 3, unit_price=Decimal(5)),
                line("C1", "L2", "KEEP", 1, unit_price=Decimal(96), billing_cycle="annual"),
                line("C1", "L3", "KEEP", 1, unit_price=Decimal(6)),
                line("C2", "L4", "KEEP", 1, unit_price=Decimal(50), currency="EUR"),
                line("C2", "L5", "GIFT", 1, unit_price=Decimal(0)),
            ],
        )
        with transaction(world.ours) as session:
            pax8 = connect(session, world.ours, "Pax8", "usage")
            loaded = [
                records.Account(external_id="A1", name="Account A1"),
                seat("A1", "s1", kind="licence", sku="sku-1"),
                seat("A1", "s2", kind="licence", sku="SKU-2"),
                bought(1, "36", billing_cycle="annual"),
                bought(2, "4"),
                bought(3, "3.50"),
                bought(4, "90", currency="EUR"),
                bought(5, "1", status="cancelled"),
                bought(6, None),
            ]
            direct.load(session, world.ours, pax8.id, loaded)
            map_accounts(session, world.ours, {("Pax8", "A1"): "C1"})
        with transaction(world.ours, read_only=True) as session:
            repository = RuleRepository(session, world.ours)
            sold = {each.id: each.unit_price for each in evidence.billed(repository.billed(NOON.date()), ())}
            used = {each.sku: each.unit_price for each in evidence.used(units_of(repository.usage()))}
    # 5, 6 and 96 / 12 a month; 36 / 12, 3.50 and 4.
    assert sold == {"keep": 6.0, "gift": None}
    assert used == {"sku-1": 3.5, "SKU-2": None}
