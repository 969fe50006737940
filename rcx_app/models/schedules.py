"""When the connections of a workspace are read by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint

from rcx_app.models.base import WorkspaceRow, json_field, time_field


class SyncSchedule(WorkspaceRow, table=True):
    """A workspace's schedule; no row until somebody chose one.

    Weekdays are 0 Monday to 6 Sunday. `month_by`: date | weekday; `month_nth`: 1 to 4, 5 the last. `weekly_at` and
    `monthly_at` are the next starts at 07:00 UTC, empty where that part is off; they move on only in the transaction
    that asks for the syncs. `due_at` is the earlier of them with the workspace's own delay. `last_run`: at, full,
    started (labels), left_out (label, why).
    """

    __tablename__ = "sync_schedule"
    __table_args__ = (UniqueConstraint("workspace_id"),)

    is_weekly: bool = False
    weekday: int = 0
    weekly_is_full: bool = False
    is_monthly: bool = False
    month_by: str = "date"
    month_day: int = 1
    month_nth: int = 1
    month_weekday: int = 0
    monthly_is_full: bool = True
    weekly_at: datetime | None = time_field()
    monthly_at: datetime | None = time_field()
    due_at: datetime | None = time_field(index=True)
    last_run: dict[str, Any] = json_field(dict)
