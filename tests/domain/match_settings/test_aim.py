"""From an aim to thresholds, by the lower bound; and what is missing where it can't be met."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcx_app.core.errors import Invalid
from rcx_app.domain.match_settings import shipped
from rcx_app.domain.match_settings.aim import Evidence, missing, reach, target_of
from rcx_app.domain.match_settings.measure import Judged, tally
from rcx_app.domain.match_settings.schemas import Aim, Levels

INFORCE = Levels(suggest=Decimal("0.5"), preselect=Decimal("0.85"), auto=Decimal("0.97"))


def right(confidence: float, number: int) -> list[Judged]:
    return [Judged(confidence, is_right=True, has_client=True)] * number


def wrong(confidence: float, number: int) -> list[Judged]:
    return [Judged(confidence, is_right=False, has_client=True)] * number


def evidence(rows: list[Judged]) -> Evidence:
    return Evidence(tally(rows), shipped.tally())


def test_many_good_verdicts_meet_a_high_aim_at_the_lowest_threshold_that_does() -> None:
    known = evidence(right(0.95, 800) + wrong(0.7, 40))
    found = reach(Aim.PRECISION, Decimal("0.99"), INFORCE, known)
    assert found.is_met
    assert found.share.low >= 0.99
    assert found.levels.preselect == Decimal("0.71")
    assert found.levels.suggest == Decimal("0.5")
    assert found.levels.auto == Decimal("0.97")


def test_no_verdicts_do_not_meet_it_and_it_is_said_what_is_missing() -> None:
    found = reach(Aim.PRECISION, Decimal("0.99"), INFORCE, evidence([]))
    assert not found.is_met
    assert found.share.low < 0.99 < found.share.high
    assert found.missing is not None
    assert found.missing > 100
    threshold = float(found.levels.preselect)
    enough = evidence(right(0.9995, found.missing + 50))
    assert enough.share(threshold).low >= 0.985


def test_what_is_known_to_be_worse_than_the_aim_is_not_mended_by_more_of_it() -> None:
    bad = right(0.9995, 80) + wrong(0.9995, 20)
    found = reach(Aim.PRECISION, Decimal("0.99"), INFORCE, evidence(bad))
    assert not found.is_met
    assert found.missing is None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 300), st.integers(0, 20), st.sampled_from([0.9, 0.95, 0.98]))
def test_the_missing_number_is_the_smallest_that_settles_it(good: int, bad: int, target: float) -> None:
    known = evidence(right(0.9, good) + wrong(0.9, bad))
    more = missing(known, 0.85, target)
    low = known.share(0.85).low
    if more is None:
        value = known.share(0.85).value
        assert value is not None
        assert value <= target + 1e-9 or low < target
    else:
        assert (more == 0) == (low >= target)


def test_a_cost_ratio_begins_where_looking_and_trusting_cost_the_same() -> None:
    assert target_of(Aim.COST, Decimal(19)) == Decimal("0.95")
    known = evidence(right(0.99, 2000))
    found = reach(Aim.COST, Decimal(19), INFORCE, known)
    assert found.is_met
    assert found.levels.preselect == Decimal("0.95")
    lax = reach(Aim.COST, Decimal(3), INFORCE, known)
    assert lax.levels.preselect >= Decimal("0.75")


def test_thresholds_of_an_aim_always_rise() -> None:
    low = Levels(suggest=Decimal("0.9"), preselect=Decimal("0.9"), auto=Decimal("0.9"))
    found = reach(Aim.COST, Decimal(1), low, evidence(right(0.99, 2000))).levels
    assert found.suggest <= found.preselect <= found.auto
    high = reach(Aim.PRECISION, Decimal("0.999"), INFORCE, evidence(right(0.9999, 9000))).levels
    assert high.suggest <= high.preselect <= high.auto


@pytest.mark.parametrize(
    ("aim", "value"),
    [(Aim.PRECISION, "0.3"), (Aim.PRECISION, "1"), (Aim.COST, "0"), (Aim.COST, "1000"), (Aim.NUMBERS, "1")],
)
def test_aims_out_of_range_are_refused(aim: Aim, value: str) -> None:
    with pytest.raises(Invalid):
        target_of(aim, Decimal(value))
