"""SQL of the audit trail: append and read, never change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from rcx_app.core.pagination import after
from rcx_app.core.repository import Repository
from rcx_app.models import AuditEvent, User


class AuditRepository(Repository):
    """One workspace's trail."""

    noun = "The audit entry"

    def page(self, tag_prefix: str, cursor: list[Any] | None, limit: int) -> Sequence[tuple[AuditEvent, str | None]]:
        """(event, user name) newest first, `limit` rows after `cursor` (id)."""
        query = (
            select(AuditEvent, User.name)
            .outerjoin(User, col(User.id) == AuditEvent.user_id)
            .where(AuditEvent.workspace_id == self.workspace_id)
            .order_by(col(AuditEvent.id).desc())
            .limit(limit)
        )
        if tag_prefix:
            query = query.where(col(AuditEvent.tag).startswith(tag_prefix, autoescape=True))
        if cursor is not None:
            query = query.where(after([(col(AuditEvent.id), True)], cursor))
        return [(row[0], row[1]) for row in self.session.execute(query)]
