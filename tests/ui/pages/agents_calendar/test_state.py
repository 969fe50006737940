"""The calendar as agents drive it: the week to scale, the open booking, hours and days that differ."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from reflex.istate.data import RouterData

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.booking import calendars
from rcx_app.domain.booking.slots import Hours
from rcx_app.domain.identity import attempts
from rcx_app.ui.base import AppState
from rcx_app.ui.caller import forget_caller
from rcx_app.ui.guard import permission_of
from rcx_app.ui.pages.calendar import rows
from rcx_app.ui.pages.calendar.state import CalendarState
from tests.conftest import World
from tests.domain.booking.desk import NOW, RULES, STOCKHOLM, Desk, at, book, bookings, make_desk
from tests.ui.pages.billing.desk import Desk as Tab

WEEK = "?week=2026-11-23"
FORM = {
    "time_zone": STOCKHOLM, "onboarding_min": "45", "meeting_min": "30", "buffer_before_min": "0",
    "buffer_after_min": "15", "notice_hours": "24", "ahead_days": "42", "meeting_link": "", "is_offered": "on",
    **{f"hours_{day}": "15:00-19:00" for day in range(5)},
}  # fmt: skip


@pytest.fixture
def desk(sqlite_world: World) -> Iterator[Desk]:
    attempts.forget_all()
    with clock.frozen(NOW):
        yield make_desk(sqlite_world)
    forget_caller()


class Staff(Tab):
    """An agent's tab at the calendar."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, CalendarState)
        own = self.of(AppState)
        own.role, own.staff = context.role.value, context.staff.value

    def visit(self, query: str = WEEK) -> Any:
        path = "/staff/calendar"
        self.root.router = RouterData.from_router_data({"pathname": path, "asPath": path + query, "headers": {}})
        self.run(self.state.load)
        return self.state


def test_the_week_is_drawn_to_scale(desk: Desk) -> None:
    view = book(desk, at(15))
    state = Staff(desk.elin).visit()
    assert (state.week, state.zone_words, state.problem) == ("23 to 29 Nov 2026", "Stockholm, UTC+1", "")
    assert [mark.label for mark in state.marks] == [f"{hour}:00" for hour in range(12, 20)]
    monday = state.days[0]
    assert [(span.top, span.height) for span in monday.open] == [("37.500%", "50.000%")]
    (block,) = monday.bookings
    assert (block.id, block.time, block.title, block.top, block.height) == (
        view.booking_id, "16:00", "Northbeam IT", "50.000%", "9.375%",
    )  # fmt: skip
    assert block.label == "16:00 to 16:45, onboarding session with Northbeam IT. Booked"
    assert state.days[5].open == []


def test_the_open_booking_says_who_comes_and_when_for_him(desk: Desk) -> None:
    view = book(desk, at(15), topic="Backup")
    state = Staff(desk.elin).visit(f"{WEEK}&booking={view.booking_id}")
    row = state.opened
    assert (row.workspace, row.person, row.topic, row.is_to_come, row.may_mark) == (
        "Northbeam IT", "Northbeam IT owner", "Backup", True, False,
    )  # fmt: skip
    assert row.theirs == "Mon 23 Nov 2026, 09:00 (Chicago, UTC−6) for Northbeam IT owner"
    assert [(event.text, event.said) for event in state.events] == [("Northbeam IT owner booked it", "")]


def test_an_agent_moves_with_a_word_and_cancels_with_a_reason(desk: Desk) -> None:
    view = book(desk, at(15))
    tab = Staff(desk.elin)
    state = tab.visit(f"{WEEK}&booking={view.booking_id}")
    tab.run(state.ask, "move")
    assert state.move_day == "2026-11-23"
    assert [option.label for option in state.move_times][-1] == "18:00"
    tab.run(state.choose_day, "2026-11-24")
    tab.run(state.move, {"at": state.move_times[0].value, "message": "Train"})
    assert (state.opened.words, state.mode) == ("Tue 24 Nov 2026, 15:00 to 15:45", "")
    assert state.events[0].text.startswith("Elin Sorensen moved it from Mon 23 Nov, 16:00")
    tab.run(state.move, {"at": "never"})
    assert state.wrong == "Choose one of the free times."
    tab.run(state.cancel, {"reason": ""})
    assert state.wrong.startswith("Say why")
    tab.run(state.cancel, {"reason": "Ill"})
    assert (state.opened.state, state.opened.reason, bookings()[0].state) == ("Cancelled", "Ill", "cancelled")


def test_marks_are_set_and_corrected(desk: Desk) -> None:
    view = book(desk, at(15))
    with clock.frozen(at(16)):
        tab = Staff(desk.elin)
        state = tab.visit(f"{WEEK}&booking={view.booking_id}")
        assert [row.id for row in state.waiting] == [view.booking_id]
        tab.run(state.mark, "no_show")
        assert (state.opened.is_no_show, state.waiting) == (True, [])
        tab.run(state.mark, "kept")
        assert (state.opened.is_kept, state.days[0].bookings[0].look) == (True, "kept onboarding tall")


def test_hours_that_shrink_leave_bookings_and_say_so(desk: Desk) -> None:
    book(desk, at(15))
    tab = Staff(desk.elin)
    state = tab.visit("?tab=hours")
    assert (state.hours[0], state.hours[6], state.fields["notice_hours"]) == ("15:00-19:00", "", "24")
    tab.run(state.save_hours, {**FORM, "hours_0": "9-12, 17:30 to 19"})
    assert (state.wrong, state.hours[0]) == ("", "09:00-12:00, 17:30-19:00")
    assert [(row.workspace, row.conflict) for row in state.conflicts] == [("Northbeam IT", "Outside the hours")]
    assert bookings()[0].state == "booked"


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("hours_1", "nine to five", "hours of Tuesday were not understood: nine to five"),
        ("hours_1", "25:00-26:00", "on quarters of an hour"),
        ("hours_1", "10:00-12:00, 11:00-13:00", "on Tuesday overlap"),
        ("notice_hours", "soon", "notice must be a whole number"),
        ("notice_hours", "99999", "notice must be between"),
        ("time_zone", "Mars/Olympus", "time zone is not known"),
        ("meeting_link", "javascript:alert(1)", "meeting link"),
    ],
)
def test_hours_that_can_not_be_are_refused_beside_the_form(desk: Desk, field: str, text: str, words: str) -> None:
    tab = Staff(desk.elin)
    state = tab.visit("?tab=hours")
    tab.run(state.save_hours, {**FORM, field: text})
    assert words in state.wrong
    with transaction(None, read_only=True) as session:
        assert calendars.calendar(session, desk.elin).rules == RULES


def test_days_that_differ_are_added_and_removed(desk: Desk) -> None:
    tab = Staff(desk.elin)
    state = tab.visit("?tab=days")
    tab.run(state.add_exception, {"kind": "away", "first": "2026-11-24", "last": "2026-11-25", "name": "Fair"})
    tab.run(state.add_exception, {"kind": "extra", "first": "2026-11-28", "starts": "10:00", "ends": "12:00"})
    assert [(row.kind, row.days, row.times, row.name) for row in state.exceptions] == [
        ("Away", "Tue 24 Nov 2026 to Wed 25 Nov 2026", "All day", "Fair"),
        ("Extra hours", "Sat 28 Nov 2026", "10:00 to 12:00", ""),
    ]
    for form in (
        {"kind": "away", "first": ""},
        {"kind": "party", "first": "2026-11-24"},
        {"kind": "away", "first": "2026-11-24", "starts": "10:00"},
        {"kind": "away", "first": "2026-11-24", "starts": "x", "ends": "y"},
        {"kind": "extra", "first": "2026-11-24"},
    ):
        tab.run(state.add_exception, form)
        assert state.wrong
    tab.run(state.remove_exception, state.exceptions[0].id)
    assert [row.kind for row in state.exceptions] == ["Extra hours"]


def test_a_platform_admin_sees_everybodys_calendar_and_an_agent_his_own(desk: Desk) -> None:
    book(desk, at(15))
    state = Staff(desk.boss).visit()
    assert (state.agent_name, [each.label for each in state.agents]) == (
        "Elin Sorensen", ["Elin Sorensen", "Omar Haddad", "Pat Boss"],
    )  # fmt: skip
    assert len(state.days[0].bookings) == 1
    state = Staff(desk.omar).visit(f"{WEEK}&agent={desk.elin.user_id}")
    assert state.problem == "This is a colleague's calendar."
    assert (state.days, [each.label for each in state.agents]) == ([], [])
    own = Staff(desk.omar).visit()
    assert (own.is_saved, [each.label for each in own.agents]) == (False, ["Omar Haddad"])


def test_nobody_else_reaches_the_calendar(desk: Desk) -> None:
    state = Staff(desk.ours).visit()
    assert (state.problem, state.days, state.agents) == ("This is not available.", [], [])
    # A handler without a permission, such as Reflex's own setvar, never runs.
    asked = {permission_of(handler.fn) for handler in CalendarState.event_handlers.values()}
    assert asked - {None} == {Permission.AGENT}


@pytest.mark.parametrize("text", ["", "9-12", "09:00-12:00, 13:00 – 17:30", "0:00-24:00"])
def test_hours_read_as_they_are_written(text: str) -> None:
    found = rows.parsed_hours(text, 2)
    assert rows.parsed_hours(rows.hours_text(found, 2), 2) == found
    assert all(each.weekday == 2 for each in found)


def test_a_day_is_open_over_midnight_in_both_days() -> None:
    day = at(0).date()
    span = (at(20), at(2, days=1))
    zone = rows.ZoneInfo("UTC")
    assert rows._within(day, span, zone) == (1200, 1440)
    assert rows._within(day + timedelta(days=1), span, zone) == (0, 120)
    assert rows._within(day + timedelta(days=2), span, zone)[1] == 0
    assert rows.parsed_hours("10:00-11:00", 0) == (Hours(0, 600, 660),)
    with pytest.raises(Invalid):
        rows.parsed_clock("25h")


def test_hours_that_nobody_saved_are_proposed_by_the_browsers_clock(desk: Desk) -> None:
    tab = Staff(desk.omar)
    own = tab.visit("?tab=hours")
    assert "timeZone" in tab.scripts
    tab.run(own.propose_zone, "Mars/Olympus")
    assert own.zone == "UTC"
    tab.run(own.propose_zone, "Asia/Tokyo")
    assert own.zone == "Asia/Tokyo"
    elins = Staff(desk.elin)
    hers = elins.visit("?tab=hours")
    assert elins.told == [], "hers are saved"
    elins.run(hers.propose_zone, "Asia/Tokyo")
    assert hers.zone == STOCKHOLM
