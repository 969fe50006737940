"""A small reconciled estate for the billing pages."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.ui.caller import forget_caller
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, ago, build, line, seat

SERVERS = RuleSpec(
    name="Servers",
    products=("SRV",),
    integration="NinjaOne",
    where={
        "all": [
            {"field": "device_class", "op": "eq", "value": "server"},
            {"field": "last_seen_at", "op": "within_days", "value": 30},
        ]
    },
)


@pytest.fixture(autouse=True)
def _nobody_calls() -> Iterator[None]:
    yield
    forget_caller()


@pytest.fixture
def estate(sqlite_world: World) -> World:
    """Alder: 4 servers against 1, and 3 seats that no rule takes; Birch: 2 against 5, in euro; Cedar: all right."""
    seats = [
        seat("N1", f"a{number}", device_class="server", display_name=f"SRV-{number}", last_seen_at=ago(8 * number))
        for number in range(6)
    ]
    seats.append(seat("N1", "ws", device_class="workstation", sku="WS", display_name="DESK-1", identity="ann"))
    seats += [seat("N2", f"b{number}", device_class="server", last_seen_at=ago(0)) for number in range(2)]
    seats += [seat("N9", "x", device_class="server", last_seen_at=ago(0))]
    with frozen(NOON):
        build(
            sqlite_world.ours,
            names={"C1": "Alder", "C2": "Birch", "C3": "Cedar"},
            lines=[
                line("C1", "L1", "SRV", 1, unit_price=Decimal(60)),
                line("C1", "L2", "FLAT", 1),
                line("C2", "L3", "SRV", 5, unit_price=Decimal(50), currency="EUR"),
                line("C3", "L4", "FLAT", 1, billing_cycle="annual"),
            ],
            seats={"NinjaOne": seats},
            mapping={("NinjaOne", "N1"): "C1", ("NinjaOne", "N2"): "C2"},
            rules=[SERVERS],
        )
        with transaction(sqlite_world.ours) as session:
            service.reconcile(session, sqlite_world.ours)
    return sqlite_world
