"""SQL of the agents' side: tickets of all workspaces. Run it in `transaction(None)` only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, or_
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, col, delete, select

from rcx_app.core import clock
from rcx_app.core.pagination import PAGE_SIZE, Page, after, decode_cursor, encode_cursor
from rcx_app.domain.support.repository import STAFF, is_late
from rcx_app.domain.support.schemas import RANKS, QueueFilters
from rcx_app.domain.support.states import WAITS_FOR_US
from rcx_app.models import SupportNote, SupportPresence, SupportTicket, User, Workspace


class DeskRepository:
    """Tickets of all workspaces, for agents."""

    def __init__(self, session: Session, user_id: int | None) -> None:
        self.session = session
        self.user_id = user_id

    def ticket(self, ticket_id: int, *, lock: bool = False) -> SupportTicket | None:
        query = select(SupportTicket).where(col(SupportTicket.id) == ticket_id)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        return self.session.scalars(query).one_or_none()

    def queue(self, filters: QueueFilters, cursor: str) -> Page[tuple[SupportTicket, str, str]]:
        """(ticket, workspace, asker): the most urgent first, then who has waited for us the longest."""
        rank = case({key.value: number for key, number in RANKS.items()}, value=col(SupportTicket.priority), else_=9)
        query = self._filtered(
            select(SupportTicket, Workspace.name, User.name)
            .join(Workspace, col(Workspace.id) == col(SupportTicket.workspace_id))
            .join(User, col(User.id) == col(SupportTicket.asker_id)),
            filters,
        )
        keys = [(rank, False), (col(SupportTicket.queued_at), False), (col(SupportTicket.id), False)]
        if cursor:
            query = query.where(after(keys, decode_cursor(cursor, length=3)))
        found = [tuple(row) for row in self.session.execute(query.order_by(*(each for each, _ in keys)).limit(51))]
        more = ""
        if len(found) > PAGE_SIZE:
            last = found[PAGE_SIZE - 1][0]
            more = encode_cursor([RANKS[last.priority], last.queued_at, last.id])
        return Page(tuple((row[0], row[1], row[2]) for row in found[:PAGE_SIZE]), more)

    def count(self, filters: QueueFilters) -> int:
        query = select(func.count()).select_from(SupportTicket)
        query = query.join(Workspace, col(Workspace.id) == col(SupportTicket.workspace_id))
        query = query.join(User, col(User.id) == col(SupportTicket.asker_id))
        number: int = self.session.execute(self._filtered(query, filters)).scalar_one()
        return number

    def _filtered(self, query: Any, filters: QueueFilters) -> Any:
        if filters.statuses:
            query = query.where(col(SupportTicket.status).in_(sorted(filters.statuses)))
        if filters.priorities:
            query = query.where(col(SupportTicket.priority).in_(sorted(filters.priorities)))
        if filters.category is not None:
            query = query.where(col(SupportTicket.category) == filters.category.value)
        if filters.unassigned:
            query = query.where(col(SupportTicket.assignee_id).is_(None))
        if filters.mine:
            query = query.where(col(SupportTicket.assignee_id) == self.user_id)
        if filters.workspace_id is not None:
            query = query.where(col(SupportTicket.workspace_id) == filters.workspace_id)
        if filters.older_than_days:
            since = clock.now() - timedelta(days=filters.older_than_days)
            query = query.where(
                col(SupportTicket.status).in_(sorted(WAITS_FOR_US)), col(SupportTicket.queued_at) < since
            )
        for word in filters.find.split()[:10]:
            query = query.where(self._says(word))
        return query

    def _says(self, word: str) -> Any:
        """A word of the subject, the workspace's or the asker's name, or a number (``T-12`` or ``12``)."""
        fields = (col(SupportTicket.subject), col(Workspace.name), col(User.name), col(User.email_key))
        said = [each.icontains(word, autoescape=True) for each in fields]
        number = word.upper().removeprefix("T-")
        if number.isdecimal() and len(number) < 9:
            said.append(col(SupportTicket.number) == int(number))
        return or_(*said)

    def notes(self, ticket_id: int) -> list[SupportNote]:
        query = select(SupportNote).where(col(SupportNote.ticket_id) == ticket_id).order_by(col(SupportNote.id))
        return list(self.session.scalars(query))

    def note_by_once_key(self, ticket_id: int, once_key: str) -> SupportNote | None:
        query = select(SupportNote).where(
            col(SupportNote.ticket_id) == ticket_id, col(SupportNote.once_key) == once_key
        )
        return self.session.scalars(query).one_or_none()

    def workspace(self, workspace_id: int) -> str:
        return self.session.scalars(select(Workspace.name).where(col(Workspace.id) == workspace_id)).one()

    def workspaces(self) -> list[tuple[int, str]]:
        """(id, name) of the workspaces that have tickets, by name."""
        there = select(SupportTicket.workspace_id).distinct()
        query = select(Workspace.id, Workspace.name).where(col(Workspace.id).in_(there)).order_by(col(Workspace.name))
        return [(row[0], row[1]) for row in self.session.execute(query)]

    def staff(self) -> list[User]:
        """All agents, by name."""
        query = select(User).where(col(User.staff).in_(STAFF)).order_by(col(User.name), col(User.id))
        return list(self.session.scalars(query))

    def person(self, user_id: int) -> User | None:
        return self.session.get(User, user_id)

    def workspaces_with_late(self, at: datetime) -> list[int]:
        """Workspaces with tickets to close, since they ended long ago."""
        return sorted(self.session.scalars(select(SupportTicket.workspace_id).where(is_late(at)).distinct()))

    # --- who looks

    def look(self, ticket: SupportTicket, user_id: int, *, is_writing: bool, at: datetime) -> None:
        """Note that an agent has the ticket open."""
        values = {
            "workspace_id": ticket.workspace_id,
            "ticket_id": ticket.id,
            "user_id": user_id,
            "is_writing": is_writing,
            "seen_at": at,
            "created_at": at,
        }
        dialect = self.session.get_bind().dialect.name
        insert: Any = postgres_insert if dialect == "postgresql" else sqlite_insert
        statement = insert(SupportPresence).values(**values)
        self.session.execute(
            statement.on_conflict_do_update(
                index_elements=["ticket_id", "user_id"], set_={"is_writing": is_writing, "seen_at": at}
            )
        )

    def leave(self, ticket_id: int, user_id: int) -> None:
        self.session.execute(
            delete(SupportPresence).where(
                col(SupportPresence.ticket_id) == ticket_id, col(SupportPresence.user_id) == user_id
            )
        )

    def lookers(self, ticket_id: int, since: datetime) -> list[tuple[str, bool]]:
        """(name, is writing) of the other agents who have had the ticket open since then."""
        query = (
            select(User.name, SupportPresence.is_writing)
            .join(User, col(User.id) == col(SupportPresence.user_id))
            .where(
                col(SupportPresence.ticket_id) == ticket_id,
                col(SupportPresence.user_id) != self.user_id,
                col(SupportPresence.seen_at) >= since,
            )
            .order_by(col(User.name))
        )
        return [(row[0], row[1]) for row in self.session.execute(query)]

    def forget_lookers(self, before: datetime) -> None:
        self.session.execute(delete(SupportPresence).where(col(SupportPresence.seen_at) < before))


def is_agent(user: User | None) -> bool:
    """Whether a person is staff now."""
    return user is not None and user.staff in STAFF
