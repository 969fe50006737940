"""The booking pages as a visitor drives them: zones, weeks, booking, moving, cancelling, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from reflex.istate.data import RouterData

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.booking.schemas import Kind
from rcx_app.domain.booking.slots import Hours
from rcx_app.domain.identity import attempts
from rcx_app.ui.caller import forget_caller
from rcx_app.ui.pages.booking.state import BookingState
from rcx_app.ui.pages.onboarding.way import WayState
from tests.conftest import World
from tests.domain.booking.desk import NOW, RULES, Desk, at, book, bookings, make_desk, save
from tests.ui.pages.billing.desk import Desk as Tab

ONBOARDING, MEETINGS = "/onboarding/booking", "/support/meetings"


@pytest.fixture
def desk(sqlite_world: World) -> Iterator[Desk]:
    attempts.forget_all()
    with clock.frozen(NOW):
        yield make_desk(sqlite_world)
    forget_caller()


class Visitor(Tab):
    """A visitor's tab. Where the browser is sent is told by `sent`."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, BookingState)

    def visit(self, path: str = ONBOARDING, query: str = "?zone=America/Chicago") -> Any:
        self.go(path, query)
        self.run(self.state.load_onboarding if path == ONBOARDING else self.state.load_meetings)
        return self.state

    def go(self, path: str, query: str) -> None:
        headers = {"origin": "http://localhost:3000"}
        self.root.router = RouterData.from_router_data(
            {"pathname": path, "asPath": f"{path}{query}", "headers": headers}
        )

    @property
    def sent(self) -> str:
        return " ".join(str(each.args) for told in self.told for each in (told if isinstance(told, list) else [told]))


def free(state: Any) -> dict[str, int]:
    return {day.title: day.free for day in state.days}


def test_the_week_is_shown_in_the_zone_of_the_address(desk: Desk) -> None:
    state = Visitor(desk.ours).visit()
    assert (state.zone, state.zone_words, state.week) == ("America/Chicago", "UTC−6", "23 to 27 Nov 2026")
    assert free(state) == {"Mon 23 Nov": 7, "Tue 24 Nov": 7, "Wed 25 Nov": 7, "Thu 26 Nov": 7, "Fri 27 Nov": 7}
    assert [row.label for row in state.times][:2] == ["08:00", "08:30"]
    assert state.times[0].cells[0].label == "08:00, Mon 23 Nov"
    assert (state.earlier, "week=2026-11-30" in state.later, state.agent_words) == ("", True, "Elin Sorensen")


def test_the_browser_is_asked_for_its_zone_and_not_believed_blindly(desk: Desk) -> None:
    tab = Visitor(desk.ours)
    state = tab.visit(query="")
    assert not state.is_loaded
    assert "timeZone" in tab.sent
    tab.run(state.found_zone, "Asia/Kathmandu")
    assert (state.zone, state.zone_words, state.times[0].label, state.zone_note) == (
        "Asia/Kathmandu", "UTC+5:45", "19:45", "",
    )  # fmt: skip
    tab.run(state.found_zone, "../../etc/passwd")
    assert state.zone == "UTC"
    assert "could not tell your time zone" in state.zone_note


def test_another_zone_is_chosen_and_an_unknown_one_refused_kindly(desk: Desk) -> None:
    tab = Visitor(desk.ours)
    state = tab.visit()
    tab.run(state.choose_zone, "Europe/Berlin")
    assert "zone=Europe%2FBerlin" in tab.sent
    tab.run(state.choose_zone, "Mars/Olympus")
    assert state.zone_note == "That time zone is not known. Choose the city nearest to you."
    state = Visitor(desk.ours).visit(query="?zone=Mars/Olympus")
    assert (state.zone, state.is_loaded, state.problem) == ("UTC", True, "")
    assert "not known" in state.zone_note


def test_an_hour_that_occurs_twice_has_two_rows_and_names_its_offsets(desk: Desk) -> None:
    save(desk.elin, replace(RULES, hours=(Hours(6, 0, 1440),), ahead_days=2))
    with clock.frozen(datetime(2026, 10, 31, 0, tzinfo=UTC)):
        save(desk.elin, replace(RULES, hours=tuple(Hours(day, 0, 1440) for day in range(7)), notice_min=0))
        state = Visitor(desk.ours).visit(query="?zone=America/Chicago&week=2026-10-26")
    texts = [cell.text for cell in state.days[-1].cells if cell.text.startswith("01:")]
    assert texts == ["01:00 UTC−5", "01:30 UTC−5", "01:00 UTC−6", "01:30 UTC−6"]
    labels = [row.label for row in state.times if row.label.startswith("01:")]
    assert labels == ["01:00", "01:00 UTC−6", "01:30", "01:30 UTC−6"]


def test_a_visitor_books_and_sees_it_confirmed(desk: Desk) -> None:
    tab = Visitor(desk.ours)
    state = tab.visit()
    tab.run(state.choose, at(15).isoformat())
    choice = state.choice
    assert (choice.words, choice.short) == ("Mon 23 Nov 2026, 09:00 to 09:45", "Mon 23 Nov, 09:00")
    assert choice.theirs == "16:00 for Elin, in Stockholm."
    tab.run(state.book, {"topic": "Backup"})
    (row,) = bookings()
    assert f"booked={row.id}" in tab.sent
    state = Visitor(desk.ours).visit(query=f"?zone=America/Chicago&booked={row.id}")
    (shown,) = state.coming
    assert (shown.words, shown.agent, shown.topic, shown.may_change) == (
        "Mon 23 Nov 2026, 09:00 to 09:45", "Elin Sorensen", "Backup", True,
    )  # fmt: skip
    assert (state.just_booked, state.is_full) == (row.id, True)
    assert shown.file == f"/calendar-files/{row.id}.ics"
    assert "20261123T150000Z%2F20261123T154500Z" in shown.google
    assert "startdt=2026-11-23T15%3A00%3A00Z" in shown.outlook


def test_the_second_of_two_clicks_says_nothing_and_books_nothing(desk: Desk) -> None:
    tab = Visitor(desk.ours)
    state = tab.visit(MEETINGS)
    tab.run(state.choose, at(15).isoformat())
    tab.run(state.book, {})
    tab.run(state.book, {})
    assert (state.wrong, len(bookings())) == ("", 1)


def test_who_comes_second_is_told_why_and_sees_what_is_still_free(desk: Desk) -> None:
    tab = Visitor(desk.ours)
    state = tab.visit()
    tab.run(state.choose, at(15).isoformat())
    book(desk, at(15), by=desk.world.theirs)
    tab.run(state.book, {})
    assert state.wrong.startswith("Somebody else has just taken that time.")
    assert (state.has_choice, free(state)["Mon 23 Nov"]) == (False, 4)


def test_a_time_that_was_not_offered_can_not_be_chosen(desk: Desk) -> None:
    tab = Visitor(desk.ours)
    state = tab.visit()
    for text in ("2020-01-01T00:00:00+00:00", "nonsense", ""):
        tab.run(state.choose, text)
        assert not state.has_choice
    tab.run(state.book, {})
    assert (state.wrong, bookings()) == ("Choose a time first.", [])


def test_a_booking_is_moved_by_its_address(desk: Desk) -> None:
    view = book(desk, at(15))
    tab = Visitor(desk.ours)
    state = tab.visit(query=f"?zone=America/Chicago&move={view.booking_id}")
    assert state.moving.words == "Mon 23 Nov 2026, 09:00 to 09:45"
    tab.run(state.choose, at(15, 30).isoformat())
    tab.run(state.move)
    assert f"moved={view.booking_id}" in tab.sent
    assert [row.starts_at for row in bookings()] == [at(15, 30)]


def test_a_foreign_booking_in_the_address_is_not_there(desk: Desk) -> None:
    view = book(desk, at(15), by=desk.world.theirs)
    state = Visitor(desk.ours).visit(query=f"?zone=UTC&move={view.booking_id}")
    assert (state.problem, state.moving) == ("This booking was not found.", None)
    for query in ("?move=x", "?move=-1", "?week=2026-99-99", "?week=0001-01-01", "?week=9999-12-31"):
        state = Visitor(desk.ours).visit(query=query + "&zone=UTC")
        assert (state.problem, state.is_loaded) == ("", True)


def test_cancelling_asks_first_and_keeps_the_reason(desk: Desk) -> None:
    view = book(desk, at(15))
    tab = Visitor(desk.ours)
    state = tab.visit()
    tab.run(state.ask_cancel, view.booking_id)
    assert state.cancelling.id == view.booking_id
    tab.run(state.keep)
    assert (state.cancelling, bookings()[0].state) == (None, "booked")
    tab.run(state.ask_cancel, view.booking_id)
    tab.run(state.cancel, {"reason": "x" * 501})
    assert "longer than 500" in state.wrong
    tab.run(state.cancel, {"reason": "Ill"})
    assert bookings()[0].state == "cancelled"
    state = tab.visit()
    assert [(row.state, row.reason) for row in state.past] == [("Cancelled", "Ill")]


def test_an_empty_week_leads_to_the_next_free_one_and_no_agents_to_support(desk: Desk) -> None:
    state = Visitor(desk.ours).visit(query="?zone=UTC&week=2026-11-16")
    assert (state.times, state.next_words) == ([], "Mon 23 Nov 2026")
    assert "week=2026-11-23" in state.next_week
    save(desk.elin, replace(RULES, is_offered=False))
    state = Visitor(desk.ours).visit(query="?zone=UTC")
    assert (state.times, state.next_week, state.agents) == ([], "", [])


def test_meetings_and_sessions_are_two_pages(desk: Desk) -> None:
    book(desk, at(15))
    book(desk, at(17), Kind.MEETING)
    assert [row.title for row in Visitor(desk.ours).visit(MEETINGS).coming] == [
        "RCX support meeting with Elin Sorensen"
    ]
    assert len(Visitor(desk.ours).visit().coming) == 1


def test_the_way_in_tells_the_session_by_the_clock_it_was_booked_by(desk: Desk) -> None:
    book(desk, at(16), zone="America/Chicago")
    tab = Tab(desk.ours, WayState)
    tab.run(tab.state.load)
    assert tab.state.booked == "Mon 23 Nov 2026, 10:00 (Chicago, UTC−6)"
    (step,) = (each for each in tab.state.steps if each.key == "booking")
    assert step.detail == tab.state.booked
