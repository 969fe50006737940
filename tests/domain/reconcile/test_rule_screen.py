"""A rule held against its clients says what a run would say, in force or only suggested."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.screens import rule
from rcx_app.domain.service_rules import screens
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat, standing

AGENTS = RuleSpec(name="Agents", products=("EDR",), integration="Huntress", minimum=Decimal(3))


def _estate(world: World) -> int:
    """Alder agrees, Birch is under, Cedar over, Dogwood has no account, Elm no line; returns the version's id."""
    agents = {"C1": 4, "C2": 6, "C3": 1, "C5": 2}
    build(
        world.ours,
        names={"C1": "Alder", "C2": "Birch", "C3": "Cedar", "C4": "Dogwood", "C5": "Elm"},
        lines=[line(client, f"L{client}", "EDR", 4) for client in ("C1", "C2", "C3", "C4")],
        seats={"Huntress": [seat(f"H{key}", f"{key}-{n}") for key, number in agents.items() for n in range(number)]},
        mapping={("Huntress", f"H{key}"): key for key in agents},
    )
    with transaction(world.ours) as session:
        rule_id = service_rules.create(session, world.ours, AGENTS, state="suggested")
        return screens.rule(session, world.ours, rule_id).version_id


def test_each_client_stands_with_what_is_billed_and_counted(world: World) -> None:
    with frozen(NOON):
        version_id = _estate(world)
        with transaction(world.ours, read_only=True) as session:
            found = rule.at_clients(session, world.ours, version_id, "edr")
    assert [(row.client_name, row.has_line, row.billed, row.count, row.expected, row.delta) for row in found] == [
        ("Birch", True, 4, 6, 6, 2),
        ("Elm", False, 0, 2, 2, 2),
        ("Cedar", True, 4, 1, 3, -1),
        ("Alder", True, 4, 4, 4, 0),
        ("Dogwood", True, 4, None, None, None),
    ]
    assert [(row.monthly_amount, row.currency) for row in found[:3]] == [(8, "USD"), (8, "USD"), (-4, "USD")]


def test_a_run_after_accepting_finds_the_same_differences(world: World) -> None:
    with frozen(NOON):
        version_id = _estate(world)
        with transaction(world.ours) as session:
            foreseen = rule.at_clients(session, world.ours, version_id, "EDR")
            suggested = screens.rules(session, world.ours, ("suggested",))
            service_rules.accept(session, world.ours, suggested[0].rule_id)
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)
            found = {each.client_name: (each.delta, each.monthly_amount) for each in standing(session, world.ours)}
    assert found == {row.client_name: (row.delta, row.monthly_amount) for row in foreseen if row.delta}


def test_another_workspaces_rule_is_not_there(world: World) -> None:
    with frozen(NOON):
        version_id = _estate(world)
        with transaction(world.theirs, read_only=True) as session, pytest.raises(NotFound):
            rule.at_clients(session, world.theirs, version_id, "edr")
