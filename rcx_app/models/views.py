"""How people look at lists: views they saved, columns they chose, and the dated rates that amounts are shown with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import UniqueConstraint

from rcx_app.models.base import WorkspaceRow, exact_field, json_field, ref


class SavedView(WorkspaceRow, table=True):
    """A list's filters and order under a name. `query` is what stands in the address; `is_shared`: all may use it."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id", "page", "name"),)

    user_id: int = ref("user_account.id")
    page: str
    name: str
    query: dict[str, Any] = json_field(dict)
    is_shared: bool = False


class ColumnChoice(WorkspaceRow, table=True):
    """The columns that a person wants to see on a list, in order; without a row the list's own."""

    __tablename__ = "column_choice"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id", "page"),)

    user_id: int = ref("user_account.id")
    page: str
    columns: list[Any] = json_field(list)


class CurrencyRate(WorkspaceRow, table=True):
    """What one unit of `currency` was worth in the workspace's display currency `quote` on `day`, for viewing only."""

    __tablename__ = "currency_rate"
    __table_args__ = (UniqueConstraint("workspace_id", "currency", "quote", "day"),)

    currency: str
    quote: str
    day: date
    rate: Decimal = exact_field()
    source: str = ""
    user_id: int | None = ref("user_account.id", nullable=True)
