"""Condition trees as rows of a form: a flat list in reading order, each with its depth. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rcx_app.domain.service_rules.conditions.fields import ATTRIBUTE_PREFIX, FIELDS, GROUPS, OPS_BY_KIND
from rcx_app.ui.pages.services.rows import Choice

OP_WORDS = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "starts_with": "starts with",
    "matches": "matches",
    "is_empty": "is missing",
    "lt": "under",
    "le": "at most",
    "gt": "over",
    "ge": "at least",
    "within_days": "within days",
    "older_than_days": "older than days",
}
_INPUT_OF_KIND = {"number": "number", "date": "date"}


@dataclass
class Node:
    """A group (`how` of the rows below it that stand deeper) or a comparison. `scope`: rule, allow or a member's id.

    `input`: text | number | days | date | lines | none, what `value` is typed into. `root` groups can't be removed.
    """

    id: str
    scope: str
    depth: int
    is_group: bool
    how: str = "all"
    field: str = "kind"
    op: str = "eq"
    value: str = ""
    wrong: str = ""
    root: bool = False
    input: str = "text"
    ops: list[Choice] = dataclasses.field(default_factory=list)
    indent: str = "0px"
    name: str = ""


def kind_of(name: str) -> str:
    return FIELDS.get(name, "attribute")


def drawn(node: Node) -> Node:
    """The node with what follows from its field and operator."""
    if node.is_group:
        return replace(node, indent=f"{node.depth * 16}px")
    kind = kind_of(node.field)
    allowed = OPS_BY_KIND[kind]
    op = node.op if node.op in allowed else allowed[0]
    if op == "is_empty":
        shown = "none"
    elif op in ("within_days", "older_than_days"):
        shown = "days"
    elif op in ("in", "not_in"):
        shown = "lines"
    else:
        shown = _INPUT_OF_KIND.get(kind, "text")
    value = node.value
    if shown == "none":
        value = "false" if value == "false" else "true"
    elif node.input == "none" and node.ops:
        value = ""
    return replace(
        node,
        op=op,
        value=value,
        input=shown,
        indent=f"{node.depth * 16}px",
        ops=[Choice(each, OP_WORDS[each], "") for each in allowed],
        name=f"{node.field.removeprefix(ATTRIBUTE_PREFIX).replace('_', ' ')} {OP_WORDS[op]}",
    )


def nodes_of(where: Mapping[str, Any], scope: str, ids: Sequence[int] = ()) -> list[Node]:
    """A canonical condition as rows. `ids`: numbers are given from their maximum on."""
    numbers = iter(range(max(ids, default=0) + 1, 10**9))
    how = next(iter(where), "all")
    made: list[Node] = []

    def group(how: str, parts: Sequence[Any], depth: int) -> None:
        made.append(Node(str(next(numbers)), scope, depth, True, how=how, root=depth == 0))
        for part in parts:
            if "field" in part:
                leaf = Node(str(next(numbers)), scope, depth + 1, False, field=part["field"], op=part["op"])
                made.append(replace(leaf, value=_text(part.get("value", True))))
            else:
                inner = next(iter(part), "all")
                group(inner, part.get(inner, ()), depth + 1)

    group(how, where.get(how, ()), 0)
    return [drawn(node) for node in made]


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(str(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def condition_of(nodes: Sequence[Node]) -> tuple[dict[str, Any], dict[tuple[str | int, ...], str]]:
    """One scope's rows as a condition, and the row of each place in it."""
    places: dict[tuple[str | int, ...], str] = {}
    if not nodes:
        return {}, places
    stack: list[tuple[int, list[Any], tuple[str | int, ...]]] = []
    whole: dict[str, Any] = {}
    for node in nodes:
        while stack and stack[-1][0] >= node.depth:
            stack.pop()
        at: tuple[str | int, ...] = ()
        if stack:
            at = (*stack[-1][2], len(stack[-1][1]))
        if node.is_group:
            parts: list[Any] = []
            made = {node.how if node.how in GROUPS else "all": parts}
            if stack:
                stack[-1][1].append(made)
            else:
                whole = made
            places[at] = node.id
            stack.append((node.depth, parts, (*at, node.how)))
        elif stack:
            stack[-1][1].append(_comparison(node))
            places[at] = node.id
    return (whole if whole.get("all") != [] else {}), places


def _comparison(node: Node) -> dict[str, Any]:
    value: Any = node.value.strip()
    if node.input == "days":
        value = int(value) if value.isascii() and value.isdecimal() else value
    elif node.input == "lines":
        value = [line.strip() for line in node.value.splitlines() if line.strip()]
    elif node.input == "none":
        value = node.value != "false"
    return {"field": node.field, "op": node.op, "value": value}


def added(nodes: Sequence[Node], group_id: str, *, is_group: bool) -> list[Node]:
    """A new row at the end of a group; a new group begins with one comparison."""
    at = _end(nodes, group_id)
    parent = next(node for node in nodes if node.id == group_id)
    new_id = max((int(node.id) for node in nodes), default=0) + 1
    new = [Node(str(new_id), parent.scope, parent.depth + 1, is_group, how="any" if is_group else "all")]
    if is_group:
        new.append(Node(str(new_id + 1), parent.scope, parent.depth + 2, False))
    return [*nodes[:at], *(drawn(each) for each in new), *nodes[at:]]


def removed(nodes: Sequence[Node], node_id: str) -> list[Node]:
    """Without a row, and without what stands in it."""
    start = next((at for at, node in enumerate(nodes) if node.id == node_id and not node.root), None)
    return [*nodes] if start is None else [*nodes[:start], *nodes[_end(nodes, node_id) :]]


def _end(nodes: Sequence[Node], node_id: str) -> int:
    start = next(at for at, node in enumerate(nodes) if node.id == node_id)
    own = nodes[start]
    end = start + 1
    while end < len(nodes) and nodes[end].scope == own.scope and nodes[end].depth > own.depth:
        end += 1
    return end
