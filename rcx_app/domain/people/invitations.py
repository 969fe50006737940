"""Inviting people by mail, sending it again, taking it back. Accepting is in `joining`.

Whether an address has an account plays no part here, so an inviter learns nothing about it.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.crypto import hash_token, new_token
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Permission, Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity.forms import email_key, is_email
from rcx_app.domain.people import mails
from rcx_app.domain.people.repository import PeopleRepository
from rcx_app.domain.people.rights import is_above
from rcx_app.domain.people.schemas import InvitationMail, InvitationState, InvitationView
from rcx_app.models import Invitation

LIFETIME = timedelta(days=7)
_MOST_OPEN = 200


def listed(session: Session, context: Context) -> list[InvitationView]:
    """Invitations that wait for an answer or have expired without one, newest first."""
    context.require(Permission.TEAM)
    now = clock.now()
    return [
        InvitationView(
            invitation_id=row.id,
            email=row.email,
            role=Role(row.role),
            state=InvitationState.OPEN if now < row.expires_at else InvitationState.EXPIRED,
            invited_by=inviter,
            sent_at=row.sent_at,
            expires_at=row.expires_at,
        )
        for row, inviter in PeopleRepository(session, context).open_invitations()
    ]


def invite(session: Session, context: Context, email: str, role: Role) -> InvitationMail:
    """Invite an address; its mail is the caller's to send once this is committed. An open one to it is replaced.

    Raises Invalid, Conflict (in the team already, too many open), NotPermitted (a role above one's own).
    """
    context.require(Permission.PEOPLE)
    _require_reach(context, role)
    wanted, repository = email.strip(), PeopleRepository(session, context)
    if not is_email(wanted):
        raise Invalid("Enter an e-mail address, such as colleague@company.com.")
    repository.workspace(lock=True)
    if repository.is_member(email_key(wanted)):
        raise Conflict("This person is in the team already.", remedy="Change the role in the table instead.")
    waiting = repository.open_invitations()
    if len(waiting) >= _MOST_OPEN:
        raise Conflict("Too many invitations wait for an answer.", remedy="Take some back first.")
    for row, _ in waiting:
        if row.email_key == email_key(wanted):
            _require_reach(context, Role(row.role))
            row.revoked_at = clock.now()
            session.add(row)
    now, token = clock.now(), new_token()
    added = Invitation(
        workspace_id=context.workspace_id,
        email=wanted,
        email_key=email_key(wanted),
        role=role.value,
        token_hash=hash_token(token),
        invited_by=context.user_id or 0,
        created_at=now,
        sent_at=now,
        expires_at=now + LIFETIME,
    )
    repository.add(added)
    detail = {"email": wanted, "role": role.value}
    audit.record(session, context, "people:invite", "invitation", added.id, detail)
    return _mail(session, context, added, token)


def resend(session: Session, context: Context, invitation_id: int) -> InvitationMail:
    """Mail an invitation again: with a new link and a new end, and the old link dead. Raises NotFound, NotPermitted."""
    context.require(Permission.PEOPLE)
    repository = PeopleRepository(session, context)
    row, token = _waiting(repository, invitation_id), new_token()
    _require_reach(context, Role(row.role))
    row.token_hash, row.sent_at, row.expires_at = hash_token(token), clock.now(), clock.now() + LIFETIME
    session.add(row)
    audit.record(session, context, "people:invite:resend", "invitation", row.id, {"email": row.email})
    return _mail(session, context, row, token)


def revoke(session: Session, context: Context, invitation_id: int) -> None:
    """Take an invitation back. Raises NotFound where it was accepted or taken back, NotPermitted."""
    context.require(Permission.PEOPLE)
    row = _waiting(PeopleRepository(session, context), invitation_id)
    _require_reach(context, Role(row.role))
    row.revoked_at = clock.now()
    session.add(row)
    audit.record(session, context, "people:invite:revoke", "invitation", row.id, {"email": row.email})


def _waiting(repository: PeopleRepository, invitation_id: int) -> Invitation:
    row = repository.get(Invitation, invitation_id, lock=True)
    if row.accepted_at is not None or row.revoked_at is not None:
        raise NotFound("This invitation")
    return row


def _require_reach(context: Context, role: Role) -> None:
    if is_above(role, context.role):
        raise NotPermitted("You can't invite to a role above your own.", remedy="Ask an owner of this workspace.")


def _mail(session: Session, context: Context, row: Invitation, token: str) -> InvitationMail:
    path = f"/invite?token={token}"
    return InvitationMail(to=row.email, path=path, mail_id=mails.write(session, context, row, path, days=LIFETIME.days))
