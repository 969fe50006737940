"""Flags, readiness and peaks: each planted once, found once, and silent where nothing is wrong."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, select

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.integrations.waiting import held_findings
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.counting.repository import peak
from rcx_app.domain.service_rules.conditions import midnight
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.falls import service as falls
from rcx_app.models import Connection, SyncSchedule
from tests.conftest import World
from tests.domain.reconcile.estates import DAY, NOON, ago, build, flags, line, seat, standing

WS = RuleSpec(
    name="WS",
    products=("WS",),
    integration="NinjaOne",
    where={"all": [{"field": "device_class", "op": "eq", "value": "workstation"}]},
)
SRV = RuleSpec(
    name="SRV",
    products=("SRV",),
    integration="NinjaOne",
    where={"all": [{"field": "device_class", "op": "eq", "value": "server"}]},
)


def _flags(world: World, **estate: Any) -> list[tuple[str, str]]:
    """(kind, message) of every flag that a run raises on the estate."""
    with frozen(NOON):
        build(world.ours, **estate)
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)
        with transaction(world.ours, read_only=True) as session:
            return [(each.kind, each.message) for each in flags(session, world.ours)]


def test_a_sound_estate_raises_none(world: World) -> None:
    assert (
        _flags(
            world,
            lines=[line("C1", "L1", "WS", 1)],
            seats={"NinjaOne": [seat("A", "S", device_class="workstation", last_seen_at=ago(1), identity="x")]},
            mapping={("NinjaOne", "A"): "C1"},
            rules=[WS],
        )
        == []
    )


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("no_usage_source", [line("C2", "L1", "WS", 3)]),
        ("ended_line_in_use", [line("C1", "L1", "WS", 3, cancelled_date=DAY)]),
        ("price_zero", [line("C1", "L1", "WS", 3, unit_price=Decimal(0))]),
        ("price_below_cost", [line("C1", "L1", "WS", 3, unit_cost=Decimal("4.01"))]),
        ("duplicate_line", [line("C1", "L1", "FLAT"), line("C1", "L2", "FLAT")]),
        ("currency_mismatch", [line("C1", "L1", "X"), line("C1", "L2", "Y"), line("C1", "L3", "Z", currency="EUR")]),
        ("calculated_by_psa", [line("C1", "L1", "WS", 3, is_calculated_by_psa=True)]),
        ("mismatched_service", [line("C1", "L1", "WS", 2), line("C1", "L2", "SRV", 1)]),
        (
            "price_differs",
            [line(f"C{n}", f"L{n}", "FLAT", unit_price=Decimal(100 if n < 6 else 121)) for n in range(1, 7)],
        ),
    ],
)
def test_flags_on_lines(sqlite_world: World, kind: str, lines: list[Any]) -> None:
    found = _flags(
        sqlite_world,
        names={"C1": "One"},
        lines=lines,
        seats={"NinjaOne": [seat("A", f"S{number}", device_class="workstation") for number in range(3)]},
        mapping={("NinjaOne", "A"): "C1"},
        rules=[WS, SRV],
    )
    assert [each for each, _ in found] == [kind]


@pytest.mark.parametrize(
    ("kind", "seats"),
    [
        ("inactive_seat", [seat("A", "S1", last_seen_at=ago(31)), seat("A", "S2", last_seen_at=ago(30))]),
        ("duplicate_seat", [seat("A", "S1", identity="Ann@x"), seat("A", "S2", identity="ann@X ")]),
        ("recently_cancelled", [seat("A", "S1", status="deleted", last_seen_at=ago(30))]),
        ("temporary_licence", [seat("A", "S1", sku="POWER_BI_TRIAL")]),
    ],
)
def test_flags_on_seats(world: World, kind: str, seats: list[Any]) -> None:
    found = _flags(
        world, lines=[line("C1", "L1", "FLAT")], seats={"NinjaOne": seats}, mapping={("NinjaOne", "A"): "C1"}
    )
    assert [each for each, _ in found] == [kind]


def test_the_same_identity_with_two_licences_is_no_duplicate(sqlite_world: World) -> None:
    seats = [seat("A", "S1", identity="ann@x", sku="E3"), seat("A", "S2", identity="ann@x", sku="COPILOT")]
    lines = [line("C1", "L1", "FLAT")]
    assert _flags(sqlite_world, lines=lines, seats={"M365": seats}, mapping={("M365", "A"): "C1"}) == []


def _reasons(session: Session, context: Context) -> list[tuple[bool, str]]:
    return [(each.is_ready, each.not_ready_reason) for each in standing(session, context)]


@pytest.mark.parametrize(
    ("connector", "state", "age", "schedule", "says"),
    [
        ("ninjaone", "ok", timedelta(hours=35), None, ""),
        ("ninjaone", "ok", timedelta(hours=37), None, "was last read completely on"),
        ("ninjaone", "ok", timedelta(hours=37), {"is_weekly": False}, "was last read completely on"),
        ("ninjaone", "ok", timedelta(days=7, hours=11), {"is_weekly": True}, ""),
        ("ninjaone", "ok", timedelta(days=7, hours=13), {"is_weekly": True}, "was last read completely on"),
        ("ninjaone", "ok", timedelta(days=7, hours=13), {"is_weekly": True, "is_monthly": True}, "was last read"),
        ("ninjaone", "ok", timedelta(days=31, hours=11), {"is_monthly": True}, ""),
        ("ninjaone", "ok", timedelta(days=31, hours=13), {"is_monthly": True}, "was last read completely on"),
        ("ninjaone", "ok", timedelta(days=35, hours=11), {"is_monthly": True, "month_by": "weekday"}, ""),
        ("file", "ok", timedelta(days=6), None, ""),
        ("file", "ok", timedelta(days=8), None, "was last read completely on"),
        ("file", "ok", timedelta(days=8), {"is_monthly": True}, "was last read completely on"),
        ("file", "failed", timedelta(hours=1), None, "the last sync of NinjaOne failed"),
        ("file", "partial", timedelta(hours=1), None, "was partial"),
    ],
)
def test_a_source_that_can_not_be_trusted_makes_findings_not_ready(
    sqlite_world: World,
    connector: str,
    state: str,
    age: timedelta,
    schedule: dict[str, Any] | None,
    says: str,
) -> None:
    context = sqlite_world.ours
    with frozen(NOON):
        build(
            context,
            lines=[line("C1", "L1", "WS", 5)],
            seats={"NinjaOne": [seat("A", "S1", device_class="workstation")]},
            mapping={("NinjaOne", "A"): "C1"},
            rules=[WS],
        )
        with transaction(context) as session:
            connection = session.exec(select(Connection).where(Connection.label == "NinjaOne")).one()
            connection.connector, connection.state, connection.last_complete_at = connector, state, NOON - age
            if schedule is not None:
                session.add(SyncSchedule(workspace_id=context.workspace_id, **schedule))
        with transaction(context) as session:
            service.reconcile(session, context)
            ((is_ready, reason),) = _reasons(session, context)
    assert is_ready == (says == "")
    assert says in reason
    with frozen(NOON), transaction(context, read_only=True) as session:
        assert held_findings(session, context) == 0, "these wait for data"


@pytest.mark.parametrize(("left", "is_ready"), [(0, False), (4, False), (5, True), (9, True)])
def test_a_sudden_fall_is_taken_for_a_fault_until_somebody_confirms_it(
    sqlite_world: World, left: int, is_ready: bool
) -> None:
    context = sqlite_world.ours
    many = [seat("A", f"S{number}", device_class="workstation") for number in range(10)]
    with frozen(NOON - timedelta(hours=3)):
        build(
            context,
            lines=[line("C1", "L1", "WS", 20)],
            seats={"NinjaOne": many},
            mapping={("NinjaOne", "A"): "C1"},
            rules=[WS],
        )
        with transaction(context) as session:
            connection_id = session.exec(select(Connection.id).where(Connection.label == "NinjaOne")).one()
    for hours in (2, 1):
        with frozen(NOON - timedelta(hours=hours)):
            with transaction(context) as session:
                run = sync.begin(session, context, connection_id)
                sync.stage(session, context, run, "seats", many[:left])
                sync.switch(session, context, run, complete_streams=["seats"])
            with transaction(context) as session:
                service.reconcile(session, context)
                ((ready, reason),) = _reasons(session, context)
        assert ready == is_ready, "another sync that shows the same does not make it true"
        assert is_ready or f"fell from 10 to {left}, and nobody has confirmed it" in reason
        with transaction(context, read_only=True) as session:
            assert held_findings(session, context) == int(not is_ready), "a word is all that they wait for"
    with frozen(NOON):
        with transaction(context) as session:
            falls.confirm(session, context, [each.id for each in falls.held(session, context)])
        with transaction(context) as session:
            service.reconcile(session, context)
            assert _reasons(session, context) == [(True, "")]


def test_a_peak_is_the_highest_day_of_the_period() -> None:
    def day(number: int) -> datetime:
        return midnight(date(2026, 11, number))

    presences = [
        (day(1), None, 3_000_000),
        (day(2), day(5), 4_000_000),
        (day(4), day(6), None),
        (day(10), day(11), 9_000_000),
        (day(30), None, 1_000_000),  # read later, but there on the day itself
    ]
    found = peak(presences, date(2026, 11, 20))
    assert (found.value, found.peak_day) == (12_000_000, date(2026, 11, 10))
    found = peak(presences[:3], date(2026, 11, 5))
    assert (found.value, found.missing, found.peak_day) == (8_000_000, 1, date(2026, 11, 4))
