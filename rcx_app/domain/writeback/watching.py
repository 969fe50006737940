"""What goes on by itself: unclear changes are read again, and a set whose job was lost for good is gone on with.

Nothing is sent by this that a person has not approved, and nothing of a set that waits for a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.jobs.schemas import OPEN, JobState
from rcx_app.domain.writeback import sending_request
from rcx_app.domain.writeback.watching_repository import Unsettled, WatchingRepository, workspaces_unsettled
from rcx_app.models import JobRun

SOONEST, LATEST = timedelta(minutes=1), timedelta(hours=6)
"""Between two looks at the same: at least this, then half of what it has lasted, at most that."""


def workspaces(session: Session) -> list[int]:
    """Workspaces with something unsettled. Needs a transaction without a workspace."""
    return workspaces_unsettled(session)


def watch(session: Session, context: Context) -> int:
    """Ask for the job of every connection whose turn it is; returns how many were asked for."""
    repository = WatchingRepository(session, context)
    asked = 0
    for each in repository.unsettled():
        last = repository.newest_job(sending_request.key(each.connection_id))
        if not each.may_write or not _is_due(each, last, clock.now()):
            continue
        # Whoever cancelled the job did not want it to send.
        goes_on = each.is_sending and (last is None or last.state != JobState.CANCELLED)
        if each.is_open or goes_on:
            sending_request.request(session, context, each.connection_id, only_looks=not goes_on)
            asked += 1
    return asked


def _is_due(unsettled: Unsettled, last: JobRun | None, now: datetime) -> bool:
    if last is None:
        return True
    if last.state in OPEN:
        return False
    ended = last.finished_at or last.created_at
    lasted = ended - (unsettled.since or ended)
    return now - ended >= min(max(SOONEST, lasted / 2), LATEST)
