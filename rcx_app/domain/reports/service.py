"""The reports' numbers over months of kept history. What each means stands in docs/arithmetic.md, "Reports"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col

from rcx_app.core.context import Context
from rcx_app.core.money import from_micros, per_month
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens.service import last_run
from rcx_app.domain.reports.margin_repository import MarginRepository
from rcx_app.domain.reports.repository import ReportRepository
from rcx_app.domain.reports.schemas import (
    CoverageRow,
    ImpactRow,
    MarginRow,
    MonthRow,
    ReportQuery,
    Span,
    Waiting,
)
from rcx_app.models import Finding

TOP = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is over: its months, and the currencies and integrations that it may be narrowed to.

    `currency` is the one asked for, or the one with the most money out of line. Without a run there is nothing.
    """

    has_run: bool
    day: date
    span: Span
    currency: str
    currencies: tuple[str, ...]
    integrations: tuple[str, ...]


def scope(session: Session, context: Context, query: ReportQuery) -> Scope:
    """What the query means for this workspace."""
    context.require(Permission.READ)
    last = last_run(session, context)
    span = Span.back(last.day, query.number)
    repository = ReportRepository(session, context)
    weights: dict[str, Decimal] = defaultdict(Decimal)
    for _, currency, kind, is_ready, _, _, amount in repository.by_month(span, ReportQuery()):
        if currency:
            weights[currency] += abs(amount or 0) if kind == "calculated" and is_ready else 0
    leading = max(weights, key=lambda code: (weights[code], code), default="")
    return Scope(
        has_run=last.has_run,
        day=last.day,
        span=span,
        currency=query.currency or leading,
        currencies=tuple(sorted(weights)),
        integrations=tuple(repository.integrations(span)),
    )


def by_month(session: Session, context: Context, query: ReportQuery, span: Span) -> tuple[MonthRow, ...]:
    """What stood at the end of each month, by currency; a month without any money has one row of the query's."""
    context.require(Permission.READ)
    repository = ReportRepository(session, context)
    known = repository.known_months(span)
    sums: dict[tuple[date, str], dict[str, Any]] = defaultdict(lambda: defaultdict(Decimal))
    for month, currency, kind, is_ready, direction, number, amount in repository.by_month(span, query):
        if direction not in ("under", "over") or not currency:
            continue
        into = sums[month, currency]
        if not is_ready:
            into["not_ready"] += number
        elif kind == "calculated":
            into[direction] += amount or Decimal(0)
            into[f"{direction}_count"] += number
        elif kind == "estimated":
            into[f"estimated_{direction}"] += amount or Decimal(0)
            into["estimated_count"] += number
    rows = []
    for month in span.months():
        here = sorted(currency for each, currency in sums if each == month) or [query.currency]
        rows += [_month(month, currency, month in known, sums.get((month, currency), {})) for currency in here]
    return tuple(rows)


def _month(month: date, currency: str, is_known: bool, sums: dict[str, Any]) -> MonthRow:
    counts = {name: int(value) for name, value in sums.items() if name.endswith("count") or name == "not_ready"}
    return replace(MonthRow(month, currency, is_known), **{**sums, **counts})


def coverage(session: Session, context: Context, span: Span) -> tuple[CoverageRow, ...]:
    """Clients with and without a discrepancy at the end of each month, over all integrations."""
    context.require(Permission.READ)
    repository = ReportRepository(session, context)
    found = {month: (clients, agree) for month, clients, agree in repository.coverage(span)}
    return tuple(
        CoverageRow(month, month in found, *(int(each) for each in found.get(month, (0, 0)))) for month in span.months()
    )


def services(
    session: Session, context: Context, query: ReportQuery, span: Span, size: int | None = TOP
) -> tuple[ImpactRow, ...]:
    """Services by their calculated money over the span, in the query's currency; `size` None: all."""
    context.require(Permission.READ)
    repository = ReportRepository(session, context)
    rows = repository.impact(span, query, col(Finding.service_key), size)
    names = repository.service_names(span, [row[0] for row in rows])
    return tuple(_impact(row, str(row[0]), names.get(row[0], row[0]), query.currency) for row in rows)


def clients(
    session: Session, context: Context, query: ReportQuery, span: Span, size: int | None = TOP
) -> tuple[ImpactRow, ...]:
    """Clients by their calculated money over the span, in the query's currency; `size` None: all."""
    context.require(Permission.READ)
    repository = ReportRepository(session, context)
    rows = repository.impact(span, query, col(Finding.client_id), size)
    names = repository.client_names([row[0] for row in rows])
    return tuple(_impact(row, str(row[0]), names.get(row[0], ""), query.currency) for row in rows)


def _impact(row: Any, key: str, name: str, currency: str) -> ImpactRow:
    return ImpactRow(key, name, currency, row[1] or Decimal(0), row[2] or Decimal(0), int(row[3] or 0))


def waiting(session: Session, context: Context, query: ReportQuery, span: Span) -> tuple[Waiting, ...]:
    """What is approved and not billed yet, by currency."""
    context.require(Permission.READ)
    found: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(Decimal))
    for currency, direction, number, amount in ReportRepository(session, context).waiting(span, query):
        found[currency][direction] += amount or Decimal(0)
        found[currency]["count"] += number
    return tuple(
        Waiting(currency, each["under"], each["over"], int(each["count"])) for currency, each in sorted(found.items())
    )


def margins(session: Session, context: Context, query: ReportQuery, day: date) -> tuple[MarginRow, ...]:
    """Products by revenue, as billed on `day`, over all integrations; only lines whose price and cost are known."""
    context.require(Permission.READ)
    rows = MarginRepository(session, context).priced(day, query.currency)
    found = [_margin(key, list(each)) for key, each in _grouped(rows).items()]
    return tuple(sorted(found, key=lambda row: (-row.revenue, row.product_code, row.currency)))


def _grouped(rows: Iterable[Any]) -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        found[row[0], row[3]].append(row)
    return found


def _margin(key: tuple[str, str], rows: list[Any]) -> MarginRow:
    revenue = cost = Decimal(0)
    lines = without = 0
    for _, _, _, _, cycle, price, unit_cost, quantity, above, number in rows:
        # Lines without any price or cost entered say 0 in most PSAs: that is not known either.
        if price is None or not unit_cost:
            without += number
            continue
        revenue += per_month(from_micros(int(above)) * price, cycle)
        cost += per_month(from_micros(int(quantity)) * unit_cost, cycle)
        lines += number
    return MarginRow(rows[0][1], rows[0][2] or rows[0][1], key[1], revenue, cost, lines, without)
