"""How a connection does, from facts: the light, why, whose turn it is and what to do. Pure, and the only place.

Green: healthy and up to date. Yellow: never read, stale, partly read, disconnected, credentials that end soon, counts
held back. Red: the last run failed, credentials refused or past their end. One that a person switched off is no
problem. Whether a *finding* may be acted on is another question (`reconcile.engine`), answered for a day of the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from rcx_app.domain.integrations.schemas import Health
from rcx_app.domain.sync.failures import SIGN_IN
from rcx_app.domain.sync.freshness import fresh_for
from rcx_app.domain.sync.opening import FILE
from rcx_app.models import Connection

WARNED_AHEAD = (1, 7, 14, 30)
"""So many days before their last one credentials are warned of: each a cause, and so told, of its own."""
EXPIRING = "expiring_"
"""How the causes of credentials that end soon begin; the days follow."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides a connection's health. `state`, `error`, `failure` and `expires_on` as the connection keeps them.

    `held`: counts of it that wait for a person's word. `is_file`: files fill it, so that nothing signs in.
    """

    is_file: bool
    is_enabled: bool
    is_connected: bool
    state: str
    last_complete_at: datetime | None
    fresh_for: timedelta
    error: str = ""
    failure: Mapping[str, Any] = field(default_factory=dict)
    expires_on: date | None = None
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that is wrong. `name` is stable; `word` is for a table, `reason` and `remedy` are sentences."""

    name: str
    word: str
    reason: str
    whose: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A connection's health. `causes`: all there are of its light, the weightiest first; none where it is healthy."""

    health: Health
    word: str
    reason: str
    whose: str = ""
    remedy: str = ""
    causes: tuple[str, ...] = ()


def facts_of(row: Connection | Any, synced_for: timedelta, held: int = 0) -> Facts:
    """The facts that a row tells, or the columns of it that are read here. `synced_for` is of its workspace."""
    return Facts(
        is_file=row.connector == FILE,
        is_enabled=row.is_enabled,
        is_connected=row.connector == FILE or row.credentials is not None,
        state=row.state,
        last_complete_at=row.last_complete_at,
        fresh_for=fresh_for(row.connector, synced_for),
        error=row.last_error,
        failure=row.last_failure,
        expires_on=row.expires_on,
        held=held,
    )


def diagnose(facts: Facts, at: datetime) -> Diagnosis:
    """How a connection of these facts does at the (aware) time `at`."""
    if not facts.is_enabled:
        return Diagnosis(health=Health.OFF, word="Switched off", reason="It was switched off, so it is not read.")
    if not facts.is_connected:
        return _of(Health.ATTENTION, [_DISCONNECTED])
    if red := [each for each in (_expired(facts, at), _failed(facts)) if each is not None]:
        return _of(Health.FAILED, red)
    found = (_not_read(facts, at), _expires_soon(facts, at), _held_back(facts))
    if yellow := [each for each in found if each is not None]:
        return _of(Health.ATTENTION, yellow)
    return Diagnosis(health=Health.HEALTHY, word="Healthy", reason="It was read completely and is up to date.")


def _of(health: Health, causes: list[Cause]) -> Diagnosis:
    first = causes[0]
    return Diagnosis(
        health=health,
        word=first.word,
        reason=" ".join(each.reason for each in causes),
        whose=first.whose,
        remedy=" ".join(dict.fromkeys(each.remedy for each in causes if each.remedy)),
        causes=tuple(each.name for each in causes),
    )


_DISCONNECTED = Cause(
    name="disconnected",
    word="Disconnected",
    reason="Its credentials were deleted, so it is not read.",
    whose="admin",
    remedy="Enter its credentials again, or switch it off.",
)


def _expired(facts: Facts, at: datetime) -> Cause | None:
    if facts.is_file or facts.expires_on is None or at.date() <= facts.expires_on:
        return None
    return Cause(
        name="expired",
        word="Expired",
        reason=f"Its credentials ended on {_day(facts.expires_on)}.",
        whose="admin",
        remedy="Make new ones at the vendor, enter them in its settings, and say until when they last.",
    )


def _failed(facts: Facts) -> Cause | None:
    is_refused = facts.failure.get("kind") in SIGN_IN
    if facts.state != "failed" and not (facts.state == "partial" and is_refused):
        return None
    said = facts.failure.get("message") or facts.error or "Nothing is known of why."
    if facts.is_file:
        reason, whose, remedy = f"The last import failed: {said}", "admin", "Open the file in Integrations to see why."
    else:
        # A failure without a note is one that no connector knew: a fault of ours.
        reason, whose = f"The last sync failed: {said}", str(facts.failure.get("whose") or "rcx")
        remedy = str(facts.failure.get("remedy") or "Sync it again. If it fails again, tell support.")
    return Cause(name="refused" if is_refused else "failed", word="Failed", reason=reason, whose=whose, remedy=remedy)


def _not_read(facts: Facts, at: datetime) -> Cause | None:
    """Why what it holds is not all or not of late: one cause, since each includes those after it."""
    if facts.state == "partial":
        return Cause(
            name="partial",
            word="Partly read",
            reason=facts.error or "Some of it could not be read.",
            whose=str(facts.failure.get("whose") or "rcx"),
            remedy=str(facts.failure.get("remedy") or "Sync it again."),
        )
    if facts.last_complete_at is None:
        reason = "No file was imported into it yet." if facts.is_file else "It was never read completely."
        return Cause(
            name="never",
            word="Never imported" if facts.is_file else "Never synced",
            reason=reason,
            whose="admin",
            remedy="Import a file." if facts.is_file else "Sync it.",
        )
    if facts.last_complete_at < at - facts.fresh_for:
        return Cause(
            name="stale",
            word="Stale",
            reason=f"It was last read completely on {_day(facts.last_complete_at.date())}.",
            whose="admin",
            remedy="Import a newer file." if facts.is_file else "Sync it; a schedule does so by itself.",
        )
    return None


def _expires_soon(facts: Facts, at: datetime) -> Cause | None:
    if facts.is_file or facts.expires_on is None:
        return None
    left = (facts.expires_on - at.date()).days
    stage = next((days for days in WARNED_AHEAD if left <= days), None)
    if stage is None:
        return None
    return Cause(
        name=f"{EXPIRING}{stage}",
        word="Expires soon",
        reason=f"Its credentials end on {_day(facts.expires_on)}.",
        whose="admin",
        remedy="Make new ones at the vendor in time, enter them in its settings, and say until when they last.",
    )


def _held_back(facts: Facts) -> Cause | None:
    if not facts.held:
        return None
    one = facts.held == 1
    fell = "1 count fell suddenly and is" if one else f"{facts.held:,} counts fell suddenly and are"
    return Cause(
        name="held",
        word="Count held back" if one else "Counts held back",
        reason=f"{fell} held back until a person confirms {'it' if one else 'them'}.",
        whose="admin",
        remedy="Look at what fell in Integrations; confirm what is right.",
    )


def _day(value: date) -> str:
    """``14 Nov 2026``."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
