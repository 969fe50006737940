"""Writes units of a contract service or bundle: a signed difference from a day on, which can be made but never read,
changed or taken back (developer help, ContractServiceAdjustments). So what happened is told by the unit rows alone.

Never: without `contractServiceID`, for a service that is not on the contract (Autotask would make one), from a day in
a period that is approved and posted, or twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.autotask.about import ADJUST, CONTRACTS
from connectors.vendors.autotask.contracts import Contracts
from connectors.vendors.autotask.session import Session, where
from connectors.vendors.autotask.units import BUNDLE, SERVICE, Kind, Units
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


@dataclass(frozen=True, slots=True)
class _State:
    """One contract service, read fresh."""

    kind: Kind
    link: Row
    contract: Row
    units: list[Units]

    def at(self, day: date) -> Units | None:
        return next((each for each in self.units if each.covers(day)), None)

    def after(self, day: date) -> list[Units]:
        return [each for each in self.units if each.starts_on > day]


class AutotaskWriter:
    """`line_external_id` is the contract service's id, or `bundle/` and the contract service bundle's."""

    def __init__(self, session: Session, contracts: Contracts) -> None:
        self._session, self._contracts = session, contracts

    def plan(self, change: Change) -> tuple[Operation, ...]:
        if change.quantity != change.quantity.to_integral_value() or change.quantity < 0:
            raise WriteRefused("fraction", "Autotask takes whole units from 0.")
        state = self._read(change.line_external_id, change.agreement_external_id)
        day = change.effective_date or self._earliest(state)
        row = self._writable(state, day)
        if row.units == change.quantity:
            return ()
        if row.units != change.seen_quantity:
            raise WriteRefused(
                "moved",
                f"From {day} it is {row.units} units, not {change.seen_quantity}.",
                "Look at the finding again.",
            )
        return (self._operation(change, state, day, row),)

    def apply(self, operation: Operation) -> Receipt:
        day = _day(operation)
        state = self._read(operation.line_external_id, operation.agreement_external_id)
        row = self._writable(state, day)
        if row.units != operation.before or _version(row) != operation.version:
            raise WriteRefused("moved", "The units were changed since this was planned.", "Plan it again.")
        path = f"Contracts/{operation.agreement_external_id}/{state.kind.adjustments}"
        try:
            answer = self._session.api.write("POST", path, dict(operation.payload), needs=ADJUST)
            reference = answer.row("adjustment").need("itemId")
        except ApiFailure as failure:
            if failure.kind in LOST:
                raise AnswerLost(operation, str(failure)) from failure
            if failure.kind == "refused":
                raise self._turned_down(operation, failure) from failure
            raise
        return self._receipt(operation, reference)

    def verify(self, operation: Operation) -> Verified:
        """A service or a period that is gone counts as moved: what became of the difference can't be told."""
        try:
            state = self._read(operation.line_external_id, operation.agreement_external_id)
        except WriteRefused:
            return Verified(effect="moved", quantity=Decimal(0))
        row = state.at(_day(operation))
        if row is None:
            return Verified(effect="moved", quantity=Decimal(0))
        return by_quantity(operation, row.units, _version(row))

    def inverse(self, receipt: Receipt) -> Change:
        """The opposite difference from the same day; planning it is refused once that period is posted."""
        return opposite(receipt, from_same_day=True)

    # --- reading fresh

    def _read(self, line_id: str, contract_id: str) -> _State:
        kind = BUNDLE if line_id.startswith(BUNDLE.prefix) else SERVICE
        number = line_id.removeprefix(kind.prefix)
        if not number.isdigit() or not contract_id.isdigit():
            raise WriteRefused("not_found", f"“{line_id}” is no line of Autotask.")
        link = self._one(kind.links, number, f"contract {kind.noun}")
        contract = self._one("Contracts", contract_id, "contract")
        if link is None or contract is None or link.need("contractID") != contract_id:
            raise WriteRefused("not_found", f"This {kind.noun} is no longer on the contract.", "Sync, then look again.")
        return _State(kind, link, contract, self._contracts.units(kind, number))

    def _one(self, entity: str, number: str, noun: str) -> Row | None:
        rows = self._session.query(entity, where("id", "eq", int(number)), noun=noun, needs=CONTRACTS)
        return next((row for row in rows if row.need("id") == number), None)

    # --- what may be written

    def _earliest(self, state: _State) -> date:
        """The beginning of the first period from today on that is not posted. Raises WriteRefused without one."""
        today = self._session.now().date()
        for row in state.units:
            if row.ends_on >= today and not row.is_posted:
                return row.starts_on
        if state.at(today) is None:
            raise WriteRefused("ended", f"The {state.kind.noun} has no units today or later.")
        raise WriteRefused(
            "posted",
            "Every period to the end of the contract is approved and posted.",
            "Write it on the next contract.",
        )

    def _writable(self, state: _State, day: date) -> Units:
        """The unit row in force on `day`. Raises WriteRefused where nothing may be written from then on."""
        name = state.contract.text("contractName") or state.contract.need("id")
        if not self._contracts.is_running(state.contract):
            raise WriteRefused(
                "ended", f"The contract “{name}” is {self._contracts.status(state.contract).casefold()}."
            )
        row = state.at(day)
        if row is None:
            kind = "ended" if all(each.ends_on < day for each in state.units) else "date"
            raise WriteRefused(
                kind, f"The {state.kind.noun} has no units on {day}.", "Choose a day inside the contract."
            )
        later = state.after(day)
        if row.is_posted or any(each.is_posted for each in later):
            free = next((each.starts_on for each in state.units if not each.is_posted and each.starts_on > day), None)
            remedy = f"The first day that is open is {free}." if free else "Correct it by a credit."
            raise WriteRefused("posted", f"The period of {day} is approved and posted.", remedy)
        other = next((each for each in later if each.units != row.units), None)
        if other is not None:
            raise WriteRefused(
                "ambiguous",
                f"A change to {other.units} units from {other.starts_on} is already planned in Autotask.",
                "A difference would shift that one too: settle it in Autotask first.",
            )
        return row

    def _operation(self, change: Change, state: _State, day: date, row: Units) -> Operation:
        delta = change.quantity - row.units
        name = state.link.text("invoiceDescription") or f"{state.kind.noun} {state.link.need('id')}"
        warnings = []
        if day != row.starts_on:
            warnings.append(f"{day} is inside a period: Autotask splits it and prorates both parts.")
        if day > self._session.now().date():
            warnings.append(f"Until {day} it stays as it is: the running period is approved and posted.")
        if change.quantity == 0:
            warnings.append("No unit is left; the service stays on the contract.")
        return Operation(
            kind=f"autotask.{state.kind.noun.replace(' ', '_')}.adjustment",
            line_external_id=change.line_external_id,
            agreement_external_id=change.agreement_external_id,
            before=row.units,
            after=change.quantity,
            delta=delta,
            effective_date=day,
            version=_version(row),
            says=f"Adjust “{name}” by {delta:+} units from {day}: {row.units} become {change.quantity}",
            warnings=tuple(warnings),
            payload={
                "contractID": int(change.agreement_external_id),
                state.kind.link_key: int(state.link.need("id")),
                "unitChange": int(delta),
                "effectiveDate": f"{day}T00:00:00Z",
            },
            marks={"unit_row": row.id, "posted": str(row.is_posted).lower()},
        )

    # --- what came of it

    def _receipt(self, operation: Operation, reference: str) -> Receipt:
        try:
            found = self.verify(operation)
        except ApiFailure as failure:
            raise AnswerLost(operation, f"Autotask took it, but could not be read afterwards. {failure}") from failure
        if found.effect != "applied":
            raise AnswerLost(operation, f"Autotask took it, but shows {found.quantity} units.")
        return Receipt(
            operation=operation,
            quantity=found.quantity,
            version=found.version,
            reference=reference,
            at=datetime.now(UTC),
        )

    def _turned_down(self, operation: Operation, failure: ApiFailure) -> AnswerLost | WriteRefused:
        """Autotask's refusal comes as a 500, as its faults do: it is believed only where the units stand as before."""
        try:
            found = self.verify(operation)
        except ApiFailure:
            return AnswerLost(operation, str(failure))
        if found.effect != "not_applied":
            return AnswerLost(operation, str(failure))
        return WriteRefused("unsupported", f"Autotask refused: {failure.detail}", "Nothing was changed.")


def _version(row: Units) -> str:
    return f"{row.id}:{row.units}:{'posted' if row.is_posted else 'open'}"


def _day(operation: Operation) -> date:
    assert operation.effective_date is not None, "every adjustment is planned with its day"
    return operation.effective_date
