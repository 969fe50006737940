"""Jobs: ask for one in the transaction of the change that needs it, watch it, cancel it; and the worker's side of that.

A job is a row first. It is sent to the broker by name after the commit; whatever the broker, a worker or this process
then loses, the sweeper finds by the row. What makes a job run once is the row too: a worker must claim it, and may
write only while the row still carries its attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.db import after_commit
from rcx_app.core.errors import Conflict
from rcx_app.core.outbox import send_after_commit
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import live, turns
from rcx_app.domain.jobs.leases import is_dead
from rcx_app.domain.jobs.repository import AllJobs, JobRepository
from rcx_app.domain.jobs.schemas import (
    OPEN,
    ClaimedJob,
    JobCancelled,
    JobState,
    JobTakenOver,
    JobView,
    LostJob,
    Waiting,
)
from rcx_app.models import JobRun

MAX_ATTEMPTS = 3
Merge = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


def enqueue(
    session: Session,
    context: Context,
    kind: str,
    args: dict[str, Any],
    *,
    dedupe_key: str = "",
    merge: Merge | None = None,
) -> int:
    """Ask for a job of `kind`; it starts after this transaction has committed. Returns its id.

    Where a job of `dedupe_key` already waits, that one's id is returned; `merge(its args, args)` then gives it its new
    args (without `merge` it keeps its own). It can't begin before this transaction ends, so it will see its changes. A
    job of that key which is *running* may have read too early: another one is queued, and begins when it has ended.

    Best called last in a transaction: jobs of one key wait for each other here (PostgreSQL).
    """
    repository = JobRepository(session, context)
    while True:
        waiting = repository.waiting(dedupe_key) if dedupe_key else None
        if waiting is not None:
            if waiting.kind != kind:
                raise ValueError(f"the key {dedupe_key!r} belongs to jobs of kind {waiting.kind}")
            if merge is not None:
                waiting.args = merge(dict(waiting.args), args)
                session.flush()
            return waiting.id
        row = JobRun(
            workspace_id=context.workspace_id,
            kind=kind,
            args=args,
            dedupe_key=dedupe_key,
            requested_by=context.user_id,
            role=context.role.value,
        )
        if repository.add_unless_taken(row):
            send_after_commit(session, kind, row.id)
            return row.id


def view(session: Session, context: Context, job_id: int) -> JobView:
    """The job with its latest progress. Raises NotFound."""
    return _view(JobRepository(session, context).get(JobRun, job_id))


def open_jobs(session: Session, context: Context, kinds: Sequence[str]) -> list[JobView]:
    """Jobs of these kinds that have not ended, oldest first."""
    return [_view(row) for row in JobRepository(session, context).open(kinds)]


def cancel(session: Session, context: Context, job_id: int) -> JobView:
    """Cancel a job. A running one stops at its next progress, and can no longer finish.

    Raises NotFound, or Conflict where it has already ended.
    """
    repository = JobRepository(session, context)
    row = repository.fresh(job_id, lock=True)
    if row.state not in OPEN:
        raise Conflict("This job has already ended.", remedy="Reload the page to see its result.")
    row.state = JobState.CANCELLED
    row.finished_at = clock.now()
    session.flush()
    _wake_next(repository, row.dedupe_key)
    return _view(row)


def claim(session: Session, job_id: int) -> ClaimedJob | None:
    """Take a job that was delivered (needs a transaction without a workspace).

    None where there is nothing to do: it has ended, another worker runs it, another job of its key runs, or it has
    used up its attempts (it is then marked failed).
    """
    row = AllJobs(session).find(job_id, lock=True)
    if row is None or row.state not in OPEN:
        return None
    context = Context(
        workspace_id=row.workspace_id,
        user_id=row.requested_by,
        role=Role(row.role),
        user_name="RCX" if row.requested_by is None else "",
    )
    repository = JobRepository(session, context)
    if row.state == JobState.RUNNING:
        if not is_dead(row) or _give_up(repository, row):
            return None
    elif row.dedupe_key and repository.is_running(row.dedupe_key):
        return None
    if not repository.start(row, clock.now()):
        return None
    return ClaimedJob(job_id=row.id, kind=row.kind, attempt=row.attempts, context=context, args=dict(row.args))


def claim_turn(session: Session, job_id: int) -> ClaimedJob | None:
    """Take a job of which a worker was told: this one or, of kinds that wait for a place, the one whose turn it is.

    A message is then as good for one job of its kind as for another. A job that finds no place has burned no attempt;
    it is sent again when one is free (`send_next`). None where there is nothing to do, as `claim`.
    """
    told = AllJobs(session).find(job_id, lock=False)
    if told is None or told.kind not in turns.BOUNDED:
        return claim(session, job_id)
    turns.hold(session, told.kind)
    for each in turns.order(session, told.kind, claim=job_id):
        claimed = claim(session, each.job_id)
        if claimed is not None:
            if each.job_id != job_id and each.state is not JobState.SENT:
                turns.set_aside(session, told.kind, job_id)  # else the other's message is to come, and serves for it
            return claimed
    turns.set_aside(session, told.kind)
    return None


def send_next(session: Session, kind: str) -> None:
    """A job of `kind` has ended: send those that can begin now, after this transaction, which needs no workspace."""
    if kind in turns.BOUNDED:
        for each in turns.to_send(turns.order(session, kind)):
            send_after_commit(session, kind, each.job_id)


def heartbeat(session: Session, job: ClaimedJob, done: int, total: int, note: str) -> JobState:
    """Write progress and that the worker lives. The job's state for this worker: anything but RUNNING means stop."""
    repository = JobRepository(session, job.context)
    values = {"progress_done": done, "progress_total": total, "progress_note": note, "heartbeat_at": clock.now()}
    if repository.write(job.job_id, job.attempt, **values):
        return JobState.RUNNING
    state = JobState(repository.fresh(job.job_id).state)
    return JobState.SENT if state is JobState.RUNNING else state


def finish(session: Session, job: ClaimedJob, result: dict[str, Any], *, total: int = 0) -> None:
    """Mark the job done. Raises JobCancelled or JobTakenOver where this worker may not."""
    _end(session, job, JobState.DONE, result=result, progress_done=total, progress_total=total, progress_note="")


def fail(session: Session, job: ClaimedJob, error: str, result: dict[str, Any] | None = None) -> None:
    """Mark the job failed, with what the person is told. Raises JobCancelled or JobTakenOver."""
    _end(session, job, JobState.FAILED, error=error, result=result or {})


def put_back(session: Session, job: ClaimedJob) -> bool:
    """Leave the job to a later attempt (a part that it needs was away). False where there is none left."""
    if job.attempt >= MAX_ATTEMPTS:
        return False
    # It stays "running" without a heartbeat: so it keeps its turn before the next job of its key.
    return JobRepository(session, job.context).write(
        job.job_id, job.attempt, heartbeat_at=None, sent_at=clock.now(), progress_note="Trying again shortly"
    )


def workspaces(session: Session) -> list[int]:
    """The workspaces that have ever asked for work (needs a transaction without a workspace)."""
    return AllJobs(session).workspaces()


def disown_running(session: Session) -> None:
    """Declare the workers of all running jobs dead. Only for one who knows that there is no worker anywhere."""
    AllJobs(session).disown_running()


def mark_sent(session: Session, job_id: int, at: datetime | None = None) -> None:
    """Note that the broker was given the job at this time (now). Needs a transaction without a workspace."""
    AllJobs(session).mark_sent(job_id, at or clock.now())


def find_lost(session: Session) -> bool:
    """Whether there is anything to sweep: a read that takes no lock."""
    return bool(_lost(session, lock=False)) or any(_lost_turns(session, kind) for kind in turns.BOUNDED)


def sweep(session: Session) -> list[LostJob]:
    """Find jobs that the broker or a worker lost and send them again after the commit; give up on hopeless ones.

    Needs a transaction without a workspace. Two sweeps at once share the work; a job sent twice runs once.
    """
    resent = []
    for row in _lost(session, lock=True):
        repository = JobRepository(session, system_context(row.workspace_id))
        if row.state == JobState.RUNNING and (not is_dead(row) or _give_up(repository, row)):
            continue
        row.sent_at = clock.now()
        send_after_commit(session, row.kind, row.id)
        resent.append(LostJob(row.id, row.kind))
    for kind in turns.BOUNDED:
        for each in _lost_turns(session, kind):
            send_after_commit(session, kind, each.job_id)
            resent.append(LostJob(each.job_id, kind))
    session.flush()
    return resent


def _lost_turns(session: Session, kind: str) -> list[Waiting]:
    """Jobs of a kind that waits for places which have one and were not sent, or whose message got lost."""
    return turns.to_send(turns.order(session, kind), lost=True)


def _lost(session: Session, *, lock: bool) -> list[JobRun]:
    now, chosen = clock.now(), settings()
    return AllJobs(session).lost(
        queued=now - timedelta(seconds=chosen.job_sweep_s),
        sent=now - timedelta(seconds=chosen.job_resend_after_s),
        silent=now - timedelta(seconds=chosen.job_dead_after_s),
        ahead=now + timedelta(seconds=chosen.job_dead_after_s + chosen.job_resend_after_s),
        waiting_elsewhere=turns.BOUNDED,
        lock=lock,
    )


def _give_up(repository: JobRepository, row: JobRun) -> bool:
    """Mark a job failed whose workers died on every attempt; False where it has attempts left."""
    if row.attempts < MAX_ATTEMPTS:
        return False
    row.state = JobState.FAILED
    row.finished_at = clock.now()
    row.error = f"The job was interrupted {row.attempts} times and was given up. Start it again; if it fails again, "
    row.error += "look at the worker's log: it may need more memory."
    repository.session.flush()
    _wake_next(repository, row.dedupe_key)
    return True


def _end(session: Session, job: ClaimedJob, state: JobState, **values: Any) -> None:
    repository = JobRepository(session, job.context)
    session.flush()
    if not repository.write(job.job_id, job.attempt, state=state, finished_at=clock.now(), **values):
        state_now = repository.fresh(job.job_id).state
        raise JobCancelled("cancelled") if state_now == JobState.CANCELLED else JobTakenOver("another attempt runs")
    _wake_next(repository, repository.get(JobRun, job.job_id).dedupe_key)
    after_commit(session, lambda: live.forget(job.job_id))


def _wake_next(repository: JobRepository, dedupe_key: str) -> None:
    """Send the job that waited for this one of the same key."""
    waiting = repository.waiting(dedupe_key) if dedupe_key else None
    if waiting is not None:
        send_after_commit(repository.session, waiting.kind, waiting.id)


def _view(row: JobRun) -> JobView:
    state = JobState(row.state)
    done, total, note = row.progress_done, row.progress_total, row.progress_note
    breath = live.read(row.id) if state is JobState.RUNNING else None
    if breath is not None and breath.attempt == row.attempts and breath.total + breath.done > 0:
        done, total, note = breath.done, breath.total, breath.note
    return JobView(
        id=row.id,
        kind=row.kind,
        state=state,
        done=done,
        total=total,
        note=note,
        error=row.error,
        result=dict(row.result),
        args=dict(row.args),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
