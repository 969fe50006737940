"""What stands on findings as lists see it: conditions on assignee, tag and coming back, and what a row says of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from rcx_app.core.context import Context
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.screens.schemas import Decision, FindingFilters
from rcx_app.models import Finding, FindingReview, User

NOBODY = 0
ME = -1
"""As an assignee: whoever looks."""


def conditions(context: Context, filters: FindingFilters) -> list[ColumnElement[bool]]:
    """Conditions over `finding` for the filters that look at reviews; none where none of them is given."""
    found = []
    if filters.assignee_id == NOBODY:
        found.append(~_has(context, col(FindingReview.assignee_id).is_not(None)))
    elif filters.assignee_id is not None:
        wanted = context.user_id if filters.assignee_id == ME else filters.assignee_id
        found.append(_has(context, col(FindingReview.assignee_id) == wanted))
    if filters.tag.strip():
        key = f"\n{fold(filters.tag)}\n"
        found.append(_has(context, col(FindingReview.tags_key).contains(key, autoescape=True)))
    if filters.is_returned is not None:
        came_back = _has(context, col(FindingReview.returned) != "")
        found.append(came_back if filters.is_returned else ~came_back)
    return found


def decisions(session: Session, context: Context, series: Iterable[str]) -> dict[str, Decision]:
    """By series, what people left on it; a page's worth of them. Series on which nothing was done are left out."""
    assignee, decider = aliased(User), aliased(User)
    columns: tuple[Any, ...] = (
        FindingReview.series,
        FindingReview.assignee_id,
        assignee.name,
        FindingReview.returned,
        FindingReview.effective_date,
        FindingReview.snoozed_until,
        decider.name,
    )
    query: Any = (
        select(*columns)
        .join(assignee, col(assignee.id) == col(FindingReview.assignee_id), isouter=True)
        .join(decider, col(decider.id) == col(FindingReview.decided_by), isouter=True)
        .where(
            col(FindingReview.workspace_id) == context.workspace_id, col(FindingReview.series).in_(sorted(set(series)))
        )
    )
    return {
        row[0]: Decision(
            assignee_id=row[1],
            assignee=row[2] or "",
            returned=row[3],
            effective_date=row[4],
            snoozed_until=row[5],
            decided_by=row[6] or "",
        )
        for row in session.execute(query)
    }


def _has(context: Context, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Reviews are few beside findings: their series are listed once, not looked for finding by finding."""
    own = select(FindingReview.series).where(col(FindingReview.workspace_id) == context.workspace_id, condition)
    return col(Finding.series).in_(own)
