"""A billed number that stood while usage moved: told by what RCX saw over the months, and only where it can be told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors import records
from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.flagged.stale import months_before
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import flags, line, map_accounts, psa_records, seat
from tests.domain.sync.conftest import connect, sync

PSA, USAGE = ("clients", "agreements", "lines"), ("accounts", "seats")
START = datetime(2026, 8, 1, 6, tzinfo=UTC)
Month = tuple[int, Any, range]
"""Days after the start, billed quantity, seats that are there."""


def raised(world: World, steps: list[Month], **rule: Any) -> list[str]:
    """What `stale_quantity` says after syncs of both sides at each step."""
    psa, usage = connect(world.ours, "psa", "PSA"), connect(world.ours, "usage", "NinjaOne")
    spec = RuleSpec(**({"name": "Devices", "products": ("WS",), "integration": "NinjaOne"} | rule))
    for days, billed, there in steps:
        with frozen(START + timedelta(days=days)):
            sync(world.ours, psa, psa_records([line("C1", "L1", "WS", billed)]), PSA)
            seats = [seat("A", f"S{each}", kind="device", identity=f"D{each // 2}") for each in there]
            sync(world.ours, usage, [records.Account(external_id="A", name="One"), *seats], USAGE)
            if not days:
                with transaction(world.ours) as session:
                    map_accounts(session, world.ours, {("NinjaOne", "A"): "C1"})
                    service_rules.create(session, world.ours, spec)
            with transaction(world.ours) as session:
                service.reconcile(session, world.ours)
            with transaction(world.ours, read_only=True) as session:
                found = [each.message for each in flags(session, world.ours) if each.kind == "stale_quantity"]
    return found


def test_a_quantity_that_stood_while_usage_grew(world: World) -> None:
    assert raised(world, [(0, 10, range(10)), (30, 10, range(12)), (70, 10, range(2, 14))]) == [
        "WS name has billed 10 since 01 Aug 2026, while what Devices counts went from 10 to 12."
    ]


def test_a_quantity_that_stood_while_usage_shrank(world: World) -> None:
    assert raised(world, [(0, 10, range(10)), (5, 9, range(10)), (40, 9, range(7)), (70, 9, range(7))]) == [
        "WS name has billed 9 since 06 Aug 2026, while what Devices counts went from 10 to 7."
    ]


def test_people_are_told_by_their_identity(world: World) -> None:
    steps = [(0, 5, range(10)), (70, 5, range(1, 14))]
    assert raised(world, steps, count="distinct") == [
        "WS name has billed 5 since 01 Aug 2026, while what Devices counts went from 5 to 7."
    ]


@pytest.mark.parametrize(
    "steps",
    [
        [(0, 10, range(10)), (50, 10, range(20))],  # not two months yet
        [(0, 10, range(10)), (30, 11, range(20)), (70, 11, range(20))],  # somebody looked at it
        [(0, 10, range(10)), (30, 11, range(10)), (35, 10, range(20)), (70, 10, range(20))],
        [(0, 10, range(10)), (70, 10, range(11))],  # by one only
        [(0, 40, range(40)), (70, 40, range(43))],  # by less than a tenth
        [(0, 12, range(10)), (70, 12, range(12))],  # billed as it is used
        [(0, 10, range(0)), (70, 10, range(10))],  # nothing was read then
        [(0, 12, range(10)), (70, 12, range(10))],  # wrong, but it did not move
    ],
)
def test_nothing_is_stale(sqlite_world: World, steps: list[Month]) -> None:
    assert raised(sqlite_world, steps) == []


@pytest.mark.parametrize(
    "rule",
    [
        {"count": "sum"},
        {"count": "peak"},
        {"where": {"none": [{"field": "last_seen_at", "op": "older_than_days", "value": 30}]}},
    ],
)
def test_what_can_not_be_told_of_the_past_is_not_judged(sqlite_world: World, rule: dict[str, Any]) -> None:
    assert raised(sqlite_world, [(0, 10, range(10)), (70, 10, range(15))], **rule) == []


def test_two_months_before_a_day() -> None:
    assert months_before(date(2026, 11, 20), 2) == date(2026, 9, 20)
    assert months_before(date(2026, 4, 30), 2) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 31), 2) == date(2025, 11, 30)
