"""SQL of what happened: the trail's newest entries, and the deeds, change sets and findings that they are about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from rcx_app.core.clock import month_start
from rcx_app.core.repository import Repository
from rcx_app.models import (
    AuditEvent,
    AuditHead,
    ChangeSet,
    Connection,
    Finding,
    LineChange,
    ReconcileRun,
    ReviewEvent,
    User,
)

TAGS = (
    "finding:verdict:assign",
    "finding:verdict:comment",
    "writeback:submit",
    "writeback:hold",
    "writeback:halt",
    "writeback:refuse",
    "writeback:miss",
    "writeback:lose",
)
_CHUNK = 500


class EventRepository(Repository):
    """What happened in one workspace."""

    def end(self) -> tuple[int, int]:
        """(number of the trail's last entry, id of the last run)."""
        number = self.session.scalar(select(AuditHead.number).where(AuditHead.chain == self.workspace_id))
        run = select(func.max(ReconcileRun.id)).where(
            ReconcileRun.workspace_id == self.workspace_id, col(ReconcileRun.finished_at).is_not(None)
        )
        return number or 0, self.session.scalar(run) or 0

    def trail(self, above: int, up_to: int) -> list[AuditEvent]:
        """The entries that people may be told of, in order."""
        query = (
            select(AuditEvent)
            .where(
                AuditEvent.workspace_id == self.workspace_id,
                AuditEvent.number > above,
                AuditEvent.number <= up_to,
                col(AuditEvent.tag).in_(TAGS),
            )
            .order_by(col(AuditEvent.number))
        )
        return list(self.session.scalars(query))

    def runs(self, above: int, up_to: int) -> list[ReconcileRun]:
        query = self.scoped(ReconcileRun).where(
            col(ReconcileRun.id) > above, col(ReconcileRun.id) <= up_to, col(ReconcileRun.finished_at).is_not(None)
        )
        return list(self.session.scalars(query.order_by(col(ReconcileRun.id))))

    def names(self) -> dict[int, str]:
        """Everybody who stands in the trail, by id: also who has left since."""
        there = select(AuditEvent.user_id).where(AuditEvent.workspace_id == self.workspace_id)
        return {
            row[0]: row[1] for row in self.session.execute(select(User.id, User.name).where(col(User.id).in_(there)))
        }

    # --- deeds on findings

    def deeds(self, deed: str, batch: str, finding_ids: Collection[int]) -> list[tuple[ReviewEvent, Finding]]:
        """A batch's deeds of that name on these findings that stand, with the findings."""
        found: list[tuple[ReviewEvent, Finding]] = []
        wanted = sorted(finding_ids)
        for start in range(0, len(wanted), _CHUNK):
            query = (
                select(ReviewEvent, Finding)
                .join(Finding, col(Finding.id) == ReviewEvent.finding_id)
                .where(
                    ReviewEvent.workspace_id == self.workspace_id,
                    ReviewEvent.batch == batch,
                    ReviewEvent.deed == deed,
                    col(ReviewEvent.undone_at).is_(None),
                    col(ReviewEvent.finding_id).in_(wanted[start : start + _CHUNK]),
                )
                .order_by(col(ReviewEvent.id))
            )
            found += [(row[0], row[1]) for row in self.session.execute(query)]
        return found

    # --- writing

    def sets(self, ids: Collection[int]) -> dict[int, tuple[ChangeSet, str]]:
        """Change sets with their connections' labels, by id."""
        query = (
            select(ChangeSet, Connection.label)
            .join(Connection, col(Connection.id) == ChangeSet.connection_id)
            .where(ChangeSet.workspace_id == self.workspace_id, col(ChangeSet.id).in_(sorted(ids)))
        )
        return {row[0].id: (row[0], row[1]) for row in self.session.execute(query)}

    def changes(self, ids: Collection[int]) -> dict[int, tuple[LineChange, str, str]]:
        """Changes with client and product, by id."""
        found: dict[int, tuple[LineChange, str, str]] = {}
        wanted = sorted(ids)
        for start in range(0, len(wanted), _CHUNK):
            query = (
                select(LineChange, Finding.client_name, Finding.product_name)
                .outerjoin(Finding, col(Finding.id) == LineChange.finding_id)
                .where(
                    LineChange.workspace_id == self.workspace_id, col(LineChange.id).in_(wanted[start : start + _CHUNK])
                )
            )
            found |= {row[0].id: (row[0], row[1] or "", row[2] or "") for row in self.session.execute(query)}
        return found

    def sizes(self, ids: Collection[int]) -> dict[int, int]:
        """Change set -> how many changes it has that were not dropped."""
        query = (
            select(LineChange.change_set_id, func.count())
            .where(
                LineChange.workspace_id == self.workspace_id,
                col(LineChange.change_set_id).in_(sorted(ids)),
                LineChange.state != "dropped",
            )
            .group_by(col(LineChange.change_set_id))
        )
        return {row[0]: int(row[1]) for row in self.session.execute(query)}

    # --- findings

    def new_sums(self, run: ReconcileRun, minimum: Decimal) -> list[Any]:
        """(currency, kind, is ready, direction, findings, monthly amount) of what a run found for the first time."""
        keys: tuple[Any, ...] = (Finding.currency, Finding.kind, Finding.is_ready, Finding.direction)
        columns = (*keys, func.count(), func.sum(Finding.monthly_amount))
        query = select(*columns).where(*self._new(run, minimum))
        return list(self.session.execute(query.group_by(*keys)))

    def new_largest(self, run: ReconcileRun, minimum: Decimal, size: int) -> list[Any]:
        """(client, product, monthly amount, currency, kind) of the largest of them."""
        columns: tuple[Any, ...] = (
            Finding.client_name,
            Finding.product_name,
            Finding.monthly_amount,
            Finding.currency,
            Finding.kind,
        )
        query = select(*columns).where(*self._new(run, minimum))
        by_size = func.abs(Finding.monthly_amount)
        return list(self.session.execute(query.order_by(by_size.desc(), col(Finding.id)).limit(size)))

    def _new(self, run: ReconcileRun, minimum: Decimal) -> Sequence[Any]:
        """Found first by this run, and not a difference that stood in the month before as well."""
        period = month_start(run.as_of)
        earlier = aliased(Finding)
        stood = (
            select(earlier.id)
            .where(
                earlier.workspace_id == self.workspace_id,
                earlier.series == Finding.series,
                earlier.period == self._period_before(period),
                col(earlier.resolved_at).is_(None),
            )
            .exists()
        )
        amount = col(Finding.monthly_amount)
        return (
            Finding.workspace_id == self.workspace_id,
            Finding.period == period,
            col(Finding.resolved_at).is_(None),
            Finding.first_found_at == run.finished_at,
            or_(amount >= minimum, amount <= -minimum),
            ~stood,
        )

    def _period_before(self, period: date) -> date | None:
        """The newest month before that has findings at all."""
        query = select(func.max(Finding.period)).where(
            Finding.workspace_id == self.workspace_id, col(Finding.period) < period
        )
        return self.session.scalar(query)
