"""A week of free times as a table to choose from, and bookings as they are shown. Pure: nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from rcx_app.domain.booking import zones
from rcx_app.domain.booking.schemas import BookingView, Offer, Slot, State

STATES = {State.KEPT: "Took place", State.NO_SHOW: "Missed", State.CANCELLED: "Cancelled", State.BOOKED: "Over"}


@dataclass
class Cell:
    """One time of one day; `at` is empty where none is free."""

    at: str = ""
    text: str = ""
    label: str = ""


@dataclass
class TimeRow:
    """The same time by the clock on all days. `is_after_gap`: there is none for an hour before it."""

    label: str
    cells: list[Cell]
    is_after_gap: bool = False


@dataclass
class DayColumn:
    """One day. `title`: its name in full; `free`: how many times are free; `note`: the holiday that it is."""

    iso: str
    weekday: str
    number: str
    title: str
    free: int
    note: str = ""
    cells: list[Cell] = field(default_factory=list)


@dataclass
class Choice:
    """The time that is chosen: when, for whom else, and what the button says."""

    at: str = ""
    agent_id: int = 0
    agent_name: str = ""
    words: str = ""
    zone: str = ""
    theirs: str = ""
    short: str = ""


@dataclass
class BookingRow:
    """A booking as it is shown. `google` and `outlook` are addresses that add it to those calendars."""

    id: int
    title: str
    words: str
    zone: str
    theirs: str
    agent: str
    person: str
    topic: str
    link: str
    file: str
    google: str
    outlook: str
    may_change: bool
    why_not: str
    sequence: int
    state: str
    reason: str


def days_of(offer: Offer) -> list[DayColumn]:
    """Monday to Friday, and the weekend where it has free times."""
    zone = zones.zone(offer.zone)
    holidays = dict(offer.holidays)
    found = []
    for number in range(7):
        day = offer.monday + timedelta(days=number)
        free = [slot for slot in offer.slots if slot.starts_at.astimezone(zone).date() == day]
        if number >= 5 and not free:
            continue
        cells = [_cell(slot, offer) for slot in free]
        title = f"{day:%a} {day.day} {day:%b}"
        found.append(
            DayColumn(day.isoformat(), f"{day:%a}", str(day.day), title, len(free), holidays.get(day, ""), cells)
        )
    return found


def rows_of(offer: Offer, days: list[DayColumn]) -> list[TimeRow]:
    """The times by the clock, down the side. An hour that occurs twice has a row each time, named by its offset."""
    zone = zones.zone(offer.zone)
    table: dict[tuple[str, int], dict[str, Slot]] = {}
    for slot in offer.slots:
        local = slot.starts_at.astimezone(zone)
        table.setdefault((f"{local:%H:%M}", local.fold), {})[local.date().isoformat()] = slot
    result, before = [], -1
    for (text, fold), slots in sorted(table.items(), key=lambda item: item[0]):
        minutes = int(text[:2]) * 60 + int(text[3:])
        label = text if not fold else f"{text} {zones.offset(next(iter(slots.values())).starts_at, offer.zone)}"
        cells = [_cell(slots[day.iso], offer) if day.iso in slots else Cell() for day in days]
        result.append(TimeRow(label, cells, before >= 0 and minutes - before > 60))
        before = minutes
    return result


def week_words(monday: date, days: list[DayColumn]) -> str:
    """``23 to 27 Nov 2026``, ``30 Nov to 4 Dec 2026``."""
    last = date.fromisoformat(days[-1].iso) if days else monday + timedelta(days=4)
    if (monday.year, monday.month) == (last.year, last.month):
        return f"{monday.day} to {last.day} {last:%b %Y}"
    year = "" if monday.year == last.year else f" {monday.year}"
    return f"{monday.day} {monday:%b}{year} to {last.day} {last:%b %Y}"


def holiday_words(offer: Offer) -> str:
    """``No free times on Thu 26 Nov, Thanksgiving.``"""
    return " ".join(f"No free times on {day:%a} {day.day} {day:%b}, {name}." for day, name in offer.holidays if name)


def choice_of(slot: Slot, zone: str) -> Choice:
    """A free time as the side of the page says it."""
    local = slot.starts_at.astimezone(zones.zone(zone))
    return Choice(
        at=slot.starts_at.isoformat(),
        agent_id=slot.agent_id,
        agent_name=slot.agent_name,
        words=_words(slot.starts_at, slot.ends_at, zone),
        zone=zones.named(slot.starts_at, zone),
        theirs=_theirs(slot.starts_at, zone, slot.agent_zone, slot.agent_name),
        short=f"{local:%a} {local.day} {local:%b}, {local:%H:%M}",
    )


def row_of(view: BookingView, zone: str) -> BookingRow:
    """A booking in the reader's zone."""
    title = f"RCX {view.kind.words} with {view.agent_name}"
    return BookingRow(
        id=view.booking_id,
        title=title,
        words=_words(view.starts_at, view.ends_at, zone),
        zone=zones.named(view.starts_at, zone),
        theirs=_theirs(view.starts_at, zone, view.agent_zone, view.agent_name),
        agent=view.agent_name,
        person=view.user_name,
        topic=view.topic,
        link=view.meeting_link,
        file=f"/calendar-files/{view.booking_id}.ics",
        google=_google(view, title),
        outlook=_outlook(view, title),
        may_change=view.may_change,
        why_not=view.why_not,
        sequence=view.sequence,
        state=STATES[view.state],
        reason=view.reason,
    )


def _cell(slot: Slot, offer: Offer) -> Cell:
    local = slot.starts_at.astimezone(zones.zone(offer.zone))
    other = local.replace(fold=1 - local.fold)
    text = f"{local:%H:%M}"
    if other.utcoffset() != local.utcoffset():
        text = f"{text} {zones.offset(slot.starts_at, offer.zone)}"
    label = f"{text}, {local:%a} {local.day} {local:%b}"
    if len(offer.agents) > 1:
        label = f"{label}, with {slot.agent_name}"
    return Cell(slot.starts_at.isoformat(), text, label)


def _words(start: datetime, end: datetime, zone: str) -> str:
    return zones.span_in_words(start, end, zone).split(" (")[0]


def _theirs(at: datetime, zone: str, agent_zone: str, agent: str) -> str:
    """``17:30 for Elin, in Stockholm``; empty where the clocks show the same."""
    if zones.offset(at, zone) == zones.offset(at, agent_zone):
        return ""
    local, here = at.astimezone(zones.zone(agent_zone)), at.astimezone(zones.zone(zone))
    day = f" on {local:%a} {local.day} {local:%b}" if local.date() != here.date() else ""
    return f"{local:%H:%M}{day} for {agent.split()[0]}, in {zones.place(agent_zone)}."


def _google(view: BookingView, title: str) -> str:
    span = f"{view.starts_at:%Y%m%dT%H%M%SZ}/{view.ends_at:%Y%m%dT%H%M%SZ}"
    asked = {"action": "TEMPLATE", "text": title, "dates": span, "location": view.meeting_link}
    return "https://calendar.google.com/calendar/render?" + urlencode(_filled(asked))


def _outlook(view: BookingView, title: str) -> str:
    start, end = f"{view.starts_at:%Y-%m-%dT%H:%M:%SZ}", f"{view.ends_at:%Y-%m-%dT%H:%M:%SZ}"
    asked = {"path": "/calendar/action/compose", "rru": "addevent", "subject": title, "startdt": start, "enddt": end}
    return "https://outlook.office.com/calendar/0/deeplink/compose?" + urlencode(
        _filled({**asked, "location": view.meeting_link})
    )


def _filled(asked: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value}
