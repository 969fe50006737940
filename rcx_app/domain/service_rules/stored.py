"""A rule's stored version as the rule that it is. No queries: those are the repository's."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, cast

from rcx_app.core.money import from_micros
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.schemas import RuleInForce, RuleSpec
from rcx_app.domain.service_rules.terms import Allowance, CountMode, Member, Tier, TierMode
from rcx_app.models import ServiceRuleVersion


def spec_of(version: ServiceRuleVersion, name: str) -> RuleSpec:
    """The stored version as a rule; it was checked when it was saved."""
    tree = conditions.check(version.where)
    spec = RuleSpec.model_construct(
        name=name,
        products=tuple(version.products),
        integration=version.integration,
        count=cast(CountMode, version.count),
        # PostgreSQL keeps JSON without the order of its keys: bring it back to the canonical form.
        where=conditions.to_json(tree),
        included=version.included,
        minimum=version.minimum,
        pack_size=version.pack_size,
        multiplier=version.multiplier,
        lines=tuple(version.lines),
        tiers=tuple(Tier.model_validate(each) for each in version.tiers),
        tier_mode=cast(TierMode, version.tier_mode or "graduated"),
        allowance=Allowance.model_validate(version.allowance) if version.allowance else None,
        members=tuple(Member.model_validate(each) for each in version.members),
        effective_from=version.effective_from,
        effective_to=version.effective_to,
    )
    # Its cached property: hundreds of rules need not check their conditions twice.
    spec.__dict__["condition"] = tree
    return spec


def rule_in_force(version: ServiceRuleVersion, name: str) -> RuleInForce:
    """The stored version with what tells it from others."""
    spec = spec_of(version, name)
    return RuleInForce(version.rule_id, version.id, version.number, spec, spec.condition)


COLUMNS = (
    "products",
    "integration",
    "count",
    "where",
    "included",
    "minimum",
    "pack_size",
    "multiplier",
    "lines",
    "tiers",
    "tier_mode",
    "allowance",
    "members",
    "effective_from",
    "effective_to",
)
"""What a version says."""
DOCUMENTS = frozenset({"products", "where", "lines", "tiers", "allowance", "members"})
QUANTITIES = frozenset({"included", "minimum", "pack_size", "multiplier"})
_MOST_KEPT = 2_000


@lru_cache(maxsize=_MOST_KEPT)
def spec_kept(name: str, bare: tuple[Any, ...]) -> RuleSpec:
    """The same from bare columns: documents as text, quantities in millionths.

    Every run asks for all rules, and few ever change. A spec is found again by all that its row says, so no change can
    be missed. It is shared: nobody may change it.
    """
    said = dict(zip(COLUMNS, bare, strict=True))
    said |= {column: json.loads(said[column]) for column in DOCUMENTS}
    said |= {column: from_micros(said[column]) for column in QUANTITIES}
    return spec_of(ServiceRuleVersion(**said), name)


def rule_kept(rule_id: int, version_id: int, number: int, name: str, *bare: Any) -> RuleInForce:
    """The version of these bare columns."""
    spec = spec_kept(name, bare)
    return RuleInForce(rule_id, version_id, number, spec, spec.condition)
