"""What the match settings hand to their callers: frozen values, no tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

FLOOR = Decimal("0.05")
"""Candidates under it are not kept at all (the matcher's floor), so no threshold lies lower."""
PLACES = Decimal("0.0001")
"""Thresholds and stored confidences have four decimals."""


class Aim(StrEnum):
    """How thresholds were chosen. NUMBERS: by hand."""

    NUMBERS = ""
    PRECISION = "precision"
    COST = "cost"


class Fate(StrEnum):
    """What becomes of an account that waits: mapped by itself, ticked, suggested, only to compare, or nothing found."""

    AUTO = "auto"
    PRESELECTED = "preselected"
    SUGGESTED = "suggested"
    COMPARE = "compare"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The three thresholds: probabilities, 0.05 <= suggest <= preselect <= auto <= 1, four decimals at most."""

    suggest: Decimal
    preselect: Decimal
    auto: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95 % bounds. `value` None: nothing was counted. `judged` are the verdicts behind it."""

    value: float | None
    low: float
    high: float
    judged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Precision with its 95 % bounds and recall of suggestions at or above `threshold`."""

    threshold: float
    precision: float
    low: float
    high: float
    recall: float
    judged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBand:
    """Suggestions of about equal confidence: what was `stated` on average, and the share that was right with bounds."""

    low: float
    high: float
    stated: float
    right: float
    least: float
    most: float
    judged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One set of judged suggestions as curves. `judged` counts them, `ticked` those that agreed with a tick."""

    judged: int
    ticked: int
    points: tuple[CurvePoint, ...]
    bands: tuple[ReliabilityBand, ...]
    calibration_error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationRow:
    """One integration and its auto-confirm. `at_preselect`: precision there by its own verdicts; `at_auto`: with the
    shipped counts, which is what decides.

    `why_not` says in a sentence why auto-confirm can't be switched on; empty where it can. `mapped` accounts were
    mapped by it, of which people took `taken_back` away.
    """

    connection_id: int
    label: str
    is_auto: bool
    at_preselect: Share
    at_auto: Share
    why_not: str
    mapped: int
    taken_back: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One change of the settings, in words in `what`. `since`: precision at its preselect threshold on verdicts given
    until the next change of thresholds; None where it changed none. `can_put_back`: what was before it can be again.
    """

    change_id: int
    at: datetime
    who: str
    what: str
    note: str
    expected: dict[str, Any]
    since: Share | None
    can_put_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that the page shows of a workspace. `seen` is the newest change: what a save must name. `target`: the
    precision that auto-confirm must reach. `since_run`: verdicts given since the last matching run, which the next one
    takes into account too.

    `shipped_is_current`: the shipped counts were measured with the model that is shipped now.
    """

    levels: Levels
    aim: Aim
    aim_value: Decimal | None
    seen: int
    target: Decimal
    own: Measured
    shipped: Measured
    shipped_is_current: bool
    integrations: tuple[IntegrationRow, ...]
    waiting: int
    since_run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An account that would become something else."""

    account_id: int
    name: str
    integration: str
    client: str
    confidence: Decimal | None
    before: Fate
    after: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Links expected to be wrong among some ticked or mapped ones, with the 95 % bounds; and per 100 of them."""

    links: float
    low: float
    high: float
    per_100: float
    per_100_low: float
    per_100_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What waits, by fate, at one set of thresholds. `saved`: look-ups that nobody has to make."""

    levels: Levels
    counts: dict[Fate, int]
    preselected_wrong: Wrong
    auto_wrong: Wrong
    saved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What other thresholds would make of the present queue. `moves` lists at most 50 of `moving` accounts."""

    waiting: int
    now: Standing
    then: Standing
    moving: int
    moves: tuple[Moved, ...]
    at_suggest: Share
    at_preselect: Share
    at_auto: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The thresholds that an aim leads to.

    `is_met`: at `levels.preselect` the lower bound of the precision meets the `target`. Where it is not, `levels` are
    the nearest, `share` is what is known there and `missing` how many more verdicts as good as those would settle it
    (None: no number would, since what is known is not good enough itself).
    """

    levels: Levels
    target: float
    is_met: bool
    share: Share
    missing: int | None
