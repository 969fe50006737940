"""What a line said is kept: a row for its first reading, one for each change of what is billed, none for the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import delete
from sqlmodel import col, select

from connectors import records
from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.models import Line, LineHistory
from tests.conftest import ROOT, World
from tests.domain.reconcile.estates import line, psa_records
from tests.domain.sync.conftest import connect, sync

PSA = ("clients", "agreements", "lines")
FIRST = datetime(2026, 9, 1, 6, tzinfo=UTC)
Kept = tuple[datetime, Decimal, Decimal, Decimal | None, Decimal | None]


def read(world: World, psa: int, lines: list[records.Line], month: int) -> datetime:
    """A whole sync `month` times 30 days after the first; answers when it took effect."""
    at = FIRST + timedelta(days=30 * month)
    with frozen(at):
        sync(world.ours, psa, psa_records(lines, {"C1": "One"}), PSA)
    return at


def history(world: World, external_id: str) -> list[Kept]:
    query = select(LineHistory).join(Line, col(Line.id) == LineHistory.line_id).order_by(col(LineHistory.id))
    with transaction(world.ours, read_only=True) as session:
        return [
            (each.valid_from, each.quantity, each.included_quantity, each.unit_price, each.unit_cost)
            for each in session.scalars(query.where(Line.external_id == external_id))
        ]


def test_a_first_reading_and_each_change_of_what_is_billed_are_kept(world: World, psa: int) -> None:
    one = line("C1", "L1", "WS", 5, unit_price=None)
    changes: list[dict[str, Any]] = [
        {},
        {"quantity": Decimal(6)},
        {"included_quantity": Decimal(1)},
        {"unit_price": Decimal(4)},
        {"unit_cost": Decimal("2.5")},
        {"unit_cost": None},
    ]
    said: dict[str, Any] = {}
    times = []
    for month, change in enumerate(changes):
        said |= change
        times.append(read(world, psa, [replace(one, **said), line("C1", "L2", "SRV", 3)], month))
    none, six, free, price, cost = None, Decimal(6), Decimal(1), Decimal(4), Decimal("2.5")
    assert history(world, "L1") == [
        (times[0], Decimal(5), Decimal(0), none, none),
        (times[1], six, Decimal(0), none, none),
        (times[2], six, free, none, none),
        (times[3], six, free, price, none),
        (times[4], six, free, price, cost),
        (times[5], six, free, price, none),
    ]
    assert history(world, "L2") == [(times[0], Decimal(3), Decimal(0), Decimal(4), none)]


def test_other_changes_and_repeats_write_nothing(world: World, psa: int) -> None:
    one = line("C1", "L1", "WS", 5)
    first = read(world, psa, [one], 0)
    read(world, psa, [one], 1)
    read(world, psa, [replace(one, product_name="Renamed", cancelled_date=FIRST.date())], 2)
    assert [each[0] for each in history(world, "L1")] == [first]


def test_a_line_that_returns_is_kept_where_it_says_something_else(world: World, psa: int) -> None:
    one, two, other = line("C1", "L1", "WS", 5), line("C1", "L2", "WS", 7), line("C1", "L3", "WS", 1)
    first = read(world, psa, [one, two, other], 0)
    read(world, psa, [other], 1)
    assert [each[:2] for each in history(world, "L1")] == [(first, Decimal(5))]
    back = read(world, psa, [one, replace(two, quantity=Decimal(8)), other], 2)
    assert [each[:2] for each in history(world, "L1")] == [(first, Decimal(5))]
    assert [each[:2] for each in history(world, "L2")] == [(first, Decimal(7)), (back, Decimal(8))]


def test_a_value_that_comes_back_is_a_change_again(world: World, psa: int) -> None:
    times = [read(world, psa, [line("C1", "L1", "WS", quantity)], at) for at, quantity in enumerate((5, 6, 5))]
    assert [each[:2] for each in history(world, "L1")] == list(zip(times, map(Decimal, (5, 6, 5)), strict=True))


def test_another_connection_is_left_alone(world: World, psa: int) -> None:
    other = connect(world.ours, "psa", "Second PSA")
    read(world, psa, [line("C1", "L1", "WS", 5)], 0)
    with frozen(FIRST):
        sync(world.ours, other, psa_records([line("C9", "X1", "WS", 9)]), PSA)
    assert len(history(world, "L1")) == len(history(world, "X1")) == 1


def test_lines_read_before_history_was_kept_get_it_from_their_last_change(world: World, psa: int) -> None:
    one, two = line("C1", "L1", "WS", 5), line("C1", "L2", "SRV", 2)
    read(world, psa, [one, two], 0)
    changed = read(world, psa, [replace(one, quantity=Decimal(6)), two], 1)
    with transaction(world.ours) as session:
        session.execute(delete(LineHistory))
    config = Config(str(ROOT / "alembic.ini"))
    config.cmd_opts = type("Options", (), {"x": [f"url={world.url}"]})()
    command.downgrade(config, "2026_11_21_09")
    command.upgrade(config, "head")
    assert [each[:2] for each in history(world, "L1")] == [(changed, Decimal(6))]
    assert [each[:2] for each in history(world, "L2")] == [(FIRST, Decimal(2))]
    command.downgrade(config, "2026_11_21_09")
    command.upgrade(config, "head")
    assert len(history(world, "L1")) == 1
