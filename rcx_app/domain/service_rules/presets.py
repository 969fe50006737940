"""Rules inferred where none are given: which PSA product bills which unit of usage. Pure; the facts come in as values.

Units of usage, by integration: each SKU; where there is none each device class, and each kind; and a kind of things
over all its SKUs where each of them comes as a quantity (workloads by their sort). A unit with quantities of its own
is summed, any other counted by seats. Evidence for (product, unit) is the name (see `evidence`) and
the counts: at clients that have both, is what is billed what is used? The sum is the log-odds of the confidence.
Products and units are then paired, best first, each at most once, so that no two rules count one product.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from rcx_app.core.text import fold
from rcx_app.domain.service_rules.evidence import Reason, UnitName, as_json, name_evidence
from rcx_app.domain.service_rules.schemas import InferredRule, RuleSpec

FLOOR = Decimal("0.5")
_START = -3.5
_MICROS = 1_000_000
_THINGS = frozenset({"workload", "device", "agent", "mailbox", "site"})
_SMALL = 3
"""Counts under this agree by chance too often to say anything."""


@dataclass(frozen=True, slots=True)
class UsageFact:
    """Live seats of one client (None: mapped to none) that look alike. `quantity` in millionths, over rows with one."""

    integration: str
    kind: str
    sku: str
    sku_name: str
    device_class: str
    client_id: int | None
    seats: int
    with_quantity: int
    quantity: int


@dataclass(frozen=True, slots=True)
class BilledFact:
    """What one client's active lines of a product bill, in millionths."""

    product_key: str
    code: str
    name: str
    client_id: int
    quantity: int


@dataclass(slots=True)
class Unit:
    """Something that can be counted, with its counts by client (millionths)."""

    name: UnitName
    preset: str
    where: list[dict[str, str]]
    count: str = "seats"
    by_client: dict[int, int] = field(default_factory=dict)
    present: set[int] = field(default_factory=set)
    is_whole: bool = False

    @property
    def family(self) -> tuple[str, str]:
        """Units of one family take the same seats: a kind over all its SKUs, and each of these."""
        return self.name.integration, self.name.kind


@dataclass(slots=True)
class _Product:
    key: str
    code: str
    name: str
    by_client: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def infer(billed: Iterable[BilledFact], usage: Iterable[UsageFact], *, taken: Iterable[str] = ()) -> list[InferredRule]:
    """Suggested rules, most certain first. `taken` are the folded codes of products that have a rule already."""
    products = _products(billed, {*taken})
    units = units_of(usage)
    integrations = sorted({unit.name.integration for unit in units})
    scored = []
    for unit in units:
        for product in products:
            reasons = name_evidence(product.code, product.name, unit.name, integrations)
            reasons += count_evidence(product.by_client, unit)
            confidence = _confidence(reasons)
            if confidence >= FLOOR and _is_founded(reasons):
                scored.append((-confidence, product.key, unit.name.integration, unit.where, unit, product, reasons))
    found: list[InferredRule] = []
    used_products: set[str] = set()
    used_units: set[int] = set()
    used_families: dict[tuple[str, str], bool] = {}
    names: set[str] = set()
    for minus, key, _, _, unit, product, reasons in sorted(scored, key=lambda each: (*each[:3], str(each[3]))):
        if key in used_products or id(unit) in used_units:
            continue
        if unit.family in used_families and (unit.is_whole or used_families[unit.family]):
            continue
        used_families[unit.family] = unit.is_whole
        used_products.add(key)
        used_units.add(id(unit))
        spec = _spec(product, unit, names)
        names.add(spec.name)
        found.append(InferredRule(spec, unit.preset, -minus, as_json(reasons)))
    return found


def _is_founded(reasons: Sequence[Reason]) -> bool:
    """Something must speak for the pair beyond counts of one, and nothing may veto it."""
    codes = {reason.code for reason in reasons if reason.weight > 0}
    vetoes = {reason.code for reason in reasons if reason.weight <= -4}
    return bool(codes - {"kind"}) and not vetoes


def _products(billed: Iterable[BilledFact], taken: set[str]) -> list[_Product]:
    found: dict[str, _Product] = {}
    for fact in billed:
        if fact.product_key not in taken:
            product = found.setdefault(fact.product_key, _Product(fact.product_key, fact.code, fact.name))
            product.by_client[fact.client_id] += fact.quantity
    return [found[key] for key in sorted(found)]


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
        name = UnitName(first.integration, first.sku, first.sku_name, kind=kind)
        named = {"field": "sku", "value": first.sku} if first.sku else {"field": "sku_name", "value": first.sku_name}
        where.append({"field": named["field"], "op": "eq", "value": named["value"]})
        preset = "licence" if kind in ("user", "licence", "") else f"per_{kind}"
    elif key[1] == "class":
        name = UnitName(first.integration, device_class=key[2], kind="device")
        where.append({"field": "device_class", "op": "eq", "value": key[2]})
        preset = f"per_{key[2]}"
    else:
        name = UnitName(first.integration, kind=kind)
        preset = f"per_{kind}" if kind else "per_seat"
    seats = sum(fact.seats for fact in facts)
    is_sum = sum(fact.with_quantity for fact in facts) == seats and any(
        fact.quantity != fact.with_quantity * _MICROS for fact in facts
    )
    is_whole = key[1] == "whole"
    unit = Unit(name, preset, where, "sum" if is_sum or is_whole or kind == "licence" else "seats", is_whole=is_whole)
    for fact in facts:
        if fact.client_id is not None:
            missing = (fact.seats - fact.with_quantity) * _MICROS
            value = fact.quantity + missing if unit.count == "sum" else fact.seats * _MICROS
            unit.by_client[fact.client_id] = unit.by_client.get(fact.client_id, 0) + value
    return unit


def count_evidence(billed: Mapping[int, int], unit: Unit) -> list[Reason]:
    """Do billed and used quantities agree at clients that have both? Only counts that chance rarely meets are heard."""
    reachable = [client for client in billed if client in unit.present]
    both = [client for client in reachable if client in unit.by_client]
    if not reachable:
        return []
    found = []
    telling = [client for client in both if max(billed[client], unit.by_client[client]) >= _SMALL * _MICROS]
    if telling:
        close = sum(_is_close(billed[client], unit.by_client[client]) for client in telling)
        weight = round(7.0 * (close / len(telling) - 0.45) * min(1.0, len(telling) / 4), 2)
        text = f"Billed and used agree at {close} of {len(telling)} clients"
        code = "counts" if weight > 0 else "other_counts"
        found.append(Reason(code, text, str(len(telling)), str(close), max(weight, -3.0)))
    share = len(both) / len(reachable)
    if share < 0.5:
        text = f"Only {len(both)} of {len(reachable)} clients that are billed use it"
        found.append(Reason("coverage", text, str(len(reachable)), str(len(both)), round(-3.0 * (1 - share), 2)))
    return found


def _is_close(billed: int, used: int) -> bool:
    return abs(billed - used) * 10 <= max(billed, used) or abs(billed - used) <= _MICROS


def _confidence(reasons: Iterable[Reason]) -> Decimal:
    odds = _START + sum(reason.weight for reason in reasons)
    return Decimal(f"{1 / (1 + math.exp(-odds)):.4f}")


def _spec(product: _Product, unit: Unit, names: set[str]) -> RuleSpec:
    name = product.name or product.code
    if name in names:
        name = f"{name} ({product.code})"
    where = {"all": unit.where} if unit.where else {}
    return RuleSpec(
        name=name[:200],
        products=(product.code,),
        integration=unit.name.integration,
        count=unit.count,
        where=where,
    )
