"""Flags that hold tools against each other, and lines against what anybody uses: planted once, found once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.models import Workspace
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, ago, build, flags, line, seat

RMM = RuleSpec(name="RMM", products=("RMM",), integration="NinjaOne")
EDR = RuleSpec(name="EDR", products=("EDR",), integration="Huntress")
LINES = [line("C1", "L1", "RMM", 20), line("C1", "L2", "EDR", 20)]


def pcs(account: str, numbers: range, **more: Any) -> list[Any]:
    values: dict[str, Any] = {"kind": "device", "device_class": "workstation", "last_seen_at": ago(1)}
    return [
        seat(
            account,
            f"{account}{each}",
            **(values | {"identity": f"SN-{each:04}", "display_name": f"ACME-PC-{each}"} | more),
        )
        for each in numbers
    ]


def raised(world: World, days: int = 30, **estate: Any) -> list[tuple[str, str]]:
    """(kind, message) of every flag on an estate whose accounts A, B and C are all client C1's."""
    mapping = {(label, own[0].account_external_id): "C1" for label, own in estate["seats"].items()}
    with frozen(NOON):
        build(world.ours, mapping=mapping, **estate)
        with transaction(world.ours) as session:
            session.exec(select(Workspace).where(Workspace.id == world.ours.workspace_id)).one().inactive_days = days
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)
        with transaction(world.ours, read_only=True) as session:
            return [(each.kind, each.message) for each in flags(session, world.ours)]


def test_a_machine_in_two_rmms_is_there_twice(world: World) -> None:
    seats = {"Datto RMM": pcs("A", range(3)), "NinjaOne": pcs("B", range(2, 5))}
    assert raised(world, seats=seats, lines=[line("C1", "L1", "RMM", 3)], rules=[RMM]) == [
        ("duplicate_seat", "ACME-PC-2 (NinjaOne) is there twice: the same identity as ACME-PC-2 in Datto RMM.")
    ]


def test_a_mac_address_joins_machines_of_two_tools(world: World) -> None:
    one = seat("A", "1", kind="device", display_name="lap", attributes={"macAddress": "02:AA:BB:CC:DD:EE"})
    two = seat("B", "2", kind="device", display_name="top", attributes={"MACs": "02-aa-bb-cc-dd-ee,02-aa-bb-cc-dd-ef"})
    found = raised(world, seats={"Datto RMM": [one], "NinjaOne": [two]}, lines=[line("C1", "L1", "X")])
    assert found == [("duplicate_seat", "top (NinjaOne) is there twice: the same MAC address as lap in Datto RMM.")]


def test_tools_that_are_meant_to_overlap_have_no_duplicates(sqlite_world: World) -> None:
    seats = {"NinjaOne": pcs("A", range(20)), "Huntress": pcs("B", range(20), kind="agent", sku="EDR")}
    assert raised(sqlite_world, seats=seats, lines=LINES, rules=[RMM, EDR]) == []


def test_machines_that_one_tool_lacks_are_named(world: World) -> None:
    seats = {"NinjaOne": pcs("A", range(20)), "Huntress": pcs("B", range(2, 20), kind="agent", sku="EDR")}
    assert raised(world, seats=seats, lines=LINES, rules=[RMM, EDR]) == [
        (
            "delivered_unbilled",
            "20 workstations in NinjaOne, 18 of them with Huntress: these 2 lack it: ACME-PC-0, ACME-PC-1.",
        )
    ]


@pytest.mark.parametrize(
    ("ninja", "huntress"),
    [
        (pcs("A", range(20)), pcs("B", range(3, 20))),  # under nine in ten: they are not meant to agree
        (pcs("A", range(9)), pcs("B", range(1, 9))),  # too few to tell
        (pcs("A", range(20)), pcs("B", range(20), identity="")),  # by host name alone
        ([*pcs("A", range(19)), *pcs("A", range(90, 91), last_seen_at=ago(40))], pcs("B", range(19))),
        ([*pcs("A", range(19)), *pcs("A", range(90, 91), device_class="")], pcs("B", range(19))),
    ],
)
def test_tools_that_do_not_lack_anything(sqlite_world: World, ninja: list[Any], huntress: list[Any]) -> None:
    seats = {"NinjaOne": ninja, "Huntress": huntress}
    found = raised(sqlite_world, seats=seats, lines=LINES, rules=[RMM, EDR])
    assert [each for each in found if each[0] == "delivered_unbilled"] == []


def test_a_line_that_bills_what_nobody_uses_is_a_ghost(world: World) -> None:
    seats = {"NinjaOne": pcs("A", range(2), last_seen_at=ago(31))}
    found = raised(world, seats=seats, lines=[line("C1", "L1", "RMM", 2)], rules=[RMM])
    assert [each for each in found if each[0] == "ghost"] == [
        (
            "ghost",
            "RMM name bills 2, but all 2 seats behind it showed no sign of life in any tool for more than 30 days.",
        )
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"Huntress": pcs("B", range(1), kind="agent")},
        {"Datto RMM": pcs("B", range(1), last_seen_at=ago(2))},
        {"Acronis": [seat("B", "1", kind="workload", identity="ACME-PC-0.acme.local", last_seen_at=ago(3))]},
    ],
)
def test_a_sign_of_life_in_another_tool_is_one(sqlite_world: World, more: dict[str, Any]) -> None:
    seats = {"NinjaOne": pcs("A", range(2), last_seen_at=ago(50)), **more}
    found = raised(sqlite_world, seats=seats, lines=[line("C1", "L1", "RMM", 2)], rules=[RMM])
    assert "ghost" not in {each for each, _ in found}


@pytest.mark.parametrize("one_more", [pcs("A", range(5, 6)), pcs("A", range(5, 6), last_seen_at=None)])
def test_one_seat_that_lives_or_can_not_be_judged_is_enough(sqlite_world: World, one_more: list[Any]) -> None:
    seats = {"NinjaOne": [*pcs("A", range(2), last_seen_at=ago(50)), *one_more]}
    found = raised(sqlite_world, seats=seats, lines=[line("C1", "L1", "RMM", 3)], rules=[RMM])
    assert "ghost" not in {each for each, _ in found}


@pytest.mark.parametrize(("days", "kinds"), [(60, []), (20, ["ghost", "inactive_seat"])])
def test_the_workspace_says_from_when_on_a_seat_is_inactive(world: World, days: int, kinds: list[str]) -> None:
    seats = {"NinjaOne": pcs("A", range(2), last_seen_at=ago(40))}
    found = raised(world, days, seats=seats, lines=[line("C1", "L1", "RMM", 2)], rules=[RMM])
    assert sorted(each for each, _ in found) == kinds
