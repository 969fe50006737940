"""The job `writeback.send`: what a connection's change sets wait for, oldest approval first, one operation at a time.

It begins with what an earlier worker left open, which reading alone resolves; then it asks the PSA about what is
wanted, and sends what is approved. No database transaction is open while the PSA is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connectors.http.failures import ApiFailure
from connectors.wire import Stopped
from connectors.writing import Writer
from rcx_app.core import clock, log
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import JobStopped
from rcx_app.domain.writeback import access, effect, journal, planning
from rcx_app.domain.writeback.operations import moved, operation_in
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import ChangeState, IntentState, SetState
from rcx_app.models import LineChange

_log = log.get("writeback")


class _Told:
    """Tells how far the sending is; the wire asks it before every request whether the job may go on."""

    def __init__(self, job: JobHandle) -> None:
        self._job = job
        self._last = (0, 0, "")

    def tell(self, done: int, total: int, note: str) -> None:
        self._last = (done, total, note)
        self.again()

    def again(self) -> None:
        self._job.progress(*self._last)

    def is_stopped(self) -> bool:
        try:
            self.again()
        except JobStopped:
            return True
        return False


class _Halted(Exception):
    """The PSA can't be written now; what is not sent waits."""


def run(job: JobHandle) -> dict[str, Any]:
    """Work through the change sets of the connection `connection_id`.

    Raises Conflict where writing is not (any longer) enabled or the PSA can not be asked now: what was
    not sent then waits for the next time.
    """
    connection_id, told = int(job.args["connection_id"]), _Told(job)
    try:
        with transaction(job.context, read_only=True) as session:
            way = access.way(session, job.context, connection_id)
    except Conflict as refused:
        _wait(job, connection_id, str(refused))
        raise
    try:
        with access.opened(way, told.is_stopped) as writer:
            return _work(job, connection_id, writer, told, only_looks=bool(job.args.get("only_looks")))
    except Stopped:
        told.again()  # says how the job has ended
        raise
    except Conflict as refused:
        _wait(job, connection_id, str(refused))
        raise
    except (_Halted, ApiFailure) as failure:
        said = way.redact(str(failure))
        _wait(job, connection_id, said)
        raise Conflict(said, remedy="What was not sent waits. Send it again once this is settled.") from None


def _work(job: JobHandle, connection_id: int, writer: Writer, told: _Told, *, only_looks: bool) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for change_id in _ids(job, connection_id, (ChangeState.SENT, ChangeState.UNCLEAR)):
        told.again()
        _resolve(job, writer, change_id)
    if only_looks:
        return {"connection_id": connection_id, "changes": counts}
    wanted = _ids(job, connection_id, (ChangeState.WANTED,))
    for done, change_id in enumerate(wanted):
        told.tell(done, len(wanted), "Asking the PSA what each change would be")
        _plan(job, writer, change_id)
    for change_set_id in _to_send(job, connection_id):
        ids = _open(job, change_set_id)
        for done, change_id in enumerate(ids):
            told.tell(done, len(ids), "Writing")
            state = _send(job, writer, change_id)
            counts[state] = counts.get(state, 0) + 1
        _close(job, change_set_id)
    return {"connection_id": connection_id, "changes": counts}


def _ids(job: JobHandle, connection_id: int, states: Sequence[ChangeState]) -> list[int]:
    with transaction(job.context, read_only=True) as session:
        return WritebackRepository(session, job.context).ids_in(connection_id, states)


def _to_send(job: JobHandle, connection_id: int) -> list[int]:
    """Approved sets with something to send. A one-click set whose plan raised a warning waits for a second look."""
    with transaction(job.context) as session:
        repository = WritebackRepository(session, job.context)
        found = []
        for made in repository.sets(connection_id, (SetState.APPROVED, SetState.SENDING)):
            if made.is_handoff:
                continue
            rows = repository.changes(made.id)
            alarms = {each["code"] for row in rows for each in row.warnings} - {"psa"}
            if made.is_one_click and made.state == SetState.APPROVED and alarms:
                made.state, made.is_one_click = SetState.WAITING, False
                made.approved_by = made.approved_at = None
                made.revision += 1
                session.flush()
                detail = {"warnings": sorted(alarms)}
                audit.record(session, job.context, "writeback:hold", "change_set", made.id, detail)
                continue
            found.append(made.id)
        return found


# --- what was left open


def _resolve(job: JobHandle, writer: Writer, change_id: int) -> None:
    begun = journal.left_open(job.context, change_id)
    if begun is None:
        return
    with transaction(job.context, read_only=True) as session:
        row = WritebackRepository(session, job.context).change(change_id)
        is_unclear = row.state == ChangeState.UNCLEAR
    # An answer that was lost under way is never sent again by itself; a worker that died may have sent nothing.
    outcome = effect.look(writer, begun.operation, begun.at, is_resumed=not is_unclear)
    if is_unclear and outcome.state == IntentState.UNCLEAR:
        return
    state = journal.settle(job, begun, outcome)
    _log.info("write_resolved", change_id=change_id, state=state)


def _plan(job: JobHandle, writer: Writer, change_id: int) -> None:
    before = planning.taken_back(job.context, change_id)
    with transaction(job.context, read_only=True) as session:
        wanted = planning.wanted_of(WritebackRepository(session, job.context).change(change_id))
    planning.keep(job.context, change_id, planning.ask(writer, wanted, before))


# --- sending


def _open(job: JobHandle, change_set_id: int) -> list[int]:
    with transaction(job.context) as session:
        repository = WritebackRepository(session, job.context)
        made = repository.fresh_set(change_set_id)
        if made.state not in (SetState.APPROVED, SetState.SENDING):
            return []
        made.state, made.error = SetState.SENDING, ""
        rows = repository.changes(made.id)
        return [row.id for row in rows if row.state in (ChangeState.PLANNED, ChangeState.SENT)]


def _send(job: JobHandle, writer: Writer, change_id: int) -> ChangeState:
    state = _check(job, writer, change_id)
    while state in (ChangeState.PLANNED, ChangeState.SENT):
        begun = journal.begin(job, change_id)
        if begun is None:
            break
        outcome = effect.send(writer, begun.operation)
        state = journal.settle(job, begun, outcome)
        if outcome.halts:
            raise _Halted(outcome.message)
    return state


def _check(job: JobHandle, writer: Writer, change_id: int) -> ChangeState:
    """Before the first operation: what the PSA would be sent now is what was approved, or it is refused."""
    with transaction(job.context, read_only=True) as session:
        repository = WritebackRepository(session, job.context)
        row = repository.change(change_id)
        state = ChangeState(row.state)
        if state not in (ChangeState.PLANNED, ChangeState.SENT) or row.step > 0:
            return state
        approved = [operation_in(each) for each in row.operations]
        change = replace(planning.wanted_of(row), seen_version=approved[0].version)
    planned = planning.ask(writer, change, planning.taken_back(job.context, change_id))
    reason, message = planned.reason, planned.message
    if not reason:
        reason, message = _differs(approved, planned)
    if not reason:
        return state
    with transaction(job.context) as session:
        repository = WritebackRepository(session, job.context)
        row = repository.change(change_id, lock=True)
        if row.state in (ChangeState.PLANNED, ChangeState.SENT):
            journal.refuse(session, job.context, row, reason, message)
        return ChangeState(row.state)


def _differs(approved: list[Any], planned: planning.Planned) -> tuple[str, str]:
    if not planned.operations:
        was, now = approved[0].before, approved[0].after
        return "moved", f"When it was reviewed the quantity was {was}; now it is {now} already."
    if len(approved) != len(planned.operations):
        return "moved", "The PSA would need other steps now than when it was reviewed. Plan it again."
    said = next(filter(None, map(moved, approved, planned.operations)), "")
    return ("moved", f"{said} Look at the finding again.") if said else ("", "")


def _close(job: JobHandle, change_set_id: int) -> None:
    with transaction(job.context) as session:
        repository = WritebackRepository(session, job.context)
        made = repository.fresh_set(change_set_id)
        rows = repository.changes(made.id)
        if made.state == SetState.SENDING and not any(_is_waiting(row) for row in rows):
            made.state, made.finished_at = SetState.DONE, clock.now()
            session.flush()
            detail = {"states": dict(sorted(Counter(row.state for row in rows).items()))}
            audit.record(session, job.context, "writeback:done", "change_set", made.id, detail)


def _is_waiting(row: LineChange) -> bool:
    return row.state in (ChangeState.WANTED, ChangeState.PLANNED, ChangeState.SENT)


def _wait(job: JobHandle, connection_id: int, said: str) -> None:
    """What was being asked about or sent waits, with the reason; the trail has it once for each reason."""
    with transaction(job.context) as session:
        repository = WritebackRepository(session, job.context)
        for made in repository.sets(connection_id, (SetState.DRAFT, SetState.APPROVED, SetState.SENDING)):
            if made.is_handoff:
                continue
            is_new = made.error != said
            made.error = said
            made.state = SetState.APPROVED if made.state == SetState.SENDING else made.state
            session.flush()
            if is_new:
                audit.record(session, job.context, "writeback:halt", "change_set", made.id, {"why": said})
