"""The journal: an intent is committed before an operation is sent, and says afterwards what became of it.

All of it happens in short transactions of the worker that holds the job; another's attempt writes nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from connectors.writing import Operation
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import JobTakenOver
from rcx_app.domain.writeback import access
from rcx_app.domain.writeback.operations import operation_in, operation_out
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import ChangeState, IntentState, SetState
from rcx_app.models import LineChange, WriteIntent

LATE = timedelta(minutes=15)
"""A request that was under way when its worker died or its answer was lost may take effect so long after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an operation. `sends_again`: nothing took effect and sending once more can't double it.

    `halts`: it was not sent, for a reason that stops the others too.
    """

    state: IntentState
    resolved: str
    quantity: Decimal | None = None
    receipt: Mapping[str, Any] = field(default_factory=dict)
    inverse: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    message: str = ""
    sends_again: bool = False
    halts: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """An intent with its operation. `at`: when it was committed, thus before anything was sent."""

    intent_id: int
    operation: Operation
    at: datetime


def left_open(context: Context, change_id: int) -> Begun | None:
    """The intent of a change of which nobody knows yet what became of it."""
    with transaction(context, read_only=True) as session:
        row = WritebackRepository(session, context).open_intent(change_id)
        return None if row is None else Begun(row.id, operation_in(row.operation), row.created_at)


def begin(job: JobHandle, change_id: int) -> Begun | None:
    """Commit that the next operation of a change will be sent; None where nothing may be sent (any more).

    Raises Conflict where writing was switched off, JobTakenOver where another worker has the job.
    """
    with transaction(job.context) as session:
        repository = WritebackRepository(session, job.context)
        _check_ours(repository, job)
        row = repository.change(change_id, lock=True)
        made = repository.fresh_set(row.change_set_id)
        may_go = made.state == SetState.SENDING and row.state in (ChangeState.PLANNED, ChangeState.SENT)
        if not may_go or row.step >= len(row.operations) or repository.open_intent(row.id) is not None:
            return None
        access.way(session, job.context, made.connection_id)
        operation = operation_in(row.operations[row.step])
        intent = WriteIntent(
            workspace_id=job.context.workspace_id,
            line_change_id=row.id,
            job_id=job.job_id,
            step=row.step,
            number=repository.next_number(row.id, row.step),
            operation=operation_out(operation),
        )
        row.state = ChangeState.SENT
        repository.add(intent)
        detail = {"change_id": row.id, "says": operation.says, "number": intent.number}
        audit.record(session, job.context, "writeback:intend", "line_change", row.id, detail)
        return Begun(intent.id, operation, intent.created_at)


def settle(job: JobHandle, begun: Begun, outcome: Outcome) -> ChangeState:
    """Commit what became of an intent, with what it means for its change; returns the change's state."""
    with transaction(job.context) as session:
        repository = WritebackRepository(session, job.context)
        _check_ours(repository, job)
        intent = repository.get(WriteIntent, begun.intent_id, lock=True)
        row = repository.change(intent.line_change_id, lock=True)
        if intent.state not in (IntentState.OPEN, IntentState.UNCLEAR):
            return ChangeState(row.state)
        intent.state, intent.resolved = outcome.state, outcome.resolved
        intent.receipt, intent.resolved_at = dict(outcome.receipt), clock.now()
        _move(repository, row, outcome)
        made = repository.fresh_set(row.change_set_id)
        if row.state == ChangeState.SENT and made.state == SetState.DONE:
            made.state, made.finished_at = SetState.SENDING, None  # what was unclear was a step of several
        session.flush()
        detail = {"state": row.state, "intent": outcome.state, "how": outcome.resolved, "reason": outcome.reason}
        if outcome.quantity is not None:
            detail["read_back"] = str(outcome.quantity)
        tag = f"writeback:{_DEEDS[outcome.state]}"
        audit.record(session, job.context, tag, "line_change", row.id, detail)
        return ChangeState(row.state)


def refuse(session: Session, context: Context, row: LineChange, reason: str, message: str) -> None:
    """A change of which nothing was sent, and nothing will be."""
    row.state, row.reason, row.message = ChangeState.REFUSED, reason, message
    row.ended_at = clock.now()
    session.flush()
    audit.record(session, context, "writeback:refuse", "line_change", row.id, {"reason": reason, "message": message})


_DEEDS = {
    IntentState.RECEIVED: "write",
    IntentState.APPLIED: "write",
    IntentState.NOT_APPLIED: "miss",
    IntentState.REFUSED: "refuse",
    IntentState.UNCLEAR: "lose",
}


def _move(repository: WritebackRepository, row: LineChange, outcome: Outcome) -> None:
    row.reason, row.message = outcome.reason, outcome.message
    if outcome.state in (IntentState.RECEIVED, IntentState.APPLIED):
        if row.step == 0:
            row.inverse, row.read_back = dict(outcome.inverse), outcome.quantity
        row.step += 1
        is_done = row.step >= len(row.operations)
        row.state = ChangeState.VERIFIED if is_done else ChangeState.SENT
        if is_done and row.undoes_id is not None:
            repository.change(row.undoes_id, lock=True).state = ChangeState.UNDONE
    elif outcome.state == IntentState.UNCLEAR:
        row.state = ChangeState.UNCLEAR
    elif outcome.sends_again:
        row.state = ChangeState.SENT
    elif outcome.halts:
        row.state = ChangeState.SENT if row.step else ChangeState.PLANNED
    else:
        is_refused = outcome.state == IntentState.REFUSED and row.step == 0
        row.state = ChangeState.REFUSED if is_refused else ChangeState.FAILED
        if row.step:
            done = "; ".join(each["says"] for each in row.operations[: row.step])
            row.message = f"Only a part was done ({done}). {outcome.message}"
    if row.state not in (ChangeState.SENT, ChangeState.PLANNED, ChangeState.UNCLEAR):
        row.ended_at = clock.now()


def _check_ours(repository: WritebackRepository, job: JobHandle) -> None:
    if not repository.is_ours(job.job_id, job.attempt):
        raise JobTakenOver("another attempt runs")
