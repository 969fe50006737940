"""What agents note about a workspace, for each other. Run in `transaction(None)`."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid, NotPermitted
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.staff.repository import StaffRepository
from rcx_app.models import StaffNote

LONGEST = 4000


def write(session: Session, context: Context, workspace_id: int, text: str) -> None:
    """Keep a note; the workspace's trail tells of it, not what it says. Raises NotPermitted, NotFound, Invalid."""
    context.require(Permission.AGENT)
    if context.user_id is None:
        raise NotPermitted("Only a person can write a note.")
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise Invalid(f"A note has 1 to {LONGEST:,} characters.")
    repository = StaffRepository(session, context)
    repository.workspace(workspace_id)
    row = StaffNote(workspace_id=workspace_id, user_id=context.user_id, text=said)
    repository.add(row)
    audit.record(session, context.visiting(workspace_id), "staff:note", "staff_note", row.id)
