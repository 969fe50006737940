"""The job `sync.run`: a connection's API is read stream by stream, and what was read to its end is put into force.

No database transaction is open while the vendor is asked. A run that is cancelled, killed or fails leaves everything
as it was; the next one starts over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session

from connectors.connector import Connector, SettingsRefused
from connectors.http.failures import ApiFailure
from connectors.wire import Stopped, Wire
from rcx_app.core import clock, log
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, RcxError, Unavailable
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs import space
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import JobCancelled, JobOverdue, JobStopped, JobTakenOver
from rcx_app.domain.sync import failures, following, opening, service
from rcx_app.domain.sync.failures import SourceFailed
from rcx_app.domain.sync.freshness import fresh_for, synced_for
from rcx_app.domain.sync.opening import Source
from rcx_app.domain.sync.reading import Read, Reader
from rcx_app.domain.sync.repository import SyncRepository
from rcx_app.domain.sync.schemas import SyncResult
from rcx_app.models import Connection

KIND = "sync.run"
_SHOWN_EVERY_S = 0.4
_OUR_SIDE = "Something went wrong on our side."
_log = log.get("sync")


@dataclass(frozen=True, slots=True)
class _Plan:
    sync_run_id: int
    source: Source
    is_full: bool

    @property
    def mode(self) -> str:
        return "full" if self.is_full else "quick"


Watch = Callable[[int, str], None]
"""(records read of the stream under way, what is being done)."""


def run(job: JobHandle, watch: Watch = lambda _done, _note: None) -> dict[str, Any]:
    """Sync the connection `connection_id`; `full` reads whole what could be read since a cursor.

    Raises SourceFailed where nothing could be read, Conflict where the connection may not be synced or was changed
    meanwhile, JobStopped where the job was cancelled or is another worker's.
    """
    plan = _begin(job)
    try:
        return _sync(job, plan, watch)
    except JobTakenOver:
        raise  # another attempt goes on; it has cleared this one's stage
    except JobCancelled:
        _abandon(job.context, plan, "")
        raise
    except JobOverdue:
        raise _late(job, plan) from None
    except (Unavailable, OperationalError, InterfaceError, RedisError) as error:
        if space.is_used_up(error):
            raise _without_space(job.context, plan) from error
        if job.is_last_attempt:
            _fail(job.context, plan, _OUR_SIDE)
        if isinstance(error, RedisError):
            raise Unavailable("Redis does not answer.", remedy="Check REDIS_URL and that the server runs.") from error
        raise
    except SourceFailed as error:
        _fail(job.context, plan, str(error), error.failures)
        raise
    except Conflict as error:
        _abandon(job.context, plan, str(error))
        raise
    except RcxError as error:
        _fail(job.context, plan, str(error))
        raise
    except (KeyboardInterrupt, SystemExit):
        _abandon(job.context, plan, "Interrupted.")
        raise
    except BaseException:
        if job.is_overdue:
            _late(job, plan)  # it did not hear, and was interrupted
        else:
            _fail(job.context, plan, _OUR_SIDE)
        raise


def _begin(job: JobHandle) -> _Plan:
    context, connection_id = job.context, int(job.args["connection_id"])
    with transaction(context) as session:
        repository = SyncRepository(session, context)
        connection = repository.connection(connection_id, lock=True)
        for run_id in repository.left_running(connection.id):
            service.abandon(session, context, run_id, "Interrupted, and started again.")
        opening.why_not(connection)
        is_full = bool(job.args.get("full")) or connection.must_read_whole
        mode = "full" if is_full else "quick"
        run_id = service.begin(session, context, connection.id, mode=mode, job_id=job.job_id)
        try:
            source, unreadable = opening.source(connection), None
        except Unavailable as error:
            unreadable = failures.of_credentials(error)
            service.fail(session, context, run_id, unreadable.message, [unreadable])
    if unreadable is not None:
        raise SourceFailed(connection.label, (unreadable,))
    _log.info("sync_started", connection_id=connection_id, sync_run_id=run_id, job_id=job.job_id, mode=mode)
    return _Plan(run_id, source, is_full)


class _Progress:
    """Tells how far the reading is; `again` tells it once more, which shows whether the job may go on."""

    def __init__(self, job: JobHandle, watch: Watch) -> None:
        self._job = job
        self._watch = watch
        self._last = (0, 0, "")
        self._shown_at = float("-inf")

    def tell(self, done: int, note: str) -> None:
        """Cheap: what is shown, and where, is decided by time and by what is being done."""
        is_new = note != self._last[2]
        self._last = (done, 0, note)
        if is_new or time.monotonic() - self._shown_at >= _SHOWN_EVERY_S:
            self._shown_at = time.monotonic()
            self._watch(done, note)
        self.again()

    def again(self) -> None:
        self._job.progress(*self._last)

    def is_stopped(self) -> bool:
        try:
            self.again()
        except JobStopped:
            return True
        return False


def _sync(job: JobHandle, plan: _Plan, watch: Watch) -> dict[str, Any]:
    progress = _Progress(job, watch)
    wire = _wire(plan, progress)
    try:
        account, read = _read(job.context, plan, wire, progress)
    except Stopped:
        progress.again()  # says how the job has ended
        raise
    except ApiFailure as failure:
        raise SourceFailed(plan.source.label, (failures.of_vendor(failure, plan.source.redact),)) from None
    if read.failures and not (read.complete or read.changed):
        raise SourceFailed(plan.source.label, tuple(read.failures))
    records = sum(read.counts.values())
    progress.tell(records, "Putting into force what was read:")
    with transaction(job.context) as session:
        result = _put_into_force(session, job.context, plan, read, wire.notes())
        note = {**_note(plan, result), "account": account}
        job.finish(session, note)
    _log.info(
        "sync_ended",
        connection_id=plan.source.connection_id,
        sync_run_id=plan.sync_run_id,
        written=result.total.written,
        failed=sorted(name for each in result.failures for name in each.streams),
    )
    return note


def _wire(plan: _Plan, progress: _Progress) -> Wire:
    ids = {"connection_id": plan.source.connection_id, "sync_run_id": plan.sync_run_id}
    return opening.wire(
        is_sandbox=plan.source.is_sandbox,
        is_stopped=progress.is_stopped,
        observe=lambda event, fields: _log.debug(event, **{**fields, **ids}),
    )


def _read(context: Context, plan: _Plan, wire: Wire, progress: _Progress) -> tuple[str, Read]:
    """Whose account it is, and what was read of it."""
    source = plan.source
    progress.tell(0, f"Signing in to {source.label}")
    with closing(_connector(source, wire)) as connector:
        try:
            account = connector.identify()
        except failures.FAULTS as error:
            raise SourceFailed(source.label, (failures.of_fault(error, source.connector),)) from None
        reader = Reader(context, plan.sync_run_id, source.connection_id, connector, source.redact, progress.tell)
        return source.redact(account), reader.all({} if plan.is_full else source.cursors)


def _connector(source: Source, wire: Wire) -> Connector:
    try:
        return opening.connector_of(source.connector)(source.values, wire)
    except SettingsRefused as refused:
        wrong = ", ".join(each.column for each in refused.problems)
        raise ApiFailure("setting_wrong", source.label, wrong) from None
    except failures.FAULTS as error:
        raise SourceFailed(source.label, (failures.of_fault(error, source.connector),)) from None


def _put_into_force(session: Session, context: Context, plan: _Plan, read: Read, notes: tuple[str, ...]) -> SyncResult:
    repository = SyncRepository(session, context)
    connection = repository.connection(plan.source.connection_id, lock=True)
    if opening.seal(connection) != plan.source.seal:
        raise Conflict(f"{connection.label} was changed while it was read.", remedy="Sync it again.")
    before = _is_trusted(session, context, connection)
    owned = following.before(session, context, plan.sync_run_id, connection.id)
    result = service.switch(
        session,
        context,
        plan.sync_run_id,
        complete_streams=read.complete,
        changed_streams=read.changed,
        failures=read.failures,
        apart=True,
    )
    connection.cursors = _cursors(plan, read, result)
    connection.must_read_whole = False
    connection.checked_at = clock.now()
    repository.run(plan.sync_run_id).notes = [*notes, *result.remarks]
    session.flush()
    written = result.total.written
    if written:
        detail = {"mode": plan.mode, "written": written, "failed": sorted(read.failed)}
        audit.record(session, context, "sync:apply", "connection", connection.id, detail)
    if _is_trusted(session, context, connection) != before:
        # Whether the findings of all that it counts may be acted on changes, whatever its rows do.
        owned.everybody = True
    following.request(session, context, connection.id, result, owned, is_full=plan.is_full)
    return result


def _is_trusted(session: Session, context: Context, connection: Connection) -> bool:
    """Whether a reconciliation takes what this connection has delivered as up to date."""
    at = connection.last_complete_at
    if connection.state != "ok" or at is None:
        return False
    return at >= clock.now() - fresh_for(connection.connector, synced_for(session, context))


def _cursors(plan: _Plan, read: Read, result: SyncResult) -> dict[str, str]:
    """Where each stream goes on: moved only for streams that took effect, forgotten for those to be read whole."""
    failed = {name for each in result.failures for name in each.streams}
    kept = {} if plan.is_full else dict(plan.source.cursors)
    for name, cursor in read.cursors.items():
        if name not in failed and name not in result.unsure:
            kept[name] = cursor
    return {name: cursor for name, cursor in kept.items() if cursor and name not in result.stale}


def _note(plan: _Plan, result: SyncResult) -> dict[str, Any]:
    return {
        "connection_id": result.connection_id,
        "label": plan.source.label,
        "sync_run_id": result.sync_run_id,
        "mode": plan.mode,
        "state": "partial" if result.failures else "done",
        "counts": result.as_dict(),
        "written": result.total.written,
        "failures": [each.as_note() for each in result.failures],
    }


def _late(job: JobHandle, plan: _Plan) -> SourceFailed:
    error = SourceFailed(plan.source.label, (failures.of_time(job.limit_s or 0),))
    _fail(job.context, plan, str(error), error.failures)
    return error


def _without_space(context: Context, plan: _Plan) -> SourceFailed:
    error = SourceFailed(plan.source.label, (failures.of_space(),))
    _fail(context, plan, str(error), error.failures)  # it empties the stage, which makes room for the words
    return error


def _abandon(context: Context, plan: _Plan, reason: str) -> None:
    with transaction(context) as session:
        service.abandon(session, context, plan.sync_run_id, reason)
    _log.info("sync_abandoned", connection_id=plan.source.connection_id, sync_run_id=plan.sync_run_id)


def _fail(context: Context, plan: _Plan, reason: str, why: tuple[Any, ...] = ()) -> None:
    with transaction(context) as session:
        service.fail(session, context, plan.sync_run_id, reason, why)
    _log.warning(
        "sync_failed",
        connection_id=plan.source.connection_id,
        sync_run_id=plan.sync_run_id,
        kinds=[each.kind for each in why],
    )
