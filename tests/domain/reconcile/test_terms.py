"""Terms of contracts, each by the worked example of docs/arithmetic.md: lines, tiers, allowances, bundles."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.reconcile import service
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.rules_file import dump_rules, load_rules
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.service_rules.sentence import plain, sentence
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, flags, line, seat, standing

DEVICES = {"all": [{"field": "kind", "op": "eq", "value": "device"}]}
USERS = {"all": [{"field": "kind", "op": "eq", "value": "user"}]}


def rule(**terms: Any) -> RuleSpec:
    made = {"name": "Managed", "products": ["MW"], "integration": "RMM", "where": DEVICES, **terms}
    return RuleSpec.model_validate(made)


def many(kind: str, number: int, account: str = "A1") -> list[Any]:
    return [
        seat(account, f"{account}-{kind}-{each}", kind=kind, identity=f"{kind}{each}@{account}")
        for each in range(number)
    ]


def run(
    world: World, rules: list[RuleSpec], lines: list[Any], seats: dict[str, list[Any]]
) -> tuple[list[Any], list[Any]]:
    with frozen(NOON):
        mapping = {(label, each.account_external_id): "C1" for label, own in seats.items() for each in own}
        mapping |= {key: "C2" for key in mapping if key[1] == "A2"}
        build(world.ours, lines=lines, seats=seats, mapping=mapping, rules=rules)
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)
        with transaction(world.ours, read_only=True) as session:
            return standing(session, world.ours), flags(session, world.ours)


@pytest.mark.parametrize(("mode", "amount"), [("graduated", 40), ("volume", -10)])
def test_tiers_price_both_sides(world: World, mode: str, amount: int) -> None:
    """50 at 5 and the rest at 4: 60 are due and cost 290, 50 are billed and cost 250. All at 4: 240 against 250."""
    spec = rule(tiers=[{"up_to": 50, "price": 5}, {"price": 4}], tier_mode=mode)
    found, _ = run(world, [spec], [line("C1", "L1", "MW", 50, unit_price=Decimal(9))], {"RMM": many("device", 60)})
    (finding,) = found
    assert (finding.delta, finding.kind) == (10, "calculated")
    assert finding.amount == amount
    labels = [step["label"] for step in finding.arithmetic]
    assert labels[-3:] == ["Due, by tiers", "Billed, by tiers", "Under-billed a month"]


def test_units_come_free_with_each_user(world: World) -> None:
    """Two devices are free with each user: 13 devices and 5 users leave 3."""
    spec = rule(allowance={"quantity": 2, "integration": "M365", "where": USERS})
    seats = {"RMM": many("device", 13), "M365": many("user", 5)}
    found, _ = run(world, [spec], [line("C1", "L1", "MW", 1, unit_price=Decimal(4))], seats)
    (finding,) = (each for each in found if each.kind != "unaccounted")
    assert (finding.expected_quantity, finding.amount, finding.kind) == (3, 8, "calculated")
    assert any(step["label"] == "Comes free" and Decimal(step["value"]) == 10 for step in finding.arithmetic)


def test_without_a_source_nothing_comes_free_and_the_finding_says_so(world: World) -> None:
    spec = rule(allowance={"quantity": 2, "integration": "M365", "where": USERS})
    (finding,) = run(world, [spec], [line("C1", "L1", "MW", 1)], {"RMM": many("device", 13)})[0]
    assert (finding.expected_quantity, finding.kind) == (13, "estimated")
    assert "nothing comes free" in finding.explanation


def test_a_rule_that_names_lines_takes_them_from_the_products_rule(world: World) -> None:
    """L1 has a contract of its own (10 included); L2 of another client is held against the product's rule."""
    usual, special = rule(), rule(name="Contract of C1", lines=["L1"], included=10)
    found, _ = run(
        world,
        [usual, special],
        [line("C1", "L1", "MW", 3), line("C2", "L2", "MW", 3)],
        {"RMM": [*many("device", 13), *many("device", 4, "A2")]},
    )
    (finding,) = found  # 13 less 10 are 3, as billed
    assert (finding.client_name, finding.expected_quantity, finding.line_ids != []) == ("Client C2", 4, True)


def test_every_member_of_a_bundle_must_be_there(world: World) -> None:
    """40 machines are due; 37 have protection, all 40 (and 2 more) have a backup; mail filtering is not connected."""
    spec = rule(
        members=[
            {"name": "protection", "integration": "EDR"},
            {"name": "backup", "integration": "Backup"},
            {"name": "mail filtering", "integration": "Mail"},
        ]
    )
    seats = {"RMM": many("device", 40), "EDR": many("agent", 37), "Backup": many("workload", 42)}
    found, raised = run(world, [spec], [line("C1", "L1", "MW", 40)], seats)
    assert found == []  # what the bundle promises is accounted for
    told = {each.kind: each.message for each in raised if each.kind.startswith("bundle")}
    assert told["bundle_member_short"] == "MW name promises 40 of protection; there are 37, 3 fewer."
    assert told["bundle_member_over"] == "MW name promises 40 of backup; there are 42, 2 more."
    assert "no account of Mail is mapped" in told["bundle_member_unknown"]


def test_a_bundle_may_promise_what_another_rule_counts(world: World) -> None:
    other = rule(
        name="Protection", products=["EDR"], integration="EDR", where={}, members=[{"name": "portal", "per_unit": 2}]
    )
    spec = rule(members=[{"rule": "Protection", "per_unit": 2}])
    seats = {"RMM": many("device", 4), "EDR": many("agent", 8)}
    raised = run(world, [other, spec], [line("C1", "L1", "MW", 4), line("C1", "L2", "EDR", 8)], seats)[1]
    told = sorted(each.message for each in raised if each.kind.startswith("bundle"))
    assert told == [
        "EDR name promises 16 of portal; there are 12, 4 fewer.",
        "MW name promises 16 of portal; there are 12, 4 fewer.",
    ]


def test_a_bundle_that_promises_itself_is_refused(world: World) -> None:
    first = rule(name="A", products=["A"])
    with transaction(world.ours) as session:
        a = service_rules.create(session, world.ours, first)
        service_rules.create(session, world.ours, rule(name="B", products=["B"], members=[{"rule": "A"}]))
        with pytest.raises(Invalid, match="A → B → A"):
            service_rules.replace(session, world.ours, a, rule(name="A", products=["A"], members=[{"rule": "B"}]))
        with pytest.raises(Invalid, match="'C', which is no active rule"):
            service_rules.replace(session, world.ours, a, rule(name="A", products=["A"], members=[{"rule": "C"}]))


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"tiers": [{"up_to": 50, "price": 5}]}, "last tier has no up_to"),
        ({"tiers": [{"up_to": 50, "price": 5}, {"up_to": 50, "price": 4}, {"price": 3}]}, "must rise"),
        ({"tiers": [{"price": 5}, {"price": 4}]}, "only the last tier"),
        ({"tiers": [{"up_to": 5, "price": -1}, {"price": 4}]}, "greater than or equal to 0"),
        ({"tiers": [{"up_to": 5.5, "price": 1}, {"price": 4}]}, "plain number"),
        ({"allowance": {"quantity": 0}}, "greater than 0"),
        ({"allowance": {"quantity": 1, "where": {"all": [{"field": "colour", "op": "eq", "value": 1}]}}}, "colour"),
        ({"members": [{"rule": "A", "where": USERS}]}, "not both"),
        ({"members": [{}]}, "name"),
        ({"members": [{"name": "A"}, {"name": "a "}]}, "named twice"),
        ({"lines": ["L1", "L1"]}, "named twice"),
        ({"lines": "L1"}, "as a list"),
    ],
)
def test_terms_that_mean_nothing_are_refused(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        rule(**terms)


def test_rules_that_name_different_lines_do_not_clash() -> None:
    assert rule().clash(rule(name="B")) == ("MW",)
    assert rule(lines=["L1"]).clash(rule(name="B")) == ()
    assert rule(lines=["L1"]).clash(rule(name="B", lines=["L2"])) == ()
    assert rule(lines=["L1", "L3"]).clash(rule(name="B", lines=["L3"])) == ("MW",)


def test_terms_survive_a_file_and_the_database(world: World, tmp_path: Path) -> None:
    spec = rule(
        lines=["L1", "7"],
        tiers=[{"up_to": "50.5", "price": "5.25"}, {"price": 4}],
        tier_mode="volume",
        allowance={"quantity": "0.5", "integration": "M365", "where": USERS},
        members=[{"name": "protection", "integration": "EDR", "where": DEVICES, "per_unit": 2}],
    )
    file = tmp_path / "rules.yaml"
    file.write_text(dump_rules([spec]), encoding="utf-8")
    assert load_rules(file) == [spec]
    with transaction(world.ours) as session:
        service_rules.create(session, world.ours, spec)
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        (stored,) = service_rules.rules_in_force(session, world.ours, NOON.date())
    assert stored.spec.model_dump() == spec.model_dump()
    assert [part.role for part in stored.parts] == ["allowance", "member"]
    said = plain(sentence(spec))
    assert "0.5 free with each person of M365 where kind is user" in said
    assert "priced 5.25 up to 50.5, then 4, all units at one price; only on 2 lines; with 2 protection" in said


def test_a_circle_in_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(
        "- {name: A, products: [A], members: [{rule: B}]}\n"
        "- {name: B, products: [B], members: [{rule: A}, {rule: X}]}\n",
        encoding="utf-8",
    )
    with pytest.raises(Invalid) as refused:
        load_rules(file)
    assert "rules.yaml, line 1, members: the bundle promises itself: A → B → A." in refused.value.message
    assert "rules.yaml, line 2, members: the member 'X' is no rule of this file." in refused.value.message
