"""The demo's calendar: when its agent can be booked, and a meeting that its owner has with her."""

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


def fill(agent: Context, owner: Context) -> None:
    """Open the agent's calendar, with a day off, and book the owner's meeting."""
    day_off = clock.today() + timedelta(days=11)
    with transaction(None) as session:
        calendars.save(session, agent, _RULES)
        calendars.add_exception(session, agent, Exceptional.AWAY, day_off, day_off, name="Away")
    with transaction(owner, read_only=True) as session:
        free = offering.offer(session, owner, Kind.MEETING, _OWNERS_ZONE).slots
    if not free:
        return
    slot = free[len(free) // 2]
    wanted = Wanted(
        kind=Kind.MEETING,
        agent_id=slot.agent_id,
        starts_at=slot.starts_at,
        zone=_OWNERS_ZONE,
        request_key="demo-meeting",
        topic="Why are some servers counted twice?",
    )
    with transaction(owner) as session:
        service.book(session, owner, wanted)
