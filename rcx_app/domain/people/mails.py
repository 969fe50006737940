"""The mail of an invitation: plain text, one link. Written into the outbox with the invitation, sealed."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.mail import Letter
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.mail import service as outbox
from rcx_app.domain.mail.kinds import Kind
from rcx_app.domain.mail.schemas import NewMail, Taken
from rcx_app.domain.people.repository import PeopleRepository
from rcx_app.domain.people.rights import ROLES
from rcx_app.models import Invitation


def write(session: Session, context: Context, row: Invitation, path: str, *, days: int) -> int:
    """Write the mail of an invitation with the link `path`; returns its id, for who waits for it to be sent."""
    name, does = ROLES[Role(row.role)]
    workspace = PeopleRepository(session, context).workspace().name
    letter = Letter(
        to=row.email,
        subject=f"Join {workspace} on RCX",
        body=f"Hello,\n\n{context.user_name} invites you to the workspace of {workspace} on RCX, as {name.lower()}:\n"
        f"{does[0].lower()}{does[1:]}.\n\n{settings().public_url}{path}\n\n"
        f"The link works once, for {days} days, and for this address. If you have no account yet, it leads you\n"
        "through making one first. If you don't know what this is about, ignore this mail.\n",
    )
    new = NewMail(
        kind=Kind.INVITATION,
        key=f"invitation:{row.id}:{row.token_hash}",
        workspace_id=context.workspace_id,
        letter=letter,
        about={"invitation_id": row.id, "token_hash": row.token_hash},
        send_before=row.expires_at,
    )
    mail_id = outbox.write(session, new, is_awaited=True)
    assert mail_id is not None, "each link is made once"
    return mail_id


def look(session: Session, context: Context, taken: Taken) -> Letter | None:
    """The mail as it was written; None where the invitation was taken back or accepted, or has another link by now."""
    row = PeopleRepository(session, context).get(Invitation, taken.about["invitation_id"])
    is_open = row.accepted_at is None and row.revoked_at is None and row.token_hash == taken.about["token_hash"]
    return taken.letter if is_open else None
