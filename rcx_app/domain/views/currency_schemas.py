"""Rates that amounts are shown with, and the workspace's choices about its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

_QUANTUM = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of `currency` was worth on `day`, in the display currency."""

    currency: str
    day: date
    rate: Decimal
    rate_id: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Converted:
    """A sum in the display currency. `day` is the oldest rate's used (None: no rate was needed); `missing` names the
    currencies without a rate, which are not in it."""

    amount: Decimal
    day: date | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rates:
    """The newest rate of each currency that holds today. `quote` is empty where nothing is converted."""

    quote: str = ""
    by_currency: Mapping[str, Rate] = field(default_factory=dict)

    def shown(self, amount: Decimal, currency: str) -> Converted | None:
        """`amount` in the display currency; None where there is none, it is that already, or no rate is known."""
        rate = self.by_currency.get(currency)
        if not self.quote or currency == self.quote or rate is None:
            return None
        return Converted((amount * rate.rate).quantize(_QUANTUM, rounding=ROUND_HALF_UP), rate.day)

    def total(self, sums: Sequence[tuple[Decimal, str]]) -> Converted:
        """All of `sums` (amount, currency) together; an amount of 0 needs no rate."""
        whole, days, missing = Decimal(0), [], set()
        for amount, currency in sums:
            if currency == self.quote:
                whole += amount
            elif (one := self.shown(amount, currency)) is not None and one.day is not None:
                whole += one.amount
                days.append(one.day)
            elif amount:
                missing.add(currency or "no currency")
        return Converted(whole, min(days, default=None), tuple(sorted(missing)))


@dataclass(frozen=True, slots=True)
class DataSettings:
    """`contract_view`: all | mapped. `currencies`: in which lines are billed; `rateless`: those without a rate."""

    display_currency: str
    contract_view: str
    inactive_days: int
    currencies: tuple[str, ...] = ()
    rateless: tuple[str, ...] = ()
