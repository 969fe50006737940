"""What the services pages read: products with their rules, rules in words, unaccounted usage, a preview while editing.

list_products(session, context, search="", cursor="") -> Page[ProductRow]
unaccounted_by_sku(session, context) -> tuple[UnaccountedSku, ...]
rules(session, context, states=(...)) -> tuple[RuleView, ...]
rule(session, context, rule_id) -> RuleView
preview(session, context, spec) -> RulePreview
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.money import from_micros, per_month, trim
from rcx_app.core.pagination import Page
from rcx_app.core.text import fold
from rcx_app.domain.service_rules import service
from rcx_app.domain.service_rules.repository import RuleRepository, spec_of
from rcx_app.domain.service_rules.schemas import (
    MonthlyMoney,
    ProductRow,
    RulePreview,
    RuleSpec,
    RuleView,
    UnaccountedSku,
)
from rcx_app.domain.service_rules.sentence import sentence
from rcx_app.models import ServiceRule, ServiceRuleVersion

_ONE = 1_000_000


def list_products(session: Session, context: Context, search: str = "", cursor: str = "") -> Page[ProductRow]:
    """PSA products with active lines, by name, with the rule that counts or might count each."""
    repository = RuleRepository(session, context)
    day = clock.today()
    rows, following = repository.products(day, search, cursor)
    by_product = _rules_by_product(repository)
    lines: dict[str, list[Any]] = defaultdict(list)
    for line in repository.product_lines(day, [row.key for row in rows]):
        lines[line[0]].append(line)
    reach: dict[str, set[int]] = {}
    made = []
    for row in rows:
        rule = by_product.get(row.key)
        without = 0
        if rule is not None and rule.state == "active":
            name = rule.spec.integration
            if name not in reach:
                reach[name] = repository.clients_with(repository.connection_ids(name))
            without = len({line[1] for line in lines[row.key]} - reach[name])
        made.append(_product(row, lines[row.key], rule, without))
    return Page(tuple(made), following)


def _product(row: Any, lines: Sequence[Any], rule: RuleView | None, without: int) -> ProductRow:
    if rule is not None:
        state = "suggested" if rule.state == "suggested" else "partly" if without else "counted"
    else:
        state = "flat" if row.most <= _ONE else "not_counted"
    return ProductRow(
        product_key=row.key,
        product_code=row.code,
        product_name=row.name,
        billed=from_micros(int(row.billed)),
        lines=row.lines,
        clients=row.clients,
        money=_money(lines),
        state=state,
        clients_without_source=without,
        rule=rule,
    )


def _money(lines: Sequence[Any]) -> tuple[MonthlyMoney, ...]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for _, _, quantity, included, price, currency, cycle in lines:
        if price is not None:
            sums[currency] += per_month(from_micros(max(quantity - included, 0)) * from_micros(price), cycle)
    return tuple(MonthlyMoney(currency, trim(amount)) for currency, amount in sorted(sums.items()))


def _rules_by_product(repository: RuleRepository) -> dict[str, RuleView]:
    """The active rule of each product, or else its most certain suggestion."""
    found: dict[str, RuleView] = {}
    for view in sorted(_views(repository, ("active", "suggested")), key=_precedence):
        for code in view.spec.products:
            found.setdefault(fold(code), view)
    return found


def _precedence(view: RuleView) -> tuple[bool, Decimal, int]:
    return (view.state != "active", -(view.confidence or Decimal(0)), view.rule_id)


def rules(
    session: Session, context: Context, states: Collection[str] = ("active", "suggested")
) -> tuple[RuleView, ...]:
    """Rules in these states (suggested, active, rejected, retired), by name."""
    return tuple(_views(RuleRepository(session, context), states))


def rule(session: Session, context: Context, rule_id: int) -> RuleView:
    """One rule. Raises NotFound."""
    repository = RuleRepository(session, context)
    return _view(repository.rule(rule_id), repository.versions([rule_id]))


def _views(repository: RuleRepository, states: Collection[str]) -> list[RuleView]:
    found = repository.rules(states)
    versions: dict[int, list[ServiceRuleVersion]] = defaultdict(list)
    for version in repository.versions([each.id for each in found]):
        versions[version.rule_id].append(version)
    return [_view(each, versions[each.id]) for each in found]


def _view(rule: ServiceRule, versions: Sequence[ServiceRuleVersion]) -> RuleView:
    today = clock.today()
    in_force = [
        each
        for each in versions
        if (each.effective_from is None or each.effective_from <= today)
        and (each.effective_to is None or today < each.effective_to)
    ]
    version = (in_force or list(versions))[-1]
    spec = spec_of(version, rule.name)
    return RuleView(
        rule_id=rule.id,
        version_id=version.id,
        number=version.number,
        name=rule.name,
        state=rule.state,
        preset=rule.preset,
        confidence=rule.confidence,
        reasons=tuple(rule.reasons),
        spec=spec,
        sentence=sentence(spec),
        version=rule.version,
    )


def unaccounted_by_sku(session: Session, context: Context) -> tuple[UnaccountedSku, ...]:
    """Usage that no rule takes, as the last run found it, most seats first."""
    repository = RuleRepository(session, context)
    period = repository.last_period()
    rows = repository.unaccounted(period) if period else []
    return tuple(UnaccountedSku(row[0], row[1], row[2], int(row[3]) // _ONE, row[4]) for row in rows)


def preview(session: Session, context: Context, spec: RuleSpec) -> RulePreview:
    """What a rule would take today over mapped accounts, and how much of it no active rule takes yet."""
    repository = RuleRepository(session, context)
    day = clock.today()
    active = service.rules_in_force(session, context, day)
    ids = service.connections_of(session, context, active)
    return RulePreview(*repository.preview(spec, day, [(each, ids[each.version_id]) for each in active]))
