"""Which days a schedule means: pure arithmetic of dates in UTC, no database and no clock.

Syncs start at 07:00 UTC; a date past the month's end is the month's last day, and so is
the fifth of a weekday the last one where there are four.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rcx_app.core import clock

START = time(7, tzinfo=UTC)
LAST = 5
"""As `OnWeekday.nth`: the last one of the month, the fifth where there are five."""
SPREAD = timedelta(minutes=5)
_MIX = 2_654_435_761  # 2**32 over the golden ratio: neighbouring ids come to lie far apart (Knuth, TAOCP 3, 6.4)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every week on a weekday, 0 Monday to 6 Sunday."""

    weekday: int


@dataclass(frozen=True, slots=True)
class OnDate:
    """Every month on a date, 1 to 31."""

    day: int


@dataclass(frozen=True, slots=True)
class OnWeekday:
    """Every month on the n-th (1 to 4, or LAST) of a weekday (0 Monday to 6 Sunday)."""

    nth: int
    weekday: int


Monthly = OnDate | OnWeekday
Rule = Weekly | Monthly


def next_run(rule: Rule, after: datetime) -> datetime:
    """The first start of `rule` that is later than `after` (aware)."""
    since = after.astimezone(UTC)
    if isinstance(rule, Weekly):
        start = _start(since.date() + timedelta(days=(rule.weekday - since.weekday()) % 7))
        return start if start > since else start + timedelta(days=7)
    start = _start(day_of_month(rule, since.date()))
    return start if start > since else _start(day_of_month(rule, clock.next_month(since.date())))


def day_of_month(rule: Monthly, month: date) -> date:
    """The day that `rule` means in the month that holds `month`."""
    days = monthrange(month.year, month.month)[1]
    if isinstance(rule, OnDate):
        return month.replace(day=min(rule.day, days))
    first = 1 + (rule.weekday - month.replace(day=1).weekday()) % 7
    wanted = first + 7 * (rule.nth - 1)
    return month.replace(day=wanted if wanted <= days else wanted - 7)


def longest_gap(weekly: Weekly | None, monthly: Monthly | None) -> timedelta | None:
    """The longest time between two starts that follow each other; None where nothing starts by itself.

    A monthly rule beside a weekly one only adds starts. By weekday a month may be five weeks long, by date 31 days.
    """
    if weekly is not None:
        return timedelta(days=7)
    if monthly is None:
        return None
    return timedelta(days=31) if isinstance(monthly, OnDate) else timedelta(weeks=5)


def delay(workspace_id: int) -> timedelta:
    """How long after 07:00 a workspace's syncs begin: always the same, less than SPREAD, in whole seconds.

    It keeps the workspaces of one server from asking the same vendors at the same moment.
    """
    share = workspace_id * _MIX % 2**32
    return timedelta(seconds=share * int(SPREAD.total_seconds()) >> 32)


def _start(day: date) -> datetime:
    return datetime.combine(day, START)
