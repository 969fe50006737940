"""How long an account is put off: from one day to a year, ending with the workspace's day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rcx_app.core import clock
from rcx_app.core.errors import Invalid
from rcx_app.domain.mapping.repository import MappingRepository

SNOOZE_DAYS = 7
LONGEST_DAYS = 366


def snooze_end(repository: MappingRepository, until: date | None) -> datetime:
    """When a snooze until the day `until` ends: as that day begins where the workspace is. None: 7 days from now.

    Raises Invalid where the day is not ahead, or more than a year away.
    """
    if until is None:
        return clock.now() + timedelta(days=SNOOZE_DAYS)
    zone = ZoneInfo(repository.time_zone())
    today = clock.now().astimezone(zone).date()
    if not today < until <= today + timedelta(days=LONGEST_DAYS):
        raise Invalid(
            "An account can be snoozed until tomorrow at the earliest and for a year at most.",
            remedy="Choose another day.",
        )
    return datetime.combine(until, time(), zone)
