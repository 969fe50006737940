"""When digests are due: at seven in the morning where the workspace is, also over changes of its clocks. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rcx_app.domain.notifications.schemas import Frequency

MORNING = time(7)
_MONDAY = 0


def next_morning(after: datetime, frequency: Frequency, time_zone: str) -> datetime | None:
    """The first morning later than `after`, in UTC; None where no digest is wanted."""
    if frequency is Frequency.OFF:
        return None
    zone = ZoneInfo(time_zone)
    day = after.astimezone(zone).date()
    while True:
        at = datetime.combine(day, MORNING, zone).astimezone(UTC)
        if at > after and (frequency is Frequency.DAILY or day.weekday() == _MONDAY):
            return at
        day += timedelta(days=1)


def said(time_zone: str) -> str:
    """``07:00, America/New_York``."""
    return f"{MORNING:%H:%M}, {time_zone}"
