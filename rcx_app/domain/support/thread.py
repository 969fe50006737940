"""What the people's side and the agents' side do alike to a ticket: move it, write into its thread, show it.

Called with the ticket's row locked and a context in the ticket's workspace; who may is asked before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rcx_app.core import clock
from rcx_app.core.errors import Conflict
from rcx_app.domain.support.repository import TicketRepository
from rcx_app.domain.support.schemas import Category, EntryView, FileView, Priority, TicketLine, TicketView
from rcx_app.domain.support.states import (
    ENDED,
    LIMITS,
    WAITS_FOR_US,
    Deed,
    Status,
    after,
    allows,
)
from rcx_app.models import SupportAttachment, SupportEntry, SupportNote, SupportTicket

PEOPLES_DEEDS = frozenset({Deed.REPLY, Deed.SOLVE, Deed.REOPEN, Deed.WITHDRAW, Deed.REINSTATE})
STAFFS_DEEDS = frozenset({Deed.ANSWER, Deed.SOLVE, Deed.REOPEN, Deed.CLOSE})


def require_version(ticket: SupportTicket, version: int) -> None:
    """Raises Conflict where somebody has changed the ticket since the page showed `version` of it."""
    if ticket.version != version:
        raise Conflict(
            "Somebody changed this ticket since you looked at it.", remedy="Read what is new, then do it again."
        )


def move(ticket: SupportTicket, deed: Deed) -> Status:
    """Do `deed` to the ticket; returns its new status. Raises Conflict where the table of states has no such row."""
    at = clock.now()
    was = Status(ticket.status)
    now = after(was, deed, before=ticket.status_before, ended_at=ticket.ended_at, at=at)
    if deed is Deed.WITHDRAW:
        ticket.status_before = was
    elif deed is Deed.REINSTATE:
        # Its place in the queue was kept.
        ticket.status_before = ""
    elif now in WAITS_FOR_US and was not in WAITS_FOR_US:
        ticket.queued_at = at
    if deed is Deed.ANSWER and ticket.first_answered_at is None:
        ticket.first_answered_at = at
    if now not in ENDED:
        ticket.ended_at = None
    elif was != now:
        ticket.ended_at = at
    ticket.status = now
    touch(ticket)
    return now


def touch(ticket: SupportTicket) -> None:
    """Note that the ticket is another one now, for everybody who looks at it."""
    ticket.version += 1
    ticket.changed_at = clock.now()


def write(
    repository: TicketRepository,
    ticket: SupportTicket,
    text: str,
    *,
    once_key: str,
    is_staff: bool,
    source: str = "app",
) -> SupportEntry:
    """Add a message to the thread."""
    return repository.add(
        SupportEntry(
            workspace_id=ticket.workspace_id,
            ticket_id=ticket.id,
            kind="message",
            author_id=repository.context.user_id,
            is_staff=is_staff,
            text=text,
            source=source,
            once_key=once_key,
            created_at=clock.now(),
        )
    )


def tell(
    repository: TicketRepository, ticket: SupportTicket, deed: Deed, *, is_staff: bool, reason: str = ""
) -> SupportEntry:
    """Add an event to the thread."""
    return repository.add(
        SupportEntry(
            workspace_id=ticket.workspace_id,
            ticket_id=ticket.id,
            kind="event",
            deed=deed,
            author_id=repository.context.user_id,
            is_staff=is_staff,
            text=reason,
            created_at=clock.now(),
        )
    )


def line(ticket: SupportTicket, names: dict[int, str], *, deeds: Collection[Deed], workspace: str = "") -> TicketLine:
    """The ticket as lists show it; `deeds` are those that the asking person may ever do."""
    at = clock.now()
    status = Status(ticket.status)
    return TicketLine(
        id=ticket.id,
        number=ticket.number,
        subject=ticket.subject,
        status=status,
        category=Category(ticket.category),
        priority=Priority(ticket.priority),
        is_private=ticket.is_private,
        asker=names.get(ticket.asker_id, ""),
        assignee=names.get(ticket.assignee_id or 0, ""),
        created_at=ticket.created_at,
        changed_at=ticket.changed_at,
        queued_at=ticket.queued_at,
        version=ticket.version,
        workspace=workspace,
        may=frozenset(deed for deed in deeds if allows(status, deed, ticket.ended_at, at)),
    )


def view(
    repository: TicketRepository,
    ticket: SupportTicket,
    *,
    deeds: Collection[Deed],
    files_at_most: int,
    notes: Sequence[SupportNote] = (),
) -> TicketView:
    """The whole ticket. `notes` are given by the agents' side only."""
    entries, files = repository.entries(ticket.id), repository.files_of(ticket.id)
    authors = [*(each.author_id for each in entries), *(each.author_id for each in notes)]
    names = repository.names([ticket.asker_id, ticket.assignee_id, *authors])
    shown = [_entry(each, names, files) for each in entries] + [_note(each, names) for each in notes]
    limit = LIMITS.get(Status(ticket.status))
    return TicketView(
        line=line(ticket, names, deeds=deeds),
        version=ticket.version,
        entries=tuple(sorted(shown, key=lambda each: (each.at, each.is_note, each.id))),
        seen=max((each.id for each in entries), default=0),
        asker_id=ticket.asker_id,
        assignee_id=ticket.assignee_id,
        first_answered_at=ticket.first_answered_at,
        back_until=ticket.ended_at + limit if limit is not None and ticket.ended_at is not None else None,
        files_left=max(0, files_at_most - sum(each.entry_id is not None for each in files)),
        connection_id=ticket.connection_id,
        connection=repository.connection_label(ticket.connection_id),
    )


def file_view(row: SupportAttachment) -> FileView:
    """A file as pages show it."""
    return FileView(id=row.id, filename=row.filename, size_bytes=row.size_bytes)


def _entry(row: SupportEntry, names: dict[int, str], files: Sequence[SupportAttachment]) -> EntryView:
    return EntryView(
        id=row.id,
        kind=row.kind,
        deed=row.deed,
        author=_author(row.author_id, names),
        is_staff=row.is_staff,
        is_note=False,
        text=row.text,
        at=row.created_at,
        by_mail=row.source == "mail",
        files=tuple(file_view(each) for each in files if each.entry_id == row.id),
    )


def _note(row: SupportNote, names: dict[int, str]) -> EntryView:
    return EntryView(
        id=row.id,
        kind=row.kind,
        deed=row.deed,
        author=_author(row.author_id, names),
        is_staff=True,
        is_note=True,
        text=row.text,
        at=row.created_at,
        by_mail=False,
    )


def _author(user_id: int | None, names: dict[int, str]) -> str:
    return "RCX" if user_id is None else names.get(user_id, "somebody who left")
