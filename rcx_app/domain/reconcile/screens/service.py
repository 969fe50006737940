"""Answers for screens: totals, tables, one client, one finding. Everything is of the period of the last run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.clock import month_start
from rcx_app.core.context import Context
from rcx_app.core.pagination import Page
from rcx_app.domain.reconcile.screens import trends
from rcx_app.domain.reconcile.screens.overview_repository import OverviewRepository
from rcx_app.domain.reconcile.screens.repository import ScreenRepository
from rcx_app.domain.reconcile.screens.schemas import (
    ClientFilters,
    ClientRow,
    FindingFilters,
    FindingRow,
    FlagRow,
    Impact,
    Money,
    Overview,
    Sums,
)
from rcx_app.domain.review.filtering import decisions
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.models import Finding, ReconcileRun

TOP = 5
_BY_SCOPE = ("unmapped", "unaccounted")


@dataclass(frozen=True, slots=True)
class LastRun:
    """What is shown: the period and the day of the last run; this month where there was none."""

    has_run: bool
    period: date
    day: date
    run: ReconcileRun | None


def last_run(session: Session, context: Context) -> LastRun:
    """The run whose results stand."""
    run = ScreenRepository(session, context).last_run()
    day = run.as_of if run else clock.today()
    return LastRun(run is not None, month_start(day), day, run)


def last_run_at(session: Session, context: Context) -> datetime | None:
    """When the run ended whose results stand: what was read of them is out of date once this has changed."""
    run = ScreenRepository(session, context).last_run()
    return run.finished_at if run else None


def overview(session: Session, context: Context) -> Overview:
    """The numbers of the first page."""
    repository = OverviewRepository(session, context)
    last = last_run(session, context)
    groups = repository.sums(last.period)
    money = money_of(groups)
    by_kind: dict[str, int] = defaultdict(int)
    for _, kind, _, _, number, _ in groups:
        by_kind[kind] += number
    kinds: dict[tuple[str, str], tuple[int, Decimal]] = {
        (kind, scope): (number, count) for kind, scope, number, count in repository.kinds(last.period, _BY_SCOPE)
    }
    clients, reconciled = repository.client_numbers(last.period)
    currencies = sorted(money.calculated, key=lambda sums: (-(sums.under - sums.over), sums.currency))
    main = currencies[0].currency if currencies else ""
    return Overview(
        has_run=last.has_run,
        period=last.period,
        as_of=last.day if last.has_run else None,
        finished_at=last.run.finished_at if last.run else None,
        money=money,
        open_findings=sum(by_kind.values()),
        not_ready=sum(number for _, _, is_ready, _, number, _ in groups if not is_ready),
        by_kind=dict(by_kind),
        unmapped_accounts=kinds.get(("unmapped", "account"), (0, Decimal(0)))[0],
        unmapped_services=kinds.get(("unmapped", "rule"), (0, Decimal(0)))[0],
        unaccounted_seats=int(kinds.get(("unaccounted", "sku"), (0, Decimal(0)))[1]),
        clients=clients,
        clients_reconciled=reconciled,
        flags=repository.flag_numbers(last.period),
        hidden_accounts=int(last.run.totals.get("hidden_accounts", 0)) if last.run else 0,
        top_services=_top(repository, last.period, Finding.service_key, Finding.product_name, main),
        top_clients=_top(repository, last.period, Finding.client_id, Finding.client_name, main),
    )


def _top(repository: OverviewRepository, period: date, key: Any, name: Any, currency: str) -> tuple[Impact, ...]:
    rows = repository.top(period, key, currency, TOP) if currency else []
    names = (
        repository.names(period, key, name, currency, [row[0] for row in rows if row[0] is not None]) if rows else {}
    )
    return tuple(
        Impact(str(value), names.get(value, ""), number, Sums(currency, under, over, under_count, over_count))
        for value, number, under, over, under_count, over_count in rows
    )


def client_table(
    session: Session, context: Context, filters: ClientFilters | None = None, sort: str = "name", cursor: str = ""
) -> Page[ClientRow]:
    """Clients with lines or seats. `sort`: name, seats, services, discrepancies, amount; ``-`` in front: descending."""
    repository = OverviewRepository(session, context)
    period = last_run(session, context).period
    rows, following = repository.client_rows(period, filters or ClientFilters(), sort, cursor)
    shown = [_client_row(row) for row in rows]
    months = trends.client_trends(session, context, period, shown)
    return Page(tuple(replace(row, trend=months.get(row.client_id, ())) for row in shown), following)


def _client_row(row: Any) -> ClientRow:
    groups = [
        (each["currency"], each["kind"], each["is_ready"], each["direction"], each["count"], Decimal(each["amount"]))
        for each in row.sums
    ]
    return ClientRow(
        client_id=row.client_id,
        name=row.client_name,
        seats=row.seats,
        services=row.services,
        discrepancies=row.discrepancies,
        flags=row.flags,
        currency=row.currency,
        amount=row.net_amount,
        billing_cycle=row.billing_cycle,
        money=money_of(groups),
    )


def findings(
    session: Session,
    context: Context,
    filters: FindingFilters | None = None,
    sort: str = "age",
    cursor: str = "",
    *,
    with_total: bool = False,
) -> Page[FindingRow]:
    """Findings that stand. `sort`: age (oldest first), client, service, amount, delta; ``-`` in front: descending."""
    repository = ScreenRepository(session, context)
    period = last_run(session, context).period
    wanted = filters or FindingFilters()
    rows, following = repository.findings(period, wanted, sort, cursor)
    total = repository.count_findings(period, wanted) if with_total else None
    shown = _with_pending(session, context, [finding_row(row) for row in rows])
    series = {row.id: row.series for row in rows}
    shown = trends.with_trends(session, context, period, shown, series)
    return Page(_with_decisions(session, context, shown, series), following, total)


def _with_decisions(
    session: Session, context: Context, rows: Sequence[FindingRow], series: Mapping[int, str]
) -> tuple[FindingRow, ...]:
    """The rows with what people left on each."""
    kept = decisions(session, context, series.values())
    return tuple(replace(row, decision=kept.get(series[row.finding_id], row.decision)) for row in rows)


def _with_pending(session: Session, context: Context, rows: Sequence[FindingRow]) -> tuple[FindingRow, ...]:
    """The rows, those marked whose rule would count an account that waits to be mapped to their client."""
    clients = {row.client_id for row in rows if row.client_id is not None and row.rule_id is not None}
    waiting = {(each[0], each[1]) for each in ScreenRepository(session, context).pending_accounts(sorted(clients))}
    if not waiting:
        return tuple(rows)
    rules = service_rules.rules_in_force(session, context, last_run(session, context).day)
    by_version = service_rules.connections_of(session, context, rules)
    counted = {rule.rule_id: by_version[rule.version_id] for rule in rules}
    return tuple(
        replace(row, awaits_mapping=any((row.client_id, each) in waiting for each in counted.get(row.rule_id or 0, ())))
        for row in rows
    )


def count_findings(session: Session, context: Context, filters: FindingFilters) -> int:
    """How many findings a filter leaves."""
    return ScreenRepository(session, context).count_findings(last_run(session, context).period, filters)


def finding_row(row: Any) -> FindingRow:
    """A row of columns of `finding`, or a finding itself, for a list."""
    return FindingRow(
        finding_id=row.id,
        client_id=row.client_id,
        client_name=row.client_name,
        service=row.product_name or row.product_code or row.sku,
        product_code=row.product_code,
        sku=row.sku,
        integration=row.integration,
        scope=row.scope,
        kind=row.kind,
        direction=row.direction,
        billed=row.billed_quantity,
        count=row.system_count,
        expected=row.expected_quantity,
        delta=row.delta,
        unit_price=row.unit_price,
        amount=row.amount,
        monthly_amount=row.monthly_amount,
        currency=row.currency,
        billing_cycle=row.billing_cycle,
        is_ready=row.is_ready,
        state=row.state,
        account_id=row.account_id,
        rule_id=row.rule_id,
        first_found_at=row.first_found_at,
        explanation=row.explanation,
        service_key=row.service_key,
        account_name=getattr(row, "account_name", None) or "",
    )


def flags(
    session: Session, context: Context, client_id: int | None = None, kind: str = "", cursor: str = ""
) -> Page[FlagRow]:
    """Flags, by kind."""
    repository = ScreenRepository(session, context)
    period = last_run(session, context).period
    rows, following = repository.flags(period, client_id=client_id, kind=kind, cursor=cursor)
    return Page(flag_rows(rows), following)


def flag_rows(rows: Iterable[Any]) -> tuple[FlagRow, ...]:
    """Rows of the flag query for a list."""
    return tuple(FlagRow(row[0], row[1], row[2], row[3] or "", *row[4:8]) for row in rows)


def money_of(groups: Sequence[Any]) -> Money:
    """Sums by currency from (currency, kind, is ready, direction, findings, monthly amount) groups."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(Decimal)))
    for currency, kind, is_ready, direction, number, amount in groups:
        part = kind if is_ready else "not_ready"
        if kind == "unaccounted" or direction not in ("under", "over"):
            continue
        found[part][currency][direction] += amount or Decimal(0)
        found[part][currency][f"{direction}_count"] += number
    return Money(**{part: _sums(found[part]) for part in ("calculated", "estimated", "unmapped", "not_ready")})


def _sums(by_currency: dict[str, dict[str, Any]]) -> tuple[Sums, ...]:
    return tuple(
        Sums(currency, each["under"], each["over"], int(each["under_count"]), int(each["over_count"]))
        for currency, each in sorted(by_currency.items())
        if currency
    )
