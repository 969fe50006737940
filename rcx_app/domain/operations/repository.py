"""SQL over the work and the connections of all workspaces, or of one; needs a transaction without a workspace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from rcx_app.domain.jobs.schemas import WAITING, JobState
from rcx_app.domain.operations.schemas import Queue
from rcx_app.domain.sync.opening import FILE
from rcx_app.models import Connection, JobRun


class OperationsRepository:
    """Of one workspace, or of all (None)."""

    def __init__(self, session: Session, workspace_id: int | None = None) -> None:
        self.session = session
        self.workspace_id = workspace_id

    def queue(self, *, silent_since: datetime, failed_since: datetime) -> Queue:
        running = aliased(JobRun)
        is_next = ~exists().where(
            col(running.workspace_id) == col(JobRun.workspace_id),
            col(running.dedupe_key) == col(JobRun.dedupe_key),
            col(running.dedupe_key) != "",
            col(running.state) == JobState.RUNNING,
        )
        is_waiting, is_running = col(JobRun.state).in_(WAITING), col(JobRun.state) == JobState.RUNNING
        heard = func.coalesce(JobRun.heartbeat_at, JobRun.sent_at, JobRun.started_at)
        silent = select(JobRun.id).where(is_running, or_(heard.is_(None), heard < silent_since))
        failed = and_(col(JobRun.state) == JobState.FAILED, col(JobRun.finished_at) >= failed_since)
        return Queue(
            waiting=self._number(is_waiting),
            oldest_waiting=self.session.scalar(
                self._ours(select(func.min(JobRun.created_at)).where(is_waiting, is_next))
            ),
            running=self._number(is_running),
            silent=tuple(self.session.scalars(self._ours(silent.order_by(col(JobRun.id)).limit(20)))),
            failed=self._number(failed),
        )

    def connections(self) -> list[Connection]:
        """Enabled connections that read an API and hold credentials."""
        query: Select[Any] = select(Connection).where(
            col(Connection.is_enabled), col(Connection.credentials).is_not(None), col(Connection.connector) != FILE
        )
        if self.workspace_id is not None:
            query = query.where(col(Connection.workspace_id) == self.workspace_id)
        return list(self.session.scalars(query.order_by(col(Connection.id))))

    def _number(self, condition: Any) -> int:
        return int(self.session.scalar(self._ours(select(func.count()).select_from(JobRun).where(condition))) or 0)

    def _ours(self, query: Any) -> Any:
        return query if self.workspace_id is None else query.where(col(JobRun.workspace_id) == self.workspace_id)
