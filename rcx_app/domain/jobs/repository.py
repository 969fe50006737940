"""Queries over job rows: of one workspace, and (for workers and the sweeper only) of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import and_, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from rcx_app.core.db import rows_met
from rcx_app.core.repository import Repository
from rcx_app.domain.jobs.schemas import OPEN, WAITING, JobState
from rcx_app.models import JobRun


class JobRepository(Repository):
    noun = "This job"

    def open(self, kinds: Sequence[str]) -> list[JobRun]:
        """Open jobs of these kinds, oldest first."""
        query = self.scoped(JobRun).where(col(JobRun.kind).in_(kinds), col(JobRun.state).in_(OPEN))
        return list(self.session.scalars(query.order_by(col(JobRun.id))))

    def waiting(self, dedupe_key: str) -> JobRun | None:
        """The one waiting job of this key, locked: no worker can begin it before this transaction ends."""
        query = self.scoped(JobRun).where(col(JobRun.dedupe_key) == dedupe_key, col(JobRun.state).in_(WAITING))
        locked = query.with_for_update().execution_options(populate_existing=True)
        return cast("JobRun | None", self.session.scalars(locked).one_or_none())

    def is_running(self, dedupe_key: str) -> bool:
        query = self.scoped(JobRun).where(col(JobRun.dedupe_key) == dedupe_key, col(JobRun.state) == JobState.RUNNING)
        return self.session.scalars(query).first() is not None

    def fresh(self, job_id: int, *, lock: bool = False) -> JobRun:
        """The row as it is in the database now, whatever this session has seen of it. Raises NotFound."""
        row: JobRun = self.get(JobRun, job_id, lock=lock)
        self.session.refresh(row)
        return row

    def add_unless_taken(self, row: JobRun) -> bool:
        """Add `row`; False where another transaction has just added a waiting job of the same key."""
        self.session.flush()
        try:
            with self.session.begin_nested():
                self.add(row)
        except IntegrityError as error:
            if "dedupe_key" in str(error.orig):
                return False
            raise
        return True

    def start(self, row: JobRun, at: datetime) -> bool:
        """Mark a locked row as running; False where another job of its key has just begun to run."""
        try:
            with self.session.begin_nested():
                row.state = JobState.RUNNING
                row.attempts += 1
                row.started_at = row.heartbeat_at = at
                row.progress_note = ""
                self.session.flush()
        except IntegrityError:
            return False
        return True

    def write(self, job_id: int, attempt: int, **values: Any) -> bool:
        """Change the row as the worker of `attempt`; False where the job is no longer his."""
        statement = (
            update(JobRun)
            .where(
                col(JobRun.id) == job_id,
                col(JobRun.workspace_id) == self.workspace_id,
                col(JobRun.attempts) == attempt,
                col(JobRun.state) == JobState.RUNNING,
            )
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        return rows_met(self.session, statement) == 1


class AllJobs:
    """Job rows of all workspaces, for the system's own work; needs a transaction without a workspace."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, job_id: int, *, lock: bool) -> JobRun | None:
        query = select(JobRun).where(col(JobRun.id) == job_id)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        return self.session.scalars(query).one_or_none()

    def workspaces(self) -> list[int]:
        return sorted(self.session.exec(select(JobRun.workspace_id).distinct()))

    def disown_running(self) -> None:
        """Take the heartbeat from all running jobs."""
        self.session.execute(
            update(JobRun).where(col(JobRun.state) == JobState.RUNNING).values(heartbeat_at=None, sent_at=None)
        )

    def mark_sent(self, job_id: int, at: datetime) -> None:
        """Note that the broker has the job. One that has begun, or whose message is used up, is left alone."""
        is_news = or_(col(JobRun.sent_at).is_(None), col(JobRun.sent_at) <= at)
        self.session.execute(
            update(JobRun)
            .where(col(JobRun.id) == job_id, col(JobRun.state).in_(WAITING), is_news)
            .values(state=JobState.SENT, sent_at=at)
        )

    def lost(
        self,
        *,
        queued: datetime,
        sent: datetime,
        silent: datetime,
        ahead: datetime,
        waiting_elsewhere: Sequence[str],
        lock: bool,
    ) -> list[JobRun]:
        """Jobs queued before `queued`, sent before `sent` or without a heartbeat since `silent`; oldest first.

        A time after `ahead` was noted before the clock was set back and counts as none. Of kinds in
        `waiting_elsewhere` only the last.
        """
        waits_here = col(JobRun.kind).not_in(waiting_elsewhere)
        last_sent = or_(col(JobRun.sent_at).is_(None), col(JobRun.sent_at) < queued, col(JobRun.sent_at) > ahead)
        query = (
            select(JobRun)
            .where(
                or_(
                    and_(
                        col(JobRun.state) == JobState.QUEUED,
                        or_(col(JobRun.created_at) < queued, col(JobRun.created_at) > ahead),
                        last_sent,
                        waits_here,
                    ),
                    and_(
                        col(JobRun.state) == JobState.SENT,
                        or_(col(JobRun.sent_at) < sent, col(JobRun.sent_at) > ahead),
                        waits_here,
                    ),
                    and_(
                        col(JobRun.state) == JobState.RUNNING,
                        or_(
                            col(JobRun.heartbeat_at).is_(None),
                            col(JobRun.heartbeat_at) < silent,
                            col(JobRun.heartbeat_at) > ahead,
                        ),
                        last_sent,
                    ),
                )
            )
            .order_by(col(JobRun.id))
            .limit(500)
        )
        if lock:
            query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
        return list(self.session.scalars(query))
