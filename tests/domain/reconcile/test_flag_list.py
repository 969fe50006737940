"""The flagged page's list: groups, filters, what a row leads to, and the file of it."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.screens import flag_list
from rcx_app.domain.reconcile.screens.flag_list import FlaggedRow
from rcx_app.domain.reconcile.screens.flag_query import FlagQuery, by_group
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, ago, build, line, seat
from tests.domain.reconcile.test_flags import WS


def _estate(world: World) -> None:
    seats = [seat("N1", "S1", device_class="workstation", identity="pc", display_name="DESK", last_seen_at=ago(90))]
    seats += [seat("N1", f"T{at}", device_class="workstation", identity="twin", last_seen_at=ago(1)) for at in (1, 2)]
    with frozen(NOON):
        build(
            world.ours,
            names={"C1": "Alder", "C2": "Birch"},
            lines=[line("C1", "L1", "WS", 9), line("C2", "L2", "WS", 1, unit_price=Decimal(0))],
            seats={"NinjaOne": seats},
            mapping={("NinjaOne", "N1"): "C1"},
            rules=[WS],
        )
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)


def _rows(context: Context, **asked: str) -> list[FlaggedRow]:
    with transaction(context, read_only=True) as session:
        return list(flag_list.flagged(session, context, FlagQuery.from_params(asked)).items)


def test_groups_hold_their_kinds_and_services_the_rest(world: World) -> None:
    _estate(world)
    kinds = {row.kind for row in _rows(world.ours)}
    assert {"inactive_seat", "duplicate_seat", "price_zero", "no_usage_source"} <= kinds
    assert {row.kind for row in _rows(world.ours, group="inactive")} == {"inactive_seat"}
    assert {row.kind for row in _rows(world.ours, group="duplicates")} == {"duplicate_seat"}
    services = {row.kind for row in _rows(world.ours, group="services")}
    assert {"price_zero", "no_usage_source"} <= services
    assert not services & {"inactive_seat", "duplicate_seat"}
    assert by_group({"inactive_seat": 3, "never_heard_of": 2}) == {
        "": 5, "services": 2, "inactive": 3, "duplicates": 0, "licences": 0,
    }  # fmt: skip


def test_filters_narrow_and_meet_what_stands_in_the_detail(world: World) -> None:
    _estate(world)
    every = _rows(world.ours)
    with transaction(world.ours, read_only=True) as session:
        head = flag_list.head(session, world.ours, FlagQuery())
    assert sum(head.numbers.values()) == len(every)
    ninja = next(each.value for each in head.integrations if each.label == "NinjaOne")
    found = _rows(world.ours, integration=ninja)
    assert {row.kind for row in found} == {"inactive_seat", "duplicate_seat"}
    assert {row.integration for row in found} == {"NinjaOne"}
    assert {row.client_name for row in _rows(world.ours, find="BIR")} == {"Birch"}
    assert [row.kind for row in _rows(world.ours, kind="price_zero")] == ["price_zero"]
    assert _rows(world.ours, kind="price_zero", group="inactive") == []
    client = str(next(row.client_id for row in every if row.client_name == "Birch"))
    assert {row.client_name for row in _rows(world.ours, client=client)} == {"Birch"}


def test_a_row_knows_its_seats_and_the_finding_on_its_line(world: World) -> None:
    _estate(world)
    (silent,) = _rows(world.ours, kind="inactive_seat")
    assert (silent.seats, silent.client_name, silent.line_id) == (1, "Alder", None)
    (twin,) = _rows(world.ours, kind="duplicate_seat")
    assert (twin.seat_id is not None, twin.seat) == (True, "twin")


def test_the_file_holds_what_is_filtered(world: World) -> None:
    _estate(world)
    out = io.BytesIO()
    with transaction(world.ours, read_only=True) as session:
        written = flag_list.flags_file(session, world.ours, FlagQuery(group="services"), out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"))))
    assert [(row["client"], row["said"]) for row in rows] == [
        (row.client_name, row.message) for row in _rows(world.ours, group="services")
    ]
    assert written == len(rows) > 0


def test_another_workspace_sees_none(world: World) -> None:
    _estate(world)
    assert _rows(world.theirs) == []


@pytest.mark.parametrize("asked", [{"group": "x"}, {"client": "-1"}, {"integration": "1;"}, {"client": "²"}])
def test_an_address_that_means_nothing_is_said(asked: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        FlagQuery.from_params(asked)
