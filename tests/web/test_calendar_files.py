"""A booking's calendar file: for its workspace only, and such as a calendar takes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from icalendar import Calendar

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.models import Booking, User
from tests.support.web import Person, WebServer

_numbers = itertools.count()
START = datetime(2030, 5, 6, 9, 30, tzinfo=UTC)


def booked(web: WebServer, person: Person, state: str = "booked") -> int:
    """The id of a booking of this person's workspace."""
    context = Context(workspace_id=person.workspace_id, user_id=person.user_id, role=Role.OWNER)
    number = next(_numbers)
    with transaction(None, url=web.database_url) as session:
        agent = User(email=f"a{number}@rcx.example", email_key=f"a{number}@rcx.example", name="Elin", password_hash="!")
        session.add(agent)
        session.flush()
        row = Booking(
            workspace_id=context.workspace_id,
            agent_id=agent.id,
            user_id=person.user_id,
            kind="meeting",
            state=state,
            starts_at=START,
            ends_at=START + timedelta(minutes=30),
            zone="UTC",
            uid=f"web-{number}@bookings.rcx.example",
            request_key=f"web-test-{number}",
            created_at=clock.now(),
        )
        session.add(row)
        session.flush()
        return row.id


def test_a_member_gets_a_file_that_a_calendar_takes(web: WebServer) -> None:
    person = web.sign_in(f"cal{next(_numbers)}", Role.VIEWER)
    booking_id = booked(web, person)
    with web.http(person) as client:
        answer = client.get(f"/calendar-files/{booking_id}.ics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["content-disposition"] == f'attachment; filename="rcx-{booking_id}.ics"'
    assert answer.headers["cache-control"] == "no-store"
    calendar = Calendar.from_ical(answer.content)
    assert isinstance(calendar, Calendar)
    (event,) = calendar.events
    assert (calendar["METHOD"], event.start, event["STATUS"]) == ("PUBLISH", START, "CONFIRMED")


def test_nobody_else_gets_it_and_nonsense_is_not_found(web: WebServer) -> None:
    person, other = (web.sign_in(f"cal{next(_numbers)}", Role.OWNER) for _ in range(2))
    booking_id, cancelled = booked(web, person), booked(web, person, "cancelled")
    with web.http(other) as client:
        assert client.get(f"/calendar-files/{booking_id}.ics").status_code == 404
    with web.http(person) as client:
        for name in ("0", "x.ics", "-1.ics", "9" * 40 + ".ics", "１.ics", "..%2f..%2fetc.ics"):
            assert client.get(f"/calendar-files/{name}").status_code == 404
        assert client.get(f"/calendar-files/{cancelled}.ics").status_code == 409
    with web.http(None) as client:
        assert client.get(f"/calendar-files/{booking_id}.ics").status_code in (303, 401)
