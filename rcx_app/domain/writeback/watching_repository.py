"""SQL of what is unsettled: intents of which nobody knows what became of them, and sets that are being sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from rcx_app.core.repository import Repository
from rcx_app.domain.writeback.schemas import ChangeState, SetState
from rcx_app.models import ChangeSet, Connection, JobRun, LineChange, WriteIntent

_UNSETTLED = (ChangeState.SENT, ChangeState.UNCLEAR)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A connection. `is_open`: something was perhaps sent, first `since` then; `is_sending`: a set is under way."""

    connection_id: int
    may_write: bool
    is_open: bool
    is_sending: bool
    since: datetime | None


def workspaces_unsettled(session: Session) -> list[int]:
    """Workspaces in which anything is unsettled. Needs a transaction without a workspace."""
    changes = select(LineChange.workspace_id).where(col(LineChange.state).in_(_UNSETTLED)).distinct()
    sets = select(ChangeSet.workspace_id).where(ChangeSet.state == SetState.SENDING).distinct()
    return sorted({*session.scalars(changes), *session.scalars(sets)})


class WatchingRepository(Repository):
    """One workspace's."""

    noun = "The change set"

    def unsettled(self) -> list[Unsettled]:
        """Connections with anything unsettled, by id."""
        opened = (
            select(ChangeSet.connection_id, func.min(WriteIntent.created_at))
            .join(LineChange, col(LineChange.change_set_id) == ChangeSet.id)
            .join(WriteIntent, col(WriteIntent.line_change_id) == LineChange.id)
            .where(ChangeSet.workspace_id == self.workspace_id, col(LineChange.state).in_(_UNSETTLED))
            .group_by(col(ChangeSet.connection_id))
        )
        since = {row[0]: row[1] for row in self.session.execute(opened)}
        query = select(ChangeSet.connection_id).where(
            ChangeSet.workspace_id == self.workspace_id, ChangeSet.state == SetState.SENDING
        )
        sending = set(self.session.scalars(query))
        return [
            Unsettled(each.id, each.may_write, each.id in since, each.id in sending, since.get(each.id))
            for each in self.session.scalars(
                self.scoped(Connection).where(col(Connection.id).in_({*since, *sending})).order_by(col(Connection.id))
            )
        ]

    def newest_job(self, key: str) -> JobRun | None:
        query = self.scoped(JobRun).where(col(JobRun.dedupe_key) == key).order_by(col(JobRun.id).desc()).limit(1)
        return self.session.scalars(query).first()
