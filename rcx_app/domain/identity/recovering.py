"""The way back for who lost his authenticator app and his recovery codes: by the operator, or by an owner of his team.

These work across workspaces: run them in `transaction(None)`. Each is told to the person by mail and to the trail of
every workspace that he is in.
"""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context, system_context
from rcx_app.core.errors import Conflict, NotFound, NotPermitted
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import mails
from rcx_app.domain.identity.forms import email_key
from rcx_app.domain.identity.own import require_proof
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.identity.schemas import Identity
from rcx_app.domain.identity.sessions import revoke_all
from rcx_app.models import User

_TAG = "account:two_factor:reset"


def reset_by_operator(session: Session, email: str) -> str:
    """Who reaches the database resets an account's two-factor sign-in; its sessions end. Returns the person's name.

    Raises NotFound, and Conflict where it is off.
    """
    repository = IdentityRepository(session)
    user = repository.user_by_email(email_key(email))
    if user is None:
        raise NotFound("An account with this address")
    _reset(session, repository, user, "whoever runs this installation of RCX", None)
    return user.name


def reset_by_owner(session: Session, who: Identity, user_id: int) -> str:
    """An owner resets it for a member of his workspace who belongs to no other. Returns the person's name.

    Raises NotPermitted below owner, without a fresh proof, and for who is also elsewhere or works for RCX; NotFound,
    and Conflict for oneself and where it is off.
    """
    who.context.require(Permission.OWN)
    require_proof(who)
    repository = IdentityRepository(session)
    user = repository.user(user_id, lock=True)
    homes = {workspace.id for _, workspace in repository.memberships(user_id)}
    if user is None or who.workspace_id not in homes:
        raise NotFound("This person")
    if user_id == who.user_id:
        raise Conflict("This is your own.", remedy="Switch it off in your account.")
    if homes != {who.workspace_id} or user.staff:
        raise NotPermitted(
            f"{user.name} also belongs to another workspace, which this would open too.",
            remedy="He writes to us under Support; we check who he is.",
        )
    _reset(session, repository, user, f"{who.user_name}, an owner of {who.workspace_name},", who.context)
    return user.name


def _reset(session: Session, repository: IdentityRepository, user: User, by: str, context: Context | None) -> None:
    if user.totp_since is None:
        raise Conflict(f"Two-factor sign-in of {user.name} is off.", remedy="There is nothing to reset.")
    user.totp_secret, user.totp_pending, user.totp_since = b"", b"", None
    session.add(user)
    repository.drop_recovery_codes(user.id)
    homes = [workspace.id for _, workspace in repository.memberships(user.id)]
    for workspace_id in homes:
        acting = context if context is not None else system_context(workspace_id)
        audit.record(session, acting, _TAG, "person", user.id, {"by": by.rstrip(",")})
    if not homes:
        audit.record_outside(session, _TAG, {"by": by.rstrip(","), "user_id": user.id})
    revoke_all(session, user.id)
    said = f"{by} has reset it, since your app and your codes were lost. Set it up anew in your account."
    mails.two_factor_changed(session, user.email, user.name, said[0].upper() + said[1:])
