"""Takes written changes back, one or a whole set's, by a set of their own that is planned and sent like any other."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.writeback import access, sending_request
from rcx_app.domain.writeback.operations import change_in
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import ChangeState, SetState
from rcx_app.models import ChangeSet, LineChange


def undo(session: Session, context: Context, change_id: int) -> int:
    """Take a written change back by a set of its own; returns that set's id.

    It is approved at once, except where the workspace wants four eyes. The PSA is asked first: once an invoice was
    made since, it is refused. Raises Conflict where it can't be undone.
    """
    context.require(Permission.APPROVE)
    repository = WritebackRepository(session, context)
    row = repository.change(change_id, lock=True)
    done = repository.get(ChangeSet, row.change_set_id)
    if not can_undo(row):
        raise Conflict("This change can't be taken back.", remedy="Prepare a change to the quantity you want.")
    return _take_back(session, context, repository, done, [row])


def undo_set(session: Session, context: Context, change_set_id: int) -> int:
    """Take back all of a set that was written and can be; returns the id of the set that does it. Raises Conflict."""
    context.require(Permission.APPROVE)
    repository = WritebackRepository(session, context)
    done = repository.fresh_set(change_set_id)
    rows = [row for row in repository.changes(done.id) if can_undo(row)]
    busy = repository.open_lines([row.line_id for row in rows])
    rows = [row for row in rows if row.line_id not in busy]
    if not rows:
        raise Conflict("Nothing of this set can be taken back.", remedy="Prepare changes to the quantities you want.")
    return _take_back(session, context, repository, done, rows)


def can_undo(row: LineChange) -> bool:
    """Whether it was written and its inverse is known."""
    return row.state == ChangeState.VERIFIED and bool(row.inverse)


def _take_back(
    session: Session, context: Context, repository: WritebackRepository, done: ChangeSet, rows: Sequence[LineChange]
) -> int:
    access.way(session, context, done.connection_id)
    has_four_eyes = access.policy(session, context).four_eyes
    what = f"change {rows[0].id}" if len(rows) == 1 else f"{len(rows)} changes"
    made = ChangeSet(
        workspace_id=context.workspace_id,
        connection_id=done.connection_id,
        state=SetState.DRAFT if has_four_eyes else SetState.APPROVED,
        note=f"Takes back {what} of change set {done.id}",
        prepared_by=context.user_id,
        approved_by=None if has_four_eyes else context.user_id,
        approved_at=None if has_four_eyes else clock.now(),
    )
    repository.add(made)
    taken_back = [_inverse(made, row) for row in rows]
    if repository.open_lines([row.line_id for row in rows]) or not repository.add_changes(taken_back):
        raise Conflict("This line has an open change already.", remedy="Send or cancel that one first.")
    for row in rows:
        audit.record(session, context, "writeback:undo", "line_change", row.id, {"change_set_id": made.id})
    sending_request.request(session, context, made.connection_id)
    return made.id


def _inverse(made: ChangeSet, row: LineChange) -> LineChange:
    wanted = change_in(row.inverse)
    return LineChange(
        workspace_id=made.workspace_id,
        change_set_id=made.id,
        finding_id=row.finding_id,
        line_id=row.line_id,
        undoes_id=row.id,
        line_external_id=wanted.line_external_id,
        agreement_external_id=wanted.agreement_external_id,
        old_quantity=wanted.seen_quantity,
        quantity=wanted.quantity,
        effective_date=wanted.effective_date,
        seen_version=wanted.seen_version,
        currency=row.currency,
    )
