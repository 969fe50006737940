"""What the booking slice takes and hands out; no tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rcx_app.domain.booking.slots import Exceptional, Hours


class Kind(StrEnum):
    """What is booked."""

    ONBOARDING = "onboarding"
    MEETING = "meeting"

    @property
    def words(self) -> str:
        return "onboarding session" if self is Kind.ONBOARDING else "support meeting"


class State(StrEnum):
    """How a booking stands. KEPT and NO_SHOW are said by the agent, once it has begun."""

    BOOKED = "booked"
    KEPT = "kept"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class Deed(StrEnum):
    """What was done to a booking, as its history and mails say it."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    KEPT = "kept"
    NO_SHOW = "no_show"


class Occasion(StrEnum):
    """Why a mail is written. The first three carry a calendar file, of the method of that name."""

    REQUEST = "request"
    UPDATE = "update"
    CANCEL = "cancel"
    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked, and with whom."""

    starts_at: datetime
    ends_at: datetime
    agent_id: int
    agent_name: str
    agent_zone: str


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who can be booked; `length_min` of the kind that was asked for."""

    agent_id: int
    name: str
    zone: str
    length_min: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The free times of one week. `next_free`: the first one from now on, in any week; None where there is none.

    `until`: the last moment for which anything is offered. `holidays`: (day, name) of this week.
    """

    kind: Kind
    zone: str
    monday: date
    slots: tuple[Slot, ...]
    agents: tuple[Agent, ...]
    next_free: datetime | None
    until: datetime
    holidays: tuple[tuple[date, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request to book. `request_key` is made by the browser: the same one twice is one booking."""

    kind: Kind
    agent_id: int
    starts_at: datetime
    zone: str
    request_key: str
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingView:
    """A booking as it is shown. `may_change`: this person, now; `why_not` says why he may not."""

    booking_id: int
    kind: Kind
    state: State
    starts_at: datetime
    ends_at: datetime
    agent_id: int
    agent_name: str
    agent_zone: str
    user_id: int
    user_name: str
    zone: str
    topic: str
    meeting_link: str
    uid: str
    sequence: int
    cancelled_by: str
    reason: str
    may_change: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskBooking:
    """A booking as an agent sees it. `conflict`: why it no longer fits his calendar, empty where it does."""

    booking: BookingView
    workspace_id: int
    workspace_name: str
    user_email: str
    conflict: str = ""
    needs_mark: bool = False


@dataclass(frozen=True, slots=True)
class EventView:
    """One deed in a booking's history."""

    at: datetime
    deed: Deed
    by: str
    text: str
    from_start: datetime | None
    to_start: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRules:
    """What an agent says of himself. Lengths in minutes; a length of 0: he holds no such sessions."""

    time_zone: str
    hours: tuple[Hours, ...]
    onboarding_min: int = 45
    meeting_min: int = 30
    buffer_before_min: int = 0
    buffer_after_min: int = 15
    notice_min: int = 24 * 60
    ahead_days: int = 42
    meeting_link: str = ""
    is_offered: bool = True


@dataclass(frozen=True, slots=True)
class ExceptionView:
    """Days that differ. `is_shared`: of all agents. Minutes are None where it is whole days."""

    exception_id: int
    kind: Exceptional
    name: str
    first: date
    last: date
    starts: int | None
    ends: int | None
    is_shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarView:
    """An agent's calendar as he set it; `is_saved` False: a proposal, nobody can book him yet."""

    agent_id: int
    agent_name: str
    rules: CalendarRules
    is_saved: bool
    is_agent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """An agent's week, in his zone. `open_spans`: when he can be booked; `conflicts`: of all his coming bookings.

    `waiting`: those that have ended and are not marked.
    """

    calendar: CalendarView
    monday: date
    open_spans: tuple[tuple[datetime, datetime], ...]
    bookings: tuple[DeskBooking, ...]
    exceptions: tuple[ExceptionView, ...]
    conflicts: tuple[DeskBooking, ...]
    waiting: tuple[DeskBooking, ...]
