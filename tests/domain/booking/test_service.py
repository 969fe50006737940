"""Booking, moving and cancelling by the people of a workspace, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select
from structlog.testing import capture_logs

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted, RcxError, TooMany
from rcx_app.core.permissions import Role, Stage
from rcx_app.domain.booking import calendars, offering, service
from rcx_app.domain.booking.schemas import BookingView, Kind, Offer, State
from rcx_app.domain.booking.slots import Exceptional, Hours
from rcx_app.models import AuditEvent, Workspace
from tests.domain.booking.desk import CHICAGO, MONDAY, NOW, RULES, Desk, at, book, bookings, held, member, save, wanted


def offered(desk: Desk, day: date | None = MONDAY, *, by: Context | None = None, kind: Kind = Kind.ONBOARDING,
            zone: str = CHICAGO, moving: int | None = None) -> Offer:  # fmt: skip
    context = by or desk.ours
    with clock.frozen(NOW), transaction(context, read_only=True) as session:
        return offering.offer(session, context, kind, zone, day, moving=moving)


def move(desk: Desk, view: BookingView, to: datetime, *, by: Context | None = None, now: datetime = NOW) -> BookingView:
    context = by or desk.ours
    with clock.frozen(now), transaction(context) as session:
        return service.move(session, context, view.booking_id, to, CHICAGO, seen=view.sequence)


def cancel(desk: Desk, view: BookingView, *, by: Context | None = None, now: datetime = NOW) -> BookingView:
    context = by or desk.ours
    with clock.frozen(now), transaction(context) as session:
        return service.cancel(session, context, view.booking_id, reason="Ill")


def test_free_times_of_a_week_come_with_the_agent_and_in_order(desk: Desk) -> None:
    found = offered(desk)
    assert [slot.starts_at for slot in found.slots if slot.starts_at < at(23)] == [
        at(14), at(14, 30), at(15), at(15, 30), at(16), at(16, 30), at(17),
    ]  # fmt: skip
    assert {(slot.agent_name, slot.agent_zone) for slot in found.slots} == {("Elin Sorensen", "Europe/Stockholm")}
    assert all(slot.ends_at - slot.starts_at == timedelta(minutes=45) for slot in found.slots)
    assert (found.next_free, found.monday) == (at(14), MONDAY)
    assert [agent.name for agent in found.agents] == ["Elin Sorensen"]


def test_without_a_day_the_first_week_with_free_times_is_shown(desk: Desk) -> None:
    assert offered(desk, None).monday == MONDAY
    with transaction(None) as session, clock.frozen(NOW):
        calendars.add_exception(session, desk.elin, Exceptional.AWAY, MONDAY, MONDAY + timedelta(days=6))
    assert offered(desk, None).monday == MONDAY + timedelta(days=7)
    assert offered(desk).slots == ()


def test_any_day_of_an_address_is_answered(desk: Desk) -> None:
    for day in (date.min, date.max, date(1, 1, 2)):
        assert offered(desk, day).slots == ()


def test_what_is_booked_is_free_no_more_and_neither_is_the_time_around_it(both: Desk) -> None:
    view = book(both, at(15))
    assert (view.state, view.agent_name, view.meeting_link) == (State.BOOKED, "Elin Sorensen", RULES.meeting_link)
    assert [slot.starts_at for slot in offered(both, by=both.world.theirs).slots if slot.starts_at < at(23)] == [
        at(14), at(16), at(16, 30), at(17),
    ]  # fmt: skip
    assert len(held(both)) == 4  # three quarters and one after


def test_the_stage_moves_on_with_the_session_and_only_after_the_questionnaire(both: Desk) -> None:
    def stage(value: Stage) -> Context:
        with transaction(None) as session:
            session.get_one(Workspace, both.ours.workspace_id).stage = value.value
        return replace(both.ours, stage=value)

    early = stage(Stage.QUESTIONNAIRE)
    with pytest.raises(Conflict, match="after the questionnaire"):
        book(both, at(15), by=early)
    book(both, at(15), by=stage(Stage.BOOKING))
    with transaction(None, read_only=True) as session:
        assert session.get_one(Workspace, both.ours.workspace_id).stage == Stage.SETUP.value


def test_cancelling_takes_no_stage_back_and_frees_the_time(both: Desk) -> None:
    view = book(both, at(15))
    done = cancel(both, view)
    assert (done.state, done.cancelled_by, done.reason, done.sequence) == (State.CANCELLED, "visitor", "Ill", 1)
    assert held(both) == []
    assert at(15) in {slot.starts_at for slot in offered(both).slots}
    assert cancel(both, view) == done  # once more changes nothing
    with transaction(None, read_only=True) as session:
        assert session.get_one(Workspace, both.ours.workspace_id).stage == Stage.ACTIVE.value
    book(both, at(15))


def test_a_booking_moves_to_another_agents_time_where_its_own_is_not_there(desk: Desk) -> None:
    save(desk.omar, replace(RULES, hours=tuple(Hours(day, 9 * 60, 11 * 60) for day in range(5)), meeting_link=""))
    view = book(desk, at(15))
    slots = {slot.starts_at: slot for slot in offered(desk, moving=view.booking_id).slots}
    assert slots[at(14)].agent_name == "Elin Sorensen", "its own agent first"
    early = slots[at(8)]
    assert early.agent_id == desk.omar.user_id
    with clock.frozen(NOW), transaction(desk.ours) as session:
        made = service.move(
            session, desk.ours, view.booking_id, at(8), CHICAGO, seen=view.sequence, agent_id=early.agent_id
        )
    assert (made.agent_name, made.starts_at, made.ends_at - made.starts_at) == (
        "Omar Haddad", at(8), view.ends_at - view.starts_at
    )  # fmt: skip
    assert [(row.state, row.agent_id) for row in bookings()] == [
        ("cancelled", desk.elin.user_id), ("booked", desk.omar.user_id)
    ]  # fmt: skip
    assert held(desk) == [], "the first agent's time is free again"
    with pytest.raises(Conflict), clock.frozen(NOW), transaction(desk.ours) as session:
        service.move(
            session, desk.ours, made.booking_id, at(3), CHICAGO, seen=made.sequence, agent_id=desk.elin.user_id
        )
    assert bookings()[1].state == "booked", "what was refused changed nothing"


def test_moving_holds_the_new_time_and_frees_the_old_one_also_where_they_overlap(both: Desk) -> None:
    view = book(both, at(15))
    assert at(15, 30) in {slot.starts_at for slot in offered(both, moving=view.booking_id).slots}
    moved = move(both, view, at(15, 30))
    assert (moved.starts_at, moved.sequence, moved.uid) == (at(15, 30), 1, view.uid)
    assert move(both, view, at(15, 30)) == moved  # the same again changes nothing
    assert len(held(both)) == 4
    with pytest.raises(Conflict, match="changed meanwhile"):
        move(both, view, at(16))


def test_the_same_request_again_is_the_same_booking(both: Desk) -> None:
    first = book(both, at(15), request_key="one-click-of-two")
    assert book(both, at(15), request_key="one-click-of-two") == first
    assert len(bookings()) == 1


@pytest.mark.parametrize(
    ("starts_at", "words"),
    [
        (NOW - timedelta(days=1), "has passed"),
        (NOW + timedelta(hours=5, minutes=23), "too soon"),  # 14:30 today, within the notice
        (at(13, 30), "not offered"),  # before the hours
        (at(17, 30), "not offered"),  # would last beyond them
        (at(15, 15), "not offered"),  # between the steps
        (at(15) + timedelta(seconds=1), "not offered"),
        (at(15, days=5), "not offered"),  # a Saturday
        (at(15, days=70), "not offered"),  # farther ahead than this agent wants
        (datetime(9999, 12, 31, tzinfo=UTC), "too far ahead"),
    ],
)
def test_times_that_are_not_offered_are_refused_in_words(desk: Desk, starts_at: datetime, words: str) -> None:
    with pytest.raises(Conflict, match=words) as refused:
        book(desk, starts_at)
    assert refused.value.remedy
    assert (bookings(), held(desk)) == ([], [])


def test_a_time_that_somebody_took_is_refused_in_words(desk: Desk) -> None:
    book(desk, at(15))
    with pytest.raises(Conflict, match="just taken"):
        book(desk, at(15, 30), Kind.MEETING, by=desk.world.theirs)


def test_what_can_not_be_understood_is_refused(desk: Desk) -> None:
    for zone in ("Mars/Olympus", "../../etc/passwd", "", "america/chicago", "x" * 500, "Europe/Berlin\x00"):
        with pytest.raises(Invalid, match="time zone is not known"):
            book(desk, at(15), zone=zone)
    for key in ("", "short", "x" * 65, "with spaces in it", "<script>alert(1)</script>"):
        with pytest.raises(Invalid, match="not understood"):
            book(desk, at(15), request_key=key)
    with pytest.raises(Invalid, match="longer than 500"):
        book(desk, at(15), topic="x" * 501)
    with pytest.raises(Conflict, match="not offered"):
        book(desk, at(15), agent_id=desk.ours.user_id)
    with pytest.raises(Conflict, match="not offered"):
        book(desk, at(15), agent_id=desk.omar.user_id)  # has no hours
    assert bookings() == []


def test_a_workspace_has_one_session_and_three_meetings_to_come(both: Desk) -> None:
    book(both, at(15))
    with pytest.raises(Conflict, match="booked already"):
        book(both, at(15, days=1))
    for day in range(3):
        book(both, at(16, days=day), Kind.MEETING)
    with pytest.raises(Conflict, match="3 meetings"):
        book(both, at(16, days=3), Kind.MEETING)
    book(both, at(16, days=3), Kind.MEETING, by=both.world.theirs)


def test_one_person_books_and_cancels_only_so_often_in_an_hour(desk: Desk) -> None:
    for _ in range(10):
        cancel(desk, book(desk, at(15)))
    with pytest.raises(TooMany) as refused:
        book(desk, at(15))
    assert refused.value.remedy
    book(desk, at(15), by=desk.world.theirs)


def test_bookings_of_another_workspace_are_not_there(both: Desk) -> None:
    view = book(both, at(15))
    theirs = both.world.theirs
    tries = (
        lambda: move(both, view, at(16), by=theirs),
        lambda: cancel(both, view, by=theirs),
        lambda: offered(both, moving=view.booking_id, by=theirs),
    )
    for each in tries:
        with pytest.raises(NotFound):
            each()
    with transaction(theirs, read_only=True) as session:
        assert service.coming(session, theirs, Kind.ONBOARDING) == ()
        for read in (service.one, service.download):
            with pytest.raises(NotFound):
                read(session, theirs, view.booking_id)


def test_a_colleagues_meeting_is_his_and_the_admins_to_change_and_the_session_everybodys(both: Desk) -> None:
    dana, sam = member(both.ours, "Dana"), member(both.ours, "Sam")
    meeting, session_view = book(both, at(15), Kind.MEETING, by=dana), book(both, at(16), by=dana)
    with transaction(sam, read_only=True) as session, clock.frozen(NOW):
        (seen,) = service.coming(session, sam, Kind.MEETING)
    assert (seen.user_name, seen.may_change, seen.why_not) == ("Dana", False, "A colleague booked this meeting.")
    with pytest.raises(NotPermitted, match="colleague"):
        cancel(both, meeting, by=sam)
    assert cancel(both, meeting).state is State.CANCELLED  # by the owner
    assert cancel(both, session_view, by=sam).state is State.CANCELLED


def test_two_hours_before_it_begins_the_visitor_can_change_no_more(desk: Desk) -> None:
    view = book(desk, at(15))
    late = at(13, 1)
    with pytest.raises(Conflict, match="less than 2 hours"):
        cancel(desk, view, now=late)
    with pytest.raises(Conflict, match="less than 2 hours"):
        move(desk, view, at(15, days=1), now=late)
    with pytest.raises(Conflict, match="has begun"):
        cancel(desk, view, now=at(15, 5))
    assert move(desk, view, at(15, days=2), now=at(13)).starts_at == at(15, days=2)


@pytest.mark.parametrize(("role", "kind"), [(Role.VIEWER, Kind.ONBOARDING)])
def test_a_viewer_books_no_session(desk: Desk, role: Role, kind: Kind) -> None:
    viewer = member(desk.ours, "Vera", role)
    with pytest.raises(NotPermitted):
        book(desk, at(15), kind, by=viewer)
    assert book(desk, at(15), Kind.MEETING, by=viewer).user_name == "Vera"


def test_nobody_is_booked_who_is_no_agent_any_more_or_pauses(desk: Desk) -> None:
    save(desk.elin, replace(RULES, is_offered=False))
    assert offered(desk).agents == ()
    with pytest.raises(Conflict, match="not offered"):
        book(desk, at(15))


def test_of_two_agents_the_one_with_less_to_do_is_offered(both: Desk) -> None:
    save(both.omar, replace(RULES, time_zone="UTC", hours=(Hours(0, 14 * 60, 18 * 60),)))
    assert offered(both).slots[0].agent_name == "Elin Sorensen"
    book(both, at(16))
    shown = {slot.starts_at: slot.agent_name for slot in offered(both, by=both.world.theirs).slots}
    assert (shown[at(14)], shown[at(14, days=1)]) == ("Omar Haddad", "Elin Sorensen")


def test_everything_is_in_the_audit_trail(both: Desk) -> None:
    view = book(both, at(15))
    cancel(both, move(both, view, at(16)))
    with transaction(both.ours, read_only=True) as session:
        query = select(AuditEvent).where(AuditEvent.workspace_id == both.ours.workspace_id).order_by(AuditEvent.id)
        rows = [row for row in session.scalars(query) if row.tag.startswith("booking:")]
    assert [row.tag for row in rows] == ["booking:booked", "booking:moved", "booking:cancelled"]
    assert {row.user_id for row in rows} == {both.ours.user_id}


def test_text_of_people_is_one_line_without_control_characters(desk: Desk) -> None:
    view = book(desk, at(15), topic="Invoices\r\nBcc: all@msp.example\x07 <b>now</b>")
    assert view.topic == "Invoices Bcc: all@msp.example <b>now</b>"


def test_what_is_refused_is_in_the_log_without_what_was_typed(desk: Desk) -> None:
    with capture_logs() as logged:
        for starts_at, zone in ((NOW - timedelta(days=1), CHICAGO), (at(15), "Mars/Olympus")):
            with pytest.raises(RcxError):
                book(desk, starts_at, zone=zone, topic="a secret plan")
    found = [(each["event"], each["deed"], each["code"], each["user_id"]) for each in logged]
    assert found == [
        ("booking_refused", "book", "conflict", desk.ours.user_id),
        ("booking_refused", "book", "invalid", desk.ours.user_id),
    ]
    assert "secret plan" not in str(logged)


def test_a_refusal_leaves_nothing_behind(desk: Desk) -> None:
    with pytest.raises(RcxError):
        book(desk, at(13))
    context = desk.ours
    with clock.frozen(NOW), transaction(context, read_only=True) as session:
        assert service.past(session, context, Kind.ONBOARDING) == ()
    assert wanted(desk, at(15)).zone == CHICAGO
