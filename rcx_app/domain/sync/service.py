"""Runs over a connection: begin, stage batches, switch complete streams into force, or fail and leave nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from sqlmodel import Session

from connectors.records import Record, Removed
from rcx_app.core.clock import now
from rcx_app.core.context import Context
from rcx_app.core.pagination import Page
from rcx_app.domain.integrations import alerts_history
from rcx_app.domain.sync.repository import SyncRepository
from rcx_app.domain.sync.repository import workspaces_left as find_workspaces_left
from rcx_app.domain.sync.rows import STREAMS, stage_row, stream_named
from rcx_app.domain.sync.schemas import Failure, StreamCounts, StreamOutlook, SyncRunView
from rcx_app.domain.sync.switch import retry_at, switch
from rcx_app.models import SyncRun

__all__ = ["abandon", "begin", "end_left", "fail", "outlook", "runs", "stage", "sweep", "switch", "workspaces_left"]

_ABANDONED_AFTER = timedelta(days=1)


def begin(
    session: Session,
    context: Context,
    connection_id: int,
    *,
    mode: str = "full",
    job_id: int | None = None,
    import_file_id: int | None = None,
) -> int:
    """Start a run over a connection; returns its id. What was read before stays in force until the switch."""
    repository = SyncRepository(session, context)
    connection = repository.connection(connection_id)
    run = SyncRun(
        workspace_id=context.workspace_id,
        connection_id=connection.id,
        mode=mode,
        job_id=job_id,
        import_file_id=import_file_id,
    )
    return repository.add(run).id


def stage(
    session: Session,
    context: Context,
    sync_run_id: int,
    stream: str,
    records_batch: Iterable[Record | Removed],
    *,
    only_new: bool = False,
) -> int:
    """Keep a batch of one stream's records on the stage; returns how many distinct ones.

    With `only_new` those that are in force already are passed over: the source knows less of them than another one.

    A record that is staged twice counts once, as it was read last; `Removed` marks one as gone. On SQLite each call
    belongs in a transaction of its own, so that others can write between two batches. Raises Invalid naming a record
    that can't be stored, and Conflict where the run has ended.
    """
    repository = SyncRepository(session, context)
    run = repository.running(sync_run_id)
    kind = stream_named(stream)
    rows = {row.external_id: row for row in (stage_row(kind, record) for record in records_batch)}
    if only_new:
        for known in repository.hashes(kind, run.connection_id, list(rows)):
            del rows[known]
    if rows:
        repository.stage(run, kind, list(rows.values()))
    return len(rows)


def outlook(
    session: Session,
    context: Context,
    sync_run_id: int,
    *,
    streams: Collection[str] = (),
    within_parents: bool = False,
) -> tuple[StreamOutlook, ...]:
    """What the stage holds against what is in force, by stream: the facts behind "is this the right file?".

    `streams` are looked at even where nothing of them is staged. `within_parents` compares only with rows whose
    parent is staged too.
    """
    repository = SyncRepository(session, context)
    run = repository.run(sync_run_id)
    staged = repository.staged(run.id)
    found = []
    for name in STREAMS:
        if name in staged or name in streams:
            present, common = repository.outlook(run, STREAMS[name], within=within_parents)
            found.append(StreamOutlook(stream=name, staged=staged.get(name, 0), present=present, common=common))
    return tuple(found)


def fail(session: Session, context: Context, sync_run_id: int, reason: str, failures: Collection[Failure] = ()) -> None:
    """End a run without effect: its stage is emptied, the connection says why, the last good data stands."""
    repository = SyncRepository(session, context)
    run = repository.run(sync_run_id, lock=True)
    repository.clear_stage(run.id)
    if run.state != "running":
        return
    run.state, run.error, run.finished_at = "failed", reason, now()
    run.failures = [each.as_note() for each in failures]
    run.retry_at = retry_at(failures)
    connection = repository.connection(run.connection_id, lock=True)
    connection.state, connection.last_error, connection.last_failed_at = "failed", reason, now()
    connection.last_failure = next((each.as_note() for each in failures), {})
    session.flush()
    alerts_history.note(session, context, connection)


def abandon(session: Session, context: Context, sync_run_id: int, reason: str = "") -> None:
    """End a run that nobody wants any more (cancelled, or asks first); says nothing about the connection's health."""
    repository = SyncRepository(session, context)
    run = repository.run(sync_run_id, lock=True)
    repository.clear_stage(run.id)
    if run.state == "running":
        run.state, run.error, run.finished_at = "cancelled", reason, now()
    session.flush()


def sweep(session: Session, context: Context) -> int:
    """Empty the stage of runs whose job is over or lost; returns how many runs were ended."""
    repository = SyncRepository(session, context)
    lost = repository.abandoned_runs(now() - _ABANDONED_AFTER)
    for run in lost:
        abandon(session, context, run.id, "The job behind this run has ended.")
    return len(lost)


def workspaces_left(session: Session) -> list[int]:
    """The workspaces where `end_left` has something to do (needs a transaction without a workspace)."""
    return find_workspaces_left(session)


def end_left(session: Session, context: Context) -> int:
    """End runs of APIs whose job has ended without them: it was given up when its workers had died, or cancelled then.

    Returns how many. The last good data stands; a connection whose sync was given up says so.
    """
    left = SyncRepository(session, context).left_by_jobs()
    for run_id, state, error in left:
        if state == "failed":
            fail(session, context, run_id, error)
        else:
            abandon(session, context, run_id, "The job behind this run has ended.")
    return len(left)


def runs(session: Session, context: Context, connection_id: int | None = None, cursor: str = "") -> Page[SyncRunView]:
    """Runs of one connection or of all, latest first."""
    repository = SyncRepository(session, context)
    if connection_id is not None:
        repository.connection(connection_id)
    return repository.runs(connection_id, cursor).map(_view)


def _view(run: SyncRun) -> SyncRunView:
    return SyncRunView(
        id=run.id,
        connection_id=run.connection_id,
        mode=run.mode,
        state=run.state,
        counts={name: StreamCounts(**values) for name, values in run.counts.items()},
        error=run.error,
        failures=tuple(Failure(**each) for each in run.failures),
        notes=tuple(run.notes),
        retry_at=run.retry_at,
        import_file_id=run.import_file_id,
        started_at=run.created_at,
        finished_at=run.finished_at,
    )
