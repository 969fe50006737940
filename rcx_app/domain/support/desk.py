"""The agents' side of tickets, over all workspaces: queue, answers, notes, assignment, priority, ends.

Every function asks for Permission.AGENT itself and needs a transaction without a workspace. What people may see is
noted in their workspace's trail; what agents do among themselves (notes, assignment) is not theirs to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.support import drafts, files, mails, texts, thread
from rcx_app.domain.support.desk_repository import DeskRepository, is_agent
from rcx_app.domain.support.repository import TicketRepository
from rcx_app.domain.support.schemas import (
    MAX_REASON,
    MAX_TEXT,
    PRIORITIES,
    Choice,
    DeskView,
    Looker,
    Priority,
    QueueFilters,
    TicketLine,
)
from rcx_app.domain.support.states import WAITS_FOR_US, Deed
from rcx_app.models import SupportNote, SupportTicket

LOOKS_FOR = timedelta(seconds=45)
"""Who has not said for so long that he has a ticket open has left it."""


def queue(session: Session, context: Context, filters: QueueFilters, cursor: str = "") -> Page[TicketLine]:
    """Tickets of all workspaces: the most urgent first, then by how long they have waited for us."""
    context.require(Permission.AGENT)
    repository = DeskRepository(session, context.user_id)
    names = {user.id: user.name for user in repository.staff()}
    page = repository.queue(filters, cursor)
    return page.map(
        lambda row: thread.line(row[0], {**names, row[0].asker_id: row[2]}, deeds=thread.STAFFS_DEEDS, workspace=row[1])
    )


def count(session: Session, context: Context, filters: QueueFilters) -> int:
    """How many tickets the filters leave."""
    context.require(Permission.AGENT)
    return DeskRepository(session, context.user_id).count(filters)


def count_waiting(session: Session, context: Context) -> int:
    """How many tickets wait for an agent; 0 for those who are none."""
    if not context.allows(Permission.AGENT):
        return 0
    return count(session, context, QueueFilters(statuses=WAITS_FOR_US))


def view(session: Session, context: Context, ticket_id: int) -> DeskView:
    """A ticket with its notes. Raises NotFound."""
    context.require(Permission.AGENT)
    desk = DeskRepository(session, context.user_id)
    ticket = desk.ticket(ticket_id)
    if ticket is None:
        raise NotFound("This ticket")
    asker = desk.person(ticket.asker_id)
    shown = thread.view(
        TicketRepository(session, _inside(context, ticket)),
        ticket,
        deeds=thread.STAFFS_DEEDS,
        files_at_most=settings().attachments_per_ticket,
        notes=desk.notes(ticket_id),
    )
    since = clock.now() - LOOKS_FOR
    return DeskView(
        ticket=shown,
        workspace_id=ticket.workspace_id,
        workspace=desk.workspace(ticket.workspace_id),
        asker_email=asker.email if asker is not None else "",
        lookers=tuple(Looker(name=name, is_writing=writes) for name, writes in desk.lookers(ticket_id, since)),
    )


def answer(
    session: Session,
    context: Context,
    ticket_id: int,
    text: str,
    *,
    once_key: str,
    seen: int,
    solve: bool = False,
    attached: Sequence[int] = (),
) -> None:
    """Answer the people; `solve` says in the same step that it is solved. Sent twice it stands there once.

    `seen`: the last entry that the agent had read. Raises Conflict where something was written since, or the ticket is
    closed or withdrawn; NotFound, FieldInvalid.
    """
    ticket, inside = _locked(session, context, ticket_id)
    repository = TicketRepository(session, inside)
    if repository.entry_by_once_key(ticket_id, texts.once_key(once_key)) is not None:
        return
    words = texts.passage("text", text, MAX_TEXT, noun="Your answer")
    if repository.last_entry_id(ticket_id) != seen:
        raise Conflict("Something was written meanwhile.", remedy="Read it; your answer is kept. Then send it.")
    thread.move(ticket, Deed.ANSWER)
    entry = thread.write(repository, ticket, words, once_key=once_key, is_staff=True)
    files.claim(session, context, ticket, entry.id, attached)
    if ticket.assignee_id is None:
        # Who answers first has taken it on.
        ticket.assignee_id = context.user_id
    if solve:
        thread.move(ticket, Deed.SOLVE)
        thread.tell(repository, ticket, Deed.SOLVE, is_staff=True)
    drafts.forget(session, context, drafts.reply_to(ticket_id))
    audit.record(session, inside, "ticket:answer", "ticket", ticket_id, {"entry_id": entry.id, "solved": solve})
    mails.write(session, inside, ticket, "solve" if solve else "answer", entry_id=entry.id, to_people=True)


def note(session: Session, context: Context, ticket_id: int, text: str, *, once_key: str) -> None:
    """Write down something for agents only. Raises NotFound, FieldInvalid."""
    ticket, inside = _locked(session, context, ticket_id)
    desk = DeskRepository(session, context.user_id)
    if desk.note_by_once_key(ticket_id, texts.once_key(once_key)) is not None:
        return
    words = texts.passage("text", text, MAX_TEXT, noun="Your note")
    _note(session, inside, ticket, "note", words, once_key=once_key)
    drafts.forget(session, context, drafts.note_on(ticket_id))
    audit.record_outside(session, "ticket:note", {"ticket_id": ticket_id, "by": context.user_id})


def assign(session: Session, context: Context, ticket_id: int, agent_id: int | None, *, version: int) -> None:
    """Give the ticket to an agent, or to nobody; he is told by mail unless he took it himself.

    Raises NotFound, Conflict (changed meanwhile), Invalid for who is no agent.
    """
    ticket, inside = _locked(session, context, ticket_id)
    thread.require_version(ticket, version)
    if agent_id == ticket.assignee_id:
        return
    desk = DeskRepository(session, context.user_id)
    agent = desk.person(agent_id) if agent_id is not None else None
    if agent_id is not None and (agent is None or not is_agent(agent)):
        raise Invalid("This person is no agent.", remedy="Choose another one.")
    ticket.assignee_id = agent_id
    thread.touch(ticket)
    _note(session, inside, ticket, "event", agent.name if agent is not None else "", deed="assign")
    audit.record_outside(session, "ticket:assign", {"ticket_id": ticket_id, "to": agent_id, "by": context.user_id})
    if agent_id is not None:
        mails.write(session, inside, ticket, "assign", to_staff=True)


def prioritise(session: Session, context: Context, ticket_id: int, priority: Priority, *, version: int) -> None:
    """Say how urgent it is. Raises NotFound, Conflict (changed meanwhile)."""
    ticket, inside = _locked(session, context, ticket_id)
    thread.require_version(ticket, version)
    was = Priority(ticket.priority)
    if was is priority:
        return
    ticket.priority = priority
    thread.touch(ticket)
    _note(session, inside, ticket, "event", PRIORITIES[priority].partition(":")[0], deed="prioritise")
    detail = {"before": was, "after": priority}
    audit.record(session, inside, "ticket:prioritise", "ticket", ticket_id, detail)


def end(session: Session, context: Context, ticket_id: int, deed: Deed, *, version: int, reason: str = "") -> None:
    """Solve, close or reopen a ticket; the people are told. Raises NotFound, Conflict, FieldInvalid, Invalid."""
    if deed not in (Deed.SOLVE, Deed.CLOSE, Deed.REOPEN):
        raise Invalid("Agents can't do this.")
    ticket, inside = _locked(session, context, ticket_id)
    thread.require_version(ticket, version)
    said = texts.passage("reason", reason, MAX_REASON, noun="The reason", may_be_empty=True)
    was = ticket.status
    thread.move(ticket, deed)
    entry = thread.tell(TicketRepository(session, inside), ticket, deed, is_staff=True, reason=said)
    detail = {"before": was, "after": ticket.status, "by_staff": True}
    audit.record(session, inside, f"ticket:{deed}", "ticket", ticket_id, detail)
    mails.write(session, inside, ticket, deed, entry_id=entry.id, to_people=True)


def look(
    session: Session, context: Context, ticket_id: int, *, is_writing: bool = False
) -> tuple[tuple[Looker, ...], int]:
    """Say that one has the ticket open; returns who else has, and the ticket's version. Raises NotFound."""
    context.require(Permission.AGENT)
    desk = DeskRepository(session, context.user_id)
    ticket = desk.ticket(ticket_id)
    if ticket is None or context.user_id is None:
        raise NotFound("This ticket")
    desk.look(ticket, context.user_id, is_writing=is_writing, at=clock.now())
    found = desk.lookers(ticket_id, clock.now() - LOOKS_FOR)
    return tuple(Looker(name=name, is_writing=writes) for name, writes in found), ticket.version


def leave(session: Session, context: Context, ticket_id: int) -> None:
    """Say that one has left the ticket."""
    context.require(Permission.AGENT)
    if context.user_id is not None:
        DeskRepository(session, context.user_id).leave(ticket_id, context.user_id)


def agents(session: Session, context: Context) -> tuple[Choice, ...]:
    """Whom a ticket may be given to."""
    context.require(Permission.AGENT)
    staff = DeskRepository(session, context.user_id).staff()
    return tuple(Choice(id=user.id, name=user.name) for user in staff)


def workspaces(session: Session, context: Context) -> tuple[Choice, ...]:
    """Workspaces that have tickets."""
    context.require(Permission.AGENT)
    found = DeskRepository(session, context.user_id).workspaces()
    return tuple(Choice(id=workspace_id, name=name) for workspace_id, name in found)


def _inside(context: Context, ticket: SupportTicket) -> Context:
    """The agent, acting in the ticket's workspace: for its rows and its trail."""
    return replace(context, workspace_id=ticket.workspace_id)


def _locked(session: Session, context: Context, ticket_id: int) -> tuple[SupportTicket, Context]:
    context.require(Permission.AGENT)
    ticket = DeskRepository(session, context.user_id).ticket(ticket_id, lock=True)
    if ticket is None:
        raise NotFound("This ticket")
    return ticket, _inside(context, ticket)


def _note(
    session: Session,
    inside: Context,
    ticket: SupportTicket,
    kind: str,
    text: str,
    *,
    deed: str = "",
    once_key: str | None = None,
) -> None:
    session.add(
        SupportNote(
            workspace_id=ticket.workspace_id,
            ticket_id=ticket.id,
            kind=kind,
            deed=deed,
            author_id=inside.user_id,
            text=text,
            once_key=once_key,
            created_at=clock.now(),
        )
    )
    session.flush()
