"""Whom a deed on a ticket is mailed to: rows written in the transaction of the deed, sent by the job `support.send`.

The people's side: who asked and who wrote in the thread, as far as they may still see the ticket. The agents' side: the
one it is assigned to, or all where it is nobody's. Nobody is told of what he did himself, but for the receipt of a new
ticket, which has the address to answer to.
"""

from __future__ import annotations

from enum import StrEnum

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.permissions import Permission, Role, may
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.support.repository import TicketRepository
from rcx_app.models import SupportMail, SupportTicket, User

KIND = "support.send"


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
    """Write the mails' rows and ask for the job that sends them; best called last. Returns how many there are."""
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
        repository.add(
            SupportMail(
                workspace_id=ticket.workspace_id,
                ticket_id=ticket.id,
                entry_id=entry_id,
                user_id=user_id,
                side=side,
                about=about,
                created_at=clock.now(),
            )
        )
    if told:
        jobs.enqueue(session, inside, KIND, {}, dedupe_key="support")
    return len(told)
