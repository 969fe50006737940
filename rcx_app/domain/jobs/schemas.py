"""What the jobs slice hands out: a job as a page shows it, and a job as the worker that runs it sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from rcx_app.core.context import Context


class JobState(StrEnum):
    """`queued` is written, `sent` is handed to the broker; `done`, `failed` and `cancelled` are final."""

    QUEUED = "queued"
    SENT = "sent"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


WAITING = (JobState.QUEUED, JobState.SENT)
OPEN = (*WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as a page shows it. `total` 0 means that the amount of work is not known (yet)."""

    id: int
    kind: str
    state: JobState
    done: int
    total: int
    note: str
    error: str
    result: dict[str, Any]
    args: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A job that this worker, and no other, may run now. `attempt` counts from 1 and fences off earlier workers."""

    job_id: int
    kind: str
    attempt: int
    context: Context
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LostJob:
    """A job that the sweeper sends again."""

    job_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that waits for its turn; `state` RUNNING: its worker has died. `sent_at`: last handed to the broker."""

    job_id: int
    workspace_id: int
    vendor: str
    state: JobState
    created_at: datetime
    sent_at: datetime | None


class JobStopped(Exception):
    """The job may not go on. Deliberately no RcxError: work that handles its own errors must let this one pass."""


class JobCancelled(JobStopped):
    """A person cancelled the job; what it has staged outside its data transaction may be thrown away."""


class JobOverdue(JobStopped):
    """The job has worked longer than its kind may: it ends, and says so."""


class JobTakenOver(JobStopped):
    """Another worker runs this job now (this one was thought dead): leave everything alone."""
