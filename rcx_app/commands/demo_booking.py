"""The demo's calendar: when its agent can be booked, and who has booked her."""

from __future__ import annotations

from datetime import timedelta

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.booking import calendars, offering, service
from rcx_app.domain.booking.schemas import CalendarRules, Kind, Wanted
from rcx_app.domain.booking.slots import Exceptional, Hours

_ZONE, _OWNERS_ZONE = "Europe/Stockholm", "America/Chicago"
# Afternoon and evening in Stockholm, which is the working day of the demo's workspaces.
_PARTS = ((15 * 60, 18 * 60), (18 * 60 + 30, 21 * 60 + 30))
_RULES = CalendarRules(
    time_zone=_ZONE,
    hours=tuple(Hours(day, *part) for day in range(5) for part in _PARTS),
    meeting_link="https://meet.rcx.example/elin",
)


def open_calendar(agent: Context) -> None:
    """The agent can be booked, but on one day off."""
    day_off = clock.today() + timedelta(days=11)
    with transaction(None) as session:
        calendars.save(session, agent, _RULES)
        calendars.add_exception(session, agent, Exceptional.AWAY, day_off, day_off, name="Away")


def meet(owner: Context) -> None:
    """The demo's owner has a question."""
    _book(owner, Kind.MEETING, "Why are some servers counted twice?")


def onboard(owner: Context) -> None:
    """A workspace on its way in has booked its session, which opens its guided setup."""
    _book(owner, Kind.ONBOARDING, "")


def _book(owner: Context, kind: Kind, topic: str) -> None:
    with transaction(owner, read_only=True) as session:
        free = offering.offer(session, owner, kind, _OWNERS_ZONE).slots
    if not free:
        return
    slot = free[len(free) // 2]
    wanted = Wanted(
        kind=kind,
        agent_id=slot.agent_id,
        starts_at=slot.starts_at,
        zone=_OWNERS_ZONE,
        request_key=f"demo-{kind.value}",
        topic=topic,
    )
    with transaction(owner) as session:
        service.book(session, owner, wanted)
