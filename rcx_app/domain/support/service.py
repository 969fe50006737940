"""Tickets of a workspace's people: open, read, write, withdraw, reinstate, solve, reopen.

Who may see a ticket: everybody of the workspace who may ask for support; a private one its asker and the admins. All of
them may write into it; only the asker and admins end it or bring it back.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound, NotPermitted
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.support import drafts, files, limits, mails, texts, thread
from rcx_app.domain.support.repository import TicketRepository, sees_all
from rcx_app.domain.support.schemas import (
    MAX_REASON,
    MAX_SUBJECT,
    MAX_TEXT,
    Choice,
    NewTicket,
    TicketLine,
    TicketView,
)
from rcx_app.domain.support.states import Deed, Status
from rcx_app.models import Connection, SupportTicket

_ENDS_AND_RETURNS = thread.PEOPLES_DEEDS - {Deed.REPLY}


def open_ticket(session: Session, context: Context, form: NewTicket) -> int:
    """Open a ticket; returns its id, also where this very form has opened it before.

    Raises FieldInvalid, NotFound for a connection or a file of somebody else, TooMany.
    """
    context.require(Permission.SUPPORT)
    repository = TicketRepository(session, context)
    subject = texts.line("subject", form.subject, MAX_SUBJECT, noun="The subject")
    text = texts.passage("text", form.text, MAX_TEXT, noun="The text")
    once_key = texts.once_key(form.once_key)
    # The number's lock comes first, so that a form sent twice at once finds its own ticket the second time.
    number = repository.next_number()
    already = repository.by_once_key(once_key)
    if already is not None:
        return already.id
    limits.count_ticket(context)
    if form.connection_id is not None:
        repository.get(Connection, form.connection_id)
    now = clock.now()
    ticket = repository.add(
        SupportTicket(
            workspace_id=context.workspace_id,
            number=number,
            subject=subject,
            category=form.category,
            priority=form.priority,
            is_private=form.is_private,
            asker_id=_person(context),
            connection_id=form.connection_id,
            once_key=once_key,
            created_at=now,
            queued_at=now,
            changed_at=now,
        )
    )
    entry = thread.write(repository, ticket, text, once_key=once_key, is_staff=False)
    given = files.claim(session, context, ticket, entry.id, form.files)
    drafts.forget(session, context, drafts.NEW)
    detail = {"number": number, "category": form.category, "private": form.is_private, "files": given}
    audit.record(session, context, "ticket:open", "ticket", ticket.id, detail)
    mails.write(session, context, ticket, "opened", entry_id=entry.id, to_people=True, to_staff=True, to_author=True)
    return ticket.id


def reply(
    session: Session, context: Context, ticket_id: int, text: str, *, once_key: str, attached: Sequence[int] = ()
) -> None:
    """Write into a ticket; a solved one is open again by it. Sent twice it stands there once.

    No version is asked for: what a person has to say is never refused because an agent was faster. Raises NotFound,
    FieldInvalid, Conflict (closed, withdrawn), TooMany.
    """
    context.require(Permission.SUPPORT)
    repository = TicketRepository(session, context)
    ticket = _locked(repository, ticket_id)
    if repository.entry_by_once_key(ticket_id, texts.once_key(once_key)) is not None:
        return
    words = texts.passage("text", text, MAX_TEXT, noun="Your reply")
    limits.count_message(context)
    thread.move(ticket, Deed.REPLY)
    entry = thread.write(repository, ticket, words, once_key=once_key, is_staff=False)
    given = files.claim(session, context, ticket, entry.id, attached)
    drafts.forget(session, context, drafts.reply_to(ticket_id))
    audit.record(session, context, "ticket:reply", "ticket", ticket_id, {"entry_id": entry.id, "files": given})
    mails.write(session, context, ticket, "reply", entry_id=entry.id, to_people=True, to_staff=True)


def withdraw(session: Session, context: Context, ticket_id: int, *, version: int, reason: str = "") -> None:
    """Take a ticket back; it can be reinstated for a while. Raises NotFound, NotPermitted, Conflict, FieldInvalid."""
    _do(session, context, ticket_id, Deed.WITHDRAW, version, reason)


def reinstate(session: Session, context: Context, ticket_id: int, *, version: int, reason: str = "") -> None:
    """Bring a withdrawn ticket back to what and where in the queue it was. Raises as `withdraw`."""
    _do(session, context, ticket_id, Deed.REINSTATE, version, reason)


def solve(session: Session, context: Context, ticket_id: int, *, version: int, reason: str = "") -> None:
    """Say that it is solved. Raises as `withdraw`."""
    _do(session, context, ticket_id, Deed.SOLVE, version, reason)


def reopen(session: Session, context: Context, ticket_id: int, *, version: int, reason: str = "") -> None:
    """Say that a solved ticket is not, within its limit. Raises as `withdraw`."""
    _do(session, context, ticket_id, Deed.REOPEN, version, reason)


def listing(session: Session, context: Context, statuses: Sequence[Status] = (), cursor: str = "") -> Page[TicketLine]:
    """Tickets that the person may see, the latest change first."""
    context.require(Permission.SUPPORT)
    repository = TicketRepository(session, context)
    page = repository.page(statuses, cursor)
    names = repository.names([each for row in page.items for each in (row.asker_id, row.assignee_id)])
    return page.map(lambda row: thread.line(row, names, deeds=_deeds(context, row)))


def counts(session: Session, context: Context) -> dict[Status, int]:
    """How many tickets of each status the person may see."""
    context.require(Permission.SUPPORT)
    return TicketRepository(session, context).counts()


def count_waiting(session: Session, context: Context) -> int:
    """How many tickets were answered and wait for the people; for the navigation, so 0 where support is not open."""
    if not context.allows(Permission.SUPPORT):
        return 0
    return counts(session, context).get(Status.WAITING_YOU, 0)


def view(session: Session, context: Context, ticket_id: int) -> TicketView:
    """The ticket with its thread. Raises NotFound, also where it is private to others."""
    context.require(Permission.SUPPORT)
    repository = TicketRepository(session, context)
    ticket = repository.ticket(ticket_id)
    if ticket is None:
        raise NotFound(repository.noun)
    return thread.view(
        repository, ticket, deeds=_deeds(context, ticket), files_at_most=settings().attachments_per_ticket
    )


def connections(session: Session, context: Context) -> tuple[Choice, ...]:
    """The workspace's connections, which a ticket may be about."""
    context.require(Permission.SUPPORT)
    rows = session.scalars(TicketRepository(session, context).scoped(Connection).order_by(Connection.label_key))
    return tuple(Choice(id=row.id, name=row.label) for row in rows)


def expire(session: Session, context: Context) -> int:
    """Close tickets that ended so long ago that nobody may come back to them; the system's own. Returns how many."""
    repository = TicketRepository(session, context)
    done = 0
    for ticket in repository.ended(clock.now()):
        thread.move(ticket, Deed.EXPIRE)
        thread.tell(repository, ticket, Deed.EXPIRE, is_staff=True)
        audit.record(session, context, "ticket:expire", "ticket", ticket.id, {"number": ticket.number})
        done += 1
    return done


def _do(session: Session, context: Context, ticket_id: int, deed: Deed, version: int, reason: str) -> None:
    context.require(Permission.SUPPORT)
    repository = TicketRepository(session, context)
    ticket = _locked(repository, ticket_id)
    if deed not in _deeds(context, ticket):
        raise NotPermitted(
            "Only the person who asked and the admins of this workspace may do this.",
            remedy="Write into the ticket instead.",
        )
    thread.require_version(ticket, version)
    said = texts.passage("reason", reason, MAX_REASON, noun="The reason", may_be_empty=True)
    limits.count_message(context)
    was = ticket.status
    thread.move(ticket, deed)
    entry = thread.tell(repository, ticket, deed, is_staff=False, reason=said)
    detail = {"before": was, "after": ticket.status}
    audit.record(session, context, f"ticket:{deed}", "ticket", ticket_id, detail)
    mails.write(session, context, ticket, deed, entry_id=entry.id, to_staff=True, to_people=True)


def _deeds(context: Context, ticket: SupportTicket) -> frozenset[Deed]:
    """What the person may ever do to the ticket that he sees."""
    ends = ticket.asker_id == context.user_id or sees_all(context)
    return thread.PEOPLES_DEEDS if ends else thread.PEOPLES_DEEDS - _ENDS_AND_RETURNS


def _locked(repository: TicketRepository, ticket_id: int) -> SupportTicket:
    ticket = repository.ticket(ticket_id, lock=True)
    if ticket is None:
        raise NotFound(repository.noun)
    return ticket


def _person(context: Context) -> int:
    if context.user_id is None:
        raise NotPermitted("Tickets are opened by people.")
    return context.user_id
