"""Canonical records: the only shapes that leave a connector.

Nothing downstream knows a vendor. Ids are strings as the source gives them, quantities and prices are exact
decimals, times are aware UTC, dates are dates, `attributes` keeps every source field that has no place of its own
(values as text). Optional text is empty rather than None; optional numbers and times are None when the source is
silent. `integration` is a label that only files fill (a seats file holds several integrations at once); elsewhere it
is empty and the connection that delivered the record says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

SEAT_KINDS = ("user", "device", "mailbox", "workload", "agent", "site", "licence", "other")
SEAT_STATUSES = ("active", "disabled", "suspended", "deleted")
BILLING_CYCLES = ("monthly", "quarterly", "annual", "one_time")

_EMPTY: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A customer in the PSA."""

    external_id: str
    name: str
    domain: str = ""
    emails: tuple[str, ...] = ()
    phone: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    aliases: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A catalogue item of the PSA. `code` is what lines refer to."""

    external_id: str
    code: str
    name: str
    unit_price: Decimal | None = None
    unit_cost: Decimal | None = None
    currency: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The PSA record that bills a client each period (agreement, contract, recurring invoice)."""

    external_id: str
    client_external_id: str
    name: str = ""
    billing_cycle: str = "monthly"
    starts_on: date | None = None
    ends_on: date | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One billed product on an agreement (addition, contract service, recurring invoice line).

    `quantity` is gross; `included_quantity` is what the fee covers (ConnectWise "less included"). A line is active on
    D when `effective_date <= D` and (`cancelled_date` is None or `D < cancelled_date`); None as `effective_date`
    means "always has been". `unit_price` None means that the source holds no price (0 is a price).
    """

    external_id: str
    client_external_id: str
    agreement_external_id: str
    product_code: str
    product_name: str
    quantity: Decimal
    included_quantity: Decimal = Decimal(0)
    unit_price: Decimal | None = None
    unit_cost: Decimal | None = None
    currency: str = ""
    effective_date: date | None = None
    cancelled_date: date | None = None
    billing_cycle: str = "monthly"
    is_calculated_by_psa: bool = False
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A client as a vendor knows it: tenant, site, organisation, company."""

    external_id: str
    name: str
    domain: str = ""
    emails: tuple[str, ...] = ()
    phone: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    aliases: tuple[str, ...] = ()
    integration: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sku:
    """A thing a vendor sells or counts."""

    external_id: str
    name: str
    integration: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Any countable billable unit at a vendor.

    `identity` joins the same person or device across rows (UPN, serial, host name). `quantity` None means that the
    source gives none (counted as 1, and a sum over it is estimated). `created_at` and `last_seen_at` are aware UTC.
    """

    external_id: str
    account_external_id: str
    kind: str = "other"
    sku: str = ""
    sku_name: str = ""
    identity: str = ""
    display_name: str = ""
    status: str = "active"
    device_class: str = ""
    quantity: Decimal | None = None
    created_at: datetime | None = None
    last_seen_at: datetime | None = None
    integration: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What was bought from a vendor or distributor: purchased quantity, term and commitment."""

    external_id: str
    account_external_id: str
    sku: str
    sku_name: str = ""
    quantity: Decimal = Decimal(0)
    unit_cost: Decimal | None = None
    currency: str = ""
    term: str = ""
    billing_cycle: str = "monthly"
    status: str = "active"
    starts_on: date | None = None
    commitment_ends_on: date | None = None
    integration: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One line of a distributor's invoice."""

    external_id: str
    account_external_id: str
    sku: str
    quantity: Decimal
    amount: Decimal
    currency: str
    period_start: date
    period_end: date
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice issued by the PSA."""

    external_id: str
    client_external_id: str
    number: str
    issued_on: date
    currency: str
    total: Decimal
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line of a PSA invoice."""

    external_id: str
    invoice_external_id: str
    line_external_id: str
    product_code: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    attributes: Mapping[str, str] = field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """Only in an incremental read: the source says that this record of the stream is gone."""

    external_id: str


PsaRecord = Client | Product | Agreement | Line | Invoice | InvoiceLine
UsageRecord = Account | Sku | Seat | Subscription | Charge
Record = PsaRecord | UsageRecord
