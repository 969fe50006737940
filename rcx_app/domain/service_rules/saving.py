"""Saving what was edited, and taking it back: a new rule, a new dated version, or a suggestion accepted as changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.reconcile import asking
from rcx_app.domain.service_rules import service
from rcx_app.domain.service_rules.repository import RuleRepository
from rcx_app.domain.service_rules.schemas import Decided, RuleSpec, Step
from rcx_app.models import ServiceRule


@dataclass(frozen=True, slots=True)
class Before:
    """How a rule stood before it was saved. `dates`: (version id, first day, day of its end) of its versions."""

    name: str
    state: str
    dates: tuple[tuple[int, date | None, date | None], ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving did: hand it to `undo`. `version`: the rule's after it; `before` is None where the rule is new."""

    rule_id: int
    version: int
    before: Before | None = None


def save(
    session: Session, context: Context, spec: RuleSpec, rule_id: int | None = None, *, seen: int | None = None
) -> Saved:
    """Let `spec` count, as a new rule or in place of `rule_id`.

    Nothing is edited in place. Raises Conflict where the rule was changed since `seen` or was set aside, Invalid for a
    clash, NotFound.
    """
    context.require(Permission.RULES)
    repository = RuleRepository(session, context)
    if rule_id is None:
        made = service.create(session, context, spec)
        return Saved(made, repository.rule(made).version)
    rule = repository.rule(rule_id, lock=True)
    if rule.state in ("rejected", "retired"):
        raise Conflict(f"The rule {rule.name!r} was {rule.state}.", remedy="Accept it again first.")
    before = _before(repository, rule)
    if rule.state == "suggested":
        service.refuse(session, context, spec, rule_id)
        for version in repository.versions([rule_id]):
            # What was suggested counted on no day, and shall not before the version that a person wrote.
            version.effective_from = version.effective_to = version.effective_from or date.min
    service.replace(session, context, rule_id, spec, seen=seen)
    if rule.state == "suggested":
        service.accept(session, context, rule_id)
    return Saved(rule_id, rule.version, before)


def save_together(session: Session, context: Context, specs: Mapping[int, RuleSpec]) -> tuple[Saved, ...]:
    """New versions of active rules by id, of which one may take what another gives up. Raises as `save` does."""
    context.require(Permission.RULES)
    repository = RuleRepository(session, context)
    rules = {rule_id: repository.rule(rule_id, lock=True) for rule_id in sorted(specs)}
    before = {rule_id: _before(repository, rule) for rule_id, rule in rules.items()}
    for rule in rules.values():
        rule.state = "suggested"  # so that none stands in the other's way meanwhile
    session.flush()
    for rule_id, spec in specs.items():
        service.replace(session, context, rule_id, spec)
    for rule in rules.values():
        rule.state = "active"
    session.flush()
    for rule_id, spec in specs.items():
        service.refuse_clash(repository, spec, except_rule=rule_id)
    return tuple(Saved(rule_id, rules[rule_id].version, before[rule_id]) for rule_id in specs)


def _before(repository: RuleRepository, rule: ServiceRule) -> Before:
    dates = ((each.id, each.effective_from, each.effective_to) for each in repository.versions([rule.id]))
    return Before(rule.name, rule.state, tuple(dates))


def undo(session: Session, context: Context, done: Sequence[Saved] | Sequence[Step]) -> Decided:
    """Take back what was saved, newest first, or decisions on rules. Raises Conflict where a rule was changed since,
    Invalid for a clash.

    A new rule is retired. A new version stays as history, in force on no day, and those that it cut hold on the days on
    which they held before.
    """
    saved = [each for each in reversed(done) if isinstance(each, Saved)]
    if not saved:
        return service.undo(session, context, [each for each in done if isinstance(each, Step)])
    context.require(Permission.RULES)
    repository = RuleRepository(session, context)
    new = [Step(each.rule_id, "retired", each.version) for each in saved if each.before is None]
    steps = list(service.undo(session, context, new).steps)
    changed = [(each.before, *_put_back(repository, each, each.before)) for each in saved if each.before is not None]
    for before, rule, undone in changed:
        steps.append(service.set_state(repository, rule, before.state))
        detail = {"state": before.state, "versions": undone}
        audit.record(session, context, "rules:undo", "service_rule", rule.id, detail)
    asking.request(session, context)
    return Decided(tuple(steps))


def _put_back(repository: RuleRepository, done: Saved, before: Before) -> tuple[ServiceRule, list[int]]:
    """Name and days as they were; returns the rule and the versions that are in force on no day now."""
    rule = repository.rule(done.rule_id, lock=True)
    if rule.version != done.version:
        raise Conflict(f"The rule {rule.name!r} was changed since.", remedy="Look at it as it is now.")
    taken = repository.by_name(before.name)
    if taken is not None and taken.id != rule.id:
        raise Conflict(f"Another rule is named {before.name!r} by now.", remedy="Give that one another name first.")
    dates = {version_id: (start, end) for version_id, start, end in before.dates}
    undone = []
    for version in repository.versions([rule.id]):
        if version.id in dates:
            version.effective_from, version.effective_to = dates[version.id]
        else:
            version.effective_from = version.effective_to = version.effective_from or date.min
            undone.append(version.number)
    rule.name = before.name
    repository.session.flush()
    return rule, undone
