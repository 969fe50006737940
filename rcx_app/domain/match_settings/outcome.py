"""What the present queue would become at other thresholds, from what the last matching run kept of each account.

A matching run with those thresholds comes to the same; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rcx_app.core.money import to_micros
from rcx_app.domain.match_settings.aim import Evidence
from rcx_app.domain.match_settings.schemas import Fate, Levels, Standing, Wrong

Codes = NDArray[np.int8]
FATES = (Fate.AUTO, Fate.PRESELECTED, Fate.SUGGESTED, Fate.COMPARE, Fate.NOTHING)
_AUTO, _PRESELECTED, _SUGGESTED, _COMPARE, _NOTHING = range(len(FATES))
NONE = -1


@dataclass(frozen=True, slots=True)
class Waiting:
    """Accounts that wait, as columns. Confidences and doubts in millionths, -1 where there is none."""

    account: NDArray[np.int64]
    confidence: NDArray[np.int64]
    doubt: NDArray[np.int64]
    is_auto: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.account.size)


def waiting(rows: Sequence[tuple[int, int | None, int | None, bool]]) -> Waiting:
    """From (account, confidence, doubt, whether its connection confirms by itself)."""
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]

    def filled(values: Sequence[int | None]) -> NDArray[np.int64]:
        return np.array([NONE if value is None else value for value in values], np.int64)

    return Waiting(
        np.array(columns[0], np.int64), filled(columns[1]), filled(columns[2]), np.array(columns[3], np.bool_)
    )


def fates(queue: Waiting, at: Levels) -> Codes:
    """The fate of each account at these thresholds, as places in `FATES`."""
    suggest, preselect, auto = (to_micros(level) for level in (at.suggest, at.preselect, at.auto))
    out = np.full(len(queue), _NOTHING, np.int8)
    out[queue.confidence >= 0] = _COMPARE
    offered = (queue.confidence >= suggest) & (queue.confidence >= 0)
    out[offered] = _SUGGESTED
    ticked = offered & (queue.doubt < suggest) & (queue.confidence >= preselect)
    out[ticked] = _PRESELECTED
    out[ticked & queue.is_auto & (queue.confidence >= auto)] = _AUTO
    return out


def moving(queue: Waiting, before: Codes, after: Codes) -> list[tuple[int, Fate, Fate]]:
    """(account, what it is, what it would be) of those that change, surest first."""
    rows = np.flatnonzero(before != after)
    order = rows[np.lexsort((queue.account[rows], -queue.confidence[rows]))]
    return [(int(queue.account[row]), FATES[before[row]], FATES[after[row]]) for row in order.tolist()]


def standing(codes: Codes, at: Levels, evidence: Evidence) -> Standing:
    """How many accounts have each fate, and how many links of those that nobody looks at closely would be wrong."""
    counts = dict(zip(FATES, np.bincount(codes, minlength=len(FATES)).tolist(), strict=True))
    return Standing(
        levels=at,
        counts=counts,
        preselected_wrong=wrong(counts[Fate.PRESELECTED], evidence, float(at.preselect)),
        auto_wrong=wrong(counts[Fate.AUTO], evidence, float(at.auto)),
        saved=counts[Fate.PRESELECTED] + counts[Fate.AUTO],
    )


def wrong(links: int, evidence: Evidence, threshold: float) -> Wrong:
    """Links expected to be wrong among `links` at or above `threshold`; the worst where nothing is known."""
    share = evidence.share(threshold)
    missed = 1.0 - share.value if share.value is not None else 1.0
    return Wrong(
        links=links * missed,
        low=links * (1.0 - share.high),
        high=links * (1.0 - share.low),
        per_100=100 * missed,
        per_100_low=100 * (1.0 - share.high),
        per_100_high=100 * (1.0 - share.low),
    )


def plain(found: Standing) -> Mapping[str, object]:
    """What was expected, as history and audit keep it."""
    return {
        **{fate.value: number for fate, number in found.counts.items()},
        "wrong_per_100": round(found.preselected_wrong.per_100, 2),
        "wrong_per_100_low": round(found.preselected_wrong.per_100_low, 2),
        "wrong_per_100_high": round(found.preselected_wrong.per_100_high, 2),
        "saved": found.saved,
    }
