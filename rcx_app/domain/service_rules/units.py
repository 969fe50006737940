"""What is billed and what can be counted: facts of lines and usage, and the units that a rule could count. Pure.

Units, by integration: each SKU; where there is none each device class, and each kind; and a kind of things over all
its SKUs where each of them comes as a quantity (workloads by their sort). A unit with quantities of its own is summed,
any other counted by seats.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from rcx_app.core.text import fold

_MICROS = 1_000_000
_THINGS = frozenset({"workload", "device", "agent", "mailbox", "site"})


@dataclass(frozen=True, slots=True)
class UnitName:
    """What a unit of usage is called: its integration (label and vendor), SKU, class, kind; empty where it has none."""

    integration: str
    sku: str = ""
    sku_name: str = ""
    device_class: str = ""
    kind: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class UsageFact:
    """Live seats of one client (None: mapped to none) that look alike. `quantity` in millionths, over rows with one.
    `cost`: what one of them costs the MSP a month, where that is known."""

    integration: str
    kind: str
    sku: str
    sku_name: str
    device_class: str
    client_id: int | None
    seats: int
    with_quantity: int
    quantity: int
    vendor: str = ""
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BilledFact:
    """What one client's active lines of a product bill, in millionths. `price`: what one is sold at a month, over all
    clients, in the currency of costs; None where that is not known."""

    product_key: str
    code: str
    name: str
    client_id: int
    quantity: int
    price: Decimal | None = None


@dataclass(slots=True)
class Unit:
    """Something that can be counted, with its counts by client (millionths). `cost`: where all of it costs the same."""

    name: UnitName
    preset: str
    where: list[dict[str, str]]
    count: str = "seats"
    by_client: dict[int, int] = field(default_factory=dict)
    present: set[int] = field(default_factory=set)
    is_whole: bool = False
    cost: Decimal | None = None

    @property
    def family(self) -> tuple[str, str]:
        """Units of one family take the same seats: a kind over all its SKUs, and each of these."""
        return self.name.integration, self.name.kind


def units_of(usage: Iterable[UsageFact]) -> list[Unit]:
    """Everything that can be counted, in a stable order."""
    facts = list(usage)
    kinds: dict[str, set[str]] = defaultdict(set)
    present: dict[str, set[int]] = defaultdict(set)
    for fact in facts:
        kinds[fact.integration].add(fact.kind)
        if fact.client_id is not None:
            present[fact.integration].add(fact.client_id)
    grouped: dict[tuple[str, ...], list[UsageFact]] = defaultdict(list)
    for fact in facts:
        if fact.sku or fact.sku_name:
            grouped[fact.integration, "sku", fold(fact.sku), "" if fact.sku else fold(fact.sku_name)].append(fact)
            if fact.kind in _THINGS and fact.with_quantity == fact.seats:
                grouped[fact.integration, "whole", fact.kind].append(fact)
            continue
        if fact.kind == "device" and fact.device_class:
            grouped[fact.integration, "class", fact.device_class].append(fact)
        grouped[fact.integration, "kind", fact.kind].append(fact)
    made = [
        _unit(key, grouped[key], len(kinds[key[0]]) > 1)
        for key in sorted(grouped)
        if key[1] != "whole" or len({fact.sku or fact.sku_name for fact in grouped[key]}) > 1
    ]
    for unit in made:
        unit.present = present[unit.name.integration]
    return made


def _unit(key: tuple[str, ...], facts: Sequence[UsageFact], has_several_kinds: bool) -> Unit:
    first = min(facts, key=lambda fact: (fact.sku, fact.sku_name))
    kinds = {fact.kind for fact in facts}
    kind = kinds.pop() if len(kinds) == 1 else ""
    where: list[dict[str, str]] = []
    if kind and kind != "other" and (has_several_kinds or key[1] in ("sku", "kind", "whole")):
        where.append({"field": "kind", "op": "eq", "value": kind})
    if key[1] == "sku":
        name = UnitName(first.integration, first.sku, first.sku_name, kind=kind, vendor=first.vendor)
        named = {"field": "sku", "value": first.sku} if first.sku else {"field": "sku_name", "value": first.sku_name}
        where.append({"field": named["field"], "op": "eq", "value": named["value"]})
        preset = "licence" if kind in ("user", "licence", "") else f"per_{kind}"
    elif key[1] == "class":
        name = UnitName(first.integration, device_class=key[2], kind="device", vendor=first.vendor)
        where.append({"field": "device_class", "op": "eq", "value": key[2]})
        preset = f"per_{key[2]}"
    else:
        name = UnitName(first.integration, kind=kind, vendor=first.vendor)
        preset = f"per_{kind}" if kind else "per_seat"
    is_whole = key[1] == "whole"
    unit = Unit(name, preset, where, is_whole=is_whole)
    fill(unit, facts, is_sum=is_whole or kind == "licence")
    return unit


def fill(unit: Unit, facts: Iterable[UsageFact], *, is_sum: bool = False) -> None:
    """Count facts into a unit: summed where `is_sum` or where every seat has a quantity of its own, else by seats."""
    held = list(facts)
    seats, with_quantity = sum(fact.seats for fact in held), sum(fact.with_quantity for fact in held)
    has_own = with_quantity == seats and any(fact.quantity != fact.with_quantity * _MICROS for fact in held)
    unit.count = "sum" if is_sum or has_own else "seats"
    costs = {fact.cost for fact in held}
    unit.cost = costs.pop() if len(costs) == 1 else None
    for fact in held:
        if fact.client_id is not None:
            missing = (fact.seats - fact.with_quantity) * _MICROS
            value = fact.quantity + missing if unit.count == "sum" else fact.seats * _MICROS
            unit.by_client[fact.client_id] = unit.by_client.get(fact.client_id, 0) + value
