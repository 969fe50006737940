"""Reconciliation: runs, findings with their identity over runs, and flags."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text

from rcx_app.models.base import WorkspaceRow, exact_field, json_field, ref, time_field


def _open_sorted_by(column: str) -> Index:
    """An index that gives the findings that still stand in the order of one column of the list."""
    return Index(
        f"ix_finding_standing_{column}",
        "workspace_id",
        "period",
        column,
        "id",
        sqlite_where=text("resolved_at IS NULL"),
        postgresql_where=text("resolved_at IS NULL"),
    )


class ReconcileRun(WorkspaceRow, table=True):
    """One run for a day. `totals`: counts and sums by kind and currency, and the groups compared and in agreement."""

    __tablename__ = "reconcile_run"

    job_id: int | None = ref("job_run.id", nullable=True)
    as_of: date
    scope: str = "full"
    totals: dict[str, Any] = json_field(dict)
    finished_at: datetime | None = time_field()


class Finding(WorkspaceRow, table=True):
    """A discrepancy. Identity is `fingerprint` within a period; a finding that is gone keeps its row (`resolved_at`).

    `kind`: calculated | estimated | unmapped | unaccounted; `direction`: under | over | "".
    `amount` is per billing cycle of the line, `monthly_amount` per month, both None where no price is known.
    `arithmetic`: list of {op, label, note, value, unit, evidence} as shown line by line. `scope`: group (lines under a
    rule) | rule (a rule that counts without a line) | account | sku. `content_hash` says whether a run found anything
    new. `series` is the identity over periods. `client_key`, `service_key`, `sort_amount` and `sort_delta` are what
    lists are sorted by: never null.
    """

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("workspace_id", "period", "fingerprint"),
        Index("ix_finding_workspace_id_period_client_id", "workspace_id", "period", "client_id"),
        Index("ix_finding_workspace_id_series_period", "workspace_id", "series", "period"),
        # Holds all that reports add up, so that months of findings are summed without reading the rows.
        Index(
            "ix_finding_report",
            "workspace_id",
            "period",
            "currency",
            "kind",
            "is_ready",
            "direction",
            "state",
            "integration",
            "service_key",
            "client_id",
            "sort_amount",
            "series",
            # Without it SQLite looks into each row whether it stands, though the index holds no others.
            "resolved_at",
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index(
            "ix_finding_gone",
            "workspace_id",
            "resolved_at",
            sqlite_where=text("resolved_at IS NOT NULL"),
            postgresql_where=text("resolved_at IS NOT NULL"),
        ),
        _open_sorted_by("client_key"),
        _open_sorted_by("service_key"),
        _open_sorted_by("sort_amount"),
        _open_sorted_by("sort_delta"),
        _open_sorted_by("first_found_at"),
    )

    period: date
    fingerprint: str
    series: str = ""
    content_hash: str = ""
    scope: str
    client_id: int | None = ref("client.id", nullable=True)
    client_name: str = ""
    client_key: str = ""
    service_key: str = ""
    sort_amount: Decimal = exact_field()
    sort_delta: Decimal = exact_field()
    line_id: int | None = ref("line.id", nullable=True)
    line_ids: list[Any] = json_field(list)
    rule_id: int | None = ref("service_rule.id", nullable=True)
    rule_version_id: int | None = ref("service_rule_version.id", nullable=True)
    connection_id: int | None = ref("connection.id", nullable=True)
    account_id: int | None = ref("account.id", nullable=True)
    sku: str = ""
    product_code: str = ""
    product_name: str = ""
    integration: str = ""
    kind: str
    direction: str = ""
    billed_quantity: Decimal = exact_field()
    system_count: Decimal = exact_field()
    expected_quantity: Decimal | None = exact_field(nullable=True)
    delta: Decimal | None = exact_field(nullable=True)
    unit_price: Decimal | None = exact_field(nullable=True)
    amount: Decimal | None = exact_field(nullable=True)
    monthly_amount: Decimal | None = exact_field(nullable=True)
    currency: str = ""
    billing_cycle: str = "monthly"
    is_ready: bool = True
    not_ready_reason: str = ""
    inferred: list[Any] = json_field(list)
    explanation: str = ""
    arithmetic: list[Any] = json_field(list)
    state: str = "open"
    as_of: date
    first_found_at: datetime = time_field(default_now=True)
    changed_at: datetime = time_field(default_now=True)
    resolved_at: datetime | None = time_field()


class Flag(WorkspaceRow, table=True):
    """Context beside the findings, never a verdict. Identity is `fingerprint` within a period."""

    __tablename__ = "flag"
    __table_args__ = (
        UniqueConstraint("workspace_id", "period", "fingerprint"),
        Index("ix_flag_workspace_id_period_client_id", "workspace_id", "period", "client_id"),
        Index("ix_flag_workspace_id_period_kind", "workspace_id", "period", "kind", "id"),
    )

    period: date
    fingerprint: str
    kind: str
    client_id: int | None = ref("client.id", nullable=True)
    line_id: int | None = ref("line.id", nullable=True)
    account_id: int | None = ref("account.id", nullable=True)
    seat_id: int | None = ref("seat.id", nullable=True)
    product_code: str = ""
    message: str = ""
    detail: dict[str, Any] = json_field(dict)


class ClientTotal(WorkspaceRow, table=True):
    """A client's numbers of a period as the client table shows them, written by the run that touched the client.

    `sums`: list of {currency, kind, is_ready, direction, count, amount}, amounts per month as text, of findings that
    stand. `net_amount` is the calculated, ready net in `currency` (the client's main one), for sorting.
    """

    __tablename__ = "client_total"
    __table_args__ = (UniqueConstraint("workspace_id", "period", "client_id"),)

    period: date
    client_id: int = ref("client.id", cascade=True)
    client_name: str = ""
    client_key: str = ""
    seats: int = 0
    services: int = 0
    lines: int = 0
    discrepancies: int = 0
    flags: int = 0
    currency: str = ""
    billing_cycle: str = ""
    net_amount: Decimal = exact_field()
    sums: list[Any] = json_field(list)
