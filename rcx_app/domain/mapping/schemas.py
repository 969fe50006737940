"""What the mapping slice hands to its callers: frozen values, no tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol


class Tab(StrEnum):
    """The lists of the mapping queue; every account stands in exactly one."""

    REVIEW = "review"
    UNMAPPED = "unmapped"
    MAPPED = "mapped"
    EXCLUDED = "excluded"
    SNOOZED = "snoozed"


# The states of `AccountMapping` behind each tab.
TAB_STATES: dict[Tab, tuple[str, ...]] = {
    Tab.REVIEW: ("client_gone", "suggested", "unsure"),
    Tab.UNMAPPED: ("unmapped", "no_match"),
    Tab.MAPPED: ("mapped",),
    Tab.EXCLUDED: ("excluded",),
    Tab.SNOOZED: ("snoozed",),
}


class Verdict(StrEnum):
    """What a person can say about an account. RESET takes any decision back to the model's suggestion.

    KEEP lets a mapping stand whose alarms he has looked at.
    """

    CONFIRM = "confirm"
    NO_MATCH = "no_match"
    UNSURE = "unsure"
    SNOOZE = "snooze"
    EXCLUDE = "exclude"
    RESET = "reset"
    KEEP = "keep"


class Mark(StrEnum):
    """What accounts may be filtered by beside their tab: what is odd about them, or how they were decided."""

    ALARM = "alarm"
    AMBIGUOUS = "ambiguous"
    NO_CLIENT = "no_client"
    UNSURE = "unsure"
    BY_PERSON = "person"
    BY_FILE = "file"
    BY_MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """What the queue shows. Bounds of the best candidate's confidence: `min_confidence` or more, under the other.

    `mark`: only accounts that bear it.
    """

    tab: Tab = Tab.REVIEW
    connection_id: int | None = None
    text: str = ""
    min_confidence: Decimal | None = None
    below_confidence: Decimal | None = None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account in the queue.

    `state` as `AccountMapping` keeps it, but a snooze that has run out reads `suggested` or `unmapped`. `no_client`:
    it looks like nobody's (own | test | placeholder). `has_alarm`: it is mapped, and that makes no sense any more.
    `client_*` is the mapped client (in state `client_gone` the one that is gone), or the best candidate where none is.
    """

    account_id: int
    version: int
    name: str
    external_id: str
    integration: str
    connection_id: int
    seats: int
    state: str
    confidence: Decimal | None
    is_preselected: bool
    is_ambiguous: bool
    client_id: int | None
    client_name: str
    decided_how: str
    decided_by: str
    decided_at: datetime | None
    note: str
    snoozed_until: datetime | None
    client_external_id: str = ""
    no_client: str = ""
    has_alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Why a mapping makes no sense any more: in words, with what each side says."""

    code: str
    text: str
    left: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A range of confidence under which the queue is grouped: from `low` (inclusive) to below `high`; None: open."""

    key: str
    low: Decimal | None
    high: Decimal | None
    accounts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationOption:
    """An integration that has accounts under a tab, and how many."""

    connection_id: int
    label: str
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What there is to map at all: the facts behind an empty queue."""

    usage_connections: int
    psa_connections: int
    accounts: int
    clients: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRow:
    """One piece of evidence: signed log-odds `weight`, and what each side says."""

    code: str
    text: str
    left: str
    right: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateCard:
    """A client that may be the account's. `verdict`: preselect | suggest | compare (under the suggest threshold)."""

    client_id: int
    name: str
    external_id: str
    facts: tuple[tuple[str, str], ...]
    other_accounts: int
    rank: int
    confidence: Decimal
    verdict: str
    reasons: tuple[ReasonRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One change of the mapping: who, when, what. `note` is what the person wrote; `batch` names the deed for undo."""

    at: datetime
    who: str
    what: str
    note: str
    is_undone: bool
    batch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetail:
    """The account in hand: its facts, its candidates best first, its history newest first."""

    row: AccountRow
    facts: tuple[tuple[str, str], ...]
    candidates: tuple[CandidateCard, ...]
    history: tuple[HistoryEntry, ...]
    model_version: str
    suggest_threshold: Decimal
    alarms: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHit:
    """A client found by a person's search."""

    client_id: int
    name: str
    external_id: str
    place: str
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkPreview:
    """What "confirm all at and above" would do: exactly these accounts, each with its suggested client.

    `left_out`: suggestions as sure that a person must look at one by one (two good candidates, a doubt, unsure).
    """

    min_confidence: Decimal
    rows: tuple[AccountRow, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The outcome of a verdict. `batch` names it for undo; `touched_clients` need a new reconciliation."""

    batch: str
    accounts: int
    touched_clients: tuple[int, ...]
    account_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """One row of a mapping file. `client_external_id` empty: the account is excluded."""

    connection_id: int
    account_external_id: str
    client_external_id: str


class Offered(Protocol):
    """A candidate as it is kept."""

    client_id: int
    rank: int
    confidence: Decimal
    verdict: str


def shown_of(candidates: Iterable[Offered]) -> list[dict[str, Any]]:
    """The candidates that were on the screen, as an event keeps them."""
    return [
        {
            "client_id": row.client_id,
            "rank": row.rank,
            "confidence": str(row.confidence),
            "verdict": row.verdict,
        }
        for row in candidates
    ]
