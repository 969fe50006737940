"""Reminders: a day and an hour before a booking begins, to both, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.booking import mails
from rcx_app.domain.booking.letters import Told
from rcx_app.domain.booking.repository import AllBookings, BookingRepository
from rcx_app.domain.booking.schemas import Occasion, State
from rcx_app.domain.booking.sending import TRY_AGAIN_AFTER
from rcx_app.models import Booking

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
# After a pause of ours the day's reminder still helps, but not beside the hour's.
_DAY_UNTIL = timedelta(hours=2)


def due(session: Session) -> list[tuple[int, int, Occasion]]:
    """(workspace, booking, which) of the reminders to write now (needs a transaction without a workspace)."""
    every, now = AllBookings(session), clock.now()
    found = every.to_remind(now, now + _DAY)
    written = every.reminded([booking_id for _, booking_id in found])
    result = []
    for workspace_id, booking_id in found:
        row = session.get_one(Booking, booking_id)
        occasion = _occasion(row, now)
        if (
            occasion is not None
            and (booking_id, row.sequence, occasion.value) not in written
            and _was_told_before(session, row, occasion)
        ):
            result.append((workspace_id, booking_id, occasion))
    return result


def remind(session: Session, context: Context, booking_id: int, occasion: Occasion) -> bool:
    """Write the reminder; False where another one has, or the booking is no longer what it was."""
    row = BookingRepository(session, context).locked(booking_id)
    if row.state != State.BOOKED.value or _occasion(row, clock.now()) is not occasion:
        return False
    if (booking_id, row.sequence, occasion.value) in AllBookings(session).reminded([booking_id]):
        return False
    mails.write(session, context, row, Told(occasion=occasion))
    return True


def workspaces_with_mail(session: Session) -> list[int]:
    """The workspaces whose mails the mail server did not take a while ago, or whose job was given up."""
    return AllBookings(session).workspaces_with_mail(clock.now() - TRY_AGAIN_AFTER)


def _occasion(row: Booking, now: datetime) -> Occasion | None:
    left = row.starts_at - now
    if timedelta() < left <= _HOUR:
        return Occasion.HOUR
    return Occasion.DAY if _DAY_UNTIL < left <= _DAY else None


def _was_told_before(session: Session, row: Booking, occasion: Occasion) -> bool:
    """Nobody is reminded of what he was told within that very time: he booked or moved it a moment ago."""
    told = [
        event.created_at for event, _ in AllBookings(session).events(row.id) if event.deed in ("booked", "moved")
    ]  # fmt: skip
    before = row.starts_at - (_DAY if occasion is Occasion.DAY else _HOUR)
    return max(told, default=row.created_at) <= before
