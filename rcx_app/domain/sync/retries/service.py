"""Which connections are to be read again by themselves now.

A run is followed by one try at most, since the try is a job that is newer than the run's. After so many in a row it is
the schedule's or a person's turn: what has not passed by then is no matter of patience.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from connectors.http.failures import FAILURES, Action
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.sync.retries.repository import RetryRepository, failed_anywhere
from rcx_app.domain.sync.retries.schemas import FailedRun

PAUSES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""Before each automatic try where the vendor did not say how long to wait; there are as many tries as pauses."""


def due(session: Session, context: Context, connection_id: int | None = None) -> list[FailedRun]:
    """Runs (of one connection or of all) whose next try has come, oldest first."""
    now = clock.now()
    return [run for run in RetryRepository(session, context).failed(connection_id) if _is_due(run, now)]


def due_workspaces(session: Session) -> list[int]:
    """The workspaces in which there are any (needs a transaction without a workspace)."""
    now = clock.now()
    return sorted({run.workspace_id for run in failed_anywhere(session) if _is_due(run, now)})


def planned(session: Session, context: Context) -> dict[int, datetime]:
    """When each connection whose last run failed is tried again by itself; without those that are not."""
    found = {run.connection_id: next_try(run) for run in RetryRepository(session, context).failed()}
    return {number: at for number, at in found.items() if at is not None}


def next_try(run: FailedRun) -> datetime | None:
    """When the run is tried again by itself; None: not, since waiting does not help or it was tried often enough."""
    if run.tries >= len(PAUSES):
        return None
    if run.retry_at is not None:
        return run.retry_at
    passes = any(kind in FAILURES and FAILURES[kind].action is Action.RETRY for kind in run.kinds)
    return run.finished_at + PAUSES[run.tries] if passes and run.finished_at is not None else None


def _is_due(run: FailedRun, now: datetime) -> bool:
    at = next_try(run)
    return at is not None and at <= now
