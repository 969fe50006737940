"""Syncs that failed for something that passes are asked for once more, and runs that their job has left are ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from connectors.http.failures import ApiFailure
from jobs import tasks
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import api
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.retries import service as retries
from rcx_app.models import AuditEvent, JobRun, Seat
from tests.conftest import World
from tests.domain.sync.conftest import run_sync, work_off
from tests.domain.sync.looking import DOWN, in_force, is_nothing_staged, last_run, row
from tests.domain.sync.source import Script, connect, playing
from tests.domain.sync.test_switch import ACME, seat

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PATIENCE = ApiFailure("rate_limited", "Fake Vendor", retry_after_s=900)
REFUSED = ApiFailure("privilege_missing", "Fake Vendor", "Seats: read")
_AT_ONCE = 4


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)


@pytest.fixture
def fake(world: World, vendor: Script) -> int:
    vendor.has(ACME, seat(1))
    return connect(world.ours)


def fails(world: World, vendor: Script, fake: int, failure: ApiFailure = PATIENCE, **more: Any) -> JobView:
    vendor.steps["seats"] = [failure]
    with clock.frozen(NOW):
        return run_sync(world.ours, fake, **more)


def follow(after: timedelta) -> None:
    with clock.frozen(NOW + after):
        tasks.follow_syncs()


def asked(world: World) -> list[JobView]:
    """Jobs of syncs that wait."""
    with transaction(world.ours, read_only=True) as session:
        return jobs.open_jobs(session, world.ours, ["sync.run"])


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_a_sync_is_asked_for_once_more_when_the_vendor_allows_it(world: World, vendor: Script, fake: int) -> None:
    fails(world, vendor, fake)
    follow(minutes(14.9))
    assert asked(world) == []
    follow(minutes(15))
    (job,) = asked(world)
    assert job.args == {"connection_id": fake, "full": False, "retry": 1}
    follow(minutes(16))
    assert [each.id for each in asked(world)] == [job.id]
    with transaction(world.ours, read_only=True) as session:
        wanted = session.scalars(select(AuditEvent).where(AuditEvent.tag == "connection:sync")).all()
        assert [(event.user_id, event.detail.get("retry")) for event in wanted] == [
            (world.ours.user_id, None),
            (None, 1),
        ]
    vendor.has(ACME, seat(1))
    assert work_off(world.ours, job.id).state is JobState.DONE
    assert in_force(world, Seat) == {"s1"}
    follow(timedelta(days=9))
    assert asked(world) == []


def test_it_is_tried_a_few_times_in_a_row_and_then_left_to_others(world: World, vendor: Script, fake: int) -> None:
    fails(world, vendor, fake)
    tries, at = 0, NOW
    while tries < 10:
        at += timedelta(minutes=15)
        with clock.frozen(at):
            tasks.follow_syncs()
            waiting = asked(world)
            if not waiting:
                break
            tries += 1
            work_off(world.ours, waiting[0].id)
    assert tries == len(retries.PAUSES) == 3
    with clock.frozen(at + timedelta(days=1)):
        run_sync(world.ours, fake)  # a person's: it begins to count anew
    with clock.frozen(at + timedelta(days=2)):
        tasks.follow_syncs()
    assert [job.args["retry"] for job in asked(world)] == [1]


def test_where_the_vendor_does_not_say_how_long_the_pauses_grow(world: World, vendor: Script, fake: int) -> None:
    fails(world, vendor, fake, DOWN)
    at = NOW
    for number, pause in enumerate(retries.PAUSES, 1):
        with clock.frozen(at + pause - timedelta(seconds=1)):
            tasks.follow_syncs()
        assert asked(world) == []
        at += pause
        with clock.frozen(at):
            tasks.follow_syncs()
            (job,) = asked(world)
            assert job.args["retry"] == number
            work_off(world.ours, job.id)


def test_what_waiting_does_not_mend_is_not_tried_again(world: World, vendor: Script, fake: int) -> None:
    fails(world, vendor, fake, REFUSED)
    follow(timedelta(days=9))
    assert asked(world) == []


def test_a_failed_full_sync_is_tried_again_in_full(world: World, vendor: Script, fake: int) -> None:
    vendor.sign_in = PATIENCE
    assert fails(world, vendor, fake, full=True).state is JobState.FAILED
    follow(minutes(15))
    assert [job.args["full"] for job in asked(world)] == [True]


def test_what_somebody_has_asked_for_since_or_switched_off_is_left_alone(
    world: World, vendor: Script, fake: int
) -> None:
    fails(world, vendor, fake)
    with transaction(world.ours) as session:
        integrations.set_enabled(session, world.ours, fake, enabled=False)
    follow(minutes(15))
    assert asked(world) == []
    with transaction(world.ours) as session:
        integrations.set_enabled(session, world.ours, fake, enabled=True)
        job_id = api.request_sync(session, world.ours, fake)
        jobs.cancel(session, world.ours, job_id)
    follow(minutes(15))
    assert asked(world) == []


def test_a_try_that_a_person_asks_for_too_is_a_persons(world: World, vendor: Script, fake: int) -> None:
    fails(world, vendor, fake)
    follow(minutes(15))
    with transaction(world.ours) as session:
        api.request_sync(session, world.ours, fake, full=True)
    assert [job.args for job in asked(world)] == [{"connection_id": fake, "full": True}]


def test_sweepers_at_once_ask_once(world: World, vendor: Script, fake: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them have seen the run as due before the first one asks."""
    fails(world, vendor, fake)
    seen = threading.Barrier(_AT_ONCE, timeout=30)
    look = retries.due_workspaces

    def look_together(session: Any) -> list[int]:
        found = look(session)
        seen.wait()
        return found

    monkeypatch.setattr(retries, "due_workspaces", look_together)
    threads = [threading.Thread(target=follow, args=(minutes(15),)) for _ in range(_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.broken is False
    assert len(asked(world)) == 1
    with transaction(world.ours, read_only=True) as session:
        tags = select(AuditEvent.id).where(AuditEvent.tag == "connection:sync")
        assert len(session.scalars(tags).all()) == 2


def test_a_run_whose_job_was_given_up_fails_and_says_so(world: World, vendor: Script, fake: int) -> None:
    run_sync(world.ours, fake)
    run_id, job_id = left_staged(world, fake)
    with transaction(world.ours) as session:
        job = session.get_one(JobRun, job_id)
        job.state, job.attempts, job.heartbeat_at = "running", jobs.MAX_ATTEMPTS, None
    with clock.frozen(clock.now() + timedelta(hours=1)):
        tasks.sweep()
        tasks.follow_syncs()
    run = last_run(world, fake)
    assert (run.id, run.state) == (run_id, "failed")
    assert run.error.startswith("The job was interrupted 3 times and was given up.")
    assert (row(world, fake).state, row(world, fake).last_error) == ("failed", run.error)
    assert in_force(world, Seat) == {"s1"}
    assert is_nothing_staged(world)


def test_a_run_that_was_cancelled_when_its_worker_was_dead_is_ended(world: World, vendor: Script, fake: int) -> None:
    run_sync(world.ours, fake)
    _, job_id = left_staged(world, fake)
    with transaction(world.ours) as session:
        jobs.cancel(session, world.ours, job_id)
    tasks.follow_syncs()
    assert last_run(world, fake).state == "cancelled"
    assert row(world, fake).state == "ok"
    assert is_nothing_staged(world)


def test_a_run_at_work_is_left_alone(world: World, vendor: Script, fake: int) -> None:
    left_staged(world, fake)
    tasks.follow_syncs()
    assert last_run(world, fake).state == "running"
    assert not is_nothing_staged(world)


def left_staged(world: World, fake: int) -> tuple[int, int]:
    """A run and its job as a worker leaves them that dies while it reads."""
    with transaction(world.ours) as session:
        job_id = api.request_sync(session, world.ours, fake)
        run_id = sync.begin(session, world.ours, fake, job_id=job_id)
        sync.stage(session, world.ours, run_id, "seats", [seat(2)])
        session.scalars(select(JobRun).where(col(JobRun.id) == job_id)).one().state = "running"
    return run_id, job_id
