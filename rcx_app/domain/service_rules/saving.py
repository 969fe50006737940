"""Saving what was edited: a new rule, a new dated version of an active one, or a suggestion accepted as changed."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict
from rcx_app.core.permissions import Permission
from rcx_app.domain.service_rules import service
from rcx_app.domain.service_rules.repository import RuleRepository
from rcx_app.domain.service_rules.schemas import RuleSpec


def save(
    session: Session, context: Context, spec: RuleSpec, rule_id: int | None = None, *, seen: int | None = None
) -> int:
    """Let `spec` count, as a new rule or in place of `rule_id`; returns the rule's id.

    Nothing is edited in place. Raises Conflict where the rule was changed since `seen` or was set aside, Invalid for a
    clash, NotFound.
    """
    context.require(Permission.RULES)
    if rule_id is None:
        return service.create(session, context, spec)
    repository = RuleRepository(session, context)
    rule = repository.rule(rule_id, lock=True)
    if rule.state in ("rejected", "retired"):
        raise Conflict(f"The rule {rule.name!r} was {rule.state}.", remedy="Accept it again first.")
    if rule.state == "active":
        service.replace(session, context, rule_id, spec, seen=seen)
        return rule_id
    service.refuse(session, context, spec, rule_id)
    for version in repository.versions([rule_id]):
        # What was suggested counted on no day, and shall not before the version that a person wrote.
        version.effective_from = version.effective_to = version.effective_from or date.min
    service.replace(session, context, rule_id, spec, seen=seen)
    service.accept(session, context, rule_id)
    return rule_id
