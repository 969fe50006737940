"""What the schedules slice takes and hands out; no tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rcx_app.domain.schedules import dates


class MonthBy(StrEnum):
    """How the day of the month is named."""

    DATE = "date"
    WEEKDAY = "weekday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a person chooses. Weekdays are 0 Monday to 6 Sunday, `nth` 1 to 4 or `dates.LAST`.

    What is chosen for a part that is off is kept for the day it is switched on.
    """

    is_weekly: bool
    weekday: int
    weekly_is_full: bool
    is_monthly: bool
    month_by: MonthBy
    month_day: int
    month_nth: int
    month_weekday: int
    monthly_is_full: bool

    @property
    def weekly(self) -> dates.Weekly | None:
        """The weekly rule; None where it is off."""
        return dates.Weekly(self.weekday) if self.is_weekly else None

    @property
    def monthly(self) -> dates.Monthly | None:
        """The monthly rule; None where it is off."""
        if not self.is_monthly:
            return None
        if self.month_by is MonthBy.DATE:
            return dates.OnDate(self.month_day)
        return dates.OnWeekday(self.month_nth, self.month_weekday)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A connection that an automatic sync passed over, and why, as a sentence."""

    label: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """An automatic sync that was asked for: the labels of what is read, and of what is not."""

    at: datetime
    is_full: bool
    connections: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """A workspace's schedule. `weekly_at` and `monthly_at`: the next start of each, None where it is off.

    A start in the past waits to be made up for. Syncs begin within `dates.SPREAD` and one round of the dispatcher
    after it. `time_zone` is the workspace's. `is_saved` False: nobody has chosen yet, `chosen` is a proposal.
    """

    chosen: Chosen
    is_saved: bool
    weekly_at: datetime | None
    monthly_at: datetime | None
    last: Started | None
    time_zone: str
