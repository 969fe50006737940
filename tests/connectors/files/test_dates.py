"""Dates and times are read in every usual spelling; the order of day and month is never mixed within a column."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.cells import BadValue
from connectors.files.dates import DateOrder, date_evidence, parse_date, parse_moment

DAYS = st.dates(min_value=date(1971, 1, 1), max_value=date(2099, 12, 31))
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@given(DAYS, st.sampled_from(["ymd", "dmy", "mdy"]))
def test_iso_dates_read_back_under_any_order(day: date, order: DateOrder) -> None:
    assert parse_date(day.isoformat(), order) == day
    assert parse_date(f"{day.year}/{day.month}/{day.day}", order) == day


@given(DAYS, st.sampled_from("/-."), st.booleans())
def test_numeric_dates_read_back_in_their_order(day: date, mark: str, padded: bool) -> None:
    pad = "02d" if padded else "d"
    us = mark.join((f"{day.month:{pad}}", f"{day.day:{pad}}", str(day.year)))
    eu = mark.join((f"{day.day:{pad}}", f"{day.month:{pad}}", str(day.year)))

    assert parse_date(us, "mdy") == day
    assert parse_date(eu, "dmy") == day
    assert date_evidence(us) in ({"mdy"} if day.day > 12 else {"ambiguous", "neutral"})
    assert date_evidence(eu) in ({"dmy"} if day.day > 12 else {"ambiguous", "neutral"})


@given(DAYS)
def test_dates_with_month_names_read_back(day: date) -> None:
    name = MONTHS[day.month - 1]
    for text in (f"{day.day} {name} {day.year}", f"{day.day}-{name}-{day.year}", f"{name} {day.day}, {day.year}"):
        assert parse_date(text, "mdy") == day
        assert date_evidence(text) == "neutral"


@given(
    st.datetimes(min_value=datetime(1971, 1, 2), max_value=datetime(2099, 12, 30)),  # noqa: DTZ001
    st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
def test_times_with_a_zone_become_the_same_instant_in_utc(naive: datetime, zone: timezone) -> None:
    moment = naive.replace(tzinfo=zone)

    assert parse_moment(moment.isoformat()) == moment
    assert parse_moment(moment.isoformat(sep=" ")).tzinfo is UTC  # type: ignore[union-attr]
    assert parse_moment(naive.isoformat()) == naive.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-05-01T12:33:00.1234567Z", "2024-05-01T12:33:00.123456+00:00"),
        ("5/13/2024 3:04 PM", "2024-05-13T15:04:00+00:00"),
        ("5/13/2024, 12:04:09 AM", "2024-05-13T00:04:09+00:00"),
        ("16 Nov 2026 01:19:58 UTC", "2026-11-16T01:19:58+00:00"),
        ("2023-05-11 13:22:11 CEST", "2023-05-11T11:22:11+00:00"),
        ("2023-05-11 13:22:11 UTC+1", "2023-05-11T12:22:11+00:00"),
        ("Wed, 01 May 2024 10:00:00 GMT", "2024-05-01T10:00:00+00:00"),
        ("1714550000", "2024-05-01T07:53:20+00:00"),
        ("1714550000123", "2024-05-01T07:53:20.123000+00:00"),
        ("2024-05-01", "2024-05-01T00:00:00+00:00"),
    ],
)
def test_times_of_real_exports(text: str, instant: str) -> None:
    assert parse_moment(text, "mdy") == datetime.fromisoformat(instant)


@pytest.mark.parametrize("text", ["", "Never", "N/A", "-", "0001-01-01T00:00:00", "1899-12-30", "01/01/1900 00:00"])
def test_never_and_null_dates_are_none(text: str) -> None:
    assert parse_moment(text, "mdy") is None
    assert parse_date(text, "mdy") is None


@pytest.mark.parametrize(
    ("text", "order", "reason"),
    [
        ("13/31/2024", "mdy", "does not fit"),
        ("05/13/2024", "dmy", "does not fit"),
        ("05/13/2024", "ymd", "YYYY-MM-DD"),
        ("1 May 2024", "ymd", "YYYY-MM-DD"),
        ("2024-02-30", "ymd", "no such date"),
        ("2024-05-01 25:00", "ymd", "no such date or time"),
        ("2024-05-01 10:00 XYZT", "ymd", "time zone"),
        ("soon", "mdy", "date is needed"),
        ("1 Mai 2024", "mdy", "month name"),
        ("1814-05-01", "ymd", "before 1970"),
        ("45413", "mdy", "date is needed"),
    ],
)
def test_what_is_no_date_is_an_error(text: str, order: DateOrder, reason: str) -> None:
    with pytest.raises(BadValue, match=reason):
        parse_date(text, order)


def test_excel_dates_are_taken_and_bare_numbers_are_not() -> None:
    assert parse_date(date(2024, 5, 1)) == date(2024, 5, 1)
    assert parse_moment(datetime(2024, 5, 1, 3)) == datetime(2024, 5, 1, 3, tzinfo=UTC)  # noqa: DTZ001
    with pytest.raises(BadValue, match="date is needed"):
        parse_date(45413.0)
