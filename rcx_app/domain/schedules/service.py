"""A workspace's schedule: look at it, change it, and start what is due.

The next start stands in the row and moves on in the transaction that asks for the syncs. So a start is never made
twice, one that nobody made waits in the row until it is, and however many were missed, one makes up for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations import syncing
from rcx_app.domain.integrations.repository import ConnectionRepository
from rcx_app.domain.operations import ticks
from rcx_app.domain.reconcile import asking
from rcx_app.domain.schedules import dates
from rcx_app.domain.schedules.chosen import chosen_of
from rcx_app.domain.schedules.repository import AllSchedules, ScheduleRepository
from rcx_app.domain.schedules.schemas import Chosen, LeftOut, MonthBy, ScheduleView, Started
from rcx_app.domain.sync import opening
from rcx_app.models import Connection, SyncSchedule

_RANGES = {
    "weekday": ("The weekday", 0, 6),
    "month_day": ("The date", 1, 31),
    "month_nth": ("The place in the month", 1, dates.LAST),
    "month_weekday": ("The weekday of the month", 0, 6),
}


def schedule(session: Session, context: Context) -> ScheduleView:
    """The workspace's schedule; before anybody chose one, a proposal with nothing switched on."""
    context.require(Permission.READ)
    repository = ScheduleRepository(session, context)
    row, workspace = repository.find(), repository.workspace()
    return ScheduleView(
        chosen=chosen_of(row) if row is not None else _proposal(workspace.created_at),
        is_saved=row is not None,
        weekly_at=row.weekly_at if row is not None else None,
        monthly_at=row.monthly_at if row is not None else None,
        last=_started(row.last_run) if row is not None and row.last_run else None,
        time_zone=workspace.time_zone,
    )


def next_start(session: Session, context: Context) -> datetime | None:
    """When the workspace's connections are next read by themselves; None while nothing is chosen."""
    context.require(Permission.READ)
    row = ScheduleRepository(session, context).find()
    return row.due_at if row is not None else None


def save(session: Session, context: Context, chosen: Chosen) -> None:
    """Plan the syncs as chosen. A part that is new or changed starts in the future, one that is not keeps its start.

    Raises Invalid for numbers out of range.
    """
    context.require(Permission.CONNECT)
    _check(chosen)
    row = _locked(ScheduleRepository(session, context))
    before = chosen_of(row)
    if chosen == before:
        return
    now = clock.now()
    row.weekly_at = _kept(before.weekly, chosen.weekly, row.weekly_at, now)
    row.monthly_at = _kept(before.monthly, chosen.monthly, row.monthly_at, now)
    for name, value in asdict(chosen).items():
        setattr(row, name, value)
    _plan(row)
    session.flush()
    was, becomes = asdict(before), asdict(chosen)
    changed = {name: {"from": was[name], "to": becomes[name]} for name in becomes if was[name] != becomes[name]}
    audit.record(session, context, "schedule:change", "sync_schedule", row.id, changed)
    if dates.longest_gap(before.weekly, before.monthly) != dates.longest_gap(chosen.weekly, chosen.monthly):
        # How old data may be has changed, and with it which findings may be acted on.
        asking.request(session, context)


def due_workspaces(session: Session) -> list[int]:
    """The workspaces whose syncs are to be started now (needs a transaction without a workspace).

    Leaves a sign of life of the scheduler, which asks once a minute.
    """
    ticks.note()
    return AllSchedules(session).due(clock.now())


def start_due(session: Session, context: Context) -> Started | None:
    """Ask for the workspace's syncs where they are due, and plan the next; None where they are not (any more).

    Called by several at once, one starts them. Where both the weekly and the monthly sync are due there is one sync,
    full if either is. Connections that can't be read are left out, by name.
    """
    context.require(Permission.CONNECT)
    now = clock.now()
    row = ScheduleRepository(session, context).claim(now)
    if row is None:
        return None
    chosen, latest = chosen_of(row), now - dates.delay(row.workspace_id)
    is_full = False
    if chosen.weekly is not None and row.weekly_at is not None and row.weekly_at <= latest:
        is_full |= chosen.weekly_is_full
        row.weekly_at = dates.next_run(chosen.weekly, now)
    if chosen.monthly is not None and row.monthly_at is not None and row.monthly_at <= latest:
        is_full |= chosen.monthly_is_full
        row.monthly_at = dates.next_run(chosen.monthly, now)
    _plan(row)
    asked = syncing.request_all(session, context, full=is_full)
    every = ConnectionRepository(session, context).every()
    started = Started(
        at=now,
        is_full=is_full,
        connections=tuple(each.label for each in every if each.id in asked),
        left_out=tuple(
            LeftOut(label=each.label, why=_why_not(each))
            for each in every
            if each.id not in asked and each.connector != opening.FILE
        ),
    )
    row.last_run = _note(started)
    session.flush()
    audit.record(session, context, "schedule:start", "sync_schedule", row.id, row.last_run)
    return started


def _proposal(joined: datetime) -> Chosen:
    return Chosen(
        is_weekly=False,
        weekday=joined.weekday(),
        weekly_is_full=False,
        is_monthly=False,
        month_by=MonthBy.DATE,
        month_day=1,
        month_nth=1,
        month_weekday=joined.weekday(),
        monthly_is_full=True,
    )


def _locked(repository: ScheduleRepository) -> SyncSchedule:
    """The workspace's row, made where there is none yet."""
    while True:
        row = repository.find(lock=True)
        if row is not None:
            return row
        proposed = asdict(_proposal(repository.workspace().created_at))
        made = SyncSchedule(workspace_id=repository.workspace_id, **proposed)
        if repository.add_unless_there(made):
            return made


def _kept(
    before: dates.Rule | None, after: dates.Rule | None, planned: datetime | None, now: datetime
) -> datetime | None:
    """When a part starts next: as planned where its rule stands, so that a change of the rest loses no start."""
    if after is None:
        return None
    return planned if planned is not None and after == before else dates.next_run(after, now)


def _plan(row: SyncSchedule) -> None:
    """Set when the row is due next."""
    starts = [at for at in (row.weekly_at, row.monthly_at) if at is not None]
    row.due_at = min(starts) + dates.delay(row.workspace_id) if starts else None


def _check(chosen: Chosen) -> None:
    problems = [
        f"{words} must be between {least} and {most}."
        for name, (words, least, most) in _RANGES.items()
        if not least <= getattr(chosen, name) <= most
    ]
    if problems:
        raise Invalid(problems[0], remedy="Choose one of the list.", problems=problems)


def _why_not(row: Connection) -> str:
    try:
        opening.why_not(row)
        if row.is_sandbox:
            opening.need_sandbox()
    except (Conflict, Invalid) as error:
        return error.message
    return f"{row.label} was switched on just now."


def _note(started: Started) -> dict[str, Any]:
    return {
        "at": started.at.isoformat(),
        "full": started.is_full,
        "started": list(started.connections),
        "left_out": [[each.label, each.why] for each in started.left_out],
    }


def _started(note: Mapping[str, Any]) -> Started:
    return Started(
        at=clock.parse(note["at"]),
        is_full=note["full"],
        connections=tuple(note["started"]),
        left_out=tuple(LeftOut(label=label, why=why) for label, why in note["left_out"]),
    )
