"""Time zones by their names, as browsers and people give them, and how a moment is said in one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from rcx_app.core.errors import Invalid

# What is in the zone database for machines only, and names no place.
_NO_PLACES = ("Etc/", "SystemV/", "posix/", "right/")
_LONGEST_NAME = 64


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """The names of all zones of the zone database, old spellings too."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def listed() -> tuple[str, ...]:
    """The zones that are offered to choose from, by place: ``America/Chicago`` before ``Europe/Chisinau``."""
    places = (name for name in known() if "/" in name and not name.startswith(_NO_PLACES))
    return ("UTC", *sorted(places, key=lambda name: (place(name).casefold(), name)))


def is_known(name: str) -> bool:
    """Whether `name` is exactly a zone's name. Never touches a file of that name."""
    return len(name) <= _LONGEST_NAME and name in known()


def zone(name: str) -> ZoneInfo:
    """The zone. Raises Invalid where there is none of that name."""
    if not is_known(name):
        raise Invalid(
            "That time zone is not known.",
            remedy="Choose the city nearest to you from the list, such as America/Chicago.",
        )
    return ZoneInfo(name)


def place(name: str) -> str:
    """``America/Argentina/Buenos_Aires`` -> ``Buenos Aires``."""
    return name.rsplit("/", 1)[-1].replace("_", " ")


def offset(at: datetime, name: str) -> str:
    """How far the zone's clocks are from UTC at this moment: ``UTC−6``, ``UTC+5:45``, ``UTC``."""
    shift = at.astimezone(zone(name)).utcoffset() or timedelta()
    minutes = int(shift.total_seconds()) // 60
    if minutes == 0:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def in_words(at: datetime, name: str) -> str:
    """``Wed 25 Nov 2026, 10:30 (Chicago, UTC−6)``; the offset tells an hour that occurs twice apart."""
    local = at.astimezone(zone(name))
    return f"{day_words(local.date())}, {local:%H:%M} ({named(at, name)})"


def span_in_words(start: datetime, end: datetime, name: str) -> str:
    """``Wed 25 Nov 2026, 10:30 to 11:15 (Chicago, UTC−6)``; where clocks change meanwhile, both offsets."""
    there = zone(name)
    local, until = start.astimezone(there), end.astimezone(there)
    if local.utcoffset() != until.utcoffset():
        return f"{in_words(start, name)} to {until:%H:%M} ({offset(end, name)})"
    return f"{day_words(local.date())}, {local:%H:%M} to {until:%H:%M} ({named(start, name)})"


def named(at: datetime, name: str) -> str:
    """``Chicago, UTC−6``; ``UTC`` stays as it is."""
    said = offset(at, name)
    return said if place(name) == said else f"{place(name)}, {said}"


def day_words(day: date) -> str:
    """``Wed 25 Nov 2026``."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def day_start(day: date, name: str) -> datetime:
    """The first moment of a day in a zone, in UTC. Where midnight is skipped, the moment at which clocks went on."""
    return datetime.combine(day, time(), zone(name)).astimezone(UTC)


def monday(day: date) -> date:
    """The Monday of the week that holds `day`."""
    return day - timedelta(days=day.weekday())
