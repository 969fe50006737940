"""What there is to tell, how a person wants to be told, and what he is shown of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from rcx_app.core.permissions import Permission


class Kind(StrEnum):
    """What people are told of."""

    FINDINGS = "findings"
    ASSIGNED = "assigned"
    MENTIONED = "mentioned"
    APPROVAL = "approval"
    WRITE = "write"
    HEALTH = "health"


NEEDS: dict[Kind, Permission] = {
    Kind.FINDINGS: Permission.READ,
    Kind.ASSIGNED: Permission.REVIEW,
    Kind.MENTIONED: Permission.READ,
    Kind.APPROVAL: Permission.APPROVE,
    Kind.WRITE: Permission.READ,
    Kind.HEALTH: Permission.CONNECT,
}
"""Without this a person is not told of it, and not shown it any more."""

WORDS: dict[Kind, tuple[str, str]] = {
    Kind.FINDINGS: ("New findings", "Discrepancies that a run found for the first time, above the amount below."),
    Kind.ASSIGNED: ("Assigned to you", "Somebody gave you findings to look at."),
    Kind.MENTIONED: ("Mentions", "Somebody wrote @ and your name in a comment."),
    Kind.APPROVAL: ("Waiting for approval", "A change set that somebody else submitted."),
    Kind.WRITE: (
        "Writing to the PSA",
        "Changes that were refused, failed or are unclear, and sets that have to wait.",
    ),
    Kind.HEALTH: ("Integrations", "A connection failed, needs attention for over a day, or is healthy again."),
}


class Frequency(StrEnum):
    """How often the digest comes; both at seven in the morning where the workspace is, weekly on Mondays."""

    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class Scope(StrEnum):
    """Which mails an unsubscribe link ends."""

    DIGEST = "digest"
    ALARMS = "alarms"


PRESET_AMOUNT = Decimal(100)
MOST_AMOUNT = Decimal(1_000_000)
LINES = 5
"""So many of what belongs to a notice are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How one person wants to be told; the defaults are those of somebody who chose nothing.

    `min_amount` is compared with a finding's absolute amount a month, in the finding's own currency.
    """

    frequency: Frequency = Frequency.DAILY
    kinds: frozenset[Kind] = frozenset(Kind)
    min_amount: Decimal = PRESET_AMOUNT
    alarm_mail: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """A person's choice, beside what may be chosen. `offered`: the kinds that his role lets him be told of.

    `morning` says when the digest comes: ``07:00, America/New_York``.
    """

    choice: Choice
    offered: tuple[Kind, ...]
    morning: str
    next_at: datetime | None
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to tell. `key` names it for ever; `to`: only these people, None: all who may know; `but`: not him.

    With a `run_id` the words are still to be made: they depend on the reader's amount (`events.new_findings`).
    """

    kind: Kind
    key: str
    at: datetime
    title: str = ""
    detail: str = ""
    lines: tuple[str, ...] = ()
    href: str = "/"
    to: frozenset[int] | None = None
    but: int | None = None
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A member who may be told of `kinds` by his role, and how he wants it."""

    user_id: int
    name: str
    email: str
    is_verified: bool
    may: frozenset[Kind]
    choice: Choice = field(default_factory=Choice)

    def wants(self, kind: Kind) -> bool:
        return kind in self.may and kind in self.choice.kinds


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as it is shown."""

    notice_id: int
    kind: Kind
    title: str
    detail: str
    lines: tuple[str, ...]
    href: str
    at: datetime
    is_read: bool
