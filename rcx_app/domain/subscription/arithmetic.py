"""The arithmetic of RCX's own bills: what a change within a month costs, what a month costs, tax, credit. Pure.

Rounding: half-up (a tie goes away from zero) to the currency's minor unit, once an invoice line, and once for the tax
of an invoice. Source: docs/arithmetic.md, "What RCX itself costs".
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rcx_app.core.money import round_money

TIER = "tier"
ADDON = "addon"


@dataclass(frozen=True, slots=True)
class Held:
    """Something subscribed to, at the price that it was bought at. `unit_price` is a month's, of one unit."""

    plan_id: int
    key: str
    kind: str
    name: str
    version_id: int
    version: int
    clients: int
    quantity: int
    unit_price: Decimal

    @property
    def monthly(self) -> Decimal:
        """Of all units."""
        return self.unit_price * self.quantity

    @property
    def slot(self) -> str:
        """What it takes the place of: there is one tier, and each add-on is its own."""
        return TIER if self.kind == TIER else self.key

    @property
    def words(self) -> str:
        return self.name if self.quantity == 1 else f"{self.quantity} \N{MULTIPLICATION SIGN} {self.name}"


@dataclass(frozen=True, slots=True)
class BillLine:
    """`amount` is `unit_amount` (a month's price, or a difference of two) * `days` / `of_days`, rounded."""

    text: str
    day_from: date
    day_to: date
    days: int
    of_days: int
    unit_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """Lines with what they come to. All below 0: a credit note."""

    lines: tuple[BillLine, ...]
    net: Decimal
    tax: Decimal
    total: Decimal


def month_end(day: date) -> date:
    """Last day of the month that holds `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def prorated(monthly: Decimal, day: date, currency: str) -> Decimal:
    """`monthly` for the rest of `day`'s month, `day` included: monthly * (n - d + 1) / n, rounded."""
    n = month_end(day).day
    return round_money(monthly * (n - day.day + 1) / n, currency)


def change_lines(before: Sequence[Held], after: Sequence[Held], day: date, currency: str) -> tuple[BillLine, ...]:
    """What a change on `day` charges (or credits) for the rest of the month, a line for each thing that changed."""
    old, new = {each.slot: each for each in before}, {each.slot: each for each in after}
    lines = []
    for slot in [*new, *(slot for slot in old if slot not in new)]:
        was, now = old.get(slot), new.get(slot)
        difference = (now.monthly if now else Decimal(0)) - (was.monthly if was else Decimal(0))
        if difference:
            lines.append(_line(_words(was, now), difference, day, currency))
    return tuple(lines)


def month_lines(items: Iterable[Held], first: date, currency: str) -> tuple[BillLine, ...]:
    """A whole month in advance, a line for each thing that costs something."""
    return tuple(_line(each.words, each.monthly, first, currency) for each in items if each.monthly)


def bill(lines: Sequence[BillLine], tax_rate: Decimal, currency: str) -> Bill:
    """The lines with their sum, tax on the sum, and the total."""
    net = sum((line.amount for line in lines), Decimal(0))
    # No tax on less than nothing would be a zero below zero, which no database gives back.
    tax = round_money(net * tax_rate, currency) + Decimal(0)
    return Bill(tuple(lines), net, tax, net + tax)


def credit_used(total: Decimal, balance: Decimal) -> Decimal:
    """How much of a balance an invoice of `total` takes."""
    return max(min(total, balance), Decimal(0))


def monthly(items: Iterable[Held]) -> Decimal:
    """What a whole month costs, without tax."""
    return sum((each.monthly for each in items), Decimal(0))


def clients(items: Iterable[Held]) -> int:
    """How many client accounts are included."""
    return sum(each.clients * each.quantity for each in items)


def _line(text: str, amount: Decimal, day: date, currency: str) -> BillLine:
    end = month_end(day)
    return BillLine(text, day, end, end.day - day.day + 1, end.day, amount, prorated(amount, day, currency))


def _words(was: Held | None, now: Held | None) -> str:
    if now is None:
        return f"{was.words} ended" if was else ""
    if was is None:
        return now.words
    if was.plan_id != now.plan_id:
        return f"{now.words} instead of {was.words}"
    return f"{now.words} instead of {was.quantity}" if was.quantity != now.quantity else f"{now.words}, new price"
