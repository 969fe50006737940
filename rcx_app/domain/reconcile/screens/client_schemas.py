"""What one client's page shows: its lines with their numbers, integrations and sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rcx_app.domain.reconcile.screens.schemas import FindingRow, FlagRow, Money
from rcx_app.domain.service_rules.schemas import Parts


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of a client as its page shows it.

    `state`: reconciled | open | not_ready | no_usage_source | not_counted | shared, or what a person decided on its
    finding. The numbers of a group stand on its carrier; the group's other lines are `shared`.
    """

    line_id: int
    external_id: str
    agreement: str
    product_code: str
    product_name: str
    rule_name: str
    sentence: Parts
    billed: Decimal
    count: Decimal | None
    expected: Decimal | None
    delta: Decimal | None
    unit_price: Decimal | None
    amount: Decimal | None
    monthly_amount: Decimal | None
    currency: str
    billing_cycle: str
    kind: str
    state: str
    finding_id: int | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClientIntegration:
    """An integration in which a client has accounts."""

    connection_id: int
    label: str
    state: str
    accounts: tuple[str, ...]
    seats: int
    last_complete_at: datetime | None


@dataclass(frozen=True, slots=True)
class BilledSum:
    """What active lines bill a month in one currency."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ClientPage:
    """Everything on one client's page but the seats themselves. `elsewhere`: findings without a line of this client."""

    client_id: int
    external_id: str
    name: str
    psa: str
    agreements: tuple[str, ...]
    billing_cycles: tuple[str, ...]
    billed: tuple[BilledSum, ...]
    seats: int
    money: Money
    open_findings: int
    lines: tuple[LineRow, ...]
    elsewhere: tuple[FindingRow, ...]
    flags: tuple[FlagRow, ...]
    integrations: tuple[ClientIntegration, ...]
    attributes: dict[str, Any]
