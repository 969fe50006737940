"""Accepting an invitation: for the signed-in, for those who sign in, and for those who have no account yet.

It works before anybody is in the workspace, so it takes no context: run it in `transaction(None)`.
"""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.crypto import hash_token
from rcx_app.core.errors import Conflict, NotPermitted
from rcx_app.core.permissions import Role, Stage
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity.forms import email_key
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.people.repository import JoiningRepository
from rcx_app.domain.people.schemas import Invited
from rcx_app.models import Invitation, Membership, User, Workspace


def look(session: Session, token: str) -> Invited | None:
    """What a good invitation says; None where it is unknown, accepted, taken back or too old. Spends nothing."""
    found = _good(session, token)
    if found is None:
        return None
    row, workspace, inviter = found
    user = IdentityRepository(session).user_by_email(row.email_key)
    return Invited(
        email=row.email,
        role=Role(row.role),
        workspace=workspace.name,
        workspace_id=workspace.id,
        inviter=inviter.name,
        has_account=user is not None and user.email_verified_at is not None,
    )


def accept(session: Session, token: str, user_id: int) -> int | None:
    """Join: the workspace's id. None where the invitation is not good any more; once it was accepted it never is.

    Raises NotPermitted where it is for another address than the person's.
    """
    found, user = _good(session, token), IdentityRepository(session).user(user_id)
    if found is None or user is None:
        return None
    row, workspace, _ = found
    if user.email_key != row.email_key or user.email_verified_at is None:
        raise NotPermitted(
            f"This invitation is for {row.email}, and you are signed in as {user.email}.",
            remedy="Sign out and in again with the invited address, or ask to be invited by this one.",
        )
    repository = JoiningRepository(session)
    if not repository.accept(row.id, user_id, clock.now()):
        return None
    if repository.membership(workspace.id, user_id) is None:
        session.add(Membership(workspace_id=workspace.id, user_id=user_id, role=row.role))
        session.flush()
    context = Context(
        workspace_id=workspace.id,
        user_id=user_id,
        role=Role(row.role),
        user_name=user.name,
        stage=Stage(workspace.stage),
    )
    audit.record(session, context, "people:join", "invitation", row.id, {"role": row.role})
    return workspace.id


def sign_up(session: Session, token: str, name: str, password_hash: str) -> str | None:
    """An account for the invited address, which the link proves: its address. None where the link is not good.

    The invitation stays open, to be accepted after signing in. An account that was never proven is taken over. Raises
    Conflict where there is an account.
    """
    found = _good(session, token)
    if found is None:
        return None
    row, workspace, _ = found
    repository = IdentityRepository(session)
    user = repository.user_by_email(row.email_key)
    if user is not None and user.email_verified_at is not None:
        raise Conflict("This address has an account already.", remedy="Sign in with it.")
    if user is None:
        user = User(email=row.email, email_key=email_key(row.email), name=name.strip(), password_hash=password_hash)
    user.name, user.password_hash, user.email_verified_at = name.strip(), password_hash, clock.now()
    user.password_changed_at = clock.now()
    repository.add(user)
    repository.retire_links(user.id, "", clock.now())
    context = Context(workspace_id=workspace.id, user_id=user.id, role=Role.VIEWER)
    audit.record(session, context, "people:sign_up", "invitation", row.id)
    return user.email


def _good(session: Session, token: str) -> tuple[Invitation, Workspace, User] | None:
    found = JoiningRepository(session).by_token(hash_token(token)) if 0 < len(token) <= 200 else None
    if found is None:
        return None
    row = found[0]
    is_open = row.accepted_at is None and row.revoked_at is None and clock.now() < row.expires_at
    return found if is_open else None
