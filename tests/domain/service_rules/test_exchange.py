"""Rules out to a file and back in: what an import would do, does, and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.service_rules import screens, service
from rcx_app.domain.service_rules.exchange import apply_import, export_rules, plan_import
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import NOON


def rule(name: str, product: str, **terms: Any) -> RuleSpec:
    return RuleSpec.model_validate({"name": name, "products": [product], **terms})


RULES = [
    rule("Bundle", "B", members=[{"rule": "Servers"}, {"name": "People", "where": {"all": []}, "per_unit": "1.5"}]),
    rule("Servers", "S", minimum="2.5", tiers=[{"up_to": 5, "price": "1.25"}, {"price": 1}], tier_mode="volume"),
    rule(
        "Spare", "X", allowance={"quantity": 2}, lines=["1", "2"], where={"any": [{"field": "sku", "op": "is_empty"}]}
    ),
    rule("Dated", "D", effective_from="2026-03-01", effective_to="2027-03-01", count="peak", integration="RMM"),
]


def outcomes(world: World, path: Path) -> list[tuple[str, str]]:
    with transaction(world.ours, read_only=True) as session:
        return [(row.name, row.outcome) for row in plan_import(session, world.ours, path).rows]


def test_what_was_exported_comes_back_and_changes_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    with frozen(NOON):
        with transaction(world.ours) as session:
            for spec in (RULES[1], RULES[0], *RULES[2:]):
                service.create(session, world.ours, spec)
            file.write_text(export_rules(session, world.ours))
        assert [outcome for _, outcome in outcomes(world, file)] == ["unchanged"] * 4
        # The other workspace has none: all are created, the bundle before what it promises stands in the file.
        with transaction(world.theirs) as session:
            plan = apply_import(session, world.theirs, file)
        assert plan.number("created") == 4
        with transaction(world.theirs, read_only=True) as session:
            assert export_rules(session, world.theirs) == file.read_text()
            assert plan_import(session, world.theirs, file).number("unchanged") == 4


def test_a_difference_makes_a_new_version_once(world: World, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    with frozen(NOON):
        with transaction(world.ours) as session:
            rule_id = service.create(session, world.ours, rule("Servers", "S"))
        file.write_text(
            "- {name: Servers, products: [S, T], minimum: 5, effective_from: 2026-12-01}\n"
            "- {name: New, products: [N]}\n"
        )
        with transaction(world.ours, read_only=True) as session:
            plan = plan_import(session, world.ours, file)
            assert screens.rule_detail(session, world.ours, rule_id).versions[0].number == 1
        assert [(row.line, row.outcome) for row in plan.rows] == [(1, "new_version"), (2, "created")]
        assert plan.rows[0].note == "also for T; minimum 5 instead of 0"
        with transaction(world.ours) as session:
            apply_import(session, world.ours, file)
        assert outcomes(world, file) == [("Servers", "unchanged"), ("New", "unchanged")]
        with transaction(world.ours, read_only=True) as session:
            assert [each.number for each in screens.rule_detail(session, world.ours, rule_id).versions] == [2, 1]


def test_a_suggestion_of_the_name_gives_way(world: World, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- {name: Servers, products: [S], minimum: 5}\n")
    with frozen(NOON):
        with transaction(world.ours) as session:
            service.create(session, world.ours, rule("Servers", "S"), state="suggested")
        assert outcomes(world, file) == [("Servers", "created")]
        with transaction(world.ours) as session:
            apply_import(session, world.ours, file)
            assert [view.spec.minimum for view in screens.rules(session, world.ours)] == [5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {name: Second, products: [S]}\n", "Line 1, Second: S is counted by the rule 'Servers' on the same days."),
        ("- {name: Fine, products: [F]}\n- {name: Old, products: [O]}\n", "Line 2, Old: a retired rule has this name"),
        ("- {name: A, products: [A]}\n- {name: B, products: [A]}\n", "line 2, products: A is counted on the same days"),
        ("- name: A\n  products: [A]\n  minimum: many\n", "line 3, minimum"),
        ("- &a {name: A, products: [A]}\n- *a\n", "uses anchors and aliases"),
    ],
)
def test_what_can_not_be_is_refused_with_its_line_and_nothing_is_done(
    world: World, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    with frozen(NOON):
        with transaction(world.ours) as session:
            service.create(session, world.ours, rule("Servers", "S"))
            service.retire(session, world.ours, service.create(session, world.ours, rule("Old", "O")))
        with transaction(world.ours, read_only=True) as session:
            assert not plan_import(session, world.ours, file).can_apply
        with pytest.raises(Invalid, match="(?s)" + said.replace("(", r"\(")), transaction(world.ours) as session:
            apply_import(session, world.ours, file)
        with transaction(world.ours, read_only=True) as session:
            assert [view.name for view in screens.rules(session, world.ours)] == ["Servers"]
