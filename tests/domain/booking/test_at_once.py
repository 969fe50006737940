"""Many people at one slot, at the same moment: one has it, on either database."""

from __future__ import annotations

import contextvars
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict
from rcx_app.domain.booking import service, slots
from rcx_app.domain.booking.schemas import Kind
from rcx_app.models import BookingQuarter
from tests.conftest import make_workspace
from tests.domain.booking.desk import NOW, Desk, at, book, bookings, held, wanted

PEOPLE = 50
_WORKERS = 15  # as many connections as the pool gives


def together(deeds: list[Callable[[], object]]) -> Counter[str]:
    """Do all of it as nearly at once as threads can; how each went."""
    barrier = threading.Barrier(min(_WORKERS, len(deeds)), timeout=60)

    def one(number: int, deed: Callable[[], object]) -> str:
        if number < barrier.parties:
            barrier.wait()
        try:
            with clock.frozen(NOW):
                deed()
        except Conflict as error:
            return error.message
        return "done"

    with ThreadPoolExecutor(_WORKERS) as pool:
        running = [pool.submit(contextvars.copy_context().run, one, number, deed) for number, deed in enumerate(deeds)]
        return Counter(each.result(timeout=120) for each in running)


def test_fifty_people_and_one_slot(both: Desk) -> None:
    people = [make_workspace(f"{uuid.uuid4().hex[:8]} MSP") for _ in range(PEOPLE)]
    # Half of them want a session of 45 minutes, half a meeting of 30 that begins in the middle of it.
    went = together(
        [
            lambda by=by, number=number: book(  # type: ignore[misc]
                both, at(15) if number % 2 else at(15, 30), Kind.ONBOARDING if number % 2 else Kind.MEETING, by=by
            )
            for number, by in enumerate(people)
        ]
    )
    assert went == {"done": 1, "Somebody else has just taken that time.": PEOPLE - 1}
    (row,) = bookings()
    assert held(both) == list(slots.held(row.starts_at, row.ends_at, 0, 15))


def test_a_click_sent_ten_times_books_once(both: Desk) -> None:
    asked = wanted(both, at(15), request_key="the-same-click")

    def click() -> None:
        with transaction(both.ours) as session:
            service.book(session, both.ours, asked)

    assert together([click] * 10) == {"done": 10}
    assert len(bookings()) == 1


def test_a_workspace_that_books_from_many_browsers_at_once_keeps_its_limit(both: Desk) -> None:
    times = [at(hour, days=day) for day in range(3) for hour in (14, 16)]
    went = together([lambda start=start: book(both, start, Kind.MEETING) for start in times])  # type: ignore[misc]
    assert went == {"done": 3, "Your workspace has 3 meetings to come already.": 3}


def test_two_who_swap_their_times_at_once_end_without_an_overlap(both: Desk) -> None:
    first, second = book(both, at(14)), book(both, at(16), by=both.world.theirs)

    def move(view: object, by: object, to: object) -> None:
        with transaction(by) as session:  # type: ignore[arg-type]
            service.move(session, by, view.booking_id, to, "UTC", seen=0)  # type: ignore[arg-type, attr-defined]

    went = together([lambda: move(first, both.ours, at(16)), lambda: move(second, both.world.theirs, at(14))])
    assert went == {"Somebody else has just taken that time.": 2}
    assert [row.starts_at for row in bookings()] == [at(14), at(16)]
    assert len(held(both)) == 8


def test_the_database_itself_refuses_a_quarter_that_is_held(both: Desk) -> None:
    view = book(both, at(15))
    other = book(both, at(17), by=both.world.theirs)
    with pytest.raises(IntegrityError), transaction(None) as session:
        session.add(
            BookingQuarter(agent_id=view.agent_id, quarter=slots.quarter(at(15, 30)), booking_id=other.booking_id)
        )
