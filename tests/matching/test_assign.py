"""Assignment against an exhaustive reference, and the marks of doubt."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.assign import ambiguous_rows, chosen_rows, one_to_one
from matching.types import Thresholds


def best_total(table: dict[tuple[int, int], float], lefts: int, rights: int) -> float:
    best = 0.0
    for choice in product(range(-1, rights), repeat=lefts):
        used = [c for c in choice if c >= 0]
        if len(used) == len(set(used)):
            gains = [table.get((i, c), -1e9) for i, c in enumerate(choice) if c >= 0]
            best = max(best, sum(gains))
    return best


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 3)), st.floats(-4, 4), max_size=12))
def test_one_to_one_is_the_best_assignment(table: dict[tuple[int, int], float]) -> None:
    pairs = sorted(table)
    left, right = (np.array([p[k] for p in pairs], np.int64) for k in (0, 1))
    gain = np.array([table[p] for p in pairs])
    chosen = one_to_one(left, right, gain, 0.0)
    assert len(set(left[chosen].tolist())) == chosen.sum() == len(set(right[chosen].tolist()))
    assert abs(gain[chosen].sum() - best_total(table, 4, 4)) < 1e-9


def test_many_to_one_takes_the_best_of_each_left() -> None:
    left, right = np.array([0, 0, 1]), np.array([0, 1, 0])
    confidence = np.array([0.4, 0.9, 0.8])
    log_odds = np.log(confidence / (1 - confidence))
    chosen = chosen_rows(left, right, log_odds, confidence, "many_to_one", Thresholds())
    assert chosen.tolist() == [False, True, True]


def test_near_equals_are_ambiguous_and_a_distant_second_is_not() -> None:
    left, right = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    confidence = np.array([0.9, 0.85, 0.9, 0.2])
    found = ambiguous_rows(left, right, confidence, "many_to_one", Thresholds())
    assert found.tolist() == [True, True, False, False]
