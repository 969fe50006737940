"""Which days a schedule means, held against a reference that walks the calendar day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rcx_app.domain.schedules import dates
from rcx_app.domain.schedules.dates import LAST, OnDate, OnWeekday, Rule, Weekly

weekdays = st.integers(0, 6)
rules = st.one_of(
    st.builds(Weekly, weekdays),
    st.builds(OnDate, st.integers(1, 31)),
    st.builds(OnWeekday, st.integers(1, LAST), weekdays),
)
moments = st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ONE_DAY = timedelta(days=1)


def days_of_month(day: date) -> list[date]:
    """Every day of the month that holds `day`, by walking out of it in both directions."""
    found = [day]
    while (found[0] - ONE_DAY).month == day.month:
        found.insert(0, found[0] - ONE_DAY)
    while (found[-1] + ONE_DAY).month == day.month:
        found.append(found[-1] + ONE_DAY)
    return found


def means(rule: Rule, day: date) -> bool:
    """Whether `rule` names this day."""
    month = days_of_month(day)
    if isinstance(rule, Weekly):
        return day.weekday() == rule.weekday
    if isinstance(rule, OnDate):
        return day.day == rule.day or (day == month[-1] and rule.day > day.day)
    same = [each for each in month if each.weekday() == rule.weekday]
    return day == (same[-1] if rule.nth > len(same) else same[rule.nth - 1])


def reference(rule: Rule, after: datetime) -> datetime:
    """Today's start or a later day's, whichever is the first after `after`."""
    start = datetime(after.year, after.month, after.day, 7, tzinfo=UTC)
    while start <= after or not means(rule, start.date()):
        start += ONE_DAY
    return start


@given(rules, moments)
@example(OnDate(31), datetime(2024, 2, 29, 7, tzinfo=UTC))
@example(OnDate(29), datetime(2023, 2, 28, 6, 59, 59, 999999, tzinfo=UTC))
@example(OnWeekday(LAST, 4), datetime(2026, 12, 25, 7, tzinfo=UTC))
def test_the_next_start_is_the_first_that_the_calendar_gives(rule: Rule, after: datetime) -> None:
    assert dates.next_run(rule, after) == reference(rule, after)


@given(rules, moments)
def test_starts_follow_one_another_without_a_gap_or_a_double(rule: Rule, after: datetime) -> None:
    """Whoever asks between two starts is told the second one."""
    first = dates.next_run(rule, after)
    second = dates.next_run(rule, first)
    assert first < second
    assert dates.next_run(rule, second - timedelta(microseconds=1)) == second
    if isinstance(rule, Weekly):
        assert second - first == timedelta(days=7)
    else:
        assert (second.year * 12 + second.month) - (first.year * 12 + first.month) == 1


@given(rules, moments, st.integers(-14 * 60, 14 * 60))
def test_a_moment_told_in_another_zone_is_the_same_moment(rule: Rule, after: datetime, minutes: int) -> None:
    elsewhere = after.astimezone(timezone(timedelta(minutes=minutes)))
    found = dates.next_run(rule, elsewhere)
    assert found == dates.next_run(rule, after)
    assert (found.hour, found.utcoffset()) == (7, timedelta(0))


@pytest.mark.parametrize(
    ("rule", "month", "day"),
    [
        (OnDate(31), date(2026, 2, 11), 28),
        (OnDate(31), date(2028, 2, 11), 29),
        (OnDate(29), date(2100, 2, 1), 28),
        (OnDate(31), date(2026, 4, 30), 30),
        (OnDate(31), date(2026, 12, 31), 31),
        (OnWeekday(1, 6), date(2026, 11, 20), 1),
        (OnWeekday(4, 6), date(2026, 11, 20), 22),
        (OnWeekday(LAST, 6), date(2026, 11, 20), 29),
        (OnWeekday(LAST, 4), date(2026, 11, 20), 27),
        (OnWeekday(LAST, 6), date(2026, 2, 1), 22),
    ],
)
def test_days_of_known_months(rule: dates.Monthly, month: date, day: int) -> None:
    assert dates.day_of_month(rule, month) == month.replace(day=day)


def test_the_delay_of_a_workspace_stays_and_spreads_workspaces_evenly() -> None:
    delays = [dates.delay(number) for number in range(1, 1001)]
    assert delays == [dates.delay(number) for number in range(1, 1001)]
    assert all(timedelta(0) <= each < dates.SPREAD for each in delays)
    for minute in range(5):
        within = [each for each in delays if each // timedelta(minutes=1) == minute]
        assert 180 <= len(within) <= 220, "a fifth of them in each minute"
    assert len(set(delays[:100])) > 90, "also those made one after another"


@pytest.mark.parametrize(
    ("weekly", "monthly", "longest"),
    [
        (None, None, None),
        (Weekly(2), None, 7),
        (Weekly(2), OnDate(31), 7),
        *((None, OnDate(day), 31) for day in range(1, 32)),
        *((None, OnWeekday(nth, weekday), 35) for nth in range(1, LAST + 1) for weekday in range(7)),
    ],
)
def test_the_longest_gap_is_the_longest_that_the_calendar_leaves(
    weekly: Weekly | None, monthly: OnDate | OnWeekday | None, longest: int | None
) -> None:
    rules = [rule for rule in (weekly, monthly) if rule is not None]
    at, found = datetime(2024, 1, 1, tzinfo=UTC), []
    while rules and at.year < 2036:
        after = min(dates.next_run(rule, at) for rule in rules)
        found.append(after - at)
        at = after
    assert dates.longest_gap(weekly, monthly) == (max(found[1:]) if found else None)
    assert dates.longest_gap(weekly, monthly) == (timedelta(days=longest) if longest else None)
