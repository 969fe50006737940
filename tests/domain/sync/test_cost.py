"""What a quick sync costs grows with what changed, not with what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import event
from sqlmodel import select

from connectors.records import Seat
from rcx_app.core.db import engine, transaction
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.models import AccountMapping
from tests.conftest import World
from tests.domain.sync.conftest import run_sync
from tests.domain.sync.source import Script, connect
from tests.domain.sync.test_switch import ACME, BETA, seat

_EVERY = 20
_COUNTED = ("SELECT", "INSERT", "UPDATE", "DELETE")
_PASSES = ("SELECT seat.account_id, seat.sku_key, max(seat.sku_name)", "SELECT DISTINCT seat.account_id")
"""What still goes over all seats of the connection: counting them by account and SKU, before and after the switch (see
`domain/sync/falls`), and finding what the switch has changed (`domain/sync/following_repository`)."""


@dataclass
class Cost:
    """Statements, and the steps that SQLite's machine took for them (in `_EVERY`s)."""

    statements: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    is_over: bool = False


@contextmanager
def measured() -> Iterator[Cost]:
    cost, made = Cost(), engine()
    under_way: dict[int, str] = {}

    def begins(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        under_way[id(connection.connection.dbapi_connection)] = statement
        # How often progress is told, and so looked for, is a matter of time.
        cost.statements += statement.startswith(_COUNTED) and "job_run" not in statement

    def taken(dbapi_connection: Any, *_: Any) -> None:
        def step() -> None:
            if not cost.is_over:
                cost.steps[under_way.get(id(dbapi_connection), "")] += 1

        if hasattr(dbapi_connection, "set_progress_handler"):
            dbapi_connection.set_progress_handler(step, _EVERY)

    event.listen(made, "before_cursor_execute", begins)
    event.listen(made, "checkout", taken)
    try:
        yield cost
    finally:
        cost.is_over = True
        event.remove(made, "before_cursor_execute", begins)
        event.remove(made, "checkout", taken)


def quick_sync_over(world: World, vendor: Script, connection_id: int, stored: int) -> Cost:
    """The cost of a quick sync that changes five of `stored` seats; the one before it has warmed everything up."""
    vendor.has(ACME, BETA, *(of_two(number) for number in range(stored)))
    vendor.cursors["seats"] = "1"
    assert run_sync(world.ours, connection_id, full=True).state is JobState.DONE
    with transaction(world.ours) as session:
        for mapping in session.scalars(select(AccountMapping)):
            mapping.state = "no_match"
    for word in ("warm", "counted"):
        vendor.changes["seats"] = [replace(of_two(number), status=f"{word}{stored}") for number in range(5)]
        with measured() as cost:
            job = run_sync(world.ours, connection_id)
        assert (job.result["mode"], job.result["written"]) == ("quick", 5)
    return cost


def of_two(number: int) -> Seat:
    return seat(number, ("a1", "a2")[number % 2])


def test_ten_times_the_rows_and_the_same_change_cost_the_same_but_for_two_passes(
    sqlite_world: World, vendor: Script
) -> None:
    made = connect(sqlite_world.ours)
    few, many = (quick_sync_over(sqlite_world, vendor, made, stored) for stored in (300, 3000))
    assert many.statements == few.statements
    grown = {said for said, steps in many.steps.items() if steps > 2 * few.steps[said] + 5}
    assert grown, "the measure sees what goes over all rows"
    assert {said for said in grown if not said.startswith(_PASSES)} == set()
    passes = sum(many.steps[said] for said in grown)
    assert passes * _EVERY < 3000 * 100, "and those are passes, a few dozen steps a row"
