"""What the mapping slice hands to its callers: frozen values, no tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Tab(StrEnum):
    """The lists of the mapping queue; every account stands in exactly one."""

    REVIEW = "review"
    UNMAPPED = "unmapped"
    MAPPED = "mapped"
    EXCLUDED = "excluded"
    SNOOZED = "snoozed"


# The states of `AccountMapping` behind each tab.
TAB_STATES: dict[Tab, tuple[str, ...]] = {
    Tab.REVIEW: ("suggested", "unsure"),
    Tab.UNMAPPED: ("unmapped", "no_match"),
    Tab.MAPPED: ("mapped",),
    Tab.EXCLUDED: ("excluded",),
    Tab.SNOOZED: ("snoozed",),
}


class Verdict(StrEnum):
    """What a person can say about an account. RESET takes any decision back to the model's suggestion."""

    CONFIRM = "confirm"
    NO_MATCH = "no_match"
    UNSURE = "unsure"
    SNOOZE = "snooze"
    EXCLUDE = "exclude"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """What the queue shows. `min_confidence` and `max_confidence` bound the best candidate, both inclusive."""

    tab: Tab = Tab.REVIEW
    connection_id: int | None = None
    text: str = ""
    min_confidence: Decimal | None = None
    max_confidence: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account in the queue. `client_*` is the mapped client, or the best candidate where none is mapped yet."""

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
    """One change of the mapping, for people: who, when, what."""

    at: datetime
    who: str
    what: str
    is_undone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetail:
    """The account in hand: its facts, its candidates best first, its history newest first."""

    row: AccountRow
    facts: tuple[tuple[str, str], ...]
    candidates: tuple[CandidateCard, ...]
    history: tuple[HistoryEntry, ...]
    model_version: str


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
    """What "confirm all at and above" would do: exactly these accounts, each with its suggested client."""

    min_confidence: Decimal
    rows: tuple[AccountRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The outcome of a verdict. `batch` names it for undo; `touched_clients` need a new reconciliation."""

    batch: str
    accounts: int
    touched_clients: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """One row of a mapping file. `client_external_id` empty: the account is excluded."""

    connection_id: int
    account_external_id: str
    client_external_id: str
