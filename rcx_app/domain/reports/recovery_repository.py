"""SQL of what became of findings: changes that took effect, findings that are gone, and quantities as they were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import col

from rcx_app.domain.reconcile.usage.repository import micros, pick
from rcx_app.domain.reports.repository import ReportRepository
from rcx_app.domain.reports.schemas import ReportQuery
from rcx_app.models import Finding, Line, LineChange, LineHistory, ReconcileRun

_CHUNK = 500
_EFFECTIVE = ("verified", "applied_outside")


class RecoveryRepository(ReportRepository):
    def changes(self, since: datetime, until: datetime, query: ReportQuery) -> list[Any]:
        """(ended at, state, currency, old, new, money of an invoice, cycle, series, kind) of changes of findings that
        took effect from `since` to before `until` and were not taken back."""
        columns = (
            LineChange.ended_at,
            LineChange.state,
            LineChange.currency,
            LineChange.old_quantity,
            LineChange.quantity,
            LineChange.money_next,
            Line.billing_cycle,
            Finding.series,
            Finding.kind,
        )
        found = (
            pick(*columns)
            .join(Line, col(Line.id) == LineChange.line_id)
            .join(Finding, col(Finding.id) == LineChange.finding_id)
            .where(
                col(LineChange.workspace_id) == self.workspace_id,
                col(LineChange.state).in_(_EFFECTIVE),
                col(LineChange.undoes_id).is_(None),
                col(LineChange.ended_at) >= since,
                col(LineChange.ended_at) < until,
            )
        )
        if query.currency:
            found = found.where(col(LineChange.currency) == query.currency)
        if query.integration:
            found = found.where(col(Finding.integration) == query.integration)
        return list(self.session.execute(found.order_by(col(LineChange.id))))

    def moved(self, since: datetime, until: datetime) -> list[tuple[int, int, datetime]]:
        """(line, its client, when) of lines that RCX saw change: no others can have been corrected."""
        earlier = aliased(LineHistory)
        before = (
            pick(earlier.id)
            .where(
                col(earlier.line_id) == col(LineHistory.line_id), col(earlier.valid_from) < col(LineHistory.valid_from)
            )
            .exists()
        )
        query = (
            pick(LineHistory.line_id, Line.client_id, LineHistory.valid_from)
            .join(Line, col(Line.id) == LineHistory.line_id)
            .where(
                col(LineHistory.workspace_id) == self.workspace_id,
                col(LineHistory.valid_from) >= since,
                col(LineHistory.valid_from) < until,
                before,
            )
        )
        return [(row[0], row[1], row[2]) for row in self.session.execute(query)]

    def gone_within(self, since: datetime, until: datetime, query: ReportQuery, clients: Collection[int]) -> list[Any]:
        """Calculated findings of these clients that a run of their own month found gone, see `_columns`."""
        found = pick(*_columns()).where(
            col(Finding.workspace_id) == self.workspace_id,
            col(Finding.resolved_at).is_not(None),
            col(Finding.resolved_at) >= since,
            col(Finding.resolved_at) < until,
            *self._sure(),
            *self._asked(query),
        )
        return self._of(found, clients)

    def gone_after(self, month: date, following: date, query: ReportQuery, clients: Collection[int]) -> list[Any]:
        """Calculated findings of these clients that stood at a month's end and that no run of the next month found."""
        later = aliased(Finding)
        again = (
            pick(later.id)
            .where(
                col(later.workspace_id) == self.workspace_id,
                col(later.series) == col(Finding.series),
                col(later.period) == following,
            )
            .exists()
        )
        # The ids by indexes alone, then the rows of the few.
        ids = pick(Finding.id).where(
            col(Finding.workspace_id) == self.workspace_id,
            col(Finding.resolved_at).is_(None),
            col(Finding.period) == month,
            *self._sure(),
            *self._asked(query),
            ~again,
        )
        found: list[Any] = []
        for chunk in _chunks(sorted(clients)):
            some = ids.where(col(Finding.client_id).in_(chunk))
            found += self.session.execute(pick(*_columns()).where(col(Finding.id).in_(some)))
        return found

    def first_runs(self, since: date) -> dict[date, datetime]:
        """By month, when its first run ended."""
        query = (
            pick(ReconcileRun.as_of, func.min(ReconcileRun.finished_at))
            .where(
                col(ReconcileRun.workspace_id) == self.workspace_id,
                col(ReconcileRun.finished_at).is_not(None),
                col(ReconcileRun.as_of) >= since,
            )
            .group_by(col(ReconcileRun.as_of))
        )
        found: dict[date, datetime] = {}
        for day, at in self.session.execute(query):
            month = day.replace(day=1)
            found[month] = min(at, found.get(month, at))
        return found

    def quantities(self, line_ids: Collection[int]) -> dict[int, list[tuple[datetime, Decimal]]]:
        """By line, (from when, quantity) as RCX saw it, oldest first."""
        found: dict[int, list[tuple[datetime, Decimal]]] = defaultdict(list)
        for chunk in _chunks(sorted(line_ids)):
            query = (
                pick(LineHistory.line_id, LineHistory.valid_from, LineHistory.quantity)
                .where(
                    col(LineHistory.workspace_id) == self.workspace_id,
                    col(LineHistory.line_id).in_(chunk),
                )
                .order_by(col(LineHistory.valid_from), col(LineHistory.id))
            )
            for line_id, at, quantity in self.session.execute(query):
                found[line_id].append((at, quantity))
        return found

    def _of(self, query: Any, clients: Collection[int]) -> list[Any]:
        found: list[Any] = []
        for chunk in _chunks(sorted(clients)):
            found += self.session.execute(query.where(col(Finding.client_id).in_(chunk)))
        return found

    def _asked(self, query: ReportQuery) -> list[Any]:
        asked = ((col(Finding.currency), query.currency), (col(Finding.integration), query.integration))
        return [column == value for column, value in asked if value]


def _chunks(items: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def _columns() -> tuple[Any, ...]:
    """(series, lines, billed, delta, monthly amount, currency, direction, resolved at); numbers in millionths, since
    most rows are left out again."""
    return (
        Finding.series,
        Finding.line_ids,
        micros(Finding.billed_quantity),
        micros(Finding.delta),
        micros(Finding.monthly_amount),
        Finding.currency,
        Finding.direction,
        Finding.resolved_at,
    )
