"""Queries over rules and their versions, over the products that lines bill, and over usage that no rule takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, true
from sqlmodel import col, select

from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.schemas import RuleInForce, RuleSpec
from rcx_app.models import Connection, ServiceRule, ServiceRuleVersion


class RuleRepository(Repository):
    """Rules of one workspace."""

    noun = "This rule"

    @property
    def dialect(self) -> str:
        return self.session.get_bind().dialect.name

    def rule(self, rule_id: int, *, lock: bool = False) -> ServiceRule:
        return self.get(ServiceRule, rule_id, lock=lock)

    def by_name(self, name: str) -> ServiceRule | None:
        return self.session.scalars(self.scoped(ServiceRule).where(col(ServiceRule.name) == name)).one_or_none()

    def rules(self, states: Collection[str]) -> list[ServiceRule]:
        """Rules in these states, by name."""
        query = self.scoped(ServiceRule).where(col(ServiceRule.state).in_(list(states)))
        return sorted(self.session.scalars(query), key=lambda rule: (rule.name, rule.id))

    def versions(self, rule_ids: Sequence[int] | None = None) -> list[ServiceRuleVersion]:
        """Versions of these rules (None: of all), oldest first."""
        query = self.scoped(ServiceRuleVersion)
        if rule_ids is not None:
            query = query.where(col(ServiceRuleVersion.rule_id).in_(list(rule_ids)))
        return sorted(self.session.scalars(query), key=lambda version: (version.rule_id, version.number))

    def in_force(self, day: date) -> tuple[RuleInForce, ...]:
        """The versions of active rules in force on `day`, by name."""
        version, rule = ServiceRuleVersion, ServiceRule
        query = (
            select(version, rule.name)
            .join(rule, col(rule.id) == version.rule_id)
            .where(
                col(version.workspace_id) == self.workspace_id,
                col(rule.state) == "active",
                or_(col(version.effective_from).is_(None), col(version.effective_from) <= day),
                or_(col(version.effective_to).is_(None), col(version.effective_to) > day),
            )
        )
        found = [_in_force(row, name) for row, name in self.session.execute(query)]
        return tuple(sorted(found, key=lambda rule: (rule.name, rule.rule_id)))

    def version(self, version_id: int) -> RuleInForce:
        """One version, in force or not."""
        found = self.get(ServiceRuleVersion, version_id)
        return _in_force(found, self.rule(found.rule_id).name)

    def connection_ids(self, integration: str) -> tuple[int, ...]:
        """The usage connections that a rule names by label or vendor; all of them for an empty name."""
        connection = Connection
        key = fold(integration)
        named: ColumnElement[bool] = true()
        if key:
            named = or_(col(connection.label_key) == key, func.lower(col(connection.vendor)) == key)
        query = select(col(connection.id)).where(
            and_(col(connection.workspace_id) == self.workspace_id, col(connection.side) == "usage", named)
        )
        return tuple(sorted(self.session.scalars(query)))

    def prepare(self) -> None:
        """Make compiled conditions runnable on this session."""
        conditions.prepare(self.session)

    def compiler(self, day: date) -> conditions.Compiler:
        return conditions.Compiler(self.workspace_id, day, self.dialect)


def spec_of(version: ServiceRuleVersion, name: str) -> RuleSpec:
    """The stored version as a checked rule."""
    return RuleSpec(
        name=name,
        products=tuple(version.products),
        integration=version.integration,
        count=version.count,
        where=version.where,
        included=version.included,
        minimum=version.minimum,
        pack_size=version.pack_size,
        multiplier=version.multiplier,
        effective_from=version.effective_from,
        effective_to=version.effective_to,
    )


def _in_force(version: ServiceRuleVersion, name: str) -> RuleInForce:
    spec = spec_of(version, name)
    return RuleInForce(version.rule_id, version.id, version.number, spec, spec.condition)
