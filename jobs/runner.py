"""Running one delivered job: claim it, do its work, and turn whatever happens into the job's final state."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import InterfaceError, OperationalError

from jobs import registry
from rcx_app.core import log
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, RcxError, Unavailable
from rcx_app.domain.jobs import service, space
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import ClaimedJob, JobOverdue, JobState, JobStopped

_log = log.get("jobs")


def run_job(job_id: int, *, work: Callable[[str], registry.Work] = registry.work, in_turn: bool = False) -> str:
    """Run the job if it is there to be run. Returns how it went: a final state, "skipped", "stopped" or "put back".

    `in_turn`: as a worker that serves all, who runs another job of this kind where that one's turn has come.
    """
    with transaction(None) as session:
        job = service.claim_turn(session, job_id) if in_turn else service.claim(session, job_id)
    if job is None:
        return "skipped"
    _log.info("job_started", job_id=job.job_id, kind=job.kind, attempt=job.attempt)
    outcome = _run(job, work)
    _log.info("job_ended", job_id=job.job_id, kind=job.kind, attempt=job.attempt, outcome=outcome)
    try:
        with transaction(None, read_only=True) as session:
            service.send_next(session, job.kind)
    except (OperationalError, InterfaceError) as error:
        _log.warning("next_not_sent", kind=job.kind, error=type(error).__name__)  # the sweeper will
    return outcome


def _run(job: ClaimedJob, work: Callable[[str], registry.Work]) -> str:
    try:
        with JobHandle(job, limit_s=registry.limit_s(job.kind)) as handle:
            result = work(job.kind)(handle)
        if not handle.is_finished:
            with transaction(job.context) as session:
                service.finish(session, job, result or {})
        return JobState.DONE.value
    except (JobOverdue, SoftTimeLimitExceeded):
        return _fail(job, "The job took too long and was stopped. Try it with less data, or ask your administrator.")
    except JobStopped:
        return "stopped"
    except (Unavailable, OperationalError, InterfaceError) as error:
        return _retry_or_fail(job, error)
    except Invalid as error:
        return _fail(job, str(error), problems=error.problems)
    except RcxError as error:
        return _fail(job, str(error))
    except Exception as error:
        return _fail(job, unexpected(error, job))


def _retry_or_fail(job: ClaimedJob, error: Exception) -> str:
    """A part that the job needs does not answer: that passes, so try again later, a few times. A full disk does not."""
    if space.is_used_up(error):
        _log.error("disk_full", job_id=job.job_id, kind=job.kind)
        return _fail(job, f"{space.MESSAGE} {space.REMEDY}")
    with transaction(job.context) as session:
        if service.put_back(session, job):
            _log.warning("job_put_back", job_id=job.job_id, kind=job.kind, error=type(error).__name__)
            return "put back"
    return _fail(job, str(error) if isinstance(error, RcxError) else unexpected(error, job))


def unexpected(error: Exception, job: ClaimedJob) -> str:
    """What a person is told of a fault of ours; the reference finds the trace in the log."""
    reference = secrets.token_hex(4)
    _log.error("job_crashed", job_id=job.job_id, kind=job.kind, reference=reference, exc_info=error)
    return f"Something went wrong on our side. Try again; if it happens again, tell us the reference {reference}."


def _fail(job: ClaimedJob, message: str, *, problems: tuple[str, ...] = ()) -> str:
    try:
        with transaction(job.context) as session:
            service.fail(session, job, message, {"problems": list(problems)} if problems else None)
    except JobStopped:
        return "stopped"
    return JobState.FAILED.value
