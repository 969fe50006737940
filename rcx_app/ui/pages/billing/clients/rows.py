"""The client table's rows and the numbers over it. Pure: no state, no markup."""

from __future__ import annotations

from dataclasses import dataclass, field

from rcx_app.core.money import format_amount
from rcx_app.domain.reconcile.screens.schemas import ClientRow, FindingsHead, Money, Sums
from rcx_app.domain.views.currency_schemas import Rates
from rcx_app.ui import addresses, words
from rcx_app.ui.components.numbers import spark
from rcx_app.ui.pages.billing import texts
from rcx_app.ui.pages.billing.texts import HeadStat


@dataclass
class ClientLine:
    """One client. Amounts are of `currency`; `others` names the money in further currencies."""

    id: int
    number: int
    name: str
    href: str
    seats: str
    services: str
    discrepancies: int
    flags: str
    under: str
    over: str
    net: str
    net_of: str
    currency: str
    others: str
    apart: str
    cycle: str
    direction: str = ""
    at_stake: str = ""
    display: str = ""
    display_of: str = ""
    trend: str = ""
    trend_due: str = ""
    trend_x: str = "0"
    trend_y: str = "0"
    trend_said: str = ""


@dataclass
class Head:
    """What stands over the table, calculated apart from what is not."""

    under: HeadStat = field(default_factory=HeadStat)
    over: HeadStat = field(default_factory=HeadStat)
    estimated: HeadStat = field(default_factory=HeadStat)
    unmapped: HeadStat = field(default_factory=HeadStat)
    not_ready: HeadStat = field(default_factory=HeadStat)
    reconciled: str = ""


def head(found: FindingsHead) -> Head:
    money, counts = found.money, found.counts
    return Head(
        under=texts.direction_stat(money.calculated, "under"),
        over=texts.direction_stat(money.calculated, "over"),
        estimated=texts.net_stat(money.estimated, counts["estimated"]),
        unmapped=texts.net_stat(money.unmapped, counts["unmapped"]),
        not_ready=texts.net_stat(money.not_ready, counts["not_ready"]),
        reconciled=f"{found.clients_reconciled:,} of {words.count(found.clients, 'client')} reconciled",
    )


def client_line(row: ClientRow, number: int, rates: Rates | None = None) -> ClientLine:
    """`rates` are those of the display currency."""
    main = next((each for each in row.money.calculated if each.currency == row.currency), Sums(row.currency))
    drawn = spark([each.billed for each in row.trend], [each.expected for each in row.trend])
    display, display_of = texts.display_texts(row.amount, row.currency, rates)
    return ClientLine(
        id=row.client_id,
        number=number,
        name=row.name,
        href=addresses.client(row.client_id),
        seats=f"{row.seats:,}",
        services=f"{row.services:,}",
        discrepancies=row.discrepancies,
        flags=f"{row.flags:,}" if row.flags else "",
        under=format_amount(main.under, row.currency, signed=True) if main.under else "",
        over=format_amount(main.over, row.currency, signed=True) if main.over else "",
        net=format_amount(row.amount, row.currency, signed=True),
        net_of="under" if row.amount > 0 else "over" if row.amount < 0 else "",
        currency=row.currency,
        others=_others(row.money, row.currency),
        apart=texts.apart(row.money, row.currency),
        cycle=_cycle(row.billing_cycle),
        direction="under" if row.amount > 0 else "over" if row.amount < 0 else "",
        at_stake=format_amount(main.under - main.over, row.currency) if main.under - main.over else "",
        display=display if row.amount else "",
        display_of=display_of,
        trend=drawn.billed,
        trend_due=drawn.expected,
        trend_x=drawn.end_x,
        trend_y=drawn.end_y,
        trend_said=_trend_said(row),
    )


def _trend_said(row: ClientRow) -> str:
    if len(row.trend) < 2:
        return "First month"
    months = (f"{each.period:%b}: {format_amount(each.expected, row.currency, signed=True)}" for each in row.trend)
    return f"Net a month in {row.currency}: {', '.join(months)}"


def _others(money: Money, currency: str) -> str:
    said = [
        f"{format_amount(each.net, each.currency, signed=True)} {each.currency}"
        for each in money.calculated
        if each.currency != currency and each.net
    ]
    return f"also {', '.join(said)}" if said else ""


def _cycle(text: str) -> str:
    """A client may have lines of several cycles."""
    return ", ".join(texts.CYCLES.get(part.strip(), part.strip()) for part in text.split(",") if part.strip())
