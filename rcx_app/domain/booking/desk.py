"""The agent's side of bookings: his week, moving, cancelling, and saying whether people came.

Works across workspaces, so it needs a transaction without one and asks for being staff itself. What is done to a
booking stands in its workspace's audit trail.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Permission, Staff
from rcx_app.domain.booking import calendars, offering, service, slots, views, zones
from rcx_app.domain.booking.letters import one_line
from rcx_app.domain.booking.repository import AllBookings, BookingRepository, Calendars
from rcx_app.domain.booking.schemas import CalendarView, Deed, DeskBooking, EventView, State, Week
from rcx_app.models import AgentCalendar, Booking, User, Workspace

_WEEK = timedelta(days=7)


def week(session: Session, context: Context, day: date | None = None, agent_id: int | None = None) -> Week:
    """The agent's week, Monday to Sunday in his zone, that holds `day` (today). Raises as `calendars.agent_of`."""
    user = calendars.agent_of(session, context, agent_id)
    row, every, now = Calendars(session).of(user.id), AllBookings(session), clock.now()
    shown = calendars.calendar_view(user, row)
    zone = shown.rules.time_zone
    monday = zones.monday(offering.near(day) if day is not None else now.astimezone(zones.zone(zone)).date())
    first, until = zones.day_start(monday, zone), zones.day_start(monday + _WEEK, zone)
    held = _shown(session, shown, row, every.of_agent(user.id, first, until))
    coming = _shown(session, shown, row, every.coming(user.id, now))
    return Week(
        calendar=shown,
        monday=monday,
        open_spans=_open_spans(session, row, first, until) if row is not None else (),
        bookings=held,
        exceptions=calendars.exception_views(
            Calendars(session).exceptions(row.id if row is not None else None, monday, monday + timedelta(days=6))
        ),
        conflicts=tuple(each for each in coming if each.conflict),
        waiting=_shown(session, shown, row, every.unmarked(user.id, now)),
    )


def one(session: Session, context: Context, booking_id: int) -> tuple[DeskBooking, tuple[EventView, ...]]:
    """A booking and what was done to it, oldest first. Raises NotFound, NotPermitted for a colleague's."""
    booking, workspace, person, agent = _found(session, context, booking_id)
    row = Calendars(session).of(agent.id)
    shown = _shown(session, calendars.calendar_view(agent, row), row, [(booking, workspace, person)])[0]
    events = tuple(
        EventView(event.created_at, Deed(event.deed), name or "RCX", event.text, event.from_start, event.to_start)
        for event, name in AllBookings(session).events(booking_id)
    )
    return shown, events


def free_times(session: Session, context: Context, booking_id: int, day: date) -> tuple[datetime, ...]:
    """When the booking could begin instead, on a day of its agent's zone; no notice is asked of him.

    Raises as `one`.
    """
    booking, _, _, agent = _found(session, context, booking_id)
    row = Calendars(session).of(agent.id)
    if row is None:
        return ()
    day = offering.near(day)
    first = zones.day_start(day, row.time_zone)
    until = zones.day_start(day + timedelta(days=1), row.time_zone)
    length = int((booking.ends_at - booking.starts_at).total_seconds()) // 60
    found = offering.starts(session, row, length, first, until, but=booking.id, is_agent=True)
    return tuple(at for at in found if at != booking.starts_at)


def move(
    session: Session, context: Context, booking_id: int, starts_at: datetime, *, seen: int, message: str = ""
) -> DeskBooking:
    """Give a booking another time of its agent's. `message` goes to the visitor with the new time.

    Raises as `one`, and Conflict where it has begun, was changed meanwhile, or the time is not free.
    """
    row, theirs = _locked(session, context, booking_id)
    _require_to_come(row)
    if row.starts_at != starts_at:
        if row.sequence != seen:
            raise Conflict("This booking was changed meanwhile.", remedy="Look at its new time and decide again.")
        service.put(session, theirs, row, starts_at, note_to=one_line(service.checked_text(message)), is_agent=True)
    return one(session, context, booking_id)[0]


def cancel(session: Session, context: Context, booking_id: int, reason: str) -> DeskBooking:
    """Cancel a booking; the visitor reads the reason. Raises as `one`, Invalid without one, Conflict once it began."""
    row, theirs = _locked(session, context, booking_id)
    if row.state != State.CANCELLED.value:
        _require_to_come(row)
        text = one_line(service.checked_text(reason))
        if not text:
            raise Invalid("Say why, since the visitor reads it.", remedy="A few words will do.")
        service.call_off(session, theirs, row, by="agent", reason=text)
    return one(session, context, booking_id)[0]


def mark(
    session: Session, context: Context, booking_id: int, outcome: Literal[State.KEPT, State.NO_SHOW]
) -> DeskBooking:
    """Say whether the people came; may be corrected. Raises as `one`, Conflict before it begins or where cancelled."""
    row, theirs = _locked(session, context, booking_id)
    if row.state == State.CANCELLED.value:
        raise Conflict("This booking is cancelled.", remedy="There is nothing to mark.")
    if row.starts_at > clock.now():
        raise Conflict("This booking is still to come.", remedy="Mark it once it has begun.")
    if row.state != outcome.value:
        row.state, row.ended_at = outcome.value, clock.now()
        session.flush()
        service.note(session, theirs, row, Deed(outcome.value))
    return one(session, context, booking_id)[0]


def _found(session: Session, context: Context, booking_id: int) -> tuple[Booking, Workspace, User, User]:
    """The booking, its workspace, its visitor and its agent."""
    context.require(Permission.AGENT)
    found = AllBookings(session).one(booking_id)
    if found is None:
        raise NotFound(BookingRepository.noun)
    if found[0].agent_id != context.user_id and not context.allows(Permission.PLATFORM):
        raise NotPermitted("This is a colleague's booking.", remedy="Ask a platform admin.")
    return *found, Calendars(session).person(found[0].agent_id)


def _locked(session: Session, context: Context, booking_id: int) -> tuple[Booking, Context]:
    """The booking, locked, and the context in which its workspace's rows are written."""
    found = _found(session, context, booking_id)[0]
    theirs = context.visiting(found.workspace_id)
    return BookingRepository(session, theirs).locked(booking_id), theirs


def _require_to_come(row: Booking) -> None:
    if row.state != State.BOOKED.value or row.starts_at <= clock.now():
        raise Conflict("This booking has begun or is over.", remedy="Only what is to come is moved or cancelled.")


def _open_spans(
    session: Session, row: AgentCalendar, first: datetime, until: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    return slots.open_spans(offering.rules_between(session, row, first, until, 0), first, until)


def _shown(
    session: Session,
    calendar: CalendarView,
    row: AgentCalendar | None,
    found: Iterable[tuple[Booking, Workspace, User]],
) -> tuple[DeskBooking, ...]:
    now = clock.now()
    agent = Calendars(session).person(calendar.agent_id)
    return tuple(
        DeskBooking(
            booking=views.view(booking, agent, person, calendar.rules.time_zone, None),
            workspace_id=workspace.id,
            workspace_name=workspace.name,
            user_email=person.email,
            conflict=_conflict(session, agent, row, booking) if booking.starts_at > now else "",
            needs_mark=booking.state == State.BOOKED.value and booking.ends_at <= now,
        )
        for booking, workspace, person in found
    )


def _conflict(session: Session, agent: User, row: AgentCalendar | None, booking: Booking) -> str:
    """Why a booking to come does not fit the calendar as it is now; it stands nevertheless, until somebody acts."""
    if booking.state != State.BOOKED.value:
        return ""
    if Staff(agent.staff) is Staff.NONE or row is None:
        return f"{agent.name} is no agent any more"
    rules = offering.rules_between(session, row, booking.starts_at, booking.ends_at, 0)
    if slots.is_within(rules, booking.starts_at, booking.ends_at):
        return ""
    usual = dataclasses.replace(rules, exceptions=())
    if not slots.is_within(usual, booking.starts_at, booking.ends_at):
        return "Outside the hours"
    shared = tuple(each for each in rules.exceptions if each.kind is slots.Exceptional.HOLIDAY)
    away = not slots.is_within(dataclasses.replace(rules, exceptions=shared), booking.starts_at, booking.ends_at)
    return "On a holiday" if away else "While away"
