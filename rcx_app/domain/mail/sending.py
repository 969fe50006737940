"""Sending what the outbox holds: take a mail, hand it over, say what became of it, each in a transaction of its own.

A worker that is lost in between leaves a mail that another takes once the lease has ended. It may have gone out, so it
goes out once more at most, under the same Message-ID, by which mail programs show it once; after a second loss it is
given up. What the mail server does not take is tried again until it would be too late.
"""

from __future__ import annotations

import dataclasses
import time
from datetime import datetime, timedelta

from rcx_app.core import clock, log
from rcx_app.core.context import system_context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, RcxError, Unavailable
from rcx_app.core.mail import Letter, MailRefused, deliver, made
from rcx_app.domain.mail import kinds
from rcx_app.domain.mail.repository import Outbox
from rcx_app.domain.mail.schemas import State, Taken
from rcx_app.domain.mail.sealing import unseal
from rcx_app.models import Mail

LEASE = timedelta(minutes=5)
"""Longer than a mail server may take over one mail, word by word (`core.mail.SERVER_PATIENCE_S`)."""
PAUSE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_MOST_LOST = 1
_AT_ONCE = 100
_log = log.get("mail")


def anything_due() -> bool:
    """Whether there is a mail to be taken now: a read that takes no lock."""
    with transaction(None, read_only=True) as session:
        return bool(Outbox(session).due(clock.now(), 1))


def send_due(*, limit_s: float = 60) -> int:
    """Send what is due, for so long at most; returns how many went out.

    A mail that the server refuses holds up no other; where it takes none, all wait for a minute.
    """
    sent, ends = 0, time.monotonic() + limit_s
    tried: set[int] = set()
    while time.monotonic() < ends:
        with transaction(None, read_only=True) as session:
            due = [each for each in Outbox(session).due(clock.now(), _AT_ONCE) if each not in tried]
        if not due:
            break
        for mail_id in due:
            if time.monotonic() > ends:
                break
            tried.add(mail_id)
            try:
                sent += send(mail_id)
            except MailRefused:
                continue
            except Unavailable:
                with transaction(None) as session:
                    Outbox(session).hold(clock.now() + PAUSE)
                return sent
    return sent


def send(mail_id: int) -> bool:
    """Send one mail, due or not; False where it is another worker's, or not to be sent any more.

    Raises Unavailable where the mail server did not take it: it is tried again by itself.
    """
    taken = _take(mail_id)
    if taken is None:
        return False
    try:
        letter = _letter(taken)
        if letter is None:
            _settle(taken, State.DROPPED, "not wanted any more")
            return False
        message = made(letter, message_id=taken.message_id, at=taken.created_at)
    except Exception as error:
        # A fault of ours, or a lost key: the others go out, and this one is tried again in case that it passes.
        _log.error("mail_not_made", mail_id=mail_id, kind=taken.kind, exc_info=error)
        _try_again(taken, _HOUR, str(error) if isinstance(error, RcxError) else "it could not be put together")
        return False
    try:
        deliver(message)
    except MailRefused as error:
        _try_again(taken, _wait(taken.attempt, is_for_good=error.is_for_good), str(error))
        raise
    except Unavailable as error:
        _try_again(taken, PAUSE, str(error))
        raise
    _settle(taken, State.SENT)
    _log.info("mail_sent", mail_id=mail_id, kind=taken.kind, workspace_id=taken.workspace_id, attempt=taken.attempt)
    return True


def _take(mail_id: int) -> Taken | None:
    at = clock.now()
    with transaction(None) as session:
        row = Outbox(session).take(mail_id, at, LEASE)
        if row is None:
            return None
        why = _over(row, at)
        if why is not None:
            row.state, row.reason, row.sealed, row.next_try_at = why[0].value, why[1], None, at
            _log.warning("mail_given_up", mail_id=mail_id, kind=row.kind, state=row.state, reason=row.reason)
            return None
        return Taken(
            mail_id=row.id,
            kind=row.kind,
            workspace_id=row.workspace_id,
            user_id=row.user_id,
            about=row.about,
            sealed=row.sealed,
            message_id=row.message_id,
            created_at=row.created_at,
            attempt=row.tries,
        )


def _over(row: Mail, at: datetime) -> tuple[State, str] | None:
    """How and why a mail ends without being sent."""
    if row.lost > _MOST_LOST:
        return State.FAILED, "its worker was lost twice while it was sent"
    if at >= row.send_before:
        return (State.FAILED if row.reason else State.DROPPED), row.reason or "too late"
    return None


def _letter(taken: Taken) -> Letter | None:
    """The mail's words as of this moment. Raises Unavailable where the key that sealed them is gone."""
    found = unseal(taken.sealed) if taken.sealed is not None else None
    look = kinds.look(taken.kind)
    if look is None or taken.workspace_id is None:
        return found
    context = system_context(taken.workspace_id)
    with transaction(context, read_only=True) as session:
        try:
            return look(session, context, dataclasses.replace(taken, letter=found, sealed=None))
        except NotFound:
            return None  # what it tells of is gone


def _wait(attempt: int, *, is_for_good: bool) -> timedelta:
    """Until a refused mail is tried again: 1, 2, 4 ... minutes up to an hour; hours where that is said to be no use."""
    doublings = min(attempt - 1, 6)
    return _HOUR * float(2**doublings) if is_for_good else min(timedelta(minutes=2**doublings), _HOUR)


def _try_again(taken: Taken, after: timedelta, reason: str) -> None:
    _log.warning("mail_not_taken", mail_id=taken.mail_id, kind=taken.kind, attempt=taken.attempt, reason=reason)
    with transaction(None) as session:
        Outbox(session).settle(
            taken.mail_id,
            taken.attempt,
            state=State.WAITING.value,
            next_try_at=clock.now() + after,
            reason=reason,
        )


def _settle(taken: Taken, state: State, reason: str = "") -> None:
    at = clock.now()
    with transaction(None) as session:
        Outbox(session).settle(
            taken.mail_id,
            taken.attempt,
            state=state.value,
            sealed=None,
            reason=reason,
            sent_at=at if state is State.SENT else None,
            next_try_at=at,
        )
