"""Runs compare only what may have changed, and write only what did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from sqlalchemy import event

from connectors import records
from rcx_app.core.context import Context
from rcx_app.core.db import engine, transaction
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.schemas import Verdict
from rcx_app.models import Workspace
from tests.conftest import World
from tests.domain.mapping.making import Made, load_clients, make, mapping_of
from tests.domain.mapping.test_evidence import load, seat
from tests.domain.mapping.test_verdicts import decide

NAMES = ["Saltmarsh Veterinary", "Quarry Builders", "Tidewell Clinics", "Fennimore Foods"]


@contextmanager
def writes(*tables: str) -> Iterator[list[str]]:
    """The statements that write to these tables."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        words = statement.replace('"', "").split()
        if words[0] in ("INSERT", "UPDATE", "DELETE") and any(table in words[:4] for table in tables):
            seen.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def changed(context: Context) -> set[int]:
    with transaction(context, read_only=True) as session:
        return set(suggest.read(session, context).changed)


@pytest.fixture
def two(world: World) -> tuple[Made, Made]:
    """Two usage connections with the same four accounts, matched to their rest."""
    first = make(world.ours, clients=NAMES, accounts=NAMES)
    second = make(world.ours, clients=[], accounts=NAMES, label="Duo")
    suggest.refresh(world.ours)
    return first, second


def test_a_second_run_writes_nothing_and_compares_nothing(world: World, two: tuple[Made, Made]) -> None:
    assert changed(world.ours) == set()
    with writes("account_mapping", "mapping_candidate", "mapping_event", "connection") as seen:
        assert suggest.refresh(world.ours) == 0
    assert seen == []


def test_a_new_account_is_compared_within_its_connection_only(world: World, two: tuple[Made, Made]) -> None:
    first, second = two
    load(world.ours, second.usage, records.Account(external_id="a-9", name="Saltmarsh Veterinary Hospital"))
    assert changed(world.ours) == {second.usage}
    before = {key: mapping_of(world.ours, account).version for key, account in second.accounts.items()}
    with writes("account_mapping") as seen:
        suggest.refresh(world.ours)
    now = {key: mapping_of(world.ours, account).version for key, account in second.accounts.items()}
    # The newcomer is a rival of its namesake alone; every other account stays as it was.
    assert [key for key in now if now[key] != before[key]] in ([], ["a-1"])
    assert len(seen) <= 2
    assert changed(world.ours) == set()
    assert first.usage != second.usage


def test_seats_that_say_nothing_new_cause_no_comparison(world: World, two: tuple[Made, Made]) -> None:
    first, _ = two
    load(world.ours, first.usage, seat(1, "a-1", kind="agent", identity="sn-1", display_name="pc-1"))
    assert changed(world.ours) == {first.usage}
    suggest.refresh(world.ours)
    load(world.ours, first.usage, seat(1, "a-1", kind="agent", identity="sn-1", display_name="pc-1", sku="other"))
    assert changed(world.ours) == set()


def test_what_everybody_depends_on_compares_all(world: World, two: tuple[Made, Made]) -> None:
    both = {two[0].usage, two[1].usage}
    load_clients(world.ours, two[0], [(f"c-{n}", name) for n, name in enumerate([*NAMES, "Newcomer"], 1)])
    assert changed(world.ours) == both
    suggest.refresh(world.ours)
    with transaction(world.ours) as session:
        session.get_one(Workspace, world.ours.workspace_id).preselect_threshold = Decimal("0.9")
    assert changed(world.ours) == both


def test_a_verdict_is_news_for_all_and_changed_by_no_run(world: World, two: tuple[Made, Made]) -> None:
    first, second = two
    account = first.accounts["a-1"]
    decide(world.ours, account, Verdict.CONFIRM, client_id=first.clients["c-2"])
    assert changed(world.ours) == {first.usage, second.usage}
    decided = mapping_of(world.ours, account)
    suggest.refresh(world.ours)
    after = mapping_of(world.ours, account)
    assert (after.state, after.client_id, after.decided_by, after.version) == (
        "mapped",
        first.clients["c-2"],
        decided.decided_by,
        decided.version,
    )
    assert changed(world.ours) == set()


def test_the_other_workspace_is_not_touched(world: World, two: tuple[Made, Made]) -> None:
    theirs = make(world.theirs, clients=NAMES, accounts=NAMES)
    suggest.refresh(world.ours)
    assert mapping_of(world.theirs, theirs.accounts["a-1"]).state == "unmapped"
    assert changed(world.theirs) == {theirs.usage}
    assert two
