"""Free slots against a slow, obvious reference, and on the days on which clocks change."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import settings as at_most
from hypothesis import strategies as st

from rcx_app.domain.booking import slots, zones
from rcx_app.domain.booking.slots import Exceptional, Exceptions, Hours, Rules

QUARTER = timedelta(minutes=15)
BERLIN, CHICAGO, LORD_HOWE, KATHMANDU = "Europe/Berlin", "America/Chicago", "Australia/Lord_Howe", "Asia/Kathmandu"
ZONES = (BERLIN, CHICAGO, LORD_HOWE, KATHMANDU, "America/St_Johns", "Africa/Casablanca", "America/Santiago", "UTC")
ALL_DAY = tuple(Hours(day, 0, slots.DAY_MIN) for day in range(7))
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def is_open(rules: Rules, at: datetime) -> bool:
    """The rule as a person would say it, of one moment."""
    local = at.astimezone(rules.zone)
    minute = local.hour * 60 + local.minute
    today = [each for each in rules.exceptions if each.first <= local.date() <= each.last]

    def is_in(kind: Exceptional) -> bool:
        return any(each.kind is kind and each.starts <= minute < each.ends for each in today)

    usual = any(each.weekday == local.weekday() and each.starts <= minute < each.ends for each in rules.hours)
    return (is_in(Exceptional.EXTRA) or (usual and not is_in(Exceptional.HOLIDAY))) and not is_in(Exceptional.AWAY)


def reference(rules: Rules, taken: set[int], now: datetime, first: datetime, until: datetime) -> tuple[datetime, ...]:
    """Look at every quarter of an hour of the span, one by one."""
    found = []
    at = slots.moment(slots.quarter(first))
    while at < until:
        end = at + timedelta(minutes=rules.length_min)
        inside = [at + number * QUARTER for number in range(rules.length_min // 15)]
        around, edge = [], at - timedelta(minutes=rules.before_min)
        while edge < end + timedelta(minutes=rules.after_min):
            around.append(int(edge.timestamp()) // 900)
            edge += QUARTER
        if (
            at >= first
            and at > now
            and at >= now + timedelta(minutes=rules.notice_min)
            and at < now + timedelta(days=rules.ahead_days)
            and at.astimezone(rules.zone).minute % 30 == 0
            and all(is_open(rules, each) for each in inside)
            and not taken.intersection(around)
        ):
            found.append(at)
        at += QUARTER
    return tuple(found)


quarters = st.integers(0, 96).map(lambda number: number * 15)
spans = st.tuples(quarters, quarters).filter(lambda pair: pair[0] < pair[1])
# Clocks change in these weeks, somewhere: March, April, September, October, November.
days = st.sampled_from([date(2026, 3, 6), date(2026, 3, 27), date(2026, 4, 3), date(2026, 9, 4), date(2026, 10, 2),
                        date(2026, 10, 23), date(2026, 10, 30), date(2027, 2, 5), date(2026, 7, 1)])  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> tuple[Rules, set[int], datetime, datetime, datetime]:
    begin = draw(days)
    exceptional = st.builds(
        lambda kind, ahead, length, span: Exceptions(
            kind, begin + timedelta(days=ahead), begin + timedelta(days=ahead + length), *span
        ),
        st.sampled_from(Exceptional), st.integers(-1, 4), st.integers(0, 2), spans,
    )  # fmt: skip
    rules = Rules(
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        hours=tuple(
            draw(st.lists(st.builds(lambda day, span: Hours(day, *span), st.integers(0, 6), spans), max_size=9))
        ),
        exceptions=tuple(draw(st.lists(exceptional, max_size=4))),
        length_min=draw(st.sampled_from((15, 30, 45, 90))),
        before_min=draw(st.sampled_from((0, 15, 30))),
        after_min=draw(st.sampled_from((0, 15, 60))),
        notice_min=draw(st.sampled_from((0, 60, 1440))),
        ahead_days=draw(st.sampled_from((1, 3, 42))),
    )
    first = datetime(
        begin.year, begin.month, begin.day, draw(st.integers(0, 23)), draw(st.sampled_from((0, 7, 30))), tzinfo=UTC
    )
    now = first + timedelta(hours=draw(st.integers(-30, 30)), minutes=draw(st.integers(0, 59)))
    until = first + timedelta(hours=draw(st.integers(1, 96)))
    held = draw(st.sets(st.integers(slots.quarter(first) - 8, slots.quarter(until) + 8), max_size=12))
    return rules, held, now, first, until


@at_most(max_examples=100, deadline=None)
@given(cases())
def test_free_slots_are_those_that_one_finds_looking_at_every_moment(
    case: tuple[Rules, set[int], datetime, datetime, datetime],
) -> None:
    rules, taken, now, first, until = case
    assert slots.free_slots(rules, taken, now, first, until) == reference(rules, taken, now, first, until)


@at_most(max_examples=30, deadline=None)
@given(cases())
def test_what_is_open_is_the_same_for_slots_spans_and_conflicts(
    case: tuple[Rules, set[int], datetime, datetime, datetime],
) -> None:
    rules, _, _, first, until = case
    first = slots.moment(slots.quarter(first))
    by_moment = {
        number for number in range(slots.quarter(first), slots.quarter(until)) if is_open(rules, slots.moment(number))
    }
    shown = {
        number
        for start, end in slots.open_spans(rules, first, until)
        for number in range(slots.quarter(start), slots.quarter(end))
    }
    assert shown == by_moment
    for number in range(slots.quarter(first), min(slots.quarter(until), slots.quarter(first) + 40)):
        at = slots.moment(number)
        assert slots.is_within(rules, at, at + QUARTER) == (number in by_moment)


def clock_times(zone: str, day: date, hours: tuple[Hours, ...] = ALL_DAY, length: int = 30) -> list[str]:
    """What clocks show, with their offset, at the free slots of a local day."""
    rules = Rules(zone=ZoneInfo(zone), hours=hours, length_min=length, ahead_days=9999)
    found = slots.free_slots(
        rules, (), LONG_AGO, zones.day_start(day, zone), zones.day_start(day + timedelta(days=1), zone)
    )
    return [at.astimezone(ZoneInfo(zone)).strftime("%H:%M%z") for at in found]


def test_a_time_that_clocks_skip_is_not_offered() -> None:
    shown = clock_times(BERLIN, date(2026, 3, 29), (Hours(6, 60, 240),))
    assert shown == ["01:00+0100", "01:30+0100", "03:00+0200", "03:30+0200"]


def test_a_session_may_run_over_the_skipped_hour_and_is_as_long_as_any() -> None:
    zone = ZoneInfo(BERLIN)
    rules = Rules(zone=zone, hours=(Hours(6, 60, 240),), length_min=60, ahead_days=9999)
    day = datetime(2026, 3, 29, tzinfo=UTC)
    found = slots.free_slots(rules, (), LONG_AGO, day, day + timedelta(hours=12))
    assert datetime(2026, 3, 29, 0, 30, tzinfo=UTC) in found  # 01:30 until 03:30 by the clock
    assert slots.is_within(rules, found[0], found[0] + timedelta(hours=1))


def test_an_hour_that_occurs_twice_is_offered_as_two_moments() -> None:
    shown = clock_times(BERLIN, date(2026, 10, 25), (Hours(6, 120, 180),))
    assert shown == ["02:00+0200", "02:30+0200", "02:00+0100", "02:30+0100"]
    assert clock_times(CHICAGO, date(2026, 11, 1), (Hours(6, 60, 120),)) == [
        "01:00-0500", "01:30-0500", "01:00-0600", "01:30-0600",
    ]  # fmt: skip


def test_clocks_that_change_by_half_an_hour_are_followed() -> None:
    assert clock_times(LORD_HOWE, date(2026, 10, 4), (Hours(6, 60, 180),)) == ["01:00+1030", "01:30+1030", "02:30+1100"]
    assert clock_times(LORD_HOWE, date(2026, 4, 5), (Hours(6, 90, 120),)) == ["01:30+1100", "01:30+1030"]


def test_a_midnight_that_is_skipped_begins_the_day_later() -> None:
    day = date(2026, 9, 6)  # Santiago: from 24:00 to 01:00
    assert clock_times("America/Santiago", day)[0] == "01:00-0300"
    assert zones.day_start(day, "America/Santiago") == datetime(2026, 9, 6, 4, tzinfo=UTC)


def test_away_wins_over_extra_and_extra_over_a_holiday() -> None:
    day = date(2026, 11, 26)
    rules = Rules(
        zone=ZoneInfo("UTC"),
        hours=(Hours(3, 540, 1020),),
        exceptions=(
            Exceptions(Exceptional.HOLIDAY, day, day),
            Exceptions(Exceptional.EXTRA, day, day, 480, 600),
            Exceptions(Exceptional.AWAY, day, day, 540, 570),
        ),
        length_min=30,
    )
    now = datetime(2026, 11, 20, tzinfo=UTC)
    found = slots.free_slots(rules, (), now, now, now + timedelta(days=10))
    assert [f"{at:%H:%M}" for at in found] == ["08:00", "08:30", "09:30"]


def test_buffers_keep_room_between_sessions_of_different_lengths() -> None:
    rules = Rules(zone=ZoneInfo("UTC"), hours=(Hours(0, 540, 780),), length_min=45, before_min=15, after_min=15)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    start = datetime(2026, 11, 23, 11, tzinfo=UTC)
    taken = set(slots.held(start, start + timedelta(minutes=30), 0, 15))
    found = slots.free_slots(rules, taken, now, now, now + timedelta(days=5))
    assert [f"{at:%H:%M}" for at in found] == ["09:00", "09:30", "10:00", "12:00"]


def test_every_zone_keeps_to_quarters_of_an_hour() -> None:
    months = [datetime(year, month, 15, tzinfo=UTC) for year in range(2026, 2037) for month in (1, 4, 7, 10)]
    odd = {
        name
        for name in zones.known()
        for at in months
        if int((at.astimezone(ZoneInfo(name)).utcoffset() or timedelta()).total_seconds()) % slots.QUARTER_S
    }
    assert odd == set()


def test_half_a_year_of_slots_takes_milliseconds() -> None:
    rules = Rules(
        zone=ZoneInfo(BERLIN), hours=tuple(Hours(day, 480, 1080) for day in range(5)), length_min=45, ahead_days=180
    )
    now = datetime(2026, 11, 20, tzinfo=UTC)
    began = time.perf_counter()
    found = slots.free_slots(rules, (), now, now, now + timedelta(days=180))
    took = time.perf_counter() - began
    assert len(found) > 2000
    assert took < 0.5  # 10 ms where this was written
