"""SQL of the audit trail: append and read, never change. A chain is read for checking in one statement, row by row."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from sqlalchemy import func, insert, or_, text, update
from sqlalchemy.orm import Session as OrmSession
from sqlmodel import Session, col, select

from rcx_app.core.pagination import after
from rcx_app.core.repository import Repository
from rcx_app.domain.audit.schemas import Chosen, KeptEvent
from rcx_app.models import AuditEvent, AuditHead, User
from rcx_app.models.base import sql_table

_BLOCK = 1000


class AuditRepository(Repository):
    """One workspace's trail."""

    noun = "The audit entry"

    def page(self, chosen: Chosen, cursor: list[Any] | None, limit: int) -> Sequence[tuple[AuditEvent, str | None]]:
        """(event, user name) newest first, `limit` rows after `cursor` (number)."""
        query = self._named(chosen).limit(limit)
        if cursor is not None:
            query = query.where(after([(col(AuditEvent.number), True)], cursor))
        return [(row[0], row[1]) for row in self.session.execute(query)]

    def all(self, chosen: Chosen) -> Iterator[tuple[AuditEvent, str | None]]:
        """All of it, newest first, in blocks."""
        query = self._named(chosen).execution_options(yield_per=_BLOCK)
        with self.session.execute(query) as found:
            for row in found:
                yield row[0], row[1]

    def one(self, number: int) -> tuple[AuditEvent, str | None] | None:
        """The event of this number in this workspace."""
        row = self.session.execute(self._named(Chosen()).where(col(AuditEvent.number) == number)).one_or_none()
        return None if row is None else (row[0], row[1])

    def count(self, chosen: Chosen) -> int:
        query = select(func.count()).select_from(AuditEvent).where(*self._conditions(chosen))
        number: int = self.session.execute(query).scalar_one()
        return number

    def people(self) -> list[tuple[int, str]]:
        """(id, name) of everybody who stands in the trail, by name."""
        there = select(AuditEvent.user_id).where(AuditEvent.workspace_id == self.workspace_id)
        query = select(User.id, User.name).where(col(User.id).in_(there)).order_by(col(User.name), col(User.id))
        return [(row[0], row[1]) for row in self.session.execute(query)]

    def _named(self, chosen: Chosen) -> Any:
        return (
            select(AuditEvent, User.name)
            .outerjoin(User, col(User.id) == AuditEvent.user_id)
            .where(*self._conditions(chosen))
            .order_by(col(AuditEvent.number).desc())
        )

    def _conditions(self, chosen: Chosen) -> list[Any]:
        found: list[Any] = [AuditEvent.workspace_id == self.workspace_id]
        if chosen.tags:
            prefixes = [col(AuditEvent.tag).startswith(prefix, autoescape=True) for prefix in chosen.tags]
            found.append(or_(*prefixes))
        if chosen.by_system:
            found.append(col(AuditEvent.user_id).is_(None))
        elif chosen.user_id is not None:
            found.append(AuditEvent.user_id == chosen.user_id)
        if chosen.subject_type:
            found.append(AuditEvent.subject_type == chosen.subject_type)
        if chosen.subject_id is not None:
            found.append(AuditEvent.subject_id == chosen.subject_id)
        if chosen.since is not None:
            found.append(AuditEvent.created_at >= chosen.since)
        if chosen.before is not None:
            found.append(AuditEvent.created_at < chosen.before)
        return found


class ChainRepository:
    """One chain: a workspace's, or that of the events without one (`workspace_id` None)."""

    def __init__(self, session: OrmSession, workspace_id: int | None) -> None:
        self.session = session
        self.workspace_id = workspace_id
        self.chain = workspace_id or 0

    def lock_head(self) -> tuple[int, str]:
        """(number, hash) of the chain's end, which nobody else can lengthen until this transaction is over."""
        query = select(AuditHead.number, AuditHead.hash).where(AuditHead.chain == self.chain).with_for_update()
        found = self.session.execute(query).one_or_none()
        if found is None:
            # Whoever comes second waits here for the first one's commit, and then finds its row.
            made = text(
                "INSERT INTO audit_head (chain, workspace_id, number, hash) VALUES (:chain, :workspace, 0, '') "
                "ON CONFLICT (chain) DO NOTHING"
            )
            self.session.execute(made, {"chain": self.chain, "workspace": self.workspace_id})
            found = self.session.execute(query).one()
        return found[0], found[1]

    def append(self, events: Sequence[AuditEvent], number: int, last_hash: str) -> None:
        """Write chained events and the new end."""
        rows = [each.model_dump(exclude={"id"}) for each in events]
        self.session.execute(insert(AuditEvent), rows)
        moved = update(AuditHead).where(col(AuditHead.chain) == self.chain).values(number=number, hash=last_hash)
        self.session.execute(moved, execution_options={"synchronize_session": False})

    def end(self) -> tuple[int, str] | None:
        """(number, hash) as the head says; None where there is none."""
        query = select(AuditHead.number, AuditHead.hash).where(AuditHead.chain == self.chain)
        found = self.session.execute(query).one_or_none()
        return None if found is None else (found[0], found[1])

    def rows(self, *, above: int) -> Generator[tuple[int, str, KeptEvent | None]]:
        """(head's number, head's hash, event) in order, events above number `above`; of one moment, in little memory.

        Close it where it is not read to its end.
        An empty chain with a head is one row without event; without head there is no row.
        """
        # Not the ORM's objects: an identity map of a million events would not be little memory.
        event = sql_table(AuditEvent)
        same = (
            event.c.workspace_id.is_(None) if self.workspace_id is None else event.c.workspace_id == self.workspace_id
        )
        query = (
            select(AuditHead.number, AuditHead.hash, *(event.c[name] for name in KeptEvent._fields))
            .select_from(AuditHead)
            .outerjoin(event, same & (event.c.number > above))
            .where(AuditHead.chain == self.chain)
            .order_by(event.c.number, event.c.id)
            .execution_options(yield_per=_BLOCK)
        )
        with self.session.execute(query) as found:
            for number, head_hash, *rest in found:
                kept = KeptEvent(*rest)
                yield number, head_hash, kept if kept.hash is not None else None

    def follows(self, previous_hash: str, *, above: int) -> bool:
        """Whether an event above number `above` says that it follows `previous_hash`."""
        query = select(AuditEvent.id).where(
            self._mine(), AuditEvent.number > above, AuditEvent.previous_hash == previous_hash
        )
        return self.session.execute(query.limit(1)).first() is not None

    def has_events(self) -> bool:
        return self.session.execute(select(AuditEvent.id).where(self._mine()).limit(1)).first() is not None

    def _mine(self) -> Any:
        if self.workspace_id is None:
            return col(AuditEvent.workspace_id).is_(None)
        return AuditEvent.workspace_id == self.workspace_id


def chains(session: Session) -> list[int | None]:
    """Every chain there is a head or an event of: workspace ids in order, None first."""
    by_head = session.execute(select(AuditHead.workspace_id))
    by_event = session.execute(select(AuditEvent.workspace_id).distinct())
    return sorted({row[0] for row in (*by_head, *by_event)}, key=lambda each: each or 0)
