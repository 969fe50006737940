"""What RCX itself costs: plans and their dated prices, who bills, and each workspace's subscription and invoices.

Not to be mixed up with the vendors' subscriptions in `usage` and the PSA's invoices in `psa`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from rcx_app.models.base import WorkspaceRow, exact_field, id_field, json_field, ref, time_field


class Plan(SQLModel, table=True):
    """Something that can be subscribed to. `kind`: tier (one at a time) | addon (any quantity up to its most)."""

    __tablename__ = "plan"

    id: int = id_field()
    key: str = Field(unique=True)
    kind: str
    name: str
    about: str = ""
    position: int = 0
    is_offered: bool = True
    created_at: datetime = time_field(default_now=True)


class PlanVersion(SQLModel, table=True):
    """What a plan costs and holds from a day on. A subscription keeps the version that it was bought at.

    `clients`: client accounts that one unit includes. `prices`: currency -> amount a month and unit, as text.
    """

    __tablename__ = "plan_version"
    __table_args__ = (UniqueConstraint("plan_id", "number"), UniqueConstraint("plan_id", "valid_from"))

    id: int = id_field()
    plan_id: int = ref("plan.id")
    number: int
    valid_from: date
    clients: int = 0
    most: int = 1
    prices: dict[str, Any] = json_field(dict)
    made_by: int | None = ref("user_account.id", nullable=True)
    created_at: datetime = time_field(default_now=True)


class PlanIssuer(SQLModel, table=True):
    """Who issues RCX's invoices, and the terms. `last_number` is locked while an invoice is numbered, so none is lost.

    `warn_percent`: of the clients a plan includes, from which on people are warned. The secret is encrypted.
    """

    __tablename__ = "plan_issuer"

    id: int = id_field()
    name: str = ""
    address: str = ""
    tax_id: str = ""
    email: str = ""
    bank: str = ""
    prefix: str = "RCX-"
    last_number: int = 0
    payment_days: int = 14
    trial_days: int = 30
    trial_plan_id: int | None = ref("plan.id", nullable=True)
    warn_percent: int = 90
    webhook_url: str = ""
    webhook_secret: bytes = Field(default=b"", sa_type=LargeBinary)
    updated_at: datetime | None = time_field()


class PlanSubscription(WorkspaceRow, table=True):
    """A workspace's subscription. `state`: trial | active | ended. Days are those of the workspace's time zone.

    `next_bill_on` is the day on which it is billed again or, where it does not renew, ends; `not_before` that of its
    last step. `currency` is fixed by the first invoice. `tax_rate` is a share (0.19). `version` counts changes.
    """

    __tablename__ = "plan_subscription"
    __table_args__ = (UniqueConstraint("workspace_id"),)

    state: str = "trial"
    currency: str = "USD"
    started_on: date
    not_before: date
    next_bill_on: date | None = Field(default=None, index=True)
    ended_on: date | None = None
    renews: bool = False
    cancel_reason: str = ""
    bill_name: str = ""
    bill_address: str = ""
    tax_id: str = ""
    tax_name: str = ""
    tax_rate: Decimal = exact_field()
    version: int = 1


class PlanItem(WorkspaceRow, table=True):
    """What a workspace subscribes to now: its tier, and its add-ons."""

    __tablename__ = "plan_item"
    __table_args__ = (UniqueConstraint("workspace_id", "plan_id"),)

    plan_id: int = ref("plan.id")
    version_id: int = ref("plan_version.id")
    quantity: int = 1


class PlanChange(WorkspaceRow, table=True):
    """One step in the life of a subscription, in order. `before` and `after`: list of {plan, version, quantity}."""

    __tablename__ = "plan_change"

    day: date
    kind: str
    before: list[Any] = json_field(list)
    after: list[Any] = json_field(list)
    note: str = ""
    user_id: int | None = ref("user_account.id", nullable=True)
    invoice_id: int | None = ref("plan_invoice.id", nullable=True)


class PlanInvoice(WorkspaceRow, table=True):
    """An invoice or a credit note (amounts below 0). Triggers refuse to change or delete it; `hash` covers all it says.

    `cycle_on`: the day whose bill it is, None for a change within a month. `due` = `total` - `credit_used`.
    """

    __tablename__ = "plan_invoice"
    __table_args__ = (
        UniqueConstraint("sequence"),
        UniqueConstraint("workspace_id", "cycle_on"),
        UniqueConstraint("corrects_id"),
        Index("ix_plan_invoice_issued_on", "issued_on"),
    )

    sequence: int = Field(sa_type=BigInteger)
    number: str
    kind: str
    issued_on: date
    due_on: date
    period_from: date
    period_to: date
    cycle_on: date | None = None
    corrects_id: int | None = ref("plan_invoice.id", nullable=True)
    reason: str = ""
    currency: str
    net: Decimal = exact_field()
    tax_name: str = ""
    tax_rate: Decimal = exact_field()
    tax: Decimal = exact_field()
    total: Decimal = exact_field()
    credit_used: Decimal = exact_field()
    due: Decimal = exact_field()
    issuer: dict[str, Any] = json_field(dict)
    customer: dict[str, Any] = json_field(dict)
    hash: str


class PlanInvoiceLine(WorkspaceRow, table=True):
    """One line: `amount` is `unit_amount` * `days` / `of_days`, rounded half-up to the currency's minor unit."""

    __tablename__ = "plan_invoice_line"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    invoice_id: int = ref("plan_invoice.id")
    position: int
    text: str
    day_from: date
    day_to: date
    days: int
    of_days: int
    unit_amount: Decimal = exact_field()
    amount: Decimal = exact_field()


class PlanCredit(WorkspaceRow, table=True):
    """Money that a workspace has with RCX: given (+) or used (-). The balance is the sum."""

    __tablename__ = "plan_credit"

    amount: Decimal = exact_field()
    currency: str
    reason: str
    invoice_id: int | None = ref("plan_invoice.id", nullable=True)
    user_id: int | None = ref("user_account.id", nullable=True)


class PlanClient(WorkspaceRow, table=True):
    """A client that a plan includes, since when: those that are in stay in when the limit is reached."""

    __tablename__ = "plan_client"
    __table_args__ = (UniqueConstraint("client_id"),)

    client_id: int = ref("client.id", cascade=True)


class PlanDelivery(WorkspaceRow, table=True):
    """An event for the accounting system, kept as it is sent. `state`: waiting | delivered | given_up."""

    __tablename__ = "plan_delivery"
    __table_args__ = (UniqueConstraint("event_id"), Index("ix_plan_delivery_state", "state", "next_try_at"))

    event_id: str
    kind: str
    body: str
    state: str = "waiting"
    tries: int = 0
    next_try_at: datetime = time_field(default_now=True)
    delivered_at: datetime | None = time_field()
    answer: str = ""
