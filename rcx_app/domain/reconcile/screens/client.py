"""One client's page: every line with its rule and numbers, findings without a line, flags, integrations, money."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.reconcile import arithmetic
from rcx_app.domain.reconcile.arithmetic import exact
from rcx_app.domain.reconcile.engine import Group, compare, read_facts
from rcx_app.domain.reconcile.facts import Facts, LineFact
from rcx_app.domain.reconcile.included import shown_only
from rcx_app.domain.reconcile.repository import ReconcileRepository
from rcx_app.domain.reconcile.screens.client_schemas import BilledSum, ClientIntegration, ClientPage, LineRow
from rcx_app.domain.reconcile.screens.evidence_repository import EvidenceRepository
from rcx_app.domain.reconcile.screens.schemas import FlagRow
from rcx_app.domain.reconcile.screens.service import finding_row, flag_rows, last_run, money_of
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.sentence import sentence
from rcx_app.domain.subscription import limits


def client_page(session: Session, context: Context, client_id: int) -> ClientPage:
    """A client's page, its counts made by the engine on the day of the last run. Raises NotFound."""
    repository = EvidenceRepository(session, context)
    client = repository.client(client_id)
    last = last_run(session, context)
    rules = service_rules.rules_in_force(session, context, last.day)
    connections = service_rules.connections_of(session, context, rules)
    facts = read_facts(ReconcileRepository(session, context), rules, connections, last.day, [client_id])
    if client_id in limits.left_out(session, context):
        facts = shown_only(facts)
    found = repository.findings_of(last.period, client_id)
    flags = _flags(repository, last.period, client_id)
    agreements = repository.agreements(client_id)
    groups = repository.sums(last.period, client_id)
    integrations = _integrations(repository, client_id)
    return ClientPage(
        client_id=client.id,
        external_id=client.external_id,
        name=client.name,
        psa=facts.connections[client.connection_id].label,
        agreements=tuple(agreements.values()),
        billing_cycles=tuple(sorted({line.cycle for line in facts.active})),
        billed=_billed(facts),
        seats=sum(each.seats for each in integrations),
        money=money_of(groups),
        open_findings=sum(each[4] for each in groups),
        lines=_lines(facts, found, flags, agreements),
        elsewhere=tuple(finding_row(each) for each in found if each.line_id is None),
        flags=flags,
        integrations=integrations,
        attributes=dict(client.attributes),
    )


def _flags(repository: EvidenceRepository, period: Any, client_id: int) -> tuple[FlagRow, ...]:
    """All flags on the client's lines, and the first page of those on its seats."""
    rows, _ = repository.flags(period, client_id=client_id)
    return flag_rows(rows)


def _lines(
    facts: Facts, found: list[Any], flags: tuple[FlagRow, ...], agreements: dict[int, str]
) -> tuple[LineRow, ...]:
    by_line = {each.line_id: each for each in found if each.line_id is not None}
    kinds: dict[int, list[str]] = defaultdict(list)
    for flag in flags:
        if flag.line_id is not None:
            kinds[flag.line_id].append(flag.kind)
    groups: dict[int, Group] = {}
    for group in compare(facts).groups:
        for line in group.lines:
            groups[line.id] = group
    rows = [
        _line(line, groups.get(line.id), by_line.get(line.id), tuple(sorted(set(kinds[line.id]))), agreements)
        for line in facts.active
    ]
    return tuple(sorted(rows, key=lambda row: (row.agreement, row.product_name, row.product_code, row.external_id)))


def _line(
    line: LineFact, group: Group | None, found: Any, flags: tuple[str, ...], agreements: dict[int, str]
) -> LineRow:
    is_carrier = group is not None and group.carrier is line
    numbers = group if is_carrier and group is not None and group.has_source else None
    monthly = None if numbers is None or numbers.monthly is None else exact(numbers.monthly)
    return LineRow(
        line_id=line.id,
        external_id=line.external_id,
        agreement=agreements.get(line.agreement_id, ""),
        product_code=line.product_code,
        product_name=line.product_name,
        rule_name=group.rule.name if group else "",
        sentence=sentence(group.rule.spec) if group else (),
        billed=exact(line.quantity if group is None or not is_carrier else group.billed),
        count=exact(numbers.count.value) if numbers else None,
        expected=exact(numbers.expected) if numbers else None,
        delta=exact(numbers.delta) if numbers else None,
        unit_price=exact(line.price) if line.price is not None else None,
        amount=exact(numbers.amount) if numbers and numbers.amount is not None else None,
        monthly_amount=monthly,
        currency=line.currency,
        billing_cycle=line.cycle,
        kind=numbers.kind if numbers else "",
        state=_state(group, found, is_carrier=is_carrier),
        finding_id=found.id if found is not None and is_carrier else None,
        flags=flags,
    )


def _state(group: Group | None, found: Any, *, is_carrier: bool) -> str:
    if group is None:
        return "not_counted"
    if not is_carrier:
        return "shared"
    if not group.has_source:
        return "no_usage_source"
    if found is not None and found.state != "open":
        return str(found.state)
    if not group.is_finding:
        return "reconciled"
    return "not_ready" if group.not_ready else "open"


def _billed(facts: Facts) -> tuple[BilledSum, ...]:
    """What active lines bill a month, less what their fee includes."""
    sums: dict[str, int] = defaultdict(int)
    for line in facts.active:
        if line.price is not None:
            amount = arithmetic.amount(line.quantity, 0, line.included, line.price)
            sums[line.currency] += arithmetic.per_month(amount, line.cycle)
    return tuple(BilledSum(currency, exact(amount)) for currency, amount in sorted(sums.items()))


def _integrations(repository: EvidenceRepository, client_id: int) -> tuple[ClientIntegration, ...]:
    by_connection: dict[int, list[Any]] = defaultdict(list)
    for row in repository.source_accounts(client_id=client_id):
        by_connection[row[3]].append(row)
    return tuple(
        ClientIntegration(
            connection_id=connection_id,
            label=rows[0][4],
            state=rows[0][5],
            accounts=tuple(row[2] or row[1] for row in rows),
            seats=sum(row[8] for row in rows),
            last_complete_at=rows[0][6],
        )
        for connection_id, rows in by_connection.items()
    )
