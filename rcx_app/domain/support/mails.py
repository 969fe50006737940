"""Whom a deed on a ticket is mailed to: written into the outbox in the transaction of the deed.

The people's side: who asked and who wrote in the thread, as far as they may still see the ticket. The agents' side: the
one it is assigned to, or all where it is nobody's. Nobody is told of what he did himself, but for the receipt of a new
ticket, which has the address to answer to.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.crypto import new_token
from rcx_app.core.permissions import Permission, Role, may
from rcx_app.core.settings import settings
from rcx_app.domain.mail import service as outbox
from rcx_app.domain.mail.kinds import Kind
from rcx_app.domain.mail.schemas import NewMail
from rcx_app.domain.support.repository import TicketRepository
from rcx_app.models import SupportTicket, User

TOO_LATE = timedelta(days=2)


class Side(StrEnum):
    """Whom somebody is told as, and speaks for when he answers the mail."""

    PEOPLE = "people"
    STAFF = "staff"


def may_see(ticket: SupportTicket, user: User, role: Role) -> bool:
    """Whether a member of the workspace with this role may see the ticket."""
    return may(role, Permission.SUPPORT) and (
        not ticket.is_private or ticket.asker_id == user.id or may(role, Permission.PEOPLE)
    )


def readers(repository: TicketRepository, ticket: SupportTicket) -> list[User]:
    """The people's side of a ticket: those who may get its mails."""
    verified_only = settings().require_verified_email
    found = repository.members({ticket.asker_id, *repository.writers(ticket.id)})
    return [
        user
        for user, role in found
        if may_see(ticket, user, Role(role)) and (user.email_verified_at is not None or not verified_only)
    ]


def handlers(repository: TicketRepository, ticket: SupportTicket) -> list[User]:
    """The agents' side of a ticket."""
    staff = repository.agents()
    own = [user for user in staff if user.id == ticket.assignee_id]
    return own or staff


def write(
    session: Session,
    context: Context,
    ticket: SupportTicket,
    about: str,
    *,
    entry_id: int | None = None,
    to_people: bool = False,
    to_staff: bool = False,
    to_author: bool = False,
) -> int:
    """Write the mails; their words are put together when they are sent. Returns how many there are."""
    inside = system_context(ticket.workspace_id)
    repository = TicketRepository(session, inside)
    told: dict[int, Side] = {}
    if to_staff:
        told.update({user.id: Side.STAFF for user in handlers(repository, ticket) if user.id != context.user_id})
    if to_people:
        told.update(
            {user.id: Side.PEOPLE for user in readers(repository, ticket) if to_author or user.id != context.user_id}
        )
    for user_id, side in sorted(told.items()):
        cause = str(entry_id) if entry_id is not None else new_token()
        new = NewMail(
            kind=Kind.TICKET,
            key=f"ticket:{ticket.id}:{about}:{cause}:{user_id}",
            workspace_id=ticket.workspace_id,
            user_id=user_id,
            about={"ticket_id": ticket.id, "entry_id": entry_id, "side": side.value, "about": about},
            send_before=clock.now() + TOO_LATE,
        )
        outbox.write(session, new)
    return len(told)
