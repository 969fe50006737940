"""How numbers came to be what they are: up to six months of a finding or a client, the last one being what is shown.

A trend goes back as far as it is unbroken: a month in which a finding did not stand says that billed and expected
agreed then, but not on which number, so nothing is drawn for it or before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.reconcile.screens.schemas import ClientRow, FindingRow, TrendPoint
from rcx_app.domain.reconcile.screens.trend_repository import TrendRepository

MONTHS = 6


def month_before(period: date, months: int) -> date:
    """The first day of the month that lies so many months before the one of `period`."""
    years, month = divmod(period.year * 12 + period.month - 1 - months, 12)
    return date(years, month + 1, 1)


def with_trends(
    session: Session, context: Context, period: date, rows: Sequence[FindingRow], series: Mapping[int, str]
) -> tuple[FindingRow, ...]:
    """The rows with their trends. `series` by finding id is the identity over months; empty where it has none."""
    wanted = sorted({each for each in series.values() if each})
    if not wanted:
        return tuple(rows)
    found: dict[str, dict[date, TrendPoint]] = {}
    for name, month, billed, expected, count in TrendRepository(session, context).of_series(wanted, _months(period)):
        found.setdefault(name, {})[month] = TrendPoint(month, billed, count if expected is None else expected)
    return tuple(replace(row, trend=_unbroken(found.get(series.get(row.finding_id, ""), {}), period)) for row in rows)


def client_trends(
    session: Session, context: Context, period: date, rows: Iterable[ClientRow]
) -> dict[int, tuple[TrendPoint, ...]]:
    """By client, the calculated net a month (`expected`; `billed` is 0) in the currency it has now."""
    currencies = {row.client_id: row.currency for row in rows}
    if not currencies:
        return {}
    found: dict[int, dict[date, TrendPoint]] = {}
    for client_id, month, currency, net in TrendRepository(session, context).of_clients(
        sorted(currencies), _months(period)
    ):
        if currency == currencies[client_id]:
            found.setdefault(client_id, {})[month] = TrendPoint(month, net * 0, net)
    return {client_id: _unbroken(months, period) for client_id, months in found.items()}


def _months(period: date) -> list[date]:
    """The months of a trend, the newest first."""
    return [month_before(period, back) for back in range(MONTHS)]


def _unbroken(months: Mapping[date, TrendPoint], period: date) -> tuple[TrendPoint, ...]:
    points: list[TrendPoint] = []
    for month in _months(period):
        point = months.get(month)
        if point is None:
            break
        points.append(point)
    return tuple(reversed(points))
