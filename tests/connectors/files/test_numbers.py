"""Numbers are read exactly, whichever way they are written, and never guessed where two readings are possible."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.cells import BadValue
from connectors.files.numbers import DecimalMark, number_evidence, parse_number

DECIMALS = st.decimals(min_value=-(10**11), max_value=10**11, places=4, allow_nan=False, allow_infinity=False)


def written(number: Decimal, mark: DecimalMark, grouping: str, currency: str, brackets: bool) -> str:
    text = f"{abs(number):,.4f}".replace(",", "G").replace(".", "." if mark == "point" else ",").replace("G", grouping)
    text = f"{currency}{text}"
    if number < 0:
        return f"({text})" if brackets else f"-{text}"
    return text


@given(
    number=DECIMALS,
    mark=st.sampled_from(["point", "comma"]),
    space=st.sampled_from(["", " ", "\u00a0", "\u202f", "'", "mark"]),
    currency=st.sampled_from(["", "$", "€ ", "GBP ", "kr "]),
    brackets=st.booleans(),
)
def test_every_way_of_writing_a_number_reads_back_exactly(
    number: Decimal, mark: DecimalMark, space: str, currency: str, brackets: bool
) -> None:
    grouping = (";" if mark == "point" else ".") if space == "mark" else space
    grouping = "," if grouping == ";" else grouping

    assert parse_number(written(number, mark, grouping, currency, brackets), mark) == number


@given(number=DECIMALS.filter(lambda number: abs(number) >= 1000), mark=st.sampled_from(["point", "comma"]))
def test_a_grouped_number_with_decimals_proves_its_mark(number: Decimal, mark: DecimalMark) -> None:
    assert number_evidence(written(number, mark, "," if mark == "point" else ".", "", False)) == mark


@given(st.floats(min_value=-1e11, max_value=1e11).map(lambda value: float(f"{value:.12g}")))
def test_workbook_numbers_are_taken_as_excel_shows_them(value: float) -> None:
    assert parse_number(value) == Decimal(f"{value:.15g}").quantize(Decimal("0.000001"), ROUND_HALF_UP)


def test_binary_noise_of_a_workbook_is_dropped() -> None:
    assert parse_number(0.1 + 0.2) == Decimal("0.3")
    assert parse_number(12.0) == Decimal("12")


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("12", "neutral"),
        ("1,234", "ambiguous"),
        ("1.234", "ambiguous"),
        ("12.5", "point"),
        ("12,5", "comma"),
        ("0,125", "comma"),
        ("1234,567", "comma"),
        ("1,234,567", "point"),
        ("1.234.567", "comma"),
        ("1,234.5", "point"),
        ("$1,234.50", "point"),
        ("12 users", "none"),
        ("1,2,3", "none"),
        ("", "none"),
        ("-", "none"),
    ],
)
def test_what_one_value_says_about_the_decimal_mark(text: str, evidence: str) -> None:
    assert number_evidence(text) == evidence


@pytest.mark.parametrize("text", ["", "  ", "-", "n/a", "None", "NULL"])
def test_blank_words_are_no_number_and_no_error(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize(
    "text", ["twelve", "12 users", "=1+1", "1,5", "12%", "1-2", "١٢", "1.2.3", "--5", "NaN", "Infinity", "1e999", "$"]
)
def test_text_in_a_number_is_an_error_with_a_remedy(text: str) -> None:
    with pytest.raises(BadValue) as caught:
        parse_number(text, "point")

    assert caught.value.message
    assert caught.value.remedy


def test_numbers_beyond_what_can_be_stored_are_refused() -> None:
    with pytest.raises(BadValue, match="too large"):
        parse_number("1000000000000")


@pytest.mark.parametrize("text", ["1.1234567", "-0.0000001", "1e-7"])
def test_text_with_more_decimals_than_are_stored_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="six decimals"):
        parse_number(text)


def test_a_quotient_of_a_workbook_is_taken_to_a_millionth() -> None:
    assert parse_number(4 / 3) == Decimal("1.333333")
    assert parse_number(-2 / 3) == Decimal("-0.666667")


def test_a_truth_value_is_no_number() -> None:
    with pytest.raises(BadValue, match="number is needed"):
        parse_number(True)
