"""Reads and checks condition trees as people and files write them, and writes checked ones in canonical form."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rcx_app.core.money import parse
from rcx_app.core.text import fold
from rcx_app.domain.service_rules.conditions.fields import (
    ATTRIBUTE_PREFIX,
    FIELDS,
    GROUPS,
    MAX_DAYS,
    MAX_DEPTH,
    MAX_LEAVES,
    OPS,
    OPS_BY_KIND,
    BadCondition,
    Leaf,
    Tree,
    leaves,
)
from rcx_app.domain.service_rules.patterns import BadPattern, compiled


def check(where: Mapping[str, Any], *, attributes: Collection[str] = ()) -> Tree:
    """The checked tree of `where`. `attributes` are the folded names of known source columns. Raises BadCondition."""
    tree = _tree(where, (), 0, frozenset(attributes))
    if sum(1 for _ in leaves(tree)) > MAX_LEAVES:
        raise BadCondition((), f"the condition has more than {MAX_LEAVES} comparisons.", "Split it into several rules.")
    return tree


def _tree(where: Any, at: tuple[str | int, ...], depth: int, attributes: frozenset[str]) -> Tree:
    if depth > MAX_DEPTH:
        raise BadCondition(at, f"conditions are nested deeper than {MAX_DEPTH} levels.", "Flatten them.")
    if not isinstance(where, Mapping):
        raise BadCondition(at, "a condition must be a mapping.", "Write all:, any: or none: with a list under it.")
    unknown = [key for key in where if key not in GROUPS]
    if unknown:
        raise BadCondition((*at, str(unknown[0])), f"{unknown[0]!r} is not known here.", "Use all, any or none.")
    groups = [_group(str(how), where[how], (*at, str(how)), depth, attributes) for how in where]
    return groups[0] if len(groups) == 1 else Tree("all", tuple(groups))


def _group(how: str, parts: Any, at: tuple[str | int, ...], depth: int, attributes: frozenset[str]) -> Tree:
    if not isinstance(parts, list | tuple):
        raise BadCondition(at, "a list of comparisons is needed here.", "Start each with a dash.")
    if how == "any" and not parts:
        raise BadCondition(at, "any of nothing would take no seat.", "Add a comparison or remove the group.")
    made: list[Tree | Leaf] = []
    for index, part in enumerate(parts):
        place = (*at, index)
        if isinstance(part, Mapping) and ("field" in part or "op" in part):
            made.append(_leaf(part, place, attributes))
        else:
            made.append(_tree(part, place, depth + 1, attributes))
    return Tree(how, tuple(made))


def _leaf(part: Mapping[str, Any], at: tuple[str | int, ...], attributes: frozenset[str]) -> Leaf:
    for key in part:
        if key not in ("field", "op", "value"):
            raise BadCondition((*at, str(key)), f"{key!r} is not known here.", "A comparison has field, op and value.")
    field, kind = _field(part.get("field"), (*at, "field"), attributes)
    op = part.get("op")
    if op not in OPS:
        problem = f"there is no operator {op!r}{_closest(op, OPS)}."
        raise BadCondition((*at, "op"), problem, f"Use one of {', '.join(OPS)}.")
    if op not in OPS_BY_KIND[kind]:
        allowed = ", ".join(OPS_BY_KIND[kind])
        raise BadCondition((*at, "op"), f"{op} can't be used on {field}.", f"Use one of {allowed}.")
    value = _value(field, str(op), kind, part.get("value"), (*at, "value"), given="value" in part)
    shown = value if op == "matches" else _shown(part.get("value"), value)
    return Leaf(field, str(op), value, kind, shown)


def _shown(written: Any, value: Any) -> Any:
    """A checked value as it was written: only folded text looks different."""
    if isinstance(value, tuple):
        by_value = {fold(str(item)) if isinstance(value[0], str) else item: item for item in reversed(written)}
        return tuple(_shown(by_value.get(item, item), item) for item in value)
    return str(written).strip() if isinstance(value, str) else value


def _field(name: Any, at: tuple[str | int, ...], attributes: frozenset[str]) -> tuple[str, str]:
    if not isinstance(name, str) or not name.strip():
        raise BadCondition(at, "a comparison needs a field.", f"Use one of {', '.join(FIELDS)} or attributes.<name>.")
    if name.strip().lower() in FIELDS:
        return name.strip().lower(), FIELDS[name.strip().lower()]
    is_prefixed = name.lower().startswith(ATTRIBUTE_PREFIX)
    key = fold(name[len(ATTRIBUTE_PREFIX) :] if is_prefixed else name)
    if not (is_prefixed or key in attributes):
        known = [*FIELDS, *(ATTRIBUTE_PREFIX + each for each in sorted(attributes))]
        raise BadCondition(
            at,
            f"there is no field {name!r}{_closest(name, known)}.",
            f"Use one of {', '.join(FIELDS)}, or attributes.<name> for another column of the source.",
        )
    if not key or any(char in '"\\' or ord(char) < 32 for char in key):
        raise BadCondition(at, f"{name!r} can't be the name of an attribute.", "Leave out quotes and backslashes.")
    return ATTRIBUTE_PREFIX + key, "attribute"


def _closest(word: Any, known: Collection[str]) -> str:
    near = difflib.get_close_matches(str(word), known, n=3, cutoff=0.5)
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def _value(field: str, op: str, kind: str, value: Any, at: tuple[str | int, ...], *, given: bool) -> Any:
    if op == "is_empty":
        if not given or value is None:
            return True
        if not isinstance(value, bool):
            raise BadCondition(at, "is_empty takes true or false.", "Leave the value out for true.")
        return value
    if value is None:
        raise BadCondition(at, f"{op} on {field} needs a value.", "Use is_empty to ask for missing values.")
    if op in ("in", "not_in"):
        if not isinstance(value, list | tuple) or not value:
            raise BadCondition(at, f"{op} needs a list with at least one value.", "Write it as [a, b].")
        each = [_single(field, op, kind, item, (*at, index)) for index, item in enumerate(value)]
        return tuple(dict.fromkeys(each))
    return _single(field, op, kind, value, at)


def _single(field: str, op: str, kind: str, value: Any, at: tuple[str | int, ...]) -> Any:
    if op in ("within_days", "older_than_days"):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_DAYS:
            raise BadCondition(at, f"{op} needs a whole number of days from 0 to {MAX_DAYS}, not {value!r}.")
        return value
    if kind == "date":
        return _date(field, value, at)
    if kind == "number" or (kind == "attribute" and op in ("lt", "le", "gt", "ge")):
        return _number(field, value, at)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadCondition(at, f"{field} is compared with text, not with {value!r}.", "Put the text in quotes.")
    text = str(value)
    if op == "matches":
        try:
            compiled(text)
        except BadPattern as error:
            raise BadCondition(at, f"{error}.", "docs/rules.md lists what a pattern may hold.") from error
        return text
    if not fold(text):
        raise BadCondition(at, f"{op} on {field} needs a value.", "Use is_empty to ask for missing values.")
    return fold(text)


def _number(field: str, value: Any, at: tuple[str | int, ...]) -> Decimal:
    problem = BadCondition(at, f"{field} is compared with a number of at most six decimals, not with {value!r}.")
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise problem
    try:
        return parse(str(value))
    except ValueError as error:
        raise problem from error


def _date(field: str, value: Any, at: tuple[str | int, ...]) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        remedy = "Write it as YYYY-MM-DD, or use within_days or older_than_days."
        raise BadCondition(at, f"{field} is compared with a date, not with {value!r}.", remedy) from error


def to_json(tree: Tree) -> dict[str, Any]:
    """The tree as plain data, in its canonical form (stored, dumped to YAML)."""
    parts = [_leaf_json(part) if isinstance(part, Leaf) else to_json(part) for part in tree.parts]
    return {tree.how: parts} if parts or tree.how != "all" else {}


def _leaf_json(leaf: Leaf) -> dict[str, Any]:
    made: dict[str, Any] = {"field": leaf.field, "op": leaf.op}
    if leaf.op == "is_empty" and leaf.value is True:
        return made
    value = [_plain(item) for item in leaf.shown] if isinstance(leaf.shown, tuple) else _plain(leaf.shown)
    return {**made, "value": value}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value.isoformat() if isinstance(value, date) else value
