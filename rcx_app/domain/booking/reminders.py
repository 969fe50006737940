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
from rcx_app.domain.mail import service as outbox
from rcx_app.models import Booking

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
# After a pause of ours the day's reminder still helps, but not beside the hour's.
_DAY_UNTIL = timedelta(hours=2)


def due(session: Session) -> list[tuple[int, int, Occasion]]:
    """(workspace, booking, which) of the reminders to write now (needs a transaction without a workspace)."""
    every, now = AllBookings(session), clock.now()
    wanted = []
    for workspace_id, booking_id in every.to_remind(now, now + _DAY):
        row = session.get_one(Booking, booking_id)
        occasion = _occasion(row, now)
        if occasion is not None:
            wanted.append((workspace_id, row, occasion))
    written = outbox.known(session, [mails.key(row, occasion, row.user_id) for _, row, occasion in wanted])
    return [
        (workspace_id, row.id, occasion)
        for workspace_id, row, occasion in wanted
        if mails.key(row, occasion, row.user_id) not in written and _was_told_before(session, row, occasion)
    ]


def remind(session: Session, context: Context, booking_id: int, occasion: Occasion) -> bool:
    """Write the reminder; False where another one has, or the booking is no longer what it was."""
    row = BookingRepository(session, context).locked(booking_id)
    if row.state != State.BOOKED.value or _occasion(row, clock.now()) is not occasion:
        return False
    if outbox.known(session, [mails.key(row, occasion, row.user_id)]):
        return False
    mails.write(session, context, row, Told(occasion=occasion))
    return True


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
