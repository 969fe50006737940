"""One finding in full, and the named seats behind each of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import and_
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.pagination import Page
from rcx_app.domain.reconcile.screens.detail_schemas import (
    ArithmeticStep,
    FindingDetail,
    PendingAccount,
    SeatRow,
    SourceAccount,
    SourceLine,
)
from rcx_app.domain.reconcile.screens.evidence_repository import EvidenceRepository
from rcx_app.domain.reconcile.screens.service import LastRun, finding_row, flag_rows, last_run
from rcx_app.domain.reconcile.seats.dissect import Dissected, dissect
from rcx_app.domain.reconcile.seats.repository import SeatRepository
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.schemas import RuleInForce
from rcx_app.domain.service_rules.sentence import sentence
from rcx_app.models import Finding

WHICH = ("counted", "left_out")


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The conditions behind a finding: what counts, what nearly does."""

    counted: Any
    left_out: Any = None
    reason: Any = None
    parts: Dissected | None = None
    client_id: int | None = None
    account_id: int | None = None


def finding(session: Session, context: Context, finding_id: int) -> FindingDetail:
    """Everything about a finding. Raises NotFound."""
    repository = EvidenceRepository(session, context)
    row = repository.finding(finding_id)
    last = last_run(session, context)
    rule = service_rules.version(session, context, row.rule_version_id) if row.rule_version_id else None
    steps = [ArithmeticStep(**{**step, "value": Decimal(step["value"])}) for step in row.arithmetic]
    flags, _ = repository.flags(row.period, line_ids=row.line_ids) if row.line_ids else ([], "")
    return FindingDetail(
        row=finding_row(row),
        sentence=sentence(rule.spec) if rule else (),
        rule_name=rule.name if rule else "",
        rule_number=rule.number if rule else None,
        arithmetic=(*_left_out_steps(session, context, row, rule, last), *steps),
        inferred=tuple(row.inferred),
        not_ready_reason=row.not_ready_reason,
        lines=tuple(source_line(each) for each in repository.source_lines(row.line_ids)),
        accounts=_accounts(session, context, row, rule),
        flags=flag_rows(flags),
        resolved_at=row.resolved_at,
        changed_at=row.changed_at,
        as_of=row.as_of,
        pending=_pending(session, context, row, rule),
    )


def evidence(
    session: Session, context: Context, finding_id: int, which: str = "counted", cursor: str = ""
) -> Page[SeatRow]:
    """The seats that a finding counts, or those its rule nearly takes, each with the reason why not; by name."""
    if which not in WHICH:
        raise Invalid(f"There are no {which!r} seats.", remedy=f"Use one of {', '.join(WHICH)}.")
    row = EvidenceRepository(session, context).finding(finding_id)
    behind = _behind(session, context, row, last_run(session, context))
    condition = behind.counted if which == "counted" else behind.left_out
    if condition is None:
        return Page(())
    repository = SeatRepository(session, context)
    rows, following = repository.page(
        condition,
        client_id=behind.client_id,
        account_id=behind.account_id,
        cursor=cursor,
        reason=behind.reason if which == "left_out" else None,
    )
    return Page(tuple(seat_row(each, behind.parts) for each in rows), following)


def client_seats(
    session: Session, context: Context, client_id: int, search: str = "", cursor: str = ""
) -> Page[SeatRow]:
    """The live seats of a client's mapped accounts, by name. Raises NotFound."""
    EvidenceRepository(session, context).client(client_id)
    repository = SeatRepository(session, context)
    live = repository.presence(last_run(session, context).day, None)
    rows, following = repository.page(_all(live), client_id=client_id, search=search, cursor=cursor)
    return Page(tuple(seat_row(each, None) for each in rows), following)


def _behind(session: Session, context: Context, row: Finding, last: LastRun) -> _Evidence:
    repository = SeatRepository(session, context)
    repository.prepare()
    day = last.day
    if row.scope == "account":
        return _Evidence(_all(repository.live(day)), account_id=row.account_id)
    if row.scope == "sku":
        rules = service_rules.rules_in_force(session, context, day)
        by_version = service_rules.connections_of(session, context, rules)
        pairs = [(each, by_version[each.version_id]) for rule in rules for each in rule.accounts_for]
        return _Evidence(repository.untaken_of_sku(pairs, row.sku, day), client_id=row.client_id)
    if row.rule_version_id is None or row.client_id is None:
        return _Evidence(None)
    rule = service_rules.version(session, context, row.rule_version_id)
    ids = service_rules.connections_of(session, context, [rule])[rule.version_id]
    parts = dissect(rule.condition)
    peak_day = None
    if rule.spec.count == "peak":
        count = repository.counts_of(rule, ids, day, [row.client_id]).get(row.client_id)
        peak_day = count.peak_day if count else None
    left_out, reason = repository.left_out(parts, ids, day)
    counted = repository.taken(rule, ids, day, peak_day)
    return _Evidence(counted, left_out, reason, parts, client_id=row.client_id)


def _all(conditions: Sequence[Any]) -> Any:
    return reduce(and_, conditions)


def _left_out_steps(
    session: Session, context: Context, row: Finding, rule: RuleInForce | None, last: LastRun
) -> tuple[ArithmeticStep, ...]:
    """What the rule leaves out, before the count: how many seats there are of its kind, less each reason."""
    if rule is None or row.client_id is None or row.resolved_at is not None:
        return ()
    behind = _behind(session, context, row, last)
    if behind.parts is None:
        return ()
    repository = SeatRepository(session, context)
    reasons = repository.count_reasons(row.client_id, behind.left_out, behind.reason)
    taken = repository.count(row.client_id, behind.counted)
    total = taken + sum(reasons.values())
    if total == taken and Decimal(taken) == row.system_count:
        return ()
    steps = [_step("", "Seats of this kind", total)]
    for number, many in sorted(reasons.items()):
        steps.append(_step("−", behind.parts.reasons[number], many, note="left out by the rule", evidence="left_out"))
    same = taken - row.system_count
    if rule.spec.count == "distinct" and same > 0:
        steps.append(_step("−", "Same identity again", same, note="counted once"))
    return tuple(steps)


def _step(op: str, label: str, value: Decimal | int, note: str = "", evidence: str = "") -> ArithmeticStep:
    return ArithmeticStep(op, label[:1].upper() + label[1:], note, Decimal(value), "", evidence)


def _accounts(session: Session, context: Context, row: Finding, rule: RuleInForce | None) -> tuple[SourceAccount, ...]:
    repository = EvidenceRepository(session, context)
    if row.scope == "account":
        found = repository.source_accounts(account_id=row.account_id)
    elif row.client_id is None:
        return ()
    else:
        found = repository.source_accounts(client_id=row.client_id)
    if rule is not None:
        ids = service_rules.connections_of(session, context, [rule])[rule.version_id]
        found = [each for each in found if each[3] in ids]
    return tuple(
        SourceAccount(each[0], each[1], each[2], each[4], seats=each[8], decided_how=each[7], fetched_at=each[6])
        for each in found
    )


def _pending(session: Session, context: Context, row: Finding, rule: RuleInForce | None) -> tuple[PendingAccount, ...]:
    """Accounts of the rule's connections that wait to be mapped to the finding's client: its count may be too low."""
    if rule is None or row.client_id is None or row.resolved_at is not None:
        return ()
    ids = service_rules.connections_of(session, context, [rule])[rule.version_id]
    found = EvidenceRepository(session, context).pending_accounts([row.client_id])
    return tuple(PendingAccount(*values) for _, connection_id, *values in found if connection_id in ids)


def source_line(row: Any) -> SourceLine:
    """(line, agreement's name, connection's label, its last complete sync) for a screen."""
    line, agreement, label, fetched_at = row
    return SourceLine(
        line_id=line.id,
        external_id=line.external_id,
        agreement=agreement,
        product_code=line.product_code,
        product_name=line.product_name,
        quantity=line.quantity,
        included_quantity=line.included_quantity,
        unit_price=line.unit_price,
        unit_cost=line.unit_cost,
        currency=line.currency,
        billing_cycle=line.billing_cycle,
        effective_date=line.effective_date,
        cancelled_date=line.cancelled_date,
        source=label,
        fetched_at=fetched_at,
    )


def seat_row(row: Any, parts: Dissected | None) -> SeatRow:
    """Columns of the seat query for a screen."""
    number = row[15]
    reason = parts.reasons[number] if parts is not None and number is not None and number >= 0 else ""
    values: Any = (row[0], row[1], row[2] or row[3] or row[1], *row[3:15], reason)
    return SeatRow(*values)
