"""Writes a contract's quantity at SuperOps as one more quantity change from a day on. Changes carry ids, so what was
sent is recognised by reading: it is the change that was not there before.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.http.failures import ApiFailure
from connectors.vendors.superops import graph
from connectors.vendors.superops.about import CHANGE, CONTRACTS, DIFFERENCE
from connectors.vendors.superops.changes import DECREASE, INCREASE, QuantityChange, changes_of
from connectors.vendors.superops.contracts import Contract, contract_of, in_force
from connectors.vendors.superops.graph import Graph
from connectors.writing import LOST, AnswerLost, Change, Effect, Operation, Receipt, Verified, WriteRefused, opposite


class SuperOpsWriter:
    """`line_external_id` and `agreement_external_id` are both the contract's id."""

    def __init__(self, graph_: Graph, meaning: str) -> None:
        self._graph, self._meaning = graph_, meaning

    def plan(self, change: Change) -> tuple[Operation, ...]:
        if change.quantity != change.quantity.to_integral_value() or change.quantity < 0:
            raise WriteRefused("fraction", "SuperOps takes whole quantities from 0.")
        contract = self._read(change.line_external_id)
        _check_kind(contract)
        day = self._day(contract, change.effective_date)
        before = self._writable(contract, day)
        if before == change.quantity:
            return ()
        if before != change.seen_quantity:
            raise WriteRefused(
                "moved", f"From {day} it is {before}, not {change.seen_quantity}.", "Look at the finding again."
            )
        return (self._operation(change, contract, day, before),)

    def apply(self, operation: Operation) -> Receipt:
        contract = self._read(operation.line_external_id)
        _check_kind(contract)
        before = self._writable(contract, _day(operation))
        if before != operation.before or _version(contract) != operation.version:
            raise WriteRefused("moved", "The contract was changed since this was planned.", "Plan it again.")
        try:
            reference = self._graph.change(graph.UPDATE_CONTRACT, {"input": dict(operation.payload)}, CHANGE)
        except ApiFailure as failure:
            if failure.kind in LOST:
                raise AnswerLost(operation, str(failure)) from failure
            if failure.kind == "refused":
                raise WriteRefused(
                    "unsupported", f"SuperOps refused: {failure.detail}", "Nothing was changed."
                ) from failure
            raise
        return self._receipt(operation, reference)

    def verify(self, operation: Operation) -> Verified:
        """Applied: one change that was not there before is the one that was sent. Other new ones mean: moved."""
        try:
            contract = self._read(operation.line_external_id)
        except WriteRefused:
            return Verified(effect="moved", quantity=Decimal(0))
        changes = changes_of(contract.billable)
        known = set(operation.version.split(","))
        new = [each for each in changes if each.id not in known]
        ours = [each for each in new if _is_sent(each, operation)]
        quantity = in_force(contract, _day(operation), self._meaning) or Decimal(0)
        gone = known - {each.id for each in changes} - {""}
        version = _version(contract)
        if len(ours) == len(new) == 1 and not gone and quantity == operation.after:
            return Verified(effect="applied", quantity=quantity, version=version)
        effect: Effect = "not_applied" if not new and not gone else "moved"
        return Verified(effect=effect, quantity=quantity, version=version)

    def inverse(self, receipt: Receipt) -> Change:
        return opposite(receipt, from_same_day=True)

    def _read(self, contract_id: str) -> Contract:
        gone = WriteRefused("not_found", "SuperOps no longer has this contract.", "Sync, then look again.")
        try:
            data = self._graph.data(graph.CONTRACT, {"input": {"contractId": contract_id}}, CONTRACTS)
        except ApiFailure as failure:
            if failure.kind == "not_found":
                raise gone from failure
            raise
        found = contract_of(data.row("getClientContract")) if data.has("getClientContract") else None
        if found is None or found.id != contract_id:
            raise gone
        return found

    def _day(self, contract: Contract, wanted: date | None) -> date:
        """The day asked for, else the next bill date. Raises WriteRefused where that was billed already."""
        today = self._graph.today()
        first = contract.next_bill_on or max(today, contract.starts_on or today)
        if wanted is not None and wanted < first:
            raise WriteRefused("posted", f"What comes before {first} is billed already.", f"Choose {first} or later.")
        day = wanted or first
        cancelled = contract.cancelled_on()
        if cancelled is not None and day >= cancelled:
            raise WriteRefused("ended", f"The contract ends before {day}.")
        return day

    def _writable(self, contract: Contract, day: date) -> Decimal:
        """The quantity in force on `day`. Raises WriteRefused where a later change would be shifted or overridden."""
        changes = changes_of(contract.billable)
        later = next((each for each in changes if each.effective_on is not None and each.effective_on > day), None)
        if later is not None:
            raise WriteRefused(
                "ambiguous",
                f"Another change from {later.effective_on} is already planned in SuperOps.",
                "Settle it in SuperOps first.",
            )
        quantity = in_force(contract, day, self._meaning)
        if quantity is None:
            raise WriteRefused("date", f"The contract has no quantity on {day}.")
        return quantity

    def _operation(self, change: Change, contract: Contract, day: date, before: Decimal) -> Operation:
        delta = change.quantity - before
        word = INCREASE if delta > 0 else DECREASE
        stated = abs(delta) if self._meaning == DIFFERENCE else change.quantity
        warnings = [f"Until {day} it stays as it is."] if day > self._graph.today() else []
        if day != contract.next_bill_on:
            warnings.append(f"{day} is no bill date: SuperOps prorates the period.")
        return Operation(
            kind="superops.contract.quantity",
            line_external_id=change.line_external_id,
            agreement_external_id=change.agreement_external_id,
            before=before,
            after=change.quantity,
            delta=delta,
            effective_date=day,
            version=_version(contract),
            says=f"Add {word} {stated} from {day} to “{contract.name}”: {before} become {change.quantity}",
            warnings=tuple(warnings),
            payload=_payload(contract.id, day, stated, word),
            marks={"operation": word, "stated": str(stated)},
        )

    def _receipt(self, operation: Operation, reference: str) -> Receipt:
        try:
            found = self.verify(operation)
        except ApiFailure as failure:
            raise AnswerLost(operation, f"SuperOps took it, but could not be read afterwards. {failure}") from failure
        if found.effect != "applied":
            raise AnswerLost(operation, f"SuperOps took it, but shows {found.quantity}.")
        return Receipt(
            operation=operation,
            quantity=found.quantity,
            version=found.version,
            reference=reference,
            at=datetime.now(UTC),
        )


def _check_kind(contract: Contract) -> None:
    """Raises WriteRefused for a contract whose quantity is not to be set."""
    if contract.is_counted_by_psa:
        raise WriteRefused(
            "calculated", "SuperOps counts this quantity itself.", "Correct the contract's quantity rule in SuperOps."
        )
    if contract.is_once:
        raise WriteRefused("unsupported", "The contract is billed once.")
    if contract.status == "INACTIVE":
        raise WriteRefused("ended", f"The contract “{contract.name}” is inactive.")


def _payload(contract_id: str, day: date, stated: Decimal, word: str) -> dict[str, Any]:
    change = {"effectiveDate": day.isoformat(), "quantity": f"{stated:f}", "quantityChangeOperation": word}
    return {"contract": {"contractId": contract_id, "billableContract": {"change": change}}}


def _is_sent(each: QuantityChange, operation: Operation) -> bool:
    marks = operation.marks
    return (each.operation, each.quantity, each.effective_on) == (
        marks["operation"],
        Decimal(marks["stated"]),
        operation.effective_date,
    )


def _version(contract: Contract) -> str:
    return ",".join(each.id for each in changes_of(contract.billable))


def _day(operation: Operation) -> date:
    assert operation.effective_date is not None, "every change is planned with its day"
    return operation.effective_date
