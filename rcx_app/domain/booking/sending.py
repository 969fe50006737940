"""The job `booking.mail`: send the workspace's mails about bookings.

A mail is taken by one worker before it is sent, so none goes out twice; one whose worker dies while it is sent may be
lost, and RCX shows the booking.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rcx_app.core import clock, log
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.mail import Invitation, send_mail
from rcx_app.domain.booking.repository import BookingRepository, Calendars
from rcx_app.domain.booking.schemas import Occasion, State
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.models import Booking, BookingMail

TRY_AGAIN_AFTER = timedelta(minutes=5)
_REMINDERS = (Occasion.DAY.value, Occasion.HOUR.value)
_log = log.get("booking")


def run(job: JobHandle) -> dict[str, Any]:
    """Send what waits. Raises Unavailable where the mail server took not all of it."""
    context, sent = job.context, 0
    refused: Unavailable | None = None
    for mail_id in _waiting(context, is_first=job.attempt == 1):
        job.progress(sent, note="Sending mails")
        try:
            sent += _send(context, mail_id)
        except Unavailable as error:
            refused = error
    if refused is not None:
        raise refused
    return {"sent": sent}


def _waiting(context: Context, *, is_first: bool) -> list[int]:
    """What an earlier job could not send is left alone for a while, unless this is its retry."""
    at = clock.now()
    with transaction(context, read_only=True) as session:
        tried_before = at - TRY_AGAIN_AFTER if is_first else at
        return [row.id for row in BookingRepository(session, context).waiting_mails(tried_before=tried_before)]


def _send(context: Context, mail_id: int) -> bool:
    """Send one mail; False where it is another worker's, or is not to be sent any more."""
    with transaction(context) as session:
        repository = BookingRepository(session, context)
        row = repository.take_mail(mail_id, clock.now())
        if row is None:
            return False
        if not _is_wanted(row, repository.get(Booking, row.booking_id)):
            row.state = "dropped"
            return False
        to = Calendars(session).person(row.user_id).email
    try:
        send_mail(to, row.subject, row.body, invitation=_invitation(row))
    except Unavailable:
        _mark(context, mail_id, "waiting")
        raise
    _mark(context, mail_id, "sent")
    _log.info("booking_mail_sent", workspace_id=context.workspace_id, mail_id=mail_id, occasion=row.occasion)
    return True


def _is_wanted(row: BookingMail, booking: Booking) -> bool:
    """Not once it is too late; and nobody is reminded of what was moved or cancelled meanwhile."""
    if clock.now() >= row.send_before:
        return False
    if row.occasion in _REMINDERS:
        return booking.state == State.BOOKED.value and booking.sequence == row.sequence
    return True


def _invitation(row: BookingMail) -> Invitation | None:
    if not row.invitation:
        return None
    method = "CANCEL" if row.occasion == Occasion.CANCEL.value else "REQUEST"
    return Invitation(row.invitation.encode(), method)


def _mark(context: Context, mail_id: int, state: str) -> None:
    with transaction(context) as session:
        BookingRepository(session, context).get(BookingMail, mail_id).state = state
