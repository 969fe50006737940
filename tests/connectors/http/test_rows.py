"""Fields of vendors' JSON: exact, aware, never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.wire import Wire


def _row(**data: Any) -> Row:
    return Row(data, "device", "Vendor", Wire())


MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-03T04:05:06Z",
        "2026-02-03T04:05:06z",
        "2026-02-03T04:05:06",
        "2026-02-03 04:05:06",
        "2026-02-03T04:05:06.000Z",
        "2026-02-03T04:05:06.0000000Z",
        "2026-02-03T06:05:06+02:00",
        "2026-02-02T23:05:06-0500",
        "2026-02-03T04: 05: 06Z",
        " 2026-02-03T04:05:06Z ",
        1770091506,
        1770091506000,
        "1770091506",
        "1770091506000",
        Decimal("1770091506.0"),
    ],
)
def test_every_spelling_of_a_moment(text: object) -> None:
    assert _row(at=text).moment("at") == MOMENT


@given(
    st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone comes after
    st.integers(-840, 840),
)
def test_any_moment_with_any_offset(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert _row(at=aware.isoformat()).moment("at") == aware.astimezone(UTC)


@pytest.mark.parametrize("value", [None, "", "0001-01-01T00:00:00", 0, "0000-00-00 00:00:00"])
def test_never_is_none(value: object) -> None:
    assert _row(at=value).moment("at") is None


@pytest.mark.parametrize("value", ["soon", "2026-13-40T00:00:00Z", True, "12/31/2026", {"a": 1}, 10**30])
def test_what_is_no_time_is_unknown_and_remarked(value: object) -> None:
    wire = Wire()
    row = Row({"at": value}, "device", "Vendor", wire)
    assert row.moment("at") is None
    assert any("at" in note for note in wire.notes())


def test_a_date_is_the_one_that_is_written() -> None:
    assert _row(on="2026-01-31T23:30:00-08:00").day("on") == date(2026, 1, 31)
    assert _row(on="2026-01-31").day("on") == date(2026, 1, 31)
    assert _row(on="0001-01-01").day("on") is None
    assert _row().day("on") is None
    for wrong in ("2026-02-30", "soon", [1]):
        with pytest.raises(ApiFailure) as failed:
            _row(on=wrong).day("on")
        assert "on" in failed.value.message


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_numbers_are_exact_however_they_come(number: Decimal) -> None:
    assert _row(n=number).exact("n") == number
    assert _row(n=str(number)).exact("n") == number
    assert _row(n=f" {number} ").need_exact("n") == number


@pytest.mark.parametrize("value", ["12,5", "NaN", "Infinity", "ten", True, [], {}])
def test_what_is_no_number_is_an_error_that_names_it(value: object) -> None:
    with pytest.raises(ApiFailure) as failed:
        _row(quantity=value).exact("quantity")
    assert "device, quantity" in failed.value.message


def test_a_number_that_decides_is_never_zero_for_being_missing() -> None:
    assert _row(n=None).exact("n") is None
    for row in (_row(), _row(n=None), _row(n="")):
        with pytest.raises(ApiFailure):
            row.need_exact("n")


def test_a_list_that_decides_is_never_empty_for_being_missing() -> None:
    assert _row().rows("items") == []
    assert _row(items=[]).need_rows("items") == []
    for row in (_row(), _row(items=None), _row(items={})):
        with pytest.raises(ApiFailure):
            row.need_rows("items")


def test_text_flags_and_attributes() -> None:
    row = _row(id=12345678901234567890123, ok="Yes", off=0, price=Decimal("1.10"), deep={"a": 1, "b": None}, many=[1])
    assert row.text("id") == "12345678901234567890123"
    assert row.flag("ok")
    assert not row.flag("off")
    assert row.flag("gone", default=True)
    assert row.attributes({"ok"}) == {"id": "12345678901234567890123", "off": "0", "price": "1.10", "deep.a": "1"}
    with pytest.raises(ApiFailure):
        row.text("many")
    with pytest.raises(ApiFailure):
        _row(ok="maybe").flag("ok")
    with pytest.raises(ApiFailure):
        Row([], "device", "Vendor", Wire())
