"""Accounts that wait in the mapping queue and may belong to a finding's client: said beside it, never counted."""

from __future__ import annotations

from typing import Any

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.screens import detail
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.detail_schemas import FindingDetail
from rcx_app.domain.reconcile.screens.schemas import FindingFilters, FindingRow
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, offer, seat

RULES = (
    RuleSpec(name="RMM", products=("RMM",), integration="Datto RMM"),
    RuleSpec(name="Any", products=("ANY",), integration="NinjaOne"),
)


@pytest.fixture
def anvil(world: World) -> World:
    """Anvil pays for 5 RMM devices; 2 are counted, and 3 more are of an account that nobody has confirmed."""
    seats = [seat("D1", f"d{number}") for number in range(2)] + [seat("D2", f"e{number}") for number in range(3)]
    seats.append(seat("D2", "gone", status="deleted"))
    with frozen(NOON):
        build(
            world.ours,
            names={"C1": "Anvil", "C2": "Birch"},
            lines=[line("C1", "L1", "RMM", 5), line("C1", "L2", "ANY", 4), line("C2", "L3", "RMM", 1)],
            seats={"Datto RMM": seats, "NinjaOne": [seat("N1", "n")]},
            mapping={("Datto RMM", "D1"): "C1", ("NinjaOne", "N1"): "C1"},
            rules=RULES,
        )
    return world


def _of(world: World, product: str) -> tuple[FindingRow, FindingDetail]:
    with frozen(NOON), transaction(world.ours) as session:
        service.reconcile(session, world.ours)
        rows = screens.findings(session, world.ours, FindingFilters(kinds=("calculated",), product_code=product)).items
        (row,) = (each for each in rows if each.client_name == "Anvil")
        return row, detail.finding(session, world.ours, row.finding_id)


def _offer(world: World, **more: Any) -> None:
    with frozen(NOON), transaction(world.ours) as session:
        offer(session, world.ours, "D2", more.pop("client", "C1"), **more)


@pytest.mark.parametrize("state", ["suggested", "unsure", "snoozed", "client_gone"])
def test_an_account_that_waits_for_this_client_is_named_and_not_counted(anvil: World, state: str) -> None:
    _offer(anvil, state=state)
    row, full = _of(anvil, "RMM")
    assert (row.billed, row.count) == (5, 2)
    assert row.awaits_mapping
    (found,) = full.pending
    assert (found.name, found.integration, found.seats, f"{found.confidence:.2f}") == (
        "Account D2",
        "Datto RMM",
        3,
        "0.94",
    )


@pytest.mark.parametrize(
    "offered",
    [
        {"state": "mapped"},
        {"state": "excluded"},
        {"state": "no_match"},
        {"verdict": "compare"},
        {"rank": 2},
        {"client": "C2"},
    ],
)
def test_what_is_decided_or_likelier_elsewhere_is_not_named(anvil: World, offered: dict[str, Any]) -> None:
    _offer(anvil, **offered)
    row, full = _of(anvil, "RMM")
    assert (row.awaits_mapping, full.pending) == (False, ())


def test_a_rule_of_another_integration_is_not_touched(anvil: World) -> None:
    _offer(anvil)
    row, full = _of(anvil, "ANY")
    assert (row.awaits_mapping, full.pending) == (False, ())


def test_another_workspaces_queue_is_not_looked_at(anvil: World) -> None:
    with frozen(NOON):
        build(
            anvil.theirs,
            names={"C1": "Anvil"},
            lines=[line("C1", "L1", "RMM", 5)],
            seats={"Datto RMM": [seat("D1", "d"), seat("D2", "e")]},
            mapping={("Datto RMM", "D1"): "C1"},
            rules=RULES[:1],
        )
        with transaction(anvil.theirs) as session:
            offer(session, anvil.theirs, "D2", "C1")
    row, full = _of(anvil, "RMM")
    assert (row.awaits_mapping, full.pending) == (False, ())
