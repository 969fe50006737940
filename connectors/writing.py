"""Writing a quantity into a PSA, as data: what is wanted, the operation in the PSA's own terms, and what came of it.

Four moves, each of them safe to repeat: `plan` reads the line fresh and says what would be sent; `apply` reads it
again, sends once and reads back; `verify` finds out by reading alone whether an operation took effect (for an answer
that was lost); `inverse` gives the change that takes it back. Nothing here decides that a write may happen.
Rules: ConnectWise by addition id, Autotask by deltas that are never sent twice, Halo never on calculated lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

from connectors.errors import ConnectorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One approved quantity. `quantity` is gross, as the line shows it; `seen_quantity` and `seen_version` are what
    the reviewer saw (version "" where the source has none); `effective_date` None: as soon as the PSA does it.
    """

    line_external_id: str
    agreement_external_id: str
    quantity: Decimal
    seen_quantity: Decimal
    seen_version: str = ""
    effective_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call that would be made. `says` is the operation in the PSA's words, `payload` what is sent (JSON).

    `version` is the line's version at the moment of planning; `delta` is set where the PSA takes differences.
    `marks` keeps what `verify` needs to recognise the effect by reading (values as text).
    """

    kind: str
    line_external_id: str
    agreement_external_id: str
    before: Decimal
    after: Decimal
    delta: Decimal | None = None
    effective_date: date | None = None
    version: str = ""
    says: str = ""
    warnings: tuple[str, ...] = ()
    payload: Mapping[str, object] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What came of an operation. `quantity` and `version` were read back afterwards; `reference` is the PSA's own."""

    operation: Operation
    quantity: Decimal
    version: str = ""
    reference: str = ""
    at: datetime


Effect = Literal["applied", "not_applied", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What reading says about an operation: it took effect, it did not, or somebody else changed the line."""

    effect: Effect
    quantity: Decimal
    version: str = ""


LOST = frozenset({"timed_out", "cut_off", "unreachable", "vendor_down", "not_json", "too_large", "unexpected_shape"})
"""Failures of a sent write after which it may have taken effect: one list, so that no PSA forgets a way to be lost."""


def by_quantity(operation: Operation, quantity: Decimal, version: str = "") -> Verified:
    """What a quantity that was read says of an operation, where nothing but the quantity can tell."""
    if quantity == operation.after:
        return Verified(effect="applied", quantity=quantity, version=version)
    effect: Effect = "not_applied" if quantity == operation.before else "moved"
    return Verified(effect=effect, quantity=quantity, version=version)


def opposite(receipt: Receipt, *, from_same_day: bool = False) -> Change:
    """The change that takes an operation back: to the quantity before it, of the line as the receipt shows it.

    `from_same_day`: where a PSA bills differences by date, from the day on from which the operation counted.
    """
    done = receipt.operation
    return Change(
        line_external_id=done.line_external_id,
        agreement_external_id=done.agreement_external_id,
        quantity=done.before,
        seen_quantity=receipt.quantity,
        seen_version=receipt.version,
        effective_date=done.effective_date if from_same_day else None,
    )


class WriteRefused(ConnectorError):
    """A write that must not be made. `kind` is stable:

    moved (changed since review) | ended | calculated | committed (inside a term) | posted (period already invoiced) |
    not_found | ambiguous | unsupported | fraction (only whole numbers are taken) | date (no such effective date)
    """

    def __init__(self, kind: str, message: str, remedy: str = "") -> None:
        self.kind = kind
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class AnswerLost(ConnectorError):
    """The operation was sent and no answer came: it may have taken effect. Only `verify` may follow, never `apply`."""

    def __init__(self, operation: Operation, cause: str) -> None:
        self.operation = operation
        super().__init__(f"Whether “{operation.says}” took effect is not known: {cause}")


class Writer(Protocol):
    """The writing side of a PSA connector. All of them may raise ApiFailure."""

    def plan(self, change: Change) -> tuple[Operation, ...]:
        """Read the line fresh and say what would be sent; nothing where it already is so. Raises WriteRefused."""
        ...

    def apply(self, operation: Operation) -> Receipt:
        """Read again, send once, read back. Raises WriteRefused("moved") and AnswerLost."""
        ...

    def verify(self, operation: Operation) -> Verified:
        """Find out by reading alone whether the operation took effect."""
        ...

    def inverse(self, receipt: Receipt) -> Change:
        """The change that takes it back, to be planned like any other. Raises WriteRefused where nothing can."""
        ...
