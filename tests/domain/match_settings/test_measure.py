"""Counts, bounds and curves on judged suggestions, held to plain counting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from rcx_app.domain.learning import service as learning
from rcx_app.domain.match_settings import shipped
from rcx_app.domain.match_settings.measure import (
    PRIOR_VERDICTS,
    Counts,
    Judged,
    blended,
    blended_counts,
    calibration_error,
    curve,
    interval,
    precision,
    recall,
    reliability,
    tally,
)

JUDGED = st.builds(
    Judged,
    confidence=st.none() | st.integers(500, 9999).map(lambda n: n / 10_000),
    is_right=st.booleans(),
    has_client=st.booleans(),
    was_ticked=st.booleans(),
)


@given(st.lists(JUDGED, max_size=60), st.integers(0, 10_000).map(lambda n: n / 10_000))
def test_counts_at_a_threshold_are_those_of_plain_counting(rows: list[Judged], at: float) -> None:
    above = [row for row in rows if row.confidence is not None and row.confidence >= at]
    counts = tally(rows).at(at)
    assert counts.judged == len(above)
    assert counts.right == sum(row.is_right for row in above)
    halved = sum(row.is_right and row.was_ticked for row in above)
    assert counts.weight == pytest.approx(len(above) - halved / 2)
    assert counts.right_weight == pytest.approx(counts.right - halved / 2)
    assert counts.links == sum(row.has_client for row in rows)


@given(st.integers(0, 400), st.integers(0, 400))
def test_bounds_hold_the_share_and_shrink_with_more(right: int, wrong: int) -> None:
    low, high = interval(right, wrong)
    assert 0 <= low <= high <= 1
    if right + wrong:
        assert low <= right / (right + wrong) <= high
        closer = interval(4 * right, 4 * wrong)
        assert closer[1] - closer[0] < high - low


def test_bounds_are_those_of_the_beta_distribution() -> None:
    low, high = interval(48, 2)
    assert (low, high) == pytest.approx((beta.ppf(0.025, 48.5, 2.5), beta.ppf(0.975, 48.5, 2.5)))
    assert interval(0, 0) == (0.0, 1.0)
    assert interval(50, 0)[1] == 1.0
    assert interval(0, 50)[0] == 0.0


def test_agreeing_with_a_tick_counts_half_and_going_against_it_counts_whole() -> None:
    rows = [Judged(0.9, is_right=True, has_client=True, was_ticked=True)] * 10
    rows += [Judged(0.9, is_right=False, has_client=True, was_ticked=True)]
    share = precision(tally(rows).at(0.5))
    assert share.judged == 11
    assert share.value == pytest.approx(5 / 6)
    assert tally(rows).ticked == 10


def test_shipped_counts_weigh_as_much_as_fifty_verdicts() -> None:
    prior = Counts(judged=2000, right=1980, weight=2000, right_weight=1980, links=2500)
    assert sum(blended_counts(Counts(), prior)) == pytest.approx(PRIOR_VERDICTS)
    assert blended(Counts(), prior).value == pytest.approx(0.99)
    own = tally([Judged(0.9, is_right=False, has_client=True)] * 50).at(0.5)
    assert blended(own, prior).value == pytest.approx(0.99 / 2)
    assert blended(own, prior).judged == 50


def test_few_shipped_counts_weigh_no_more_than_they_are() -> None:
    prior = Counts(judged=8, right=8, weight=8, right_weight=8)
    assert blended_counts(Counts(), prior) == (8, 0)


def test_recall_counts_links_that_no_suggestion_found() -> None:
    rows = [Judged(0.9, is_right=True, has_client=True), Judged(None, is_right=False, has_client=True)]
    assert recall(tally(rows).at(0.5)) == 0.5
    assert recall(tally([]).at(0.5)) == 0.0


def test_the_curve_ends_where_nothing_was_judged() -> None:
    points = curve(tally([Judged(0.7, is_right=True, has_client=True), Judged(0.2, is_right=False, has_client=False)]))
    assert [point.precision for point in points if point.threshold < 0.195] == [0.5] * 20
    assert points[-1].threshold == pytest.approx(0.7)
    assert curve(tally([])) == ()


@given(st.lists(JUDGED, max_size=60))
def test_every_judged_suggestion_stands_in_one_band(rows: list[Judged]) -> None:
    found = tally(rows)
    bands = reliability(found)
    assert sum(band.judged for band in bands) == found.judged
    for band in bands:
        assert band.low - 1e-9 <= band.stated <= band.high + 1e-9
        assert band.least <= band.right + 1e-9
        assert band.right <= band.most + 1e-9
    assert (calibration_error(bands) is None) == (found.judged == 0)


def test_confidences_that_mean_what_they_say_have_no_error() -> None:
    rows = [Judged(0.75, is_right=n % 4 != 0, has_client=True) for n in range(100)]
    assert calibration_error(reliability(tally(rows))) == pytest.approx(0.0)


def test_the_shipped_counts_are_those_of_the_shipped_model() -> None:
    """Where this fails the model was trained anew: run ``python -m rcx_app.domain.match_settings.shipped``."""
    assert shipped.model_measured() == learning.shipped_version()
    counts = shipped.tally().at(0.85)
    assert counts.judged > 2000
    assert counts.right / counts.judged > 0.98
    assert 0.5 < recall(counts) < 0.9
