"""A workspace's schedule: what is proposed, what may be saved, and what is started when."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import api
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.jobs.schemas import JobView
from rcx_app.domain.schedules import dates, service
from rcx_app.domain.schedules.repository import ScheduleRepository
from rcx_app.domain.schedules.schemas import Chosen, MonthBy, ScheduleView, Started
from rcx_app.models import AuditEvent, SyncSchedule, Workspace
from tests.conftest import World
from tests.domain.integrations.conftest import bring_in
from tests.domain.integrations.files import devices
from tests.domain.sync.source import Script, connect, playing

# Of November 2026, the 2nd, 9th, 16th, 23rd and 30th are Mondays.
MONDAY = 0
MONDAYS = Chosen(
    is_weekly=True,
    weekday=MONDAY,
    weekly_is_full=False,
    is_monthly=False,
    month_by=MonthBy.DATE,
    month_day=31,
    month_nth=dates.LAST,
    month_weekday=4,
    monthly_is_full=True,
)
BOTH = replace(MONDAYS, is_monthly=True)


def at(day: int, hour: int = 7, minute: int = 0, *, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)


def save(context: Context, chosen: Chosen, now: datetime) -> None:
    with clock.frozen(now), transaction(context) as session:
        service.save(session, context, chosen)


def look(context: Context) -> ScheduleView:
    with transaction(context, read_only=True) as session:
        return service.schedule(session, context)


def due(now: datetime) -> list[int]:
    with clock.frozen(now), transaction(None, read_only=True) as session:
        return service.due_workspaces(session)


def start(context: Context, now: datetime) -> Started | None:
    system = system_context(context.workspace_id)
    with clock.frozen(now), transaction(system) as session:
        return service.start_due(session, system)


def syncs(context: Context) -> dict[int, JobView]:
    with transaction(context, read_only=True) as session:
        return api.open_syncs(session, context)


def trail(context: Context, tag: str) -> list[dict[str, Any]]:
    with transaction(context, read_only=True) as session:
        query = select(AuditEvent.detail).where(AuditEvent.workspace_id == context.workspace_id, AuditEvent.tag == tag)
        return list(session.scalars(query.order_by(col(AuditEvent.id))))


# --- choosing


def test_nothing_runs_by_itself_until_somebody_chose_and_the_weekday_of_joining_is_proposed(world: World) -> None:
    with transaction(None) as session:
        session.get_one(Workspace, world.ours.workspace_id).created_at = at(19)
    found = look(world.as_role(Role.VIEWER))
    assert (found.is_saved, found.chosen.is_weekly, found.chosen.is_monthly) == (False, False, False)
    assert (found.chosen.weekday, found.chosen.monthly_is_full) == (3, True), "the 19th is a Thursday"
    assert (found.weekly_at, found.monthly_at, found.last) == (None, None, None)
    assert due(at(1, year=2030)) == []


@pytest.mark.parametrize(
    ("chosen", "weekly", "monthly"),
    [
        (MONDAYS, at(23), None),
        (BOTH, at(23), at(30)),
        (replace(BOTH, is_weekly=False), None, at(30)),
        (replace(BOTH, month_by=MonthBy.WEEKDAY), at(23), at(27)),
        (replace(BOTH, is_weekly=False, is_monthly=False), None, None),
    ],
)
def test_what_is_chosen_is_planned(
    world: World, chosen: Chosen, weekly: datetime | None, monthly: datetime | None
) -> None:
    save(world.ours, chosen, at(20, 12))
    found = look(world.ours)
    assert (found.chosen, found.is_saved, found.weekly_at, found.monthly_at) == (chosen, True, weekly, monthly)
    assert not look(world.theirs).is_saved


def test_a_new_schedule_does_not_start_for_the_past(world: World) -> None:
    save(world.ours, MONDAYS, at(23, 7))
    assert look(world.ours).weekly_at == at(30)
    assert due(at(29)) == []


def test_every_change_is_in_the_trail_and_none_where_nothing_changed(world: World) -> None:
    save(world.ours, replace(MONDAYS, weekday=2), at(20))
    save(world.ours, MONDAYS, at(20))
    save(world.ours, MONDAYS, at(21))
    assert len(trail(world.ours, "schedule:change")) == 2
    assert trail(world.ours, "schedule:change")[1] == {"weekday": {"from": 2, "to": 0}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekday": 7},
        {"weekday": -1},
        {"month_day": 0},
        {"month_day": 32},
        {"month_nth": 6},
        {"month_nth": 0},
        {"month_weekday": 7},
    ],
)
def test_numbers_out_of_range_are_refused(sqlite_world: World, wrong: dict[str, int]) -> None:
    with pytest.raises(Invalid, match="must be between"):
        save(sqlite_world.ours, replace(MONDAYS, **wrong), at(20))
    assert not look(sqlite_world.ours).is_saved


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER])
def test_only_an_admin_plans_and_starts(sqlite_world: World, role: Role) -> None:
    context = sqlite_world.as_role(role)
    with pytest.raises(NotPermitted):
        save(context, MONDAYS, at(20))
    with transaction(context) as session, pytest.raises(NotPermitted):
        service.start_due(session, context)


def test_the_rest_of_the_schedule_can_be_changed_while_a_start_waits(world: World) -> None:
    save(world.ours, MONDAYS, at(20))
    save(world.ours, replace(BOTH, weekly_is_full=True), at(23, 9))
    assert (look(world.ours).weekly_at, look(world.ours).monthly_at) == (at(23), at(30))
    started = start(world.ours, at(23, 10))
    assert started is not None
    assert started.is_full


# --- starting


def test_syncs_start_at_seven_with_the_workspaces_own_delay(world: World, vendor: Script) -> None:
    one, two = connect(world.ours, "One"), connect(world.ours, "Two")
    connect(world.theirs, "Quillfeather")
    save(world.ours, MONDAYS, at(20))
    own = world.ours.workspace_id
    begins = at(23) + dates.delay(own)
    assert due(begins - timedelta(seconds=1)) == []
    assert start(world.ours, begins - timedelta(seconds=1)) is None
    assert syncs(world.ours) == {}
    assert due(begins) == [own]
    started = start(world.ours, begins)
    assert started is not None
    assert (started.connections, started.left_out, started.is_full) == (("One", "Two"), (), False)
    assert {number: job.args["full"] for number, job in syncs(world.ours).items()} == {one: False, two: False}
    assert syncs(world.theirs) == {}
    assert due(begins) == []
    assert start(world.ours, begins) is None
    assert look(world.ours).weekly_at == at(30)


def test_what_can_not_be_read_is_left_out_by_name(world: World, vendor: Script) -> None:
    bring_in(world.ours, devices(("Acme", "d1")), "devices.csv")
    connect(world.ours, "Good")
    off, gone = connect(world.ours, "Off"), connect(world.ours, "Gone")
    with transaction(world.ours) as session:
        integrations.set_enabled(session, world.ours, off, enabled=False)
        api.disconnect(session, world.ours, gone)
    save(world.ours, MONDAYS, at(20))
    started = start(world.ours, at(23, 8))
    assert started is not None
    assert started.connections == ("Good",)
    assert [(each.label, each.why) for each in started.left_out] == [
        ("Gone", "Gone is disconnected."),
        ("Off", "Off is switched off."),
    ], "the files of NinjaOne are no business of a schedule"
    assert look(world.ours).last == started
    assert trail(world.ours, "schedule:start") == [
        {
            "at": "2026-11-23T08:00:00+00:00",
            "full": False,
            "started": ["Good"],
            "left_out": [["Gone", "Gone is disconnected."], ["Off", "Off is switched off."]],
        }
    ]


def test_weekly_and_monthly_on_one_day_are_one_sync_full_as_the_fuller_one(world: World, vendor: Script) -> None:
    connection_id = connect(world.ours)
    save(world.ours, BOTH, at(24))
    started = start(world.ours, at(30, 8))
    assert started is not None
    assert started.is_full
    assert [(number, job.args["full"]) for number, job in syncs(world.ours).items()] == [(connection_id, True)]
    assert start(world.ours, at(30, 9)) is None
    found = look(world.ours)
    assert (found.weekly_at, found.monthly_at) == (at(7, month=12), at(31, month=12))


def test_however_many_starts_were_missed_one_makes_up_for_them(world: World, vendor: Script) -> None:
    connect(world.ours)
    save(world.ours, BOTH, at(20))
    back = at(10, 15, month=3, year=2027)
    assert due(back) == [world.ours.workspace_id]
    started = start(world.ours, back)
    assert started is not None
    assert started.is_full
    assert due(back) == []
    assert start(world.ours, back) is None
    found = look(world.ours)
    assert (found.weekly_at, found.monthly_at) == (at(15, month=3, year=2027), at(31, month=3, year=2027))


def test_a_start_that_breaks_is_made_again(world: World, vendor: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(world.ours)
    save(world.ours, MONDAYS, at(20))
    with monkeypatch.context() as broken:
        broken.setattr(service.audit, "record", _refuse)
        with pytest.raises(RuntimeError):
            start(world.ours, at(23, 8))
    assert syncs(world.ours) == {}
    assert due(at(23, 8)) == [world.ours.workspace_id]
    assert start(world.ours, at(23, 8)) is not None
    assert len(syncs(world.ours)) == 1


def _refuse(*_: object) -> None:
    raise RuntimeError("the database went away")


def test_a_part_that_is_switched_off_no_longer_starts(world: World, vendor: Script) -> None:
    connect(world.ours)
    save(world.ours, MONDAYS, at(20))
    save(world.ours, replace(MONDAYS, is_weekly=False), at(23, 6))
    assert due(at(23, 8)) == []
    assert start(world.ours, at(23, 8)) is None
    save(world.ours, MONDAYS, at(23, 9))
    assert due(at(23, 10)) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.builds(
        Chosen,
        is_weekly=st.booleans(),
        weekday=st.integers(0, 6),
        weekly_is_full=st.booleans(),
        is_monthly=st.booleans(),
        month_by=st.sampled_from(MonthBy),
        month_day=st.integers(1, 31),
        month_nth=st.integers(1, dates.LAST),
        month_weekday=st.integers(0, 6),
        monthly_is_full=st.booleans(),
    ),
    rounds=st.lists(st.integers(1, 60 * 24 * 20), min_size=1, max_size=12),
)
def test_whenever_the_server_is_up_it_starts_once_for_all_that_passed(
    sqlite_world: World, chosen: Chosen, rounds: list[int]
) -> None:
    """Rounds of the dispatcher come after any number of minutes: each starts if, and only if, a start lay between."""
    ours = sqlite_world.ours
    with transaction(ours) as session:
        for row in session.scalars(select(SyncSchedule)):
            session.delete(row)
    now = at(1, 0)
    save(ours, chosen, now)
    delay = dates.delay(ours.workspace_id)
    looked = now - delay
    for minutes in rounds:
        now += timedelta(minutes=minutes)
        passed = {
            "weekly": chosen.weekly is not None and dates.next_run(chosen.weekly, max(looked, at(1, 0))) <= now - delay,
            "monthly": chosen.monthly is not None
            and dates.next_run(chosen.monthly, max(looked, at(1, 0))) <= now - delay,
        }
        started = start(ours, now)
        assert (started is not None) == any(passed.values())
        if started is not None:
            assert started.is_full == (
                (passed["weekly"] and chosen.weekly_is_full) or (passed["monthly"] and chosen.monthly_is_full)
            )
        looked = now - delay


@pytest.mark.postgres
def test_two_who_choose_at_once_for_the_first_time_share_one_schedule(
    postgres_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, both_found_none = postgres_world.ours, threading.Barrier(2, timeout=30)
    find = ScheduleRepository.find

    def find_together(repository: ScheduleRepository, *, lock: bool = False) -> SyncSchedule | None:
        found = find(repository, lock=lock)
        if found is None:
            both_found_none.wait()
        return found

    monkeypatch.setattr(ScheduleRepository, "find", find_together)
    threads = [threading.Thread(target=save, args=(ours, chosen, at(20))) for chosen in (MONDAYS, BOTH)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    with transaction(ours, read_only=True) as session:
        (row,) = session.scalars(select(SyncSchedule))
        assert row.weekly_at == at(23)
        assert row.due_at == at(23) + dates.delay(ours.workspace_id)
    assert len(trail(ours, "schedule:change")) == 2
