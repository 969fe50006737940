"""Operations, receipts and changes as JSON: what was approved is exactly what is sent, and the journal keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.writing import Change, Operation, Receipt

REPEATABLE = frozenset(
    {
        "connectwise.addition.quantity",
        "connectwise.addition.end",
        "halopsa.recurring_invoice.line.quantity",
        "syncro.line.quantity",
    }
)
"""Operations that set a value, so that one that arrives late does no harm. Any other is sent once, whatever comes."""


def is_repeatable(operation: Operation) -> bool:
    """Whether it may be sent again after reading has shown that it did not take effect."""
    return operation.delta is None and operation.kind in REPEATABLE


def operation_out(operation: Operation) -> dict[str, Any]:
    return {
        "kind": operation.kind,
        "line": operation.line_external_id,
        "agreement": operation.agreement_external_id,
        "before": str(operation.before),
        "after": str(operation.after),
        "delta": None if operation.delta is None else str(operation.delta),
        "effective": _day_out(operation.effective_date),
        "version": operation.version,
        "says": operation.says,
        "warnings": list(operation.warnings),
        "payload": dict(operation.payload),
        "marks": dict(operation.marks),
    }


def operation_in(kept: Mapping[str, Any]) -> Operation:
    return Operation(
        kind=kept["kind"],
        line_external_id=kept["line"],
        agreement_external_id=kept["agreement"],
        before=Decimal(kept["before"]),
        after=Decimal(kept["after"]),
        delta=None if kept["delta"] is None else Decimal(kept["delta"]),
        effective_date=_day_in(kept["effective"]),
        version=kept["version"],
        says=kept["says"],
        warnings=tuple(kept["warnings"]),
        payload=kept["payload"],
        marks=kept["marks"],
    )


def receipt_out(receipt: Receipt) -> dict[str, Any]:
    return {
        "quantity": str(receipt.quantity),
        "version": receipt.version,
        "reference": receipt.reference,
        "at": receipt.at.isoformat(),
    }


def change_out(change: Change) -> dict[str, Any]:
    return {
        "line": change.line_external_id,
        "agreement": change.agreement_external_id,
        "quantity": str(change.quantity),
        "seen": str(change.seen_quantity),
        "version": change.seen_version,
        "effective": _day_out(change.effective_date),
    }


def change_in(kept: Mapping[str, Any]) -> Change:
    return Change(
        line_external_id=kept["line"],
        agreement_external_id=kept["agreement"],
        quantity=Decimal(kept["quantity"]),
        seen_quantity=Decimal(kept["seen"]),
        seen_version=kept["version"],
        effective_date=_day_in(kept["effective"]),
    )


def period_mark(operation: Operation) -> str:
    """Changes once an invoice is made; "" where the PSA tells by itself that a period is posted."""
    marks = operation.marks
    found = marks.get("next_invoice") or marks.get("next_run")
    if found is None and operation.kind.startswith("halopsa."):
        found = _day_out(operation.effective_date)
    return found or ""


def moved(approved: Operation, now: Operation) -> str:
    """What differs between an operation that was approved and the same one planned now, in words; "" for nothing."""
    for what, old, new in (
        ("the quantity", approved.before, now.before),
        ("the quantity to be set", approved.after, now.after),
        ("the difference", approved.delta, now.delta),
        ("the effective date", approved.effective_date, now.effective_date),
        ("the next invoice", period_mark(approved), period_mark(now)),
        ("the way it is written", approved.kind, now.kind),
    ):
        if old != new:
            return f"When it was reviewed {what} was {old or 'none'}; now it is {new or 'none'}."
    return ""


def _day_out(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day_in(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
