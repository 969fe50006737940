"""Change sets for people who type them in: as a file in the PSA's words, as the text of a ticket."""

from __future__ import annotations

import csv
import io

import pytest
from sqlmodel import select

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, NotFound
from rcx_app.domain.writeback import handoff, service
from rcx_app.domain.writeback.schemas import ChangeState
from rcx_app.models import Connection
from tests.conftest import World
from tests.domain.writeback.estate import approve, connection, line, prepare, state, want

FIRST = clock.today().replace(day=1)


def exported(world: World, made: int, kind: str = "csv") -> bytes:
    out = io.BytesIO()
    with transaction(world.ours, read_only=True) as session:
        handoff.export(session, world.ours, made, kind, out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("connector", "heads", "values"),
    [
        ("file", ["agreement_id", "line_id", "product", "code", "was", "quantity", "effective_date"], ["12"]),
        ("connectwise", ["agreementId", "additionId", "product", "code", "was", "quantity", "effectiveDate"], ["12"]),
        (
            "autotask",
            ["contractID", "contractServiceID", "service", "code", "was", "unitChange", "becomes", "effectiveDate"],
            ["2", "12"],
        ),
        ("halopsa", ["recurring_invoice_id", "line_id", "item", "code", "was", "qty_order", "startdate"], ["12"]),
    ],
)
def test_a_set_is_exported_in_the_words_of_its_psa(
    sqlite_world: World, connector: str, heads: list[str], values: list[str]
) -> None:
    world, place = sqlite_world, connection(sqlite_world)
    with transaction(world.ours) as session:
        session.scalars(select(Connection).where(Connection.id == place)).one().connector = connector
    one, calculated = line(world, place, "4711"), line(world, place, "2", is_calculated_by_psa=True)
    made = prepare(world, want(one, effective_date=FIRST), want(calculated))
    rows = list(csv.reader(io.StringIO(exported(world, made).decode("utf-8-sig"))))
    assert rows == [
        ["client", "agreement", *heads, "approved"],
        ["Harbour", "", "4711", "4711", "Microsoft 365", "M365", "10", *values, FIRST.isoformat(), "not yet"],
    ]
    assert exported(world, made, "xlsx")[:2] == b"PK"
    with pytest.raises(Invalid):
        exported(world, made, "exe")


def test_a_ticket_names_each_line_and_what_is_cancelled_is_in_neither(sqlite_world: World) -> None:
    world, place = sqlite_world, connection(sqlite_world)
    made = prepare(world, want(line(world, place, "1"), effective_date=FIRST), want(line(world, place, "2"), 7))
    with transaction(world.ours) as session:
        text = handoff.ticket_text(session, world.ours, made)
        assert text.startswith(f"CS-{made} for CW is NOT approved yet")
        assert f"\nHarbour\n- Microsoft 365 (agreement 1, line 1): 10 -> 12 (+2) from {FIRST}\n" in text
        assert "line 2): 10 -> 7 (\N{MINUS SIGN}3)\n" in text
        service.drop(session, world.ours, service.view(session, world.ours, made).changes[0].id)
        assert "line 1)" not in handoff.ticket_text(session, world.ours, made)
    with pytest.raises(NotFound), transaction(world.theirs, read_only=True) as session:
        handoff.ticket_text(session, world.theirs, made)


def test_an_approved_hand_off_waits_for_people_and_nothing_is_sent(sqlite_world: World) -> None:
    world = sqlite_world
    made = prepare(world, want(line(world, connection(world), "1")), is_handoff=True)
    with transaction(world.ours) as session:
        service.submit(session, world.ours, made)
    approve(world, made, world.ours)
    assert state(world, made)[:2] == ("approved", [ChangeState.PLANNED])
    with transaction(world.ours, read_only=True) as session:
        asked = handoff.ticket_text(session, world.ours, made).splitlines()[0]
    assert asked.startswith(f"Please change these quantities in CW (CS-{made}, approved: ")
    assert f"{clock.today()}" in exported(world, made).decode("utf-8-sig")
