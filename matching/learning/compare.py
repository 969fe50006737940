"""Whether new numbers are better than those in use, on verdicts that neither was fitted to: by client and by time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching import score
from matching.evaluate import calibration_error
from matching.learning.adjust import Adjustment
from matching.learning.examples import Examples, loss, served

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Fit = Callable[[Bools], Adjustment]

FOLDS = 5
NEWEST = 0.3  # share of the verdicts that are held out by time
LEAST_HELD, LEAST_LEFT = 15, 25  # verdicts held out and left to fit, below which a split by time says nothing
DRAWS = 1000
TAIL = 2.5  # per cent beyond each end of the interval
NORMAL = 1.96  # standard errors that leave as much beyond


@dataclass(frozen=True, slots=True)
class Quality:
    """How well the first candidates of held-out records are judged; see `Held`. All on the model's own confidence.

    `log_loss` is the mean over records of the summed loss of the candidates looked at; `suggest` and `preselect` are
    (precision, recall) of proposing every first candidate from that confidence on.
    """

    log_loss: float
    brier: float
    ece: float
    suggest: tuple[float, float]
    preselect: tuple[float, float]

    def plain(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "log_loss": round(self.log_loss, 5),
            "brier": round(self.brier, 5),
            "ece": round(self.ece, 5),
            "suggest": [round(x, 5) for x in self.suggest],
            "preselect": [round(x, 5) for x in self.preselect],
        }


@dataclass(frozen=True, slots=True)
class Held:
    """Both on the same held-out verdicts. `gain`: how much the log loss fell, as (lower end, mean, upper end)."""

    split: str
    accounts: int
    clients: int
    before: Quality
    after: Quality
    gain: tuple[float, float, float]

    def plain(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "split": self.split,
            "accounts": self.accounts,
            "clients": self.clients,
            "before": self.before.plain(),
            "after": self.after.plain(),
            "gain": [round(x, 5) for x in self.gain],
        }


def splits(found: Examples) -> Iterator[tuple[str, list[tuple[Bools, Bools]]]]:
    """(name, pairs of (fitted on, held out) flags by verdict) of each split that can be made."""
    fold = _folds(found.entity)
    yield "clients", [(fold != k, fold == k) for k in range(FOLDS) if (fold == k).any()]
    newest = _newest(found.at)
    if newest is not None:
        yield "time", [(~newest, newest)]


def _folds(entity: Ints) -> Ints:
    """Entities dealt out in the order in which they first come up, so that folds do not hang on anybody's ids."""
    _, first, inverse = np.unique(entity, return_index=True, return_inverse=True)
    place = np.empty(first.size, np.int64)
    place[np.argsort(first)] = np.arange(first.size)
    return place[inverse] % FOLDS


def _newest(at: Floats) -> Bools | None:
    """The newest verdicts; those of one moment stay together. None where that leaves too few on either side."""
    if not at.size:
        return None
    cut = np.sort(at)[max(0, int(at.size * (1 - NEWEST)))]
    for newest in (at >= cut, at > cut):
        if newest.sum() >= LEAST_HELD and (~newest).sum() >= max(LEAST_LEFT, at.size // 3):
            return np.asarray(newest)
    return None


def compare(found: Examples, before: Fit, after: Fit, thresholds: tuple[float, float]) -> list[Held]:
    """Every split with both ways of fitting; `thresholds` are those of suggesting and of preselecting."""
    return [_held(found, name, parts, before, after, thresholds) for name, parts in splits(found)]


def _held(
    found: Examples,
    name: str,
    parts: list[tuple[Bools, Bools]],
    before: Fit,
    after: Fit,
    thresholds: tuple[float, float],
) -> Held:
    old, new = np.zeros(found.left.size), np.zeros(found.left.size)
    held = np.zeros(len(found), np.bool_)
    for fitted_on, held_out in parts:
        rows = (found.verdict >= 0) & held_out[found.verdict]
        old[rows] = found.log_odds(before(fitted_on))[rows]
        new[rows] = found.log_odds(after(fitted_on))[rows]
        held |= held_out
    chosen = np.flatnonzero(held)
    loss_old, loss_new = losses(found, old)[chosen], losses(found, new)[chosen]
    weight = found.weight[chosen]
    return Held(
        name,
        chosen.size,
        np.unique(found.entity[chosen]).size,
        quality(found, old, held, thresholds),
        quality(found, new, held, thresholds),
        _interval(loss_old - loss_new, weight, found.entity[chosen], _chance(found, old, new)[chosen]),
    )


def losses(found: Examples, log_odds: Floats) -> Floats:
    """Log loss of each verdict: summed over the pairs that it is learned from."""
    rows = np.flatnonzero(found.counts & (found.verdict >= 0))
    value = loss(log_odds[rows], found.truth[rows])
    return np.bincount(found.verdict[rows], weights=value, minlength=len(found)).astype(np.float64)


def quality(found: Examples, log_odds: Floats, held: Bools, thresholds: tuple[float, float]) -> Quality:
    """How a model that gives these log-odds does on the held-out verdicts."""
    weight = found.weight[held]
    lost = losses(found, log_odds)[held]
    rows = np.flatnonzero(found.verdict >= 0)
    rows = rows[held[found.verdict[rows]]]
    order = rows[np.lexsort((found.right[rows], -log_odds[rows], found.verdict[rows]))]
    head = np.append(True, found.verdict[order][1:] != found.verdict[order][:-1]) if order.size else order > 0
    first = order[head]
    # A rejection tells of one client only: where another one comes first now, nobody knows whether that is right.
    first = first[found.counts[first] | found.linked[found.verdict[first]]]
    confidence, hit = served(log_odds[first]), found.truth[first]
    linked = int(found.linked[held].sum())

    def at(least: float) -> tuple[float, float]:
        kept = confidence >= least
        right = int(hit[kept].sum())
        return (right / int(kept.sum()) if kept.any() else 1.0), (right / linked if linked else 1.0)

    return Quality(
        float(np.average(lost, weights=weight)) if lost.size else 0.0,
        float(np.mean((confidence - hit) ** 2)) if first.size else 0.0,
        calibration_error(confidence, hit),
        at(thresholds[0]),
        at(thresholds[1]),
    )


def _chance(found: Examples, old: Floats, new: Floats) -> Floats:
    """By verdict, how much its gain would vary (variance) if the old log-odds were right."""
    rows = np.flatnonzero(found.counts & (found.verdict >= 0))
    yes, no = np.ones(rows.size, np.bool_), np.zeros(rows.size, np.bool_)
    if_true = loss(old[rows], yes) - loss(new[rows], yes)
    if_false = loss(old[rows], no) - loss(new[rows], no)
    sure = score.probability(old[rows])
    value = sure * (1 - sure) * (if_true - if_false) ** 2
    return np.bincount(found.verdict[rows], weights=value, minlength=len(found)).astype(np.float64)


def _interval(gain: Floats, weight: Floats, entity: Ints, chance: Floats) -> tuple[float, float, float]:
    """Mean gain with the ends of its interval, by drawing clients with all their verdicts anew.

    Sharper numbers gain a little on most verdicts and lose much on a rare one, which few verdicts may not hold at all:
    drawn anew they would look surely better. So the interval is at least as wide as `chance` alone makes it.
    """
    if not gain.size:
        return 0.0, 0.0, 0.0
    _, inverse = np.unique(entity, return_inverse=True)
    sums = np.bincount(inverse, weights=gain * weight)
    sizes = np.bincount(inverse, weights=weight)
    mean = float(sums.sum() / sizes.sum())
    rng = np.random.default_rng(7)
    means = np.empty(DRAWS)
    for k in range(DRAWS):
        drawn = rng.integers(0, sums.size, sums.size)
        means[k] = sums[drawn].sum() / sizes[drawn].sum()
    low, high = np.percentile(means, (TAIL, 100 - TAIL))
    reach = NORMAL * float(np.sqrt(chance @ weight**2)) / float(weight.sum())
    return min(float(low), mean - reach), mean, max(float(high), mean + reach)
