"""Rules of a workspace: saved, suggested, decided on, replaced by dated versions, and counted by the engine.

Every decision is audited and asks for a new reconciliation (`reconcile.run`, coalesced).

    rules_in_force(session, context, day) -> tuple[RuleInForce, ...]
    version(session, context, version_id) -> RuleInForce
    connections_of(session, context, rules) -> {version id: connection ids}
    create(session, context, spec) -> rule id                               an active rule
    replace(session, context, rule_id, spec) -> version id                  a new version from spec.effective_from
    suggest(session, context) -> int                                        new suggestions from lines and usage
    infer(session, context) -> list[InferredRule]                           the same, nothing stored
    accept | reject | retire(session, context, rule_id, seen=version) -> Decided
    refuse(session, context, spec, rule_id=None)                             raises what saving it would
    accept_many(session, context, min_confidence) -> Decided
    accept_listed(session, context, [(rule_id, version seen)]) -> Decided
    undo(session, context, steps) -> Decided

Screens: `rcx_app.domain.service_rules.screens`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.domain.audit import service as audit
from rcx_app.domain.reconcile import asking
from rcx_app.domain.service_rules import bundles, suggestions
from rcx_app.domain.service_rules.repository import RuleRepository
from rcx_app.domain.service_rules.schemas import Decided, InferredRule, RuleInForce, RuleSpec, Step
from rcx_app.domain.service_rules.stored import spec_of
from rcx_app.models import ServiceRule, ServiceRuleVersion


def rules_in_force(session: Session, context: Context, day: date) -> tuple[RuleInForce, ...]:
    """The versions of active rules in force on `day`, by name."""
    return RuleRepository(session, context).in_force(day)


def version(session: Session, context: Context, version_id: int) -> RuleInForce:
    """One version of a rule, in force or not. Raises NotFound."""
    return RuleRepository(session, context).version(version_id)


def connections_of(session: Session, context: Context, rules: Iterable[RuleInForce]) -> dict[int, tuple[int, ...]]:
    """By version id, the usage connections that each rule and each of its parts counts in (none: not connected)."""
    repository = RuleRepository(session, context)
    known: dict[str, tuple[int, ...]] = {}
    counted = [each for rule in rules for each in rule.counts]
    for rule in counted:
        if rule.spec.integration not in known:
            known[rule.spec.integration] = repository.connection_ids(rule.spec.integration)
    return {rule.version_id: known[rule.spec.integration] for rule in counted}


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
    context.require(Permission.RULES)
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
    if state == "active":
        audit.record(session, context, "rules:create", "service_rule", rule.id, {"name": spec.name})
        asking.request(session, context)
    return rule.id


def replace(session: Session, context: Context, rule_id: int, spec: RuleSpec, *, seen: int | None = None) -> int:
    """A new version of a rule, from `spec.effective_from` (None: as if always so); returns the version's id.

    Versions in force on that day end there; versions that would start later are refused (Conflict), as are clashes.
    `seen` is the rule's version that the person looked at; Conflict where it was changed since.
    """
    context.require(Permission.RULES)
    repository = RuleRepository(session, context)
    rule = repository.rule(rule_id, lock=True)
    if seen is not None and rule.version != seen:
        raise Conflict(f"The rule {rule.name!r} was changed since.", remedy="Look at it as it is now.")
    taken = repository.by_name(spec.name)
    if taken is not None and taken.id != rule.id:
        raise Conflict(f"There is a rule named {spec.name!r} already.", remedy="Choose another name.")
    if rule.state == "active":
        refuse_clash(repository, spec, except_rule=rule.id)
    versions = repository.versions([rule.id])
    start = spec.effective_from
    for old in versions:
        if start is not None and old.effective_from is not None and old.effective_from > start:
            raise Conflict(
                f"Version {old.number} starts on {old.effective_from}, after this one.",
                remedy="Let the new version start later, or change that one first.",
            )
        if start is None or (old.effective_from is not None and old.effective_from == start):
            # Nothing of the old version would be left: it is kept as history, in force on no day.
            old.effective_from = old.effective_to = old.effective_from or date.min
        elif old.effective_to is None or old.effective_to > start:
            old.effective_to = start
    made = repository.add(version_of(context, rule.id, versions[-1].number + 1, spec))
    rule.name, rule.version = spec.name, rule.version + 1
    session.flush()
    audit.record(session, context, "rules:replace", "service_rule", rule.id, {"version": made.number})
    asking.request(session, context)
    return made.id


def infer(session: Session, context: Context) -> list[InferredRule]:
    """What lines and usage suggest for products without a rule, most certain first; stores nothing."""
    repository = RuleRepository(session, context)
    rules = {rule.id: rule for rule in repository.rules(["active", "retired"])}
    taken = {fold(code) for each in repository.versions(sorted(rules)) for code in each.products}
    return suggestions.infer(
        repository.billed(clock.today()),
        repository.usage(),
        taken=taken,
        rejected=rejected_pairs(repository),
        preselect=repository.thresholds()[1],
    )


def rejected_pairs(repository: RuleRepository) -> set[tuple[suggestions.UnitKey, str]]:
    """What people refused: (unit, product key). It is not suggested again, in whatever condition it comes."""
    rejected = {rule.id for rule in repository.rules(["rejected"])}
    return {
        (suggestions.unit_key(each.integration, each.where), fold(code))
        for each in repository.versions(sorted(rejected))
        for code in each.products
    }


def suggested(repository: RuleRepository) -> dict[tuple[object, ...], int]:
    """Waiting suggestions: what they count for what (see `counted_as`) -> rule id."""
    waiting = {rule.id: rule.name for rule in repository.rules(["suggested"])}
    versions = repository.versions(sorted(waiting))
    return {counted_as(spec_of(each, waiting[each.rule_id])): each.rule_id for each in versions}


def counted_as(spec: RuleSpec) -> tuple[object, ...]:
    """What makes two rules the same to a person, however their conditions are written."""
    unit = suggestions.unit_key(spec.integration, spec.where)
    return (spec.product_keys, unit, spec.count, spec.pack_size.normalize())


def preselect_threshold(session: Session, context: Context) -> Decimal:
    """The confidence from which a suggestion is ticked in advance."""
    return RuleRepository(session, context).thresholds()[1]


def suggest(session: Session, context: Context) -> int:
    """Bring the suggestions up to date; returns how many are new. What a person decided is left as it is."""
    repository = RuleRepository(session, context)
    threshold, _ = repository.thresholds()
    inferred = {identity(each.spec): each for each in infer(session, context) if each.confidence >= threshold}
    names = {rule.id: rule for rule in repository.rules(["suggested", "rejected", "active", "retired"])}
    for stored in repository.versions(sorted(names)):
        rule = names[stored.rule_id]
        if (
            rule.state == "suggested"
            and stored.effective_from is not None
            and stored.effective_from == stored.effective_to
        ):
            continue  # a person's change that was taken back
        again = inferred.pop(identity(spec_of(stored, rule.name)), None)
        if rule.state != "suggested":
            continue
        if again is None:
            for old in repository.versions([rule.id]):
                session.delete(old)
            session.flush()
            session.delete(rule)
        elif rule.confidence != again.confidence or rule.reasons != [dict(each) for each in again.reasons]:
            rule.confidence, rule.reasons = again.confidence, [dict(each) for each in again.reasons]
    session.flush()
    for each in inferred.values():
        spec = each.spec
        if repository.by_name(spec.name) is not None:
            spec = spec.model_copy(update={"name": f"{spec.name} ({spec.integration}, {spec.products[0]})"})
        if repository.by_name(spec.name) is None:
            create(
                session,
                context,
                spec,
                state="suggested",
                preset=each.preset,
                confidence=each.confidence,
                reasons=each.reasons,
            )
    return len(inferred)


def identity(spec: RuleSpec) -> tuple[object, ...]:
    """What makes two rules the same suggestion, whatever they are named."""
    return (spec.product_keys, fold(spec.integration), spec.count, str(spec.where), spec.pack_size)


def accept(session: Session, context: Context, rule_id: int, *, seen: int | None = None) -> Decided:
    """Let a rule count. Raises Invalid where an active rule counts one of its products already.

    `seen` is the rule's version that the person looked at; Conflict where it was changed since.
    """
    return _decide(session, context, [(rule_id, seen)], "active", "rules:accept")


def reject(session: Session, context: Context, rule_id: int, *, seen: int | None = None) -> Decided:
    """Say no to a suggestion; it is not suggested again."""
    return _decide(session, context, [(rule_id, seen)], "rejected", "rules:reject")


def retire(session: Session, context: Context, rule_id: int, *, seen: int | None = None) -> Decided:
    """Let a rule count no longer; its history stays."""
    return _decide(session, context, [(rule_id, seen)], "retired", "rules:retire")


def accept_many(session: Session, context: Context, min_confidence: Decimal) -> Decided:
    """Accept every suggestion at or above a confidence, most certain first; what clashes is skipped and named."""
    waiting = [
        rule
        for rule in RuleRepository(session, context).rules(["suggested"])
        if rule.confidence is not None and rule.confidence >= min_confidence
    ]
    ordered = sorted(waiting, key=lambda rule: (-(rule.confidence or Decimal(0)), rule.name))
    chosen = [(rule.id, rule.version) for rule in ordered]
    return _decide(session, context, chosen, "active", "rules:accept", skip_clashes=True)


def accept_listed(session: Session, context: Context, choices: Sequence[tuple[int, int]]) -> Decided:
    """Accept exactly these (rule, version seen). Raises Conflict where one was changed since, Invalid for a clash."""
    return _decide(session, context, choices, "active", "rules:accept")


def undo(session: Session, context: Context, steps: Sequence[Step]) -> Decided:
    """Take a decision back. Raises Conflict where a rule was changed since."""
    context.require(Permission.RULES)
    repository = RuleRepository(session, context)
    done = []
    for step in steps:
        rule = repository.rule(step.rule_id, lock=True)
        if rule.version != step.version:
            raise Conflict(f"The rule {rule.name!r} was changed since.", remedy="Look at it as it is now.")
        done.append(set_state(repository, rule, step.before))
        audit.record(session, context, "rules:undo", "service_rule", rule.id, {"state": step.before})
    if done:
        asking.request(session, context)
    return Decided(tuple(done))


def _decide(
    session: Session,
    context: Context,
    chosen: Sequence[tuple[int, int | None]],
    state: str,
    tag: str,
    *,
    skip_clashes: bool = False,
) -> Decided:
    context.require(Permission.RULES)
    repository = RuleRepository(session, context)
    steps, skipped = [], []
    for rule_id, seen in chosen:
        rule = repository.rule(rule_id, lock=True)
        if seen is not None and rule.version != seen:
            raise Conflict(f"The rule {rule.name!r} was changed since.", remedy="Look at it as it is now.")
        if rule.state == state:
            continue
        try:
            steps.append(set_state(repository, rule, state))
        except Invalid as error:
            if not skip_clashes:
                raise
            skipped.append(f"{rule.name}: {error.message}")
        else:
            audit.record(session, context, tag, "service_rule", rule.id, {"name": rule.name})
    if steps:
        asking.request(session, context)
    return Decided(tuple(steps), tuple(skipped))


def set_state(repository: RuleRepository, rule: ServiceRule, state: str) -> Step:
    """Put a rule into a state. Raises Invalid where it would count what an active rule counts. Not audited here."""
    if state == "active":
        for each in repository.versions([rule.id]):
            refuse_clash(repository, spec_of(each, rule.name), except_rule=rule.id)
    before = rule.state
    rule.state, rule.version = state, rule.version + 1
    rule.decided_by, rule.decided_at = repository.context.user_id, clock.now()
    repository.session.flush()
    return Step(rule.id, before, rule.version)


def refuse(session: Session, context: Context, spec: RuleSpec, rule_id: int | None = None) -> None:
    """Raises Conflict or Invalid where `spec` could not be saved, as a new rule or in place of `rule_id`.

    Stores nothing. Raises NotFound for a rule that does not exist.
    """
    repository = RuleRepository(session, context)
    if rule_id is not None:
        repository.rule(rule_id)
    taken = repository.by_name(spec.name)
    if taken is not None and taken.id != rule_id:
        raise Conflict(f"There is a rule named {spec.name!r} already.", remedy="Choose another name.")
    refuse_clash(repository, spec, except_rule=rule_id)


def refuse_clash(repository: RuleRepository, spec: RuleSpec, *, except_rule: int | None = None) -> None:
    """Raises Invalid where an active rule counts one of the products on one of the days (arithmetic: one seat ...)."""
    active = {rule.id: rule.name for rule in repository.rules(["active"]) if rule.id != except_rule}
    specs = [spec_of(version, active[version.rule_id]) for version in repository.versions(sorted(active))]
    _refuse_circle(spec, specs)
    for other in specs:
        shared = spec.clash(other)
        if shared:
            raise Invalid(
                f"{', '.join(shared)} is counted by the rule {other.name!r} on the same days.",
                remedy="Count a product by one rule only: change that rule, or end it before this one starts.",
            )


def _refuse_circle(spec: RuleSpec, others: Sequence[RuleSpec]) -> None:
    """Raises Invalid where the bundle names a rule that is not active, or promises itself."""
    known = {**{each.name: each for each in others}, spec.name: spec}
    missing = bundles.unknown_members(known, spec)
    if missing:
        raise Invalid(
            f"The bundle {spec.name!r} promises {missing[0]!r}, which is no active rule.",
            remedy="Name an active rule, or say in the member itself what to count.",
        )
    path = bundles.circle(known, spec.name)
    if path:
        raise Invalid(
            f"The bundle promises itself: {' → '.join(path)}.", remedy="Take one of these rules out of the other."
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
        lines=list(spec.lines),
        tiers=[tier.model_dump(mode="json", exclude_none=True) for tier in spec.tiers],
        tier_mode=spec.tier_mode if spec.tiers else "",
        allowance=spec.allowance.model_dump(mode="json", exclude_defaults=True) if spec.allowance else {},
        members=[member.model_dump(mode="json", exclude_defaults=True) for member in spec.members],
        effective_from=spec.effective_from,
        effective_to=spec.effective_to,
        created_by=context.user_id,
    )
