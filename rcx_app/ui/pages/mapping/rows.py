"""What the mapping page shows, as small rows; pure transforms from the domain's answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from rcx_app.domain.mapping.queue.bands import band_of
from rcx_app.domain.mapping.schemas import (
    AccountDetail,
    AccountRow,
    Band,
    CandidateCard,
    ClientHit,
    HistoryEntry,
    IntegrationOption,
    ReasonRow,
    Verdict,
)
from rcx_app.ui import words
from rcx_app.ui.components.reasons import FULL_WEIGHT, Evidence, ReasonView, reason_views, weight_text

_HOW = {"person": "by hand", "file": "from a file", "rule": "by a rule", "model": "by the model"}


@dataclass
class QueueRow:
    """One account in the list. `heading` stands above it where it is the first of its band."""

    id: str
    account_id: int
    name: str
    integration: str
    seats: str
    confidence: str
    percent: int
    client: str
    badge: str
    tone: str
    who: str
    how: str
    decided: str
    decided_iso: str
    note: str
    band: str
    heading: str = ""
    heading_count: str = ""


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
    """The account in hand. `id` 0: none is."""

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


@dataclass
class BulkRow:
    """One line of the bulk preview."""

    id: str
    name: str
    integration: str
    client: str
    confidence: str


@dataclass
class HitRow:
    """A client found by search."""

    client_id: int
    name: str
    detail: str


@dataclass
class Choice:
    """An entry of a filter menu."""

    value: str
    label: str
    count: str


@dataclass
class Said:
    """What was just done, said at the foot of the list; `whole` says it all. `batch` can be taken back."""

    subject: str = ""
    text: str = ""
    whole: str = ""
    tone: str = ""
    batch: str = ""


def confidence_text(value: Decimal | None) -> str:
    """Two digits, never rounded up to certainty: 0.9998 is 0.99."""
    if value is None:
        return ""
    shown = min(value, Decimal("0.99")) if value < 1 else value
    return f"{shown:.2f}"


def percent_of(value: Decimal | None) -> int:
    return int(value * 100) if value is not None else 0


def queue_rows(found: Iterable[AccountRow], bands: Sequence[Band]) -> list[QueueRow]:
    """The list's rows, without headings (see `with_headings`)."""
    known = tuple(band for band in bands if band.key != "gone")
    return [_queue_row(row, known) for row in found]


def _queue_row(row: AccountRow, bands: tuple[Band, ...]) -> QueueRow:
    badge, tone = {
        "client_gone": ("Client gone", "under"),
        "unsure": ("Unsure", ""),
        "no_match": ("No match", ""),
    }.get(row.state, ("", ""))
    if row.state == "suggested" and row.is_ambiguous:
        badge = "Two fit"
    moment = row.snoozed_until if row.state == "snoozed" else row.decided_at
    return QueueRow(
        id=str(row.account_id),
        account_id=row.account_id,
        name=row.name,
        integration=row.integration,
        seats=f"{row.seats:,}",
        confidence=confidence_text(row.confidence),
        percent=percent_of(row.confidence),
        client=row.client_name,
        badge=badge,
        tone=tone,
        who=row.decided_by or "RCX",
        how=_HOW.get(row.decided_how, ""),
        decided=words.day(moment.date()) if moment else "",
        decided_iso=moment.isoformat() if moment else "",
        note=row.note,
        band="gone" if row.state == "client_gone" else (band_of(row.confidence, bands).key if bands else ""),
    )


def with_headings(rows: Sequence[QueueRow], bands: Sequence[Band]) -> list[QueueRow]:
    """The same rows with each band's heading and number on its first row."""
    counts = {band.key: band for band in bands}
    found: list[QueueRow] = []
    before = ""
    for row in rows:
        band = counts.get(row.band)
        starts = band is not None and row.band != before
        heading = band_label(band) if starts and band is not None else ""
        found.append(replace(row, heading=heading, heading_count=f"{band.accounts:,}" if starts and band else ""))
        before = row.band
    return found


def with_badge(rows: Iterable[QueueRow], row_id: str, badge: str) -> list[QueueRow]:
    """The same rows, one of them with another badge."""
    return [replace(row, badge=badge, tone="") if row.id == row_id else row for row in rows]


def band_label(band: Band) -> str:
    """``0.95 and above``, ``0.80 to 0.95``, ``Under 0.50``."""
    if band.key == "gone":
        return "Their client is gone from the PSA"
    if band.low is None:
        return f"Under {band.high:.2f}" if band.high is not None else "All"
    return f"{band.low:.2f} and above" if band.high is None else f"{band.low:.2f} to {band.high:.2f}"


def minus_one(bands: Sequence[Band], key: str) -> list[Band]:
    """The bands after an account left one of them."""
    return [replace(band, accounts=max(0, band.accounts - (band.key == key))) for band in bands]


def hand(detail: AccountDetail) -> HandView:
    """The account in hand, ready to draw."""
    row = detail.row
    heaviest = max((abs(reason.weight) for card in detail.candidates for reason in card.reasons), default=0.0)
    cards = [
        _candidate(number, card, row, detail.suggest_threshold, max(FULL_WEIGHT, heaviest))
        for number, card in enumerate(detail.candidates, 1)
    ]
    standing, back = _standing(row)
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
    )


def first_choice(hand: HandView) -> int:
    """The number of the candidate that is chosen in advance: the best one that is suggested, or 0.

    Where somebody has decided already, nothing is: another choice is made on purpose.
    """
    if hand.state in ("mapped", "excluded", "no_match"):
        return 0
    first = hand.candidates[0] if hand.candidates else None
    return 1 if first is not None and not first.below else 0


def _standing(row: AccountRow) -> tuple[str, str]:
    """How the account stands once somebody decided it, and what taking that back is called."""
    when = words.day(row.decided_at.date()) if row.decided_at else ""
    who = ", ".join(part for part in (row.decided_by or "RCX", _HOW.get(row.decided_how, ""), when) if part)
    until = words.day(row.snoozed_until.date()) if row.snoozed_until else ""
    return {
        "mapped": (f"Mapped to {row.client_name} by {who}", "Unmap"),
        "client_gone": (f"Mapped to {row.client_name}, which the PSA no longer has. Choose its client anew.", ""),
        "excluded": (f"Excluded: {who}", "Include again"),
        "no_match": (f"No match: {who}", "Look again"),
        "unsure": (f"Unsure: {who}", ""),
        "snoozed": (f"Snoozed until {until}: {who}", "Wake now"),
    }.get(row.state, ("", ""))


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
        below=f"under suggest {threshold:.2f}" if compare else "",
        label=f"Candidate {number}: {card.name}, confidence {shown}",
        reasons=_reasons(card.reasons, full),
    )


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


def bulk_rows(found: Iterable[AccountRow]) -> list[BulkRow]:
    return [
        BulkRow(str(row.account_id), row.name, row.integration, row.client_name, confidence_text(row.confidence))
        for row in found
    ]


def hit_rows(found: Iterable[ClientHit]) -> list[HitRow]:
    return [
        HitRow(
            hit.client_id,
            hit.name,
            " · ".join(
                part
                for part in (f"PSA {hit.external_id}", hit.place, words.count(hit.accounts, "account") + " mapped")
                if part
            ),
        )
        for hit in found
    ]


def integration_choices(found: Iterable[IntegrationOption]) -> list[Choice]:
    return [Choice(str(each.connection_id), each.label, f"{each.accounts:,}") for each in found]


def band_choices(bands: Iterable[Band]) -> list[Choice]:
    return [Choice(band.key, band_label(band), f"{band.accounts:,}") for band in bands if band.key != "gone"]


def band_limits(key: str, bands: Iterable[Band]) -> tuple[Decimal | None, Decimal | None]:
    """(at least, below) of a band by its key; an unknown key limits nothing."""
    return next(((band.low, band.high) for band in bands if band.key == key and key != "gone"), (None, None))


_SAID = {
    Verdict.CONFIRM: "mapped",
    Verdict.NO_MATCH: "no match",
    Verdict.UNSURE: "unsure",
    Verdict.SNOOZE: "snoozed 7 days",
    Verdict.EXCLUDE: "excluded",
    Verdict.RESET: "back in the queue",
}


def said(verdict: Verdict, account: str, client: str, batch: str = "") -> Said:
    """What was just done, in words."""
    text = _SAID[verdict]
    whole = f"{account} {text} to {client}" if client else f"{account} {text}"
    return Said(account, text, whole, "ok", batch)
