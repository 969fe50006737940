"""What reviewing takes and gives: a verdict, what it was given on, what is approved, histories and previews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Deed(StrEnum):
    """What a person can do with a finding."""

    APPROVE = "approve"
    DISMISS = "dismiss"
    SNOOZE = "snooze"
    AT_VENDOR = "at_vendor"
    WRONG_MAPPING = "wrong_mapping"
    REOPEN = "reopen"
    ASSIGN = "assign"
    SPLIT = "split"
    TAG = "tag"
    COMMENT = "comment"


class Dismissal(StrEnum):
    """How long a dismissal holds."""

    THIS_PERIOD = "this_period"
    UNTIL_CHANGED = "until_changed"
    FOR_GOOD = "for_good"


STATE_OF = {
    Deed.APPROVE: "approved",
    Deed.DISMISS: "dismissed",
    Deed.SNOOZE: "snoozed",
    Deed.AT_VENDOR: "at_vendor",
    Deed.WRONG_MAPPING: "wrong_mapping",
    Deed.REOPEN: "open",
}
"""The state in which a deed leaves a finding; the other deeds leave it as it is."""

BESIDE = frozenset({Deed.COMMENT, Deed.TAG})
"""Deeds that can't collide with another person's: they need not have seen the newest version, and make none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One deed with what belongs to it; the rest stays empty.

    APPROVE: `effective_date` (None: the first of next month, or later where that is billed already). DISMISS: `scope`
    and `reason`. SNOOZE: `until`, the day on which it returns. ASSIGN: `assignee_id`, None for nobody. SPLIT: `split`,
    (line id, change of its quantity) each, which add up to the delta; empty: undivided again. TAG: `add` and `remove`.
    COMMENT: `reason` is the text; the other deeds may carry a reason too.
    """

    deed: Deed
    reason: str = ""
    scope: str = ""
    effective_date: date | None = None
    until: date | None = None
    assignee_id: int | None = None
    split: tuple[tuple[int, Decimal], ...] = ()
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For a row; what belongs to one finding only (a split) is left out."""
        return {
            "deed": self.deed.value,
            "reason": self.reason,
            "scope": self.scope,
            "effective_date": self.effective_date.isoformat() if self.effective_date else "",
            "until": self.until.isoformat() if self.until else "",
            "assignee_id": self.assignee_id,
            "add": list(self.add),
            "remove": list(self.remove),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Verdict:
        return cls(
            Deed(kept["deed"]),
            reason=kept["reason"],
            scope=kept["scope"],
            effective_date=date.fromisoformat(kept["effective_date"]) if kept["effective_date"] else None,
            until=date.fromisoformat(kept["until"]) if kept["until"] else None,
            assignee_id=kept["assignee_id"],
            add=tuple(kept["add"]),
            remove=tuple(kept["remove"]),
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person had before his eyes: the version of what was decided, and the mark of the finding's numbers."""

    version: int
    mark: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict that took effect. `batch` takes it back. `unknown`: mentions that are nobody's here."""

    batch: str
    finding_id: int
    seen: Seen
    state: str
    effective_date: date | None = None
    mentions: tuple[int, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approved:
    """A line whose quantity is to change. `connection_id` is the PSA's; `version` that of the finding's review."""

    finding_id: int
    line_id: int
    connection_id: int
    client_id: int
    client: str
    product: str
    old_quantity: Decimal
    new_quantity: Decimal
    effective_date: date
    approved_by: int | None
    approved_at: datetime
    version: int
    is_ready: bool


@dataclass(frozen=True, slots=True)
class Jump:
    """Where to go with a finding that is wrong elsewhere. `page`: mapping | integration."""

    page: str
    connection_id: int | None
    account_id: int | None
    words: str


@dataclass(frozen=True, slots=True)
class EffectiveDates:
    """From when a change may hold. `earliest` is the first day that is not billed already; `words` say why."""

    default: date
    earliest: date
    words: str


@dataclass(frozen=True, slots=True)
class ReviewState:
    """What stands on a finding. `returned`: why it is open again, in words; `jump`: where it is to be put right;
    `refusal`: why it can't be approved, empty where it can."""

    finding_id: int
    seen: Seen
    state: str
    scope: str
    reason: str
    effective_date: date | None
    snoozed_until: date | None
    assignee_id: int | None
    assignee: str
    tags: tuple[str, ...]
    split: tuple[tuple[int, Decimal], ...]
    returned: str
    decided_by: str
    decided_at: datetime | None
    dates: EffectiveDates | None
    jump: Jump | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One deed. `state` is what it left; `is_undone`: somebody took it back."""

    event_id: int
    at: datetime
    user_name: str
    deed: str
    text: str
    state: str
    effective_date: date | None
    delta: Decimal | None
    batch: str
    mentions: tuple[int, ...]
    is_undone: bool


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision on a finding like this one. `basis`: series | client_product | rule, the nearest that holds."""

    at: datetime
    user_name: str
    deed: str
    reason: str
    delta: Decimal | None
    client: str
    product: str
    basis: str


@dataclass(frozen=True, slots=True)
class Similar:
    """Past decisions: by basis and deed how many, and the newest ones."""

    counts: Mapping[str, Mapping[str, int]]
    newest: tuple[PastDecision, ...]


@dataclass(frozen=True, slots=True)
class CurrencySum:
    """Findings of one direction and what they come to a month in one currency; empty where no price is known."""

    currency: str
    count: int
    amount: Decimal
    direction: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many of the chosen a deed can't be done on, and why."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What a deed on many would touch. `seen` stands for exactly these; `left_out`: chosen, but the deed can't be
    done on them (approving what is not ready, or has no line); `reasons` says why, most first."""

    count: int
    left_out: int
    sums: tuple[CurrencySum, ...]
    seen: str
    reasons: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Frozen:
    """A deed on many that is about to be asked for: exactly the findings as they were previewed."""

    verdict: Verdict
    items: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace. `may_review`: findings can be given to him; `may_approve`: what is written."""

    user_id: int
    name: str
    may_review: bool
    may_approve: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a deed left on a finding; `event_id` grows with each deed of the workspace."""

    event_id: int
    finding_id: int
    user_id: int | None
    user_name: str
    deed: str
    state: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an undo took back: the findings of single deeds, or how far the undo of a deed on many is."""

    finding_ids: tuple[int, ...] = ()
    many: Bulk | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A finding that a deed on many passed over, and why."""

    finding_id: int
    message: str


@dataclass(frozen=True, slots=True)
class Bulk:
    """A deed on many, how far it is. `refused` holds the first refusals of `refusals`; `job_id`: it runs as a job.

    `is_over`: all is done, or the job ended before.
    """

    batch: str
    total: int
    done: int
    applied: int
    refusals: int
    refused: tuple[Refusal, ...] = field(default=())
    job_id: int | None = None
    is_over: bool = True

    @property
    def is_done(self) -> bool:
        return self.done >= self.total
