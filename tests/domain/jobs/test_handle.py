"""Progress and heartbeat of a running job: seen at once, never in the way of the job's own data."""

from __future__ import annotations

import threading

import pytest
from sqlmodel import select

from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import live, service
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import ClaimedJob, JobCancelled, JobState, JobTakenOver, JobView
from rcx_app.models import AuditEvent
from tests.conftest import World


def begin(world: World) -> ClaimedJob:
    with transaction(world.ours) as session:
        job_id = service.enqueue(session, world.ours, "test.kind", {})
    with transaction(None) as session:
        job = service.claim(session, job_id)
    assert job is not None
    return job


def look(world: World, job: ClaimedJob) -> JobView:
    with transaction(world.ours, read_only=True) as session:
        return service.view(session, world.ours, job.job_id)


def test_progress_is_on_the_row_without_any_redis(world: World) -> None:
    job = begin(world)
    JobHandle(job).progress(30, 200, "Reading rows")
    seen = look(world, job)
    assert (seen.done, seen.total, seen.note) == (30, 200, "Reading rows")


def test_progress_is_written_seldom_but_each_phase_at_once(world: World) -> None:
    job = begin(world)
    handle = JobHandle(job)
    for row in range(1, 1001):
        handle.progress(row, 1000, "Reading rows")
    assert look(world, job).done < 1000
    handle.progress(0, 50, "Writing rows")
    assert look(world, job).note == "Writing rows"


def test_progress_inside_the_jobs_own_open_transaction_neither_blocks_nor_is_lost(world: World, redis_url: str) -> None:
    job = begin(world)
    handle = JobHandle(job)
    with transaction(world.ours) as session:
        session.add(AuditEvent(workspace_id=world.ours.workspace_id, tag="data"))
        session.flush()
        for row in range(1, 6):
            handle.progress(row, 5, f"Phase {row}")
        assert look(world, job).note == "Phase 5"
        handle.finish(session, {"rows": 5})
        handle.progress(5, 5, "After the end")
        assert not handle.is_finished
    assert handle.is_finished
    seen = look(world, job)
    assert (seen.state, seen.done, seen.total, seen.result) == (JobState.DONE, 5, 5, {"rows": 5})
    assert live.read(job.job_id) is None


def test_progress_tells_the_work_that_a_person_cancelled_it(world: World) -> None:
    job = begin(world)
    handle = JobHandle(job)
    with transaction(world.ours) as session:
        service.cancel(session, world.ours, job.job_id)
    with pytest.raises(JobCancelled):
        handle.progress(1, 2)
    with pytest.raises(JobCancelled):
        handle.progress(2, 2)

    def end() -> None:
        with transaction(world.ours) as session:
            session.add(AuditEvent(workspace_id=world.ours.workspace_id, tag="data"))
            handle.finish(session)

    with pytest.raises(JobCancelled):
        end()
    with transaction(world.ours, read_only=True) as session:
        assert session.exec(select(AuditEvent)).all() == []


def test_progress_tells_the_work_that_another_worker_has_it(world: World) -> None:
    job = begin(world)
    with transaction(world.ours) as session:
        assert service.put_back(session, job)
    with transaction(None) as session:
        assert service.claim(session, job.job_id) is not None
    with pytest.raises(JobTakenOver):
        JobHandle(job).progress(1, 2)


def test_a_silent_job_shows_that_it_lives(world: World, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCX_JOB_HEARTBEAT_S", "0.01")
    settings.cache_clear()
    job = begin(world)
    beats = threading.Event()
    heartbeat, count = service.heartbeat, []

    def counted(*args: object) -> JobState:
        count.append(1)
        if len(count) >= 3:
            beats.set()
        return heartbeat(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(service, "heartbeat", counted)
    with JobHandle(job):
        assert beats.wait(10)
        assert live.read(job.job_id) == live.Live(attempt=1)


def test_a_redis_that_is_down_costs_nothing_but_the_live_view(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setattr(live, "_resting_until", 0.0)
    settings.cache_clear()
    job = begin(world)
    JobHandle(job).progress(1, 2, "Going on")
    assert look(world, job).note == "Going on"
    monkeypatch.setattr(live, "_resting_until", 0.0)
