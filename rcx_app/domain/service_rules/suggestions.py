"""Rules inferred from lines and usage: which PSA product bills which unit of usage. Pure; `matching` judges each pair.

Units and products are paired best first, each at most once, so that no two rules count one product and no seat of an
integration is counted by a kind as a whole and by one of its sorts.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from matching.services.engine import match_services
from matching.types import Candidate, Reason, Service, Thresholds
from matching.types import Decided as DecidedPair
from rcx_app.core.text import fold
from rcx_app.domain.service_rules import evidence
from rcx_app.domain.service_rules.schemas import InferredRule, RuleSpec
from rcx_app.domain.service_rules.units import BilledFact, Unit, UsageFact, units_of

FLOOR = Decimal("0.5")
PRESELECT = Decimal("0.85")
MOST_CANDIDATES = 8
_STEP = Decimal("0.0001")
UnitKey = tuple[str, str]


def unit_key(integration: str, where: Mapping[str, Any]) -> UnitKey:
    """What names a unit across runs: its integration and its SKU, class or kind, whatever else its condition says."""
    said = {}
    for leaf in where.get("all", ()):
        if isinstance(leaf, Mapping) and leaf.get("op") == "eq":
            said[str(leaf.get("field"))] = fold(str(leaf.get("value")))
    telling = next((field for field in ("sku", "sku_name", "device_class", "kind") if field in said), "")
    return fold(integration), f"{telling}={said[telling]}" if telling else ""


def infer(
    billed: Iterable[BilledFact],
    usage: Iterable[UsageFact],
    *,
    taken: Iterable[str] = (),
    rejected: Iterable[tuple[UnitKey, str]] = (),
    preselect: Decimal = PRESELECT,
) -> list[InferredRule]:
    """Suggested rules, most certain first. `taken` are the folded codes of products that have a rule already,
    `rejected` the (unit, product key) that a person refused. What must not be ticked stays under `preselect`.
    """
    products = evidence.billed(billed, taken)
    units = units_of(usage)
    return [_inferred(each, preselect) for each in pairs(units, products, rejected=rejected, preselect=preselect)]


@dataclass(frozen=True, slots=True)
class Pair:
    """A unit and the product that it is best paired with, and what `matching` says of them."""

    unit: Unit
    product: Service
    candidate: Candidate
    spec: RuleSpec

    @property
    def is_sure(self) -> bool:
        """Whether it may be ticked in advance."""
        return self.candidate.verdict == "preselect"


def pairs(
    units: Sequence[Unit],
    products: Sequence[Service],
    *,
    rejected: Iterable[tuple[UnitKey, str]] = (),
    preselect: Decimal = PRESELECT,
) -> list[Pair]:
    """Units paired with products, each at most once, most certain first; only pairs that are more likely than not."""
    if not products or not units:
        return []
    keys = [unit_key(unit.name.integration, {"all": unit.where}) for unit in units]
    refused = {*rejected}
    decided = [
        DecidedPair(str(number), product.id, "rejected")
        for number, key in enumerate(keys)
        for product in products
        if (key, product.id) in refused
    ]
    found = match_services(
        evidence.used(units),
        products,
        thresholds=_thresholds(preselect),
        top_n=MOST_CANDIDATES,
        decided=decided,
    )
    by_id = {product.id: product for product in products}
    likely = [
        (unit, by_id[candidate.right_id], candidate)
        for unit, suggestion in zip(units, found, strict=True)
        for candidate in suggestion.candidates
        if Decimal(candidate.confidence) >= FLOOR
    ]
    return _paired(likely)


def _thresholds(preselect: Decimal) -> Thresholds:
    sure = float(preselect)
    return Thresholds(suggest=min(float(FLOOR), sure), preselect=sure)


def _paired(likely: list[tuple[Unit, Service, Candidate]]) -> list[Pair]:
    found: list[Pair] = []
    used_products: set[str] = set()
    used_units: set[int] = set()
    used_families: dict[tuple[str, str], bool] = {}
    names: set[str] = set()
    for unit, product, candidate in sorted(likely, key=_order):
        if product.id in used_products or id(unit) in used_units:
            continue
        if unit.family in used_families and (unit.is_whole or used_families[unit.family]):
            continue
        used_families[unit.family] = unit.is_whole
        used_products.add(product.id)
        used_units.add(id(unit))
        spec = spec_for(product, unit, names)
        names.add(spec.name)
        found.append(Pair(unit, product, candidate, spec))
    return found


def _order(pair: tuple[Unit, Service, Candidate]) -> tuple[float, str, str, str]:
    unit, product, candidate = pair
    return (-round(candidate.confidence, 6), product.id, unit.name.integration, str(unit.where))


def _inferred(pair: Pair, preselect: Decimal) -> InferredRule:
    confidence, held = held_back(pair, preselect)
    return InferredRule(pair.spec, pair.unit.preset, confidence, evidence.as_json(pair.candidate, held))


def held_back(pair: Pair, preselect: Decimal) -> tuple[Decimal, Reason | None]:
    """The confidence to store, and what keeps it under `preselect` where the pair must not be ticked in advance."""
    confidence = min(Decimal(f"{pair.candidate.confidence:.4f}"), 1 - _STEP)
    if pair.is_sure or confidence < preselect:
        return confidence, None
    text = "Another candidate is nearly as good" if pair.candidate.ambiguous else "A person should look at it first"
    lowered = preselect - _STEP
    weight = evidence.log_odds(float(lowered)) - evidence.log_odds(pair.candidate.confidence)
    return lowered, Reason("held", text, "", "", weight)


def spec_for(product: Service, unit: Unit, names: Container[str] = ()) -> RuleSpec:
    """The rule by which a unit counts for a product; another name where its own is taken."""
    name = product.name if product.name not in names else f"{product.name} ({product.sku})"
    where = {"all": unit.where} if unit.where else {}
    return RuleSpec(
        name=name[:200],
        products=(product.sku,),
        integration=unit.name.integration,
        count=unit.count,
        where=where,
    )
