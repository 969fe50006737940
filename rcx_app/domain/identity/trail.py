"""What a person does with his own account is told to every workspace that he is in, or to none where he is in none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.permissions import Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity.repository import IdentityRepository


def record(session: Session, user_id: int | None, tag: str, detail: Mapping[str, Any] | None = None) -> None:
    """Needs a transaction of the system, since it writes into several workspaces' trails."""
    memberships = IdentityRepository(session).memberships(user_id) if user_id is not None else []
    if not memberships:
        audit.record_outside(session, tag, detail or {})
    for membership, workspace in memberships:
        context = Context(workspace_id=workspace.id, user_id=user_id, role=Role(membership.role))
        audit.record(session, context, tag, "account", user_id, detail)
