"""The direct path ends where staging and switching ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from connectors import records
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.domain.sync import direct
from rcx_app.domain.sync.repository import content_columns, table_of
from rcx_app.domain.sync.rows import STREAMS
from rcx_app.models import AccountMapping, Connection
from tests.conftest import World
from tests.domain.sync.conftest import connect, sync
from tests.domain.sync.test_switch import ACME, BETA, seat

PSA = [
    records.Line(
        external_id="l1",
        client_external_id="c1",
        agreement_external_id="g1",
        product_code="P",
        product_name="Thing",
        quantity=Decimal("1.5"),
        unit_price=Decimal(3),
        attributes={"Ä": '"quoted"'},
        is_calculated_by_psa=True,
    ),
    records.Agreement(external_id="g1", client_external_id="c1"),
    records.Client(external_id="c1", name="ACME", emails=("a@b.example",)),
    records.Product(external_id="p1", code="P", name="Thing"),
    *(
        records.InvoiceLine(
            external_id=f"n{line}",
            invoice_external_id="i1",
            line_external_id=line,
            product_code="P",
            quantity=Decimal(1),
            unit_price=Decimal(3),
            amount=Decimal(3),
        )
        for line in ("l1", "l9")
    ),
    records.Invoice(
        external_id="i1",
        client_external_id="c1",
        number="1",
        issued_on=date(2026, 1, 1),
        currency="USD",
        total=Decimal(6),
    ),
]
CHARGES = [
    records.Charge(
        external_id=f"x{account}",
        account_external_id=account,
        sku="CFQ",
        quantity=Decimal(2),
        amount=Decimal("7.5"),
        currency="USD",
        period_start=date(2026, 10, 1),
        period_end=date(2026, 11, 1),
    )
    for account in ("a1", "a9", "")
]
USAGE = [*CHARGES, seat(1, quantity=Decimal(2)), ACME, seat(2), BETA, seat(3, "a2", attributes={})]


def load(world: World, connection_id: int, estate: list[Any]) -> dict[str, dict[str, int]]:
    with transaction(world.ours) as session:
        return direct.load(session, world.ours, connection_id, iter(estate)).as_dict()


def content(world: World, connection_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """Every content column of every stream, references as external ids."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with transaction(world.ours, read_only=True) as session:
        for name, stream in STREAMS.items():
            table = table_of(stream)
            parents = {each.column: table_of(STREAMS[each.stream]) for each in stream.references}
            columns = [column for column in content_columns(stream) if column.name not in parents]
            query = select(table.c.external_id, table.c.content_hash, *columns)
            for column, parent in parents.items():
                query = query.add_columns(parent.c.external_id).outerjoin(parent, parent.c.id == table.c[column])
            query = query.where(table.c.connection_id == connection_id, table.c.removed_at.is_(None))
            found[name] = [tuple(row) for row in session.execute(query.order_by(table.c.external_id))]
    return found


@pytest.mark.parametrize(("side", "estate"), [("psa", PSA), ("usage", USAGE)])
def test_it_loads_what_a_sync_would(world: World, side: str, estate: list[Any]) -> None:
    one, two = connect(world.ours, side, "One"), connect(world.ours, side, "Two")
    counts = load(world, one, estate)
    streams = [name for name, stream in STREAMS.items() if stream.side == side]
    through_the_stage = sync(world.ours, two, estate, streams).as_dict()
    assert {name: each for name, each in through_the_stage.items() if each["read"]} == counts
    assert content(world, one) == content(world, two)
    with transaction(world.ours, read_only=True) as session:
        assert session.get_one(Connection, one).state == "ok"
        assert len(session.scalars(select(AccountMapping)).all()) == (4 if side == "usage" else 0)


def test_a_sync_over_a_direct_load_finds_nothing_to_write(world: World, usage: int) -> None:
    load(world, usage, USAGE)
    assert sync(world.ours, usage, USAGE, ("accounts", "seats")).total.written == 0


def test_it_refuses_what_a_sync_would_refuse(world: World, usage: int) -> None:
    with pytest.raises(Invalid, match="Seat s1 refers to account a9"):
        load(world, usage, [ACME, seat(1, "a9")])
    with pytest.raises(Invalid, match="Removed can't be stored"):
        load(world, usage, [records.Removed(external_id="s1")])
    load(world, usage, USAGE)
    with pytest.raises(Conflict, match="already holds data"):
        load(world, usage, USAGE)


def test_a_record_that_comes_twice_must_be_equal(sqlite_world: World) -> None:
    usage = connect(sqlite_world.ours, "usage", "NinjaOne")
    with pytest.raises(Invalid, match="s1 occurs more than once"):
        load(sqlite_world, usage, [ACME, seat(1), replace(seat(1), status="disabled")])
    assert load(sqlite_world, usage, [ACME, seat(1), ACME, seat(1)])["seats"]["added"] == 1
