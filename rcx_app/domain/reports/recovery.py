"""What was recovered, month by month: what billing was put right by, and nothing that went away by itself.

Counted are changes that took effect through RCX, and calculated findings that are gone because the PSA's quantity
moved towards the count. A finding that is gone because the count moved was never recovered. See docs/arithmetic.md.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core.clock import month_start, next_month
from rcx_app.core.context import Context
from rcx_app.core.money import from_micros, per_month
from rcx_app.core.permissions import Permission
from rcx_app.domain.reports.recovery_repository import RecoveryRepository
from rcx_app.domain.reports.schemas import RecoveredRow, ReportQuery, Span

_QUANTUM = Decimal("0.000001")
_HOW = {"verified": "written", "applied_outside": "outside"}


@dataclass(frozen=True, slots=True)
class _Gone:
    """A finding that is gone, and when that was seen."""

    series: str
    line_ids: tuple[int, ...]
    billed: Decimal
    delta: Decimal
    amount: Decimal
    currency: str
    direction: str
    at: datetime


def recovered(session: Session, context: Context, query: ReportQuery, span: Span) -> tuple[RecoveredRow, ...]:
    """By month and currency; months in which nothing was put right are left out."""
    context.require(Permission.READ)
    repository = RecoveryRepository(session, context)
    since, until = _at(span.first), _at(next_month(span.last))
    sums: dict[tuple[date, str], dict[str, Any]] = defaultdict(lambda: defaultdict(Decimal))
    touched: dict[str, set[date]] = defaultdict(set)
    for ended_at, state, currency, old, new, money, cycle, series, kind in repository.changes(since, until, query):
        month = month_start(ended_at.date())
        touched[series].add(month)
        if kind != "calculated":
            continue
        amount = None if money is None else per_month(money, cycle)
        _add(sums[month, currency], _HOW[state], "under" if new > old else "over", amount)
    for gone, share in _corrected(repository, query, span, until, touched):
        amount = (gone.amount * share).quantize(_QUANTUM, rounding=ROUND_HALF_UP)
        _add(sums[month_start(gone.at.date()), gone.currency], "corrected", gone.direction, amount)
    return tuple(_row(month, currency, each) for (month, currency), each in sorted(sums.items()))


def _row(month: date, currency: str, sums: dict[str, Any]) -> RecoveredRow:
    money = {name: sums[name] for name in ("written", "outside", "corrected", "given_back")}
    return RecoveredRow(month, currency, **money, count=int(sums["count"]), unpriced=int(sums["unpriced"]))


def _add(into: dict[str, Any], how: str, direction: str, amount: Decimal | None) -> None:
    into["count"] += 1
    if amount is None:
        into["unpriced"] += 1
    else:
        into[how if direction == "under" else "given_back"] += amount


def _corrected(
    repository: RecoveryRepository,
    query: ReportQuery,
    span: Span,
    until: datetime,
    touched: Mapping[str, set[date]],
) -> Iterable[tuple[_Gone, Decimal]]:
    """Findings that are gone without a change of RCX's, with the part that billing moved towards the count."""
    gone = _all_gone(repository, query, span, until)
    found = [each for each in gone if not _is_touched(each, touched)]
    history = repository.quantities({line_id for each in found for line_id in each.line_ids})
    for each in found:
        billed = _billed(each.line_ids, history, each.at)
        if billed is None:
            continue
        share = min(max((billed - each.billed) / each.delta, Decimal(0)), Decimal(1))
        if share:
            yield each, share


def _all_gone(repository: RecoveryRepository, query: ReportQuery, span: Span, until: datetime) -> list[_Gone]:
    """Findings that are gone of which a line changed: within its month, or at the turn to the next one."""
    moved = repository.moved(_at(_before(span.first)), until)
    found: list[_Gone | None] = []
    for month in span.months():
        # A line changes before a run finds the difference gone; runs at the month's first hours see the month before's.
        lines, clients = _moved(moved, _at(_before(month)), _at(next_month(month)))
        rows = repository.gone_within(_at(month), _at(next_month(month)), query, clients)
        found += [_gone(row, row[7], lines) for row in rows]
    runs = repository.first_runs(_before(span.first))
    for month, following in itertools.pairwise(sorted(each for each in runs if each <= span.last)):
        if following >= span.first:
            # What was corrected since the month began and before the next one's first run.
            lines, clients = _moved(moved, _at(month), runs[following])
            rows = repository.gone_after(month, following, query, clients)
            found += [_gone(row, runs[following], lines) for row in rows]
    return [each for each in found if each is not None]


def _moved(moved: Iterable[tuple[int, int, datetime]], since: datetime, until: datetime) -> tuple[set[int], set[int]]:
    """Lines that changed in that time, and their clients."""
    here = [each for each in moved if since <= each[2] <= until]
    return {line_id for line_id, _, _ in here}, {client_id for _, client_id, _ in here}


def _gone(row: Sequence[Any], at: datetime, moved: set[int]) -> _Gone | None:
    """None where nothing was corrected or can be said: no line changed, no price, or no difference."""
    series, line_ids, billed, delta, amount, currency, direction, _ = row
    if not delta or amount is None or moved.isdisjoint(line_ids):
        return None
    numbers = (from_micros(billed), from_micros(delta), from_micros(amount))
    return _Gone(series, tuple(line_ids), *numbers, currency, direction, at)


def _is_touched(gone: _Gone, touched: Mapping[str, set[date]]) -> bool:
    """Whether a change of RCX's took effect on it in this month or the one before: that one is counted."""
    month = month_start(gone.at.date())
    return bool(touched.get(gone.series, set()) & {month, _before(month)})


def _billed(
    line_ids: Sequence[int], history: Mapping[int, Sequence[tuple[datetime, Decimal]]], at: datetime
) -> Decimal | None:
    """What the lines billed at that time as RCX saw it; None where one was not seen yet."""
    whole = Decimal(0)
    for line_id in line_ids:
        seen = [quantity for valid_from, quantity in history.get(line_id, ()) if valid_from <= at]
        if not seen:
            return None
        whole += seen[-1]
    return whole


def _before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
