"""Exact quantities and money: Decimal in code, integer millionths in the database, rounded once at the end.

Source of the rules: docs/architecture.md, "Money". No float ever enters here.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MICROS = 1_000_000
_QUANTUM = Decimal("0.000001")
MAX_MICROS = 2**63 - 1

# ISO 4217 minor units that are not 2.
_MINOR_UNITS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "XAF": 0, "XOF": 0}
_MINOR_UNITS |= {"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3}

MONTHS_PER_CYCLE = {"monthly": 1, "quarterly": 3, "annual": 12}

_MAX_EXPONENT = 100


def to_micros(value: Decimal) -> int:
    """Millionths of `value`, exactly.

    Raises ValueError where `value` is not finite, has more than six decimals, or does not fit 64 bits.
    """
    if not value.is_finite():
        raise ValueError(f"{value} is not a finite number")
    if value and abs(value.adjusted()) > _MAX_EXPONENT:
        # Beyond what arithmetic can hold: it would overflow, or come to 0.
        raise ValueError("the number is too large" if value.adjusted() > 0 else "the number has more than six decimals")
    scaled = value * MICROS
    micros = int(scaled)
    if micros != scaled:
        raise ValueError(f"{value} has more than six decimals")
    if abs(micros) > MAX_MICROS:
        raise ValueError(f"{value} is too large")
    return micros


def from_micros(micros: int) -> Decimal:
    """The exact decimal of `micros` millionths, without trailing zeros."""
    whole, rest = divmod(micros, MICROS)
    return (Decimal(micros) / MICROS).normalize() if rest else Decimal(whole)


def trim(value: Decimal) -> Decimal:
    """`value` without trailing zeros and without exponent: 20, not 20.000000 nor 2E+1."""
    normal = value.normalize()
    exponent = normal.as_tuple().exponent
    return normal.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else normal


def parse(text: str) -> Decimal:
    """A decimal from plain text such as ``-12.50``; at most six decimals. Raises ValueError."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not a number") from error
    to_micros(value)
    return value


def round_money(amount: Decimal, currency: str) -> Decimal:
    """`amount` rounded half-up to the currency's minor unit. Called once, at the invoice line."""
    digits = _MINOR_UNITS.get(currency.upper(), 2)
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def per_month(amount: Decimal, billing_cycle: str) -> Decimal:
    """A cycle's amount as a month's (annual / 12, quarterly / 3), to a millionth; 0 for one-time amounts."""
    if billing_cycle == "one_time":
        return Decimal(0)
    months = MONTHS_PER_CYCLE.get(billing_cycle, 1)
    return (amount / months).quantize(_QUANTUM, rounding=ROUND_HALF_UP)


def format_amount(amount: Decimal, currency: str, *, signed: bool = False) -> str:
    """`amount` for people, without currency: ``1,284.00``; signed where asked: ``+88.00``, ``\N{MINUS SIGN}16.00``."""
    rounded = round_money(amount, currency)
    digits = f"{abs(rounded):,f}"
    if rounded < 0:
        return f"\N{MINUS SIGN}{digits}"
    return f"+{digits}" if signed and rounded > 0 else digits


def format_quantity(value: Decimal, *, signed: bool = False) -> str:
    """A quantity for people: ``1,184``, ``2.5``, ``+4``, ``\N{MINUS SIGN}5``."""
    digits = f"{abs(trim(value)):,f}"
    if value < 0:
        return f"\N{MINUS SIGN}{digits}"
    return f"+{digits}" if signed and value > 0 else digits
