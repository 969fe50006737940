"""A mail about a ticket as it is at the moment of sending: what a person may no longer see is not sent."""

from __future__ import annotations

from sqlmodel import Session, col, select

from rcx_app.core.context import Context
from rcx_app.core.mail import Letter
from rcx_app.core.settings import settings
from rcx_app.domain.mail.schemas import Taken
from rcx_app.domain.support import mail_text, mails
from rcx_app.domain.support.addresses import Told, reply_address
from rcx_app.domain.support.desk_repository import is_agent
from rcx_app.domain.support.mails import Side
from rcx_app.domain.support.repository import TicketRepository
from rcx_app.models import SupportEntry, SupportTicket, User, Workspace


def look(session: Session, context: Context, taken: Taken) -> Letter | None:
    """The letter; None where the person may not have it any more."""
    repository, about, side = TicketRepository(session, context), taken.about["about"], Side(taken.about["side"])
    ticket = repository.get(SupportTicket, taken.about["ticket_id"])
    person = _reader(repository, ticket, taken, side)
    if person is None:
        return None
    entry_id = taken.about["entry_id"]
    entry = repository.get(SupportEntry, entry_id) if entry_id is not None else None
    names = repository.names([entry.author_id]) if entry is not None else {}
    place = "staff/tickets" if side is Side.STAFF else "support/tickets"
    told = mail_text.Told(
        name=person.name,
        side=side,
        about=about,
        ticket=f"T-{ticket.number}",
        subject=ticket.subject,
        workspace=session.scalars(select(Workspace.name).where(col(Workspace.id) == ticket.workspace_id)).one(),
        who=_who(entry, names),
        # The receipt of a new ticket need not repeat what the person has just written.
        words=entry.text if entry is not None and not (about == "opened" and side is Side.PEOPLE) else "",
        files=tuple(
            each.filename for each in repository.files_of(ticket.id) if entry is not None and each.entry_id == entry.id
        ),
        link=f"{settings().public_url}/{place}/{ticket.id}",
        address=reply_address(Told(ticket.id, person.id, side)),
        thread_id=f"<ticket-{ticket.id}@rcx.example>",
    )
    return Letter(
        to=person.email,
        subject=mail_text.subject(told),
        body=mail_text.body(told),
        headers=dict(mail_text.headers(told)),
    )


def _reader(repository: TicketRepository, ticket: SupportTicket, taken: Taken, side: Side) -> User | None:
    """The person, where he may still have this mail."""
    if side is Side.STAFF:
        person = repository.session.get(User, taken.user_id)
        return person if is_agent(person) else None
    return next((user for user in mails.readers(repository, ticket) if user.id == taken.user_id), None)


def _who(entry: SupportEntry | None, names: dict[int, str]) -> str:
    if entry is None:
        return "another agent"
    return names.get(entry.author_id or 0, "RCX") + (" (support)" if entry.is_staff else "")
