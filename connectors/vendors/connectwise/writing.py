"""Writes quantities of additions into ConnectWise PSA: by agreement id and addition id, never by product.

Everything is read fresh before it is planned and again before it is sent; each request is sent once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.http.client import Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.connectwise import mapping
from connectors.vendors.connectwise.about import ADD, AGREEMENTS, EDIT
from connectors.vendors.connectwise.paths import LARGEST_PAGE, Forward
from connectors.vendors.connectwise.planning import BEGIN, END, NUMBERS, Standing, planned
from connectors.writing import LOST, AnswerLost, Change, Effect, Operation, Receipt, Verified, WriteRefused, opposite


class ConnectWiseWriter:
    """`line_external_id` is the addition's id, `agreement_external_id` its agreement's."""

    def __init__(self, api: Http) -> None:
        self._api = api

    def plan(self, change: Change) -> tuple[Operation, ...]:
        now = self._standing(change.agreement_external_id, change.line_external_id)
        fellows = frozenset(row.need("id") for row in self._additions(change.agreement_external_id))
        return planned(now, change, fellows)

    def apply(self, operation: Operation) -> Receipt:
        now = self._standing(operation.agreement_external_id, operation.line_external_id)
        if now.quantity != operation.before or now.version != operation.version:
            raise WriteRefused("moved", "The addition was changed since this was planned.", "Plan it again.")
        if _day_text(now) != operation.marks.get("next_invoice", ""):
            raise WriteRefused("posted", "An invoice was made since this was planned.", "Plan it again.")
        if operation.kind == BEGIN:
            return self._begin(operation)
        if operation.kind == END and self._successor(operation) is None:
            raise WriteRefused("moved", "The addition that takes over is not there.", "Plan it again.")
        self._send("PATCH", _path(operation), _sent(operation.payload["patch"]), operation, EDIT)
        return self._receipt(operation, operation.line_external_id)

    def verify(self, operation: Operation) -> Verified:
        if operation.kind == BEGIN:
            row = self._successor(operation)
            if row is None:
                return Verified(effect="not_applied", quantity=operation.before, version=operation.version)
            is_ours = row.need_exact("quantity") == operation.after
        else:
            row = self._addition(operation.agreement_external_id, operation.line_external_id)
            if operation.kind == END:
                return _verified_end(row, operation)
            is_ours = row.need_exact("quantity") == operation.after
            if not is_ours and row.need_exact("quantity") == operation.before:
                return Verified(effect="not_applied", quantity=operation.before, version=mapping.version(row))
        effect: Effect = "applied" if is_ours else "moved"
        return Verified(effect=effect, quantity=row.need_exact("quantity"), version=mapping.version(row))

    def inverse(self, receipt: Receipt) -> Change:
        """The quantity as it was. Where a new addition was begun, on that one; ending the old one is not undone."""
        done = receipt.operation
        if done.kind == END:
            raise WriteRefused(
                "unsupported",
                "An addition that was ended is not opened again.",
                "Take back the addition that took over; it bills from the same day.",
            )
        return replace(opposite(receipt), line_external_id=receipt.reference or done.line_external_id)

    # --- sending

    def _begin(self, operation: Operation) -> Receipt:
        there = {row.need("id") for row in self._additions(operation.agreement_external_id)}
        if there != set(operation.marks["fellows"].split(",")):
            raise WriteRefused("moved", "The agreement has other additions than when this was planned.", "Plan again.")
        path = f"finance/agreements/{operation.agreement_external_id}/additions"
        self._send("POST", path, _sent(operation.payload), operation, ADD)
        try:
            made = self._successor(operation)
        except ApiFailure as failure:
            raise AnswerLost(operation, str(failure)) from failure
        if made is None:
            raise AnswerLost(operation, "ConnectWise said yes, but the new addition is not on the agreement.")
        return _receipt(operation, made, reference=made.need("id"))

    def _send(self, method: str, path: str, body: Any, operation: Operation, needs: str) -> None:
        """Raises AnswerLost where it may have taken effect, ApiFailure where it certainly has not."""
        try:
            self._api.write(method, path, body, needs=needs)
        except ApiFailure as failure:
            if failure.kind in LOST:
                raise AnswerLost(operation, str(failure)) from failure
            if failure.kind == "conflict":
                raise WriteRefused(
                    "moved", "The addition is being changed by somebody else.", "Try again."
                ) from failure
            raise

    def _receipt(self, operation: Operation, addition_id: str) -> Receipt:
        """Read back. A failure here leaves open what was done, so it is an answer that was lost."""
        try:
            now = self._standing(operation.agreement_external_id, addition_id)
        except (ApiFailure, WriteRefused) as failure:
            raise AnswerLost(operation, str(failure)) from failure
        if _day_text(now) != operation.marks.get("next_invoice", ""):
            self._api.wire.note("An invoice was made while an addition was written; see whether it has the change.")
        return _receipt(operation, now.addition)

    # --- reading

    def _standing(self, agreement_id: str, addition_id: str) -> Standing:
        if not (agreement_id.isdigit() and addition_id.isdigit()):
            raise WriteRefused("not_found", "The line has no number of ConnectWise's.", "Read the agreements again.")
        try:
            answer = self._api.get(f"finance/agreements/{agreement_id}", needs=AGREEMENTS)
        except ApiFailure as failure:
            if failure.kind == "not_found":
                raise WriteRefused("not_found", "ConnectWise no longer has this agreement.") from failure
            raise
        today = (answer.at or datetime.now(UTC)).date()
        return Standing(self._addition(agreement_id, addition_id), answer.row("agreement"), today)

    def _addition(self, agreement_id: str, addition_id: str) -> Row:
        try:
            answer = self._api.get(f"finance/agreements/{agreement_id}/additions/{addition_id}", needs=AGREEMENTS)
        except ApiFailure as failure:
            if failure.kind == "not_found":
                raise WriteRefused("not_found", "ConnectWise no longer has this addition.") from failure
            raise
        return answer.row("addition")

    def _additions(self, agreement_id: str) -> Iterator[Row]:
        path = f"finance/agreements/{agreement_id}/additions"
        return Forward(self._api, LARGEST_PAGE).rows(path, "addition", AGREEMENTS)

    def _successor(self, operation: Operation) -> Row | None:
        """The addition that this operation began: same product and day, and not there when it was planned."""
        marks = operation.marks
        known, day = set(marks["fellows"].split(",")), date.fromisoformat(marks["day"])
        return next(
            (
                row
                for row in self._additions(operation.agreement_external_id)
                if row.need("id") not in known
                and row.row("product").text("id") == marks["product"]
                and row.day("effectiveDate") == day
            ),
            None,
        )


def _day_text(now: Standing) -> str:
    return now.next_invoice.isoformat() if now.next_invoice else ""


def _path(operation: Operation) -> str:
    return f"finance/agreements/{operation.agreement_external_id}/additions/{operation.line_external_id}"


def _receipt(operation: Operation, row: Row, *, reference: str = "") -> Receipt:
    quantity = Decimal(0) if operation.kind == END and _is_ended(row, operation) else row.need_exact("quantity")
    return Receipt(
        operation=operation,
        quantity=quantity,
        version=mapping.version(row),
        reference=reference,
        at=datetime.now(UTC),
    )


def _is_ended(row: Row, operation: Operation) -> bool:
    return row.day("cancelledDate") == date.fromisoformat(operation.marks["day"])


def _verified_end(row: Row, operation: Operation) -> Verified:
    quantity, version = row.need_exact("quantity"), mapping.version(row)
    if _is_ended(row, operation):
        return Verified(effect="applied", quantity=Decimal(0), version=version)
    return Verified(
        effect="not_applied" if version == operation.version else "moved", quantity=quantity, version=version
    )


def _sent(payload: Any) -> Any:
    """What is kept as text, as the numbers that ConnectWise takes."""
    if isinstance(payload, list):
        return [{**each, "value": Decimal(each["value"])} if each["path"] in NUMBERS else each for each in payload]
    assert isinstance(payload, Mapping)
    made = {key: Decimal(value) if key in NUMBERS else value for key, value in payload.items()}
    return {key: {"id": int(value["id"])} if isinstance(value, Mapping) else value for key, value in made.items()}
