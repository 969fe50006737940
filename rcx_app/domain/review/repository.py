"""SQL of what is decided on findings: locking what a deed touches, reading what it is checked against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.clock import month_start
from rcx_app.core.errors import NotFound
from rcx_app.core.repository import Repository
from rcx_app.models import (
    Finding,
    FindingReview,
    Invoice,
    InvoiceLine,
    Line,
    Membership,
    ReconcileRun,
    ReviewBatch,
    ReviewEvent,
    User,
    Workspace,
)

_CHUNK = 500
_LARGEST = 2**63 - 1
_LOCK = 0x52455649


class ReviewRepository(Repository):
    """Reviews of one workspace."""

    noun = "This finding"

    def wait_for_turn(self) -> None:
        """Wait for whoever else decides on many findings, or stores a run's, in this workspace.

        They lock rows in orders of their own and would block each other. SQLite has one writer anyway.
        """
        if self._is_postgresql:
            self.session.execute(text("SELECT pg_advisory_xact_lock(:of, :key)"), {"of": _LOCK, "key": self._lock_key})

    @property
    def _is_postgresql(self) -> bool:
        return self.session.get_bind().dialect.name == "postgresql"

    @property
    def _lock_key(self) -> int:
        return self.workspace_id % 2**31

    def period(self) -> date:
        """The period of the last run; this month where there was none."""
        query = self.scoped(ReconcileRun).where(col(ReconcileRun.finished_at).is_not(None))
        found: ReconcileRun | None = self.session.scalars(query.order_by(col(ReconcileRun.id).desc()).limit(1)).first()
        return month_start(found.as_of if found else clock.today())

    def time_zone(self) -> str:
        return self.session.get_one(Workspace, self.workspace_id).time_zone

    # --- findings and reviews

    def findings(self, finding_ids: Iterable[int], *, lock: bool = False) -> dict[int, Finding]:
        """Findings of ours by id, locked in one order where asked for; NotFound where any is not."""
        wanted = sorted(set(finding_ids))
        if any(isinstance(each, bool) or not 0 < each <= _LARGEST for each in wanted):
            raise NotFound(self.noun)
        found: dict[int, Finding] = {}
        for chunk in chunks(wanted):
            query = self.scoped(Finding).where(col(Finding.id).in_(chunk)).order_by(col(Finding.id))
            if lock:
                query = query.with_for_update().execution_options(populate_existing=True)
            found |= {each.id: each for each in self.session.scalars(query)}
        if len(found) != len(wanted):
            raise NotFound(self.noun)
        return found

    def reviews(self, series: Iterable[str], *, lock: bool = False) -> dict[str, FindingReview]:
        """Reviews by series; series on which nothing was ever done are left out."""
        found: dict[str, FindingReview] = {}
        for chunk in chunks(sorted(set(series))):
            query = self.scoped(FindingReview).where(col(FindingReview.series).in_(chunk))
            query = query.order_by(col(FindingReview.id))
            if lock:
                query = query.with_for_update().execution_options(populate_existing=True)
            found |= {each.series: each for each in self.session.scalars(query)}
        return found

    def make_reviews(self, series: Iterable[str]) -> None:
        """Make the rows of series that have none; whoever else makes them at the same time is waited for."""
        at = clock.now()
        fresh = FindingReview(workspace_id=self.workspace_id, series="")
        blank = {name: getattr(fresh, name) for name in FindingReview.model_fields if name != "id"}
        rows = [{**blank, "series": each, "created_at": at} for each in sorted(set(series))]
        insert: Any = postgresql.insert if self._is_postgresql else sqlite.insert
        if rows:
            statement = insert(FindingReview).on_conflict_do_nothing(index_elements=["workspace_id", "series"])
            self.session.connection().execute(statement, rows)

    def decided(self, period: date, states: Sequence[str], *conditions: Any) -> list[tuple[int, int]]:
        """(review id, finding id) of a period's findings, standing or gone, whose review is in one of `states`.

        `conditions` narrow the reviews. By finding. In two steps, since a planner without fresh statistics joins the
        two tables row by row.
        """
        query = select(FindingReview.series, FindingReview.id).where(
            FindingReview.workspace_id == self.workspace_id, col(FindingReview.state).in_(states), *conditions
        )
        reviews: dict[str, int] = dict(self.session.execute(query).all())
        found: list[tuple[int, int]] = []
        for chunk in chunks(sorted(reviews)):
            own = select(Finding.id, Finding.series).where(
                Finding.workspace_id == self.workspace_id,
                col(Finding.series).in_(chunk),
                Finding.period == period,
            )
            found += [(reviews[series], finding_id) for finding_id, series in self.session.execute(own)]
        return sorted(found, key=lambda each: each[1])

    # --- lines

    def lines(self, line_ids: Iterable[int]) -> dict[int, Line]:
        """Lines of ours that the PSA still has."""
        found: dict[int, Line] = {}
        for chunk in chunks(sorted(set(line_ids))):
            query = self.scoped(Line).where(col(Line.id).in_(chunk), col(Line.removed_at).is_(None))
            found |= {each.id: each for each in self.session.scalars(query.execution_options(populate_existing=True))}
        return found

    def invoiced_on(self, line_ids: Iterable[int]) -> dict[int, date]:
        """By line, the date of the newest invoice that bills it."""
        found: dict[int, date] = {}
        for chunk in chunks(sorted(set(line_ids))):
            query = (
                select(InvoiceLine.line_id, func.max(Invoice.issued_on))
                .join(Invoice, col(Invoice.id) == col(InvoiceLine.invoice_id))
                .where(
                    Invoice.workspace_id == self.workspace_id,
                    col(InvoiceLine.line_id).in_(chunk),
                    col(InvoiceLine.removed_at).is_(None),
                    col(Invoice.removed_at).is_(None),
                )
                .group_by(col(InvoiceLine.line_id))
            )
            found |= {line: day for line, day in self.session.execute(query) if line is not None}
        return found

    # --- people

    def members(self) -> list[tuple[int, str, str, str]]:
        """(id, name, folded address, role) of the workspace's members."""
        query = (
            select(User.id, User.name, User.email_key, Membership.role)
            .join(Membership, col(Membership.user_id) == col(User.id))
            .where(Membership.workspace_id == self.workspace_id)
            .order_by(col(User.id))
        )
        return [(row[0], row[1], row[2], row[3]) for row in self.session.execute(query)]

    def user_name(self, user_id: int | None) -> str:
        """A person's name; RCX where it was nobody."""
        return (self.session.scalar(select(User.name).where(User.id == user_id)) if user_id else None) or "RCX"

    # --- deeds

    def last_event(self, review_id: int) -> ReviewEvent | None:
        """The newest deed that stands and made a version."""
        query = self.scoped(ReviewEvent).where(
            col(ReviewEvent.review_id) == review_id,
            col(ReviewEvent.undone_at).is_(None),
            col(ReviewEvent.deed).not_in(("comment", "tag", "undone")),
        )
        found: ReviewEvent | None = self.session.scalars(query.order_by(col(ReviewEvent.id).desc()).limit(1)).first()
        return found

    def events_of(self, batch: str) -> list[ReviewEvent]:
        """This person's deeds of a batch that stand, oldest first."""
        query = self.scoped(ReviewEvent).where(
            col(ReviewEvent.batch) == batch,
            col(ReviewEvent.user_id) == self.context.user_id,
            col(ReviewEvent.undone_at).is_(None),
            col(ReviewEvent.deed) != "undone",
        )
        return list(self.session.scalars(query.order_by(col(ReviewEvent.id))))

    def newest_of(self, review_ids: Sequence[int]) -> dict[tuple[int, bool], int]:
        """By review, and whether tags are meant or what is decided, the id of the newest deed that stands."""
        found: dict[tuple[int, bool], int] = {}
        is_tag = col(ReviewEvent.deed) == "tag"
        for chunk in chunks(review_ids):
            query = (
                select(ReviewEvent.review_id, is_tag, func.max(ReviewEvent.id))
                .where(
                    ReviewEvent.workspace_id == self.workspace_id,
                    col(ReviewEvent.review_id).in_(chunk),
                    col(ReviewEvent.undone_at).is_(None),
                    col(ReviewEvent.deed).not_in(("comment", "undone")),
                )
                .group_by(col(ReviewEvent.review_id), is_tag)
            )
            found |= {(review, bool(tag)): newest for review, tag, newest in self.session.execute(query)}
        return found

    def last_batch(self) -> str:
        """This person's newest batch that was not taken back; empty where there is none."""
        query = select(ReviewEvent.batch).where(
            ReviewEvent.workspace_id == self.workspace_id,
            ReviewEvent.user_id == self.context.user_id,
            col(ReviewEvent.undone_at).is_(None),
            col(ReviewEvent.deed).not_in(("undone", "comment")),
        )
        return self.session.scalar(query.order_by(col(ReviewEvent.id).desc()).limit(1)) or ""

    def batch(self, token: str, *, lock: bool = False) -> ReviewBatch | None:
        """This person's batch of that token."""
        query = self.scoped(ReviewBatch).where(
            col(ReviewBatch.token) == token, col(ReviewBatch.user_id) == self.context.user_id
        )
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        found: ReviewBatch | None = self.session.scalars(query).one_or_none()
        return found

    def reviews_by_id(self, review_ids: Iterable[int], *, lock: bool = False) -> dict[int, FindingReview]:
        """Reviews by id, locked in one order where asked for."""
        found: dict[int, FindingReview] = {}
        for chunk in chunks(sorted(set(review_ids))):
            query = self.scoped(FindingReview).where(col(FindingReview.id).in_(chunk)).order_by(col(FindingReview.id))
            if lock:
                query = query.with_for_update().execution_options(populate_existing=True)
            found |= {each.id: each for each in self.session.scalars(query)}
        return found


def chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Pieces of what a query can name at once."""
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
