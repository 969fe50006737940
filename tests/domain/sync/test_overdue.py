"""A sync that takes longer than it may: it ends in a true state, and says what to do."""

from __future__ import annotations

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from connectors.wire import Wire
from jobs import registry
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.models import Seat
from tests.conftest import World
from tests.domain.sync.conftest import run_sync
from tests.domain.sync.looking import in_force, is_nothing_staged, last_run, row
from tests.domain.sync.source import Script, connect, many
from tests.domain.sync.test_switch import ACME, seat


@pytest.fixture
def fake(world: World, vendor: Script) -> int:
    vendor.has(ACME, seat(1))
    connection_id = connect(world.ours)
    run_sync(world.ours, connection_id)
    return connection_id


def test_a_sync_may_take_hours_and_other_jobs_may_not() -> None:
    assert registry.limit_s("sync.run") == 6 * 3600
    assert registry.stop_after_s("sync.run") > 6 * 3600
    # What waits for vendors may take as long as they do.
    others = registry.KINDS.keys() - {"sync.run", "writeback.send"}
    assert {registry.stop_after_s(kind) for kind in others} == {25 * 60}


def test_it_ends_at_the_next_record_and_nothing_of_it_takes_effect(
    world: World, vendor: Script, fake: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_passes(_: Wire) -> None:
        monkeypatch.setattr("rcx_app.domain.jobs.handle.JobHandle.is_overdue", True)

    read: list[str] = []
    vendor.steps["seats"] = [*many(600, seat), time_passes, seat(601), lambda _: read.append("more")]
    job = run_sync(world.ours, fake)
    assert job.error == row(world, fake).last_error
    told(world, fake, job, "6 hours")
    assert read == []


def test_one_that_does_not_hear_and_is_interrupted_says_the_same(
    world: World, vendor: Script, fake: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_stuck(_: Wire) -> None:
        monkeypatch.setattr("rcx_app.domain.jobs.handle.JobHandle.is_overdue", True)
        raise SoftTimeLimitExceeded

    vendor.steps["seats"] = [*many(600, seat), is_stuck]
    job = run_sync(world.ours, fake)
    assert (job.state, job.error.partition(".")[0]) == (JobState.FAILED, "The job took too long and was stopped")
    told(world, fake, job, "6 hours")


def told(world: World, fake: int, job: JobView, limit: str) -> None:
    said = f"Fake: Reading it took longer than {limit} and was stopped. Nothing of it was changed."
    assert job.state is JobState.FAILED
    run = last_run(world, fake)
    assert (run.state, run.error[: len(said)], run.failures[0].whose) == ("failed", said, "admin")
    assert run.finished_at is not None
    assert (row(world, fake).state, row(world, fake).last_error) == ("failed", run.error)
    assert in_force(world, Seat) == {"s1"}
    assert is_nothing_staged(world)
