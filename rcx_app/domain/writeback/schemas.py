"""What the writeback slice takes and hands out: wanted quantities, change sets with their changes, and the states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from rcx_app.core.errors import Invalid


class SetState(StrEnum):
    """`done` and `cancelled` are final. An approved set of a hand-off waits for the next syncs."""

    DRAFT = "draft"
    WAITING = "waiting_approval"
    APPROVED = "approved"
    SENDING = "sending"
    DONE = "done"
    CANCELLED = "cancelled"


class ChangeState(StrEnum):
    """`wanted` is not planned yet; `refused` was not sent; `failed` was, or was tried, and did not take effect;
    `unclear` may have taken effect and is never sent again by itself."""

    WANTED = "wanted"
    PLANNED = "planned"
    SENT = "sent"
    VERIFIED = "verified"
    REFUSED = "refused"
    FAILED = "failed"
    UNCLEAR = "unclear"
    UNDONE = "undone"
    APPLIED_OUTSIDE = "applied_outside"
    DROPPED = "dropped"


OPEN_CHANGES = (ChangeState.WANTED, ChangeState.PLANNED, ChangeState.SENT, ChangeState.UNCLEAR)
"""Of a line at most one change is in one of these."""
UNSENT = (ChangeState.WANTED, ChangeState.PLANNED)
COUNTED = (*OPEN_CHANGES, ChangeState.VERIFIED, ChangeState.APPLIED_OUTSIDE)
"""What has taken effect, or may: only this counts in sums, and against what a finding found."""


class IntentState(StrEnum):
    """What is known of one operation that was about to be sent."""

    OPEN = "open"
    RECEIVED = "received"
    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One approved quantity of a line, gross as the PSA shows it. `effective_date` None: as soon as the PSA does it."""

    finding_id: int | None
    line_id: int
    quantity: Decimal
    effective_date: date | None = None


@dataclass(frozen=True, slots=True)
class Warning:
    """Worth knowing before a change is approved.

    `code`: posted | proration | calculated | commitment | not_ready | large | psa (the PSA's own remark).
    """

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """One change as it is shown. `says`: the operations in the PSA's words; money in `currency`, of one invoice."""

    id: int
    line_id: int
    finding_id: int | None
    client_id: int
    client_name: str
    agreement: str
    product_name: str
    cycle: str
    old_quantity: Decimal
    quantity: Decimal
    effective_date: date | None
    state: ChangeState
    says: tuple[str, ...]
    warnings: tuple[Warning, ...]
    currency: str
    money_this: Decimal | None
    money_next: Decimal | None
    reason: str
    message: str
    read_back: Decimal | None
    can_undo: bool
    undoes_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSetView:
    """A change set with its changes. `revision` is what an approval must name."""

    id: int
    connection_id: int
    connection: str
    state: SetState
    revision: int
    is_handoff: bool
    is_one_click: bool
    error: str
    prepared_by: int | None
    approved_by: int | None
    approved_at: datetime | None
    created_at: datetime
    changes: tuple[ChangeView, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """What changes come to in one currency. `month`: a whole month; `this`: the running one, as far as it is known."""

    currency: str
    month: Decimal
    this: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHead:
    """A change set without its changes. `counts` holds the states that occur, `sums` only what takes effect.

    `system`: the PSA's name, such as ConnectWise PSA. `warnings`: how many changes that wait have each code, and
    `warned` how many have any, only of one set. `says_no`: why the asking person can't approve it, "" where nothing
    stands against it; `approvers`: the names of those who can. Both of one set, and of every one that waits for it.
    """

    id: int
    connection_id: int
    connection: str
    system: str
    state: SetState
    revision: int
    is_handoff: bool
    is_one_click: bool
    note: str
    error: str
    prepared_by: int | None
    preparer: str
    approver: str
    created_at: datetime
    approved_at: datetime | None
    finished_at: datetime | None
    counts: Mapping[ChangeState, int]
    sums: tuple[Sum, ...]
    warnings: Mapping[str, int] = field(default_factory=dict)
    warned: int = 0
    says_no: str = ""
    approvers: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """How many there are, those that were taken out left aside."""
        return sum(count for state, count in self.counts.items() if state != ChangeState.DROPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyLine:
    """An approved quantity that is in no change set. `month` is None where the line has no price.

    `why_not`: why it can't be prepared now, "" where it can; `last`: what came of the last attempt, if there was one.
    """

    finding_id: int
    line_id: int
    connection_id: int
    client_id: int
    client: str
    product: str
    old_quantity: Decimal
    quantity: Decimal
    effective_date: date
    currency: str
    month: Decimal | None
    approver: str
    approved_at: datetime
    why_not: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyPsa:
    """One PSA with what is ready for it. `is_written`: RCX sends it; otherwise people type it themselves."""

    connection_id: int
    connection: str
    system: str
    is_written: bool
    lines: tuple[ReadyLine, ...]

    @property
    def possible(self) -> tuple[ReadyLine, ...]:
        return tuple(each for each in self.lines if not each.why_not)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a workspace approves."""

    four_eyes: bool
    one_click: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Writable:
    """A PSA connection and whether RCX writes there. `own_fields`: what may be entered for writing alone, by name.

    `has_own`: as another user than it is read with. `why_not`: why it can't be enabled (now), "" where it can;
    `is_stale`: it was enabled, but the connection's settings were changed since, so that nothing is written.
    """

    connection_id: int
    label: str
    connector: str
    system: str
    is_on: bool
    has_own: bool
    is_stale: bool
    enabled_by: str
    enabled_at: datetime | None
    why_not: str
    own_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """How credentials for writing fared. `line`: which one was read as before a write, "" where there was none to read;
    `says`: what the PSA would be asked for one more of it, or why it would refuse.
    """

    account: str
    line: str = ""
    says: str = ""


class WantedInvalid(Invalid):
    """Quantities that can't be prepared; `problems` names each."""
