"""What findings and clients came to in the months before: a few rows of indexed look-ups a page, nothing summed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlmodel import col

from rcx_app.core.repository import Repository
from rcx_app.domain.reconcile.repository import pick
from rcx_app.models import ClientTotal, Finding


class TrendRepository(Repository):
    """Months of one workspace."""

    def of_series(self, series: Sequence[str], since: date, until: date) -> list[Any]:
        """(series, period, billed, expected or counted) of findings that stood in months from `since` to `until`."""
        query = pick(
            Finding.series,
            Finding.period,
            Finding.billed_quantity,
            Finding.expected_quantity,
            Finding.system_count,
        ).where(
            col(Finding.workspace_id) == self.workspace_id,
            col(Finding.series).in_(list(series)),
            col(Finding.period) >= since,
            col(Finding.period) <= until,
            col(Finding.resolved_at).is_(None),
        )
        return list(self.session.execute(query.order_by(col(Finding.period), col(Finding.id))))

    def of_clients(self, client_ids: Sequence[int], since: date, until: date) -> list[Any]:
        """(client, period, currency, calculated and ready net a month) of clients in months from `since` to `until`."""
        query = pick(ClientTotal.client_id, ClientTotal.period, ClientTotal.currency, ClientTotal.net_amount).where(
            col(ClientTotal.workspace_id) == self.workspace_id,
            col(ClientTotal.client_id).in_(list(client_ids)),
            col(ClientTotal.period) >= since,
            col(ClientTotal.period) <= until,
        )
        return list(self.session.execute(query.order_by(col(ClientTotal.period))))
