"""Runs over a connection: begin, stage batches, switch complete streams into force, or fail and leave nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session

from connectors.records import Record
from rcx_app.core.clock import now
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.pagination import Page
from rcx_app.domain.sync.repository import SyncRepository
from rcx_app.domain.sync.rows import STREAMS, Stream, stage_row, stream_named
from rcx_app.domain.sync.schemas import StreamCounts, StreamOutlook, SyncResult, SyncRunView
from rcx_app.models import Connection, SyncRun

_SHOWN_PROBLEMS = 20
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
    records_batch: Iterable[Record],
    *,
    only_new: bool = False,
) -> int:
    """Keep a batch of one stream's records on the stage; returns how many distinct ones.

    With `only_new` those that are in force already are passed over: the source knows less of them than another one.

    A record that is staged twice counts once, as it was read last. On SQLite each call belongs in a transaction of
    its own, so that others can write between two batches. Raises Invalid naming a record that can't be stored, and
    Conflict where the run has ended.
    """
    repository = SyncRepository(session, context)
    run = _running(repository, sync_run_id)
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


def switch(
    session: Session,
    context: Context,
    sync_run_id: int,
    *,
    complete_streams: Collection[str],
    failed_streams: Collection[str] = (),
    within_parents: bool = False,
    keep_parents: bool = False,
) -> SyncResult:
    """Put what is staged into force, in the caller's transaction: rows, mappings of new accounts, run, connection.

    A stream in `complete_streams` was read to its end, so what it no longer holds is marked as removed; in any other
    stream nothing is. `failed_streams` are left as they were and make the connection `partial`.
    `within_parents`: children are removed only below parents that were read (a file that holds one account of many).
    `keep_parents`: what rows of streams that were not read still refer to is not removed (a list of clients alone);
    otherwise those rows go with it.
    Raises Invalid naming records whose parent is not in force, and Conflict where the run has ended or another run
    changed the same rows since they were staged. After an error roll back and call `fail`.
    """
    repository = SyncRepository(session, context)
    run = _running(repository, sync_run_id, lock=True)
    connection = repository.connection(run.connection_id, lock=True)
    staged = repository.staged(run.id)
    complete = {stream_named(name).name for name in complete_streams} - set(failed_streams)
    counts: dict[str, StreamCounts] = {}
    with repository.set_operations():
        for name, stream in STREAMS.items():
            if name in complete or (name in staged and name not in failed_streams):
                read = staged.get(name, 0)
                counts[name] = _switch_stream(repository, run, stream, read)
                if name in complete:
                    unread = [each for each in STREAMS.values() if keep_parents and each.name not in complete]
                    gone = repository.remove_missing(run, stream, now(), within=within_parents, unless_under=unread)
                    counts[name] = replace(counts[name], removed=gone)
        _remove_below(repository, run, counts, complete)
        repository.add_mappings(connection.id, now())
    repository.clear_stage(run.id)
    conclude(connection, run, counts, failed_streams)
    session.flush()
    return SyncResult(run.id, connection.id, counts)


def fail(session: Session, context: Context, sync_run_id: int, reason: str) -> None:
    """End a run without effect: its stage is emptied, the connection says why, the last good data stands."""
    repository = SyncRepository(session, context)
    run = repository.run(sync_run_id, lock=True)
    repository.clear_stage(run.id)
    if run.state != "running":
        return
    run.state, run.error, run.finished_at = "failed", reason, now()
    connection = repository.connection(run.connection_id, lock=True)
    connection.state, connection.last_error, connection.last_failed_at = "failed", reason, now()
    session.flush()


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
        import_file_id=run.import_file_id,
        started_at=run.created_at,
        finished_at=run.finished_at,
    )


def _running(repository: SyncRepository, sync_run_id: int, *, lock: bool = False) -> SyncRun:
    run = repository.run(sync_run_id, lock=lock)
    if run.state != "running":
        raise Conflict("This sync has already ended.", remedy="Start it again.")
    return run


def _switch_stream(repository: SyncRepository, run: SyncRun, stream: Stream, read: int) -> StreamCounts:
    if repository.moved_on(run, stream):
        raise Conflict("Another import changed the same records in the meantime.", remedy="Start this one again.")
    unknown = repository.unknown_parents(run, stream) + repository.orphans(run, stream)
    if unknown:
        raise unknown_parents(stream, unknown)
    at = now()
    changed, returned = repository.update_changed(run, stream, at)
    added = repository.insert_new(run, stream, at)
    return StreamCounts(read, added + returned, changed, read - added - returned - changed)


def unknown_parents(stream: Stream, unknown: list[tuple[str, str, str]]) -> Invalid:
    """The error for records of `stream` given as (external id, parent stream, parent's external id)."""
    problems = [
        f"{stream.noun.capitalize()} {child} refers to {STREAMS[parent].noun} {name or '(none)'}, which was not read."
        for child, parent, name in unknown[:_SHOWN_PROBLEMS]
    ]
    return Invalid(
        problems[0] if len(problems) == 1 else f"{problems[0]} ({len(problems)} or more such records.)",
        remedy="Import them together, or correct the reference.",
        problems=problems,
    )


def _remove_below(
    repository: SyncRepository, run: SyncRun, counts: dict[str, StreamCounts], complete: Collection[str]
) -> None:
    """What stands under a removed parent goes with it, also where its own stream was not read."""
    for name, stream in STREAMS.items():
        if name in complete or not any(counts[p.stream].removed for p in stream.parents if p.stream in counts):
            continue
        gone = repository.remove_below(run.connection_id, stream, now())
        if gone:
            before = counts.get(name, StreamCounts())
            counts[name] = replace(before, removed=before.removed + gone)


def conclude(
    connection: Connection, run: SyncRun, counts: Mapping[str, StreamCounts], failed_streams: Collection[str]
) -> None:
    """Mark a run as done and its connection as healthy (partial where streams failed)."""
    run.state, run.finished_at = "done", now()
    run.counts = {name: each.as_dict() for name, each in counts.items()}
    if failed_streams:
        connection.state = "partial"
        connection.last_error = f"Could not be read: {', '.join(sorted(failed_streams))}."
        return
    connection.state, connection.last_error = "ok", ""
    connection.last_complete_at = now()
