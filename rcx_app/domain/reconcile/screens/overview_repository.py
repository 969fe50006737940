"""Queries of the first page and of the table of clients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func
from sqlmodel import col

from rcx_app.core.text import fold
from rcx_app.domain.reconcile.repository import pick
from rcx_app.domain.reconcile.screens.repository import ScreenRepository
from rcx_app.domain.reconcile.screens.schemas import ClientFilters
from rcx_app.models import ClientTotal, Finding, Flag

CLIENT_SORTS: dict[str, Any] = {
    "name": ClientTotal.client_key,
    "seats": ClientTotal.seats,
    "services": ClientTotal.services,
    "discrepancies": ClientTotal.discrepancies,
    "amount": ClientTotal.net_amount,
}


class OverviewRepository(ScreenRepository):
    """Sums over all findings and clients of one workspace."""

    def kinds(self, period: date, kinds: Sequence[str]) -> list[Any]:
        """(kind, scope, findings, count behind them) of open findings of some kinds, grouped."""
        query = pick(Finding.kind, Finding.scope, func.count(), func.sum(Finding.system_count)).where(
            *self.standing(period), col(Finding.state) == "open", col(Finding.kind).in_(list(kinds))
        )
        return list(self.session.execute(query.group_by(col(Finding.kind), col(Finding.scope))))

    def top(self, period: date, key: Any, currency: str, size: int) -> list[Any]:
        """(key, findings, under, over, under count, over count): calculated, ready, by absolute money.

        Without names, so that the index of reports holds all that is added up.
        """
        amount: Any = Finding.sort_amount
        is_under: Any = col(Finding.direction) == "under"
        zero = Decimal(0)
        total = func.sum(func.abs(amount))
        query = (
            pick(
                key,
                func.count(),
                func.sum(case((is_under, amount), else_=zero)),
                func.sum(case((~is_under, amount), else_=zero)),
                func.sum(case((is_under, 1), else_=0)),
                func.sum(case((is_under, 0), else_=1)),
            )
            .where(*self._sure(period, currency))
            .group_by(key)
            .order_by(total.desc(), key)
            .limit(size)
        )
        return list(self.session.execute(query))

    def names(self, period: date, key: Any, name: Any, currency: str, values: Sequence[Any]) -> dict[Any, str]:
        """The first of the names that the calculated, ready findings of some keys have, by key."""
        query = pick(key, func.min(name)).where(*self._sure(period, currency), col(key).in_(list(values)))
        return {row[0]: row[1] for row in self.session.execute(query.group_by(key))}

    def _sure(self, period: date, currency: str) -> tuple[Any, ...]:
        return (
            *self.standing(period),
            col(Finding.state) == "open",
            col(Finding.kind) == "calculated",
            col(Finding.is_ready).is_(True),
            col(Finding.currency) == currency,
        )

    def client_numbers(self, period: date) -> tuple[int, int]:
        """Clients with lines or seats, and those of them without a standing discrepancy."""
        query = pick(func.count(), func.sum(case((col(ClientTotal.discrepancies) == 0, 1), else_=0))).where(
            col(ClientTotal.workspace_id) == self.workspace_id, col(ClientTotal.period) == period
        )
        clients, reconciled = self.session.execute(query).one()
        return int(clients), int(reconciled or 0)

    def flag_numbers(self, period: date) -> dict[str, int]:
        query = pick(Flag.kind, func.count()).where(
            col(Flag.workspace_id) == self.workspace_id, col(Flag.period) == period
        )
        return {row[0]: row[1] for row in self.session.execute(query.group_by(col(Flag.kind)))}

    def client_rows(self, period: date, filters: ClientFilters, sort: str, cursor: str) -> tuple[list[Any], str]:
        total: Any = ClientTotal
        numbers = (total.seats, total.services, total.discrepancies, total.flags)
        money = (total.currency, total.net_amount, total.billing_cycle, total.sums)
        query = pick(total.client_id, total.client_name, *numbers, *money).where(
            col(ClientTotal.workspace_id) == self.workspace_id, col(ClientTotal.period) == period
        )
        if filters.search.strip():
            query = query.where(col(ClientTotal.client_key).contains(fold(filters.search), autoescape=True))
        if filters.only_open:
            query = query.where(col(ClientTotal.discrepancies) > 0)
        if filters.currency:
            query = query.where(col(ClientTotal.currency) == filters.currency)
        return self._page(query, CLIENT_SORTS, sort, cursor, ClientTotal.id)
