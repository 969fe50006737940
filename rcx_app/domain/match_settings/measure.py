"""What judged suggestions say of the model: precision and recall at a threshold with their bounds, and reliability.

Pure arithmetic on counts; where the verdicts come from is in `verdicts`, the shipped counts in `shipped`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from rcx_app.domain.match_settings.schemas import CurvePoint, ReliabilityBand, Share

Floats = NDArray[np.float64]

ENOUGH = 30
"""Verdicts under which nothing is claimed: the bounds are then wider than any decision could use."""
TICKED_WEIGHT = 0.5
"""What agreeing with a suggestion that was ticked in advance counts: agreeing is easier than looking."""
PRIOR_VERDICTS = 50.0
"""What all shipped counts together weigh against a workspace's own verdicts: as much as this many of them."""
_TAIL = 0.025
_GRID = np.round(np.linspace(0.0, 1.0, 101), 2)


@dataclass(frozen=True, slots=True)
class Judged:
    """An account whose first candidate a person has judged. `confidence` None: there was none, and a client was missed.

    `is_right`: the first candidate was the right one. `has_client`: the account is some client's.
    """

    confidence: float | None
    is_right: bool
    has_client: bool
    was_ticked: bool = False
    connection_id: int = 0
    client_id: int | None = None
    given_at: datetime | None = None

    @property
    def weight(self) -> float:
        return TICKED_WEIGHT if self.was_ticked and self.is_right else 1.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands at or above a threshold: `judged` suggestions, of which `right`; `weight` and `right_weight` are the
    same with agreements on ticked suggestions at half. `links`: all true links, found or not."""

    judged: float = 0.0
    right: float = 0.0
    weight: float = 0.0
    right_weight: float = 0.0
    links: float = 0.0


class Tally:
    """Judged suggestions by confidence, so that the counts at any threshold are one look-up."""

    __slots__ = ("_confidence", "_sums", "links", "ticked")

    def __init__(self, confidence: Floats, judged: Floats, right: Floats, weight: Floats, links: float) -> None:
        """One entry an amount of `judged` suggestions of equal confidence, of which `right`, each of `weight` (right
        ones; wrong ones weigh 1). `links`: true links, also those that no suggestion found."""
        order = np.argsort(-confidence, kind="stable")
        self._confidence = confidence[order]
        right_weight = right * weight
        columns = np.column_stack([judged, right, judged - right + right_weight, right_weight, judged * confidence])
        self._sums = np.vstack([np.zeros(5), np.cumsum(columns[order], axis=0)])
        self.links = links
        self.ticked = float((right * (weight < 1.0)).sum())

    @property
    def judged(self) -> int:
        return round(float(self._sums[-1, 0]))

    def at(self, threshold: float) -> Counts:
        """Counts of suggestions at or above `threshold`."""
        judged, right, weight, right_weight = self._sums[self._row(threshold), :4].tolist()
        return Counts(judged, right, weight, right_weight, self.links)

    def stated(self, threshold: float) -> float:
        """The sum of the confidences at or above `threshold`."""
        return float(self._sums[self._row(threshold), 4])

    def _row(self, threshold: float) -> int:
        # Confidences fall, so their negatives rise. They come with six decimals at most.
        return int(np.searchsorted(-self._confidence, -threshold + 1e-9, side="right"))


def tally(judged: Iterable[Judged]) -> Tally:
    """The tally of a workspace's verdicts."""
    rows = list(judged)
    shown = [each for each in rows if each.confidence is not None]
    return Tally(
        np.array([each.confidence for each in shown], np.float64),
        np.ones(len(shown)),
        np.array([each.is_right for each in shown], np.float64),
        np.array([each.weight for each in shown], np.float64),
        float(sum(each.has_client for each in rows)),
    )


def interval(right: float, wrong: float) -> tuple[float, float]:
    """95 % bounds of a share by the beta distribution with Jeffreys' prior; (0, 1) where nothing was counted.

    At either end the bound is the end itself. Source: Brown, Cai, DasGupta, "Interval estimation for a binomial
    proportion", 2001.
    """
    if right + wrong <= 0:
        return 0.0, 1.0
    low = float(betaincinv(right + 0.5, wrong + 0.5, _TAIL)) if right > 0 else 0.0
    high = float(betaincinv(right + 0.5, wrong + 0.5, 1 - _TAIL)) if wrong > 0 else 1.0
    return low, high


def precision(counts: Counts) -> Share:
    """Precision by the verdicts alone. `value` is None where nothing was judged."""
    low, high = interval(counts.right_weight, counts.weight - counts.right_weight)
    value = counts.right_weight / counts.weight if counts.weight else None
    return Share(value=value, low=low, high=high, judged=round(counts.judged))


def blended(own: Counts, shipped: Counts) -> Share:
    """Precision by the workspace's verdicts and the shipped counts, the latter worth `PRIOR_VERDICTS` at most."""
    right, wrong = blended_counts(own, shipped)
    low, high = interval(right, wrong)
    value = right / (right + wrong) if right + wrong else None
    return Share(value=value, low=low, high=high, judged=round(own.judged))


def blended_counts(own: Counts, shipped: Counts) -> tuple[float, float]:
    """(right, wrong) of both together."""
    scale = min(1.0, PRIOR_VERDICTS / shipped.judged) if shipped.judged else 0.0
    right = own.right_weight + scale * shipped.right
    return right, own.weight - own.right_weight + scale * (shipped.judged - shipped.right)


def curve(own: Tally) -> tuple[CurvePoint, ...]:
    """Precision with its bounds and recall over the whole range of thresholds."""
    points = []
    for threshold in _GRID.tolist():
        counts = own.at(threshold)
        share = precision(counts)
        if share.value is None:
            break
        points.append(
            CurvePoint(
                threshold=threshold,
                precision=share.value,
                low=share.low,
                high=share.high,
                recall=recall(counts),
                judged=share.judged,
            )
        )
    return tuple(points)


def recall(counts: Counts) -> float:
    """The share of true links that suggestions at or above the threshold found; 0 where there is no link."""
    return counts.right / counts.links if counts.links else 0.0


def reliability(own: Tally, bands: int = 10) -> tuple[ReliabilityBand, ...]:
    """How often suggestions of about equal confidence were right, in bands of equal width; empty bands are left out."""
    found = []
    edges = np.linspace(0.0, 1.0, bands + 1).tolist()
    for low, high in pairwise(edges):
        above = own.at(high) if high < 1.0 else Counts()
        counts = own.at(low)
        weight = counts.weight - above.weight
        right = counts.right_weight - above.right_weight
        judged = round(counts.judged - above.judged)
        if judged <= 0 or weight <= 0:
            continue
        least, most = interval(right, weight - right)
        stated = (own.stated(low) - (own.stated(high) if high < 1.0 else 0.0)) / judged
        found.append(
            ReliabilityBand(
                low=low, high=high, stated=stated, right=right / weight, least=least, most=most, judged=judged
            )
        )
    return tuple(found)


def calibration_error(bands: Sequence[ReliabilityBand]) -> float | None:
    """The mean distance of stated and observed over the bands, weighted by their verdicts; None without any."""
    judged = sum(band.judged for band in bands)
    return sum(band.judged * abs(band.stated - band.right) for band in bands) / judged if judged else None
