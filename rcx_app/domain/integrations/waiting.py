"""How many findings wait for nothing but a person's word on a count that fell too far."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import Session, col, select

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.facts import UNCONFIRMED
from rcx_app.domain.reconcile.screens.repository import ScreenRepository
from rcx_app.domain.reconcile.screens.service import last_run
from rcx_app.models import Finding


def held_findings(session: Session, context: Context) -> int:
    """Open findings of the last run whose sources are all well, but a count of which fell too far.

    A source that is stale, failed or partial is named before a fall, so these have the fall for their only reason.
    """
    context.require(Permission.READ)
    period = last_run(session, context).period
    query = select(func.count()).where(
        *ScreenRepository(session, context).standing(period),
        col(Finding.state) == "open",
        col(Finding.is_ready).is_(False),
        col(Finding.not_ready_reason).endswith(UNCONFIRMED, autoescape=True),
    )
    return int(session.scalar(query) or 0)
