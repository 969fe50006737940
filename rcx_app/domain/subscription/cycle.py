"""The month's bills, made by themselves: whatever is due is done, month by month, however long nobody was there."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound
from rcx_app.core.permissions import Stage
from rcx_app.domain.subscription import keeping, life, limits, places
from rcx_app.domain.subscription.offers_repository import AllSubscriptions
from rcx_app.domain.subscription.repository import SubscriptionRepository

TRIED = (Stage.SETUP, Stage.ACTIVE)
"""The trial begins with guided setup, not while questions are answered."""


def workspaces_due(session: Session) -> list[int]:
    """Workspaces whose bill is due or whose trial is to begin (needs a transaction without a workspace)."""
    everywhere = AllSubscriptions(session)
    # Where a workspace is, a day may have begun that has not begun in UTC.
    tomorrow = clock.today() + timedelta(days=1)
    return sorted({*everywhere.due(tomorrow), *everywhere.without([stage.value for stage in TRIED])})


def run(session: Session, context: Context) -> int:
    """Do what is due in a workspace; returns how many steps that were. Run by several at once, one does it."""
    before = limits.included(session, context)
    try:
        row = keeping.begin(session, context)
    except NotFound:
        return 0  # no plan is on offer: there is nothing to try
    repository = SubscriptionRepository(session, context)
    today = keeping.today_of(repository)
    steps = sum(1 for _ in life.due_steps(keeping.standing_of(repository, row), today))
    if steps:
        keeping.catch_up(session, context, row, today)
    places.follow(session, context, before)
    return steps
