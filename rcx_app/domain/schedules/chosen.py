"""A schedule's row as what a person chose, and how often by it a workspace is read. Changes nothing."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.schedules import dates
from rcx_app.domain.schedules.repository import ScheduleRepository
from rcx_app.domain.schedules.schemas import Chosen, MonthBy
from rcx_app.models import SyncSchedule


def longest_gap(session: Session, context: Context) -> timedelta | None:
    """The longest time that the workspace's schedule leaves between two syncs; None where nothing starts by itself."""
    row = ScheduleRepository(session, context).find()
    if row is None:
        return None
    chosen = chosen_of(row)
    return dates.longest_gap(chosen.weekly, chosen.monthly)


def chosen_of(row: SyncSchedule) -> Chosen:
    """What a person chose, from its row."""
    return Chosen(
        is_weekly=row.is_weekly,
        weekday=row.weekday,
        weekly_is_full=row.weekly_is_full,
        is_monthly=row.is_monthly,
        month_by=MonthBy(row.month_by),
        month_day=row.month_day,
        month_nth=row.month_nth,
        month_weekday=row.month_weekday,
        monthly_is_full=row.monthly_is_full,
    )
