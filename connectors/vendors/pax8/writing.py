"""Writes a subscription's quantity at Pax8. The quantity is absolute; a reduction inside a commitment is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from connectors.http.client import Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.pax8.about import CHANGE, SUBSCRIPTIONS
from connectors.writing import (
    LOST,
    AnswerLost,
    Change,
    Operation,
    Receipt,
    Verified,
    WriteRefused,
    by_quantity,
    opposite,
)


class Pax8Writer:
    """`line_external_id` is the subscription's id; there is no agreement."""

    def __init__(self, api: Http) -> None:
        self._api = api

    def plan(self, change: Change) -> tuple[Operation, ...]:
        row = self._read(change.line_external_id)
        before = row.need_exact("quantity")
        if before != change.seen_quantity:
            raise WriteRefused(
                "moved", f"The quantity is {before} now, not {change.seen_quantity}.", "Look at the finding again."
            )
        if before == change.quantity:
            return ()
        _check(row, before, change)
        name = row.text("productName") or row.need("id")
        return (
            Operation(
                kind="pax8.subscription.quantity",
                line_external_id=change.line_external_id,
                agreement_external_id=change.agreement_external_id,
                before=before,
                after=change.quantity,
                version=row.text("updatedDate"),
                says=f"Set the subscription “{name}” from {before} to {change.quantity} at once",
                warnings=("Pax8 prorates the rest of the running period.",),
                payload={"quantity": str(change.quantity)},
            ),
        )

    def apply(self, operation: Operation) -> Receipt:
        row = self._read(operation.line_external_id)
        if row.need_exact("quantity") != operation.before or row.text("updatedDate") != operation.version:
            raise WriteRefused("moved", "The subscription was changed since this was planned.", "Plan it again.")
        path = f"subscriptions/{operation.line_external_id}"
        try:
            self._api.write("PUT", path, {"quantity": operation.after}, needs=CHANGE)
        except ApiFailure as failure:
            if failure.kind in LOST:
                raise AnswerLost(operation, str(failure)) from failure
            if failure.status == 422:
                raise WriteRefused("committed", f"Pax8 refused: {failure.detail}") from failure
            raise
        after = self._read(operation.line_external_id)
        return Receipt(
            operation=operation,
            quantity=after.need_exact("quantity"),
            version=after.text("updatedDate"),
            at=datetime.now(UTC),
        )

    def verify(self, operation: Operation) -> Verified:
        row = self._read(operation.line_external_id)
        return by_quantity(operation, row.need_exact("quantity"), row.text("updatedDate"))

    def inverse(self, receipt: Receipt) -> Change:
        return opposite(receipt)

    def _read(self, subscription_id: str) -> Row:
        try:
            return self._api.get(f"subscriptions/{subscription_id}", needs=SUBSCRIPTIONS).row("subscription")
        except ApiFailure as failure:
            if failure.kind == "not_found":
                raise WriteRefused("not_found", "Pax8 no longer has this subscription.") from failure
            raise


def _check(row: Row, before: Decimal, change: Change) -> None:
    """Raises WriteRefused where this subscription can't be set to that quantity."""
    if change.quantity != change.quantity.to_integral_value() or change.quantity < 1:
        raise WriteRefused("fraction", "Pax8 takes whole quantities from 1.", "Cancel the subscription to end it.")
    if row.text("status") not in ("Active", "Activated"):
        raise WriteRefused("ended", f"The subscription is {row.text('status') or 'not active'} at Pax8.")
    if change.effective_date is not None and change.effective_date > datetime.now(UTC).date():
        raise WriteRefused("date", "Pax8 changes quantities at once.", "Write it on the day itself.")
    committed_until: date | None = row.row("commitmentTerm").day("endDate")
    if change.quantity < before and committed_until is not None and committed_until > datetime.now(UTC).date():
        raise WriteRefused(
            "committed", f"The commitment runs until {committed_until}; seats can't be taken off before.",
            "Note the reduction for the renewal.",
        )  # fmt: skip
