"""The usage side: accounts as vendors know them, what they use, bought and were charged, as last read completely."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from rcx_app.models.base import exact_field, json_field, ref, time_field
from rcx_app.models.psa import SourceRow


class Account(SourceRow, table=True):
    """A client as a vendor knows it: tenant, site, organisation."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_account_workspace_id_name_key", "workspace_id", "name_key"),
    )

    name: str
    name_key: str
    domain: str = ""
    emails: list[Any] = json_field(list)
    phone: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    aliases: list[Any] = json_field(list)


class Seat(SourceRow, table=True):
    """Any countable unit. `*_key` columns are folded for conditions; `attributes_key` holds folded attribute values.

    `kind`, `status` and `device_class` are folded as they are. `quantity` None: the source gave none.
    """

    __tablename__ = "seat"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_seat_account_id_sku_key", "account_id", "sku_key"),
        # Counts by rule read this alone: most rules name an integration and a SKU, and ask who was seen of late.
        Index(
            "ix_seat_counting",
            "connection_id",
            "sku_key",
            "account_id",
            "status",
            "removed_at",
            "last_seen_at",
            "identity_key",
            "sku",
            "sku_name",
        ).ddl_if(dialect="sqlite"),
        # An entry of PostgreSQL's indexes is limited in length, and it is quick without.
        Index("ix_seat_counting_short", "connection_id", "sku_key", "account_id", "status", "removed_at").ddl_if(
            dialect="postgresql"
        ),
    )

    account_id: int = ref("account.id")
    kind: str = "other"
    sku: str = ""
    sku_key: str = ""
    sku_name: str = ""
    sku_name_key: str = ""
    identity: str = ""
    identity_key: str = ""
    display_name: str = ""
    display_name_key: str = ""
    status: str = "active"
    device_class: str = ""
    quantity: Decimal | None = exact_field(nullable=True)
    source_created_at: datetime | None = time_field()
    last_seen_at: datetime | None = time_field()
    attributes_key: dict[str, Any] = json_field(dict)


class Subscription(SourceRow, table=True):
    """What was bought from a vendor or distributor."""

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    account_id: int = ref("account.id", index=True)
    sku: str
    sku_key: str
    sku_name: str = ""
    quantity: Decimal = exact_field()
    unit_cost: Decimal | None = exact_field(nullable=True)
    currency: str = ""
    term: str = ""
    billing_cycle: str = "monthly"
    status: str = "active"
    starts_on: date | None = None
    commitment_ends_on: date | None = None


class Sku(SourceRow, table=True):
    """A thing a vendor sells or counts, by the id that seats and subscriptions name."""

    __tablename__ = "sku"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    name: str
    name_key: str


class Charge(SourceRow, table=True):
    """One line of a distributor's invoice.

    `account_id` is None where the charge belongs to no account that RCX knows: distributors also bill the MSP itself.
    `account_external_id` keeps what the source says. `period_start` <= day < `period_end`.
    """

    __tablename__ = "charge"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    account_id: int | None = ref("account.id", index=True, nullable=True)
    account_external_id: str = ""
    sku: str = ""
    sku_key: str = ""
    quantity: Decimal = exact_field()
    amount: Decimal = exact_field()
    currency: str = ""
    period_start: date
    period_end: date
