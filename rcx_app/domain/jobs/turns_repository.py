"""SQL of turns: jobs of one kind over all workspaces, with the vendor of the connection that they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, case, cast, exists, func, text, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from rcx_app.domain.jobs.schemas import WAITING, JobState, Waiting
from rcx_app.models import Connection, JobRun

_MOST = 200


class TurnsRepository:
    """Needs a transaction without a workspace."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def hold(self, kind: str) -> None:
        """Others who call this wait until the transaction ends. On SQLite a writer is alone anyway."""
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.execute(
                text("SELECT pg_advisory_xact_lock(hashtext('rcx.turns'), hashtext(:kind))"), {"kind": kind}
            )

    def running(self, kind: str) -> list[tuple[JobRun, str]]:
        """Rows that run, also those whose worker has died, with their vendors; oldest first."""
        query = (
            select(JobRun, func.coalesce(col(Connection.connector), ""))
            .outerjoin(Connection, _connection())
            .where(col(JobRun.kind) == kind, col(JobRun.state) == JobState.RUNNING)
            .order_by(col(JobRun.id))
            .execution_options(populate_existing=True)
        )
        return [(row, vendor) for row, vendor in self.session.execute(query)]

    def waiting(
        self,
        kind: str,
        *,
        running: Mapping[int, int],
        full_workspaces: Sequence[int],
        full_vendors: Sequence[str],
        most: int,
    ) -> list[Waiting]:
        """Jobs that wait and whose connection is not being read, in the order of turns; at most `_MOST`.

        `running`: how many run, by workspace. Of one workspace's jobs at one vendor no more than `most` are looked at.
        """
        vendor = func.coalesce(col(Connection.connector), "")
        other = aliased(JobRun)
        is_read = exists().where(
            col(other.workspace_id) == col(JobRun.workspace_id),
            col(other.dedupe_key) == col(JobRun.dedupe_key),
            col(other.dedupe_key) != "",
            col(other.state) == JobState.RUNNING,
        )
        taken: Any = case(dict(running), value=col(JobRun.workspace_id), else_=0) if running else 0
        place = func.row_number().over(partition_by=col(JobRun.workspace_id), order_by=col(JobRun.id))
        among = func.row_number().over(partition_by=(col(JobRun.workspace_id), vendor), order_by=col(JobRun.id))
        columns: tuple[Any, ...] = (
            col(JobRun.id),
            col(JobRun.workspace_id),
            vendor.label("vendor"),
            col(JobRun.state),
            col(JobRun.created_at),
            col(JobRun.sent_at),
            (taken + place).label("turn"),
            among.label("among"),
        )
        every = (
            select(*columns)
            .outerjoin(Connection, _connection())
            .where(
                col(JobRun.kind) == kind,
                col(JobRun.state).in_(WAITING),
                col(JobRun.workspace_id).not_in(full_workspaces),
                vendor.not_in(full_vendors),
                ~is_read,
            )
            .subquery()
        )
        query = select(every).where(every.c.among <= most).order_by(every.c.turn, every.c.id).limit(_MOST)
        return [
            Waiting(row.id, row.workspace_id, row.vendor, JobState(row.state), row.created_at, row.sent_at)
            for row in self.session.execute(query)
        ]

    def set_aside(self, kind: str, job_id: int | None, at: datetime, note: str) -> None:
        """A job that waits (None: all of the kind that do) is no longer at the broker."""
        which = col(JobRun.id) == job_id if job_id is not None else col(JobRun.state) == JobState.SENT
        self.session.execute(
            update(JobRun)
            .where(col(JobRun.kind) == kind, col(JobRun.state).in_(WAITING), which)
            .values(state=JobState.QUEUED, sent_at=at, progress_note=note)
            .execution_options(synchronize_session=False)
        )


def _connection() -> Any:
    return (col(Connection.id) == cast(col(JobRun.args)["connection_id"].as_string(), BigInteger)) & (
        col(Connection.workspace_id) == col(JobRun.workspace_id)
    )
