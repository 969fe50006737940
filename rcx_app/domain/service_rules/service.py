"""Rules of a workspace: saved, decided on, replaced by dated versions, read by the engine and the screens.

Every change is audited and asks for a new reconciliation (`reconcile.run`, coalesced) where it can change a count.

    rules_in_force(session, context, day) -> tuple[RuleInForce, ...]
    connections_of(session, context, rules) -> {version_id: connection ids}
    create(session, context, spec, *, state="active", ...) -> rule id
    replace(session, context, rule_id, spec, *, effective_from=None) -> version id
    accept | reject | retire(session, context, rule_id) -> Decided
    accept_many(session, context, min_confidence) -> Decided
    undo(session, context, decided_batch) -> Decided
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.domain.service_rules.repository import RuleRepository, spec_of
from rcx_app.domain.service_rules.schemas import RuleInForce, RuleSpec
from rcx_app.models import ServiceRule, ServiceRuleVersion


def rules_in_force(session: Session, context: Context, day: date) -> tuple[RuleInForce, ...]:
    """The versions of active rules in force on `day`, by name."""
    return RuleRepository(session, context).in_force(day)


def version(session: Session, context: Context, version_id: int) -> RuleInForce:
    """One version of a rule, in force or not. Raises NotFound."""
    return RuleRepository(session, context).version(version_id)


def connections_of(session: Session, context: Context, rules: Iterable[RuleInForce]) -> dict[int, tuple[int, ...]]:
    """By version id, the usage connections that each rule counts in (none: its integration is not connected)."""
    repository = RuleRepository(session, context)
    known: dict[str, tuple[int, ...]] = {}
    for rule in rules:
        if rule.spec.integration not in known:
            known[rule.spec.integration] = repository.connection_ids(rule.spec.integration)
    return {rule.version_id: known[rule.spec.integration] for rule in rules}


def create(
    session: Session,
    context: Context,
    spec: RuleSpec,
    *,
    state: str = "active",
    preset: str = "",
    confidence: Decimal | None = None,
    reasons: Sequence[Mapping[str, Any]] = (),
) -> int:
    """Save a new rule with its first version. Raises Conflict where its name is taken or an active rule clashes."""
    repository = RuleRepository(session, context)
    if repository.by_name(spec.name) is not None:
        raise Conflict(
            f"There is a rule named {spec.name!r} already.", remedy="Choose another name or change that one."
        )
    if state == "active":
        refuse_clash(repository, spec)
    rule = repository.add(
        ServiceRule(
            workspace_id=context.workspace_id,
            name=spec.name,
            state=state,
            preset=preset,
            confidence=confidence,
            reasons=[dict(reason) for reason in reasons],
        )
    )
    repository.add(version_of(context, rule.id, 1, spec))
    return rule.id


def refuse_clash(repository: RuleRepository, spec: RuleSpec, *, except_rule: int | None = None) -> None:
    """Raises Invalid where an active rule counts one of the products on one of the days (arithmetic: one seat ...)."""
    active = {rule.id: rule.name for rule in repository.rules(["active"]) if rule.id != except_rule}
    for version in repository.versions(sorted(active)):
        shared = spec.clash(spec_of(version, active[version.rule_id]))
        if shared:
            raise Invalid(
                f"{', '.join(shared)} is counted by the rule {active[version.rule_id]!r} on the same days.",
                remedy="Count a product by one rule only: change that rule, or end it before this one starts.",
            )


def version_of(context: Context, rule_id: int, number: int, spec: RuleSpec) -> ServiceRuleVersion:
    """A version's row."""
    return ServiceRuleVersion(
        workspace_id=context.workspace_id,
        rule_id=rule_id,
        number=number,
        products=list(spec.products),
        integration=spec.integration,
        count=spec.count,
        where=dict(spec.where),
        included=spec.included,
        minimum=spec.minimum,
        pack_size=spec.pack_size,
        multiplier=spec.multiplier,
        effective_from=spec.effective_from,
        effective_to=spec.effective_to,
        created_by=context.user_id,
    )
