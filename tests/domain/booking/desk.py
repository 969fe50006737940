"""Agents with calendars, and people who book with them, for the tests of bookings."""

from __future__ import annotations

import email
import email.policy
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar, Event
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role, Staff
from rcx_app.core.settings import settings
from rcx_app.domain.booking import calendars, service
from rcx_app.domain.booking.schemas import BookingView, CalendarRules, Kind, Wanted
from rcx_app.domain.booking.slots import Hours
from rcx_app.domain.mail import sending
from rcx_app.models import Booking, BookingQuarter, Membership, User
from tests.conftest import World

NOW = datetime(2026, 11, 20, 9, 7, tzinfo=UTC)  # a Friday
MONDAY = date(2026, 11, 23)
CHICAGO, STOCKHOLM = "America/Chicago", "Europe/Stockholm"
RULES = CalendarRules(
    time_zone=STOCKHOLM,
    hours=tuple(Hours(day, 15 * 60, 19 * 60) for day in range(5)),
    meeting_link="https://meet.example/elin",
)


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """A moment of Monday 23 November 2026 in UTC, or of a later day. Elin is there from 14 until 18."""
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC) + timedelta(days=days)


@dataclass(frozen=True)
class Desk:
    """Two agents and a platform admin beside the two workspaces of `world`."""

    world: World
    elin: Context
    omar: Context
    boss: Context

    @property
    def ours(self) -> Context:
        return self.world.ours


def make_desk(world: World) -> Desk:
    """Elin can be booked; Omar is an agent without hours; the boss is a platform admin."""
    elin, omar = _staff("Elin Sorensen", Staff.AGENT, world), _staff("Omar Haddad", Staff.AGENT, world)
    made = Desk(world, elin, omar, _staff("Pat Boss", Staff.PLATFORM_ADMIN, world))
    save(elin, RULES)
    return made


def _staff(name: str, staff: Staff, world: World) -> Context:
    with transaction(None) as session:
        key = f"{name.split()[0].lower()}@rcx.example"
        user = User(email=key, email_key=key, name=name, password_hash="!", staff=staff.value)
        session.add(user)
        session.flush()
        return Context(
            workspace_id=world.theirs.workspace_id, user_id=user.id, role=Role.VIEWER, user_name=name, staff=staff
        )


def save(agent: Context, rules: CalendarRules) -> None:
    with transaction(None) as session, clock.frozen(NOW):
        calendars.save(session, agent, rules)


def member(context: Context, name: str, role: Role = Role.OPERATOR) -> Context:
    """One more person of a workspace."""
    with transaction(None) as session:
        key = f"{uuid.uuid4().hex[:8]}@msp.example"
        user = User(email=key, email_key=key, name=name, password_hash="!")
        session.add(user)
        session.flush()
        session.add(Membership(workspace_id=context.workspace_id, user_id=user.id, role=role.value))
        return replace(context, user_id=user.id, role=role, user_name=name)


def wanted(desk: Desk, starts_at: datetime, kind: Kind = Kind.ONBOARDING, **more: Any) -> Wanted:
    assert desk.elin.user_id is not None
    given = {"agent_id": desk.elin.user_id, "zone": CHICAGO, "request_key": uuid.uuid4().hex, **more}
    return Wanted(kind=kind, starts_at=starts_at, **given)


def book(desk: Desk, starts_at: datetime, kind: Kind = Kind.ONBOARDING, **more: Any) -> BookingView:
    """Book as the owner of our workspace (or `by`), on the Friday before."""
    context = more.pop("by", desk.ours)
    now = more.pop("now", NOW)
    with clock.frozen(now), transaction(context) as session:
        return service.book(session, context, wanted(desk, starts_at, kind, **more))


def held(desk: Desk) -> list[int]:
    """The quarters of Elin that are held."""
    with transaction(None, read_only=True) as session:
        query = select(BookingQuarter.quarter).where(col(BookingQuarter.agent_id) == desk.elin.user_id)
        return sorted(session.scalars(query))


def bookings() -> list[Booking]:
    with transaction(None, read_only=True) as session:
        return list(session.scalars(select(Booking).order_by(col(Booking.id))))


def post() -> list[EmailMessage]:
    """Have the mails that wait sent, and take what was out of the post, in order."""
    sending.send_due()
    return letters()


def letters() -> list[EmailMessage]:
    """What was sent and not yet taken out."""
    taken = []
    for path in sorted((settings().var_dir / "mail").glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        taken.append(message)
        path.unlink()
    return taken


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def invitation(message: EmailMessage) -> tuple[Calendar, Event]:
    """The calendar that a mail carries, as a strict reader takes it: both copies of it are the same."""
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert len(parts) == 1
    files = [part for part in message.iter_attachments() if part.get_content_type() == "application/ics"]
    assert [part.get_filename() for part in files] == ["invite.ics"]
    raw = parts[0].get_payload(decode=True)
    assert raw == files[0].get_payload(decode=True)
    assert isinstance(raw, bytes)
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)
    assert message.get_body(("plain",)) is not None
    alternative = [part for part in message.walk() if part.get_content_type() == "multipart/alternative"]
    assert parts[0] in list(alternative[0].iter_parts())
    calendar = Calendar.from_ical(raw)
    assert isinstance(calendar, Calendar)
    assert parts[0].get_param("method") == calendar["METHOD"]
    (event,) = calendar.events
    assert not calendar.errors
    assert not event.errors
    return calendar, event
