"""The preview says exactly what two whole runs say, one without the draft and one with it saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.domain.service_rules import service
from rcx_app.domain.service_rules.preview import FindingChange, preview
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat

DEVICES = {"all": [{"field": "kind", "op": "eq", "value": "device"}]}
SERVERS = {"all": [{"field": "device_class", "op": "eq", "value": "server"}]}


def rule(**terms: Any) -> RuleSpec:
    made = {"name": "Managed", "products": ["MW"], "integration": "RMM", "where": DEVICES, **terms}
    return RuleSpec.model_validate(made)


def estate(world: World, rules: list[RuleSpec]) -> None:
    """C1 has 4 workstations and 3 servers, C2 2 servers; MW is billed at C1 and SRV at both."""
    seats = [
        seat(account, f"{account}-{number}", kind="device", device_class=what, identity=f"{account}-{number}", sku=sku)
        for account, number, what, sku in (
            *(("A1", each, "workstation", "") for each in range(4)),
            *(("A1", each, "server", "S") for each in range(4, 7)),
            *(("A2", each, "server", "S") for each in range(2)),
        )
    ]
    lines = [
        line("C1", "L1", "MW", 5, unit_price=Decimal(4)),
        line("C1", "L2", "MW", 1, unit_price=Decimal(4)),
        line("C1", "L3", "SRV", 1, unit_price=Decimal(10)),
        line("C2", "L4", "SRV", 2, unit_price=Decimal(12), currency="EUR"),
    ]
    build(
        world.ours, lines=lines, seats={"RMM": seats}, mapping={("RMM", "A1"): "C1", ("RMM", "A2"): "C2"}, rules=rules
    )


def findings(context: Context) -> dict[tuple[Any, ...], tuple[Any, Any]]:
    """(difference, money a month) of what a whole run finds, by line, rule or SKU."""
    with transaction(context, read_only=True) as session:
        outcome = reconcile.compute(session, context).outcome
    groups = {
        ("line", each.carrier.id) if each.carrier else ("rule", each.client_id, each.rule.name): (
            each.delta,
            each.monthly,
        )
        for each in outcome.groups
        if each.is_finding
    }
    return {**groups, **{("sku", each.client_id, each.sku_key): (each.seats, None) for each in outcome.unaccounted}}


CASES = {
    "a new rule": ([], rule(), None),
    "a new rule for one line": ([rule()], rule(name="One", lines=["L2"], where=SERVERS), None),
    "a narrower condition": ([rule()], rule(where=SERVERS), "Managed"),
    "another product": ([rule()], rule(products=["SRV"]), "Managed"),
    "tiers and a minimum": (
        [rule()],
        rule(minimum=20, tiers=[{"up_to": 8, "price": 5}, {"price": 3}], where=SERVERS),
        "Managed",
    ),
    "packs and what comes free": (
        [rule()],
        rule(pack_size=2, included=1, allowance={"quantity": 1, "integration": "RMM", "where": SERVERS}),
        "Managed",
    ),
    "a member of a bundle beside it": (
        [rule(), rule(name="Servers", products=["SRV"], where=SERVERS)],
        rule(name="Servers", products=["SRV"], where=SERVERS, members=[{"rule": "Managed"}]),
        "Servers",
    ),
    "a rule that a bundle promises": (
        [rule(where=SERVERS), rule(name="Bundle", products=["SRV"], where=SERVERS, members=[{"rule": "Managed"}])],
        rule(),
        "Managed",
    ),
    "different devices over all integrations": ([rule()], rule(count="distinct", integration=""), "Managed"),
    "the month's peak": ([rule()], rule(count="peak"), "Managed"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_preview_is_the_difference_of_two_runs(world: World, case: str) -> None:
    rules, draft, replaced = CASES[case]
    with frozen(NOON):
        estate(world, rules)
        with transaction(world.ours, read_only=True) as session:
            known = {each.name: each.rule_id for each in service.rules_in_force(session, world.ours, NOON.date())}
            told = preview(session, world.ours, draft, known[replaced] if replaced else None)
        assert told.refused == ""
        before = findings(world.ours)
        with transaction(world.ours) as session:
            if replaced:
                service.replace(session, world.ours, known[replaced], draft)
            else:
                service.create(session, world.ours, draft)
        after = findings(world.ours)
    appear, vanish = [*after.keys() - before.keys()], [*before.keys() - after.keys()]
    change = [key for key in before.keys() & after.keys() if before[key] != after[key]]
    assert (told.appear, told.vanish) == (len(appear), len(vanish))
    assert told.change >= len(change)  # a kind or an expected quantity may change under the same difference
    differing = [pair for pair in map(moved, told.changes) if pair[0] != pair[1]]
    expected = [(before.get(key), after.get(key)) for key in {**before, **after} if before.get(key) != after.get(key)]
    assert sorted(differing, key=str) == sorted(expected, key=str)


def moved(change: FindingChange) -> tuple[Any, Any]:
    """A change in millionths, as `findings` tells it."""
    unit = 1 if change.what.endswith("unaccounted") else 1_000_000

    def side(delta: Decimal | None, money: Decimal | None) -> tuple[int, int | None] | None:
        return None if delta is None else (int(delta * unit), None if money is None else int(money * 1_000_000))

    return side(change.before, change.money_before), side(change.after, change.money_after)


def test_money_is_told_by_currency_and_never_added(world: World) -> None:
    """Three servers at C1 where 1 is billed at 10 USD; at C2 2 of 2 agree, and 4 packs of one half are 4 at 12 EUR."""
    with frozen(NOON):
        estate(world, [])
        spec = rule(name="Servers", products=["SRV"], where=SERVERS, multiplier=2)
        with transaction(world.ours, read_only=True) as session:
            told = preview(session, world.ours, spec)
    assert [(each.currency, each.amount) for each in told.money] == [("EUR", Decimal(24)), ("USD", Decimal(50))]
    assert (told.seats, told.clients, told.newly_accounted, told.let_go) == (5, 2, 5, 0)
    assert len(told.evidence) == 5
    assert "".join(text for text, _ in told.sentence).startswith("Count devices of RMM where class is server")


def test_what_can_not_be_saved_is_previewed_and_says_why(world: World) -> None:
    with frozen(NOON):
        estate(world, [rule()])
        with transaction(world.ours, read_only=True) as session:
            clash = preview(session, world.ours, rule(name="Second", where=SERVERS))
            name = preview(session, world.ours, rule(products=["SRV"]))
    assert "MW is counted by the rule 'Managed'" in clash.refused
    assert clash.seats == 5
    assert "There is a rule named 'Managed' already." in name.refused


def test_nothing_is_stored(world: World) -> None:
    with frozen(NOON):
        estate(world, [rule()])
        before = findings(world.ours)
        with transaction(world.ours, read_only=True) as session:
            preview(session, world.ours, rule(name="Servers", products=["SRV"], where=SERVERS))
            assert [each.name for each in service.rules_in_force(session, world.ours, NOON.date())] == ["Managed"]
        assert findings(world.ours) == before
