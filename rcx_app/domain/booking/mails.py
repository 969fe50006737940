"""Writing mails about bookings: rows, in the transaction of their cause; `sending` sends them once it is committed."""

from __future__ import annotations

import dataclasses

from sqlmodel import Session

from rcx_app.core.context import Context, system_context
from rcx_app.domain.booking.invitations import calendar_file
from rcx_app.domain.booking.letters import Facts, Told, body, one_line, subject
from rcx_app.domain.booking.repository import BookingRepository, Calendars
from rcx_app.domain.booking.schemas import Kind, Occasion
from rcx_app.domain.jobs import service as jobs
from rcx_app.models import Booking, BookingMail

JOB = "booking.mail"
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
    """Write what agent and visitor are told of the booking, and ask for it to be sent. Best called last."""
    facts = facts_of(session, context, row)
    told = dataclasses.replace(told, by=one_line(told.by), message=one_line(told.message))
    method = _METHODS.get(told.occasion)
    # An agent who books with himself, trying it out, is told once.
    readers = {row.agent_id: True, row.user_id: False}
    for user_id, to_agent in readers.items():
        BookingRepository(session, context).add(
            BookingMail(
                workspace_id=context.workspace_id,
                booking_id=row.id,
                user_id=user_id,
                occasion=told.occasion.value,
                sequence=row.sequence,
                subject=subject(facts, told, to_agent=to_agent),
                body=body(facts, told, to_agent=to_agent),
                invitation=calendar_file(facts, method, told.message) if method is not None else "",
                send_before=row.starts_at if method is None else row.ends_at,
            )
        )
    ask(session, context)


def ask(session: Session, context: Context) -> None:
    """Ask for the waiting mails to be sent, after this transaction."""
    jobs.enqueue(session, system_context(context.workspace_id), JOB, {}, dedupe_key=JOB)
