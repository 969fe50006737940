"""The trust gate: what falls too far at once is held until a person confirms it, however often it is read again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from connectors.records import Account, Record, Seat
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound, NotPermitted
from rcx_app.core.money import MICROS
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.reconcile.arithmetic import fell_suspiciously
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.falls import service as falls
from rcx_app.domain.sync.falls.schemas import FallView
from rcx_app.models import AuditEvent, CountFall
from tests.conftest import World

ALDER, BIRCH = Account(external_id="A", name="Alder"), Account(external_id="B", name="Birch")


def _seats(account: str, number: int, sku: str = "E3", quantity: int | None = None) -> list[Seat]:
    return [
        Seat(
            external_id=f"{account}/{sku}/{each}",
            account_external_id=account,
            sku=sku,
            sku_name=f"Microsoft 365 {sku}",
            quantity=None if quantity is None else Decimal(quantity),
        )
        for each in range(number)
    ]


def _connection(context: Context, label: str = "Microsoft 365") -> int:
    with transaction(context) as session:
        return integrations.create(session, context, side="usage", label=label)


def _sync(context: Context, connection_id: int, *rows: Sequence[Record]) -> None:
    """A complete read of accounts and seats, put into force."""
    with transaction(context) as session:
        run = sync.begin(session, context, connection_id)
        sync.stage(session, context, run, "accounts", [ALDER, BIRCH])
        sync.stage(session, context, run, "seats", [each for part in rows for each in part])
        sync.switch(session, context, run, complete_streams=["accounts", "seats"])


def _held(context: Context) -> tuple[FallView, ...]:
    with transaction(context, read_only=True) as session:
        return falls.held(session, context)


def test_a_fall_is_held_through_further_syncs_and_let_go_when_the_seats_are_back(world: World) -> None:
    number = _connection(world.ours)
    _sync(world.ours, number, _seats("A", 12), _seats("B", 4))
    assert _held(world.ours) == (), "the first read has nothing to fall from"
    for left in (3, 3, 0, 2):
        _sync(world.ours, number, _seats("A", left), _seats("B", 4))
        (fall,) = _held(world.ours)
        assert (fall.before, fall.after, fall.account) == (12, left, "Alder")
        assert fall.sentence == f"Microsoft 365 E3 of Alder fell from 12 to {left} in Microsoft 365."
    _sync(world.ours, number, _seats("A", 11), _seats("B", 4))
    assert _held(world.ours) == ()
    _sync(world.ours, number, _seats("A", 1), _seats("B", 4))
    assert [fall.before for fall in _held(world.ours)] == [11], "a new fall is a new one"


def test_a_confirmed_fall_is_the_new_truth(world: World) -> None:
    number = _connection(world.ours)
    _sync(world.ours, number, _seats("A", 30))
    _sync(world.ours, number, _seats("A", 10))
    with transaction(world.ours) as session:
        assert falls.confirm(session, world.ours, [fall.id for fall in _held(world.ours)]) == 1
    assert _held(world.ours) == ()
    _sync(world.ours, number, _seats("A", 8))
    assert _held(world.ours) == (), "from 10 to 8 is no fall"
    with transaction(world.ours, read_only=True) as session:
        (row,) = session.exec(select(CountFall)).all()
        assert (row.state, row.decided_by) == ("confirmed", world.ours.user_id)
        events = session.exec(select(AuditEvent).where(AuditEvent.tag == "sync:fall:confirm")).all()
        assert [event.detail["to"] for event in events] == ["10"]


def test_each_sku_falls_by_itself_and_small_counts_may(world: World) -> None:
    number = _connection(world.ours)
    _sync(world.ours, number, _seats("A", 20, "E3"), _seats("A", 9, "F3"), _seats("B", 4, "E3"))
    _sync(world.ours, number, _seats("A", 20, "E3"), _seats("A", 4, "F3"))
    assert [(fall.sku_name, fall.after) for fall in _held(world.ours)] == [("Microsoft 365 F3", 4)]


def test_a_quantity_that_falls_is_a_fall(world: World) -> None:
    number = _connection(world.ours)
    _sync(world.ours, number, _seats("A", 1, "Keeper", quantity=40))
    _sync(world.ours, number, _seats("A", 1, "Keeper", quantity=3))
    assert [(fall.before, fall.after) for fall in _held(world.ours)] == [(40, 3)]


def test_nobody_confirms_what_is_not_his(world: World) -> None:
    number = _connection(world.ours)
    _sync(world.ours, number, _seats("A", 30))
    _sync(world.ours, number)
    (fall,) = _held(world.ours)
    assert _held(world.theirs) == ()
    with transaction(world.theirs) as session, pytest.raises(NotFound):
        falls.confirm(session, world.theirs, [fall.id])
    viewer = world.as_role(Role.VIEWER)
    with transaction(viewer) as session, pytest.raises(NotPermitted):
        falls.confirm(session, viewer, [fall.id])
    assert len(_held(viewer)) == 1
    with transaction(world.ours) as session:
        falls.confirm(session, world.ours, [fall.id])
    with transaction(world.ours) as session, pytest.raises(Conflict):
        falls.confirm(session, world.ours, [fall.id])


def test_held_counts_are_counted_for_their_own_workspace(world: World) -> None:
    number = _connection(world.ours)
    _sync(world.ours, number, _seats("A", 12), _seats("B", 30))
    _sync(world.ours, number)
    for context, wanted in ((world.ours, 2), (world.as_role(Role.VIEWER), 2), (world.theirs, 0)):
        with transaction(context, read_only=True) as session:
            assert falls.count(session, context) == wanted
    with transaction(world.ours) as session:
        falls.confirm(session, world.ours, [_held(world.ours)[0].id])
        assert falls.count(session, world.ours) == 1


def test_a_number_that_moved_since_it_was_looked_at_is_not_confirmed(world: World) -> None:
    number = _connection(world.ours)
    _sync(world.ours, number, _seats("A", 12))
    _sync(world.ours, number, _seats("A", 3))
    (looked_at,) = _held(world.ours)
    seen = {looked_at.id: looked_at.after}
    _sync(world.ours, number, _seats("A", 1))
    with transaction(world.ours) as session, pytest.raises(Conflict, match="another number"):
        falls.confirm(session, world.ours, seen, seen)
    (fall,) = _held(world.ours)
    assert (fall.id, fall.after) == (looked_at.id, 1)
    with transaction(world.ours) as session:
        assert falls.confirm(session, world.ours, [fall.id], {fall.id: Decimal(1)}) == 1


@settings(max_examples=300)
@given(st.integers(0, 60), st.integers(0, 60))
def test_what_a_fall_is(before: int, after: int) -> None:
    """More than half of it is gone, and at least five."""
    lost = before - after
    wanted = lost >= 5 and lost > before / 2
    assert fell_suspiciously(before * MICROS, after * MICROS) == wanted
