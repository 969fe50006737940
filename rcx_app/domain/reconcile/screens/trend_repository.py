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

    def of_series(self, series: Sequence[str], periods: Sequence[date]) -> list[Any]:
        """(series, period, billed, expected, counted) of findings that stood in some months.

        Those that are gone are left out here, not by the query: asked for what stands, SQLite takes the index over all
        that stands, and reads every finding of the months instead of the few of these series.
        """
        query = pick(
            Finding.series,
            Finding.period,
            Finding.billed_quantity,
            Finding.expected_quantity,
            Finding.system_count,
            Finding.resolved_at,
        ).where(
            col(Finding.workspace_id) == self.workspace_id,
            col(Finding.series).in_(list(series)),
            col(Finding.period).in_(list(periods)),
        )
        rows = self.session.execute(query.order_by(col(Finding.period), col(Finding.id)))
        return [tuple(row[:-1]) for row in rows if row.resolved_at is None]

    def of_clients(self, client_ids: Sequence[int], periods: Sequence[date]) -> list[Any]:
        """(client, period, currency, calculated and ready net a month) of clients in some months."""
        query = pick(ClientTotal.client_id, ClientTotal.period, ClientTotal.currency, ClientTotal.net_amount).where(
            col(ClientTotal.workspace_id) == self.workspace_id,
            col(ClientTotal.client_id).in_(list(client_ids)),
            col(ClientTotal.period).in_(list(periods)),
        )
        return list(self.session.execute(query.order_by(col(ClientTotal.period))))
