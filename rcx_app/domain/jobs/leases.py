"""Whether the worker of a running job still lives, by the job's row and by what the worker says in Redis."""

from __future__ import annotations

from datetime import timedelta

from rcx_app.core import clock
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import live
from rcx_app.models import JobRun


def is_dead(row: JobRun) -> bool:
    """Whether the worker of a running row is gone: silent on the row for long, and in Redis too.

    A heartbeat from the future was written before the clock was set back: it says nothing of now.
    """
    if row.heartbeat_at is None:
        return True
    if abs(clock.now() - row.heartbeat_at) < timedelta(seconds=settings().job_dead_after_s):
        return False
    breath = live.read(row.id)
    return breath is None or breath.attempt != row.attempts
