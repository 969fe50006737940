"""Change sets in people's hands: look, submit, approve, cancel, send again, look again.

Preparing is beside (`preparing`, `ready`), so are sending (`sending`) and taking back (`undoing`). Each deed locks the
set, looks at its state and leaves an audit entry in the same transaction, so that of two at once one finds it done.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from connectors.writing import Operation
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.writeback import access, sending_request, undoing
from rcx_app.domain.writeback.eyes import Eyes
from rcx_app.domain.writeback.operations import operation_in
from rcx_app.domain.writeback.preparing import prepare
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import (
    UNSENT,
    ChangeSetView,
    ChangeState,
    ChangeView,
    SetState,
    Warning,
)
from rcx_app.models import ChangeSet, Line, LineChange

__all__ = [
    "approve",
    "cancel",
    "change_view",
    "drop",
    "look_again",
    "prepare",
    "send_again",
    "submit",
    "submit_and_approve",
    "view",
]


_STANDS = {
    SetState.DRAFT: "a draft",
    SetState.WAITING: "waiting for approval",
    SetState.APPROVED: "approved",
    SetState.SENDING: "being sent",
    SetState.DONE: "done",
    SetState.CANCELLED: "cancelled",
}


def view(session: Session, context: Context, change_set_id: int) -> ChangeSetView:
    """A change set with its changes. Raises NotFound."""
    context.require(Permission.READ)
    repository = WritebackRepository(session, context)
    return _view(repository, repository.get(ChangeSet, change_set_id))


def drop(session: Session, context: Context, change_id: int) -> None:
    """Take a change out of a set that nobody has approved. Raises Conflict where it was approved."""
    context.require(Permission.REVIEW)
    repository = WritebackRepository(session, context)
    row = repository.change(change_id, lock=True)
    made = repository.fresh_set(row.change_set_id)
    if made.state not in (SetState.DRAFT, SetState.WAITING) or row.state not in UNSENT:
        raise _stale(made)
    _drop([row])
    made.revision += 1
    session.flush()
    audit.record(session, context, "writeback:drop", "line_change", row.id, {"change_set_id": made.id})


def submit(session: Session, context: Context, change_set_id: int) -> None:
    """Ask for approval. Raises Conflict where the PSA was not asked about all of it yet, or nothing can be sent."""
    context.require(Permission.REVIEW)
    repository = WritebackRepository(session, context)
    made = repository.fresh_set(change_set_id)
    if made.state != SetState.DRAFT:
        raise _stale(made)
    states = [row.state for row in repository.changes(made.id)]
    if ChangeState.WANTED in states:
        raise Conflict("The PSA is still being asked about these changes.", remedy=made.error or "Wait a moment.")
    if ChangeState.PLANNED not in states:
        raise Conflict("Nothing in this set can be sent.", remedy="Each change says why.")
    made.state = SetState.WAITING
    session.flush()
    audit.record(session, context, "writeback:submit", "change_set", made.id, {"changes": len(states)})


def approve(session: Session, context: Context, change_set_id: int, *, revision: int) -> None:
    """Approve what was shown as `revision`, and have it sent.

    Raises NotPermitted for the preparer where the workspace wants four eyes, Conflict where the set is not (any more)
    what was shown or does not wait for approval.
    """
    context.require(Permission.APPROVE)
    repository = WritebackRepository(session, context)
    made = repository.fresh_set(change_set_id)
    if made.state != SetState.WAITING:
        raise _stale(made)
    if made.revision != revision:
        raise Conflict("The set was changed since you looked.", remedy="Look at it again, then approve.")
    Eyes(session, context).check(made)
    if not made.is_handoff:
        access.way(session, context, made.connection_id)
    made.state, made.approved_by, made.approved_at = SetState.APPROVED, context.user_id, clock.now()
    made.error = ""
    session.flush()
    planned = [row.id for row in repository.changes(made.id) if row.state == ChangeState.PLANNED]
    detail = {"revision": revision, "changes": planned, "prepared_by": made.prepared_by}
    audit.record(session, context, "writeback:approve", "change_set", made.id, detail)
    if not made.is_handoff:
        sending_request.request(session, context, made.connection_id)


def submit_and_approve(session: Session, context: Context, change_set_id: int, *, revision: int) -> None:
    """Both in one, for a preparer who may approve as well. Raises what they raise; all of it or nothing happens."""
    submit(session, context, change_set_id)
    approve(session, context, change_set_id, revision=revision)


def cancel(session: Session, context: Context, change_set_id: int) -> None:
    """Send nothing more of a set. What is sent stays; an operation under way is still read back."""
    context.require(Permission.REVIEW)
    repository = WritebackRepository(session, context)
    made = repository.fresh_set(change_set_id)
    if made.state in (SetState.DONE, SetState.CANCELLED):
        raise _stale(made)
    rows = repository.changes(made.id)
    _drop([row for row in rows if row.state in UNSENT])
    is_begun = any(row.state != ChangeState.DROPPED and row.step for row in rows)
    under_way = any(row.state == ChangeState.SENT for row in rows)
    if not under_way:
        made.state = SetState.DONE if is_begun else SetState.CANCELLED
        made.finished_at = clock.now()
    made.revision += 1
    session.flush()
    audit.record(session, context, "writeback:cancel", "change_set", made.id, {"state": made.state})


def send_again(session: Session, context: Context, change_set_id: int) -> None:
    """Go on with an approved set that had to wait, or have a draft's plan made. What was sent is not sent again."""
    context.require(Permission.REVIEW)
    repository = WritebackRepository(session, context)
    made = repository.fresh_set(change_set_id)
    if made.is_handoff or made.state not in (SetState.DRAFT, SetState.APPROVED, SetState.SENDING):
        raise _stale(made)
    access.way(session, context, made.connection_id)
    audit.record(session, context, "writeback:go_on", "change_set", made.id, {"state": made.state})
    sending_request.request(session, context, made.connection_id)


def look_again(session: Session, context: Context, change_id: int) -> None:
    """Have an unclear change read again. It is never sent again by this."""
    context.require(Permission.REVIEW)
    repository = WritebackRepository(session, context)
    row = repository.change(change_id)
    made = repository.get(ChangeSet, row.change_set_id)
    if row.state != ChangeState.UNCLEAR:
        raise Conflict("The result of this change is known.")
    access.way(session, context, made.connection_id)
    audit.record(session, context, "writeback:look", "line_change", row.id, {})
    sending_request.request(session, context, made.connection_id)


def _drop(rows: Sequence[LineChange]) -> None:
    for row in rows:
        row.state, row.ended_at = ChangeState.DROPPED, clock.now()


def _stale(made: ChangeSet) -> Conflict:
    return Conflict(f"The set is {_STANDS[SetState(made.state)]} by now.", remedy="Look at what became of it.")


def _view(repository: WritebackRepository, row: ChangeSet) -> ChangeSetView:
    return ChangeSetView(
        id=row.id,
        connection_id=row.connection_id,
        connection=repository.connection(row.connection_id).label,
        state=SetState(row.state),
        revision=row.revision,
        is_handoff=row.is_handoff,
        is_one_click=row.is_one_click,
        error=row.error,
        prepared_by=row.prepared_by,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        created_at=row.created_at,
        changes=tuple(change_view(*each) for each in repository.shown(row.id)),
    )


def change_view(row: LineChange, line: Line, client_name: str, agreement: str) -> ChangeView:
    """A change as it is shown, with its line, the client's name and what the agreement is called."""
    operations: list[Operation] = [operation_in(each) for each in row.operations]
    return ChangeView(
        id=row.id,
        line_id=row.line_id,
        finding_id=row.finding_id,
        client_id=line.client_id,
        client_name=client_name,
        agreement=agreement or row.agreement_external_id,
        cycle=line.billing_cycle,
        product_name=line.product_name or line.product_code,
        old_quantity=row.old_quantity,
        quantity=row.quantity,
        effective_date=row.effective_date,
        state=ChangeState(row.state),
        says=tuple(each.says for each in operations),
        warnings=tuple(Warning(each["code"], each["text"]) for each in row.warnings),
        currency=row.currency,
        money_this=row.money_this,
        money_next=row.money_next,
        reason=row.reason,
        message=row.message,
        read_back=row.read_back,
        can_undo=undoing.can_undo(row),
        undoes_id=row.undoes_id,
    )
