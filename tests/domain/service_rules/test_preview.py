"""The preview says exactly what two whole runs say, one without the draft and one with it saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.exclusions import service as exclusions
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.domain.service_rules import screens, service
from rcx_app.domain.service_rules.preview import FindingChange, preview
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.models import AccountMapping, Connection
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


def said_by_a_run(context: Context) -> tuple[dict[tuple[Any, ...], tuple[Any, ...]], set[tuple[Any, Any]]]:
    """Each stored finding's difference, money and readiness; the flags that rest on rules."""
    with transaction(context, read_only=True) as session:
        computed = reconcile.compute(session, context)
    found = {
        (each.values["client_id"], each.values["kind"], each.values["sku"], each.values["product_code"]): (
            each.values["delta"] if each.values["delta"] is not None else each.values["system_count"],
            each.values["not_ready_reason"],
        )
        for each in computed.findings
    }
    kinds = (
        "no_usage_source",
        "ended_line_in_use",
        "bundle_member_short",
        "bundle_member_over",
        "bundle_member_unknown",
    )
    return found, {(each.client_id, each.message) for each in computed.flags if each.kind in kinds}


def test_it_is_as_ready_as_a_run_and_leaves_out_what_a_run_leaves_out(world: World) -> None:
    """RMM's last sync failed; the MW product is excluded; a line of SRV ended, and another client has no account."""
    with frozen(NOON):
        estate(world, [rule(name="Servers", products=["SRV"], where=SERVERS)])
        with transaction(world.ours) as session:
            connections = {each.label: each for each in session.scalars(select(Connection))}
            connections["RMM"].state = "failed"
            session.flush()
            exclusions.exclude(session, world.ours, "product", connections["PSA"].id, "MW", "Flat")
            spare = next(session.scalars(select(AccountMapping).where(col(AccountMapping.client_id) == 2)))
            spare.state, spare.client_id = "unmapped", None
        draft = rule(products=["SRV"], name="Servers", where=DEVICES, members=[{"name": "Care", "per_unit": 2}])
        with transaction(world.ours, read_only=True) as session:
            (standing,) = service.rules_in_force(session, world.ours, NOON.date())
            told = preview(session, world.ours, draft, standing.rule_id)
            excluded = preview(session, world.ours, rule())
        before, flags_before = said_by_a_run(world.ours)
        with transaction(world.ours) as session:
            service.replace(session, world.ours, standing.rule_id, draft)
        after, flags_after = said_by_a_run(world.ours)
    changed = {key for key in {**before, **after} if before.get(key) != after.get(key)}
    assert changed
    assert told.appear + told.vanish + told.change == len(changed)
    assert {each.not_ready_after or each.not_ready_before for each in told.changes} == {"the last sync of RMM failed"}
    assert told.money == ()
    assert {
        (each.client_id, each.message) for each in told.flags if each.how == "appears"
    } == flags_after - flags_before
    assert {
        (each.client_id, each.message) for each in told.flags if each.how == "vanishes"
    } == flags_before - flags_after
    assert flags_after - flags_before
    # Nothing is left of MW to bill, so its usage is no finding.
    assert [each for each in excluded.changes if not each.what.startswith("Unaccounted")] == []


def moved(change: FindingChange) -> tuple[Any, Any]:
    """A change in millionths, as `findings` tells it."""
    unit = 1 if change.what.startswith("Unaccounted") else 1_000_000

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


def test_excluded_usage_is_neither_counted_nor_shown(world: World) -> None:
    """The servers' SKU is left out: 4 workstations are left."""
    with frozen(NOON):
        estate(world, [])
        with transaction(world.ours) as session:
            rmm = next(each for each in session.scalars(select(Connection)) if each.label == "RMM")
            exclusions.exclude(session, world.ours, "sku", rmm.id, "S", "Our own")
        with transaction(world.ours, read_only=True) as session:
            told = preview(session, world.ours, rule())
            shown = screens.preview(session, world.ours, rule())
            seats = screens.sample_seats(session, world.ours, rule())
    assert (told.seats, shown.seats, len(seats), len(told.evidence)) == (4, 4, 4, 4)


def test_nothing_is_stored(world: World) -> None:
    with frozen(NOON):
        estate(world, [rule()])
        before = findings(world.ours)
        with transaction(world.ours, read_only=True) as session:
            preview(session, world.ours, rule(name="Servers", products=["SRV"], where=SERVERS))
            assert [each.name for each in service.rules_in_force(session, world.ours, NOON.date())] == ["Managed"]
        assert findings(world.ours) == before
