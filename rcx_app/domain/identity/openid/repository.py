"""SQL of the company sign-in. It is used before anybody is signed in: run it in `transaction(None)`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, SQLModel, col, select

from rcx_app.core.db import rows_met
from rcx_app.models import IdentityLink, IdentityProvider, Membership, OpenIdAttempt, User, Workspace


class OpenIdRepository:
    """Providers, sign-ins under way, and whose account a subject is."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, row: SQLModel) -> None:
        self.session.add(row)
        self.session.flush()

    def by_key(self, key: str) -> tuple[IdentityProvider, Workspace] | None:
        return self._one(col(IdentityProvider.key) == key)

    def of_workspace(self, workspace_id: int) -> tuple[IdentityProvider, Workspace] | None:
        return self._one(col(IdentityProvider.workspace_id) == workspace_id)

    def _one(self, condition: ColumnElement[bool]) -> tuple[IdentityProvider, Workspace] | None:
        query = (
            select(IdentityProvider, Workspace)
            .join(Workspace, col(Workspace.id) == IdentityProvider.workspace_id)
            .where(condition)
        )
        found = self.session.execute(query).one_or_none()
        return None if found is None else (found[0], found[1])

    def take_attempt(self, state_hash: str, at: datetime) -> OpenIdAttempt | None:
        """Spend a sign-in under way. None where there is none such, or it was spent before."""
        query = (
            update(OpenIdAttempt)
            .where(col(OpenIdAttempt.state_hash) == state_hash, col(OpenIdAttempt.used_at).is_(None))
            .values(used_at=at)
        )
        if rows_met(self.session, query) != 1:
            return None
        return self.session.scalars(select(OpenIdAttempt).where(OpenIdAttempt.state_hash == state_hash)).one()

    def drop_attempts(self, before: datetime) -> None:
        self.session.execute(delete(OpenIdAttempt).where(col(OpenIdAttempt.expires_at) < before))

    def linked(self, workspace_id: int, issuer: str, subject: str) -> IdentityLink | None:
        query = select(IdentityLink).where(
            IdentityLink.workspace_id == workspace_id, IdentityLink.issuer == issuer, IdentityLink.subject == subject
        )
        return self.session.scalars(query).one_or_none()

    def link_of(self, workspace_id: int, user_id: int) -> IdentityLink | None:
        query = select(IdentityLink).where(IdentityLink.workspace_id == workspace_id, IdentityLink.user_id == user_id)
        return self.session.scalars(query).one_or_none()

    def unlink_all(self, workspace_id: int) -> None:
        self.session.execute(delete(IdentityLink).where(col(IdentityLink.workspace_id) == workspace_id))

    def member(self, workspace_id: int, *, user_id: int | None = None, email_key: str = "") -> User | None:
        """A member by id or by his proven address."""
        query = (
            select(User)
            .join(Membership, col(Membership.user_id) == User.id)
            .where(Membership.workspace_id == workspace_id, col(User.email_verified_at).is_not(None))
        )
        query = query.where(User.id == user_id) if user_id is not None else query.where(User.email_key == email_key)
        return self.session.scalars(query).one_or_none()

    def hosts(self, workspace_id: int) -> list[User]:
        """Who may invite into the workspace: owners before admins, three at most."""
        query = (
            select(User)
            .join(Membership, col(Membership.user_id) == User.id)
            .where(Membership.workspace_id == workspace_id, col(Membership.role).in_(("owner", "admin")))
            .order_by(col(Membership.role).desc(), col(Membership.id))
            .limit(3)
        )
        return list(self.session.scalars(query))
