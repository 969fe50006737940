"""The words and pictures of the match settings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rcx_app.domain.match_settings.measure import Judged, curve, reliability, tally
from rcx_app.domain.match_settings.schemas import Levels, Reached, Share
from rcx_app.ui.pages.match_settings import geometry, rows
from rcx_app.ui.pages.match_settings.rows import Draft

LEVELS = Levels(suggest=Decimal("0.5"), preselect=Decimal("0.85"), auto=Decimal("0.97"))
THREE = [("Suggest", 0.5), ("Preselect", 0.85), ("Auto", 0.97)]
POINTS = curve(tally([Judged(n / 100, is_right=n > 30, has_client=True) for n in range(5, 100)]))


@pytest.mark.parametrize(("entered", "value"), [("0.85", "0.85"), ("0,85", "0.85"), (" 1 ", "1")])
def test_a_number_may_have_a_point_or_a_comma(entered: str, value: str) -> None:
    assert rows.number(entered) == Decimal(value)


@pytest.mark.parametrize("entered", ["", "high", "NaN", "Infinity", "1" * 40])
def test_what_is_no_number_is_said_at_its_field(entered: str) -> None:
    found, wrong = rows.levels(Draft(preselect=entered))
    assert found is None
    assert list(wrong) == ["preselect"]


def test_a_change_is_named_by_its_effect() -> None:
    after = Levels(suggest=Decimal("0.5"), preselect=Decimal("0.86"), auto=Decimal("0.99"))
    assert rows.changed(LEVELS, after) == ["preselect 0.86", "auto-confirm 0.99"]


def test_an_aim_that_can_not_be_met_says_what_is_missing() -> None:
    share = Share(value=0.993, low=0.951, high=0.998, judged=40)
    reached = Reached(levels=LEVELS, target=0.99, is_met=False, share=share, missing=120)
    said = rows.reached(reached)
    assert said == (
        "Can't be met yet: at 0.85 we know 99 % only to be between 95.1 and 99.8 %. "
        "About 120 more verdicts would settle it."
    )
    never = Reached(levels=LEVELS, target=0.99, is_met=False, share=share, missing=None)
    assert "more such verdicts won't lift it" in rows.reached(never)
    met = Reached(levels=LEVELS, target=0.95, is_met=True, share=share, missing=0)
    assert rows.reached(met).startswith("Met from 0.85 on")


def test_marks_of_a_chart_stand_where_the_curves_are_and_their_words_do_not_overlap() -> None:
    chart = geometry.thresholds(POINTS, THREE, 0.8, geometry.NARROW)
    assert [mark.text for mark in chart.marks] == ["Suggest 0.50", "Preselect 0.85", "Auto 0.97"]
    frame = geometry.Frame(36.0, 468.0, 24.0, 188.0)
    assert chart.marks[0].x == f"{frame.x(0.5):.1f}"
    assert all(24 <= float(mark.precision_y) <= 188 for mark in chart.marks)
    close = geometry.thresholds(POINTS, [("Suggest", 0.9), ("Preselect", 0.92), ("Auto", 0.94)], None, geometry.NARROW)
    assert len({mark.text_y for mark in close.marks}) == 3
    assert close.in_force == ""


def test_a_chart_without_a_verdict_has_no_line_but_its_marks() -> None:
    chart = geometry.thresholds((), THREE, None, geometry.WIDE)
    assert (chart.band, chart.first) == ("", "")
    assert [mark.precision_y for mark in chart.marks] == ["", "", ""]


def test_a_place_between_two_points_of_a_curve() -> None:
    found = geometry.at(POINTS, 0.51)
    assert found is not None
    around = [point for point in POINTS if abs(point.threshold - 0.51) < 0.02]
    assert min(p.precision for p in around) <= found[0] <= max(p.precision for p in around)
    assert geometry.at(POINTS, 1.0) is None
    assert geometry.at((), 0.5) is None


def test_bands_under_thirty_verdicts_are_hollow_and_say_so() -> None:
    few = [Judged(0.15, is_right=False, has_client=True)] * 5
    bands = reliability(tally([*few, *[Judged(0.95, is_right=True, has_client=True)] * 40]))
    assert [dot.is_sure for dot in geometry.reliability(bands, 30)] == [False, True]
    assert "too few to say" in rows.band_table(bands)[0].cells[2]
    assert "too few to say" not in rows.band_table(bands)[1].cells[2]


def test_the_table_of_a_curve_holds_the_thresholds_too() -> None:
    lines = rows.curve_table(POINTS, [Decimal("0.86")])
    assert [line.cells[0] for line in lines if line.is_level] == ["0.86"]
    assert rows.curve_table((), [Decimal("0.86")]) == []
