"""The services and clients with the most money out of line: under and over are both real amounts."""

from __future__ import annotations

from decimal import Decimal

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat

DUO = RuleSpec(name="Duo", products=("DUO",), integration="Duo", where={"all": []})


def test_under_and_over_stand_apart_and_the_larger_comes_first(world: World) -> None:
    with frozen(NOON):
        build(
            world.ours,
            names={"C1": "Alder", "C2": "Birch"},
            lines=[
                line("C1", "L1", "DUO", 1, unit_price=Decimal("3.50")),
                line("C2", "L2", "DUO", 9, unit_price=Decimal("3.50")),
            ],
            seats={
                "Duo": [
                    *(seat("A1", f"a{number}") for number in range(3)),
                    *(seat("A2", f"b{number}") for number in range(2)),
                ]
            },
            mapping={("Duo", "A1"): "C1", ("Duo", "A2"): "C2"},
            rules=[DUO],
        )
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)
        with transaction(world.ours, read_only=True) as session:
            shown = screens.overview(session, world.ours)
    assert [(each.name, each.sums.under, each.sums.over) for each in shown.top_clients] == [
        ("Birch", Decimal(0), Decimal("-24.50")),
        ("Alder", Decimal("7.00"), Decimal(0)),
    ]
    (duo,) = shown.top_services
    assert (duo.sums.under, duo.sums.over, duo.findings) == (Decimal("7.00"), Decimal("-24.50"), 2)
