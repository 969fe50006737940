"""The builder's form: a rule goes in and comes out equal, and what is wrong stands at its field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rcx_app.domain.service_rules.rules_file import dump_rules
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.ui.pages.services.draft import Form, MemberRow, TierRow, checked, form_of, with_scope
from rcx_app.ui.pages.services.tree import added, drawn, removed

WHERE = {
    "all": [
        {"field": "device_class", "op": "in", "value": ["server", "Virtual Machine"]},
        {"any": [{"field": "last_seen_at", "op": "within_days", "value": 30}, {"field": "sku", "op": "is_empty"}]},
        {"none": [{"all": [{"field": "attributes.site", "op": "ge", "value": 2}]}]},
    ]
}
RULES: list[dict[str, Any]] = [
    {},
    {"where": WHERE, "count": "distinct", "integration": "NinjaOne", "minimum": "1.5", "pack_size": 5},
    {"where": {"any": [{"field": "quantity", "op": "gt", "value": "2.5"}]}, "multiplier": 1234},
    {"tiers": [{"up_to": 50, "price": "5.25"}, {"price": 4}], "tier_mode": "volume", "lines": ["1", "2"]},
    {"allowance": {"quantity": 2, "integration": "M365", "count": "sum", "where": WHERE}},
    {"members": [{"rule": "Backup", "per_unit": 2}, {"name": "EDR", "count": "seats", "where": WHERE}]},
    {"effective_from": "2026-12-01", "effective_to": "2027-12-01", "where": {"none": []}},
]


def spec(**terms: Any) -> RuleSpec:
    return RuleSpec.model_validate({"name": "Servers", "products": ["S"], **terms})


@pytest.mark.parametrize("terms", RULES)
def test_a_rule_comes_out_of_the_form_as_it_went_in(terms: dict[str, Any]) -> None:
    made, form = checked(form_of(spec(**terms)))
    assert made is not None, form
    assert dump_rules([made]) == dump_rules([spec(**terms)])


def changed(form: Form, **texts: str) -> Form:
    return replace(form, texts={**form.texts, **texts})


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("name", "", "A rule needs a name."),
        ("minimum", "many", "many"),
        ("included", "-1", "greater than or equal to 0"),
        ("pack_size", "0", "A pack holds more than 0."),
        ("multiplier", "1.1234567", "six decimals"),
        ("effective_from", "soon", "Write the day as YYYY-MM-DD"),
    ],
)
def test_what_is_wrong_stands_at_its_field(name: str, value: str, said: str) -> None:
    made, form = checked(changed(form_of(spec()), **{name: value}))
    assert made is None
    assert [*form.wrong] == [name]
    assert said in form.wrong[name]


def test_days_in_the_wrong_order_are_said_at_the_last_one() -> None:
    _, form = checked(changed(form_of(spec()), effective_from="2026-12-01", effective_to="2026-11-01"))
    assert form.wrong == {"effective_to": "The last day must come after the first day."}


def test_a_row_of_a_condition_carries_its_own_problem_wherever_it_stands() -> None:
    form = form_of(spec(where=WHERE))
    days = next(node for node in form.nodes if node.field == "last_seen_at" and not node.is_group)
    nodes = [replace(node, value="soon") if node.id == days.id else node for node in form.nodes]
    made, form = checked(replace(form, nodes=nodes))
    assert made is None
    assert [node.id for node in form.nodes if node.wrong] == [days.id]
    assert "a whole number of days" in next(node.wrong for node in form.nodes if node.wrong)
    mended, form = checked(replace(form, nodes=[replace(n, value="7") if n.id == days.id else n for n in form.nodes]))
    assert mended is not None
    assert not any(node.wrong for node in form.nodes)


def test_tiers_members_and_products_say_theirs() -> None:
    form = replace(form_of(spec()), products=[], tiers=[TierRow("5", "x"), TierRow("", "1")], members=[MemberRow("m0")])
    _, form = checked(replace(form, nodes=with_scope(form.nodes, "m0")))
    assert form.wrong == {"products": "Choose at least one product."}
    assert form.tiers[0].wrong
    assert not form.tiers[1].wrong
    assert form.members[0].wrong == "Give the member a name, or the name of a rule."
    _, open_end = checked(replace(form_of(spec()), tiers=[TierRow("5", "1")]))
    assert open_end.wrong["tiers"] == "The last tier has no limit: it holds for all units above the others."


def test_rows_are_added_at_the_end_of_their_group_and_leave_with_what_is_in_them() -> None:
    form = form_of(spec(where=WHERE))
    inner = next(node for node in form.nodes if node.is_group and node.how == "any")
    more = added(form.nodes, inner.id, is_group=True)
    assert len(more) == len(form.nodes) + 2
    at = [node.id for node in more].index(inner.id)
    assert [node.depth for node in more[at : at + 5]] == [1, 2, 2, 2, 3]
    less = removed(more, inner.id)
    assert [node.id for node in less if node.id == inner.id] == []
    assert len(less) == len(form.nodes) - 3
    assert removed(form.nodes, form.nodes[0].id) == form.nodes


def test_another_field_keeps_only_an_operator_that_it_has() -> None:
    node = next(node for node in form_of(spec(where=WHERE)).nodes if node.field == "last_seen_at")
    text = drawn(replace(node, field="sku"))
    assert (text.op, text.input) == ("eq", "text")
    assert [each.value for each in text.ops][:2] == ["eq", "ne"]
