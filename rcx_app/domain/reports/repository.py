"""SQL of reports over findings and totals: grouped sums over an index that holds all they need."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, case, func
from sqlmodel import col

from rcx_app.core.clock import month_start
from rcx_app.domain.reconcile.screens.repository import ScreenRepository
from rcx_app.domain.reconcile.usage.repository import pick
from rcx_app.domain.reports.schemas import ReportQuery, Span
from rcx_app.models import Client, ClientTotal, Finding, ReconcileRun

_NO_IMPACT = "dismissed"


class ReportRepository(ScreenRepository):
    """Months of one workspace."""

    def known_months(self, span: Span) -> set[date]:
        """Months in which a run ended."""
        query = (
            pick(ReconcileRun.as_of)
            .where(
                col(ReconcileRun.workspace_id) == self.workspace_id,
                col(ReconcileRun.finished_at).is_not(None),
                col(ReconcileRun.as_of) >= span.first,
            )
            .distinct()
        )
        return {month_start(row[0]) for row in self.session.execute(query)}

    def by_month(self, span: Span, query: ReportQuery) -> list[Any]:
        """(month, currency, kind, is ready, direction, findings, monthly amount) of what stood."""
        keys = (Finding.period, Finding.currency, Finding.kind, Finding.is_ready, Finding.direction)
        found = pick(*keys, func.count(), func.sum(Finding.sort_amount)).where(*self._stood(span, query))
        return list(self.session.execute(found.group_by(*keys)))

    def impact(self, span: Span, query: ReportQuery, key: Any, size: int | None) -> list[Any]:
        """(key, under, over, findings of the last month) of calculated, ready money, the largest first."""
        amount, zero = col(Finding.sort_amount), Decimal(0)
        under = func.sum(case((col(Finding.direction) == "under", amount), else_=zero)).label("under")
        over = func.sum(case((col(Finding.direction) == "over", amount), else_=zero)).label("over")
        newest = func.sum(case((col(Finding.period) == span.last, 1), else_=0)).label("newest")
        found = (
            pick(key, under, over, newest)
            .where(*self._stood(span, query), *self._sure(), key.is_not(None))
            .group_by(key)
            .order_by((under - over).desc(), key)
        )
        return list(self.session.execute(found if size is None else found.limit(size)))

    def service_names(self, span: Span, keys: list[str]) -> dict[str, str]:
        """By service key, what the service was called last."""
        found: dict[str, str] = {}
        for start in range(0, len(keys), 500):
            newest = (
                pick(func.max(Finding.id))
                .where(
                    col(Finding.workspace_id) == self.workspace_id,
                    col(Finding.resolved_at).is_(None),
                    col(Finding.period) >= span.first,
                    col(Finding.period) <= span.last,
                    *self._sure(),
                    col(Finding.service_key).in_(keys[start : start + 500]),
                )
                .group_by(col(Finding.service_key))
            )
            query = pick(Finding.service_key, Finding.product_name, Finding.product_code, Finding.sku).where(
                col(Finding.id).in_(newest)
            )
            found |= {row[0]: row[1] or row[2] or row[3] for row in self.session.execute(query)}
        return found

    def client_names(self, ids: list[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for start in range(0, len(ids), 500):
            query = pick(Client.id, Client.name).where(
                col(Client.workspace_id) == self.workspace_id, col(Client.id).in_(ids[start : start + 500])
            )
            found |= {row[0]: row[1] for row in self.session.execute(query)}
        return found

    def coverage(self, span: Span) -> list[Any]:
        """(month, clients, clients without a discrepancy)."""
        agrees = func.sum(case((col(ClientTotal.discrepancies) == 0, 1), else_=0))
        query = (
            pick(ClientTotal.period, func.count(), agrees)
            .where(
                col(ClientTotal.workspace_id) == self.workspace_id,
                col(ClientTotal.period) >= span.first,
                col(ClientTotal.period) <= span.last,
            )
            .group_by(col(ClientTotal.period))
        )
        return list(self.session.execute(query))

    def waiting(self, span: Span, query: ReportQuery) -> list[Any]:
        """(currency, direction, findings, monthly amount) of what is approved and stands in the last month."""
        keys = (Finding.currency, Finding.direction)
        last = Span(span.last, span.last)
        found = pick(*keys, func.count(), func.sum(Finding.sort_amount)).where(
            *self._stood(last, query), *self._sure(), col(Finding.state) == "approved"
        )
        return list(self.session.execute(found.group_by(*keys)))

    def integrations(self, span: Span) -> list[str]:
        """Of which integrations there are findings."""
        query = pick(Finding.integration).where(*self._stood(span, ReportQuery())).distinct()
        return sorted(row[0] for row in self.session.execute(query) if row[0])

    def _stood(self, span: Span, query: ReportQuery) -> tuple[Any, ...]:
        """What stood at its month's end and was not dismissed."""
        asked = [
            column == value
            for column, value in (
                (col(Finding.currency), query.currency),
                (col(Finding.integration), query.integration),
            )
            if value
        ]
        return (
            col(Finding.workspace_id) == self.workspace_id,
            col(Finding.resolved_at).is_(None),
            col(Finding.period) >= span.first,
            col(Finding.period) <= span.last,
            col(Finding.state) != _NO_IMPACT,
            *asked,
        )

    def _sure(self) -> tuple[Any, ...]:
        return (and_(col(Finding.kind) == "calculated", col(Finding.is_ready).is_(True)),)
