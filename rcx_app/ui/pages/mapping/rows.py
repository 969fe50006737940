"""The rows, choices and words around the mapping page's list; the account in hand is made in `hand_rows`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from rcx_app.domain.mapping.queue.bands import band_of
from rcx_app.domain.mapping.schemas import (
    AccountRow,
    Band,
    ClientHit,
    IntegrationOption,
    Mark,
    Tab,
    Verdict,
)
from rcx_app.ui import words
from rcx_app.ui.words import confidence_text

_HOW = {"person": "by hand", "file": "from a file"}
_NOBODY = {"own": "Your own?", "test": "Test?", "placeholder": "Placeholder?"}
_MARKS = {
    Mark.ALARM: "Makes no sense",
    Mark.AMBIGUOUS: "Several fit",
    Mark.NO_CLIENT: "Nobody's",
    Mark.UNSURE: "Unsure",
    Mark.BY_PERSON: "By hand",
    Mark.BY_FILE: "By a file",
    Mark.BY_MODEL: "By the model",
}
_OPEN_MARKS = (Mark.ALARM, Mark.AMBIGUOUS, Mark.NO_CLIENT, Mark.UNSURE)
_DECIDED_MARKS = (Mark.BY_PERSON, Mark.BY_FILE, Mark.BY_MODEL, Mark.NO_CLIENT)
# Bands that stand above all confidence.
ABOVE = {"gone": "Their client is gone from the PSA", "alarm": "Mapped, but makes no sense any more"}
SNOOZES = ((1, "Tomorrow"), (7, "In a week"), (30, "In 30 days"), (90, "In 90 days"))


@dataclass
class QueueRow:
    """One account in the list. `heading` stands above it where it is the first of its band."""

    id: str
    account_id: int
    version: int
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


def percent_of(value: Decimal | None) -> int:
    return int(value * 100) if value is not None else 0


def queue_rows(found: Iterable[AccountRow], bands: Sequence[Band]) -> list[QueueRow]:
    """The list's rows, without headings (see `with_headings`)."""
    known = tuple(band for band in bands if band.key not in ABOVE)
    return [_queue_row(row, known) for row in found]


def _queue_row(row: AccountRow, bands: tuple[Band, ...]) -> QueueRow:
    badge, tone = {
        "client_gone": ("Client gone", "under"),
        "unsure": ("Unsure", ""),
        "no_match": ("No match", ""),
    }.get(row.state, ("", ""))
    if row.has_alarm:
        badge, tone = "Alarm", "under"
    elif row.no_client and row.state in ("suggested", "unmapped"):
        badge = _NOBODY.get(row.no_client, "")
    elif row.state == "suggested" and row.is_ambiguous:
        badge = "Two fit"
    moment = row.snoozed_until if row.state == "snoozed" else row.decided_at
    return QueueRow(
        id=str(row.account_id),
        account_id=row.account_id,
        version=row.version,
        name=row.name,
        integration=row.integration,
        seats=f"{row.seats:,}",
        confidence=confidence_text(row.confidence),
        percent=percent_of(row.confidence),
        client=row.client_name,
        badge=badge,
        tone=tone,
        who=who_of(row),
        how=how_of(row),
        decided=words.day(moment.date()) if moment else "",
        decided_iso=moment.isoformat() if moment else "",
        note=row.note,
        band=_band_key(row, bands),
    )


def _band_key(row: AccountRow, bands: tuple[Band, ...]) -> str:
    if row.state == "client_gone":
        return "gone"
    if row.has_alarm:
        return "alarm"
    return band_of(row.confidence, bands).key if bands else ""


def who_of(row: AccountRow) -> str:
    """Who decided: a person by name, or the model."""
    return "The model" if row.decided_how == "model" else row.decided_by or "RCX"


def how_of(row: AccountRow) -> str:
    """How it was decided: by hand, from a file, or how sure the model was."""
    if row.decided_how == "model":
        return f"at {confidence_text(row.confidence)}" if row.confidence is not None else ""
    return _HOW.get(row.decided_how, "")


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
    if band.key in ABOVE:
        return ABOVE[band.key]
    if band.low is None:
        return f"Under {band.high:.2f}" if band.high is not None else "All"
    return f"{band.low:.2f} and above" if band.high is None else f"{band.low:.2f} to {band.high:.2f}"


def minus_one(bands: Sequence[Band], key: str) -> list[Band]:
    """The bands after an account left one of them."""
    return [replace(band, accounts=max(0, band.accounts - (band.key == key))) for band in bands]


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
    return [Choice(band.key, band_label(band), f"{band.accounts:,}") for band in bands if band.key not in ABOVE]


def mark_choices(found: Mapping[Mark, int], tab: str, chosen: str) -> list[Choice]:
    """The marks that accounts of a tab bear, with their numbers; the chosen one also where none does."""
    offered = _OPEN_MARKS if tab in (Tab.REVIEW.value, Tab.UNMAPPED.value, Tab.SNOOZED.value) else _DECIDED_MARKS
    shown = [mark for mark in Mark if mark.value == chosen or (mark in offered and found.get(mark))]
    return [Choice(mark.value, _MARKS[mark], f"{found.get(mark, 0):,}") for mark in shown]


def snooze_choices(today: date) -> list[Choice]:
    """Days on which a snoozed account may come back: the day, how far it is, and the day in words."""
    days = [(today + timedelta(days=number), label) for number, label in SNOOZES]
    return [Choice(day.isoformat(), label, words.day(day)) for day, label in days]


def band_limits(key: str, bands: Iterable[Band]) -> tuple[Decimal | None, Decimal | None]:
    """(at least, below) of a band by its key; an unknown key limits nothing."""
    return next(((band.low, band.high) for band in bands if band.key == key and key not in ABOVE), (None, None))


_SAID = {
    Verdict.CONFIRM: "mapped",
    Verdict.NO_MATCH: "no match",
    Verdict.UNSURE: "unsure",
    Verdict.SNOOZE: "snoozed",
    Verdict.EXCLUDE: "excluded",
    Verdict.RESET: "back in the queue",
    Verdict.KEEP: "kept as mapped",
}


def said(verdict: Verdict, account: str, client: str, batch: str = "") -> Said:
    """What was just done, in words."""
    text = _SAID[verdict]
    whole = f"{account} {text} to {client}" if client else f"{account} {text}"
    return Said(account, text, whole, "ok", batch)
