"""A week drawn to scale, hours as people write them, and bookings as agents see them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rcx_app.core.errors import Invalid
from rcx_app.domain.booking import zones
from rcx_app.domain.booking.schemas import Deed, DeskBooking, EventView, ExceptionView, State, Week
from rcx_app.domain.booking.slots import Exceptional, Hours

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STATES = {State.BOOKED: "Booked", State.KEPT: "Took place", State.NO_SHOW: "Nobody came", State.CANCELLED: "Cancelled"}
KINDS = {Exceptional.AWAY: "Away", Exceptional.EXTRA: "Extra hours", Exceptional.HOLIDAY: "Holiday"}
_DEEDS = {
    Deed.BOOKED: "booked it",
    Deed.MOVED: "moved it",
    Deed.CANCELLED: "cancelled it",
    Deed.KEPT: "said that it took place",
    Deed.NO_SHOW: "said that nobody came",
}
_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(?:-|–|to)\s*(\d{1,2})(?::(\d{2}))?")
_FIRST_HOUR, _LAST_HOUR, _FEWEST = 8, 18, 8
_TWO_LINES_MIN = 45
_DAY_MIN = 24 * 60


@dataclass
class Block:
    """Something drawn in a day: where it begins and how tall it is, in percent of the hours shown."""

    top: str
    height: str
    id: int = 0
    time: str = ""
    title: str = ""
    label: str = ""
    look: str = ""


@dataclass
class Day:
    """One day of the week. `notes`: holidays and the like; `open`: when the agent can be booked."""

    iso: str
    weekday: str
    number: str
    title: str
    is_today: bool
    notes: list[str] = field(default_factory=list)
    open: list[Block] = field(default_factory=list)
    bookings: list[Block] = field(default_factory=list)


@dataclass
class Mark:
    """A full hour at the side."""

    label: str
    top: str


@dataclass
class DeskRow:
    """A booking in a list or in the panel."""

    id: int
    title: str
    words: str
    zone: str
    theirs: str
    workspace: str
    workspace_href: str
    person: str
    email: str
    topic: str
    link: str
    state: str
    conflict: str
    reason: str
    sequence: int
    is_to_come: bool
    may_mark: bool
    is_kept: bool
    is_no_show: bool
    day: str


@dataclass
class EventRow:
    """One line of a booking's history."""

    at: str
    text: str
    said: str


@dataclass
class ExceptionRow:
    """Days that differ, as a row."""

    id: int
    kind: str
    name: str
    days: str
    times: str
    may_remove: bool


def days_of(week: Week, now: datetime) -> tuple[list[Day], list[Mark]]:
    """The week to scale, and its hours at the side."""
    zone = ZoneInfo(week.calendar.rules.time_zone)
    first, last = _hours_shown(week, zone)
    days = []
    for number in range(7):
        day = week.monday + timedelta(days=number)
        days.append(
            Day(
                day.isoformat(),
                f"{day:%a}",
                str(day.day),
                f"{WEEKDAYS[number]} {day.day} {day:%b %Y}",
                now.astimezone(zone).date() == day,
                [_note(each) for each in week.exceptions if each.first <= day <= each.last],
                [
                    _block(start, end, first, last)
                    for start, end in (_within(day, span, zone) for span in week.open_spans)
                    if start < end
                ],
                [_booked(each, zone, first, last) for each in week.bookings if _day_of(each, zone) == day],
            )
        )
    marks = [Mark(f"{hour:02}:00", _percent((hour - first) * 60, first, last)) for hour in range(first, last)]
    return days, marks


def desk_row(desk: DeskBooking, now: datetime) -> DeskRow:
    """A booking with its times in the agent's zone."""
    view = desk.booking
    zone, theirs = view.agent_zone, ""
    if zones.offset(view.starts_at, zone) != zones.offset(view.starts_at, view.zone):
        theirs = f"{zones.in_words(view.starts_at, view.zone)} for {view.user_name}"
    is_to_come = view.state is State.BOOKED and view.starts_at > now
    return DeskRow(
        id=view.booking_id,
        title=view.kind.words.capitalize(),
        words=zones.span_in_words(view.starts_at, view.ends_at, zone).split(" (")[0],
        zone=zones.named(view.starts_at, zone),
        theirs=theirs,
        workspace=desk.workspace_name,
        workspace_href=f"/staff/workspaces/{desk.workspace_id}",
        person=view.user_name,
        email=desk.user_email,
        topic=view.topic,
        link=view.meeting_link,
        state=STATES[view.state],
        conflict=desk.conflict,
        reason=view.reason,
        sequence=view.sequence,
        is_to_come=is_to_come,
        may_mark=view.state is not State.CANCELLED and view.starts_at <= now,
        is_kept=view.state is State.KEPT,
        is_no_show=view.state is State.NO_SHOW,
        day=view.starts_at.astimezone(ZoneInfo(zone)).date().isoformat(),
    )


def event_rows(events: Iterable[EventView], zone: str) -> list[EventRow]:
    """A booking's history, newest first."""
    found = []
    for each in events:
        text = f"{each.by} {_DEEDS[each.deed]}"
        if each.deed is Deed.MOVED and each.from_start is not None and each.to_start is not None:
            text += f" from {_short(each.from_start, zone)} to {_short(each.to_start, zone)}"
        found.append(EventRow(_short(each.at, zone), text, each.text))
    return found[::-1]


def exception_row(row: ExceptionView, *, is_platform: bool) -> ExceptionRow:
    """Days that differ, in words."""
    days = zones.day_words(row.first)
    if row.last != row.first:
        days += f" to {zones.day_words(row.last)}"
    times = f"{clock_text(row.starts)} to {clock_text(row.ends)}" if row.starts is not None else "All day"
    return ExceptionRow(row.exception_id, KINDS[row.kind], row.name, days, times, is_platform or not row.is_shared)


def hours_text(hours: Iterable[Hours], weekday: int) -> str:
    """``09:00-12:00, 13:00-17:00``; empty for a day off."""
    return ", ".join(
        f"{clock_text(each.starts)}-{clock_text(each.ends)}" for each in hours if each.weekday == weekday
    )  # fmt: skip


def parsed_hours(text: str, weekday: int) -> tuple[Hours, ...]:
    """The hours of a weekday as a person wrote them. Raises Invalid, naming the day."""
    found = []
    for part in re.split(r"[,;]", text):
        if not part.strip():
            continue
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise Invalid(
                f"The hours of {WEEKDAYS[weekday]} were not understood: {part.strip()[:40]}.",
                remedy="Write them like 09:00-12:00, 13:00-17:00.",
            )
        starts, ends = (int(hour) * 60 + int(minute or 0) for hour, minute in (match.groups()[:2], match.groups()[2:]))
        found.append(Hours(weekday, starts, ends))
    return tuple(found)


def parsed_clock(text: str) -> int | None:
    """Minutes of the day from ``13:30``; None for nothing. Raises Invalid."""
    if not text.strip():
        return None
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip())
    if match is None:
        raise Invalid(f"{text.strip()[:20]} is no time of day.", remedy="Write it like 13:30.")
    return int(match[1]) * 60 + int(match[2])


def clock_text(minutes: int | None) -> str:
    """``13:30``."""
    return "" if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"


def week_words(monday: date) -> str:
    """``23 to 29 Nov 2026``."""
    last = monday + timedelta(days=6)
    start = f"{monday.day}" if monday.month == last.month else f"{monday.day} {monday:%b}"
    return f"{start} to {last.day} {last:%b %Y}"


def _note(row: ExceptionView) -> str:
    times = f" {clock_text(row.starts)} to {clock_text(row.ends)}" if row.starts is not None else ""
    return f"{KINDS[row.kind]}{times}{': ' + row.name if row.name else ''}"


def _hours_shown(week: Week, zone: ZoneInfo) -> tuple[int, int]:
    """The hours from an hour before what is first open or booked until an hour after the last, 8 of them at least."""
    spans = [*week.open_spans, *((each.booking.starts_at, each.booking.ends_at) for each in week.bookings)]
    if not spans:
        return _FIRST_HOUR, _LAST_HOUR
    local = [(start.astimezone(zone), end.astimezone(zone)) for start, end in spans]
    if any(start.date() != end.date() for start, end in local):
        return 0, 24
    first = max(0, min(start.hour for start, _ in local) - 1)
    last = min(24, max(end.hour + (end.minute > 0) for _, end in local) + 1)
    first = max(0, min(first, last - _FEWEST))
    return first, max(last, first + _FEWEST)


def _within(day: date, span: tuple[datetime, datetime], zone: ZoneInfo) -> tuple[int, int]:
    """The minutes of the day that the span takes; an empty span where none."""
    start, end = (each.astimezone(zone) for each in span)
    begin = 0 if start.date() < day else _minute(start) if start.date() == day else _DAY_MIN
    until = _DAY_MIN if end.date() > day else _minute(end) if end.date() == day else 0
    return begin, until


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute


def _block(start: int, end: int, first: int, last: int) -> Block:
    return Block(_percent(start - first * 60, first, last), _percent(end - start, first, last))


def _booked(desk: DeskBooking, zone: ZoneInfo, first: int, last: int) -> Block:
    view = desk.booking
    local, until = view.starts_at.astimezone(zone), view.ends_at.astimezone(zone)
    minutes = int((view.ends_at - view.starts_at).total_seconds()) // 60
    look = "clash" if desk.conflict else {"kept": "kept", "no_show": "missed"}.get(view.state.value, "")
    more = desk.conflict or ("To be marked" if desk.needs_mark else STATES[view.state])
    return Block(
        _percent(_minute(local) - first * 60, first, last),
        _percent(minutes, first, last),
        view.booking_id,
        f"{local:%H:%M}",
        desk.workspace_name,
        f"{local:%H:%M} to {until:%H:%M}, {view.kind.words} with {desk.workspace_name}. {more}",
        " ".join(part for part in (look, view.kind.value, "tall" if minutes >= _TWO_LINES_MIN else "") if part),
    )


def _percent(minutes: int, first: int, last: int) -> str:
    return f"{100 * minutes / ((last - first) * 60):.3f}%"


def _day_of(desk: DeskBooking, zone: ZoneInfo) -> date:
    return desk.booking.starts_at.astimezone(zone).date()


def _short(at: datetime, zone: str) -> str:
    local = at.astimezone(zones.zone(zone))
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"
