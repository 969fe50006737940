"""A rule's stored version as the rule that it is. No queries: those are the repository's."""

from __future__ import annotations

from typing import cast

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
