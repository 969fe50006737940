"""A rule that a run finds again among those it has built before says what its row says now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlmodel import Session, select

from rcx_app.core.db import transaction
from rcx_app.domain.service_rules import service
from rcx_app.domain.service_rules.schemas import RuleInForce, RuleSpec
from rcx_app.domain.service_rules.stored import rule_in_force
from rcx_app.models import ServiceRule, ServiceRuleVersion
from tests.conftest import World
from tests.domain.reconcile.estates import DAY

LICENCE = {"all": [{"field": "sku", "op": "in", "value": ["SPB", "Müller's"]}]}
RULES = [
    RuleSpec(name="Plain", products=("P",), integration="NinjaOne", where=LICENCE),
    RuleSpec(
        name="All of it",
        products=("Q", "q 2"),
        count="sum",
        where={"none": [{"field": "quantity", "op": "gt", "value": "1.5"}]},
        included=Decimal("0.5"),
        minimum=Decimal(2),
        pack_size=Decimal("2.5"),
        multiplier=Decimal("0.333333"),
        lines=("L1", "L2"),
        tiers=[{"up_to": 2, "price": "5"}, {"price": 3}],
        tier_mode="volume",
        allowance={"quantity": 2, "integration": "NinjaOne", "where": LICENCE},
        members=[{"name": "Mail", "where": LICENCE, "per_unit": "1.5"}],
        effective_from=date(2020, 1, 1),
        effective_to=date(2040, 1, 1),
    ),
]
CHANGES = {
    "products": ["Z"],
    "integration": "Other",
    "count": "distinct",
    "where": {},
    "included": Decimal(7),
    "minimum": Decimal(8),
    "pack_size": Decimal(9),
    "multiplier": Decimal("0.25"),
    "lines": ["L9"],
    "tiers": [{"price": "4"}],
    "tier_mode": "graduated",
    "allowance": {"quantity": "3"},
    "members": [{"name": "Backup"}],
    "effective_from": date(2021, 1, 1),
    "effective_to": date(2041, 1, 1),
}


def _both(session: Session, world: World) -> tuple[list[RuleInForce], list[RuleInForce]]:
    """The rules that runs count by, without what is counted beside them, and the same from their rows."""
    session.flush()
    session.expire_all()
    names = {rule.id: rule.name for rule in session.exec(select(ServiceRule))}
    rows = session.exec(select(ServiceRuleVersion)).all()
    told = service.rules_in_force(session, world.ours, DAY)
    read = sorted((rule_in_force(row, names[row.rule_id]) for row in rows), key=lambda rule: rule.name)
    return [RuleInForce(each.rule_id, each.version_id, each.number, each.spec, each.condition) for each in told], read


def test_a_rule_in_force_is_what_its_row_says(world: World) -> None:
    with transaction(world.ours) as session:
        for spec in RULES:
            service.create(session, world.ours, spec)
    with transaction(world.ours) as session:
        before, rows = _both(session, world)
        assert before == rows
        assert [each.spec for each in before] == sorted(RULES, key=lambda spec: spec.name)
        for column, value in CHANGES.items():
            for row in session.exec(select(ServiceRuleVersion)).all():
                setattr(row, column, value)
            after, rows = _both(session, world)
            assert after == rows, column
            assert after[0] != before[0], column
            before = after


def test_a_renamed_rule_is_told_by_its_new_name(world: World) -> None:
    with transaction(world.ours) as session:
        rule_id = service.create(session, world.ours, RULES[0])
        assert [each.name for each in service.rules_in_force(session, world.ours, DAY)] == ["Plain"]
        service.replace(session, world.ours, rule_id, RULES[0].model_copy(update={"name": "Fancy"}))
        assert [each.name for each in service.rules_in_force(session, world.ours, DAY)] == ["Fancy"]
