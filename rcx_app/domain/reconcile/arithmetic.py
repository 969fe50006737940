"""The numbers of a reconciliation, exactly as docs/arithmetic.md says. Pure functions; no database, no words.

Quantities and prices are integers of millionths (as stored), so that every step is exact and fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from rcx_app.core.money import MICROS, MONTHS_PER_CYCLE, from_micros
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.service_rules.terms import worth


def expected(count: int, spec: RuleSpec, *, free: int = 0, with_minimum: bool = True) -> int:
    """``max(minimum, ceil(max(count * multiplier - included - free, 0) / pack_size))``, all in millionths.

    `free` is what the allowance comes to, in millionths of millionths: its quantity times what it counts.
    """
    multiplier, included, pack_size, minimum = spec.terms
    due = max(count * multiplier - included * MICROS - free, 0)
    packs = -(-due // (pack_size * MICROS)) * MICROS
    return max(packs, minimum) if with_minimum else packs


def amount(expected_quantity: int, billed: int, included: int, unit_price: int) -> int:
    """``(max(expected - inc, 0) - max(billed - inc, 0)) * unit_price``, to a millionth, half away from zero."""
    quantity = max(expected_quantity - included, 0) - max(billed - included, 0)
    return _rounded(quantity * unit_price, MICROS)


def amount_by_tiers(expected_quantity: int, billed: int, included: int, spec: RuleSpec) -> int:
    """Each side priced by the rule's tiers, what the fee covers left out of both; rounded once."""
    due, paid = max(expected_quantity - included, 0), max(billed - included, 0)
    return _rounded(worth(due, spec.tiers, spec.tier_mode) - worth(paid, spec.tiers, spec.tier_mode), MICROS)


def per_month(cycle_amount: int, billing_cycle: str) -> int:
    """An amount of a cycle as a month's; 0 for one-time amounts."""
    if billing_cycle == "one_time":
        return 0
    return _rounded(cycle_amount, MONTHS_PER_CYCLE.get(billing_cycle, 1))


def yearly(price: int, billing_cycle: str) -> int:
    """A recurring price as that of a year, so that prices of different cycles compare exactly."""
    return price * 12 // MONTHS_PER_CYCLE.get(billing_cycle, 1)


def median_price(prices: Sequence[int], billing_cycle: str) -> int | None:
    """The median of sorted prices, told for `billing_cycle`; None where there are none.

    The prices are yearly ones (an annual price is twelve monthly ones), or one-time prices for one-time lines.
    """
    if not prices:
        return None
    middle = len(prices) // 2
    twice = prices[middle] * 2 if len(prices) % 2 else prices[middle - 1] + prices[middle]
    per_year = 1 if billing_cycle == "one_time" else 12 // MONTHS_PER_CYCLE.get(billing_cycle, 1)
    return _rounded(twice, 2 * per_year)


def fell_suspiciously(before: int, now: int) -> bool:
    """Whether a count fell by more than half and at least 5 (arithmetic: `ready`)."""
    return (before - now) * 2 > before and before - now >= 5 * MICROS


@lru_cache(maxsize=100_000)
def exact(micros: int) -> Decimal:
    """Millionths as a decimal. Kept, since the same quantities and prices come again and again."""
    return from_micros(micros)


def _rounded(value: int, divisor: int) -> int:
    """`value / divisor` to a whole number, half away from zero; `divisor` is positive."""
    whole = (2 * abs(value) + divisor) // (2 * divisor)
    return whole if value >= 0 else -whole
