"""SQL of automatic tries: the connections whose last run failed, and which nobody has asked to sync since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, exists, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from rcx_app.core.repository import Repository
from rcx_app.domain.jobs.schemas import OPEN
from rcx_app.domain.sync.retries.schemas import FailedRun
from rcx_app.models import Connection, JobRun, SyncRun


class RetryRepository(Repository):
    noun = "This sync"

    def failed(self, connection_id: int | None = None) -> list[FailedRun]:
        """As they are in the database now, also in a transaction that has looked before."""
        query = _failed().where(col(SyncRun.workspace_id) == self.workspace_id)
        if connection_id is not None:
            query = query.where(col(SyncRun.connection_id) == connection_id)
        return _found(self.session, query)


def failed_anywhere(session: Session) -> list[FailedRun]:
    """The same of all workspaces; needs a transaction without one."""
    return _found(session, _failed())


def _failed() -> Select[Any]:
    """The last run of each connection that reads an API, where it failed at least in part and no job is newer."""
    last = select(func.max(SyncRun.id)).where(col(SyncRun.import_file_id).is_(None)).group_by(SyncRun.connection_id)  # type: ignore[arg-type]
    later = aliased(JobRun)
    is_asked = exists().where(
        later.workspace_id == JobRun.workspace_id,  # type: ignore[arg-type]
        later.dedupe_key == JobRun.dedupe_key,  # type: ignore[arg-type]
        later.id > JobRun.id,  # type: ignore[arg-type]
    )
    columns: tuple[Any, ...] = (
        SyncRun.workspace_id,
        SyncRun.connection_id,
        SyncRun.state,
        SyncRun.mode,
        SyncRun.failures,
        SyncRun.retry_at,
        SyncRun.finished_at,
        JobRun.args,
    )
    query: Select[Any] = (
        select(*columns)
        .join(JobRun, col(JobRun.id) == SyncRun.job_id)
        .join(Connection, col(Connection.id) == SyncRun.connection_id)
        .where(
            col(SyncRun.id).in_(last),
            col(SyncRun.state).in_(("failed", "partial")),
            col(JobRun.state).not_in(OPEN),
            col(JobRun.dedupe_key) != "",
            col(Connection.is_enabled),
            col(Connection.credentials).is_not(None),
            ~is_asked,
        )
        .order_by(col(SyncRun.id))
    )
    return query


def _found(session: Session, query: Select[Any]) -> list[FailedRun]:
    rows: Iterable[Any] = session.execute(query)
    return [
        FailedRun(
            workspace_id=row.workspace_id,
            connection_id=row.connection_id,
            tries=int(row.args.get("retry", 0)),
            is_full=row.mode == "full" and row.state == "failed",
            kinds=tuple(str(each["kind"]) for each in row.failures),
            retry_at=row.retry_at,
            finished_at=row.finished_at,
        )
        for row in rows
    ]
