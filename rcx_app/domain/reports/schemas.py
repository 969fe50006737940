"""What reports ask for and say. Money is a month's, of one currency a row; calculated and estimated never meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rcx_app.core.clock import month_start
from rcx_app.core.errors import Invalid

MONTHS = ("3", "6", "12", "24")
DEFAULT_MONTHS = "12"
_LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """What the address asks for. `months` back from the last run's, that one included; empty texts: all."""

    months: str = ""
    integration: str = ""
    currency: str = ""

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> ReportQuery:
        """Raises Invalid for a value that means nothing."""
        months = params.get("months", "").strip()
        if months and months not in MONTHS:
            raise Invalid(f"There is no report over {months[:20]!r} months.", remedy="Clear the filters.")
        texts = {name: params.get(name, "").strip()[:_LONGEST] for name in ("integration", "currency")}
        return cls(months="" if months == DEFAULT_MONTHS else months, **texts)

    @property
    def number(self) -> int:
        return int(self.months or DEFAULT_MONTHS)

    def params(self) -> dict[str, str]:
        """What stands in the address."""
        asked = {"months": self.months, "integration": self.integration, "currency": self.currency}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True)
class Span:
    """Months from `first` to `last` (their first days), both included."""

    first: date
    last: date

    @classmethod
    def back(cls, day: date, number: int) -> Span:
        """So many months, the last of them the one of `day`."""
        years, month = divmod(day.year * 12 + day.month - number, 12)
        return cls(date(years, month + 1, 1), month_start(day))

    def months(self) -> tuple[date, ...]:
        found, each = [], self.first
        while each <= self.last:
            found.append(each)
            each = date(each.year + each.month // 12, each.month % 12 + 1, 1)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """What stood at the end of a month in one currency. `over` is negative or 0.

    `is_known` False: nothing was reconciled in that month. Estimated money stands apart; not ready findings are in
    neither, `not_ready` counts them.
    """

    month: date
    currency: str
    is_known: bool
    under: Decimal = Decimal(0)
    over: Decimal = Decimal(0)
    under_count: int = 0
    over_count: int = 0
    estimated_under: Decimal = Decimal(0)
    estimated_over: Decimal = Decimal(0)
    estimated_count: int = 0
    not_ready: int = 0


@dataclass(frozen=True, slots=True)
class RecoveredRow:
    """What billing was put right by in a month, in one currency, as money a month from then on.

    `written`: by RCX, read back. `outside`: prepared in RCX, typed in by people. `corrected`: the PSA's quantity moved
    towards the count without either. `given_back`: over-billing put right (negative or 0), in all three ways. `waiting`
    is approved and stands in the last month only. `unpriced` counts what is known without a price.
    """

    month: date
    currency: str
    written: Decimal = Decimal(0)
    outside: Decimal = Decimal(0)
    corrected: Decimal = Decimal(0)
    given_back: Decimal = Decimal(0)
    count: int = 0
    unpriced: int = 0

    @property
    def recovered(self) -> Decimal:
        return self.written + self.outside + self.corrected


@dataclass(frozen=True, slots=True)
class Waiting:
    """Approved, calculated findings that the PSA does not bill yet, in one currency."""

    currency: str
    under: Decimal
    over: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """A service or client over the span: each month's calculated money added up, in one currency.

    `findings`: how many stand in the last month. `key` narrows the review queue (a service) or is the client's id.
    """

    key: str
    name: str
    currency: str
    under: Decimal
    over: Decimal
    findings: int


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Clients with lines or seats at a month's end, and how many of them had no discrepancy."""

    month: date
    is_known: bool
    clients: int = 0
    reconciled: int = 0


@dataclass(frozen=True, slots=True)
class MarginRow:
    """What a product's active lines with price and cost bill and cost a month in one currency, as billed today.

    `lines` of them are in the sums, `without_cost` others are not, since their price or cost is not known.
    """

    product_code: str
    name: str
    currency: str
    revenue: Decimal
    cost: Decimal
    lines: int
    without_cost: int

    @property
    def margin(self) -> Decimal:
        return self.revenue - self.cost

    @property
    def share(self) -> Decimal | None:
        """Margin as a share of revenue; None without revenue."""
        return self.margin / self.revenue if self.revenue else None
