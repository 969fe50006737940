"""Turns the reports' answers into what the page shows. Pure: no state, no database, no markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from rcx_app.core.money import format_amount
from rcx_app.domain.integrations.schemas import ConnectionHealth, Health, HealthChangeView
from rcx_app.domain.reports.schemas import (
    CoverageRow,
    ImpactRow,
    MarginRow,
    MonthRow,
    RecoveredRow,
    ReportQuery,
    Waiting,
)
from rcx_app.domain.reports.service import Scope
from rcx_app.domain.views.currency_schemas import Rates
from rcx_app.ui import addresses, words
from rcx_app.ui.components.bars import Bars, Column, layout
from rcx_app.ui.pages.integrations.run_rows import WHOSE
from rcx_app.ui.pages.match_settings.rows import Line

EXPORT = "/exports/report.{}"
_MARGINS = 12
_CHANGES = 12
_UNKNOWN = "not reconciled"


@dataclass
class Impact:
    """A service or client; widths in percent of the largest, texts of money without their currency."""

    name: str
    href: str
    under: str
    over: str
    net: str
    under_width: str
    over_width: str
    findings: str


@dataclass
class Margin:
    """A product's margin; `note` says what is not in it."""

    name: str
    revenue: str
    cost: str
    margin: str
    share: str
    percent: int
    tone: str
    note: str


@dataclass
class Change:
    """How a connection's health changed."""

    label: str
    href: str
    tone: str
    word: str
    at: str
    at_text: str
    why: str


@dataclass
class Export:
    """Where a report is to be had as a file."""

    csv: str = ""
    xlsx: str = ""


@dataclass
class View:
    """The whole page as text; every amount is of `currency`, a month."""

    has_run: bool = False
    subtitle: str = ""
    currency: str = ""
    begins: str = ""
    now_under: str = ""
    now_over: str = ""
    now_detail: str = ""
    recovered: str = ""
    recovered_detail: str = ""
    given_back: str = ""
    waiting: str = ""
    waiting_detail: str = ""
    reconciled: str = ""
    clients: str = ""
    reconciled_percent: int = 0
    display: str = ""
    display_of: str = ""
    impact: Bars = field(default_factory=Bars)
    impact_label: str = ""
    impact_lines: list[Line] = field(default_factory=list)
    has_impact: bool = False
    back: Bars = field(default_factory=Bars)
    back_label: str = ""
    back_lines: list[Line] = field(default_factory=list)
    has_back: bool = False
    coverage: Bars = field(default_factory=Bars)
    coverage_label: str = ""
    coverage_lines: list[Line] = field(default_factory=list)
    has_coverage: bool = False
    services: list[Impact] = field(default_factory=list)
    top_clients: list[Impact] = field(default_factory=list)
    margins: list[Margin] = field(default_factory=list)
    margins_note: str = ""
    health: str = ""
    changes: list[Change] = field(default_factory=list)
    exports: dict[str, Export] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What the services answered."""

    scope: Scope
    months: Sequence[MonthRow]
    recovered: Sequence[RecoveredRow]
    waiting: Sequence[Waiting]
    coverage: Sequence[CoverageRow]
    services: Sequence[ImpactRow]
    clients: Sequence[ImpactRow]
    margins: Sequence[MarginRow]
    health: Sequence[ConnectionHealth]
    changes: Sequence[HealthChangeView]
    rates: Rates = field(default_factory=Rates)


def view(found: Found, query: ReportQuery) -> View:
    """The page for what was asked."""
    over, code = found.scope, found.scope.currency
    if not over.has_run:
        return View()
    months = {row.month: row for row in found.months if row.currency == code}
    spans = over.span.months()
    rows = [months.get(month, MonthRow(month, code, is_known=_known(found, month))) for month in spans]
    made = View(
        has_run=True,
        subtitle=f"{_month(spans[0])} to {_month(spans[-1])}",
        currency=code,
        begins=_begins(found),
        services=_impacts(found.services, by_service=True),
        top_clients=_impacts(found.clients, by_service=False),
        margins=[_margin(row) for row in found.margins if row.lines][:_MARGINS],
        margins_note=_margins_note(found.margins),
        health=_health(found.health),
        changes=[_change(each) for each in found.changes[:_CHANGES]],
        exports={part: _export(part, query, code) for part in PARTS},
    )
    _fill_now(made, rows[-1], found)
    _fill_impact(made, rows)
    _fill_recovered(made, {row.month: row for row in found.recovered if row.currency == code}, rows)
    _fill_coverage(made, found.coverage)
    return made


PARTS = ("months", "recovered", "services", "clients", "coverage", "margins", "health")


def _known(found: Found, month: date) -> bool:
    return any(row.is_known for row in found.months if row.month == month)


def _begins(found: Found) -> str:
    """Said where the kept history does not fill the span."""
    known = [row.month for row in found.months if row.is_known]
    first = min(known, default=None)
    return f"History begins with {_month(first)}." if first and first > found.scope.span.first else ""


def _fill_now(made: View, row: MonthRow, found: Found) -> None:
    code = made.currency
    made.now_under = format_amount(row.under, code, signed=True)
    made.now_over = format_amount(row.over, code, signed=True)
    apart = [words.count(row.estimated_count, "estimated finding")] if row.estimated_count else []
    apart += [f"{row.not_ready:,} not ready"] if row.not_ready else []
    made.now_detail = "; ".join([words.count(row.under_count + row.over_count, "calculated finding"), *apart])
    mine = [each for each in found.waiting if each.currency == code]
    made.waiting = format_amount(sum((each.under for each in mine), Decimal(0)), code, signed=True)
    count = sum(each.count for each in mine)
    made.waiting_detail = words.count(count, "approved finding") if count else "none"
    now = found.coverage[-1] if found.coverage else None
    if now is not None and now.is_known:
        made.reconciled, made.clients = f"{now.reconciled:,}", f"{now.clients:,}"
        made.reconciled_percent = round(100 * now.reconciled / now.clients) if now.clients else 0
    last = [each for each in found.months if each.month == row.month]
    made.display, made.display_of = _display(last, found.rates)


def _display(rows: Sequence[MonthRow], rates: Rates) -> tuple[str, str]:
    """The last month's calculated money of all currencies in the display currency, for viewing only."""
    if not rates.quote or not any(row.under or row.over for row in rows):
        return "", ""
    under = rates.total([(row.under, row.currency) for row in rows])
    over = rates.total([(row.over, row.currency) for row in rows])
    missing = sorted({*under.missing, *over.missing})
    days = [day for day in (under.day, over.day) if day is not None]
    text = f"{format_amount(under.amount, rates.quote, signed=True)} {format_amount(over.amount, rates.quote)}"
    said = f"By rates of {words.day(min(days))} and later, for viewing only" if days else "No rate was needed"
    return f"{text} {rates.quote}" + (f" without {', '.join(missing)} (no rate)" if missing else ""), said


def _fill_impact(made: View, rows: Sequence[MonthRow]) -> None:
    code, last = made.currency, rows[-1]
    made.has_impact = any(row.is_known for row in rows)
    columns = [Column(_short(row.month), row.under, row.over, is_known=row.is_known) for row in rows]
    made.impact = layout(
        columns, end_up=format_amount(last.under, code), end_down=format_amount(last.over, code), half=True
    )
    made.impact_label = (
        f"Calculated under- and over-billing at the end of each month, {made.subtitle}, in {code} a month. "
        f"Now {format_amount(last.under, code)} under and {format_amount(abs(last.over), code)} over."
    )
    for row in reversed(rows):
        money = [format_amount(each, code, signed=True) for each in (row.under, row.over, row.under + row.over)]
        estimated = [format_amount(each, code, signed=True) for each in (row.estimated_under, row.estimated_over)]
        cells = [*money, *estimated] if row.is_known else [_UNKNOWN, "", "", "", ""]
        made.impact_lines.append(Line([_month(row.month), *cells]))


def _fill_recovered(made: View, by_month: Mapping[date, RecoveredRow], months: Sequence[MonthRow]) -> None:
    code = made.currency
    rows = [(row, by_month.get(row.month, RecoveredRow(row.month, code))) for row in months]
    whole = sum((each.recovered for _, each in rows), Decimal(0))
    back = sum((each.given_back for _, each in rows), Decimal(0))
    made.has_back = bool(whole or back)
    made.recovered = format_amount(whole, code, signed=True)
    made.given_back = format_amount(back, code, signed=True)
    made.recovered_detail = f"a month, in {words.count(len(rows), 'month')}"
    columns = [Column(_short(row.month), each.recovered, each.given_back) for row, each in rows]
    last = rows[-1][1]
    made.back = layout(
        columns, end_up=format_amount(last.recovered, code), end_down=format_amount(last.given_back, code), half=True
    )
    made.back_label = (
        f"Money a month that was recovered and given back in each month, {made.subtitle}, in {code}. "
        f"{format_amount(whole, code)} recovered in all."
    )
    for _, each in reversed(rows):
        amounts = (each.written, each.outside, each.corrected, each.recovered, each.given_back)
        made.back_lines.append(
            Line([_month(each.month), *(format_amount(amount, code, signed=True) for amount in amounts)])
        )


def _fill_coverage(made: View, rows: Sequence[CoverageRow]) -> None:
    made.has_coverage = any(row.is_known for row in rows)
    columns = [
        Column(_short(row.month), Decimal(row.reconciled), behind=Decimal(row.clients), is_known=row.is_known)
        for row in rows
    ]
    last = rows[-1] if rows else None
    made.coverage = layout(columns, end_up=f"{last.reconciled:,} of {last.clients:,}" if last else "", half=True)
    made.coverage_label = (
        f"Clients without a discrepancy of all clients at the end of each month, {made.subtitle}. "
        f"Now {made.reconciled} of {made.clients}."
    )
    for row in reversed(rows):
        share = f"{round(100 * row.reconciled / row.clients)} %" if row.clients else ""
        cells = [f"{row.reconciled:,}", f"{row.clients - row.reconciled:,}", share]
        made.coverage_lines.append(Line([_month(row.month), *(cells if row.is_known else [_UNKNOWN, "", ""])]))


def _impacts(rows: Sequence[ImpactRow], *, by_service: bool) -> list[Impact]:
    largest = max((row.under - row.over for row in rows), default=Decimal(0)) or Decimal(1)
    return [
        Impact(
            name=row.name,
            href=addresses.address(addresses.REVIEW, service=row.key) if by_service else addresses.client(row.key),
            under=format_amount(row.under, row.currency, signed=True),
            over=format_amount(row.over, row.currency, signed=True),
            net=format_amount(row.under + row.over, row.currency, signed=True),
            under_width=f"{100 * row.under / largest:.1f}%",
            over_width=f"{-100 * row.over / largest:.1f}%",
            findings=f"{row.findings:,}",
        )
        for row in rows
    ]


def _margin(row: MarginRow) -> Margin:
    share = row.share
    percent = 0 if share is None else round(100 * share)
    return Margin(
        name=row.name,
        revenue=format_amount(row.revenue, row.currency),
        cost=format_amount(row.cost, row.currency),
        margin=format_amount(row.margin, row.currency, signed=True),
        share="" if share is None else f"{percent} %".replace("-", "\N{MINUS SIGN}"),
        percent=min(max(percent, 0), 100),
        tone="fail" if row.margin < 0 else "ok",
        note=f"{words.count(row.without_cost, 'line')} without price or cost" if row.without_cost else "",
    )


def _margins_note(rows: Sequence[MarginRow]) -> str:
    """What of the lines is in no margin."""
    without, known = sum(row.without_cost for row in rows), sum(row.lines for row in rows)
    if not known:
        return "No active line has both a price and a cost."
    return f"{words.count(known, 'line')} with price and cost" + (f", {without:,} without" if without else "")


def _health(found: Sequence[ConnectionHealth]) -> str:
    enabled = [each for each in found if each.is_enabled]
    if not enabled:
        return "No integration is connected."
    bad = sum(each.needs_attention for each in enabled)
    good = len(enabled) - bad
    return f"{good:,} of {len(enabled):,} healthy" + (f", {bad:,} need attention" if bad else "")


def _change(each: HealthChangeView) -> Change:
    why = " ".join(part for part in (each.reason, f"{WHOSE[each.whose]}." if each.whose in WHOSE else "") if part)
    return Change(
        label=each.label,
        href=addresses.address(addresses.INTEGRATIONS, connection=each.connection_id),
        tone=words.HEALTH.get(each.after, ""),
        word=each.word,
        at=each.at.isoformat(),
        at_text=words.moment(each.at),
        why="" if each.after is Health.HEALTHY else why,
    )


def _export(part: str, query: ReportQuery, currency: str) -> Export:
    asked = {**query.params(), "part": part, "currency": currency}
    return Export(*(addresses.address(EXPORT.format(kind), asked) for kind in ("csv", "xlsx")))


def _month(month: date) -> str:
    return f"{month:%b %Y}"


def _short(month: date) -> str:
    """The month's name; a January says its year."""
    return f"{month:%b}" if month.month > 1 else f"{month:%Y}"
