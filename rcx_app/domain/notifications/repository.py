"""SQL of notices, choices and digests; and, for the round, which workspaces have something to do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from rcx_app.core.db import rows_met
from rcx_app.core.pagination import PAGE_SIZE, Page, after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.models import (
    AuditHead,
    Mail,
    Membership,
    Notice,
    NoticeChoice,
    NoticeCursor,
    ReconcileRun,
    User,
    Workspace,
)


class NoticeRepository(Repository):
    """Of one workspace."""

    noun = "This notice"

    def workspace(self) -> Workspace:
        return self.session.scalars(select(Workspace).where(col(Workspace.id) == self.workspace_id)).one()

    def cursor(self) -> NoticeCursor:
        """The cursor, locked: whoever comes second waits, and goes on where the first one ended."""
        query = self.scoped(NoticeCursor).with_for_update().execution_options(populate_existing=True)
        found: NoticeCursor | None = self.session.scalars(query).one_or_none()
        if found is None:
            self._insert_missing(NoticeCursor, [NoticeCursor(workspace_id=self.workspace_id)], ["workspace_id"])
            found = self.session.scalars(query).one()
        return found

    def members(self, user_id: int | None = None) -> list[tuple[User, str, NoticeChoice | None]]:
        """(person, role, what he chose) of the members, or of the one."""
        chose = (col(NoticeChoice.user_id) == col(User.id)) & (col(NoticeChoice.workspace_id) == self.workspace_id)
        query = (
            select(User, Membership.role, NoticeChoice)
            .join(Membership, col(Membership.user_id) == col(User.id))
            .outerjoin(NoticeChoice, chose)
            .where(col(Membership.workspace_id) == self.workspace_id)
            .order_by(col(User.id))
        )
        if user_id is not None:
            query = query.where(col(User.id) == user_id)
        return [(row[0], row[1], row[2]) for row in self.session.execute(query)]

    # --- choices

    def choice(self, user_id: int, *, lock: bool = False) -> NoticeChoice | None:
        query = self.scoped(NoticeChoice).where(col(NoticeChoice.user_id) == user_id)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        found: NoticeChoice | None = self.session.scalars(query).one_or_none()
        return found

    def keep_missing(self, rows: Sequence[NoticeChoice]) -> None:
        """Add choices of people who have none; a row that somebody else adds meanwhile stands."""
        self._insert_missing(NoticeChoice, rows, ["workspace_id", "user_id"])

    def due(self, at: datetime) -> list[NoticeChoice]:
        """Choices whose digest is due, for this worker alone."""
        query = self.scoped(NoticeChoice).where(col(NoticeChoice.next_at) <= at).order_by(col(NoticeChoice.id))
        query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
        return list(self.session.scalars(query))

    # --- notices

    def add_notices(self, rows: Sequence[Notice]) -> None:
        """Add notices; one whose key the person has already is left out."""
        self._insert_missing(Notice, rows, ["workspace_id", "user_id", "key"])

    def page(self, user_id: int, kinds: Collection[str], cursor: str, *, unread_only: bool) -> Page[Notice]:
        """A person's notices of these kinds, newest first."""
        query = self._of(user_id, kinds).order_by(col(Notice.id).desc()).limit(PAGE_SIZE + 1)
        if unread_only:
            query = query.where(col(Notice.read_at).is_(None))
        if cursor:
            query = query.where(after([(Notice.id, True)], decode_cursor(cursor, length=1)))
        found = list(self.session.scalars(query))
        more = encode_cursor([found[PAGE_SIZE - 1].id]) if len(found) > PAGE_SIZE else ""
        return Page(tuple(found[:PAGE_SIZE]), more)

    def newest(self, user_id: int, kinds: Collection[str], size: int) -> list[Notice]:
        return list(self.session.scalars(self._of(user_id, kinds).order_by(col(Notice.id).desc()).limit(size)))

    def unread(self, user_id: int, kinds: Collection[str]) -> int:
        query = select(func.count()).select_from(
            self._of(user_id, kinds).where(col(Notice.read_at).is_(None)).subquery()
        )  # fmt: skip
        return int(self.session.scalars(query).one())

    def mark_read(self, user_id: int, at: datetime, notice_id: int | None = None) -> int:
        """One, or all up to now; returns how many were not read before."""
        query = update(Notice).where(
            col(Notice.workspace_id) == self.workspace_id,
            col(Notice.user_id) == user_id,
            col(Notice.read_at).is_(None),
        )
        if notice_id is not None:
            query = query.where(col(Notice.id) == notice_id)
        return rows_met(self.session, query.values(read_at=at).execution_options(synchronize_session=False))

    def untold(self, user_id: int) -> list[Notice]:
        """What waits for a digest, oldest first, locked: also what stands in one that could not be sent until now.

        What was read in the app has been told.
        """
        waits = exists().where(col(Mail.id) == col(Notice.mail_id), col(Mail.state) == "waiting")
        query = (
            self.scoped(Notice)
            .where(
                col(Notice.user_id) == user_id,
                col(Notice.for_mail).is_(True),
                col(Notice.read_at).is_(None),
                or_(col(Notice.mail_id).is_(None), waits),
            )
            .order_by(col(Notice.at), col(Notice.id))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return list(self.session.scalars(query))

    def hold_back(self, user_id: int) -> None:
        """Let nothing of what is there go into a mail any more, but what stands in one."""
        query = update(Notice).where(
            col(Notice.workspace_id) == self.workspace_id,
            col(Notice.user_id) == user_id,
            col(Notice.mail_id).is_(None),
        )
        self.session.execute(query.values(for_mail=False), execution_options={"synchronize_session": False})

    def forget(self, before: datetime) -> int:
        """Delete notices from before that time; those that wait for a digest stay."""
        query = delete(Notice).where(
            col(Notice.workspace_id) == self.workspace_id,
            col(Notice.created_at) < before,
            or_(col(Notice.for_mail).is_(False), col(Notice.mail_id).is_not(None), col(Notice.read_at).is_not(None)),
        )
        return rows_met(self.session, query.execution_options(synchronize_session=False))

    # --- mails

    def notices_of(self, mail_id: int) -> list[Notice]:
        query = self.scoped(Notice).where(col(Notice.mail_id) == mail_id).order_by(col(Notice.at), col(Notice.id))
        return list(self.session.scalars(query))

    def _of(self, user_id: int, kinds: Collection[str]) -> Any:
        return self.scoped(Notice).where(col(Notice.user_id) == user_id, col(Notice.kind).in_(sorted(kinds)))

    def _insert_missing(self, table: type[Any], rows: Sequence[Any], unique: list[str]) -> None:
        if not rows:
            return
        values = [row.model_dump(exclude={"id"}) for row in rows]
        is_postgresql = self.session.get_bind().dialect.name == "postgresql"
        add: Any = postgresql.insert if is_postgresql else sqlite.insert
        self.session.connection().execute(add(table).on_conflict_do_nothing(index_elements=unique), values)


class AllNotices:
    """Of all workspaces, for the round; needs a transaction without a workspace."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def behind(self) -> list[int]:
        """Workspaces in which something was done that nobody has looked at yet."""
        runs = (
            select(ReconcileRun.workspace_id, func.max(ReconcileRun.id).label("newest"))
            .where(col(ReconcileRun.finished_at).is_not(None))
            .group_by(col(ReconcileRun.workspace_id))
            .subquery()
        )
        query = (
            select(Workspace.id)
            .outerjoin(NoticeCursor, col(NoticeCursor.workspace_id) == col(Workspace.id))
            .outerjoin(AuditHead, col(AuditHead.chain) == col(Workspace.id))
            .outerjoin(runs, runs.c.workspace_id == col(Workspace.id))
            .where(
                or_(
                    col(AuditHead.number) > func.coalesce(NoticeCursor.audit_number, 0),
                    runs.c.newest > func.coalesce(NoticeCursor.run_id, 0),
                )
            )
        )
        return list(self.session.scalars(query))

    def due(self, at: datetime) -> list[int]:
        """Workspaces with a digest that is due."""
        digests = select(NoticeChoice.workspace_id).where(col(NoticeChoice.next_at) <= at)
        return sorted(set(self.session.scalars(digests)))
