"""Queries over rules and their versions, over the products that lines bill, and over usage that no rule takes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, and_, case, cast, func, or_, type_coerce
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.bundles import with_parts
from rcx_app.domain.service_rules.prices import MonthlyPrices, monthly_prices
from rcx_app.domain.service_rules.schemas import RuleInForce, RuleSpec
from rcx_app.domain.service_rules.stored import COLUMNS, DOCUMENTS, QUANTITIES, rule_in_force, rule_kept
from rcx_app.domain.service_rules.units import BilledFact, UsageFact
from rcx_app.models import (
    Account,
    AccountMapping,
    Client,
    Connection,
    Exclusion,
    Finding,
    Line,
    Seat,
    ServiceRule,
    ServiceRuleVersion,
    User,
    Workspace,
)


def pick(*columns: Any) -> Any:
    """A select of `columns`. (The library's own types know no more than three of ours.)"""
    return select(*columns)


def _as_bare(name: str) -> Any:
    column = getattr(ServiceRuleVersion, name)
    if name in DOCUMENTS:
        return cast(column, Text)
    return type_coerce(column, BigInteger) if name in QUANTITIES else column


_BARE = tuple(_as_bare(name) for name in COLUMNS)


class RuleRepository(Repository):
    """Rules of one workspace."""

    noun = "This rule"
    _known_prices: tuple[date, MonthlyPrices] | None = None
    _known_connections: list[Any] | None = None

    @property
    def dialect(self) -> str:
        return self.session.get_bind().dialect.name

    def connection(self, connection_id: int) -> Connection:
        return self.get(Connection, connection_id)

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

    def products_of_rules(self, states: Collection[str], day: date) -> dict[str, set[str]]:
        """By state, the products that rules in it name on `day` (or last named, where none of a rule is in force)."""
        version, rule = ServiceRuleVersion, ServiceRule
        query = (
            pick(rule.id, rule.state, version.products, version.effective_from, version.effective_to)
            .join(rule, col(rule.id) == version.rule_id)
            .where(col(version.workspace_id) == self.workspace_id, col(rule.state).in_(list(states)))
            .order_by(col(version.number))
        )
        shown: dict[int, tuple[bool, str, list[str]]] = {}
        for rule_id, state, products, since, until in self.session.execute(query):
            is_in_force = (since is None or since <= day) and (until is None or day < until)
            if is_in_force or not (rule_id in shown and shown[rule_id][0]):
                shown[rule_id] = (is_in_force, state, products)
        found: dict[str, set[str]] = {state: set() for state in states}
        for _, state, products in shown.values():
            found[state].update(fold(code) for code in products)
        return found

    def in_force(self, day: date) -> tuple[RuleInForce, ...]:
        """The versions of active rules in force on `day`, by name."""
        version, rule = ServiceRuleVersion, ServiceRule
        query = (
            pick(version.rule_id, version.id, version.number, rule.name, *_BARE)
            .join(rule, col(rule.id) == version.rule_id)
            .where(
                col(version.workspace_id) == self.workspace_id,
                col(rule.state) == "active",
                or_(col(version.effective_from).is_(None), col(version.effective_from) <= day),
                or_(col(version.effective_to).is_(None), col(version.effective_to) > day),
            )
        )
        found = [rule_kept(*row) for row in self.session.execute(query)]
        return with_parts(sorted(found, key=lambda rule: (rule.name, rule.rule_id)))

    def version(self, version_id: int) -> RuleInForce:
        """One version, in force or not."""
        found = self.get(ServiceRuleVersion, version_id)
        rule = rule_in_force(found, self.rule(found.rule_id).name)
        if not any(member.rule for member in rule.spec.members):
            return with_parts([rule])[0]
        others = self.in_force(found.effective_from or clock.today())
        return with_parts([rule, *(each for each in others if each.name != rule.name)])[0]

    def connection_ids(self, integration: str) -> tuple[int, ...]:
        """The usage connections that a rule names by label or vendor; all of them for an empty name."""
        key = fold(integration)
        return tuple(sorted(each for each, *names in self._usage_connections() if not key or key in names))

    def _usage_connections(self) -> list[Any]:
        """(id, folded label, vendor in small letters); read once, as hundreds of rules name few connections."""
        if self._known_connections is None:
            query = pick(Connection.id, Connection.label_key, func.lower(col(Connection.vendor))).where(
                col(Connection.workspace_id) == self.workspace_id, col(Connection.side) == "usage"
            )
            self._known_connections = list(self.session.execute(query))
        return self._known_connections

    def thresholds(self) -> tuple[Decimal, Decimal]:
        """The workspace's (suggest, preselect) thresholds."""
        found = self.session.execute(
            pick(Workspace.suggest_threshold, Workspace.preselect_threshold).where(
                col(Workspace.id) == self.workspace_id
            )
        ).one()
        return found[0], found[1]

    def billed(self, day: date) -> list[BilledFact]:
        """What active lines of each product bill at each client."""
        query = pick(
            Line.product_key,
            func.min(Line.product_code),
            func.min(Line.product_name),
            Line.client_id,
            func.sum(type_coerce(Line.quantity, BigInteger)),
        ).where(*self._active(day))
        rows = self.session.execute(query.group_by(col(Line.product_key), col(Line.client_id)))
        asked = self._prices(day).asked
        return [BilledFact(row[0], row[1], row[2], row[3], int(row[4]), asked.get(row[0])) for row in rows]

    def _prices(self, day: date) -> MonthlyPrices:
        """Read once: usage and what is billed are asked for together."""
        if self._known_prices is None or self._known_prices[0] != day:
            self._known_prices = (day, monthly_prices(self.session, self.workspace_id, day))
        return self._known_prices[1]

    def usage(self, connection_id: int | None = None) -> list[UsageFact]:
        """Live seats by what they are and whose they are; integrations by vendor where a vendor has several.

        Of one connection, or of all.
        """
        labels = self._integrations()
        quantity = type_coerce(Seat.quantity, BigInteger)
        owner = case((col(AccountMapping.state) == "mapped", col(AccountMapping.client_id)), else_=None)
        keys = (Seat.connection_id, Seat.kind, Seat.sku_key, Seat.sku_name_key, Seat.device_class)
        seats = (
            pick(
                *keys,
                Seat.account_id,
                func.min(Seat.sku).label("sku"),
                func.min(Seat.sku_name).label("sku_name"),
                func.count().label("seats"),
                func.count(quantity).label("with_quantity"),
                func.coalesce(func.sum(quantity), 0).label("quantity"),
            )
            .where(
                col(Seat.workspace_id) == self.workspace_id,
                col(Seat.status) != "deleted",
                col(Seat.removed_at).is_(None),
            )
            .group_by(*(col(key) for key in keys), col(Seat.account_id))
            .subquery()
        )
        each = seats.c
        query = pick(
            each.connection_id, each.kind, each.sku, each.sku_name, each.device_class, owner, *each[-3:]
        ).outerjoin(AccountMapping, col(AccountMapping.account_id) == each.account_id)
        excluded = func.coalesce(AccountMapping.state, "") != "excluded"
        if connection_id is not None:
            query = query.where(each.connection_id == connection_id)
        rows = self.session.execute(query.where(excluded))
        paid = self._prices(clock.today()).paid
        return [
            UsageFact(*(labels[row[0]][0], *row[1:9], labels[row[0]][1], paid.get((row[0], fold(row[2] or "")))))
            for row in rows
        ]

    def _integrations(self) -> dict[int, tuple[str, str]]:
        """(the name that a rule gives it, its vendor) of usage connections."""
        query = pick(Connection.id, Connection.label, Connection.vendor).where(
            col(Connection.workspace_id) == self.workspace_id, col(Connection.side) == "usage"
        )
        rows = list(self.session.execute(query))
        several = Counter(fold(vendor) for _, _, vendor in rows)
        return {row_id: (vendor if several[fold(vendor)] > 1 else label, vendor) for row_id, label, vendor in rows}

    def _active(self, day: date) -> tuple[ColumnElement[bool], ...]:
        return (
            col(Line.workspace_id) == self.workspace_id,
            col(Line.removed_at).is_(None),
            or_(col(Line.effective_date).is_(None), col(Line.effective_date) <= day),
            or_(col(Line.cancelled_date).is_(None), col(Line.cancelled_date) > day),
        )

    def products(self, day: date, search: str = "") -> list[Any]:
        """(key, code, name, billed, lines, clients, most on one line) of products with active lines."""
        query = pick(
            col(Line.product_key).label("key"),
            func.min(Line.product_code).label("code"),
            func.min(Line.product_name).label("name"),
            func.sum(type_coerce(Line.quantity, BigInteger)).label("billed"),
            func.count().label("lines"),
            func.count(func.distinct(Line.client_id)).label("clients"),
            func.max(type_coerce(Line.quantity, BigInteger)).label("most"),
        ).where(*self._active(day))
        if search.strip():
            text = search.strip()
            found = (
                col(Line.product_name).icontains(text, autoescape=True),
                col(Line.product_key).contains(fold(text), autoescape=True),
            )
            query = query.where(or_(*found))
        return list(self.session.execute(query.group_by(col(Line.product_key))))

    def billed_clients(self, day: date) -> dict[str, set[int]]:
        """The clients with active lines of each product."""
        query = pick(Line.product_key, Line.client_id).where(*self._active(day)).distinct()
        found: dict[str, set[int]] = defaultdict(set)
        for key, client_id in self.session.execute(query):
            found[key].add(client_id)
        return found

    def product_lines(self, day: date, keys: Sequence[str]) -> list[Any]:
        """(key, client, quantity, included, price, currency, cycle) of active lines, in millionths."""
        amounts = (Line.quantity, Line.included_quantity, Line.unit_price)
        exact = [type_coerce(each, BigInteger) for each in amounts]
        query = pick(Line.product_key, Line.client_id, *exact, Line.currency, Line.billing_cycle).where(
            *self._active(day), col(Line.product_key).in_(list(keys))
        )
        return list(self.session.execute(query))

    def clients_with(self, connection_ids: Sequence[int]) -> set[int]:
        """Clients with an account mapped in these connections."""
        query = (
            pick(func.distinct(AccountMapping.client_id))
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(
                col(AccountMapping.workspace_id) == self.workspace_id,
                col(AccountMapping.state) == "mapped",
                col(Account.connection_id).in_(list(connection_ids)),
                col(Account.removed_at).is_(None),
            )
        )
        return set(self.session.scalars(query))

    def unaccounted(self, period: date) -> list[Any]:
        """(integration, SKU, its name, seats, clients) that the last run found no rule for, most seats first."""
        seats = func.sum(type_coerce(Finding.system_count, BigInteger))
        query = (
            pick(
                Finding.integration,
                Finding.sku,
                func.min(Finding.product_name),
                seats,
                func.count(func.distinct(Finding.client_id)),
            )
            .where(
                col(Finding.workspace_id) == self.workspace_id,
                col(Finding.period) == period,
                col(Finding.resolved_at).is_(None),
                col(Finding.kind) == "unaccounted",
            )
            .group_by(col(Finding.integration), col(Finding.sku))
            .order_by(seats.desc(), col(Finding.integration), col(Finding.sku))
        )
        return list(self.session.execute(query))

    def last_period(self) -> date | None:
        query = pick(func.max(Finding.period)).where(col(Finding.workspace_id) == self.workspace_id)
        found: date | None = self.session.execute(query).scalar_one()
        return found

    def preview(
        self, spec: RuleSpec, day: date, rules: Sequence[tuple[RuleInForce, Sequence[int]]]
    ) -> tuple[int, int, int]:
        """(seats, clients, seats that no active rule takes yet) that a rule would take over mapped accounts."""
        self.prepare()
        compiler = self.compiler(day)
        parts = [
            and_(col(Seat.connection_id).in_(list(ids)), compiler.tree(rule.condition)) for rule, ids in rules if ids
        ]
        numbers = pick(
            func.count(),
            func.count(func.distinct(AccountMapping.client_id)),
            func.sum(case((conditions.any_of(parts), 0), else_=1)),
        )
        query = self._taken(numbers, spec, compiler)
        seats, clients, new = self.session.execute(query).one()
        return int(seats), int(clients), int(new or 0)

    def sample(self, spec: RuleSpec, day: date, most: int, clients: Collection[int] | None = None) -> list[Any]:
        """(name, identity, what it is, client, last seen) of seats that a rule takes, from as many clients as can be:
        the newest seat of each, then the second newest, and so on; of these clients only (None: of all)."""
        self.prepare()
        place = func.row_number().over(
            partition_by=col(AccountMapping.client_id),
            order_by=(func.coalesce(Seat.last_seen_at, Seat.first_seen_at).desc(), col(Seat.id)),
        )
        told = [func.nullif(each, "") for each in (Seat.sku_name, Seat.sku, Seat.device_class, Seat.kind)]
        columns: tuple[Any, ...] = (
            func.coalesce(*(func.nullif(each, "") for each in (Seat.display_name, Seat.identity)), Seat.external_id),
            Seat.identity,
            func.coalesce(*told, ""),
            Client.name,
            Seat.last_seen_at,
            place,
        )
        taken = self._taken(pick(*(each.label(f"c{at}") for at, each in enumerate(columns))), spec, self.compiler(day))
        if clients is not None:
            taken = taken.where(col(AccountMapping.client_id).in_(list(clients)))
        each = taken.join(Client, col(Client.id) == AccountMapping.client_id).subquery().c
        ranked = pick(*each).order_by(each.c5, func.lower(each.c3), each.c0).limit(most)
        return [tuple(row[:5]) for row in self.session.execute(ranked)]

    def _taken(self, query: Any, spec: RuleSpec, compiler: conditions.Compiler) -> Any:
        """A query over the live seats of mapped accounts that a rule takes, without what is excluded; where it names
        lines, at their clients."""
        excluded = select(Exclusion.id).where(
            Exclusion.workspace_id == Seat.workspace_id,
            Exclusion.scope == "sku",
            Exclusion.key == Seat.sku_key,
            Exclusion.connection_id == Seat.connection_id,
        )
        if spec.lines:
            named = (col(Line.workspace_id) == self.workspace_id, col(Line.external_id).in_(list(spec.lines)))
            query = query.where(col(AccountMapping.client_id).in_(pick(Line.client_id).where(*named)))
        return (
            query.select_from(Seat)
            .join(AccountMapping, col(AccountMapping.account_id) == Seat.account_id)
            .where(
                col(Seat.workspace_id) == self.workspace_id,
                col(AccountMapping.state) == "mapped",
                col(Seat.status) != "deleted",
                col(Seat.removed_at).is_(None),
                col(Seat.connection_id).in_(list(self.connection_ids(spec.integration))),
                ~excluded.exists(),
                compiler.tree(spec.condition),
            )
        )

    def user_names(self, ids: Collection[int | None]) -> dict[int, str]:
        query = pick(User.id, User.name).where(col(User.id).in_([each for each in ids if each is not None]))
        return {row[0]: row[1] for row in self.session.execute(query)}

    def prepare(self) -> None:
        """Make compiled conditions runnable on this session."""
        conditions.prepare(self.session)

    def compiler(self, day: date) -> conditions.Compiler:
        return conditions.Compiler(self.workspace_id, day, self.dialect)
