"""What the outbox takes in and hands out; no tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from rcx_app.core.mail import Letter


class State(StrEnum):
    """Where a mail stands. What has ended says nothing any more: its words are wiped."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"
    """Not to be sent any more: too late, or the person may not or will not have it."""
    FAILED = "failed"


UNSENT = (State.WAITING.value, State.SENDING.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """A mail to be written. `key`: what it tells whom; one whose key is known is not written again.

    `letter` is its words, where they are known now or never again (a link's token); otherwise its kind puts them
    together when it is sent, from the ids in `about`. It is not sent from `send_before` on.
    """

    kind: str
    key: str
    send_before: datetime
    workspace_id: int | None = None
    user_id: int | None = None
    letter: Letter | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A mail that this worker is to send. `attempt` tells it from later tries of others."""

    mail_id: int
    kind: str
    workspace_id: int | None
    user_id: int | None
    about: Mapping[str, Any]
    sealed: bytes | None
    letter: Letter | None = None
    message_id: str
    created_at: datetime
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """The mails that have not gone out. `reason`: why the oldest has not. `failed`: given up in the last day."""

    number: int
    oldest: datetime | None
    reason: str
    failed: int
