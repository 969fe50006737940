"""SQL of the onboarding slice: editions of answers, changes of stage, and the facts behind the checklist."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import col, select

from rcx_app.core.errors import NotFound
from rcx_app.core.repository import Repository
from rcx_app.models import (
    Account,
    AccountMapping,
    Connection,
    FindingReview,
    Intake,
    ServiceRule,
    StageChange,
    User,
    Workspace,
)


class OnboardingRepository(Repository):
    """One workspace's way in."""

    def workspace(self, *, lock: bool = False) -> Workspace:
        query = select(Workspace).where(Workspace.id == self.workspace_id)
        found = self.session.scalars(query.with_for_update() if lock else query).one_or_none()
        if found is None:
            raise NotFound("The workspace")
        return found

    def newest(self) -> Intake | None:
        query = self.scoped(Intake).order_by(col(Intake.number).desc()).limit(1)
        found: Intake | None = self.session.scalars(query).one_or_none()
        return found

    def sent(self) -> Sequence[tuple[Intake, str | None]]:
        """(edition, who sent it), oldest first."""
        query = (
            select(Intake, User.name)
            .outerjoin(User, col(User.id) == Intake.sent_by)
            .where(Intake.workspace_id == self.workspace_id, col(Intake.sent_at).is_not(None))
            .order_by(col(Intake.number))
        )
        return [(row[0], row[1]) for row in self.session.execute(query)]

    def steps(self) -> Sequence[tuple[StageChange, str | None]]:
        """(change of stage, who made it), newest first."""
        query = (
            select(StageChange, User.name)
            .outerjoin(User, col(User.id) == StageChange.user_id)
            .where(StageChange.workspace_id == self.workspace_id)
            .order_by(col(StageChange.id).desc())
        )
        return [(row[0], row[1]) for row in self.session.execute(query)]

    def stage_before_suspension(self) -> str | None:
        query = (
            self.scoped(StageChange)
            .where(col(StageChange.stage_to) == "suspended")
            .order_by(col(StageChange.id).desc())
            .limit(1)
        )
        found: StageChange | None = self.session.scalars(query).one_or_none()
        return found.stage_from if found else None

    def connections(self) -> Sequence[tuple[str, bool]]:
        """(side, was read completely once) of every connection that is switched on."""
        query = select(Connection.side, Connection.last_complete_at).where(
            Connection.workspace_id == self.workspace_id, col(Connection.is_enabled)
        )
        return [(side, at is not None) for side, at in self.session.execute(query)]

    def accounts(self) -> tuple[int, int]:
        """(accounts that are there, those of them that somebody decided on)."""
        here = (Account.workspace_id == self.workspace_id, col(Account.removed_at).is_(None))
        whole = self.session.scalar(select(func.count()).select_from(Account).where(*here)) or 0
        decided = (
            select(func.count())
            .select_from(AccountMapping)
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(*here, AccountMapping.workspace_id == self.workspace_id)
            .where(col(AccountMapping.state).in_(("mapped", "excluded", "no_match")))
        )
        return whole, self.session.scalar(decided) or 0

    def rules(self) -> tuple[int, int]:
        """(rules in force, suggested ones that wait)."""
        query = (
            select(ServiceRule.state, func.count())
            .where(ServiceRule.workspace_id == self.workspace_id)
            .group_by(ServiceRule.state)
        )
        counted = dict(self.session.execute(query).all())
        return counted.get("active", 0), counted.get("suggested", 0)

    def reviewed(self) -> int:
        """Findings that somebody decided on."""
        query = select(func.count()).select_from(FindingReview)
        here = (FindingReview.workspace_id == self.workspace_id, FindingReview.state != "open")
        return self.session.scalar(query.where(*here)) or 0

    def has_agents(self) -> bool:
        query = select(User.id).where(User.staff != "").limit(1)
        return self.session.scalars(query).first() is not None
