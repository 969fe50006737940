"""SQL of the team's slice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from rcx_app.core.db import rows_met
from rcx_app.core.errors import NotFound
from rcx_app.core.permissions import Role
from rcx_app.core.repository import Repository
from rcx_app.models import AuthSession, Client, IdentityLink, Invitation, Invoice, Line, Membership, User, Workspace


class PeopleRepository(Repository):
    """Members, invitations and the workspace itself."""

    noun: ClassVar[str] = "This person"

    def members(self) -> Sequence[tuple[Membership, User, datetime | None]]:
        """(membership, person, last seen in this workspace), in the order in which they joined."""
        seen = (
            select(AuthSession.user_id, func.max(AuthSession.last_seen_at).label("at"))
            .where(AuthSession.workspace_id == self.workspace_id)
            .group_by(col(AuthSession.user_id))
            .subquery()
        )
        query = (
            select(Membership, User, seen.c.at)
            .join(User, col(User.id) == Membership.user_id)
            .outerjoin(seen, seen.c.user_id == Membership.user_id)
            .where(Membership.workspace_id == self.workspace_id)
            .order_by(col(Membership.id))
        )
        return [(row[0], row[1], row[2]) for row in self.session.execute(query)]

    def member(self, user_id: int) -> tuple[Membership, User]:
        """Raises NotFound."""
        query = (
            select(Membership, User)
            .join(User, col(User.id) == Membership.user_id)
            .where(Membership.workspace_id == self.workspace_id, Membership.user_id == user_id)
        )
        found = self.session.execute(query).one_or_none()
        if found is None:
            raise NotFound(self.noun)
        return found[0], found[1]

    def workspace(self, *, lock: bool = False) -> Workspace:
        """The workspace's row. Locked, so that of two changes of the team at once the second sees the first."""
        query = select(Workspace).where(Workspace.id == self.workspace_id)
        return self.session.scalars(query.with_for_update() if lock else query).one()

    def owners(self) -> int:
        query = select(func.count()).where(
            Membership.workspace_id == self.workspace_id, Membership.role == Role.OWNER.value
        )
        return int(self.session.scalar(query) or 0)

    def end_sessions(self, user_id: int, at: datetime) -> None:
        """End the person's sessions in this workspace."""
        self.session.execute(
            update(AuthSession)
            .where(
                col(AuthSession.user_id) == user_id,
                col(AuthSession.workspace_id) == self.workspace_id,
                col(AuthSession.revoked_at).is_(None),
            )
            .values(revoked_at=at)
        )

    def unlink(self, user_id: int) -> None:
        """Forget whose account at the company's provider he is."""
        self.session.execute(
            delete(IdentityLink).where(
                col(IdentityLink.workspace_id) == self.workspace_id, col(IdentityLink.user_id) == user_id
            )
        )

    def open_invitations(self, *, by: int | None = None, email_key: str = "") -> Sequence[tuple[Invitation, str]]:
        """(invitation, inviter's name) of those that nobody accepted or took back, newest first."""
        query = (
            select(Invitation, User.name)
            .join(User, col(User.id) == Invitation.invited_by)
            .where(
                Invitation.workspace_id == self.workspace_id,
                col(Invitation.accepted_at).is_(None),
                col(Invitation.revoked_at).is_(None),
            )
            .order_by(col(Invitation.id).desc())
        )
        if by is not None:
            query = query.where(Invitation.invited_by == by)
        if email_key:
            query = query.where(Invitation.email_key == email_key)
        return self.session.exec(query).all()

    def is_member(self, email_key: str) -> bool:
        query = (
            select(Membership.id)
            .join(User, col(User.id) == Membership.user_id)
            .where(Membership.workspace_id == self.workspace_id, User.email_key == email_key)
        )
        return self.session.scalars(query.limit(1)).first() is not None

    def has_amounts(self) -> bool:
        """Whether anything with an amount was read already."""
        return any(
            self.session.scalars(self.scoped(table).limit(1)).first() is not None for table in (Line, Invoice, Client)
        )


class JoiningRepository:
    """Invitations by their token, over all workspaces: run it in `transaction(None)` only."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def by_token(self, token_hash: str) -> tuple[Invitation, Workspace, User] | None:
        """(invitation, workspace, inviter)."""
        query = (
            select(Invitation, Workspace, User)
            .join(Workspace, col(Workspace.id) == Invitation.workspace_id)
            .join(User, col(User.id) == Invitation.invited_by)
            .where(Invitation.token_hash == token_hash)
        )
        found = self.session.execute(query).one_or_none()
        return None if found is None else (found[0], found[1], found[2])

    def accept(self, invitation_id: int, user_id: int, at: datetime) -> bool:
        """Mark it accepted. False where it was accepted or taken back meanwhile."""
        query = (
            update(Invitation)
            .where(
                col(Invitation.id) == invitation_id,
                col(Invitation.accepted_at).is_(None),
                col(Invitation.revoked_at).is_(None),
            )
            .values(accepted_at=at, accepted_by=user_id)
        )
        return rows_met(self.session, query) == 1

    def membership(self, workspace_id: int, user_id: int) -> Membership | None:
        query = select(Membership).where(Membership.workspace_id == workspace_id, Membership.user_id == user_id)
        return self.session.scalars(query).one_or_none()
