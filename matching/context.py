"""How a pair stands among its rivals on both sides, from the log-odds of the pairs alone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Term -> the group it is explained under. Every term is 0 for a pair that has no rival worth the name, so that a pair's
# own evidence is told by its own features only.
TERMS: dict[str, str] = {
    "rival_left": "runner_up",
    "behind_left": "runner_up",
    "share_left": "runner_up",
    "close_left": "runner_up",
    "rival_right": "rivals",
    "behind_right": "rivals",
    "share_right": "rivals",
    "close_right": "rivals",
}
NAMES: tuple[str, ...] = tuple(TERMS)
REACH = 6.0  # log-odds: beyond this neither a rival's strength nor a distance says more
NOBODY = -9.0  # log-odds of the rival that stands in where there is none
CLOSE = 1.0  # log-odds: rivals within this count as close
UNLIKELY = -3.0  # log-odds: a rival below this is none


def best_other(owner: Ints, score: Floats) -> Floats:
    """For every pair, the best score among the other pairs of the same owner; at least `NOBODY`."""
    order = np.lexsort((-score, owner))
    head = np.ones(order.size, np.bool_)
    head[1:] = owner[order][1:] != owner[order][:-1]
    starts = np.flatnonzero(head)
    group = np.cumsum(head) - 1
    ranked = score[order]
    first = ranked[starts]
    sizes = np.diff(np.append(starts, order.size))
    second = np.where(sizes > 1, ranked[np.minimum(starts + 1, order.size - 1)], NOBODY)
    out = np.empty(order.size)
    out[order] = np.where(head, second[group], first[group])
    return np.maximum(out, NOBODY)


def _log_share(owner: Ints, score: Floats) -> Floats:
    """Log of the pair's share of its owner's odds, a standing chance of "none of them" included; at most 0."""
    odds = np.exp(np.clip(score, -30, 30))
    total = np.bincount(owner, weights=odds)
    others = np.maximum(total[owner] - odds, 0.0)
    return np.asarray(-np.log1p(others / (1.0 + odds)))


def _close(owner: Ints, score: Floats) -> Floats:
    """log1p of the number of likely rivals of the owner that are at most `CLOSE` worse than the pair, or better."""
    order = np.lexsort((score, owner))
    # Scores of one owner lie in one stretch; a wide offset per owner lets one search serve all of them.
    offset = owner * 1e4
    keys = score[order] + offset[order]
    least = np.maximum(score - CLOSE, UNLIKELY)
    count = np.searchsorted(keys, offset + 5e3, side="left") - np.searchsorted(keys, least + offset, side="left")
    return np.asarray(np.log1p(np.maximum(count - (score >= least), 0)))


def context(left: Ints, right: Ints, score: Floats) -> Floats:
    """The context matrix, shape (pairs, len(NAMES)), columns as in `NAMES`."""
    if not score.size:
        return np.zeros((0, len(NAMES)))
    columns = []
    for owner in (left, right):
        rival = best_other(owner, score)
        behind = np.clip(score - np.maximum(rival, UNLIKELY), -REACH, 0.0)
        columns += [
            np.log1p(np.exp(np.clip(rival, NOBODY, REACH))),
            np.where(rival > UNLIKELY, behind, 0.0),
            _log_share(owner, score),
            _close(owner, score),
        ]
    return np.column_stack(columns)
