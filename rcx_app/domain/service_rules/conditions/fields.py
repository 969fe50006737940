"""What a condition is made of: fields, operators, checked comparisons and groups. Nothing is read or compiled here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GROUPS = ("all", "any", "none")
TEXT_OPS = ("eq", "ne", "in", "not_in", "contains", "starts_with", "matches", "is_empty")
NUMBER_OPS = ("eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "is_empty")
DATE_OPS = ("eq", "ne", "lt", "le", "gt", "ge", "within_days", "older_than_days", "is_empty")
ATTRIBUTE_OPS = (*TEXT_OPS, "lt", "le", "gt", "ge")
OPS = tuple(dict.fromkeys((*TEXT_OPS[:-1], "lt", "le", "gt", "ge", *DATE_OPS)))

# What each field is. Text fields are compared in folded columns; ids as the source writes them, ASCII case ignored.
FIELDS: Mapping[str, str] = {
    "integration": "text",
    "account_id": "text",
    "account_name": "text",
    "seat_id": "text",
    "kind": "text",
    "sku": "text",
    "sku_name": "text",
    "identity": "text",
    "display_name": "text",
    "status": "text",
    "device_class": "text",
    "quantity": "number",
    "created_at": "date",
    "last_seen_at": "date",
}
ATTRIBUTE_PREFIX = "attributes."
MAX_DEPTH = 8
MAX_LEAVES = 200
MAX_DAYS = 36_500
OPS_BY_KIND = {"text": TEXT_OPS, "number": NUMBER_OPS, "date": DATE_OPS, "attribute": ATTRIBUTE_OPS}


class BadCondition(ValueError):
    """A tree that can't be used: where in it (`all[2].value`), what is wrong and what to do."""

    def __init__(self, where: tuple[str | int, ...], problem: str, remedy: str = "") -> None:
        super().__init__(where, problem, remedy)
        self.where = where
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.where).lstrip(".")
        text = f"{place}: {self.problem}" if place else self.problem
        return f"{text} {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One checked comparison. `kind`: text | number | date | attribute.

    `value` is what is compared: folded text, an exact number or a date; `shown` is the same as it was written.
    """

    field: str
    op: str
    value: Any
    kind: str
    shown: Any = None


@dataclass(frozen=True, slots=True)
class Tree:
    """A checked group: `how` is all, any or none of `parts`."""

    how: str
    parts: tuple[Tree | Leaf, ...]


EVERYTHING = Tree("all", ())


def leaves(tree: Tree) -> list[Leaf]:
    """All comparisons of the tree, in order."""
    found: list[Leaf] = []
    for part in tree.parts:
        found += [part] if isinstance(part, Leaf) else leaves(part)
    return found
