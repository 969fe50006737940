"""One rule held against the lines of a product, client by client, as a run would: in force or only suggested."""

from __future__ import annotations

from decimal import Decimal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.arithmetic import exact
from rcx_app.domain.reconcile.engine import Group, compare
from rcx_app.domain.reconcile.facts import Facts, PriceBook
from rcx_app.domain.reconcile.repository import ReconcileRepository
from rcx_app.domain.reconcile.screens.schemas import RuleAtClient
from rcx_app.domain.service_rules import service as service_rules


def at_clients(session: Session, context: Context, version_id: int, product_key: str) -> tuple[RuleAtClient, ...]:
    """What this version counts today beside what the product bills, largest difference first, then by client.

    Raises NotFound for a version that does not exist.
    """
    repository = ReconcileRepository(session, context)
    repository.prepare()
    rule = service_rules.version(session, context, version_id)
    connection_ids = service_rules.connections_of(session, context, [rule])
    day = clock.today()
    counts = repository.counts([(each, connection_ids[each.version_id]) for each in rule.counts], day, None)
    lines = repository.lines(products=rule.spec.product_keys)
    facts = Facts(
        day=day,
        clients=repository.clients(None),
        lines=lines,
        rules=[rule],
        connections=repository.connections(),
        rule_connections=connection_ids,
        sources=repository.sources(None),
        counts=counts,
        fallen={},
        accounts=(),
        unaccounted=(),
        prices=PriceBook(line for line in lines if line.is_active(day)),
        catalogue=repository.catalogue(),
    )
    rows = [_row(facts, group) for group in compare(facts).groups if group.product_key == fold(product_key)]
    return tuple(sorted(rows, key=_by_difference))


def _by_difference(row: RuleAtClient) -> tuple[bool, Decimal, str, int]:
    return (row.delta is None, -abs(row.delta or Decimal(0)), row.client_name, row.client_id)


def _row(facts: Facts, group: Group) -> RuleAtClient:
    known = group.has_source
    return RuleAtClient(
        client_id=group.client_id,
        client_name=facts.clients[group.client_id].name,
        has_line=bool(group.lines),
        billed=exact(group.billed),
        count=exact(group.count.value) if known else None,
        expected=exact(group.expected) if known else None,
        delta=exact(group.delta) if known else None,
        monthly_amount=exact(group.monthly) if known and group.monthly is not None else None,
        currency=group.currency,
    )
