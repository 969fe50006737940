"""One operation against the PSA: sent once and read back, or found out by reading alone. No database here."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from connectors.http.failures import ApiFailure
from connectors.writing import AnswerLost, Operation, Receipt, Verified, Writer, WriteRefused
from rcx_app.core import clock
from rcx_app.domain.sync import failures
from rcx_app.domain.writeback.journal import LATE, Outcome
from rcx_app.domain.writeback.operations import change_out, is_repeatable, receipt_out
from rcx_app.domain.writeback.schemas import IntentState

_SAID_NO = frozenset({"refused", "not_found", "conflict"})
"""Failures that are about this one operation; any other would meet the next ones too."""


def send(writer: Writer, operation: Operation) -> Outcome:
    """Read fresh, send once, read back. Whatever can't be told is unclear."""
    try:
        receipt = writer.apply(operation)
    except WriteRefused as refused:
        return Outcome(state=IntentState.REFUSED, resolved="refused", reason=refused.kind, message=str(refused))
    except AnswerLost as lost:
        return _after_loss(writer, operation, str(lost))
    except ApiFailure as failure:
        return Outcome(
            state=IntentState.REFUSED,
            resolved="not_sent",
            reason=failure.kind,
            message=str(failure),
            halts=failure.kind not in _SAID_NO,
        )
    except failures.FAULTS as error:
        return _after_loss(writer, operation, f"a fault of ours ({type(error).__name__})")
    return _confirmed(writer, operation, receipt)


def look(writer: Writer, operation: Operation, begun_at: datetime, *, is_resumed: bool) -> Outcome:
    """What reading says of an operation that may have been sent.

    `is_resumed`: its worker died, so that one which sets a value may be sent again. Any other that is not seen stays
    unclear until a late arrival is out of the question (LATE), and then has failed; it is never sent again.
    """
    found, cause = _read(writer, operation)
    if found is None:
        return _unclear(f"It can't be told yet whether it took effect: {cause}")
    if found.effect == "applied":
        return _applied(writer, operation, found)
    if found.effect == "moved":
        return _unclear(f"The line shows {found.quantity} now: it can't be told what became of this.", found.quantity)
    if is_resumed and is_repeatable(operation):
        return Outcome(
            state=IntentState.NOT_APPLIED, resolved="read", quantity=found.quantity, reason="lost", sends_again=True
        )
    if clock.now() - begun_at < LATE:
        return _unclear("It was not seen to take effect, but still may.", found.quantity)
    return Outcome(
        state=IntentState.NOT_APPLIED,
        resolved="read",
        quantity=found.quantity,
        reason="lost",
        message=f"It did not take effect; the line shows {found.quantity}. Prepare it again.",
    )


def _after_loss(writer: Writer, operation: Operation, cause: str) -> Outcome:
    outcome = look(writer, operation, clock.now(), is_resumed=False)
    if outcome.state != IntentState.UNCLEAR:
        return outcome
    return _unclear(f"{outcome.message} {cause}", outcome.quantity)


def _confirmed(writer: Writer, operation: Operation, receipt: Receipt) -> Outcome:
    """The PSA said yes: it counts once the line says so too."""
    found, cause = _read(writer, operation)
    if found is None:
        return _unclear(f"The PSA took it, but could not be read afterwards: {cause}")
    if found.effect == "applied":
        return Outcome(
            state=IntentState.RECEIVED,
            resolved="receipt",
            quantity=found.quantity,
            receipt=receipt_out(receipt),
            inverse=_inverse(writer, receipt),
        )
    if found.effect == "not_applied":
        return Outcome(
            state=IntentState.NOT_APPLIED,
            resolved="read_back",
            quantity=found.quantity,
            receipt=receipt_out(receipt),
            reason="ignored",
            message=f"The PSA said that it was done, but still shows {found.quantity}.",
        )
    return _unclear(f"The PSA said that it was done, but shows {found.quantity}.", found.quantity)


def _applied(writer: Writer, operation: Operation, found: Verified) -> Outcome:
    receipt = Receipt(operation=operation, quantity=found.quantity, version=found.version, at=datetime.now(UTC))
    # What a new addition is called is told by its receipt alone; without one it can't be taken back by itself.
    is_new = operation.kind.endswith(".begin")
    return Outcome(
        state=IntentState.APPLIED,
        resolved="read",
        quantity=found.quantity,
        receipt=receipt_out(receipt),
        inverse={} if is_new else _inverse(writer, receipt),
    )


def _read(writer: Writer, operation: Operation) -> tuple[Verified | None, str]:
    try:
        return writer.verify(operation), ""
    except (ApiFailure, WriteRefused) as error:
        return None, str(error)
    except failures.FAULTS as error:
        return None, f"a fault of ours ({type(error).__name__})"


def _inverse(writer: Writer, receipt: Receipt) -> dict[str, object]:
    try:
        return change_out(writer.inverse(receipt))
    except WriteRefused:
        return {}


def _unclear(message: str, quantity: Decimal | None = None) -> Outcome:
    return Outcome(
        state=IntentState.UNCLEAR, resolved="", quantity=quantity, reason="unclear", message=f"{message} Look again."
    )
