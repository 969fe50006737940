"""What becomes of verdicts when a run has stored its findings, and when a snooze ends. People never call this.

A verdict holds while the numbers stand on which it was given. A dismissal for good holds whatever they are, one of this
period whatever they are within it, and a snooze beyond the end of the period. An approval ends with its finding: what
comes back was not approved.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import and_
from sqlmodel import Session, col, select

from rcx_app.core.context import Context, system_context
from rcx_app.domain.audit import service as audit
from rcx_app.domain.review.dates import day_of
from rcx_app.domain.review.deeds import Desk, event_of, snapshot
from rcx_app.domain.review.numbers import day_words, delta_words, numbers_of
from rcx_app.domain.review.repository import ReviewRepository
from rcx_app.domain.review.schemas import Dismissal
from rcx_app.models import Finding, FindingReview

_DECIDED = ("approved", "dismissed", "snoozed", "at_vendor", "wrong_mapping")
_WAS = {
    "approved": "was approved",
    "dismissed": "was dismissed",
    "snoozed": "was snoozed",
    "at_vendor": "was to be fixed at the vendor",
    "wrong_mapping": "was marked as wrongly mapped",
}


def settle(session: Session, context: Context, period: date, clients: Sequence[int] | None) -> int:
    """Bring verdicts and the findings of a period into line, after a run over `clients` (None: all) was stored.

    Returns how many findings came back.
    """
    repository = ReviewRepository(session, system_context(context.workspace_id))
    return _bring_in_line(repository, period, repository.decided(period, _DECIDED), clients)


def wake(session: Session, context: Context) -> int:
    """Open what was snoozed until today; returns how many findings came back."""
    repository = ReviewRepository(session, system_context(context.workspace_id))
    repository.wait_for_turn()
    period = repository.period()
    due = col(FindingReview.snoozed_until) <= day_of(repository.time_zone())
    return _bring_in_line(repository, period, repository.decided(period, ("snoozed",), due), None)


def workspaces_to_wake(session: Session, latest: date) -> list[int]:
    """Workspaces in which a snooze ends by the day `latest`. Needs a transaction without a workspace."""
    query = select(FindingReview.workspace_id).where(
        and_(col(FindingReview.state) == "snoozed", col(FindingReview.snoozed_until) <= latest)
    )
    return sorted(set(session.scalars(query)))


def _bring_in_line(
    repository: ReviewRepository, period: date, pairs: Collection[tuple[int, int]], clients: Sequence[int] | None
) -> int:
    if not pairs:
        return 0
    session = repository.session
    findings = repository.findings([finding_id for _, finding_id in pairs], lock=True)
    reviews = repository.reviews_by_id([review_id for review_id, _ in pairs], lock=True)
    touched = None if clients is None else {None, *clients}
    desk = Desk(repository, (), "")
    returned = []
    for review, finding in ((reviews[review_id], findings[finding_id]) for review_id, finding_id in pairs):
        if review.state not in _DECIDED or (touched is not None and finding.client_id not in touched):
            continue
        why = _returns(review, finding, period, desk.today)
        if not why:
            # A finding that came new with its period, or that a run opened, carries what stands on its series.
            if finding.resolved_at is None and finding.state != review.state:
                finding.state = review.state
            continue
        before = snapshot(review)
        review.returned = why
        review.state, review.version = "open", review.version + 1
        review.effective_date, review.lines, review.split, review.snoozed_until = None, [], [], None
        finding.state = "open"
        session.add(event_of(desk, finding, review, "returned", why, before))
        returned.append(finding.id)
    session.flush()
    for start in range(0, len(returned), 500):
        audit.record(
            session, repository.context, "finding:returned", detail={"findings": returned[start : start + 500]}
        )
    return len(returned)


def _returns(review: FindingReview, finding: Finding, period: date, today: date) -> str:
    """Why a decided finding is open again; empty where its verdict holds."""
    is_gone = finding.resolved_at is not None
    if is_gone and review.state != "approved":
        return ""
    if review.state == "dismissed" and review.scope == Dismissal.FOR_GOOD:
        return ""
    was = f"{_WAS[review.state]} on {day_words(review.decided_at.date())}" if review.decided_at else "was decided"
    if is_gone:
        return f"{was}; the difference was gone since"
    if review.state == "snoozed" and review.snoozed_until is not None and review.snoozed_until <= today:
        return f"{was} until {day_words(review.snoozed_until)}"
    if review.state != "snoozed" and review.period != period:
        return f"{was} for {review.period:%B %Y}" if review.period else was
    if review.state == "dismissed" and review.scope == Dismissal.THIS_PERIOD:
        return ""
    return "" if review.numbers == numbers_of(finding) else f"{was} when {delta_words(review.numbers)}"
