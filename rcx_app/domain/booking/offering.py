"""What is free, for one who wants to book or to move what he booked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict
from rcx_app.domain.booking import slots, zones
from rcx_app.domain.booking.repository import BookingRepository, Calendars, permission_for
from rcx_app.domain.booking.schemas import Agent, Kind, Offer, Slot, State
from rcx_app.models import AgentCalendar, Booking, CalendarException, User

# No calendar is open farther ahead (`calendars` holds it).
FARTHEST = timedelta(days=180)
_WEEK = timedelta(days=7)
_LOOKED_BACK = timedelta(days=3 * 366)


def offer(
    session: Session,
    context: Context,
    kind: Kind,
    zone: str,
    day: date | None = None,
    *,
    agent_id: int | None = None,
    moving: int | None = None,
) -> Offer:
    """The free times of the week (Monday to Sunday in `zone`) that holds `day`; without one, of the first that has any.

    `agent_id`: with this agent only. `moving`: the booking that is to get another time: what it holds itself counts as
    free. At each moment one agent is offered: that of the booking that moves, else the one with the least to do.
    Raises Invalid for an unknown zone, NotFound for a booking of another workspace.
    """
    context.require(permission_for(kind))
    zones.zone(zone)
    now = clock.now()
    moved = BookingRepository(session, context).get(Booking, moving) if moving is not None else None
    if moved is not None:
        kind = Kind(moved.kind)
        context.require(permission_for(kind))
    offered = Calendars(session).offered(kind)
    chosen = [pair for pair in offered if agent_id in (None, pair[1].id)]
    free = _free(session, kind, chosen, now, moved)
    next_free = min((slot.starts_at for slot in free), default=None)
    start = zones.monday(near(day) if day is not None else (next_free or now).astimezone(zones.zone(zone)).date())
    first, last = zones.day_start(start, zone), zones.day_start(start + _WEEK, zone)
    return Offer(
        kind=kind,
        zone=zone,
        monday=start,
        slots=tuple(slot for slot in free if first <= slot.starts_at < last),
        agents=tuple(
            Agent(user.id, user.name, calendar.time_zone, length_of(calendar, kind)) for calendar, user in offered
        ),
        next_free=next_free,
        until=now + timedelta(days=max((calendar.ahead_days for calendar, _ in chosen), default=0)),
        holidays=_holidays(Calendars(session).exceptions(None, start, start + _WEEK), start),
    )


def near(day: date) -> date:
    """`day`, or the nearest one to it for which there can be anything to show: addresses hold any day at all."""
    return min(max(day, clock.today() - _LOOKED_BACK), clock.today() + FARTHEST + _WEEK)


def length_of(calendar: AgentCalendar, kind: Kind) -> int:
    """Minutes of a session of this kind; 0: the agent holds none."""
    return calendar.onboarding_min if kind is Kind.ONBOARDING else calendar.meeting_min


def rules_of(calendar: AgentCalendar, exceptions: Iterable[CalendarException], length_min: int) -> slots.Rules:
    """A calendar as the rule of free slots takes it."""
    return slots.Rules(
        zone=zones.zone(calendar.time_zone),
        hours=tuple(slots.Hours(*each) for each in calendar.hours),
        exceptions=tuple(
            slots.Exceptions(
                slots.Exceptional(row.kind),
                row.first_day,
                row.last_day,
                row.starts_min if row.starts_min is not None else 0,
                row.ends_min if row.ends_min is not None else slots.DAY_MIN,
            )
            for row in exceptions
        ),
        length_min=length_min,
        before_min=calendar.buffer_before_min,
        after_min=calendar.buffer_after_min,
        notice_min=calendar.notice_min,
        ahead_days=calendar.ahead_days,
    )


def rules_between(
    session: Session, calendar: AgentCalendar, first: datetime, until: datetime, length: int
) -> slots.Rules:
    """The rules with what differs in this time."""
    days = first.date() - timedelta(days=2), until.date() + timedelta(days=2)
    return rules_of(calendar, Calendars(session).exceptions(calendar.id, *days), length)


def starts(
    session: Session,
    calendar: AgentCalendar,
    length_min: int,
    first: datetime,
    until: datetime,
    *,
    but: int | None = None,
    is_agent: bool = False,
) -> tuple[datetime, ...]:
    """When a session of this length can begin with the agent, in order.

    `but`: a booking whose own time counts as free; `is_agent`: as the agent himself, of whom no notice is asked.
    """
    day = timedelta(days=1)
    rules = rules_between(session, calendar, first, until, length_min)
    if is_agent:
        rules = replace(rules, notice_min=0)
    taken = Calendars(session).taken(calendar.user_id, slots.quarter(first - day), slots.quarter(until + day), but=but)
    return slots.free_slots(rules, taken, clock.now(), first, until)


def require_free(
    session: Session,
    calendar: AgentCalendar,
    length_min: int,
    starts_at: datetime,
    *,
    but: int | None = None,
    is_agent: bool = False,
) -> None:
    """Raises Conflict, saying why, unless a session can begin at this very moment. As `starts` otherwise."""
    now, remedy = clock.now(), "Choose another one; the times shown are those still free."
    if starts_at <= now:
        raise Conflict("That time has passed.", remedy=remedy)
    if starts_at > now + FARTHEST:
        raise Conflict("That time is too far ahead to be booked.", remedy=remedy)
    until = starts_at + timedelta(minutes=1)
    if starts(session, calendar, length_min, starts_at, until, but=but, is_agent=is_agent) == (starts_at,):
        return
    if not is_agent and starts_at < now + timedelta(minutes=calendar.notice_min):
        raise Conflict("That time is too soon to be booked.", remedy=remedy)
    length = timedelta(minutes=length_min)
    wanted = slots.held(starts_at, starts_at + length, calendar.buffer_before_min, calendar.buffer_after_min)
    if Calendars(session).taken(calendar.user_id, wanted.start, wanted.stop, but=but):
        raise Conflict("Somebody else has just taken that time.", remedy=remedy)
    raise Conflict("That time is not offered.", remedy=remedy)


def _free(
    session: Session, kind: Kind, chosen: list[tuple[AgentCalendar, User]], now: datetime, moved: Booking | None
) -> list[Slot]:
    """All free times from now on, one agent each, in order."""
    until = now + FARTHEST
    month = slots.quarter(now), slots.quarter(now + 4 * _WEEK)
    load = Calendars(session).load([user.id for _, user in chosen], *month)
    found: dict[datetime, Slot] = {}
    own = moved.agent_id if moved is not None else 0
    for calendar, user in sorted(chosen, key=lambda pair: (pair[1].id != own, load.get(pair[1].id, 0), pair[1].id)):
        length = timedelta(minutes=length_of(calendar, kind))
        if moved is not None and moved.state == State.BOOKED.value:
            length = moved.ends_at - moved.starts_at
        minutes = int(length.total_seconds()) // 60
        but = moved.id if moved is not None else None
        for at in starts(session, calendar, minutes, now, until, but=but):
            if moved is None or at != moved.starts_at:
                found.setdefault(at, Slot(at, at + length, user.id, user.name, calendar.time_zone))
    return [found[at] for at in sorted(found)]


def _holidays(rows: Iterable[CalendarException], monday: date) -> tuple[tuple[date, str], ...]:
    days = [monday + timedelta(days=number) for number in range(7)]
    return tuple(
        (day, row.name)
        for day in days
        for row in rows
        if row.calendar_id is None and row.kind == slots.Exceptional.HOLIDAY and row.first_day <= day <= row.last_day
    )
