"""Lines beside what was bought for the client and what the distributor charged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors import records
from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.sync import direct
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, connect, flags, line, map_accounts, psa_records, seat

BY_SKU = {"all": [{"field": "sku", "op": "eq", "value": "spb"}]}
BY_NAME = {"all": [{"field": "sku_name", "op": "in", "value": ["Business Premium"]}]}
USERS = [
    seat("A", f"U{each}", kind="user", sku="SPB", sku_name="Business Premium", identity=f"{each}@x")
    for each in range(3)
]


def bought(quantity: str, number: int = 1, **more: Any) -> records.Subscription:
    values = {"sku": "SPB", "sku_name": "Business Premium", "status": "active"} | more
    return records.Subscription(external_id=f"B{number}", account_external_id="A", quantity=Decimal(quantity), **values)


def charged(quantity: str, amount: str, start: date, end: date, number: int = 1, **more: Any) -> records.Charge:
    values = {"account_external_id": "A", "sku": "SPB", "currency": "USD"} | more
    return records.Charge(
        external_id=f"C{number}",
        quantity=Decimal(quantity),
        amount=Decimal(amount),
        period_start=start,
        period_end=end,
        **values,
    )


def raised(world: World, records_: list[Any], billed: str = "3", **rule: Any) -> list[tuple[str, str]]:
    terms = {"name": "Premium", "products": ("MS",), "integration": "Pax8", "where": BY_SKU} | rule
    with frozen(NOON):
        with transaction(world.ours) as session:
            psa = connect(session, world.ours, "PSA", "psa")
            direct.load(session, world.ours, psa.id, psa_records([line("C1", "L1", "MS", billed)]))
            usage = connect(session, world.ours, "Pax8", "usage")
            loaded = [records.Account(external_id="A", name="One"), *USERS, *records_]
            direct.load(session, world.ours, usage.id, loaded)
            map_accounts(session, world.ours, {("Pax8", "A"): "C1"})
            service_rules.create(session, world.ours, RuleSpec(**terms))
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)
        with transaction(world.ours, read_only=True) as session:
            return [(each.kind, each.message) for each in flags(session, world.ours)]


@pytest.mark.parametrize("where", [BY_SKU, BY_NAME])
def test_bought_assigned_and_billed_are_three_numbers(world: World, where: dict[str, Any]) -> None:
    assert raised(world, [bought("4"), bought("1", 2)], "4", where=where) == [
        ("billed_below_purchased", "5 of MS name bought, 4 billed."),
        ("purchased_over_assigned", "5 of MS name bought, 3 assigned, 4 billed: 2 are held by nobody."),
    ]


@pytest.mark.parametrize(
    ("what", "rule"),
    [
        ([bought("3")], {}),
        ([bought("5", status="suspended")], {}),
        ([bought("5", sku="E5", sku_name="E5")], {}),
        ([bought("5")], {"where": {}}),
        ([], {}),
    ],
)
def test_nothing_is_said_where_nothing_spare_was_bought(
    sqlite_world: World, what: list[Any], rule: dict[str, Any]
) -> None:
    assert raised(sqlite_world, what, **rule) == []


def test_what_a_finding_says_already_is_not_said_again(sqlite_world: World) -> None:
    assert raised(sqlite_world, [bought("3")], "2") == [], "under-billed by one: the finding says it"


MONTH = (date(2026, 11, 1), date(2026, 12, 1))


@pytest.mark.parametrize(
    ("charges", "real"),
    [
        ([charged("3", "13.50", *MONTH)], "4.50"),
        ([charged("3", "162", date(2026, 2, 1), date(2027, 2, 1))], "4.50"),
        (
            [
                charged("3", "9", *MONTH),
                charged("-3", "-9", *MONTH, 2),
                charged("3", "15", *MONTH, 3),
                charged("9", "9", date(2026, 11, 15), MONTH[1], 4),
            ],
            "5.00",
        ),
    ],
)
def test_a_price_under_what_the_distributor_charged(world: World, charges: list[Any], real: str) -> None:
    assert raised(world, charges) == [
        (
            "price_below_cost",
            f"MS name sells at 4.00 USD, under what the distributor charged: {real} a unit and month.",
        )
    ]


@pytest.mark.parametrize(
    "charges",
    [
        [charged("3", "12", *MONTH)],
        [charged("3", "30", *MONTH, currency="EUR")],
        [charged("3", "30", date(2026, 10, 1), date(2026, 11, 1))],
        [charged("3", "30", *MONTH, sku="E5")],
        [charged("0", "30", *MONTH)],
        [charged("3", "30", *MONTH, account_external_id="")],
    ],
)
def test_other_charges_say_nothing_of_the_price(sqlite_world: World, charges: list[Any]) -> None:
    assert raised(sqlite_world, charges) == []
