"""Bookings as they are handed out, and what a person of the workspace may still do with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission
from rcx_app.domain.booking.repository import Calendars
from rcx_app.domain.booking.schemas import BookingView, Kind, State
from rcx_app.models import Booking, User

VISITOR_UNTIL = timedelta(hours=2)
"""Until so long before it begins the people of the workspace move or cancel a booking themselves."""


def one(session: Session, context: Context, row: Booking) -> BookingView:
    """The booking as this person sees it."""
    return many(session, context, [row])[0]


def many(session: Session, context: Context, rows: Sequence[Booking]) -> tuple[BookingView, ...]:
    """Bookings as this person sees them, in the order given."""
    calendars, now = Calendars(session), clock.now()
    people = calendars.people([user_id for row in rows for user_id in (row.agent_id, row.user_id)])
    zones = {row.agent_id: _zone(calendars, row.agent_id) for row in rows}
    return tuple(
        view(row, people[row.agent_id], people[row.user_id], zones[row.agent_id], why_not(row, context, now))
        for row in rows
    )


def view(row: Booking, agent: User, user: User, agent_zone: str, refusal: str | None) -> BookingView:
    """A booking with whose it is. `refusal`: why he who looks may not change it, None where he may."""
    return BookingView(
        booking_id=row.id,
        kind=Kind(row.kind),
        state=State(row.state),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        agent_id=row.agent_id,
        agent_name=agent.name,
        agent_zone=agent_zone,
        user_id=row.user_id,
        user_name=user.name,
        zone=row.zone,
        topic=row.topic,
        meeting_link=row.meeting_link,
        uid=row.uid,
        sequence=row.sequence,
        cancelled_by=row.cancelled_by,
        reason=row.reason,
        may_change=refusal is None,
        why_not=refusal or "",
    )


def is_theirs(row: Booking, context: Context) -> bool:
    """An onboarding session is the whole workspace's; a meeting is his who booked it, and the admins'."""
    return (
        row.kind == Kind.ONBOARDING.value or row.user_id == context.user_id or context.allows(Permission.PEOPLE)
    )  # fmt: skip


def why_not(row: Booking, context: Context, now: datetime) -> str | None:
    """Why this person may not move or cancel the booking now; None where he may."""
    if row.state == State.CANCELLED.value:
        return "This booking is cancelled."
    if row.state != State.BOOKED.value or row.starts_at <= now:
        return "This booking has begun or is over."
    if not is_theirs(row, context):
        return "A colleague booked this meeting."
    if now > row.starts_at - VISITOR_UNTIL:
        return "It begins in less than 2 hours, so it can't be moved or cancelled here any more."
    return None


def _zone(calendars: Calendars, agent_id: int) -> str:
    calendar = calendars.of(agent_id)
    return calendar.time_zone if calendar is not None else "UTC"
