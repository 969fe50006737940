"""Queries over rates of currencies, and over the workspace's own row."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from rcx_app.core.pagination import PAGE_SIZE, after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.models import CurrencyRate, Line, Workspace


class CurrencyRepository(Repository):
    """Rates of one workspace."""

    noun = "This rate"

    def workspace(self, *, lock: bool = False) -> Workspace:
        query = select(Workspace).where(col(Workspace.id) == self.workspace_id)
        return self.session.scalars(query.with_for_update() if lock else query).one()

    def newest(self, quote: str, until: date) -> list[CurrencyRate]:
        """The newest rate of each currency up to a day."""
        newest = (
            select(CurrencyRate.currency, func.max(CurrencyRate.day).label("day"))
            .where(
                col(CurrencyRate.workspace_id) == self.workspace_id,
                col(CurrencyRate.quote) == quote,
                col(CurrencyRate.day) <= until,
            )
            .group_by(col(CurrencyRate.currency))
            .subquery()
        )
        query = self.scoped(CurrencyRate).where(
            col(CurrencyRate.quote) == quote,
            col(CurrencyRate.currency) == newest.c.currency,
            col(CurrencyRate.day) == newest.c.day,
        )
        return list(self.session.scalars(query.order_by(col(CurrencyRate.currency))))

    def page(self, quote: str, cursor: str) -> tuple[list[CurrencyRate], str]:
        """Rates into `quote`, newest first, and the cursor of the next page."""
        columns: list[tuple[Any, bool]] = [(CurrencyRate.day, True), (CurrencyRate.id, True)]
        query = self.scoped(CurrencyRate).where(col(CurrencyRate.quote) == quote)
        if cursor:
            query = query.where(after(columns, decode_cursor(cursor, length=2)))
        query = query.order_by(col(CurrencyRate.day).desc(), col(CurrencyRate.id).desc()).limit(PAGE_SIZE + 1)
        rows = list(self.session.scalars(query))
        shown = rows[:PAGE_SIZE]
        return shown, encode_cursor([shown[-1].day, shown[-1].id]) if len(rows) > PAGE_SIZE else ""

    def find(self, currency: str, quote: str, day: date) -> CurrencyRate | None:
        query = self.scoped(CurrencyRate).where(
            col(CurrencyRate.currency) == currency, col(CurrencyRate.quote) == quote, col(CurrencyRate.day) == day
        )
        found: CurrencyRate | None = self.session.scalars(query).one_or_none()
        return found

    def billed_currencies(self) -> tuple[str, ...]:
        """The currencies of lines that the PSA still has."""
        query = (
            select(Line.currency)
            .where(
                col(Line.workspace_id) == self.workspace_id, col(Line.removed_at).is_(None), col(Line.currency) != ""
            )
            .distinct()
        )
        return tuple(sorted(self.session.scalars(query)))
