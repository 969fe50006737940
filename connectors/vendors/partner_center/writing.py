"""Writes a subscription's quantity in Partner Center: the whole subscription with its version, sent once.

Seats of new commerce can be given back within seven days only; such reductions are refused before they are sent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.partner_center import shapes
from connectors.vendors.partner_center.about import CHANGE, CUSTOMERS
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

_MOVED = frozenset({"conflict", "cursor_expired"})


class PartnerCenterWriter:
    """`line_external_id` is the subscription's id, `agreement_external_id` the customer's."""

    def __init__(self, api: Http) -> None:
        self._api = api

    def plan(self, change: Change) -> tuple[Operation, ...]:
        row, now = self._read(change.agreement_external_id, change.line_external_id)
        before = row.need_exact("quantity")
        if before != change.seen_quantity:
            raise WriteRefused(
                "moved", f"The quantity is {before} now, not {change.seen_quantity}.", "Look at the finding again."
            )
        if before == change.quantity:
            return ()
        _check(row, before, change, now)
        name = row.text("friendlyName") or row.text("offerName") or change.line_external_id
        return (
            Operation(
                kind="partner_center.subscription.quantity",
                line_external_id=change.line_external_id,
                agreement_external_id=change.agreement_external_id,
                before=before,
                after=change.quantity,
                version=_version(row),
                says=f"Set the subscription “{name}” from {before} to {change.quantity} at once",
                warnings=_warnings(row, before, change.quantity),
                payload={"quantity": str(change.quantity)},
            ),
        )

    def apply(self, operation: Operation) -> Receipt:
        row, _now = self._read(operation.agreement_external_id, operation.line_external_id)
        if row.need_exact("quantity") != operation.before or _version(row) != operation.version:
            raise WriteRefused("moved", "The subscription was changed since this was planned.", "Plan it again.")
        body = {**row.data, "quantity": operation.after}
        path = _path(operation.agreement_external_id, operation.line_external_id)
        try:
            self._api.write("PATCH", path, body, needs=CHANGE, headers={"If-Match": operation.version})
        except ApiFailure as failure:
            raise _told(failure, operation) from failure
        try:
            after, now = self._read(operation.agreement_external_id, operation.line_external_id)
        except ApiFailure as failure:
            raise AnswerLost(operation, f"it was sent, and reading it back failed: {failure}") from failure
        quantity = after.need_exact("quantity")
        if quantity != operation.after:
            raise AnswerLost(operation, f"Partner Center took it and still shows {quantity}.")
        return Receipt(operation=operation, quantity=quantity, version=_version(after), at=now)

    def verify(self, operation: Operation) -> Verified:
        row, _now = self._read(operation.agreement_external_id, operation.line_external_id)
        return by_quantity(operation, row.need_exact("quantity"), _version(row))

    def inverse(self, receipt: Receipt) -> Change:
        return opposite(receipt)

    def _read(self, customer: str, subscription: str) -> tuple[Row, datetime]:
        """The subscription as it stands, and the moment by Microsoft's clock."""
        try:
            answer: Answer = self._api.get(_path(customer, subscription), needs=CUSTOMERS)
        except ApiFailure as failure:
            if failure.kind == "not_found":
                raise WriteRefused("not_found", "Partner Center no longer has this subscription.") from failure
            raise
        return answer.row("subscription"), answer.at or datetime.now(UTC)


def _path(customer: str, subscription: str) -> str:
    return f"customers/{customer}/subscriptions/{subscription}"


def _version(row: Row) -> str:
    return row.row("attributes").need("etag")


def _warnings(row: Row, before: Decimal, after: Decimal) -> tuple[str, ...]:
    if after < before:
        return ("Seats given back are credited; later they can only be bought anew.",)
    if not shapes.is_new_commerce(row):
        return ("Microsoft prorates the rest of the running period.",)
    until = shapes.commitment_end(row)
    bound = f"until {until}" if until else "to the end of the term"
    return (f"After seven days the new seats are committed {bound}.",)


def _told(failure: ApiFailure, operation: Operation) -> Exception:
    """A failed write in the terms of writing."""
    if failure.kind in LOST:
        return AnswerLost(operation, str(failure))
    if failure.kind in _MOVED:
        return WriteRefused("moved", "The subscription was changed at the same moment.", "Plan it again.")
    if failure.kind == "refused":
        kind = "committed" if operation.after < operation.before else "unsupported"
        return WriteRefused(kind, f"Partner Center refused: {failure.detail or failure.message}")
    return failure


def _check(row: Row, before: Decimal, change: Change, now: datetime) -> None:
    """Raises WriteRefused where this subscription can't be set to that quantity."""
    if change.quantity != change.quantity.to_integral_value() or change.quantity < 1:
        raise WriteRefused(
            "fraction", "Partner Center takes whole quantities from 1.", "Cancel the subscription there to end it."
        )
    status = row.text("status").casefold()
    if status != "active":
        raise WriteRefused("ended", f"The subscription is {status or 'not active'} in Partner Center.")
    if row.text("billingType").casefold() == "usage" or row.text("unitType").casefold() == "usage-based":
        raise WriteRefused("unsupported", "The subscription is billed by usage; its quantity means nothing.")
    if change.effective_date is not None and change.effective_date > now.date():
        raise WriteRefused("date", "Partner Center changes quantities at once.", "Write it on the day itself.")
    if change.quantity < before and shapes.is_new_commerce(row):
        _check_return(row, before - change.quantity, now)


def _check_return(row: Row, seats: Decimal, now: datetime) -> None:
    may = shapes.returnable(row, now)
    if seats <= may:
        return
    until = shapes.commitment_end(row)
    bound = f"The term runs until {until}" if until else "The term is running"
    rest = f"only {may} of its seats are" if may else "none of its seats is"
    raise WriteRefused(
        "committed",
        f"{bound}; {rest} within the seven days in which seats can be given back.",
        "Note the reduction for the renewal.",
    )
