"""What a sync tells of changes that RCX did not send: somebody typed them into the PSA."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.audit import service as audit
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import OPEN_CHANGES, ChangeState, SetState
from rcx_app.models import ChangeSet


def note_read(session: Session, context: Context, connection_id: int) -> int:
    """After a sync put lines into force: mark changes that their line shows by now. Returns how many.

    What was sent, or may have been, is left to the journal. To be called in the transaction of the switch.
    """
    repository = WritebackRepository(session, context)
    touched: set[int] = set()
    marked = 0
    for row, line in repository.waiting_outside(connection_id):
        row.state, row.ended_at, row.read_back = ChangeState.APPLIED_OUTSIDE, clock.now(), line.quantity
        row.message = "The PSA shows this quantity by now."
        touched.add(row.change_set_id)
        marked += 1
        audit.record(session, context, "writeback:applied_outside", "line_change", row.id, {})
    session.flush()
    for change_set_id in touched:
        made = repository.get(ChangeSet, change_set_id, lock=True)
        made.revision += 1
        if not any(each.state in OPEN_CHANGES for each in repository.changes(made.id)):
            made.state, made.finished_at = SetState.DONE, clock.now()
    session.flush()
    return marked
