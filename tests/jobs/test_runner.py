"""What becomes of a job whose work goes wrong in each way, run in this process."""

from __future__ import annotations

from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from jobs import registry
from jobs.runner import run_job
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, Unavailable
from rcx_app.domain.jobs import service
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import JobState, JobView
from tests.conftest import World


def run(world: World, work: registry.Work, kind: str = "test.kind") -> tuple[str, JobView]:
    with transaction(world.ours) as session:
        job_id = service.enqueue(session, world.ours, kind, {})
    outcome = run_job(job_id, work=lambda _: work)
    with transaction(world.ours, read_only=True) as session:
        return outcome, service.view(session, world.ours, job_id)


def raising(error: Exception) -> registry.Work:
    def work(_: JobHandle) -> dict[str, Any]:
        raise error

    return work


def test_returning_a_result_ends_the_job(sqlite_world: World) -> None:
    outcome, job = run(sqlite_world, lambda _: {"rows": 3})
    assert (outcome, job.state, job.result) == ("done", JobState.DONE, {"rows": 3})


def test_a_known_error_is_told_as_it_is(sqlite_world: World) -> None:
    _, job = run(sqlite_world, raising(NotFound("This import")))
    assert (job.state, job.error) == (JobState.FAILED, "This import was not found.")


def test_a_fault_of_ours_is_told_by_a_reference_that_is_in_the_log(sqlite_world: World) -> None:
    error = KeyError("a secret detail")
    with capture_logs() as logged:
        _, job = run(sqlite_world, raising(error))
    assert job.state is JobState.FAILED
    assert "secret" not in job.error
    reference = job.error.rstrip(".").rsplit(" ", 1)[-1]
    (crash,) = (line for line in logged if line["event"] == "job_crashed")
    assert (crash["reference"], crash["exc_info"]) == (reference, error)


@pytest.mark.parametrize(
    "error", [Unavailable("The database is away."), OperationalError("select", {}, Exception("gone"))], ids=repr
)
def test_a_part_that_is_away_is_waited_for(sqlite_world: World, error: Exception) -> None:
    outcome, job = run(sqlite_world, raising(error))
    assert (outcome, job.state, job.note) == ("put back", JobState.RUNNING, "Trying again shortly")
    for _ in range(service.MAX_ATTEMPTS - 1):
        outcome = run_job(job.id, work=lambda _: raising(error))
    assert outcome == "failed"


def test_work_that_takes_too_long_is_told_so(sqlite_world: World) -> None:
    _, job = run(sqlite_world, raising(SoftTimeLimitExceeded()))
    assert job.state is JobState.FAILED
    assert "too long" in job.error


def test_cancelled_work_stays_cancelled(sqlite_world: World) -> None:
    def work(job: JobHandle) -> dict[str, Any]:
        with transaction(job.context) as session:
            service.cancel(session, job.context, job.job_id)
        job.progress(1, 2)
        raise AssertionError("progress lets cancelled work go on")

    outcome, job = run(sqlite_world, work)
    assert (outcome, job.state) == ("stopped", JobState.CANCELLED)


def test_a_kind_without_work_fails_and_says_so_in_the_log(sqlite_world: World) -> None:
    with transaction(sqlite_world.ours) as session:
        job_id = service.enqueue(session, sqlite_world.ours, "no.such", {})
    with capture_logs() as logged:
        assert run_job(job_id) == "failed"
    assert "no.such" in str([line["exc_info"] for line in logged if line["event"] == "job_crashed"])


def test_a_job_that_has_ended_is_skipped(sqlite_world: World) -> None:
    _, job = run(sqlite_world, lambda _: {})
    assert run_job(job.id, work=raising) == "skipped"  # type: ignore[arg-type]
    assert run_job(999_999) == "skipped"
