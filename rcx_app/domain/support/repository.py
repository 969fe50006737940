"""SQL of one workspace's tickets, as its people may see them, and of all that hangs on a ticket."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col, select

from rcx_app.core.context import Context
from rcx_app.core.pagination import PAGE_SIZE, Page, after, decode_cursor, encode_cursor
from rcx_app.core.permissions import Permission, Staff, may
from rcx_app.core.repository import Repository
from rcx_app.domain.support.states import LIMITS, Status
from rcx_app.models import (
    Connection,
    Membership,
    SupportAttachment,
    SupportEntry,
    SupportTicket,
    User,
    Workspace,
)

STAFF = (Staff.AGENT.value, Staff.PLATFORM_ADMIN.value)


def is_late(at: datetime) -> ColumnElement[bool]:
    """Tickets that ended so long ago that nobody may come back to them."""
    return or_(
        *(
            and_(col(SupportTicket.status) == status.value, col(SupportTicket.ended_at) < at - limit)
            for status, limit in LIMITS.items()
        )
    )


def sees_all(context: Context) -> bool:
    """Whether a person's role shows him private tickets of others (admins and owners, at every stage)."""
    return may(context.role, Permission.PEOPLE)


class TicketRepository(Repository):
    """Tickets of the context's workspace. `visible` is the one place that says which of them a person may see."""

    noun = "This ticket"

    def visible(self) -> Any:
        query = self.scoped(SupportTicket)
        if sees_all(self.context):
            return query
        return query.where(
            or_(col(SupportTicket.is_private).is_(False), col(SupportTicket.asker_id) == self.context.user_id)
        )

    def ticket(self, ticket_id: int, *, lock: bool = False) -> SupportTicket | None:
        """The ticket as the person may see it, or None."""
        query = self.visible().where(col(SupportTicket.id) == ticket_id)
        if lock:
            query = query.with_for_update(of=SupportTicket).execution_options(populate_existing=True)
        found: SupportTicket | None = self.session.scalars(query).one_or_none()
        return found

    def page(self, statuses: Collection[Status], cursor: str) -> Page[SupportTicket]:
        """Tickets, the latest change first."""
        query = self.visible()
        if statuses:
            query = query.where(col(SupportTicket.status).in_(sorted(statuses)))
        keys = [(col(SupportTicket.changed_at), True), (col(SupportTicket.id), True)]
        if cursor:
            query = query.where(after(keys, decode_cursor(cursor, length=2)))
        query = query.order_by(*(column.desc() for column, _ in keys)).limit(PAGE_SIZE + 1)
        found = list(self.session.scalars(query))
        last = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
        return Page(tuple(found[:PAGE_SIZE]), encode_cursor([last.changed_at, last.id]) if last else "")

    def ended(self, at: datetime) -> list[SupportTicket]:
        """Tickets, locked, that ended so long ago that nobody may come back to them."""
        query = self.scoped(SupportTicket).where(is_late(at)).with_for_update(skip_locked=True)
        return list(self.session.scalars(query.order_by(col(SupportTicket.id)).limit(500)))

    def counts(self) -> dict[Status, int]:
        """How many tickets the person may see, by status."""
        seen = self.visible().subquery()
        query = select(seen.c.status, func.count()).group_by(seen.c.status)
        return {Status(status): number for status, number in self.session.execute(query)}

    def by_once_key(self, once_key: str) -> SupportTicket | None:
        """The ticket that this form has made already."""
        query = self.scoped(SupportTicket).where(
            col(SupportTicket.asker_id) == self.context.user_id, col(SupportTicket.once_key) == once_key
        )
        found: SupportTicket | None = self.session.scalars(query).one_or_none()
        return found

    def next_number(self) -> int:
        """The workspace's next ticket number; tickets of one workspace are numbered one after the other."""
        here = select(Workspace.id).where(col(Workspace.id) == self.workspace_id)
        self.session.execute(here.with_for_update(key_share=True))
        last = select(func.max(SupportTicket.number)).where(col(SupportTicket.workspace_id) == self.workspace_id)
        return (self.session.scalars(last).one() or 0) + 1

    def entry_by_once_key(self, ticket_id: int, once_key: str) -> SupportEntry | None:
        query = self.scoped(SupportEntry).where(
            col(SupportEntry.ticket_id) == ticket_id, col(SupportEntry.once_key) == once_key
        )
        found: SupportEntry | None = self.session.scalars(query).one_or_none()
        return found

    def entries(self, ticket_id: int) -> list[SupportEntry]:
        query = self.scoped(SupportEntry).where(col(SupportEntry.ticket_id) == ticket_id)
        return list(self.session.scalars(query.order_by(col(SupportEntry.id))))

    def last_entry_id(self, ticket_id: int) -> int:
        query = select(func.max(SupportEntry.id)).where(
            col(SupportEntry.workspace_id) == self.workspace_id, col(SupportEntry.ticket_id) == ticket_id
        )
        return self.session.scalars(query).one() or 0

    def writers(self, ticket_id: int) -> set[int]:
        """People of the workspace's side who wrote in the thread."""
        query = select(SupportEntry.author_id).where(
            col(SupportEntry.workspace_id) == self.workspace_id,
            col(SupportEntry.ticket_id) == ticket_id,
            col(SupportEntry.is_staff).is_(False),
            col(SupportEntry.kind) == "message",
        )
        return {found for found in self.session.scalars(query) if found is not None}

    def members(self, user_ids: Collection[int]) -> list[tuple[User, str]]:
        """(person, role) of those who belong to the workspace, by id."""
        query = (
            select(User, Membership.role)
            .join(Membership, col(Membership.user_id) == col(User.id))
            .where(col(Membership.workspace_id) == self.workspace_id, col(User.id).in_(sorted(user_ids)))
            .order_by(col(User.id))
        )
        return [(user, role) for user, role in self.session.execute(query)]

    def agents(self) -> list[User]:
        """All staff, by name."""
        return list(self.session.scalars(select(User).where(col(User.staff).in_(STAFF)).order_by(col(User.name))))

    def names(self, user_ids: Iterable[int | None]) -> dict[int, str]:
        wanted = sorted({each for each in user_ids if each is not None})
        query = select(User.id, User.name).where(col(User.id).in_(wanted))
        return {user_id: name for user_id, name in self.session.execute(query)}  # noqa: C416

    def connection_label(self, connection_id: int | None) -> str:
        if connection_id is None:
            return ""
        query = select(Connection.label).where(
            col(Connection.workspace_id) == self.workspace_id, col(Connection.id) == connection_id
        )
        return self.session.scalars(query).one_or_none() or ""

    # --- files

    def files_of(self, ticket_id: int) -> list[SupportAttachment]:
        query = self.scoped(SupportAttachment).where(col(SupportAttachment.ticket_id) == ticket_id)
        return list(self.session.scalars(query.order_by(col(SupportAttachment.id))))

    def loose_files(self) -> list[SupportAttachment]:
        """Files that the person has uploaded and not sent with a message yet."""
        query = self.scoped(SupportAttachment).where(
            col(SupportAttachment.uploaded_by) == self.context.user_id, col(SupportAttachment.entry_id).is_(None)
        )
        return list(self.session.scalars(query.order_by(col(SupportAttachment.id)).with_for_update()))
