"""Whatever is done to a ticket in whatever order, it stays in the table of its states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rcx_app.core import clock
from rcx_app.core.errors import Conflict
from rcx_app.domain.support import thread
from rcx_app.domain.support.states import ENDED, LIMITS, LIVE, TABLE, WAITS_FOR_US, WORDS, Deed, Status, allows
from rcx_app.models import SupportTicket

BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)
STEPS = some.lists(some.tuples(some.sampled_from(Deed), some.integers(0, 40)), max_size=30)


def ticket() -> SupportTicket:
    return SupportTicket(
        workspace_id=1, number=1, subject="s", category="other", priority="low", asker_id=1, once_key="k",
        queued_at=BEGIN, changed_at=BEGIN,
    )  # fmt: skip


@given(STEPS)
def test_any_sequence_of_deeds_leaves_a_ticket_that_makes_sense(steps: list[tuple[Deed, int]]) -> None:
    row, at = ticket(), BEGIN
    for deed, days in steps:
        at += timedelta(days=days)
        was = (row.status, row.version, row.queued_at, row.ended_at, row.status_before)
        with clock.frozen(at):
            may = allows(Status(row.status), deed, row.ended_at, at)
            try:
                thread.move(row, deed)
            except Conflict:
                assert not may
                # What is refused changes nothing.
                assert was == (row.status, row.version, row.queued_at, row.ended_at, row.status_before)
                continue
        assert may
        status = Status(row.status)
        assert row.version == was[1] + 1
        assert (row.ended_at is None) == (status in LIVE)
        assert (row.status_before != "") == (status is Status.WITHDRAWN) or status is Status.CLOSED
        assert BEGIN <= row.queued_at <= at
        if deed in (Deed.WITHDRAW, Deed.REINSTATE, Deed.SOLVE, Deed.CLOSE, Deed.EXPIRE):
            assert row.queued_at == was[2]


@given(STEPS)
def test_reinstating_gives_back_exactly_what_was_withdrawn(steps: list[tuple[Deed, int]]) -> None:
    row, at = ticket(), BEGIN
    for deed, days in steps:
        at += timedelta(days=days)
        with clock.frozen(at):
            if not allows(Status(row.status), deed, row.ended_at, at):
                continue
            thread.move(row, deed)
            if allows(Status(row.status), Deed.WITHDRAW, row.ended_at, at):
                before = (row.status, row.queued_at, row.ended_at)
                thread.move(row, Deed.WITHDRAW)
                thread.move(row, Deed.REINSTATE)
                assert (row.status, row.queued_at, row.ended_at) == before


@pytest.mark.parametrize("status", [Status.SOLVED, Status.WITHDRAWN])
def test_people_may_come_back_until_the_limit_and_not_after(status: Status) -> None:
    ended = BEGIN
    back = [deed for deed in (Deed.REPLY, Deed.REOPEN, Deed.REINSTATE) if deed in TABLE[status]]
    assert back
    for deed in back:
        assert allows(status, deed, ended, ended + LIMITS[status])
        assert not allows(status, deed, ended, ended + LIMITS[status] + timedelta(seconds=1))
    assert not allows(status, Deed.EXPIRE, ended, ended + LIMITS[status])
    assert allows(status, Deed.EXPIRE, ended, ended + LIMITS[status] + timedelta(seconds=1))


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(WORDS) == set(Status)
    assert TABLE[Status.CLOSED] == {}
    assert set(LIVE) | set(ENDED) == set(Status)
    assert set(WAITS_FOR_US) < set(LIVE)
    # Whatever is under way can be answered, solved, withdrawn and closed.
    for status in LIVE:
        assert {Deed.REPLY, Deed.ANSWER, Deed.SOLVE, Deed.WITHDRAW, Deed.CLOSE} == set(TABLE[status])
