"""What the subscription slice hands out and takes in: frozen, without tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from rcx_app.domain.subscription.arithmetic import Bill, Held
from rcx_app.domain.subscription.life import State

INVOICE = "invoice"
CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A plan at the version in force on a day. `prices`: currency -> a month's price of one unit."""

    plan_id: int
    key: str
    kind: str
    name: str
    about: str
    is_offered: bool
    version_id: int
    version: int
    valid_from: date
    clients: int
    most: int
    prices: Mapping[str, Decimal]

    def held(self, quantity: int, currency: str) -> Held:
        """So many units of it at this version's price. Raises KeyError where it has none in `currency`."""
        return Held(
            plan_id=self.plan_id,
            key=self.key,
            kind=self.kind,
            name=self.name,
            version_id=self.version_id,
            version=self.version,
            clients=self.clients,
            quantity=quantity,
            unit_price=self.prices[currency],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who an invoice is made out to, and at what tax. `tax_rate` is a share (0.19)."""

    name: str
    address: str
    tax_id: str
    tax_name: str
    tax_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Client accounts: `used` have accounts mapped to them, `included` of these take part, the rest are `left_out`.

    `allowed` None: as many as there are. `inside`: those included, by id with their names, the first first.
    """

    allowed: int | None
    used: int
    included: frozenset[int]
    inside: tuple[tuple[int, str], ...]
    left_out: tuple[tuple[int, str], ...]
    is_near: bool

    @property
    def is_over(self) -> bool:
        return bool(self.left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """An invoice or credit note in a list. `due` is what is still to be paid."""

    invoice_id: int
    number: str
    kind: str
    issued_on: date
    due_on: date
    period_from: date
    period_to: date
    currency: str
    total: Decimal
    credit_used: Decimal
    due: Decimal
    is_credited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The next bill as it would be today."""

    on: date
    bill: Bill
    credit_used: Decimal
    due: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A workspace's subscription. `version` goes with every change, so that nobody changes what he has not seen."""

    version: int
    today: date
    state: State
    items: tuple[Held, ...]
    currency: str
    currency_fixed: bool
    renews: bool
    due_on: date | None
    ended_on: date | None
    cancel_reason: str
    party: Party
    monthly: Decimal
    credit: Decimal
    upcoming: Upcoming | None
    limit: Limit
    trial_days: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants to subscribe to: one tier, and units of add-ons by plan."""

    tier_id: int
    addons: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a change does. `bill` is due (or credited) on `day`, None where nothing is; `left_out` clients lose their
    place. `stamp` stands for all of it: the change is made only where it would still be the same."""

    stamp: str
    kind: str
    day: date
    before: tuple[Held, ...]
    after: tuple[Held, ...]
    currency: str
    bill: Bill | None
    credit_used: Decimal
    due: Decimal
    credited: Decimal
    upcoming: Upcoming | None
    allowed: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLineView:
    """A line of an invoice as it was issued."""

    text: str
    day_from: date
    day_to: date
    days: int
    of_days: int
    unit_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceView:
    """An invoice as it was issued, whole. `issuer` and `customer` are what they were on that day."""

    invoice_id: int
    number: str
    kind: str
    issued_on: date
    due_on: date
    period_from: date
    period_to: date
    corrects: str
    reason: str
    currency: str
    net: Decimal
    tax_name: str
    tax_rate: Decimal
    tax: Decimal
    total: Decimal
    credit_used: Decimal
    due: Decimal
    issuer: Mapping[str, str]
    customer: Mapping[str, str]
    lines: tuple[InvoiceLineView, ...]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues the invoices and on what terms. The webhook's secret is told only as being there or not."""

    name: str
    address: str
    tax_id: str
    email: str
    bank: str
    prefix: str
    last_number: int
    payment_days: int
    trial_days: int
    trial_plan_id: int | None
    warn_percent: int
    webhook_url: str
    has_secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A workspace as platform admins see it: what it pays, never what it works on."""

    workspace_id: int
    workspace: str
    state: str
    plan: str
    monthly: Decimal
    currency: str
    renews: bool
    due_on: date | None
    tax_name: str
    tax_rate: Decimal
    credit: Decimal
    clients: int
    allowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event for the accounting system and how it fares."""

    event_id: str
    kind: str
    workspace: str
    state: str
    tries: int
    created_at: datetime
    next_try_at: datetime | None
    delivered_at: datetime | None
    answer: str
