"""SQL of what was decided: approvals in force, histories, past decisions on findings alike, and where to go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, select

from rcx_app.domain.review.numbers import NUMBERS
from rcx_app.domain.review.repository import ReviewRepository, chunks
from rcx_app.domain.review.schemas import Jump
from rcx_app.models import Account, AccountMapping, Connection, Finding, FindingReview, Line, ReviewEvent, User

_LONGEST = 200
_DECISIONS = ("approve", "dismiss", "snooze", "at_vendor", "wrong_mapping")


_APPROVED = (
    FindingReview.numbers,
    FindingReview.lines,
    FindingReview.effective_date,
    FindingReview.decided_by,
    FindingReview.decided_at,
    FindingReview.version,
    Finding.id,
    Finding.client_name,
    Finding.product_name,
    Finding.product_code,
    Finding.is_ready,
    Finding.line_ids,
    *(getattr(Finding, name) for name in NUMBERS),
)


class PastRepository(ReviewRepository):
    """What stands and what was, of one workspace."""

    def approved(self, period: date) -> list[Any]:
        """Approvals of findings that stand in the period: the columns of `_APPROVED` each, by finding."""
        query: Any = (
            select(*_APPROVED)
            .join(
                Finding,
                and_(
                    col(Finding.workspace_id) == col(FindingReview.workspace_id),
                    col(Finding.series) == col(FindingReview.series),
                ),
            )
            .where(
                col(FindingReview.workspace_id) == self.workspace_id,
                col(FindingReview.state) == "approved",
                col(Finding.period) == period,
                col(Finding.resolved_at).is_(None),
                col(Finding.state) == "approved",
            )
            .order_by(col(Finding.id))
        )
        return list(self.session.execute(query))

    def line_places(self, line_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
        """(connection, client) of lines that the PSA still has, by id."""
        found: dict[int, tuple[int, int]] = {}
        for chunk in chunks(sorted(set(line_ids))):
            query = select(Line.id, Line.connection_id, Line.client_id).where(
                Line.workspace_id == self.workspace_id, col(Line.id).in_(chunk), col(Line.removed_at).is_(None)
            )
            found |= {row[0]: (row[1], row[2]) for row in self.session.execute(query)}
        return found

    def changes_since(self, event_id: int, size: int) -> list[Any]:
        """(id, finding, user id, name, deed, what it left) of deeds after one, oldest first."""
        event: Any = ReviewEvent
        columns: tuple[Any, ...] = (event.id, event.finding_id, event.user_id, User.name, event.deed, event.after)
        query: Any = (
            select(*columns)
            .join(User, col(User.id) == col(ReviewEvent.user_id), isouter=True)
            .where(col(ReviewEvent.workspace_id) == self.workspace_id, col(ReviewEvent.id) > event_id)
            .order_by(col(ReviewEvent.id))
            .limit(size)
        )
        return list(self.session.execute(query))

    def newest_event(self) -> int:
        """The id of the newest deed; 0 where there is none."""
        query = select(func.max(ReviewEvent.id)).where(ReviewEvent.workspace_id == self.workspace_id)
        return self.session.scalar(query) or 0

    def tags(self, size: int) -> list[list[str]]:
        """The tags of each series that has some, of the newest so many."""
        query = select(FindingReview.tags).where(
            FindingReview.workspace_id == self.workspace_id, FindingReview.tags_key != ""
        )
        return list(self.session.scalars(query.order_by(col(FindingReview.id).desc()).limit(size)))

    def events(self, series: str) -> list[tuple[ReviewEvent, str | None]]:
        """The newest deeds of a series with who did them, newest first."""
        query = (
            select(ReviewEvent, User.name)
            .join(FindingReview, col(FindingReview.id) == col(ReviewEvent.review_id))
            .join(User, col(User.id) == col(ReviewEvent.user_id), isouter=True)
            .where(FindingReview.workspace_id == self.workspace_id, FindingReview.series == series)
            .order_by(col(ReviewEvent.id).desc())
            .limit(_LONGEST)
        )
        return [(row[0], row[1]) for row in self.session.execute(query)]

    def bases(self, finding: Finding) -> list[tuple[str, ColumnElement[bool]]]:
        """What makes a past decision like this finding, nearest first."""
        own = select(FindingReview.id).where(
            FindingReview.workspace_id == self.workspace_id, FindingReview.series == finding.series
        )
        found: list[tuple[str, ColumnElement[bool]]] = [
            ("series", col(ReviewEvent.review_id).in_(own)),
        ]
        if finding.client_id is not None and finding.product_code:
            same = (
                col(ReviewEvent.client_id) == finding.client_id,
                col(ReviewEvent.product_code) == finding.product_code,
            )
            found.append(("client_product", and_(*same)))
        if finding.rule_id is not None:
            found.append(("rule", col(ReviewEvent.rule_id) == finding.rule_id))
        return found

    def past_counts(self, condition: ColumnElement[bool]) -> dict[str, int]:
        """Decisions that stand in the history, by deed."""
        query = select(ReviewEvent.deed, func.count()).where(*self._past(), condition)
        return dict(self.session.execute(query.group_by(col(ReviewEvent.deed))).all())

    def past(self, condition: ColumnElement[bool], size: int) -> Sequence[Any]:
        """(event, who, client, product) of the newest decisions."""
        query: Any = (
            select(ReviewEvent, User.name, Finding.client_name, Finding.product_name)
            .join(Finding, col(Finding.id) == col(ReviewEvent.finding_id))
            .join(User, col(User.id) == col(ReviewEvent.user_id), isouter=True)
            .where(*self._past(), condition)
            .order_by(col(ReviewEvent.id).desc())
            .limit(size)
        )
        return list(self.session.execute(query))

    def _past(self) -> tuple[ColumnElement[bool], ...]:
        return (
            col(ReviewEvent.workspace_id) == self.workspace_id,
            col(ReviewEvent.deed).in_(_DECISIONS),
            col(ReviewEvent.undone_at).is_(None),
        )

    def psa_vendor(self, line_id: int | None) -> str:
        """What the PSA of a line is."""
        query = select(Connection.vendor).join(Line, col(Line.connection_id) == col(Connection.id))
        query = query.where(Line.workspace_id == self.workspace_id, col(Line.id) == line_id)
        return self.session.scalar(query) or ""

    def jump(self, finding: Finding, state: str) -> Jump | None:
        """Where a finding that is wrong elsewhere is put right; None for the others."""
        if state not in ("wrong_mapping", "at_vendor"):
            return None
        account_id = finding.account_id or self._account_of(finding)
        if state == "wrong_mapping":
            return Jump("mapping", finding.connection_id, account_id, "Open the account in the mapping queue.")
        words = f"Put it right in {finding.integration}; the next sync reads it." if finding.integration else ""
        return Jump("integration", finding.connection_id, account_id, words)

    def _account_of(self, finding: Finding) -> int | None:
        query = (
            select(AccountMapping.account_id)
            .join(Account, col(Account.id) == col(AccountMapping.account_id))
            .where(
                AccountMapping.workspace_id == self.workspace_id,
                col(AccountMapping.client_id) == finding.client_id,
                AccountMapping.state == "mapped",
                col(Account.removed_at).is_(None),
            )
        )
        if finding.connection_id is not None:
            query = query.where(col(Account.connection_id) == finding.connection_id)
        found: int | None = self.session.scalar(query.order_by(col(Account.id)).limit(1))
        return found
