"""What a unit costs the MSP and what its clients are asked for it, a month: evidence of which product bills what.

Both in one currency, that of most priced lines; others are left out, since what is converted proves little.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from statistics import median_low
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from rcx_app.core.money import per_month
from rcx_app.models import Line, Subscription


@dataclass(frozen=True, slots=True)
class MonthlyPrices:
    """`asked` by folded product code, `paid` by (connection id, folded SKU); amounts a month in one currency."""

    asked: Mapping[str, Decimal] = field(default_factory=dict)
    paid: Mapping[tuple[int, str], Decimal] = field(default_factory=dict)


def monthly_prices(session: Session, workspace_id: int, day: date) -> MonthlyPrices:
    """The middle price of each product's active lines, and the middle cost of each SKU's running subscriptions."""
    lines = (
        select(col(Line.product_key), col(Line.currency), col(Line.billing_cycle), col(Line.unit_price), func.count())
        .where(
            col(Line.workspace_id) == workspace_id,
            col(Line.removed_at).is_(None),
            col(Line.unit_price).is_not(None),
            or_(col(Line.effective_date).is_(None), col(Line.effective_date) <= day),
            or_(col(Line.cancelled_date).is_(None), col(Line.cancelled_date) > day),
        )
        .group_by(col(Line.product_key), col(Line.currency), col(Line.billing_cycle), col(Line.unit_price))
    )
    priced = [tuple(row) for row in session.execute(lines)]
    currencies: Counter[str] = Counter()
    for _, currency, _, _, number in priced:
        currencies[currency] += number
    if not currencies:
        return MonthlyPrices()
    usual = min(currencies, key=lambda each: (-currencies[each], each))
    bought = (
        select(
            col(Subscription.connection_id),
            col(Subscription.sku_key),
            col(Subscription.billing_cycle),
            col(Subscription.unit_cost),
            func.count(),
        )
        .where(
            col(Subscription.workspace_id) == workspace_id,
            col(Subscription.removed_at).is_(None),
            col(Subscription.unit_cost).is_not(None),
            col(Subscription.currency) == usual,
            col(Subscription.status) == "active",
        )
        .group_by(
            col(Subscription.connection_id),
            col(Subscription.sku_key),
            col(Subscription.billing_cycle),
            col(Subscription.unit_cost),
        )
    )
    return MonthlyPrices(
        _middle((key, cycle, price, number) for key, currency, cycle, price, number in priced if currency == usual),
        _middle(((row[0], row[1]), *row[2:]) for row in session.execute(bought)),
    )


def _middle(rows: Iterable[tuple[Any, ...]]) -> dict[Any, Decimal]:
    """By key, the middle of the amounts a month that are above 0, each as often as it comes."""
    found: dict[Any, list[Decimal]] = defaultdict(list)
    for key, cycle, amount, number in rows:
        monthly = per_month(amount, cycle)
        if monthly > 0:
            found[key] += [monthly] * number
    return {key: median_low(amounts) for key, amounts in found.items()}
