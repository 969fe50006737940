"""Exact money: what goes in comes out, and what can't be kept exactly is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcx_app.core import money

exact = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)


@given(exact)
def test_micros_round_trip_is_exact(value: Decimal) -> None:
    assert money.from_micros(money.to_micros(value)) == value


@given(exact)
def test_trim_keeps_the_value_and_drops_the_exponent(value: Decimal) -> None:
    trimmed = money.trim(value)
    assert trimmed == value
    assert "E" not in str(trimmed)


@pytest.mark.parametrize(
    ("bad", "why"),
    [("0.0000001", "six decimals"), ("NaN", "finite"), ("Infinity", "finite"), ("1e40", "too large")],
)
def test_what_cannot_be_kept_exactly_is_refused(bad: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        money.to_micros(Decimal(bad))


def test_rounding_is_half_up_and_knows_the_currency() -> None:
    assert money.round_money(Decimal("2.345"), "USD") == Decimal("2.35")
    assert money.round_money(Decimal("-2.345"), "USD") == Decimal("-2.35")
    assert money.round_money(Decimal("2.5"), "JPY") == Decimal(3)
    assert money.round_money(Decimal("2.0005"), "KWD") == Decimal("2.001")


def test_cycles_convert_to_a_month() -> None:
    assert money.per_month(Decimal(120), "annual") == Decimal(10)
    assert money.per_month(Decimal(10), "quarterly") == Decimal("3.333333")
    assert money.per_month(Decimal(10), "monthly") == Decimal(10)
    assert money.per_month(Decimal(10), "one_time") == 0


def test_amounts_for_people() -> None:
    assert money.format_amount(Decimal("1284"), "USD", signed=True) == "+1,284.00"
    assert money.format_amount(Decimal("-16"), "USD") == "\N{MINUS SIGN}16.00"
    assert money.format_quantity(Decimal("1184.50")) == "1,184.5"
    assert money.format_quantity(Decimal(4), signed=True) == "+4"
