"""SQL of the outbox. Writing may happen in any transaction; everything else needs one without a workspace."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from rcx_app.core.db import rows_met
from rcx_app.domain.mail.schemas import UNSENT, State
from rcx_app.models import Mail


class Outbox:
    """The mails of all workspaces and of none."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def add(self, row: Mail) -> int | None:
        """Add a mail and return its id; None where one of that key is there already."""
        is_postgresql = self.session.get_bind().dialect.name == "postgresql"
        insert: Any = postgresql.insert if is_postgresql else sqlite.insert
        self.session.flush()
        query = insert(Mail).on_conflict_do_nothing(index_elements=["key"]).returning(col(Mail.id))
        found: int | None = self.session.connection().execute(
            query, row.model_dump(exclude={"id"})
        ).scalar_one_or_none()  # fmt: skip
        return found

    def known(self, keys: Collection[str]) -> set[str]:
        """Which of these mails are written, whatever became of them."""
        return set(self.session.scalars(select(Mail.key).where(col(Mail.key).in_(sorted(keys)))))

    def drop(self, workspace_id: int, kind: str, user_id: int, reason: str) -> None:
        """Give up a person's mails of this kind that nobody has begun to send."""
        query = update(Mail).where(
            col(Mail.workspace_id) == workspace_id,
            col(Mail.kind) == kind,
            col(Mail.user_id) == user_id,
            col(Mail.state) == State.WAITING.value,
        )
        values = {"state": State.DROPPED.value, "sealed": None, "reason": reason}
        self.session.execute(query.values(**values), execution_options={"synchronize_session": False})

    def due(self, at: datetime, most: int) -> list[int]:
        """Mails to be taken now, those that wait longest first; also to be wiped, since it is too late to send them."""
        is_late = and_(col(Mail.state) == State.WAITING.value, col(Mail.send_before) <= at)
        query = select(Mail.id).where(col(Mail.state).in_(UNSENT), or_(col(Mail.next_try_at) <= at, is_late))
        return list(self.session.scalars(query.order_by(col(Mail.next_try_at), col(Mail.id)).limit(most)))

    def take(self, mail_id: int, at: datetime, lease: timedelta) -> Mail | None:
        """The mail, for this worker alone until its lease ends; None where another has it, or it has ended.

        Its worker was lost where it was found being sent: `lost` counts those.
        """
        is_left = and_(col(Mail.state) == State.SENDING.value, col(Mail.next_try_at) <= at)
        query = select(Mail).where(col(Mail.id) == mail_id, or_(col(Mail.state) == State.WAITING.value, is_left))
        query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
        row = self.session.scalars(query).one_or_none()
        if row is not None:
            row.lost += row.state == State.SENDING.value
            row.state, row.tries, row.next_try_at = State.SENDING.value, row.tries + 1, at + lease
            self.session.flush()
        return row

    def settle(self, mail_id: int, attempt: int, **values: Any) -> bool:
        """Say what became of a mail; False where it is no longer this worker's."""
        query = update(Mail).where(
            col(Mail.id) == mail_id, col(Mail.tries) == attempt, col(Mail.state) == State.SENDING.value
        )
        return rows_met(self.session, query.values(**values).execution_options(synchronize_session=False)) == 1

    def hold(self, until: datetime) -> None:
        """Let all mails that wait wait until then at least: the mail server takes none."""
        query = update(Mail).where(col(Mail.state) == State.WAITING.value, col(Mail.next_try_at) < until)
        self.session.execute(query.values(next_try_at=until), execution_options={"synchronize_session": False})

    def unsent(self) -> tuple[int, Mail | None]:
        """How many have not gone out, and the oldest of them."""
        waits = col(Mail.state).in_(UNSENT)
        number = self.session.scalars(select(func.count()).select_from(Mail).where(waits)).one()
        return int(number), self.session.scalars(select(Mail).where(waits).order_by(col(Mail.id)).limit(1)).first()

    def failed(self, since: datetime) -> int:
        """How many were given up."""
        lost = and_(col(Mail.state) == State.FAILED.value, col(Mail.next_try_at) >= since)
        return int(self.session.scalars(select(func.count()).select_from(Mail).where(lost)).one())

    def forget(self, before: datetime) -> int:
        """Delete mails that ended and were written before that time; returns how many."""
        query = delete(Mail).where(col(Mail.state).not_in(UNSENT), col(Mail.created_at) < before)
        return rows_met(self.session, query.execution_options(synchronize_session=False))
