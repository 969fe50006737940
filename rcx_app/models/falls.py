"""Counts that fell too far at once: held back until a person confirms them or the source shows the seats again."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index
from sqlmodel import Field

from rcx_app.models.base import WorkspaceRow, exact_field, ref, time_field


class CountFall(WorkspaceRow, table=True):
    """The count of one SKU in one account fell by more than half, and at least 5, in one sync.

    `state`: held -> confirmed (a person said so) | recovered (most seats are back). While held, `before` stays the
    count that was last believed, and `after` follows the source.
    """

    __tablename__ = "count_fall"
    __table_args__ = (Index("ix_count_fall_workspace_id_state", "workspace_id", "state"),)

    connection_id: int = ref("connection.id", index=True)
    account_id: int = ref("account.id", index=True)
    sync_run_id: int | None = ref("sync_run.id", nullable=True)
    sku_key: str
    sku_name: str = ""
    before: Decimal = exact_field()
    after: Decimal = exact_field()
    fell_at: datetime = time_field(default_now=True)
    state: str = Field(default="held")
    decided_by: int | None = ref("user_account.id", nullable=True)
    decided_at: datetime | None = time_field()
