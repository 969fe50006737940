"""The agent's side: hours and what differs, the week, moving, cancelling, marking, and who may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Staff
from rcx_app.domain.booking import calendars
from rcx_app.domain.booking import desk as staff
from rcx_app.domain.booking.schemas import BookingView, CalendarRules, Deed, DeskBooking, Kind, State, Week
from rcx_app.domain.booking.slots import Exceptional, Hours
from rcx_app.models import AuditEvent, User
from tests.domain.booking.desk import MONDAY, NOW, RULES, STOCKHOLM, Desk, at, book, bookings, held, save


def do(service: Callable[..., Any], context: Context, *args: Any, now: Any = NOW, **more: Any) -> Any:
    """A service as staff call it."""
    with clock.frozen(now), transaction(None) as session:
        return service(session, context, *args, **more)


def week(desk: Desk, day: date | None = MONDAY, *, by: Context | None = None, now: Any = NOW, **more: Any) -> Week:
    shown: Week = do(staff.week, by or desk.elin, day, now=now, **more)
    return shown


def test_the_week_shows_when_one_can_be_booked_and_what_is(both: Desk) -> None:
    book(both, at(15))
    shown = week(both)
    assert (shown.monday, shown.calendar.rules) == (MONDAY, RULES)
    assert shown.open_spans == tuple((at(14, days=day), at(18, days=day)) for day in range(5))
    (row,) = shown.bookings
    assert (row.workspace_name, row.booking.user_name, row.conflict) == ("Northbeam IT", "Northbeam IT owner", "")
    assert week(both, MONDAY + timedelta(days=7)).bookings == ()
    assert week(both, None).monday == date(2026, 11, 16)


def test_any_week_of_an_address_is_answered(desk: Desk) -> None:
    for day in (date.min, date.max):
        assert week(desk, day).bookings == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda desk: save(desk.elin, replace(RULES, hours=(Hours(0, 17 * 60, 19 * 60),))), "Outside the hours"),
        (lambda desk: do(calendars.add_exception, desk.elin, Exceptional.AWAY, MONDAY, MONDAY), "While away"),
        (
            lambda desk: do(calendars.add_exception, desk.boss, Exceptional.HOLIDAY, MONDAY, MONDAY, name="Feast"),
            "On a holiday",
        ),
    ],
)
def test_a_booking_that_no_longer_fits_stands_and_is_shown(desk: Desk, change: Any, why: str) -> None:
    book(desk, at(15))
    change(desk)
    shown = week(desk, MONDAY + timedelta(days=14))
    assert [(each.booking.starts_at, each.conflict) for each in shown.conflicts] == [(at(15), why)]
    assert [row.state for row in bookings()] == ["booked"]
    assert len(held(desk)) == 4


def test_bookings_of_one_who_is_no_agent_any_more_are_seen_by_the_platform_admin(desk: Desk) -> None:
    book(desk, at(15))
    with transaction(None) as session:
        session.get_one(User, desk.elin.user_id).staff = ""
    shown = week(desk, by=desk.boss, agent_id=desk.elin.user_id)
    assert [each.conflict for each in shown.conflicts] == ["Elin Sorensen is no agent any more"]
    assert (desk.elin.user_id, "Elin Sorensen") in do(calendars.agents, desk.boss)
    do(staff.cancel, desk.boss, shown.conflicts[0].booking.booking_id, "She has left")
    assert [name for _, name in do(calendars.agents, desk.boss)] == ["Omar Haddad", "Pat Boss"]


def test_extra_hours_and_holidays_change_what_is_open(both: Desk) -> None:
    saturday = MONDAY + timedelta(days=5)
    do(calendars.add_exception, both.elin, Exceptional.EXTRA, saturday, saturday, span=(600, 720))
    holiday = do(calendars.add_exception, both.boss, Exceptional.HOLIDAY, MONDAY, MONDAY, name="Feast")
    spans = week(both).open_spans
    assert (at(9, days=5), at(11, days=5)) in spans
    assert (at(14), at(18)) not in spans
    with pytest.raises(NotPermitted):
        do(calendars.remove_exception, both.elin, holiday)
    do(calendars.remove_exception, both.boss, holiday)
    assert (at(14), at(18)) in week(both).open_spans


def test_an_agent_moves_within_his_hours_without_notice_and_says_why(both: Desk) -> None:
    view = book(both, at(15))
    soon = at(14, 10)
    free = do(staff.free_times, both.elin, view.booking_id, MONDAY, now=soon)
    assert free == (at(14, 30), at(15, 30), at(16), at(16, 30), at(17))
    moved = do(staff.move, both.elin, view.booking_id, at(16, 30), seen=0, message="My train is late", now=soon)
    assert (moved.booking.starts_at, moved.booking.sequence) == (at(16, 30), 1)
    with pytest.raises(Conflict, match="changed meanwhile"):
        do(staff.move, both.elin, view.booking_id, at(17), seen=0, now=soon)
    with pytest.raises(Conflict, match="not offered"):
        do(staff.move, both.elin, view.booking_id, at(21), seen=1, now=soon)
    _, events = do(staff.one, both.elin, view.booking_id)
    assert [(event.deed, event.by, event.text) for event in events] == [
        (Deed.BOOKED, "Northbeam IT owner", ""),
        (Deed.MOVED, "Elin Sorensen", "My train is late"),
    ]


def test_cancelling_takes_a_reason_and_frees_the_time(both: Desk) -> None:
    view = book(both, at(15))
    with pytest.raises(Invalid, match="Say why"):
        do(staff.cancel, both.elin, view.booking_id, "  ")
    done = do(staff.cancel, both.elin, view.booking_id, "I am ill")
    assert (done.booking.state, done.booking.cancelled_by, done.booking.reason) == (
        State.CANCELLED,
        "agent",
        "I am ill",
    )
    assert (held(both), week(both).bookings) == ([], ())
    with pytest.raises(Conflict, match="cancelled"):
        do(staff.mark, both.elin, view.booking_id, State.KEPT, now=at(16))


def test_what_is_over_waits_for_a_mark_that_may_be_corrected(desk: Desk) -> None:
    view = book(desk, at(15))
    with pytest.raises(Conflict, match="still to come"):
        do(staff.mark, desk.elin, view.booking_id, State.KEPT)
    assert [each.needs_mark for each in week(desk, now=at(16)).waiting] == [True]
    do(staff.mark, desk.elin, view.booking_id, State.NO_SHOW, now=at(16))
    marked: DeskBooking = do(staff.mark, desk.elin, view.booking_id, State.KEPT, now=at(17))
    assert marked.booking.state is State.KEPT
    assert week(desk, now=at(18)).waiting == ()
    with pytest.raises(Conflict, match="begun or is over"):
        do(staff.cancel, desk.elin, view.booking_id, "late", now=at(17))


def test_after_nobody_came_the_workspace_books_again(desk: Desk) -> None:
    view = book(desk, at(15))
    do(staff.mark, desk.elin, view.booking_id, State.NO_SHOW, now=at(16))
    assert book(desk, at(15, days=2), now=at(16)).state is State.BOOKED


def test_what_agents_do_stands_in_the_workspaces_trail_and_what_they_set_in_nobodys(both: Desk) -> None:
    view = book(both, at(15))
    do(staff.cancel, both.elin, view.booking_id, "I am ill")
    with transaction(None, read_only=True) as session:
        rows = [row for row in session.scalars(select(AuditEvent)) if row.tag.startswith("booking:")]
    found = {(row.tag, row.workspace_id, row.user_id) for row in rows}
    assert ("booking:cancelled", both.ours.workspace_id, both.elin.user_id) in found
    (hours,) = [row for row in rows if row.tag == "booking:hours"]
    assert (hours.workspace_id, hours.detail["by"], hours.detail["time_zone"]) == (None, both.elin.user_id, STOCKHOLM)


def _deeds(view: BookingView) -> list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]:
    return [
        (staff.week, (MONDAY, view.agent_id), {}),
        (staff.one, (view.booking_id,), {}),
        (staff.free_times, (view.booking_id, MONDAY), {}),
        (staff.move, (view.booking_id, at(16)), {"seen": 0}),
        (staff.cancel, (view.booking_id, "why"), {}),
        (staff.mark, (view.booking_id, State.KEPT), {}),
        (calendars.calendar, (view.agent_id,), {}),
        (calendars.save, (RULES, view.agent_id), {}),
        (calendars.exceptions, (view.agent_id,), {}),
        (calendars.add_exception, (Exceptional.AWAY, MONDAY, MONDAY), {"agent_id": view.agent_id}),
    ]


def test_calendars_are_for_staff_a_colleagues_for_platform_admins_only(both: Desk) -> None:
    view = book(both, at(15))
    assert both.omar.staff is Staff.AGENT
    for service, args, more in _deeds(view):
        for person in (both.ours, both.omar):
            with pytest.raises(NotPermitted):
                do(service, person, *args, **more)
    assert do(calendars.agents, both.elin) == ((both.elin.user_id, "Elin Sorensen"),)
    assert [name for _, name in do(calendars.agents, both.boss)] == ["Elin Sorensen", "Omar Haddad", "Pat Boss"]
    assert week(both, by=both.boss, agent_id=both.elin.user_id).bookings[0].booking == replace(view, may_change=True)
    with pytest.raises(NotFound):
        do(staff.one, both.boss, 999_999)
    with pytest.raises(NotFound):
        week(both, by=both.boss, agent_id=both.ours.user_id)


BAD_RULES: dict[str, CalendarRules] = {
    "not known": replace(RULES, time_zone="Mars/Olympus"),
    "overlap": replace(RULES, hours=(Hours(0, 540, 720), Hours(0, 700 // 15 * 15, 800 // 15 * 15))),
    "begin before they end": replace(RULES, hours=(Hours(0, 720, 540),)),
    "quarters": replace(RULES, hours=(Hours(0, 541, 720),)),
    "length of a meeting": replace(RULES, meeting_min=25),
    "length of an onboarding": replace(RULES, onboarding_min=600),
    "time after": replace(RULES, buffer_after_min=-15),
    "far ahead": replace(RULES, ahead_days=0),
    "neither": replace(RULES, onboarding_min=0, meeting_min=0),
}


@pytest.mark.parametrize("words", BAD_RULES)
def test_hours_that_can_not_be_are_refused_in_words(desk: Desk, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        save(desk.elin, BAD_RULES[words])
    assert do(calendars.calendar, desk.elin).rules == RULES


@pytest.mark.parametrize(
    "link", ["http://meet.example", "javascript:alert(1)", "https://", "https://a b", "https://x\r\ny", "//meet", "x"]
)
def test_a_meeting_link_is_a_safe_address(desk: Desk, link: str) -> None:
    with pytest.raises(Invalid, match="meeting link"):
        save(desk.elin, replace(RULES, meeting_link=link))


def test_days_that_differ_are_refused_where_they_can_not_be(desk: Desk) -> None:
    last_week = MONDAY - timedelta(days=14)
    for kind, first, last, more, words in (
        (Exceptional.AWAY, last_week, last_week, {}, "lie ahead"),
        (Exceptional.AWAY, MONDAY, MONDAY - timedelta(days=1), {}, "lie ahead"),
        (Exceptional.AWAY, MONDAY, MONDAY + timedelta(days=900), {}, "more than a year"),
        (Exceptional.AWAY, date.max, date.max, {}, "too far ahead"),
        (Exceptional.EXTRA, MONDAY, MONDAY, {}, "need a time"),
        (Exceptional.EXTRA, MONDAY, MONDAY, {"span": (600, 540)}, "before it ends"),
        (Exceptional.AWAY, MONDAY, MONDAY, {"name": "x" * 81}, "longer than 80"),
    ):
        with pytest.raises(Invalid, match=words):
            do(calendars.add_exception, desk.elin, kind, first, last, **more)
    with pytest.raises(NotPermitted):
        do(calendars.add_exception, desk.elin, Exceptional.HOLIDAY, MONDAY, MONDAY)
    with pytest.raises(Conflict, match="no hours yet"):
        do(calendars.add_exception, desk.omar, Exceptional.AWAY, MONDAY, MONDAY)
    assert do(calendars.exceptions, desk.elin) == ()


def test_an_agent_without_hours_gets_a_proposal_and_is_not_offered(desk: Desk) -> None:
    shown = do(calendars.calendar, desk.omar)
    assert (shown.is_saved, shown.rules.hours) == (False, calendars.PROPOSED_HOURS)
    assert week(desk, by=desk.omar).open_spans == ()
    with pytest.raises(Conflict):
        book(desk, at(15), Kind.MEETING, agent_id=desk.omar.user_id)
