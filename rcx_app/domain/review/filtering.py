"""What stands on findings as conditions of the lists of findings: assignee, tag, and whether one came back."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists
from sqlmodel import col

from rcx_app.core.text import fold
from rcx_app.domain.reconcile.screens.schemas import FindingFilters
from rcx_app.models import Finding, FindingReview

NOBODY = 0


def conditions(workspace_id: int, filters: FindingFilters) -> list[ColumnElement[bool]]:
    """Conditions over `finding` for the filters that look at reviews; none where none of them is given."""
    found = []
    if filters.assignee_id == NOBODY:
        found.append(~_has(workspace_id, col(FindingReview.assignee_id).is_not(None)))
    elif filters.assignee_id is not None:
        found.append(_has(workspace_id, col(FindingReview.assignee_id) == filters.assignee_id))
    if filters.tag.strip():
        key = f"\n{fold(filters.tag)}\n"
        found.append(_has(workspace_id, col(FindingReview.tags_key).contains(key, autoescape=True)))
    if filters.is_returned is not None:
        came_back = _has(workspace_id, col(FindingReview.returned) != "")
        found.append(came_back if filters.is_returned else ~came_back)
    return found


def _has(workspace_id: int, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        col(FindingReview.workspace_id) == workspace_id, col(FindingReview.series) == col(Finding.series), condition
    )
