"""What tests of notices stand on: people, rounds as beat starts them, and the mails that they led to."""

from __future__ import annotations

import email
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default as policy

from sqlmodel import select

from jobs import tasks
from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.mail import sending
from rcx_app.domain.notifications import service
from rcx_app.domain.notifications.schemas import Choice, Kind, NoticeView
from rcx_app.models import ChangeSet, Connection, LineChange, User
from tests.domain.review.making import NOON, join

MORNING = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
"""The first morning after the tests' noon, in UTC."""


def person(context: Context, name: str, role: Role = Role.OPERATOR) -> Context:
    """A member with a confirmed address."""
    made = join(context, name, role)
    confirm(made)
    return made


def confirm(context: Context) -> None:
    with transaction(None) as session:
        session.get_one(User, context.user_id).email_verified_at = NOON


def round_at(at: datetime) -> int:
    """A round as beat starts it, and the mails that it led to; returns how many went out."""
    with frozen(at):
        tasks.tell_news()
        return sending.send_due()


def mails() -> list[EmailMessage]:
    """The mails since the last time."""
    paths = sorted((settings().var_dir / "mail").glob("*.eml"))
    found = [email.message_from_bytes(path.read_bytes(), policy=policy) for path in paths]
    for path in paths:
        path.unlink()
    return [each for each in found if isinstance(each, EmailMessage)]


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def notices(context: Context) -> tuple[NoticeView, ...]:
    with transaction(context, read_only=True) as session:
        return service.listed(session, context).items


def titles(context: Context) -> list[str]:
    return [each.title for each in notices(context)]


def choose(context: Context, choice: Choice, at: datetime = NOON) -> None:
    with frozen(at), transaction(context) as session:
        service.save(
            session,
            context,
            frequency=choice.frequency,
            kinds=choice.kinds,
            min_amount=choice.min_amount,
            alarm_mail=choice.alarm_mail,
        )


def only(*kinds: Kind, **more: object) -> Choice:
    return Choice(kinds=frozenset(kinds), **more)  # type: ignore[arg-type]


def change_set(context: Context, line_ids: Sequence[int], *, state: str, approver: Context | None = None) -> int:
    """A set of these lines, as its preparer submitted it."""
    with frozen(NOON), transaction(context) as session:
        connection = session.scalars(
            select(Connection).where(Connection.workspace_id == context.workspace_id, Connection.side == "psa")
        ).first()
        assert connection is not None
        made = ChangeSet(
            workspace_id=context.workspace_id,
            connection_id=connection.id,
            state=state,
            prepared_by=context.user_id,
            approved_by=approver.user_id if approver else None,
            approved_at=NOON if approver else None,
        )
        session.add(made)
        session.flush()
        for each in line_ids:
            session.add(
                LineChange(
                    workspace_id=context.workspace_id,
                    change_set_id=made.id,
                    line_id=each,
                    line_external_id=f"L{each}",
                    agreement_external_id="A",
                    state="planned",
                )
            )
        session.flush()
        audit.record(session, context, "writeback:submit", "change_set", made.id, {"changes": len(line_ids)})
        return made.id


def later(days: float) -> datetime:
    return MORNING + timedelta(days=days)
