"""Writing mails about bookings into the outbox, in the transaction of their cause."""

from __future__ import annotations

import dataclasses

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.mail import Invitation, Letter
from rcx_app.domain.booking.invitations import calendar_file
from rcx_app.domain.booking.letters import Facts, Told, body, one_line, subject
from rcx_app.domain.booking.repository import BookingRepository, Calendars
from rcx_app.domain.booking.schemas import Kind, Occasion
from rcx_app.domain.mail import kinds
from rcx_app.domain.mail import service as outbox
from rcx_app.domain.mail.schemas import NewMail
from rcx_app.models import Booking

_METHODS = {Occasion.REQUEST: "REQUEST", Occasion.UPDATE: "REQUEST", Occasion.CANCEL: "CANCEL"}


def facts_of(session: Session, context: Context, row: Booking) -> Facts:
    """All that mails and calendars say of a booking of this workspace."""
    calendars = Calendars(session)
    agent, user = calendars.person(row.agent_id), calendars.person(row.user_id)
    calendar = calendars.of(row.agent_id)
    return Facts(
        booking_id=row.id,
        kind=Kind(row.kind),
        workspace_name=one_line(BookingRepository(session, context).workspace().name),
        agent_name=one_line(agent.name),
        agent_email=agent.email,
        agent_zone=calendar.time_zone if calendar is not None else "UTC",
        user_name=one_line(user.name),
        user_email=user.email,
        user_zone=row.zone,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        topic=one_line(row.topic),
        meeting_link=row.meeting_link,
        uid=row.uid,
        sequence=row.sequence,
    )


def write(session: Session, context: Context, row: Booking, told: Told) -> None:
    """Write what agent and visitor are told of the booking."""
    facts = facts_of(session, context, row)
    told = dataclasses.replace(told, by=one_line(told.by), message=one_line(told.message))
    method = _METHODS.get(told.occasion)
    calendar = calendar_file(facts, method, told.message).encode() if method is not None else b""
    # An agent who books with himself, trying it out, is told once.
    readers = {row.agent_id: (True, facts.agent_email), row.user_id: (False, facts.user_email)}
    for user_id, (to_agent, address) in readers.items():
        letter = Letter(
            to=address,
            subject=subject(facts, told, to_agent=to_agent),
            body=body(facts, told, to_agent=to_agent),
            invitation=Invitation(calendar, method) if method is not None else None,
        )
        new = NewMail(
            kind=kinds.Kind.BOOKING,
            key=key(row, told.occasion, user_id),
            workspace_id=context.workspace_id,
            user_id=user_id,
            letter=letter,
            about={"booking_id": row.id, "occasion": told.occasion.value, "sequence": row.sequence},
            send_before=row.starts_at if method is None else row.ends_at,
        )
        outbox.write(session, new)


def key(row: Booking, occasion: Occasion, user_id: int) -> str:
    """What makes a mail about a booking unique: nobody is told twice of the same."""
    return f"booking:{row.id}:{row.sequence}:{occasion.value}:{user_id}"
