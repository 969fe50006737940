"""SQL of the identity slice. It asks across workspaces (nobody is in one before he signed in), so it takes no context.

Run it in `transaction(None)` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, update
from sqlmodel import Session, SQLModel, col, select

from rcx_app.core import clock
from rcx_app.core.crypto import hash_token
from rcx_app.core.db import rows_met
from rcx_app.core.errors import NotFound
from rcx_app.models import AuthSession, Membership, OneTimeLink, RecoveryCode, SupportAccess, User, Workspace


class IdentityRepository:
    """People, sessions, links and memberships, over all workspaces."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, row: SQLModel) -> None:
        self.session.add(row)
        self.session.flush()

    def user(self, user_id: int, *, lock: bool = False) -> User | None:
        query = select(User).where(User.id == user_id)
        return self.session.scalars(query.with_for_update() if lock else query).one_or_none()

    def user_by_email(self, email_key: str) -> User | None:
        return self.session.scalars(select(User).where(User.email_key == email_key)).one_or_none()

    def auth_session(self, session_id: int, *, lock: bool = False) -> AuthSession | None:
        query = select(AuthSession).where(AuthSession.id == session_id)
        return self.session.scalars(query.with_for_update() if lock else query).one_or_none()

    def signed_in(
        self, *, session_id: int | None = None, token_hash: str = ""
    ) -> tuple[AuthSession, User, Membership, Workspace] | None:
        """(session, user, membership, workspace) of a session in one query; None where any of them is missing.

        An agent who works in a workspace by its leave is no member: he has a role as long as the leave lasts, and the
        membership that is handed out is none of the database's.
        """
        by = (
            or_(col(AuthSession.token_hash) == token_hash, col(AuthSession.previous_hash) == token_hash)
            if session_id is None
            else col(AuthSession.id) == session_id
        )
        query = (
            select(AuthSession, User, Membership, Workspace)
            .add_columns(SupportAccess)
            .join(User, col(User.id) == AuthSession.user_id)
            .join(Workspace, col(Workspace.id) == AuthSession.workspace_id)
            .outerjoin(
                Membership,
                (col(Membership.workspace_id) == Workspace.id) & (col(Membership.user_id) == AuthSession.user_id),
            )
            .outerjoin(
                SupportAccess,
                (col(SupportAccess.id) == col(AuthSession.access_id))
                & (col(SupportAccess.workspace_id) == Workspace.id),
            )
            .where(by)
        )
        found = self.session.execute(query).one_or_none()
        if found is None:
            return None
        row, user, membership, workspace, access = found
        if row.access_id is not None:
            lasts = access is not None and access.ended_at is None and clock.now() < access.until
            guest = Membership(workspace_id=workspace.id, user_id=user.id, role=access.role) if lasts else None
            membership = guest if user.staff else None
        return None if membership is None else (row, user, membership, workspace)

    def memberships(self, user_id: int) -> Sequence[tuple[Membership, Workspace]]:
        """The person's workspaces, oldest membership first."""
        query = (
            select(Membership, Workspace)
            .join(Workspace, col(Workspace.id) == Membership.workspace_id)
            .where(Membership.user_id == user_id)
            .order_by(col(Membership.id))
        )
        return self.session.exec(query).all()

    def last_workspace(self, user_id: int) -> int | None:
        """Where his newest session is or was."""
        query = select(AuthSession.workspace_id).where(AuthSession.user_id == user_id)
        return self.session.scalars(query.order_by(col(AuthSession.id).desc()).limit(1)).first()

    def live_sessions(self, user_id: int) -> Sequence[AuthSession]:
        query = select(AuthSession).where(AuthSession.user_id == user_id, col(AuthSession.revoked_at).is_(None))
        return self.session.scalars(query).all()

    def sessions_in(self, user_id: int) -> Sequence[tuple[AuthSession, Workspace]]:
        """The person's sessions that nobody ended, with the workspace that each is in, last seen first."""
        query = (
            select(AuthSession, Workspace)
            .join(Workspace, col(Workspace.id) == AuthSession.workspace_id)
            .where(AuthSession.user_id == user_id, col(AuthSession.revoked_at).is_(None))
            .order_by(col(AuthSession.last_seen_at).desc(), col(AuthSession.id))
        )
        return self.session.exec(query).all()

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

    def own(self, user_id: int) -> User:
        """The person, locked. Raises NotFound."""
        found = self.user(user_id, lock=True)
        if found is None:
            raise NotFound("The account")
        return found

    def use_link(self, link_id: int, at: datetime) -> bool:
        """Mark the link used. False where somebody else was faster."""
        query = (
            update(OneTimeLink)
            .where(col(OneTimeLink.id) == link_id, col(OneTimeLink.used_at).is_(None))
            .values(used_at=at)
        )
        return rows_met(self.session, query) == 1

    def retire_links(self, user_id: int, purpose: str, at: datetime) -> None:
        """Older unused links of the same purpose (of all purposes, where it is empty) work no more."""
        query = update(OneTimeLink).where(col(OneTimeLink.user_id) == user_id, col(OneTimeLink.used_at).is_(None))
        if purpose:
            query = query.where(col(OneTimeLink.purpose) == purpose)
        self.session.execute(query.values(used_at=at))

    def step(self, token_hash: str) -> OneTimeLink | None:
        """The second step of a sign-in; its purpose says of which kind."""
        query = select(OneTimeLink).where(
            OneTimeLink.token_hash == token_hash, col(OneTimeLink.purpose).startswith("second_step:")
        )
        return self.session.scalars(query).one_or_none()

    def take_step(self, user_id: int, time_step: int) -> bool:
        """Note the time step of an accepted code. False where it, or a later one, was accepted before."""
        query = (
            update(User)
            .where(col(User.id) == user_id, col(User.totp_last_step) < time_step)
            .values(totp_last_step=time_step)
            .execution_options(synchronize_session=False)
        )
        return rows_met(self.session, query) == 1

    def use_recovery_code(self, user_id: int, code_hash: str, at: datetime) -> bool:
        """Mark the code used. False where there is none such, or somebody else was faster."""
        query = (
            update(RecoveryCode)
            .where(
                col(RecoveryCode.user_id) == user_id,
                col(RecoveryCode.code_hash) == code_hash,
                col(RecoveryCode.used_at).is_(None),
            )
            .values(used_at=at)
        )
        return rows_met(self.session, query) == 1

    def recovery_codes_left(self, user_id: int) -> int:
        query = select(func.count()).where(RecoveryCode.user_id == user_id, col(RecoveryCode.used_at).is_(None))
        return int(self.session.scalar(query) or 0)

    def drop_recovery_codes(self, user_id: int) -> None:
        self.session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
