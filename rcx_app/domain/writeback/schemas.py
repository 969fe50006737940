"""What the writeback slice takes and hands out: wanted quantities, change sets with their changes, and the states."""

from __future__ import annotations

from dataclasses import dataclass
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
    client_name: str
    product_name: str
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
class Policy:
    """How a workspace approves."""

    four_eyes: bool
    one_click: bool


class WantedInvalid(Invalid):
    """Quantities that can't be prepared; `problems` names each."""
