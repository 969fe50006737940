"""What a change comes to on the running and on the next invoice of its line. An estimate to decide by, never written.

The difference times the line's price; nothing where the line has no price.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from connectors.writing import Operation
from rcx_app.core.money import round_money
from rcx_app.domain.writeback.operations import period_mark
from rcx_app.models import Line, LineChange


def of(
    line: Line, change: LineChange, operations: Sequence[Operation], today: date
) -> tuple[Decimal | None, Decimal | None]:
    """(this calendar month, a whole billing period after it) in the line's currency.

    This month is None for lines that are not billed monthly. It is 0 where the PSA makes its next invoice, or the
    change begins, after the month's end; a share by days where a warning says that the PSA prorates.
    """
    if line.unit_price is None:
        return None, None
    whole = (change.quantity - change.old_quantity) * line.unit_price
    following = round_money(whole, line.currency)
    if line.billing_cycle != "monthly":
        return None, following
    days = monthrange(today.year, today.month)[1]
    ends = today.replace(day=days)
    begins = [change.effective_date or today]
    if operations and (mark := period_mark(operations[0])):
        begins.append(date.fromisoformat(mark))
    prorates = any(each["code"] == "proration" for each in change.warnings)
    day = begins[0] if prorates else max(begins)
    if day > ends:
        return Decimal(0), following
    if prorates and day.replace(day=1) == today.replace(day=1):
        return round_money(whole * (days - day.day + 1) / days, line.currency), following
    return following, following
