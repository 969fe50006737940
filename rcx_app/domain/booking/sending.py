"""The last look at a mail about a booking before it is sent: nobody is reminded of what was moved or cancelled."""

from __future__ import annotations

import dataclasses

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.mail import Letter
from rcx_app.domain.booking.repository import BookingRepository, Calendars
from rcx_app.domain.booking.schemas import Occasion, State
from rcx_app.domain.mail.schemas import Taken
from rcx_app.models import Booking

_REMINDERS = (Occasion.DAY.value, Occasion.HOUR.value)


def look(session: Session, context: Context, taken: Taken) -> Letter | None:
    """The letter as it was written, to the person's address of today; None where it is of no use any more."""
    booking = BookingRepository(session, context).get(Booking, taken.about["booking_id"])
    is_current = booking.state == State.BOOKED.value and booking.sequence == taken.about["sequence"]
    if taken.letter is None or taken.user_id is None or (taken.about["occasion"] in _REMINDERS and not is_current):
        return None
    return dataclasses.replace(taken.letter, to=Calendars(session).person(taken.user_id).email)
