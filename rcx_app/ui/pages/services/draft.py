"""A rule as a form: its fields as text, and what is wrong with each, in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from rcx_app.core.money import format_quantity
from rcx_app.domain.service_rules.conditions import BadCondition
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.service_rules.terms import Allowance
from rcx_app.ui.pages.services.tree import Node, condition_of, nodes_of

TEXTS = (
    "name", "integration", "count", "included", "minimum", "pack_size", "multiplier", "tier_mode",
    "effective_from", "effective_to", "allow_quantity", "allow_integration", "allow_count",
)  # fmt: skip
"""Fields that hold one text each."""
_DEFAULTS = {"included": "0", "minimum": "0", "pack_size": "1", "multiplier": "1"}
_SAID = (
    ("'' is not a number", "A number is missing"),
    ("has no up_to", "has no limit"),
    ("without up_to", "without a limit"),
    ("up_to", "The limit"),
    ("effective_to", "the last day"),
    ("effective_from", "the first day"),
    ("Input should be a valid date", "Write the day as YYYY-MM-DD"),
    ("Input should be", "It must be"),
    ("Field required", "It is missing"),
)


@dataclass
class TierRow:
    """A tier as typed; an empty `up_to` holds for all units above."""

    up_to: str = ""
    price: str = ""
    wrong: str = ""


@dataclass
class MemberRow:
    """A member of a bundle as typed. `rule` empty: it says itself what to count, in the rows of its scope."""

    scope: str
    name: str = ""
    rule: str = ""
    integration: str = ""
    count: str = "distinct"
    per_unit: str = "1"
    wrong: str = ""


@dataclass
class Form:
    """A rule as it is being edited. `wrong`: what is wrong, by field; problems of rows stand at the rows."""

    texts: dict[str, str] = field(default_factory=dict)
    products: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    tiers: list[TierRow] = field(default_factory=list)
    members: list[MemberRow] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    has_allowance: bool = False
    wrong: dict[str, str] = field(default_factory=dict)


def is_own_name(name: str, form: Form) -> bool:
    """Whether nobody typed a member's name: it is the one that the form gave it, or that of the rule it names."""
    return not name or bool(re.fullmatch(r"Member \d+", name)) or name in {row.rule for row in form.members}


def _number(value: Any) -> str:
    return format_quantity(value).replace(",", "").replace("−", "-")


def form_of(spec: RuleSpec | None = None) -> Form:
    """A saved rule as a form; an empty one where there is none."""
    if spec is None:
        texts = dict.fromkeys(TEXTS, "") | _DEFAULTS
        texts |= {"count": "seats", "tier_mode": "graduated", "allow_quantity": "1", "allow_count": "distinct"}
        return Form(texts=texts, nodes=[*nodes_of({}, "rule")], wrong={})
    allowance = spec.allowance
    texts = {
        "name": spec.name,
        "integration": spec.integration,
        "count": spec.count,
        **{name: _number(getattr(spec, name)) for name in _DEFAULTS},
        "tier_mode": spec.tier_mode,
        "effective_from": spec.effective_from.isoformat() if spec.effective_from else "",
        "effective_to": spec.effective_to.isoformat() if spec.effective_to else "",
        "allow_quantity": _number(allowance.quantity) if allowance else "1",
        "allow_integration": allowance.integration if allowance else "",
        "allow_count": allowance.count if allowance else "distinct",
    }
    nodes = nodes_of(spec.where, "rule")
    if allowance is not None:
        nodes += nodes_of(allowance.where, "allow", _ids(nodes))
    members = []
    for number, member in enumerate(spec.members):
        scope = f"m{number}"
        row = MemberRow(scope, member.name, member.rule, member.integration, member.count, _number(member.per_unit))
        members.append(row)
        if not member.rule:
            nodes += nodes_of(member.where, scope, _ids(nodes))
    return Form(
        texts=texts,
        products=list(spec.products),
        lines=list(spec.lines),
        tiers=[
            TierRow(_number(each.up_to) if each.up_to is not None else "", _number(each.price)) for each in spec.tiers
        ],
        members=members,
        nodes=nodes,
        has_allowance=isinstance(allowance, Allowance),
    )


def _ids(nodes: Sequence[Node]) -> list[int]:
    return [int(node.id) for node in nodes]


def with_scope(nodes: Sequence[Node], scope: str) -> list[Node]:
    """The rows with an empty condition of a new scope."""
    return [*nodes, *nodes_of({}, scope, _ids(nodes))]


Places = dict[tuple[str | int, ...], str]


def raw_of(form: Form) -> tuple[dict[str, Any], dict[str, Places]]:
    """The rule as plain data to be checked, and the rows of each condition's places, by scope."""
    texts = form.texts
    places: dict[str, Places] = {}

    def where(scope: str) -> dict[str, Any]:
        made, places[scope] = condition_of([node for node in form.nodes if node.scope == scope])
        return made

    raw: dict[str, Any] = {
        "name": texts["name"],
        "products": list(form.products),
        "integration": texts["integration"],
        "count": texts["count"],
        "where": where("rule"),
        "lines": list(form.lines),
        "tier_mode": texts["tier_mode"],
        "tiers": [{"up_to": row.up_to.strip() or None, "price": row.price.strip()} for row in form.tiers],
        "effective_from": texts["effective_from"] or None,
        "effective_to": texts["effective_to"] or None,
        **{name: texts[name].strip() or usual for name, usual in _DEFAULTS.items()},
    }
    if form.has_allowance:
        raw["allowance"] = {
            "quantity": texts["allow_quantity"].strip(),
            "integration": texts["allow_integration"],
            "count": texts["allow_count"],
            "where": where("allow"),
        }
    raw["members"] = [_member(row, where) for row in form.members]
    return raw, places


def _member(row: MemberRow, where: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"name": row.name, "per_unit": row.per_unit.strip() or "1"}
    if row.rule:
        return {**made, "rule": row.rule}
    return {**made, "integration": row.integration, "count": row.count, "where": where(row.scope)}


def checked(form: Form) -> tuple[RuleSpec | None, Form]:
    """The rule where all is well, and the form with what is wrong at its fields."""
    clean = replace(
        form,
        wrong={},
        tiers=[replace(row, wrong="") for row in form.tiers],
        members=[replace(row, wrong="") for row in form.members],
        nodes=[replace(node, wrong="") for node in form.nodes],
    )
    raw, places = raw_of(clean)
    try:
        return RuleSpec.model_validate(raw), clean
    except ValidationError as error:
        for each in error.errors():
            _place(clean, places, each)
        return None, clean


def _place(form: Form, places: Mapping[str, Places], error: Any) -> None:
    """Put one problem to the field it belongs to."""
    loc = tuple(error["loc"])
    cause = error.get("ctx", {}).get("error")
    said = _words(error)
    first = str(loc[0]) if loc else "whole"
    if isinstance(cause, BadCondition):
        scope = "allow" if first == "allowance" else form.members[int(loc[1])].scope if first == "members" else "rule"
        row = _row_of(places.get(scope, {}), cause.where)
        for node in form.nodes:
            if node.id == row:
                node.wrong = _about(cause)
        return
    if first == "tiers" and len(loc) > 1:
        form.tiers[int(loc[1])].wrong = said
    elif first == "members" and len(loc) > 1:
        form.members[int(loc[1])].wrong = said
    elif first == "allowance":
        form.wrong["allow_quantity"] = said
    elif not loc:
        form.wrong["effective_to"] = said
    elif error["type"] in ("string_too_short", "too_short"):
        form.wrong[first] = "Choose at least one product." if first == "products" else "A rule needs a name."
    else:
        form.wrong[first] = said


def _about(cause: BadCondition) -> str:
    """A problem of a row. The field and operator stand beside it, so they are not told by their written names."""
    if cause.problem.endswith("needs a value."):
        return "Give a value, or ask whether it is missing."
    if "needs a list" in cause.problem:
        return "Give at least one value."
    if "whole number of days" in cause.problem:
        return "Give a whole number of days."
    return f"{cause.problem[:1].upper()}{cause.problem[1:]} {cause.remedy}".strip()


def _row_of(places: Places, where: tuple[str | int, ...]) -> str:
    at = where
    while at and at not in places:
        at = at[:-1]
    return places.get(at, "")


def _words(error: Any) -> str:
    said = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    for old, new in _SAID:
        said = said.replace(old, new)
    return f"{said[:1].upper()}{said[1:]}."
