"""What one finding is shown with: its arithmetic, the records behind it, and the seats behind a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from rcx_app.domain.reconcile.screens.schemas import FindingRow, FlagRow
from rcx_app.domain.service_rules.schemas import Parts


@dataclass(frozen=True, slots=True)
class ArithmeticStep:
    """One row of the sum. `evidence`: "counted" or "left_out" where seats can be opened behind it."""

    op: str
    label: str
    note: str
    value: Decimal
    unit: str
    evidence: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A PSA line as last read."""

    line_id: int
    external_id: str
    agreement: str
    product_code: str
    product_name: str
    quantity: Decimal
    included_quantity: Decimal
    unit_price: Decimal | None
    unit_cost: Decimal | None
    currency: str
    billing_cycle: str
    effective_date: date | None
    cancelled_date: date | None
    source: str
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class SourceAccount:
    """An account that contributes to a count."""

    account_id: int
    external_id: str
    name: str
    integration: str
    seats: int
    decided_how: str
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True)
class PendingAccount:
    """An account in the mapping queue whose best suggestion is the client; its seats are not counted until then."""

    account_id: int
    name: str
    integration: str
    seats: int
    confidence: Decimal


@dataclass(frozen=True, slots=True)
class FindingDetail:
    """All about one finding. `pending`: accounts that its rule would count too, were they mapped to the client."""

    row: FindingRow
    sentence: Parts
    rule_name: str
    rule_number: int | None
    arithmetic: tuple[ArithmeticStep, ...]
    inferred: tuple[str, ...]
    not_ready_reason: str
    lines: tuple[SourceLine, ...]
    accounts: tuple[SourceAccount, ...]
    flags: tuple[FlagRow, ...]
    resolved_at: datetime | None
    changed_at: datetime
    as_of: date
    pending: tuple[PendingAccount, ...] = ()


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A named unit behind a number. `reason`: why it was left out (empty where it counts)."""

    seat_id: int
    external_id: str
    name: str
    identity: str
    kind: str
    sku: str
    sku_name: str
    status: str
    device_class: str
    quantity: Decimal | None
    account_id: int
    account_name: str
    integration: str
    created_at: datetime | None
    last_seen_at: datetime | None
    reason: str = ""
