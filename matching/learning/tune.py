"""Fits the few numbers to verdicts: logistic regression held to the shipped model, the more the less there is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from matching import context, score
from matching.learning.adjust import MOST, Adjustment
from matching.learning.examples import Examples, loss, loss_slope

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

GROUPS_FROM = 100  # verdicts from which each group of evidence gets a number of its own
ROUNDS = 4  # of fitting around what the last round found: evidence also moves who is whose rival
SLOPES = (0.25, MOST)


@dataclass(frozen=True, slots=True)
class Prior:
    """How far from the shipped model the numbers may be expected to lie: standard deviations."""

    intercept: float = 0.35
    slope: float = 0.15
    times: float = 0.25


def tune(found: Examples, chosen: Bools, prior: Prior = Prior(), *, known: int | None = None) -> Adjustment:
    """The numbers that fit the `chosen` verdicts (a flag each) best, drawn to no adjustment by `prior`.

    `known`: how many verdicts there are in all, where some are held out, so that what is compared has as many numbers
    as what will be used. The same verdicts give the same numbers.
    """
    enough = int(chosen.sum()) if known is None else known
    names = (*found.groups, *dict.fromkeys(context.TERMS.values())) if enough >= GROUPS_FROM else ()
    rows = np.flatnonzero(found.counts & (found.verdict >= 0))
    rows = rows[chosen[found.verdict[rows]]]
    best = at = _start(names)
    if not rows.size:
        return _read(at, names)
    scale = np.array([prior.intercept, prior.slope, *(prior.times for _ in names)])
    truth, weight = found.truth[rows], found.weight[found.verdict[rows]]
    least = np.inf
    for _ in range(ROUNDS):
        exact, slopes = _around(found, rows, at, names)
        cost = _cost(exact, truth, weight) + _distance(at, scale)
        if cost < least:
            least, best = cost, at
        at = _step(exact, slopes, truth, weight, at, scale)
    exact = found.log_odds(_read(at, names))[rows]
    if _cost(exact, truth, weight) + _distance(at, scale) < least:
        best = at
    return _read(best, names)


def _start(names: tuple[str, ...]) -> Floats:
    return np.array([0.0, 1.0, *(1.0 for _ in names)])


def _read(at: Floats, names: tuple[str, ...]) -> Adjustment:
    # Rounded, so that machines that differ in the last digit agree.
    values = [round(float(x), 6) for x in at]
    return Adjustment(values[0], values[1], dict(zip(names, values[2:], strict=True)))


def _cost(log_odds: Floats, truth: Bools, weight: Floats) -> float:
    return float(weight @ loss(log_odds, truth))


def _distance(at: Floats, scale: Floats) -> float:
    return float(0.5 * np.sum(((at - _start(("",) * (at.size - 2))) / scale) ** 2))


def _around(found: Examples, rows: NDArray[np.int64], at: Floats, names: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Log-odds of the rows at the numbers `at`, and how they move with each number as long as the rivals stay."""
    by = _read(at, names)
    own = found.own(by)
    standing = context.context(found.left, found.right, own)[rows]
    own = own[rows]
    flat = found.before_slope(own, standing, by)
    columns = [np.ones(rows.size), flat]
    if names:
        step = 1e-4
        bend = (score.bent(own + step) - score.bent(own - step)) @ found.base.bend / (2 * step)
        beyond = (standing - found.base.context_neutral) * found.base.context_weights
        terms = list(context.TERMS.values())
        for name in names:
            if name in found.groups:
                columns.append(by.slope * bend * found.moved[rows, found.groups.index(name)])
            else:
                columns.append(by.slope * beyond[:, [term == name for term in terms]].sum(axis=1))
    return by.slope * flat + by.intercept, np.column_stack(columns)


def _step(exact: Floats, slopes: Floats, truth: Bools, weight: Floats, at: Floats, scale: Floats) -> Floats:
    """The best numbers where log-odds were linear in them, within their bounds."""
    start = _start(("",) * (at.size - 2))

    def cost(x: Floats) -> tuple[float, Floats]:
        log_odds = exact + slopes @ (x - at)
        pull = (x - start) / scale
        missed = weight * loss_slope(log_odds, truth)
        return _cost(log_odds, truth, weight) + 0.5 * float(pull @ pull), slopes.T @ missed + pull / scale

    bounds = [(-3.0, 3.0), SLOPES, *((0.0, MOST) for _ in range(at.size - 2))]
    return np.asarray(minimize(cost, at, jac=True, method="L-BFGS-B", bounds=bounds).x)
