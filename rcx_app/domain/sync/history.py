"""Read-only looks at runs over connections that no change needs; the list of runs itself is `sync.service.runs`."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from rcx_app.core.context import Context
from rcx_app.models import SyncRun


def running_since(session: Session, context: Context) -> dict[int, datetime]:
    """Connection id -> when the run that is under way began; the latest where an interrupted one was left open."""
    query = (
        select(SyncRun.connection_id, SyncRun.created_at)
        .where(SyncRun.workspace_id == context.workspace_id, SyncRun.state == "running")
        .order_by(col(SyncRun.id))
    )
    return {connection_id: began for connection_id, began in session.execute(query)}  # noqa: C416
