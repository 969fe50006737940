"""Jobs: the outbox rows behind every Celery task, with their progress."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text

from rcx_app.models.base import WorkspaceRow, json_field, ref, time_field


def _one_per_dedupe_key(name: str, states: str) -> Index:
    condition = text(f"dedupe_key <> '' AND {states}")
    columns = ("workspace_id", "dedupe_key")
    return Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


class JobRun(WorkspaceRow, table=True):
    """One piece of background work. `args` holds ids and plain options only.

    `state`: queued -> sent -> running -> done | failed | cancelled. Of a (workspace, dedupe_key) at most one job waits
    and at most one runs; one may wait while another runs, since the running one may have read before the last change.
    `progress_total` 0 means "not known yet". A running job whose `heartbeat_at` is old or empty has lost its worker.
    `attempts` is also the fence: a worker whose attempt is not the row's may no longer write.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        _one_per_dedupe_key("uq_job_run_waiting_dedupe_key", "state IN ('queued', 'sent')"),
        _one_per_dedupe_key("uq_job_run_running_dedupe_key", "state = 'running'"),
        Index("ix_job_run_state_sent_at", "state", "sent_at"),
    )

    kind: str
    args: dict[str, Any] = json_field(dict)
    dedupe_key: str = ""
    state: str = "queued"
    requested_by: int | None = ref("user_account.id", nullable=True)
    role: str = "owner"
    attempts: int = 0
    progress_done: int = 0
    progress_total: int = 0
    progress_note: str = ""
    error: str = ""
    result: dict[str, Any] = json_field(dict)
    sent_at: datetime | None = time_field()
    started_at: datetime | None = time_field()
    heartbeat_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()
