"""What a job's work holds in its hands: its arguments, the way to tell progress, and the way to end together with its
data.

On SQLite there is one writer at a time. Progress told while a transaction is open (by this job or another) goes to
Redis at once and to the row only if that is free within a moment; it never waits for the job's own data.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import after_commit, transaction
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import live, service
from rcx_app.domain.jobs.schemas import ClaimedJob, JobCancelled, JobOverdue, JobState, JobStopped, JobTakenOver

_THROTTLE_S = 0.4
_PATIENCE_S = 0.05


class JobHandle:
    """A running job. Used as a context manager it shows by a thread that the worker lives.

    `limit_s`: how long it may work before its progress ends it; None: as long as its worker lets it.
    """

    def __init__(self, claimed: ClaimedJob, *, limit_s: float | None = None) -> None:
        self._claimed = claimed
        self.limit_s = limit_s
        self._began_at = time.monotonic()
        self._live = live.Live(attempt=claimed.attempt)
        self._told_at = float("-inf")
        self._is_ending = False
        self._stopped: JobStopped | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"job-{claimed.job_id}", daemon=True)
        self.is_finished = False

    @property
    def job_id(self) -> int:
        return self._claimed.job_id

    @property
    def attempt(self) -> int:
        return self._claimed.attempt

    @property
    def is_last_attempt(self) -> bool:
        """Whether a failure ends the job also where its cause may pass."""
        return self.attempt >= service.MAX_ATTEMPTS

    @property
    def is_overdue(self) -> bool:
        """Whether it has worked longer than it may."""
        return self.limit_s is not None and time.monotonic() - self._began_at > self.limit_s

    @property
    def context(self) -> Context:
        return self._claimed.context

    @property
    def args(self) -> dict[str, Any]:
        return self._claimed.args

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        """Tell how far the work is; cheap, may be called per row. `total` 0: not known.

        Raises JobCancelled where a person cancelled the job, JobTakenOver where another worker has it, JobOverdue where
        its time is up.
        """
        if self._stopped:
            raise self._stopped
        if self.is_overdue:
            raise JobOverdue("its time is up")
        is_new_phase = note != self._live.note
        self._live = live.Live(self.attempt, done, total, note)
        if is_new_phase or time.monotonic() - self._told_at >= _THROTTLE_S:
            self._tell()
            if self._stopped:
                raise self._stopped

    def finish(self, session: Session, result: dict[str, Any] | None = None) -> None:
        """Mark the job done in the transaction of its data, as its last act: both commit together, or neither.

        Raises JobCancelled or JobTakenOver (let it pass: the data must roll back).
        """
        self._is_ending = True
        service.finish(session, self._claimed, result or {}, total=max(self._live.total, self._live.done))
        after_commit(session, self._mark_finished)

    def _mark_finished(self) -> None:
        self.is_finished = True

    def __enter__(self) -> JobHandle:
        live.show(self.job_id, self._live)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._closing.wait(settings().job_heartbeat_s):
            self._tell()

    def _tell(self) -> None:
        self._told_at = time.monotonic()
        told = self._live
        live.show(self.job_id, told)
        if self._is_ending:
            return
        try:
            with transaction(self.context, patience_s=_PATIENCE_S) as session:
                state = service.heartbeat(session, self._claimed, told.done, told.total, told.note)
        except OperationalError:
            return  # the row is busy, or the database away: the next beat will tell; `finish` is the judge
        if state is JobState.RUNNING or self._is_ending:
            return
        cancelled = state is JobState.CANCELLED
        self._stopped = JobCancelled("cancelled") if cancelled else JobTakenOver(f"no longer ours at {clock.now()}")
