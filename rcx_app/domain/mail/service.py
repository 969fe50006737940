"""Writing mails into the outbox, in the transaction of their cause. `sending` sends them once it is committed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock, outbox
from rcx_app.core.context import Context
from rcx_app.core.mail import new_message_id
from rcx_app.domain.mail.repository import Outbox
from rcx_app.domain.mail.schemas import NewMail, Unsent
from rcx_app.domain.mail.sealing import seal
from rcx_app.models import Mail

KEPT_FOR = timedelta(days=200)
"""Longer than notices are kept, which name the mail that told them."""


def write(session: Session, new: NewMail, *, is_awaited: bool = False) -> int | None:
    """Write a mail and have it sent after this transaction; returns its id, None where its key is known already.

    `is_awaited`: the caller sends it himself once this is committed (`sending.send`), because somebody waits for it;
    where he does not, a worker does a minute later.
    """
    at = clock.now()
    mail_id = Outbox(session).add(
        Mail(
            workspace_id=new.workspace_id,
            user_id=new.user_id,
            created_at=at,
            key=new.key,
            kind=new.kind,
            about=dict(new.about),
            sealed=seal(new.letter) if new.letter is not None else None,
            message_id=new_message_id(),
            send_before=new.send_before,
            next_try_at=at + timedelta(minutes=1) if is_awaited else at,
        )
    )
    if mail_id is not None and not is_awaited:
        outbox.wake_mailer_after_commit(session)
    return mail_id


def known(session: Session, keys: Collection[str]) -> set[str]:
    """Which of these mails are written, whatever became of them."""
    return Outbox(session).known(keys)


def drop(session: Session, context: Context, kind: str, user_id: int, *, reason: str) -> None:
    """Give up a person's mails of this kind that nobody has begun to send."""
    session.flush()
    Outbox(session).drop(context.workspace_id, kind, user_id, reason)


def unsent(session: Session) -> Unsent:
    """What has not gone out (needs a transaction without a workspace)."""
    repository = Outbox(session)
    number, oldest = repository.unsent()
    return Unsent(
        number=number,
        oldest=oldest.created_at if oldest is not None else None,
        reason=oldest.reason if oldest is not None else "",
        failed=repository.failed(clock.now() - timedelta(days=1)),
    )


def sweep(session: Session) -> int:
    """Delete mails that ended long ago; returns how many (needs a transaction without a workspace)."""
    return Outbox(session).forget(clock.now() - KEPT_FOR)
