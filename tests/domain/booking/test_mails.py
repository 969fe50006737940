"""What people are mailed about bookings, and what their calendars make of it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlmodel import col, select

from jobs import tasks
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.domain.booking import desk as staff
from rcx_app.domain.booking import service
from rcx_app.domain.booking.schemas import BookingView, Kind
from rcx_app.models import Mail, User, Workspace
from tests.domain.booking.desk import (
    CHICAGO,
    NOW,
    RULES,
    Desk,
    at,
    book,
    invitation,
    post,
    save,
    text,
)

VISITOR, AGENT = "northbeam@msp.example", "elin@rcx.example"


def pair(found: list[EmailMessage]) -> tuple[EmailMessage, EmailMessage]:
    """The visitor's mail and the agent's."""
    by_reader = {message["To"]: message for message in found}
    assert sorted(by_reader) == sorted((VISITOR, AGENT))
    assert len(found) == 2
    return by_reader[VISITOR], by_reader[AGENT]


def delivered(now: datetime = NOW) -> list[EmailMessage]:
    with clock.frozen(now):
        return post()


def move(desk: Desk, view: BookingView, to: datetime) -> BookingView:
    with clock.frozen(NOW), transaction(desk.ours) as session:
        return service.move(session, desk.ours, view.booking_id, to, CHICAGO, seen=view.sequence)


def test_a_booking_is_told_to_both_each_in_his_zone(desk: Desk) -> None:
    view = book(desk, at(15), topic="Microsoft 365")
    visitor, agent = pair(delivered())
    assert visitor["Subject"] == "Your onboarding session on Mon 23 Nov 2026, 09:00 (Chicago, UTC−6)"
    assert agent["Subject"] == "Northbeam IT: onboarding session on Mon 23 Nov 2026, 16:00 (Stockholm, UTC+1)"
    assert "Mon 23 Nov 2026, 09:00 to 09:45 (Chicago, UTC−6)" in text(visitor)
    for part in (RULES.meeting_link, "Last month's invoice", "/onboarding/booking", "Microsoft 365"):
        assert part in text(visitor)
    assert f"/staff/calendar?booking={view.booking_id}" in text(agent)
    assert f"Northbeam IT owner ({VISITOR})" in text(agent)


def test_calendars_take_the_invitation(desk: Desk) -> None:
    view = book(desk, at(15))
    for message in delivered():
        calendar, event = invitation(message)
        assert (calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "2.0")
        assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (view.uid, 0, "CONFIRMED")
        assert (event.start, event.end) == (at(15), at(15, 45))
        assert event["SUMMARY"] == "RCX onboarding: Northbeam IT"
        assert event["LOCATION"] == RULES.meeting_link
        assert str(event["ORGANIZER"]) == "mailto:no-reply@rcx.example"
        assert {str(each) for each in event["ATTENDEE"]} == {f"mailto:{VISITOR}", f"mailto:{AGENT}"}
        assert {each.params["PARTSTAT"] for each in event["ATTENDEE"]} == {"ACCEPTED", "NEEDS-ACTION"}
        assert event["DTSTAMP"].dt == NOW


def test_moving_updates_the_same_event_and_cancelling_takes_it_out(both: Desk) -> None:
    view = book(both, at(15))
    delivered()
    moved = move(both, view, at(16, days=1))
    visitor, _ = pair(delivered())
    assert visitor["Subject"] == "Your onboarding session is moved to Tue 24 Nov 2026, 10:00 (Chicago, UTC−6)"
    assert "It was Mon 23 Nov 2026, 09:00 (Chicago, UTC−6)" in text(visitor)
    calendar, event = invitation(visitor)
    assert (calendar["METHOD"], event["UID"], event["SEQUENCE"]) == ("REQUEST", view.uid, 1)
    assert event.start == at(16, days=1)
    with clock.frozen(NOW), transaction(None) as session:
        staff.cancel(session, both.elin, moved.booking_id, "I am ill, sorry")
    visitor, _ = pair(delivered())
    assert "Elin Sorensen says: I am ill, sorry" in text(visitor)
    calendar, event = invitation(visitor)
    assert (calendar["METHOD"], event["UID"], event["SEQUENCE"], event["STATUS"]) == (
        "CANCEL", view.uid, 2, "CANCELLED",
    )  # fmt: skip


def test_an_hour_that_occurs_twice_is_told_apart(desk: Desk) -> None:
    """Chicago, 1 November 2026: 01:30 in summer time, and an hour later 01:30 in winter time."""
    every_hour = tuple(type(RULES.hours[0])(day, 0, 1440) for day in range(7))
    save(desk.elin, replace(RULES, hours=every_hour, notice_min=0, meeting_link=""))
    early = datetime(2026, 10, 31, 12, tzinfo=NOW.tzinfo)
    first = datetime(2026, 11, 1, 6, 30, tzinfo=NOW.tzinfo)
    for start, by in ((first, desk.ours), (first + timedelta(hours=1), desk.world.theirs)):
        book(desk, start, now=early, by=by)
    subjects = sorted(message["Subject"] for message in delivered(early) if message["To"] != AGENT)
    assert subjects == [
        "Your onboarding session on Sun 1 Nov 2026, 01:30 (Chicago, UTC−5)",
        "Your onboarding session on Sun 1 Nov 2026, 01:30 (Chicago, UTC−6)",
    ]


def test_names_can_not_forge_headers_lines_or_properties(desk: Desk) -> None:
    with transaction(None) as session:
        session.get_one(Workspace, desk.ours.workspace_id).name = "Evil\r\nBcc: all@msp.example"
        session.get_one(User, desk.ours.user_id).name = 'Da"na\r\nATTENDEE:mailto:x@y.example;<b>'
    book(desk, at(15), topic="Hello\nEND:VEVENT\nBEGIN:VEVENT")
    visitor, agent = pair(delivered())
    assert agent["Subject"].startswith("Evil Bcc: all@msp.example: onboarding session")
    assert agent["Bcc"] is None
    _, event = invitation(visitor)
    assert {str(each) for each in event["ATTENDEE"]} == {f"mailto:{VISITOR}", f"mailto:{AGENT}"}


def test_what_comes_too_late_is_not_sent(desk: Desk) -> None:
    book(desk, at(15))
    assert delivered(at(16)) == []
    assert {row.state for row in _rows()} == {"dropped"}


def test_a_mail_is_written_only_with_its_cause(both: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object, **__: object) -> None:
        raise RuntimeError("the transaction fails at its end")

    monkeypatch.setattr("rcx_app.domain.booking.service.views.one", fall)
    with pytest.raises(RuntimeError):
        book(both, at(15))
    assert _rows() == []


# --- reminders


def remind(now: datetime) -> list[EmailMessage]:
    with clock.frozen(now):
        tasks.remind_bookings()
        return post()


def test_both_are_reminded_a_day_and_an_hour_before_and_never_twice(both: Desk) -> None:
    book(both, at(15))
    delivered()
    assert remind(at(14, 59, days=-1)) == []
    visitor, agent = pair(remind(at(15, days=-1)))
    assert visitor["Subject"] == "Your onboarding session begins in a day: Mon 23 Nov 2026, 09:00 (Chicago, UTC−6)"
    assert agent["Subject"].startswith("Northbeam IT: onboarding session begins in a day: Mon 23 Nov 2026, 16:00")
    assert not visitor.is_multipart()
    assert remind(at(15, 1, days=-1)) == []
    visitor, _ = pair(remind(at(14, 3)))
    assert "begins in an hour" in visitor["Subject"]
    assert RULES.meeting_link in text(visitor)
    for minute in (4, 30, 59):
        assert remind(at(14, minute)) == []
    assert remind(at(15)) == []


def test_two_that_remind_at_once_remind_once(both: Desk) -> None:
    book(both, at(15))
    delivered()
    barrier = threading.Barrier(4, timeout=60)

    def run() -> None:
        with clock.frozen(at(14, 30)):
            barrier.wait()
            tasks.remind_bookings()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    with clock.frozen(at(14, 30)):
        pair(post())


def test_after_a_move_the_new_time_is_reminded_of_and_the_old_one_not(desk: Desk) -> None:
    view = book(desk, at(15))
    remind(at(15, days=-1))
    with clock.frozen(at(16, days=-1)), transaction(desk.ours) as session:
        service.move(session, desk.ours, view.booking_id, at(15, days=2), CHICAGO, seen=0)
    delivered(at(16, days=-1))
    assert remind(at(14, 30)) == []
    visitor, _ = pair(remind(at(15, days=1)))
    assert "Wed 25 Nov 2026, 09:00" in visitor["Subject"]


def test_a_reminder_that_waits_is_dropped_where_the_booking_is_cancelled(desk: Desk) -> None:
    view = book(desk, at(15))
    delivered()
    with clock.frozen(at(15, days=-1)):
        tasks.remind_bookings()
        with transaction(desk.ours) as session:
            service.cancel(session, desk.ours, view.booking_id)
        assert all("is cancelled" in message["Subject"] for message in post())
    assert remind(at(14, 30)) == []


def test_who_books_a_moment_before_is_not_reminded_of_it(desk: Desk) -> None:
    save(desk.elin, replace(RULES, notice_min=0))
    book(desk, at(15), Kind.MEETING, now=at(14, 20))
    delivered(at(14, 20))
    assert remind(at(14, 30)) == []


def _rows() -> list[Mail]:
    with transaction(None, read_only=True) as session:
        return list(session.scalars(select(Mail).order_by(col(Mail.id))))
