"""How the billing pages say sums, findings and states. Pure: no state, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rcx_app.core.money import format_amount, format_quantity, trim
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.screens.schemas import FindingRow, Money, Sums, TrendPoint
from rcx_app.domain.views.currency_schemas import Rates
from rcx_app.ui import addresses, words
from rcx_app.ui.components.numbers import spark

# What is said of a finding that a person has decided; a word not listed is shown as it is.
DECIDED = {
    "approved": "Approved",
    "dismissed": "Dismissed",
    "snoozed": "Snoozed",
    "at_vendor": "At the vendor",
    "wrong_mapping": "Mapping wrong",
}
CYCLES = {"monthly": "Monthly", "quarterly": "Quarterly", "annual": "Yearly", "one_time": "Once"}
NOT_PRICED = "not priced"


@dataclass
class SumLine:
    """What is open and calculated in one currency."""

    currency: str
    under: str
    over: str


@dataclass
class HeadStat:
    """One number over a list: the leading currency's, the others named in `detail`."""

    value: str = ""
    currency: str = ""
    detail: str = ""


@dataclass
class FindingLine:
    """A finding as a row of a list. `number`: its place in the list, from 1."""

    id: int
    number: int
    client: str
    service: str
    second: str
    billed: str
    expected: str
    delta: str
    amount: str
    currency: str
    direction: str
    quiet: bool
    said: str
    kind: str
    kind_icon: str
    age: str
    found: str
    found_on: str
    state: str
    state_of: str
    map_href: str
    state_said: str = ""
    initials: str = ""
    price: str = ""
    integration: str = ""
    display: str = ""
    display_of: str = ""
    trend: str = ""
    trend_due: str = ""
    trend_x: str = "0"
    trend_y: str = "0"
    trend_said: str = ""


def finding_line(row: FindingRow, number: int, now: datetime, rates: Rates | None = None) -> FindingLine:
    """`now` is what the age counts to; `rates` those of the display currency."""
    drawn = spark([each.billed for each in row.trend], [each.expected for each in row.trend])
    display, display_of = display_texts(row.monthly_amount, row.currency, rates)
    kind, kind_icon = words.KINDS.get(row.kind, (row.kind, ""))
    state, state_of = state_words(row.state, is_ready=row.is_ready)
    if state_of in ("open", "not_ready"):
        state, state_of = _open_words(row, state, state_of)
    return FindingLine(
        id=row.finding_id,
        number=number,
        client=row.client_name,
        service=service_name(row),
        second=row.integration,
        billed=billed_text(row),
        expected=expected_text(row),
        delta="none" if row.delta is None else format_quantity(row.delta, signed=True),
        amount="" if row.monthly_amount is None else format_amount(row.monthly_amount, row.currency, signed=True),
        currency=row.currency,
        direction=row.direction,
        quiet=not row.is_ready,
        said="" if row.is_ready else "not ready",
        kind=kind,
        kind_icon=kind_icon,
        age=age(row.first_found_at, now),
        found=row.first_found_at.isoformat(),
        found_on=words.moment(row.first_found_at),
        state=state,
        state_of=state_of,
        state_said=state_said(row),
        initials=initials(row.decision.assignee),
        map_href=map_href(row),
        price="" if row.unit_price is None else format_amount(row.unit_price, row.currency),
        integration=row.integration,
        display=display,
        display_of=display_of,
        trend=drawn.billed,
        trend_due=drawn.expected,
        trend_x=drawn.end_x,
        trend_y=drawn.end_y,
        trend_said=trend_said(row.trend),
    )


def _open_words(row: FindingRow, state: str, state_of: str) -> tuple[str, str]:
    """What is said of a finding to review: who has it, that it came back, or what it waits for."""
    if row.decision.assignee:
        return short_name(row.decision.assignee), "assigned"
    if row.decision.returned:
        return "Returned", "returned"
    return ("Map first", "waits") if row.awaits_mapping and state_of == "open" else (state, state_of)


def state_said(row: FindingRow) -> str:
    """What stands on a finding, for the hover text of its state; empty where nothing does."""
    decision = row.decision
    if row.state == "open":
        parts = [f"With {decision.assignee}" if decision.assignee else ""]
        parts.append(f"Returned: {decision.returned}" if decision.returned else "")
        if decision.assignee and not row.is_ready:
            parts.append("Not ready")
        parts.append("Another account that may belong to this client waits to be mapped" if row.awaits_mapping else "")
        return ". ".join(part for part in parts if part)
    said = DECIDED.get(row.state, row.state) + (f" by {decision.decided_by}" if decision.decided_by else "")
    if decision.effective_date and row.state == "approved":
        said += f", from {words.day(decision.effective_date)}"
    if decision.snoozed_until and row.state == "snoozed":
        said += f" until {words.day(decision.snoozed_until)}"
    return said


def short_name(name: str) -> str:
    """``Dana W.`` of Dana Whitfield."""
    first, *more = name.split()
    return f"{first} {more[-1][0]}." if more else first


def initials(name: str) -> str:
    """``DW`` of Dana Whitfield."""
    parts = [part[0] for part in name.split() if part[0].isalnum()]
    return "".join(parts[:1] + parts[1:][-1:]).upper()


def trend_said(trend: Sequence[TrendPoint]) -> str:
    """A trend in words, since its picture is decoration: ``Jun: 20 to 21, Jul: 20 to 24``."""
    if len(trend) < 2:
        return "First month"
    return ", ".join(
        f"{each.period:%b}: {format_quantity(each.billed)} to {format_quantity(each.expected)}" for each in trend
    )


def display_texts(amount: Decimal | None, currency: str, rates: Rates | None) -> tuple[str, str]:
    """An amount in the display currency and by which rate; a dash, and why, where there is none. Both empty where
    nothing is converted."""
    if rates is None or not rates.quote or amount is None:
        return "", ""
    if currency == rates.quote:
        return format_amount(amount, currency, signed=True), f"Billed in {currency}"
    shown = rates.shown(amount, currency)
    if shown is None:
        return "no rate", f"There is no rate from {currency or 'no currency'} to {rates.quote} yet: see Settings, Data"
    rate = rates.by_currency[currency]
    said = f"1 {currency} = {trim(rate.rate):f} {rates.quote} of {words.day(rate.day)}, for viewing only"
    return format_amount(shown.amount, rates.quote, signed=True), said


def display_sum(money: Money, rates: Rates) -> tuple[str, str]:
    """All calculated money in the display currency, under and over, and what is said of it on hover."""
    if not rates.quote or not money.calculated:
        return "", ""
    under = rates.total([(each.under, each.currency) for each in money.calculated])
    over = rates.total([(each.over, each.currency) for each in money.calculated])
    missing = sorted({*under.missing, *over.missing})
    text = " ".join(format_amount(each.amount, rates.quote, signed=True) for each in (under, over))
    text = f"{text} {rates.quote}"
    days = [day for day in (under.day, over.day) if day is not None]
    said = f"By rates of {words.day(min(days))} and later, for viewing only" if days else "No rate was needed"
    return text + (f" without {', '.join(missing)} (no rate)" if missing else ""), said


def service_name(row: FindingRow) -> str:
    """What the finding is about: the service, or the account that belongs to no client yet."""
    if row.scope == "account":
        return f"{row.account_name} ({row.integration})" if row.account_name else row.integration
    return row.service or "No SKU"


def rule_href(row: FindingRow) -> str:
    """Where the rule behind a finding is shown, or what no rule takes."""
    if row.kind == "unaccounted":
        return addresses.address(addresses.SERVICES, tab="unaccounted", q=row.service)
    return addresses.address(addresses.SERVICES, tab="all", open=fold(row.product_code))


def billed_text(row: FindingRow) -> str:
    return "no rule" if row.kind == "unaccounted" else format_quantity(row.billed)


def expected_text(row: FindingRow) -> str:
    return format_quantity(row.count if row.expected is None else row.expected)


def map_href(row: FindingRow) -> str:
    """Where the account of an unmapped finding is mapped; empty for the others."""
    return addresses.address(addresses.MAPPING, account=row.account_id) if row.scope == "account" else ""


def state_words(state: str, *, is_ready: bool) -> tuple[str, str]:
    """A finding's state in words, and which look it has: open | not_ready | decided."""
    if state != "open":
        return DECIDED.get(state, state.replace("_", " ").capitalize()), "decided"
    return ("To review", "open") if is_ready else ("Not ready", "not_ready")


def age(since: datetime, now: datetime) -> str:
    """Whole days: ``41 d``."""
    return f"{max((now - since).days, 0)} d"


def amount_text(amount: Decimal | None, currency: str) -> str:
    return NOT_PRICED if amount is None else format_amount(amount, currency, signed=True)


def leading(sums: Sequence[Sums]) -> Sums:
    """The currency with the most money out of line; zeros without a currency where there is none."""
    return max(sums, key=lambda each: (each.under - each.over, each.currency), default=Sums(""))


def sum_lines(money: Money) -> list[SumLine]:
    """Calculated sums, the currency with the most money first."""
    ordered = sorted(money.calculated, key=lambda each: (each.over - each.under, each.currency))
    return [
        SumLine(
            each.currency,
            format_amount(each.under, each.currency, signed=True),
            format_amount(each.over, each.currency, signed=True),
        )
        for each in ordered
    ]


def direction_stat(sums: Sequence[Sums], direction: str) -> HeadStat:
    """Under- or over-billed money of the leading currency; the others, and whose money it is, in the detail.

    ``30 of 45 findings; also +221.75 EUR``: the amount is that of 30, the others are of the other currencies.
    """
    main = leading(sums)
    named = f"{direction}_count"
    own, every = getattr(main, named), sum(getattr(each, named) for each in sums)
    counted = words.count(every, "finding") if own == every else f"{own:,} of {words.count(every, 'finding')}"
    others = [(getattr(each, direction), each.currency) for each in sums if each.currency != main.currency]
    return HeadStat(
        format_amount(getattr(main, direction), main.currency, signed=True), main.currency, _and_also(counted, others)
    )


def net_stat(sums: Sequence[Sums], findings: int) -> HeadStat:
    """The net of a part that stands apart from what is calculated."""
    main = leading(sums)
    others = [(each.net, each.currency) for each in sums if each.currency != main.currency]
    value = format_amount(main.net, main.currency, signed=True) if main.currency else "0.00"
    return HeadStat(value, main.currency, _and_also(words.count(findings, "finding"), others))


def _and_also(counted: str, others: Sequence[tuple[Decimal, str]]) -> str:
    """``45 findings; also +221.75 EUR, +121.90 GBP``: money of the other currencies, where there is any."""
    said = [f"{format_amount(amount, currency, signed=True)} {currency}" for amount, currency in others if amount]
    return f"{counted}; also {', '.join(said)}" if said else counted


def apart(money: Money, currency: str) -> str:
    """What stands beside the calculated sum: ``estimated +8.00, not ready +4.75``; empty where nothing does."""
    said = []
    for name, sums in (("estimated", money.estimated), ("unmapped", money.unmapped), ("not ready", money.not_ready)):
        net = sum((each.net for each in sums if each.currency == currency), Decimal(0))
        if net:
            said.append(f"{name} {format_amount(net, currency, signed=True)}")
    return ", ".join(said)
