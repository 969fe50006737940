"""SQL of what was decided: approvals in force, histories, past decisions on findings alike, and where to go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, select

from rcx_app.domain.review.repository import ReviewRepository
from rcx_app.domain.review.schemas import Jump
from rcx_app.models import Account, AccountMapping, Connection, Finding, FindingReview, Line, ReviewEvent, User

_LONGEST = 200
_DECISIONS = ("approve", "dismiss", "snooze", "at_vendor", "wrong_mapping")


class PastRepository(ReviewRepository):
    """What stands and what was, of one workspace."""

    def approved(self, period: date) -> list[tuple[FindingReview, Finding]]:
        """Approvals of findings that stand in the period."""
        pairs = self.decided(period, ("approved",))
        reviews = self.reviews_by_id(review_id for review_id, _ in pairs)
        findings = self.findings(finding_id for _, finding_id in pairs)
        found = [(reviews[review_id], findings[finding_id]) for review_id, finding_id in pairs]
        return [each for each in found if each[1].resolved_at is None and each[1].state == "approved"]

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
