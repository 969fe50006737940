"""Counting in shared passes: which rules share one, and that every count is what its rule gives by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile.counting.census import Census
from rcx_app.domain.reconcile.counting.plan import Connected, plan, shape_of
from rcx_app.domain.reconcile.facts import UnaccountedGroup
from rcx_app.domain.reconcile.repository import ReconcileRepository
from rcx_app.domain.service_rules.schemas import RuleInForce, RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import DAY, NOON, ago, build, line, map_accounts, seat

RECENT = {"field": "last_seen_at", "op": "within_days", "value": 30}


def rule(number: int, count: str, *where: dict[str, Any]) -> RuleInForce:
    spec = RuleSpec(name=f"R{number}", products=(f"P{number}",), count=count, where={"all": list(where)})  # type: ignore[arg-type]
    return RuleInForce(number, number, 1, spec, spec.condition)


def sku(*values: str) -> dict[str, Any]:
    one = len(values) == 1
    return {"field": "sku", "op": "eq" if one else "in", "value": values[0] if one else list(values)}


RULES = [
    rule(1, "seats", sku("SPB")),
    rule(2, "distinct", sku("SPB")),
    rule(3, "distinct", sku("SPB"), RECENT),
    rule(4, "seats", sku("SPB", "E3"), RECENT),
    rule(5, "distinct", sku("SPB", "E3")),
    rule(6, "sum", sku("E3")),
    rule(7, "seats"),
    rule(8, "distinct", RECENT),
    rule(9, "peak", sku("E3")),
    rule(10, "sum", RECENT),
]


def test_rules_of_one_shape_share_a_pass() -> None:
    planned = plan([(each, (1, 2)) for each in RULES])
    shared = [sorted(each.hows) for each in planned.passes.values()]
    assert shared == [[1, 2, 5, 6, 7], [3, 4, 8, 10]]
    assert [each.version_id for each, _ in planned.single] == [9]
    assert planned.passes[""].skus is None  # rule 7 takes seats of any SKU


def test_a_rule_without_connections_counts_nothing() -> None:
    planned = plan([(RULES[0], ())])
    assert not planned.passes
    assert not planned.single


@pytest.mark.parametrize("clients", [None, 1, 2])
def test_every_count_is_what_its_rule_gives_by_itself(world: World, clients: int | None) -> None:
    """Ann stands in two accounts of one client and in two integrations, where she is one person."""
    people = ("ann@x", "Ann@X", "bob@x", "", "")
    with frozen(NOON):
        build(
            world.ours,
            lines=[line("C1", "L1", "P1"), line("C2", "L2", "P1")],
            seats={
                label: [
                    seat(
                        account,
                        f"{account}-{number}",
                        sku=("SPB", "spb", "E3")[number % 3],
                        identity=people[number % 5],
                        quantity=(None, Decimal("1.5"))[number % 2],
                        last_seen_at=(ago(1), ago(90), None)[number % 3 if account != "A3" else 0],
                        status="deleted" if number == 11 else "active",
                    )
                    for account in ("A1", "A2", "A3", "A4")
                    for number in range(13)
                ]
                for label in ("NinjaOne", "Microsoft 365")
            },
        )
        owners = {"A1": "C1", "A2": "C1", "A3": "C2", "A4": None}
        with transaction(world.ours) as session:
            map_accounts(
                session,
                world.ours,
                {(label, each): owner for label in ("NinjaOne", "Microsoft 365") for each, owner in owners.items()},
            )
        with transaction(world.ours, read_only=True) as session:
            repository = ReconcileRepository(session, world.ours)
            repository.prepare()
            usage = tuple(key for key, each in repository.connections().items() if each.side == "usage")
            wanted = None if clients is None else sorted(repository.clients(None))[:clients]
            for day in (DAY, DAY - timedelta(days=60)):
                together = repository.counts([(each, usage) for each in RULES], day, wanted)
                alone = {
                    (each.version_id, client): count
                    for each in RULES
                    for client, count in repository.counts_of(each, usage, day, wanted).items()
                }
                assert together == alone
                assert len({client for _, client in together}) == (clients or 2)
                pairs = [(each, usage) for each in RULES]
                census = repository.census(pairs, day, wanted)
                assert census.shapes == ("", planned_key(RULES[2]))
                told = repository.counts(pairs, day, wanted, census)
                assert told == alone
                assert {key: count.silent for key, count in told.items()} == {
                    key: count.silent for key, count in together.items()
                }
                for some in (RULES[:1], RULES[2:4], RULES[5:6], RULES[7:8], []):
                    rules = [(each, usage) for each in some]
                    left = {(each.client_id, each.sku_key): each for each in asked(repository, rules, day, wanted)}
                    found = repository.unaccounted(rules, day, wanted, census)
                    assert {(each.client_id, each.sku_key): each for each in found} == left


def planned_key(one: RuleInForce) -> str:
    return shape_of(one.condition).key


def asked(
    repository: ReconcileRepository, rules: Sequence[Connected], day: date, clients: Sequence[int] | None
) -> list[UnaccountedGroup]:
    """What no rule takes as the seats themselves say, with a census that knows no shape but everything."""
    blind = repository.census([], day, clients)
    return repository.unaccounted(rules, day, clients, Census(("nothing",), blind.cells))
