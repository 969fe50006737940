"""The worked example of docs/arithmetic.md, word by word."""

from __future__ import annotations

from decimal import Decimal

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, ago, build, line, seat, standing

RULE = RuleSpec(
    name="Workstations",
    products=("NINJA-WS",),
    integration="NinjaOne",
    count="distinct",
    where={
        "all": [
            {"field": "device_class", "op": "eq", "value": "workstation"},
            {"field": "last_seen_at", "op": "within_days", "value": 30},
        ]
    },
    minimum=Decimal(5),
)


def _seats() -> list[object]:
    seen = [
        seat("S1", f"D{number}", device_class="workstation", identity=f"PC-{min(number, 20)}", last_seen_at=ago(number))
        for number in range(22)
    ]
    older = [
        seat("S1", f"O{number}", device_class="workstation", identity=f"OLD-{number}", last_seen_at=ago(31 + number))
        for number in range(3)
    ]
    deleted = seat("S1", "X", device_class="workstation", identity="GONE", status="deleted", last_seen_at=ago(1))
    return [*seen, *older, deleted]


def test_the_worked_example(world: World) -> None:
    with frozen(NOON):
        build(
            world.ours,
            lines=[line("C1", "L1", "NINJA-WS", 20)],
            seats={"NinjaOne": _seats()},
            mapping={("NinjaOne", "S1"): "C1"},
            rules=[RULE],
        )
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)
        with transaction(world.ours) as session:
            rows = [row for row in standing(session, world.ours) if row.kind != "unaccounted"]
            (left_out,) = [row for row in standing(session, world.ours) if row.kind == "unaccounted"]
    (finding,) = rows
    assert finding.system_count == 21
    assert finding.expected_quantity == 21
    assert finding.billed_quantity == 20
    assert finding.delta == 1
    assert (finding.kind, finding.direction, finding.is_ready) == ("calculated", "under", True)
    assert finding.amount == Decimal("4.00")
    assert finding.monthly_amount == Decimal("4.00")
    assert finding.currency == "USD"
    assert left_out.system_count == 3
    assert "21 different devices of NinjaOne" in finding.explanation
