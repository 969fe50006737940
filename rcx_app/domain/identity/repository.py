"""SQL of the identity slice. It asks across workspaces (nobody is in one before he signed in), so it takes no context.

Run it in `transaction(None)` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, update
from sqlmodel import Session, SQLModel, col, select

from rcx_app.core.crypto import hash_token
from rcx_app.models import AuthSession, Membership, OneTimeLink, User, Workspace


class IdentityRepository:
    """People, sessions, links and memberships, over all workspaces."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, row: SQLModel) -> None:
        self.session.add(row)
        self.session.flush()

    def user(self, user_id: int) -> User | None:
        return self.session.get(User, user_id)

    def user_by_email(self, email_key: str) -> User | None:
        return self.session.scalars(select(User).where(User.email_key == email_key)).one_or_none()

    def auth_session(self, session_id: int, *, lock: bool = False) -> AuthSession | None:
        query = select(AuthSession).where(AuthSession.id == session_id)
        return self.session.scalars(query.with_for_update() if lock else query).one_or_none()

    def signed_in(
        self, *, session_id: int | None = None, token_hash: str = ""
    ) -> tuple[AuthSession, User, Membership, Workspace] | None:
        """(session, user, membership, workspace) of a session in one query; None where any of them is missing."""
        by = (
            or_(AuthSession.token_hash == token_hash, AuthSession.previous_hash == token_hash)  # type: ignore[arg-type]
            if session_id is None
            else AuthSession.id == session_id
        )
        query = (
            select(AuthSession, User, Membership, Workspace)
            .join(User, col(User.id) == AuthSession.user_id)
            .join(Workspace, col(Workspace.id) == AuthSession.workspace_id)
            .join(
                Membership,
                (col(Membership.workspace_id) == Workspace.id) & (col(Membership.user_id) == AuthSession.user_id),
            )
            .where(by)
        )
        found = self.session.execute(query).one_or_none()
        return None if found is None else (found[0], found[1], found[2], found[3])

    def memberships(self, user_id: int) -> Sequence[tuple[Membership, Workspace]]:
        """The person's workspaces, oldest membership first."""
        query = (
            select(Membership, Workspace)
            .join(Workspace, col(Workspace.id) == Membership.workspace_id)
            .where(Membership.user_id == user_id)
            .order_by(col(Membership.id))
        )
        return self.session.exec(query).all()

    def live_sessions(self, user_id: int) -> Sequence[AuthSession]:
        query = select(AuthSession).where(AuthSession.user_id == user_id, col(AuthSession.revoked_at).is_(None))
        return self.session.scalars(query).all()

    def has_signed_in_from(self, user_id: int, address: str, since: datetime) -> bool:
        query = select(AuthSession.id).where(
            AuthSession.user_id == user_id, AuthSession.address == address, AuthSession.created_at >= since
        )
        return self.session.scalars(query.limit(1)).first() is not None

    def link(self, token_hash: str, purpose: str) -> OneTimeLink | None:
        query = select(OneTimeLink).where(OneTimeLink.token_hash == token_hash, OneTimeLink.purpose == purpose)
        return self.session.scalars(query).one_or_none()

    def link_owner(self, token: str, purpose: str) -> User | None:
        found = self.link(hash_token(token), purpose)
        return self.user(found.user_id) if found else None

    def use_link(self, link_id: int, at: datetime) -> bool:
        """Mark the link used. False where somebody else was faster."""
        query = (
            update(OneTimeLink)
            .where(col(OneTimeLink.id) == link_id, col(OneTimeLink.used_at).is_(None))
            .values(used_at=at)
        )
        return bool(self.session.execute(query).rowcount == 1)  # type: ignore[attr-defined]

    def retire_links(self, user_id: int, purpose: str, at: datetime) -> None:
        """Older unused links of the same purpose work no more."""
        self.session.execute(
            update(OneTimeLink)
            .where(
                col(OneTimeLink.user_id) == user_id,
                col(OneTimeLink.purpose) == purpose,
                col(OneTimeLink.used_at).is_(None),
            )
            .values(used_at=at)
        )
