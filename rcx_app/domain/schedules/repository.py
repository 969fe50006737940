"""Queries over schedules: of one workspace, and (for the one who starts them) of all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from rcx_app.core.repository import Repository
from rcx_app.models import SyncSchedule, Workspace


class ScheduleRepository(Repository):
    noun = "This schedule"

    def workspace(self) -> Workspace:
        return self.session.get_one(Workspace, self.workspace_id)

    def find(self, *, lock: bool = False) -> SyncSchedule | None:
        query = self.scoped(SyncSchedule)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        found: SyncSchedule | None = self.session.scalars(query).one_or_none()
        return found

    def claim(self, now: datetime) -> SyncSchedule | None:
        """The schedule, locked, where it is due and nobody else is about to start it."""
        query = self.scoped(SyncSchedule).where(col(SyncSchedule.due_at) <= now).with_for_update(skip_locked=True)
        found: SyncSchedule | None = self.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        return found

    def add_unless_there(self, row: SyncSchedule) -> bool:
        """Add the workspace's schedule; False where another transaction has just done so."""
        try:
            with self.session.begin_nested():
                self.add(row)
        except IntegrityError:
            return False
        return True


class AllSchedules:
    """Schedules of all workspaces, for the system's own work; needs a transaction without a workspace."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def due(self, now: datetime) -> list[int]:
        """The workspaces whose time has come, the one that has waited longest first."""
        query = select(SyncSchedule.workspace_id).where(col(SyncSchedule.due_at) <= now)
        return list(self.session.scalars(query.order_by(col(SyncSchedule.due_at), col(SyncSchedule.workspace_id))))
