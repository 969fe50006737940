"""Units of usage and billed products as `matching` takes them, and its reasons as a suggestion stores them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from matching.services.vendors import is_known
from matching.types import Candidate, Reason, Service
from rcx_app.core.money import MICROS
from rcx_app.domain.service_rules.units import BilledFact, Unit, UnitName

_NOUNS = {"user": "user", "device": "device", "agent": "agent", "mailbox": "mailbox", "workload": "workload"}
_LEAST_SHOWN = 0.005  # log-odds
_RULES = frozenset({"code", "catalogue", "veto", "bundle", "lump_sum"})  # told whatever they add


def used(units: Sequence[Unit]) -> list[Service]:
    """The units, by position; quantities of clients that have the integration but none of the unit are 0."""
    found = []
    for number, unit in enumerate(units):
        quantities = {str(client): unit.by_client.get(client, 0) / MICROS for client in sorted(unit.present)}
        found.append(
            Service(
                id=str(number),
                name=_name(unit.name),
                sku=unit.name.sku,
                vendor=_vendor(unit.name),
                unit=unit.name.kind,
                quantities=quantities,
                unit_price=_number(unit.cost),
            )
        )
    return found


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _vendor(name: UnitName) -> str:
    """The name by which products might mention it: the label people chose, unless only the vendor's own is known."""
    return name.vendor if name.vendor and is_known(name.vendor) and not is_known(name.integration) else name.integration


def _name(name: UnitName) -> str:
    if name.sku_name or name.sku:
        return name.sku_name or name.sku
    return f"{name.integration} {name.device_class or _NOUNS.get(name.kind, '')}".strip()


def billed(facts: Iterable[BilledFact], taken: Iterable[str]) -> list[Service]:
    """The products that have no rule yet, by key."""
    names: dict[str, tuple[str, str]] = {}
    quantities: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    prices: dict[str, float | None] = {}
    left_out = {*taken}
    for fact in facts:
        if fact.product_key not in left_out:
            names.setdefault(fact.product_key, (fact.code, fact.name))
            prices.setdefault(fact.product_key, _number(fact.price))
            quantities[fact.product_key][str(fact.client_id)] += fact.quantity / MICROS
    return [
        Service(
            id=key,
            name=names[key][1] or names[key][0],
            sku=names[key][0],
            quantities=dict(quantities[key]),
            unit_price=prices[key],
        )
        for key in sorted(names)
    ]


def as_json(candidate: Candidate, held: Reason | None = None) -> tuple[Mapping[str, Any], ...]:
    """Reasons as stored, strongest first. `held` is what kept a candidate from being ticked in advance."""
    told = [each for each in candidate.reasons if abs(each.weight) >= _LEAST_SHOWN or each.code in _RULES]
    if held is not None:
        told.append(held)
    ordered = sorted(told, key=lambda each: (-abs(each.weight), each.code))
    return tuple(_json(each) for each in ordered)


def _json(reason: Reason) -> dict[str, Any]:
    weight = f"{reason.weight:.2f}"
    return {"code": reason.code, "text": reason.text, "left": reason.left, "right": reason.right, "weight": weight}


def log_odds(confidence: float) -> float:
    """Log-odds of a confidence between 0 and 1."""
    return math.log(confidence / (1.0 - confidence))
