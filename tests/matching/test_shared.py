"""Values that two records share: exact, bounded, and none that everybody has."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.shared import CARRIERS, common, linked, overlap, telling_devices, telling_people

values = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=4, unique=True), min_size=1, max_size=8)


@given(values, values)
def test_counts_equal_those_of_plain_sets(left: list[list[str]], right: list[list[str]]) -> None:
    def carried(value: str) -> int:
        return max(sum(value in record for record in side) for side in (left, right))

    found = common(left, right)
    if found is None:
        assert not any(left) or not any(right)
        return
    for i, ours in enumerate(left):
        for j, theirs in enumerate(right):
            both = {value for value in set(ours) & set(theirs) if carried(value) <= CARRIERS}
            assert found.counts[i, j] == len(both)


@given(values, values)
def test_linked_pairs_are_those_that_share(left: list[list[str]], right: list[list[str]]) -> None:
    i, j = linked(left, right)
    share, count = overlap(left, right, i, j)
    assert (share > 0).all()
    assert (count > 0).all()
    assert len(i) <= CARRIERS**2 * len({value for record in left for value in record})


def test_missing_conflicting_and_equal() -> None:
    left = [["a", "b"], ["c"], []]
    right = [["a", "x", "y"]]
    share, count = overlap(left, right, np.array([0, 1, 2]), np.array([0, 0, 0]))
    assert share[0] == 0.5
    assert np.isclose(count[0], np.log(2))
    assert (share[1], count[1]) == (0.0, 0.0)
    assert np.isnan(share[2])


def test_what_everybody_has_tells_nothing() -> None:
    assert telling_devices(["DESKTOP-1", "Laptop", "SRV-01", "DESKTOP-7F3K2Q1", "acme-lt-4.corp.local", "0000"]) == (
        "desktop-7f3k2q1",
        "acme-lt-4",
    )
    assert telling_people([" Ann@X.example", "tech@msp.example", ""], frozenset({"msp.example"})) == ("ann@x.example",)
