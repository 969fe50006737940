"""What the number parts draw, and the sparkline's geometry."""

from __future__ import annotations

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from rcx_app.ui.components.numbers import amount, meter, money, move, spark
from tests.support.vars import var

values = st.lists(st.decimals(min_value=0, max_value=10_000, places=2), min_size=2, max_size=12)


def test_a_plain_amount_carries_its_currency_and_its_direction_in_words() -> None:
    drawn = str(amount("+88.00", "USD", direction="under"))
    assert "Under-billed" in drawn
    assert "#i-under" in drawn
    assert "USD" in drawn
    assert "amt under" in drawn


def test_an_amount_without_direction_has_no_arrow_and_no_word() -> None:
    drawn = str(amount("0.00", "USD"))
    assert "billed" not in drawn
    assert "#i-" not in drawn


def test_a_quiet_amount_is_grey_and_says_why() -> None:
    drawn = str(amount("+4.75", "USD", direction="under", quiet=True, word="not ready"))
    assert "amt faint" in drawn
    assert "not ready" in drawn


def test_a_var_direction_is_decided_in_the_browser() -> None:
    drawn = str(amount("+1", "USD", direction=var("row.direction", str)))
    assert "row.direction" in drawn
    assert "#i-under" in drawn
    assert "#i-over" in drawn


def test_money_shows_no_empty_currency() -> None:
    assert "cur" not in str(money("22.00"))
    assert "cur" in str(money("22.00", "EUR"))


def test_a_move_is_read_out_as_to() -> None:
    assert '"to"' in str(move("20", "24"))


def test_a_meter_is_decoration_unless_it_is_named() -> None:
    assert '"aria-hidden"' in str(meter(40))
    assert '"aria-label":"64 of 118"' in str(meter(54, label="64 of 118"))


def test_too_few_points_draw_nothing() -> None:
    assert spark([Decimal(1)], [Decimal(2)]).expected == ""
    assert spark([], []).billed == ""


def test_a_flat_line_stays_inside() -> None:
    assert spark([Decimal(3)] * 6, [Decimal(3)] * 6).end_y == "16.0"


@given(billed=values, expected=values)
def test_a_sparkline_stays_inside_its_box(billed: list[Decimal], expected: list[Decimal]) -> None:
    drawn = spark(billed, expected)
    for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", drawn.billed + drawn.expected):
        assert 0 <= Decimal(x) <= 56
        assert 0 <= Decimal(y) <= 18
    assert drawn.expected.count("L") == len(expected) - 1
    assert drawn.expected.endswith(f"{drawn.end_x} {drawn.end_y}")
