"""SQL of the learning slice: models, verdicts that stand, jobs of this kind; and for the starter, all workspaces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from rcx_app.core.errors import NotFound
from rcx_app.core.repository import Repository
from rcx_app.models import Account, JobRun, MappingEvent, MatchModel, User, Workspace

KIND = "client"


class LearningRepository(Repository):
    """Models and verdicts of one workspace."""

    noun = "This model"

    def lock(self) -> None:
        """Let one transaction at a time decide which model is in use (SQLite has one writer anyway)."""
        self.session.execute(select(Workspace.id).where(Workspace.id == self.workspace_id).with_for_update())

    def models(self) -> list[MatchModel]:
        """All, newest first."""
        query = self.scoped(MatchModel).where(col(MatchModel.kind) == KIND).order_by(col(MatchModel.number).desc())
        return list(self.session.scalars(query.execution_options(populate_existing=True)))

    def model(self, number: int) -> MatchModel:
        query = self.scoped(MatchModel).where(col(MatchModel.kind) == KIND, col(MatchModel.number) == number)
        found: MatchModel | None = self.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        if found is None:
            raise NotFound(self.noun)
        return found

    def adopted(self) -> MatchModel | None:
        query = self.scoped(MatchModel).where(col(MatchModel.kind) == KIND, col(MatchModel.state) == "adopted")
        found: MatchModel | None = self.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
        return found

    def acts(self) -> list[tuple[MappingEvent, int]]:
        """Every deed on accounts in force that was not taken back, oldest first, with the account's connection.

        A deed has a batch; what follows from the sources alone (a client is gone, or back) has none.
        """
        query = (
            select(MappingEvent, Account.connection_id)
            .join(Account, col(Account.id) == MappingEvent.account_id)
            .where(
                col(MappingEvent.workspace_id) == self.workspace_id,
                col(MappingEvent.batch) != "",
                col(MappingEvent.undone_at).is_(None),
                col(Account.removed_at).is_(None),
            )
            .order_by(col(MappingEvent.id))
        )
        return [(event, connection_id) for event, connection_id in self.session.execute(query)]

    def user_names(self, user_ids: Sequence[int]) -> dict[int, str]:
        query = select(User.id, User.name).where(col(User.id).in_(user_ids))
        return dict(self.session.execute(query).all())

    def newest_job(self, kind: str) -> JobRun | None:
        """The job of a kind that was asked for last."""
        query = self.scoped(JobRun).where(col(JobRun.kind) == kind).order_by(col(JobRun.id).desc()).limit(1)
        found: JobRun | None = self.session.scalars(query).one_or_none()
        return found


class AllLearning:
    """Verdicts of all workspaces, for the system's own work; needs a transaction without a workspace."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def with_verdicts_since(self, at: datetime) -> list[int]:
        """The workspaces in which somebody decided since then."""
        query = select(MappingEvent.workspace_id).where(
            col(MappingEvent.batch) != "", col(MappingEvent.created_at) >= at
        )
        return sorted(set(self.session.scalars(query.distinct())))
