"""The account in hand as the mapping page draws it; pure transforms from the domain's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from rcx_app.domain.mapping.schemas import AccountDetail, AccountRow, CandidateCard, HistoryEntry, ReasonRow
from rcx_app.ui import words
from rcx_app.ui.components.marks import Piece, marked
from rcx_app.ui.components.reasons import FULL_WEIGHT, Evidence, ReasonView, reason_views, weight_text
from rcx_app.ui.pages.mapping.rows import how_of, percent_of, who_of
from rcx_app.ui.words import confidence_text

# Candidates this close are as good as each other to a person, whatever the thresholds say.
_ABOUT_EQUAL = Decimal("0.10")
_NUMBERS = {2: "Two", 3: "Three", 4: "Four"}
_OPEN = ("suggested", "unmapped", "unsure", "snoozed", "client_gone")
# What an account looks like, and the reason with which one key excludes it.
_NOBODY = {
    "own": ("Looks like your own tenant", "Our own tenant"),
    "test": ("Looks like a test tenant", "Demo or test"),
    "placeholder": ("Looks like a placeholder of the vendor", "Placeholder of the vendor"),
}


@dataclass
class AlarmView:
    """Why a mapping makes no sense any more, with what each side says."""

    text: str
    left: list[Piece]
    right: list[Piece]


@dataclass
class Fact:
    """A name and its value."""

    name: str
    value: str


@dataclass
class CandidateView:
    """A client that may be the account's. `number` is its key; `below` says that it is only there to compare."""

    number: int
    client_id: int
    name: str
    facts: str
    confidence: str
    percent: str
    badge: str
    below: str
    label: str
    reasons: list[ReasonView]


@dataclass
class HistoryView:
    """One change of the account's mapping."""

    iso: str
    day: str
    text: str
    note: str
    is_undone: bool


@dataclass
class HandView:
    """The account in hand. `id` 0: none is.

    `equal` says that several clients fit about equally, `looks` that it looks like nobody's; `nobody` is the reason
    with which it can be excluded then.
    """

    id: int = 0
    version: int = 0
    name: str = ""
    integration: str = ""
    state: str = ""
    standing: str = ""
    standing_note: str = ""
    back: str = ""
    facts: list[Fact] = field(default_factory=list)
    candidates: list[CandidateView] = field(default_factory=list)
    below: str = ""
    marks: bool = False
    history: list[HistoryView] = field(default_factory=list)
    model: str = ""
    alarms: list[AlarmView] = field(default_factory=list)
    equal: str = ""
    equal_names: str = ""
    looks: str = ""
    nobody: str = ""


def hand(detail: AccountDetail) -> HandView:
    """The account in hand, ready to draw."""
    row = detail.row
    heaviest = max((abs(reason.weight) for card in detail.candidates for reason in card.reasons), default=0.0)
    cards = [
        _candidate(number, card, row, detail.suggest_threshold, max(FULL_WEIGHT, heaviest))
        for number, card in enumerate(detail.candidates, 1)
    ]
    standing, back = _standing(row)
    equal, equal_names = _about_equal(detail)
    looks, nobody = _NOBODY.get(row.no_client, ("", "")) if row.state in _OPEN else ("", "")
    compared = [str(card.number) for card in cards if card.below]
    return HandView(
        id=row.account_id,
        version=row.version,
        name=row.name,
        integration=row.integration,
        state=row.state,
        standing=standing,
        standing_note=row.note,
        back=back,
        facts=[Fact(name, value) for name, value in detail.facts],
        candidates=cards,
        below=_compare_note(compared, detail.suggest_threshold),
        marks=any(piece.differs for card in cards for reason in card.reasons for piece in reason.left + reason.right),
        history=[_history(entry) for entry in detail.history],
        model=detail.model_version,
        alarms=[AlarmView(each.text, *marked(each.left, each.right)) for each in detail.alarms],
        equal=equal,
        equal_names=equal_names,
        looks=looks,
        nobody=nobody,
    )


def _about_equal(detail: AccountDetail) -> tuple[str, str]:
    """Ambiguity in words, and the clients it is between; empty where one client leads."""
    cards = detail.candidates
    if not detail.row.is_ambiguous or detail.row.state not in _OPEN or len(cards) < 2:
        return "", ""
    best = cards[0].confidence
    close = [each for each in cards if best - each.confidence < _ABOUT_EQUAL or each.verdict != "compare"]
    equal = close if len(close) > 1 else cards[:2]
    names = [each.name for each in equal]
    said = f"{_NUMBERS.get(len(equal), str(len(equal)))} clients fit about equally"
    return said, f"{', '.join(names[:-1])} and {names[-1]}: look at what differs, then choose by number."


def first_choice(hand: HandView) -> int:
    """The number of the candidate that is chosen in advance: the best one that is suggested, or 0.

    Where somebody has decided already, nothing is: another choice is made on purpose. So it is where several fit about
    equally, or where the account looks like nobody's.
    """
    if hand.equal or hand.nobody or hand.state in ("mapped", "excluded", "no_match"):
        return 0
    first = hand.candidates[0] if hand.candidates else None
    return 1 if first is not None and not first.below else 0


def _standing(row: AccountRow) -> tuple[str, str]:
    """How the account stands once somebody decided it, and what taking that back is called."""
    when = words.day(row.decided_at.date()) if row.decided_at else ""
    who = ", ".join(part for part in (_mid(who_of(row)), how_of(row), when) if part)
    until = words.day(row.snoozed_until.date()) if row.snoozed_until else ""
    return {
        "mapped": (f"Mapped to {row.client_name} by {who}", "Unmap"),
        "client_gone": (f"Mapped to {row.client_name}, which the PSA no longer has. Choose its client anew.", ""),
        "excluded": (f"Excluded: {who}", "Include again"),
        "no_match": (f"No match: {who}", "Look again"),
        "unsure": (f"Unsure: {who}", ""),
        "snoozed": (f"Snoozed until {until}: {who}", "Wake now"),
    }.get(row.state, ("", ""))


def _mid(who: str) -> str:
    """A name inside a sentence."""
    return "the model" if who == "The model" else who


def _compare_note(numbers: Sequence[str], threshold: Decimal) -> str:
    if not numbers:
        return ""
    several = f"Candidates {', '.join(numbers[:-1])} and {numbers[-1]} are"
    named = f"Candidate {numbers[0]} is" if len(numbers) == 1 else several
    return f"{named} shown to compare; you suggest from {threshold:.2f}."


def _candidate(number: int, card: CandidateCard, row: AccountRow, threshold: Decimal, full: float) -> CandidateView:
    facts = dict(card.facts)
    agreements = facts.get("Agreements", "")
    parts = [
        f"PSA {facts.get('PSA id', '')}".strip(),
        words.count(int(agreements.replace(",", "")), "agreement") if agreements else "",
        facts.get("Place", ""),
        f"{card.other_accounts} more here" if card.other_accounts else "",
    ]
    compare = card.verdict == "compare"
    shown = confidence_text(card.confidence)
    return CandidateView(
        number=number,
        client_id=card.client_id,
        name=card.name,
        facts=" · ".join(part for part in parts if part),
        confidence=shown,
        percent=f"{percent_of(card.confidence)}%",
        badge=_card_badge(card, row),
        below=_below(card, threshold) if compare else "",
        label=f"Candidate {number}: {card.name}, confidence {shown}",
        reasons=_reasons(card.reasons, full),
    )


def _below(card: CandidateCard, threshold: Decimal) -> str:
    """Why it is not suggested: too unsure, or another client fits better."""
    return f"to compare, under {threshold:.2f}" if card.confidence < threshold else "to compare"


def _card_badge(card: CandidateCard, row: AccountRow) -> str:
    if row.state == "mapped":
        return "Mapped" if card.client_id == row.client_id else ""
    return "Preselected" if card.verdict == "preselect" else ""


def _reasons(reasons: Sequence[ReasonRow], full: float) -> list[ReasonView]:
    """All that weighs something or stops the machine; what rounds to nothing and says nothing is left out."""
    said = [each for each in reasons if weight_text(each.weight) != "0.0" or each.code != "other"]
    return reason_views([Evidence(each.text, each.left, each.right, each.weight) for each in said], full)


def _history(entry: HistoryEntry) -> HistoryView:
    return HistoryView(
        iso=entry.at.isoformat(),
        day=short_day(entry.at),
        text=f"{entry.who}: {entry.what}" if entry.who != "RCX" else entry.what,
        note=entry.note,
        is_undone=entry.is_undone,
    )


def short_day(at: datetime) -> str:
    """``12 Nov``; the exact moment is on hover."""
    return words.day(at.date()).rsplit(" ", 1)[0]
