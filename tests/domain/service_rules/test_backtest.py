"""Months of kept history behind a draft: what was there then, what was billed then, and how far that reaches."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.service_rules.backtest import back_test
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.models import Line, LineHistory, Seat
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat

SPEC = RuleSpec.model_validate({"name": "Managed", "products": ["MW"], "integration": "RMM"})


def at(month: int, day: int = 10) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def estate(world: World, *, history: bool) -> None:
    """Five seats: three since August, one since October, one gone in September. 4 are billed, until October 3."""
    with frozen(NOON):
        seats = [seat("A1", f"s{each}", kind="device") for each in range(5)]
        lines = [line("C1", "L1", "MW", 4, unit_price=Decimal(10))]
        build(world.ours, lines=lines, seats={"RMM": seats}, mapping={("RMM", "A1"): "C1"}, rules=[])
        with transaction(world.ours) as session:
            for each in session.scalars(select(Seat).where(Seat.workspace_id == world.ours.workspace_id)).all():
                each.first_seen_at = at(10) if each.external_id == "s3" else at(8)
                if each.external_id == "s4":
                    each.removed_at = at(9)
            for old in session.scalars(select(LineHistory)).all():
                session.delete(old)
            session.flush()
            if history:
                held = session.scalars(select(Line).where(Line.workspace_id == world.ours.workspace_id)).one()
                for month, quantity in ((9, 3), (10, 4)):
                    said = LineHistory(
                        workspace_id=world.ours.workspace_id,
                        line_id=held.id,
                        valid_from=at(month),
                        quantity=Decimal(quantity),
                        included_quantity=Decimal(0),
                        unit_price=Decimal(10),
                    )
                    session.add(said)


def test_each_month_is_told_by_what_was_there_and_what_was_billed_then(world: World) -> None:
    estate(world, history=True)
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        told = back_test(session, world.ours, SPEC)
    months = [
        (each.day.month, int(each.expected), int(each.billed), each.differing, each.guessed) for each in told.months
    ]
    # August: 4 seats there, and the line's first word (3) stands in. September: one seat gone. October: one came.
    assert months == [(8, 4, 3, 1, 1), (9, 3, 3, 0, 0), (10, 4, 4, 0, 0), (11, 4, 4, 0, 0)]
    assert [(each.currency, each.amount) for each in told.months[0].money] == [("USD", Decimal(10))]
    assert told.since == at(8).date()
    assert told.notes[0] == "The first usage was read on 10 Aug 2026, so 4 months can be tested, the last one so far."
    assert any("For one line the quantity of that time is not kept" in note for note in told.notes)


def test_without_history_of_a_line_todays_quantity_stands_in_and_is_said(world: World) -> None:
    estate(world, history=False)
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        told = back_test(session, world.ours, SPEC)
    assert [(int(each.billed), each.guessed) for each in told.months] == [(4, 1), (4, 1), (4, 1), (4, 0)]


def test_a_peak_counts_no_seat_before_it_came(world: World) -> None:
    estate(world, history=True)
    peak = SPEC.model_copy(update={"count": "peak"})
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        told = back_test(session, world.ours, peak)
    assert [int(each.expected) for each in told.months] == [4, 4, 4, 4]


def test_at_most_a_year_and_nothing_where_nothing_was_read(world: World) -> None:
    estate(world, history=True)
    with transaction(world.ours) as session:
        for each in session.scalars(select(Seat).where(Seat.workspace_id == world.ours.workspace_id)).all():
            each.first_seen_at = datetime(2020, 1, 1, tzinfo=UTC)
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        told = back_test(session, world.ours, SPEC)
        nothing = back_test(session, world.ours, SPEC.model_copy(update={"integration": "Elsewhere"}))
    assert (len(told.months), told.months[0].day.isoformat()) == (12, "2025-12-31")
    assert (nothing.months, nothing.since) == ((), None)
