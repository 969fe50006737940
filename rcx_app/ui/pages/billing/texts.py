"""How the billing pages say sums, findings and states. Pure: no state, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.screens.schemas import FindingRow, Money, Sums
from rcx_app.ui import addresses, words

# What is said of a finding that a person has decided; a word not listed is shown as it is.
_DECIDED = {"approved": "Approved", "dismissed": "Dismissed", "snoozed": "Snoozed"}
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


def finding_line(row: FindingRow, number: int, now: datetime) -> FindingLine:
    """`now` is what the age counts to."""
    kind, kind_icon = words.KINDS.get(row.kind, (row.kind, ""))
    state, state_of = state_words(row.state, is_ready=row.is_ready)
    if row.awaits_mapping and state_of == "open":
        state, state_of = "Map first", "waits"
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
        map_href=map_href(row),
    )


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
        return _DECIDED.get(state, state.replace("_", " ").capitalize()), "decided"
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


def direction_stat(sums: Sequence[Sums], direction: str, one: str = "finding") -> HeadStat:
    """Under- or over-billed money of the leading currency; the others and the count in the detail."""
    main = leading(sums)
    parts = [words.count(sum(getattr(each, f"{direction}_count") for each in sums), one)]
    for each in sums:
        if each.currency != main.currency and (amount := getattr(each, direction)):
            parts.append(f"also {format_amount(amount, each.currency, signed=True)} {each.currency}")
    return HeadStat(
        format_amount(getattr(main, direction), main.currency, signed=True), main.currency, ", ".join(parts)
    )


def net_stat(sums: Sequence[Sums], findings: int) -> HeadStat:
    """The net of a part that stands apart from what is calculated."""
    main = leading(sums)
    parts = [words.count(findings, "finding")]
    for each in sums:
        if each.currency != main.currency and each.net:
            parts.append(f"also {format_amount(each.net, each.currency, signed=True)} {each.currency}")
    value = format_amount(main.net, main.currency, signed=True) if main.currency else "0.00"
    return HeadStat(value, main.currency, ", ".join(parts))


def apart(money: Money, currency: str) -> str:
    """What stands beside the calculated sum: ``estimated +8.00, not ready +4.75``; empty where nothing does."""
    said = []
    for name, sums in (("estimated", money.estimated), ("unmapped", money.unmapped), ("not ready", money.not_ready)):
        net = sum((each.net for each in sums if each.currency == currency), Decimal(0))
        if net:
            said.append(f"{name} {format_amount(net, currency, signed=True)}")
    return ", ".join(said)
