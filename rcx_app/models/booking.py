"""Agents' calendars and the sessions and meetings booked in them.

A calendar belongs to a person of the company that runs RCX and to no workspace; a booking belongs to the workspace
whose people come.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from rcx_app.models.base import Id, WorkspaceRow, id_field, json_field, ref, time_field


class AgentCalendar(SQLModel, table=True):
    """When an agent can be booked. `hours`: [weekday (Monday 0), from, to], minutes of the day in `time_zone`.

    All lengths are minutes and multiples of 15. `onboarding_min` and `meeting_min`: how long a session is, 0 where the
    agent does not hold such. `notice_min`: how long before its start a slot is last offered; `ahead_days`: how many
    days ahead the last one. `is_offered`: off while nobody is to book.
    """

    __tablename__ = "agent_calendar"

    id: int = id_field()
    user_id: int = Field(foreign_key="user_account.id", sa_type=Id, unique=True)
    created_at: datetime = time_field(default_now=True)
    time_zone: str
    hours: list[Any] = json_field(list)
    onboarding_min: int = 45
    meeting_min: int = 30
    buffer_before_min: int = 0
    buffer_after_min: int = 15
    notice_min: int = 24 * 60
    ahead_days: int = 42
    meeting_link: str = ""
    is_offered: bool = True


class CalendarException(SQLModel, table=True):
    """Days on which an agent's hours do not hold. `kind`: away | extra | holiday (of all agents: `calendar_id` empty).

    Days and minutes are those of the agent's own zone, whichever that is; without minutes it is whole days.
    """

    __tablename__ = "calendar_exception"

    id: int = id_field()
    calendar_id: int | None = ref("agent_calendar.id", index=True, nullable=True, cascade=True)
    created_at: datetime = time_field(default_now=True)
    kind: str
    name: str = ""
    first_day: date
    last_day: date = Field(index=True)
    starts_min: int | None = None
    ends_min: int | None = None


class Booking(WorkspaceRow, table=True):
    """A session that a workspace's person has with an agent. `kind`: onboarding | meeting.

    `state`: booked -> kept | no_show | cancelled. `uid` and `sequence` are what calendars know it by. `zone`: in which
    the person saw it. `request_key`: what the browser called the request, so that one asked twice is made once.
    `cancelled_by`: visitor | agent.
    """

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("workspace_id", "request_key"),
        Index("ix_booking_state_starts_at", "state", "starts_at"),
        Index("ix_booking_agent_id_starts_at", "agent_id", "starts_at"),
    )

    agent_id: int = ref("user_account.id")
    user_id: int = ref("user_account.id")
    kind: str
    state: str = "booked"
    starts_at: datetime = time_field(default_now=True)
    ends_at: datetime = time_field(default_now=True)
    zone: str
    topic: str = ""
    meeting_link: str = ""
    uid: str = Field(unique=True)
    sequence: int = 0
    request_key: str
    cancelled_by: str = ""
    reason: str = ""
    ended_at: datetime | None = time_field()


class BookingQuarter(SQLModel, table=True):
    """A quarter of an hour of an agent that a booking holds, buffers included: the key makes it held once.

    `quarter`: quarters of an hour since 1970 in UTC. Every zone's offset today is a multiple of it.
    """

    __tablename__ = "booking_quarter"
    __table_args__ = (UniqueConstraint("agent_id", "quarter"),)

    id: int = id_field()
    agent_id: int = ref("user_account.id")
    quarter: int
    booking_id: int = ref("booking.id", index=True, cascade=True)


class BookingEvent(WorkspaceRow, table=True):
    """What was done to a booking: booked | moved | cancelled | kept | no_show. `text`: the message that went along."""

    __tablename__ = "booking_event"

    booking_id: int = ref("booking.id", index=True, cascade=True)
    user_id: int | None = ref("user_account.id", nullable=True)
    deed: str
    text: str = ""
    from_start: datetime | None = time_field()
    to_start: datetime | None = time_field()
