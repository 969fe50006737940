"""What the panel reads of the domain: a whole finding with all that stands on it, in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound
from rcx_app.core.pagination import Page
from rcx_app.domain.reconcile.screens import detail
from rcx_app.domain.reconcile.screens.detail_schemas import FindingDetail, SeatRow
from rcx_app.domain.review import service as review
from rcx_app.domain.review.schemas import HistoryEntry, ReviewState, Similar
from rcx_app.domain.sync.falls import service as falls


@dataclass(frozen=True, slots=True)
class Opened:
    """A finding with the first page of the seats that it counts, what people did with it, and with others like it.

    `held`: how many counts of its client fell too far and wait for somebody's word.
    """

    found: FindingDetail
    seats: Page[SeatRow]
    held: int
    state: ReviewState
    history: tuple[HistoryEntry, ...]
    similar: Similar


def opened(session: Any, context: Context, finding_id: int) -> Opened:
    """Raises NotFound."""
    found = detail.finding(session, context, finding_id)
    client_id = found.row.client_id
    held = 0
    if not found.row.is_ready and client_id is not None:
        held = sum(each.client_id == client_id for each in falls.held(session, context))
    return Opened(
        found,
        detail.evidence(session, context, finding_id, "counted"),
        held,
        review.state(session, context, finding_id),
        review.history(session, context, finding_id),
        review.similar(session, context, finding_id),
    )


def states_of(session: Any, context: Context, finding_ids: Collection[int]) -> dict[int, str]:
    """In what state findings are, without those that are gone by now."""
    try:
        return {key: each.state for key, each in review.states(session, context, sorted(finding_ids)).items()}
    except NotFound:
        return {}


def ahead(session: Any, context: Context, finding_id: int) -> Opened | None:
    """The finding that comes next; None where it is gone by now."""
    try:
        return opened(session, context, finding_id)
    except NotFound:
        return None
