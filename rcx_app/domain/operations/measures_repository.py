"""SQL of the metrics: few grouped queries over all workspaces; needs a transaction without a workspace."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import load_only
from sqlmodel import Session, col

from rcx_app.domain.jobs.schemas import WAITING
from rcx_app.domain.mail.schemas import UNSENT
from rcx_app.models import Connection, CountFall, JobRun, Mail, SyncRun, SyncSchedule

# What became of the rows of a stream, and the kinds of failures, stand in JSON, which the databases open differently.
_ROWS = {
    "postgresql": """
        SELECT r.workspace_id, c.connector, s.key, w.key, sum((w.value)::bigint)
        FROM sync_run r JOIN connection c ON c.id = r.connection_id,
             jsonb_each(r.counts) s, jsonb_each_text(s.value) w
        WHERE r.import_file_id IS NULL AND r.id > :after AND r.id <= :upto GROUP BY 1, 2, 3, 4""",
    "sqlite": """
        SELECT r.workspace_id, c.connector, s.key, w.key, sum(w.value)
        FROM sync_run r JOIN connection c ON c.id = r.connection_id, json_each(r.counts) s, json_each(s.value) w
        WHERE r.import_file_id IS NULL AND r.id > :after AND r.id <= :upto GROUP BY 1, 2, 3, 4""",
}
_FAILURES = {
    "postgresql": """
        SELECT r.workspace_id, c.connector, f.value ->> 'kind', count(*)
        FROM sync_run r JOIN connection c ON c.id = r.connection_id, jsonb_array_elements(r.failures) f
        WHERE r.import_file_id IS NULL AND r.id > :after AND r.id <= :upto GROUP BY 1, 2, 3""",
    "sqlite": """
        SELECT r.workspace_id, c.connector, json_extract(f.value, '$.kind'), count(*)
        FROM sync_run r JOIN connection c ON c.id = r.connection_id, json_each(r.failures) f
        WHERE r.import_file_id IS NULL AND r.id > :after AND r.id <= :upto GROUP BY 1, 2, 3""",
}


class MeasuresRepository:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.dialect = session.get_bind().dialect.name

    def settled(self) -> int:
        """Up to which id all runs have ended, so that nothing about them changes any more."""
        running = self.session.scalar(select(func.min(SyncRun.id)).where(col(SyncRun.state) == "running"))
        return int(running) - 1 if running is not None else self.last()

    def last(self) -> int:
        """The id of the newest run; 0 where there is none."""
        return int(self.session.scalar(select(func.max(SyncRun.id))) or 0)

    def runs(self, after: int, upto: int) -> Iterable[Any]:
        """Workspace, connector, mode, state, number and seconds of runs that read an API, of these ids."""
        lasted: Any = (
            func.extract("epoch", col(SyncRun.finished_at) - col(SyncRun.created_at))
            if self.dialect == "postgresql"
            else (func.julianday(SyncRun.finished_at) - func.julianday(SyncRun.created_at)) * 86_400
        )
        keys: tuple[Any, ...] = (SyncRun.workspace_id, Connection.connector, SyncRun.mode, SyncRun.state)
        query = select(*keys, func.count(), func.sum(lasted))
        query = query.join(Connection, col(Connection.id) == col(SyncRun.connection_id))
        query = query.where(
            col(SyncRun.import_file_id).is_(None), col(SyncRun.id) > after, col(SyncRun.id) <= upto
        )  # fmt: skip
        return self.session.execute(query.group_by(*keys))

    def rows(self, after: int, upto: int) -> Iterable[Any]:
        """Workspace, connector, stream, what became of the rows, number."""
        return self.session.execute(text(_ROWS[self.dialect]), {"after": after, "upto": upto})

    def failures(self, after: int, upto: int) -> Iterable[Any]:
        """Workspace, connector, kind, number."""
        return self.session.execute(text(_FAILURES[self.dialect]), {"after": after, "upto": upto})

    def jobs(self) -> Iterable[Any]:
        """Workspace, kind, state, number."""
        keys: tuple[Any, ...] = (JobRun.workspace_id, JobRun.kind, JobRun.state)
        return self.session.execute(select(*keys, func.count()).group_by(*keys))

    def waiting(self) -> Iterable[tuple[int, str, int, datetime]]:
        """Workspace, kind, number and the oldest of the jobs that wait."""
        keys: tuple[Any, ...] = (JobRun.workspace_id, JobRun.kind)
        query = select(*keys, func.count(), func.min(JobRun.created_at)).where(col(JobRun.state).in_(WAITING))
        found: Iterable[Any] = self.session.execute(query.group_by(*keys))
        return found

    def mails(self) -> Iterable[tuple[int | None, str, str, int]]:
        """Workspace (None: about accounts), kind, state, number."""
        keys: tuple[Any, ...] = (Mail.workspace_id, Mail.kind, Mail.state)
        found: Iterable[Any] = self.session.execute(select(*keys, func.count()).group_by(*keys))
        return found

    def oldest_mails(self) -> Iterable[tuple[int | None, str, datetime]]:
        """Workspace, kind and the oldest of the mails that have not gone out."""
        keys: tuple[Any, ...] = (Mail.workspace_id, Mail.kind)
        query = select(*keys, func.min(Mail.created_at)).where(col(Mail.state).in_(UNSENT)).group_by(*keys)
        found: Iterable[Any] = self.session.execute(query)
        return found

    def connections(self) -> Iterable[Connection]:
        """All of them, with what decides their health."""
        columns: tuple[Any, ...] = (
            Connection.workspace_id,
            Connection.connector,
            Connection.is_enabled,
            Connection.credentials,
            Connection.state,
            Connection.last_complete_at,
            Connection.last_error,
            Connection.last_failure,
            Connection.expires_on,
        )
        return self.session.scalars(select(Connection).options(load_only(*columns)))

    def held(self) -> dict[int, int]:
        """Connection id -> counts of it that are held back."""
        columns: tuple[Any, ...] = (CountFall.connection_id, func.count())
        query = select(*columns).where(col(CountFall.state) == "held").group_by(col(CountFall.connection_id))
        return {number: held for number, held in self.session.execute(query)}  # noqa: C416

    def schedules(self) -> Iterable[SyncSchedule]:
        return self.session.scalars(select(SyncSchedule))
