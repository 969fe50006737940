"""SQL of deeds on many findings: exactly what the queue's filter, or a selection, holds, with what is seen of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_
from sqlmodel import col

from rcx_app.core.errors import NotFound
from rcx_app.domain.reconcile.repository import pick
from rcx_app.domain.reconcile.screens.repository import ScreenRepository
from rcx_app.domain.reconcile.screens.schemas import FindingFilters
from rcx_app.domain.review.numbers import NUMBERS
from rcx_app.models import Finding, FindingReview, JobRun, ReviewEvent

_CHUNK = 500
_COLUMNS = (
    Finding.id,
    Finding.scope,
    Finding.line_id,
    Finding.line_ids,
    Finding.is_ready,
    Finding.state,
    Finding.direction,
    Finding.currency,
    Finding.sort_amount,
    *(getattr(Finding, name) for name in NUMBERS),
    FindingReview.version,
)


class BulkRepository(ScreenRepository):
    """Findings of one workspace, many at once."""

    def filtered(self, period: date, filters: FindingFilters) -> list[Any]:
        """What the queue shows for a filter, by id."""
        query = self._seen().where(*self.standing(period), *self._filtered(filters))
        return list(self.session.execute(query.order_by(col(Finding.id))))

    def selected(self, period: date, finding_ids: Iterable[int]) -> list[Any]:
        """These findings, by id; NotFound where any is not ours or stands no more."""
        wanted = sorted(set(finding_ids))
        if any(isinstance(each, bool) or not 0 < each < 2**63 for each in wanted):
            raise NotFound(self.noun)
        found: list[Any] = []
        for start in range(0, len(wanted), _CHUNK):
            query = self._seen().where(*self.standing(period), col(Finding.id).in_(wanted[start : start + _CHUNK]))
            found += self.session.execute(query.order_by(col(Finding.id)))
        if len(found) != len(wanted):
            raise NotFound(self.noun)
        return found

    def _seen(self) -> Any:
        same = and_(
            col(FindingReview.workspace_id) == col(Finding.workspace_id),
            col(FindingReview.series) == col(Finding.series),
        )
        return pick(*_COLUMNS).select_from(Finding).join(FindingReview, same, isouter=True)

    def events(self, event_ids: Sequence[int]) -> dict[int, ReviewEvent]:
        """Deeds by id."""
        query = self.scoped(ReviewEvent).where(col(ReviewEvent.id).in_(event_ids))
        return {each.id: each for each in self.session.scalars(query)}

    def job_state(self, job_id: int | None) -> str:
        """The state of a batch's job; empty where there is none."""
        return "" if job_id is None else self.get(JobRun, job_id).state
