"""Huntress's amounts: whole numbers of a currency's smallest unit, as Stripe has them."""

from __future__ import annotations

from decimal import Decimal

_WHOLE = frozenset({
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
})  # fmt: skip
_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def major(amount: Decimal, currency: str) -> Decimal:
    """An amount in the currency's own unit. Source of the exceptions: Stripe's page on zero-decimal currencies."""
    code = currency.upper()
    places = 0 if code in _WHOLE else 3 if code in _THOUSANDTHS else 2
    return amount.scaleb(-places)
