"""Which candidate each left record gets, and with what verdict. Reads confidences only, no names."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from matching.types import Assignment, Thresholds

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def ranked(left: Ints, confidence: Floats, right: Ints) -> Ints:
    """Row numbers ordered by left record, best first; ties by right position, so that the order is always the same."""
    return np.lexsort((right, -confidence, left))


def one_to_one(left: Ints, right: Ints, log_odds: Floats, least: float) -> Bools:
    """The set of pairs of greatest total log-odds above `least` in which no record stands twice.

    A record may stay alone (that is worth 0), so a weak pair never takes a partner from a strong one. Solved
    exactly in each connected component.
    """
    chosen = np.zeros(left.size, np.bool_)
    gain = log_odds - least
    rows = np.flatnonzero(gain > 0)
    if not rows.size:
        return chosen
    lefts, i = np.unique(left[rows], return_inverse=True)
    rights, j = np.unique(right[rows], return_inverse=True)
    total = lefts.size + rights.size
    graph = coo_matrix((np.ones(rows.size), (i, lefts.size + j)), shape=(total, total))
    _, component = connected_components(graph, directed=False)
    order = np.argsort(component[i], kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(component[i][order])) + 1):
        if part.size == 1:
            chosen[rows[part]] = True
            continue
        a, ours = np.unique(i[part], return_inverse=True)
        b, theirs = np.unique(j[part], return_inverse=True)
        table = np.zeros((a.size, b.size))
        table[ours, theirs] = gain[rows[part]]
        picked = set(zip(*(x.tolist() for x in linear_sum_assignment(table, maximize=True)), strict=True))
        for row, pair in zip(part.tolist(), zip(ours.tolist(), theirs.tolist(), strict=True), strict=True):
            chosen[rows[row]] = pair in picked
    return chosen


def chosen_rows(
    left: Ints, right: Ints, log_odds: Floats, confidence: Floats, how: Assignment, at: Thresholds
) -> Bools:
    """The proposed pair of each left record that has one: at most one a left, each at or above `suggest`."""
    if how == "one_to_one":
        clipped = min(max(at.suggest, 1e-9), 1 - 1e-9)
        return one_to_one(left, right, log_odds, float(np.log(clipped / (1 - clipped)))) & (confidence >= at.suggest)
    order = ranked(left, confidence, right)
    head = np.ones(order.size, np.bool_)
    head[1:] = left[order][1:] != left[order][:-1]
    chosen = np.zeros(left.size, np.bool_)
    chosen[order[head]] = True
    return chosen & (confidence >= at.suggest)


def doubts(left: Ints, right: Ints, confidence: Floats, how: Assignment, at: Thresholds) -> Floats:
    """How much stands against each pair: 1 with a rival closer than `gap`, else the weaker confidence of the two.

    -1 where there is no rival worth listing.
    """
    out = np.full(left.size, -1.0)
    for owner in (left, right) if how == "one_to_one" else (left,):
        order = np.lexsort((-confidence, owner))
        head = np.ones(order.size, np.bool_)
        head[1:] = owner[order][1:] != owner[order][:-1]
        group = np.cumsum(head) - 1
        starts = np.flatnonzero(head)
        sizes = np.diff(np.append(starts, order.size))
        best = confidence[order][starts]
        second = np.where(sizes > 1, confidence[order][np.minimum(starts + 1, order.size - 1)], 0.0)
        rival = np.where(head, second[group], best[group])
        value = confidence[order]
        listed = (rival >= at.floor) & (value >= at.floor)
        doubt = np.where(np.abs(value - rival) < at.gap, 1.0, np.minimum(rival, value))
        out[order] = np.maximum(out[order], np.where(listed, doubt, -1.0))
    return out


def hidden_by_rivals(left: Ints, is_same_name: Bools, confidence: Floats, at: Thresholds) -> Bools:
    """Pairs of the same name, of left records with so many of them that none is worth listing by its confidence: of
    thirty records of one name each has a thirtieth of the odds, and a person should see that they are there.
    """
    best = np.zeros(int(left.max(initial=-1)) + 1)
    np.maximum.at(best, left, confidence)
    return np.asarray((best[left] < at.floor) & is_same_name)


def ambiguous_rows(left: Ints, right: Ints, confidence: Floats, how: Assignment, at: Thresholds) -> Bools:
    """Pairs that have a rival nearly as good: closer than `gap`, or itself good enough to be suggested."""
    return np.asarray(doubts(left, right, confidence, how, at) >= at.suggest)
