"""A clock that jumps, forwards and back, over a start and over the end of a month: once, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from jobs import tasks
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.domain.schedules import dates
from rcx_app.domain.schedules.schemas import Chosen
from rcx_app.models import SyncSchedule
from tests.conftest import World
from tests.domain.schedules.test_service import BOTH, MONDAYS, at, save
from tests.domain.sync.source import Script, connect, playing
from tests.jobs.test_start_syncs import count

MONTHLY = replace(MONDAYS, is_weekly=False, is_monthly=True)
"""On the last day of each month."""


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)


def started(world: World, *moments: datetime) -> list[bool]:
    """Whether the dispatcher started something at each of these moments, one after the other."""
    found = []
    for moment in moments:
        before = count(world.ours, "schedule:start")
        with clock.frozen(moment):
            tasks.start_syncs()
        found.append(count(world.ours, "schedule:start") > before)
    return found


def test_a_clock_that_is_set_back_over_a_start_starts_nothing_again(world: World, vendor: Script) -> None:
    connect(world.ours)
    save(world.ours, MONDAYS, at(20))
    assert started(world, at(23, 9), at(23, 6), at(20), at(23, 9), at(29)) == [True, False, False, False, False]
    assert started(world, at(30, 9), at(23, 9), at(30, 9)) == [True, False, False]


def test_a_clock_that_jumps_over_weeks_makes_up_for_them_once(world: World, vendor: Script) -> None:
    connect(world.ours)
    save(world.ours, BOTH, at(20))
    assert started(world, at(15, 9, month=12), at(15, 10, month=12)) == [True, False]
    assert started(world, at(21, 6, month=12), at(21, 9, month=12)) == [False, True]


def test_the_end_of_a_month_is_met_once_from_both_sides(world: World, vendor: Script) -> None:
    """The 30th of November is the last day; the year's end, and February with its clamp, follow."""
    connect(world.ours)
    save(world.ours, MONTHLY, at(20))
    assert started(world, at(30, 9), at(1, 0, month=12), at(30, 23, 59), at(1, 9, month=12)) == [
        True,
        False,
        False,
        False,
    ]
    assert started(world, at(1, 0, month=1, year=2027), at(31, 9, month=12), at(1, 9, month=1, year=2027)) == [
        True,
        False,
        False,
    ]
    assert started(world, at(1, 0, month=3, year=2027), at(28, 9, month=2, year=2027)) == [True, False]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.sampled_from([MONDAYS, MONTHLY, BOTH]),
    jumps=st.lists(st.integers(-60 * 24 * 40, 60 * 24 * 40), min_size=1, max_size=14),
)
def test_whatever_the_clock_does_every_start_is_made_once(
    sqlite_world: World, chosen: Chosen, jumps: list[int]
) -> None:
    """Held against the calendar: something starts when, and only when, the clock shows for the first time a moment
    after a start which no earlier round has made up for."""
    with transaction(sqlite_world.ours) as session:
        for row in session.scalars(select(SyncSchedule)):
            session.delete(row)
    now = furthest = at(1, 0)
    save(sqlite_world.ours, chosen, now)
    delay = dates.delay(sqlite_world.ours.workspace_id)
    for minutes in jumps:
        now = max(now + timedelta(minutes=minutes), datetime(2026, 11, 1, tzinfo=UTC))
        rules = [rule for rule in (chosen.weekly, chosen.monthly) if rule is not None]
        passed = [dates.next_run(rule, furthest - delay) + delay <= now for rule in rules]
        assert started(sqlite_world, now) == [any(passed)]
        furthest = max(furthest, now)
