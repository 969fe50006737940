"""The one rule for when an agent is free. Pure: rules, what is held already and the time in, starts out.

Everything is decided for moments, not for what clocks show. A moment is open where the agent's clock, at that moment,
shows a time within his hours: so a time that clocks skip is never open, as there is no such moment, and one that they
show twice is open twice. Moments are counted in quarters of an hour since 1970 (UTC); the offsets of all zones are
multiples of that today, which tests hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

QUARTER_S = 900
QUARTER_MIN = 15
STEP_MIN = 30
"""Sessions begin where the agent's clock shows full and half hours."""
DAY_MIN = 24 * 60
# Farther from UTC than any zone is, with room for a change of its offset.
_FAR = timedelta(hours=15)


class Exceptional(StrEnum):
    """How a day differs from the week. Away wins over extra, extra over a holiday."""

    AWAY = "away"
    EXTRA = "extra"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Hours:
    """Open on a weekday (Monday 0) from `starts` until before `ends`, in minutes of the day."""

    weekday: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Exceptions:
    """`kind` holds on each day from `first` to `last`, from minute `starts` until before `ends` of the day."""

    kind: Exceptional
    first: date
    last: date
    starts: int = 0
    ends: int = DAY_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What decides when an agent can be booked; lengths in minutes, all multiples of 15."""

    zone: ZoneInfo
    hours: tuple[Hours, ...]
    exceptions: tuple[Exceptions, ...] = ()
    length_min: int
    before_min: int = 0
    after_min: int = 0
    notice_min: int = 0
    ahead_days: int = 42


def quarter(at: datetime) -> int:
    """The quarter of an hour that holds the moment."""
    return int(at.timestamp()) // QUARTER_S


def moment(number: int) -> datetime:
    """When a quarter begins, in UTC."""
    return datetime.fromtimestamp(number * QUARTER_S, UTC)


def held(start: datetime, end: datetime, before_min: int, after_min: int) -> range:
    """The quarters that a session takes of its agent, with the buffers around it."""
    return range(quarter(start) - before_min // QUARTER_MIN, quarter(end) + after_min // QUARTER_MIN)


def free_slots(
    rules: Rules, taken: Collection[int], now: datetime, first: datetime, until: datetime
) -> tuple[datetime, ...]:
    """The moments from `first` until before `until` at which a session can begin, in order.

    The whole session lies in open time; it and its buffers touch no quarter that is `taken`; it begins after the
    notice and not farther ahead than allowed, and never in the past.
    """
    first = max(first, now + timedelta(minutes=rules.notice_min))
    until = min(until, now + timedelta(days=rules.ahead_days))
    if first >= until or rules.length_min <= 0:
        return ()
    length = timedelta(minutes=rules.length_min)
    open_quarters, starts = _open(rules, first, until + length)
    found = []
    for start in starts:
        at = moment(start)
        if not (first <= at < until and at > now):
            continue
        if not all(each in open_quarters for each in range(start, start + rules.length_min // QUARTER_MIN)):
            continue
        if not any(each in taken for each in held(at, at + length, rules.before_min, rules.after_min)):
            found.append(at)
    return tuple(found)


def is_within(rules: Rules, start: datetime, end: datetime) -> bool:
    """Whether the agent is open all through, whatever else is booked."""
    open_quarters, _ = _open(rules, start, end)
    return all(each in open_quarters for each in range(quarter(start), quarter(end)))


def open_spans(rules: Rules, first: datetime, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """When the agent is open from `first` until `until`: (start, end), in order, none touching the next."""
    found: list[tuple[int, int]] = []
    for each in sorted(_open(rules, first, until)[0]):
        if not quarter(first) <= each < quarter(until):
            continue
        if found and found[-1][1] == each:
            found[-1] = (found[-1][0], each + 1)
        else:
            found.append((each, each + 1))
    return tuple((moment(start), moment(end)) for start, end in found)


def _open(rules: Rules, first: datetime, until: datetime) -> tuple[set[int], list[int]]:
    """The open quarters of all local days that touch the span, and those of them where a session may begin."""
    found: set[int] = set()
    starts: list[int] = []
    day = first.astimezone(rules.zone).date() - timedelta(days=1)
    last = until.astimezone(rules.zone).date() + timedelta(days=1)
    while day <= last:
        minutes = _open_minutes(rules, day)
        if minutes:
            for number, minute in _quarters(rules.zone, day, minutes):
                found.add(number)
                if minute % STEP_MIN == 0:
                    starts.append(number)
        day += timedelta(days=1)
    return found, sorted(starts)


def _open_minutes(rules: Rules, day: date) -> set[int]:
    """The minutes of a local day, in steps of 15, at which the agent is open."""
    found = _minutes((each.starts, each.ends) for each in rules.hours if each.weekday == day.weekday())
    today = [each for each in rules.exceptions if each.first <= day <= each.last]
    for kind in (Exceptional.HOLIDAY, Exceptional.EXTRA, Exceptional.AWAY):
        these = _minutes((each.starts, each.ends) for each in today if each.kind is kind)
        found = found | these if kind is Exceptional.EXTRA else found - these
    return found


def _minutes(spans: Iterator[tuple[int, int]]) -> set[int]:
    return {minute for starts, ends in spans for minute in range(starts, ends, QUARTER_MIN)}


def _quarters(zone: ZoneInfo, day: date, minutes: set[int]) -> Iterator[tuple[int, int]]:
    """(quarter, minute of the local day) of each moment of `day` at which the clock shows one of `minutes`."""
    midnight = datetime.combine(day, time(), UTC)
    before, after = midnight - _FAR, midnight + timedelta(days=1) + _FAR
    shift = before.astimezone(zone).utcoffset()
    if shift == after.astimezone(zone).utcoffset():
        start = quarter(midnight - (shift or timedelta()))
        yield from ((start + minute // QUARTER_MIN, minute) for minute in minutes)
        return
    # Clocks change about this day: look at each moment.
    for number in range(quarter(before), quarter(after)):
        local = moment(number).astimezone(zone)
        minute = local.hour * 60 + local.minute
        if local.date() == day and minute in minutes:
            yield number, minute
