"""The PSA side: clients, products, agreements with their lines, and invoices, as last read completely."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from rcx_app.models.base import WorkspaceRow, exact_field, json_field, ref, time_field


class SourceRow(WorkspaceRow):
    """A row read from a source: upserted by (connection, external id), unchanged content costs no write."""

    connection_id: int = ref("connection.id")
    external_id: str
    content_hash: str = ""
    first_seen_at: datetime = time_field(default_now=True)
    changed_at: datetime = time_field(default_now=True)
    removed_at: datetime | None = time_field()
    attributes: dict[str, Any] = json_field(dict)


class Client(SourceRow, table=True):
    """A customer in the PSA."""

    __tablename__ = "client"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_client_workspace_id_name_key", "workspace_id", "name_key"),
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


class Product(SourceRow, table=True):
    """A catalogue item. Lines refer to it by `code`, compared folded (`code_key`)."""

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_product_workspace_id_code_key", "workspace_id", "code_key"),
    )

    code: str
    code_key: str
    name: str
    unit_price: Decimal | None = exact_field(nullable=True)
    unit_cost: Decimal | None = exact_field(nullable=True)
    currency: str = ""


class Agreement(SourceRow, table=True):
    """The record that bills a client each period."""

    __tablename__ = "agreement"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    client_id: int = ref("client.id", index=True)
    name: str = ""
    billing_cycle: str = "monthly"
    starts_on: date | None = None
    ends_on: date | None = None


class Line(SourceRow, table=True):
    """One billed product on an agreement. Quantities are gross; see arithmetic."""

    __tablename__ = "line"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("ix_line_workspace_id_product_key", "workspace_id", "product_key"),
        Index("ix_line_client_id_product_key", "client_id", "product_key"),
    )

    client_id: int = ref("client.id")
    agreement_id: int = ref("agreement.id", index=True)
    product_code: str
    product_key: str
    product_name: str
    quantity: Decimal = exact_field()
    included_quantity: Decimal = exact_field()
    unit_price: Decimal | None = exact_field(nullable=True)
    unit_cost: Decimal | None = exact_field(nullable=True)
    currency: str = ""
    effective_date: date | None = None
    cancelled_date: date | None = None
    billing_cycle: str = "monthly"
    is_calculated_by_psa: bool = False


class Invoice(SourceRow, table=True):
    """An invoice that the PSA issued."""

    __tablename__ = "invoice"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    client_id: int = ref("client.id", index=True)
    number: str
    issued_on: date
    currency: str = ""
    total: Decimal = exact_field()


class InvoiceLine(SourceRow, table=True):
    """One line of an invoice. `line_id` is the agreement line it bills, None where RCX knows none of that id."""

    __tablename__ = "invoice_line"
    __table_args__ = (UniqueConstraint("connection_id", "external_id"),)

    invoice_id: int = ref("invoice.id", index=True)
    line_id: int | None = ref("line.id", index=True, nullable=True)
    line_external_id: str = ""
    product_code: str = ""
    product_key: str = ""
    quantity: Decimal = exact_field()
    unit_price: Decimal = exact_field()
    amount: Decimal = exact_field()


class LineHistory(WorkspaceRow, table=True):
    """What a line said from `valid_from` on, as RCX saw it: one row for its first reading and one for each change."""

    __tablename__ = "line_history"
    __table_args__ = (Index("ix_line_history_line_id_valid_from", "line_id", "valid_from"),)

    line_id: int = ref("line.id", cascade=True)
    valid_from: datetime = time_field(default_now=True)
    quantity: Decimal = exact_field()
    included_quantity: Decimal = exact_field()
    unit_price: Decimal | None = exact_field(nullable=True)
    unit_cost: Decimal | None = exact_field(nullable=True)
