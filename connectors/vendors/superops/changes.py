"""The quantity of a contract, which SuperOps keeps as a list of changes: a baseline, then increases and decreases.

Its documentation does not say whether a change states by how much or the new quantity; the connection's settings do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.superops.about import DIFFERENCE

BASELINE, INCREASE, DECREASE = "BASELINE", "INCREASE", "DECREASE"
_SIGNS = {INCREASE: 1, DECREASE: -1}


@dataclass(frozen=True, slots=True)
class QuantityChange:
    """One change; `effective_on` None: from the contract's beginning."""

    id: str
    operation: str
    quantity: Decimal
    effective_on: date | None


def changes_of(billable: Row) -> tuple[QuantityChange, ...]:
    """The changes of a contract, earliest first; of those of one day the baseline first, then by their ids."""
    found = {}
    for row in billable.rows("changes", "quantity change"):
        operation = row.need("quantityChangeOperation")
        day = row.day("effectiveDate")
        if operation not in (BASELINE, INCREASE, DECREASE) or (day is None and operation != BASELINE):
            raise ApiFailure("unexpected_shape", row.vendor, f"quantity change, {operation} from {day}")
        found[row.need("changeId")] = QuantityChange(row.need("changeId"), operation, row.need_exact("quantity"), day)
    return tuple(sorted(found.values(), key=_place))


def quantity_on(changes: Sequence[QuantityChange], day: date, meaning: str) -> Decimal | None:
    """The quantity in force on a day, None before the first change.

    Raises ValueError where decreases leave less than nothing: then `meaning` is the wrong one.
    """
    total: Decimal | None = None
    for each in changes:
        if each.effective_on is not None and each.effective_on > day:
            break
        if each.operation == BASELINE or meaning != DIFFERENCE or total is None:
            total = each.quantity
        else:
            total += _SIGNS[each.operation] * each.quantity
        if total < 0:
            raise ValueError(f"{each.operation} by {each.quantity} leaves {total}")
    return total


def _place(each: QuantityChange) -> tuple[date, bool, int, str]:
    return (each.effective_on or date.min, each.operation != BASELINE, len(each.id), each.id)
