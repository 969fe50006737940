"""A rule as a sentence for people, in pieces so that a screen can set the emphasis."""

from __future__ import annotations

from typing import Any

from rcx_app.core.money import format_quantity
from rcx_app.domain.service_rules.conditions import ATTRIBUTE_PREFIX, Leaf, Tree, leaves
from rcx_app.domain.service_rules.presets import FLAT_PACK
from rcx_app.domain.service_rules.schemas import Parts, RuleSpec
from rcx_app.domain.service_rules.terms import Allowance, Member, in_words

NOUNS = {
    "user": ("person", "people"),
    "device": ("device", "devices"),
    "mailbox": ("mailbox", "mailboxes"),
    "workload": ("workload", "workloads"),
    "agent": ("agent", "agents"),
    "site": ("site", "sites"),
    "licence": ("licence", "licences"),
}
FIELD_WORDS = {
    "integration": "integration",
    "account_id": "account id",
    "account_name": "account",
    "seat_id": "seat id",
    "kind": "kind",
    "sku": "SKU",
    "sku_name": "licence",
    "identity": "identity",
    "display_name": "name",
    "status": "status",
    "device_class": "class",
    "quantity": "quantity",
    "created_at": "created",
    "last_seen_at": "last seen",
}
_OPS = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "starts_with": "starts with",
    "matches": "matches",
    "lt": "is under",
    "le": "is at most",
    "gt": "is over",
    "ge": "is at least",
}
_DATE_OPS = {"eq": "on", "ne": "not on", "lt": "before", "le": "on or before", "gt": "after", "ge": "on or after"}


def sentence(spec: RuleSpec) -> Parts:
    """The rule in pieces: ``Count **devices** of **NinjaOne** where *class is server*; at least **1**.``"""
    tree = spec.condition
    parts: list[tuple[str, bool]] = [("Count ", False), (_counted(spec), True)]
    parts += [(" of ", False), (spec.integration or "all integrations", True)]
    said = _condition(tree, is_top=True)
    if said:
        parts += [(" where ", False), *said]
    if spec.multiplier != 1:
        parts += [("; times ", False), (format_quantity(spec.multiplier), True)]
    if spec.included:
        parts += [("; ", False), (format_quantity(spec.included), True), (" included", False)]
    if spec.allowance is not None:
        parts += [("; ", False), (format_quantity(spec.allowance.quantity), True), (" free with each ", False)]
        parts.append((allowed(spec.allowance), True))
    if spec.minimum:
        parts += [("; at least ", False), (format_quantity(spec.minimum), True)]
    if spec.pack_size == FLAT_PACK:
        parts += [("; bill ", False), ("1", True), (" for each client that has any", False)]
    elif spec.pack_size != 1:
        parts += [("; bill per ", False), (format_quantity(spec.pack_size), True)]
    if spec.tiers:
        parts += [("; priced ", False), (in_words(spec.tiers), True)]
        parts.append((", all units at one price" if spec.tier_mode == "volume" else "", False))
    if spec.lines:
        many = "one line" if len(spec.lines) == 1 else f"{len(spec.lines)} lines"
        parts += [("; only on ", False), (many, True)]
    if spec.members:
        parts += [("; with ", False), (listed([member_in_words(each) for each in spec.members]), True)]
    return (*(part for part in parts if part[0]), (".", False))


def allowed(allowance: Allowance) -> str:
    """What units come free with: ``person of M365 where licence is E3``."""
    tree = allowance.condition
    where = conditions_in_words(tree)
    what = _noun(tree, 1)
    named = f"{what} of {allowance.integration}" if allowance.integration else what
    return f"{named} where {where}" if where else named


def member_in_words(member: Member) -> str:
    """``2 Backup``."""
    name = member.name or member.rule
    return name if member.per_unit == 1 else f"{format_quantity(member.per_unit)} {name}"


def listed(names: list[str]) -> str:
    """``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def plain(parts: Parts) -> str:
    """The sentence as one text."""
    return "".join(text for text, _ in parts)


def noun(spec: RuleSpec, count: int | None = None) -> str:
    """What the rule counts, in one word: people, devices, licences; singular for a count of 1."""
    return _noun(spec.condition, count)


def _noun(tree: Tree, count: int | None = None) -> str:
    kinds = {leaf.value for leaf in leaves(tree) if leaf.field == "kind" and leaf.op == "eq"}
    if not kinds and any(leaf.field == "device_class" for leaf in leaves(tree)):
        kinds = {"device"}
    one, many = NOUNS.get(next(iter(kinds)), ("seat", "seats")) if len(kinds) == 1 else ("seat", "seats")
    return one if count == 1 else many


def _counted(spec: RuleSpec) -> str:
    what = noun(spec)
    return {
        "seats": what,
        "distinct": f"different {what}",
        "sum": f"the quantity of {what}",
        "peak": f"the month's peak of {what}",
    }[spec.count]


def conditions_in_words(tree: Tree) -> str:
    """A condition as plain text; empty where it asks nothing."""
    return plain(tuple(_condition(tree, is_top=True)))


def _condition(tree: Tree, *, is_top: bool = False) -> list[tuple[str, bool]]:
    joined: list[tuple[str, bool]] = []
    word = " and " if tree.how == "all" else " or "
    for part in tree.parts:
        said = [(say(part), True)] if isinstance(part, Leaf) else _condition(part)
        if not said:
            continue
        joined += [(word, False), *said] if joined else said
    if not joined:
        return []
    if tree.how == "none":
        return [("not (", False), *joined, (")", False)]
    return joined if is_top or len(tree.parts) == 1 else [("(", False), *joined, (")", False)]


def say(leaf: Leaf) -> str:
    """One comparison in words: ``class is server``, ``last seen within 30 days``."""
    name = FIELD_WORDS.get(leaf.field) or leaf.field.removeprefix(ATTRIBUTE_PREFIX)
    if leaf.op == "is_empty":
        return f"{name} is missing" if leaf.value else f"{name} is given"
    if leaf.op in ("within_days", "older_than_days"):
        days = "1 day" if leaf.value == 1 else f"{leaf.value} days"
        return f"{name} within {days}" if leaf.op == "within_days" else f"{name} more than {days} ago"
    words = _DATE_OPS if leaf.kind == "date" else _OPS
    return f"{name} {words[leaf.op]} {_value(leaf.shown)}"


def _value(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, tuple) else str(value)
