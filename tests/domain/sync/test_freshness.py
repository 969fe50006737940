"""How long what was read is relied on: by the workspace's schedule, and what a sync makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.schedules import service as schedules
from rcx_app.domain.sync.freshness import FILE, SYNCED, fresh_for, synced_for
from rcx_app.models import JobRun
from tests.conftest import World
from tests.domain.sync.conftest import run_sync
from tests.domain.sync.source import Script, connect
from tests.domain.sync.test_switch import ACME


def choose(context: Context, *, weekly: bool = False, monthly: bool = False) -> None:
    with transaction(context) as session:
        chosen = schedules.schedule(session, context).chosen
        schedules.save(session, context, replace(chosen, is_weekly=weekly, is_monthly=monthly))


def fresh(context: Context) -> timedelta:
    with transaction(context, read_only=True) as session:
        return synced_for(session, context)


def reconciliations(context: Context) -> list[str]:
    with transaction(context, read_only=True) as session:
        return list(
            session.scalars(select(JobRun.state).where(JobRun.kind == "reconcile.run").order_by(col(JobRun.id)))
        )


def test_a_source_stays_fresh_from_one_start_of_its_schedule_to_the_next(world: World) -> None:
    assert fresh(world.ours) == SYNCED == timedelta(hours=36)
    choose(world.ours, weekly=True)
    assert fresh(world.ours) == timedelta(days=7, hours=12)
    choose(world.ours, monthly=True)
    assert fresh(world.ours) == timedelta(days=31, hours=12)
    choose(world.ours, weekly=True, monthly=True)
    assert fresh(world.ours) == timedelta(days=7, hours=12), "the one that comes sooner"
    assert fresh(world.theirs) == SYNCED, "a schedule is its workspace's own"
    choose(world.ours)
    assert fresh(world.ours) == SYNCED
    assert fresh_for("file", timedelta(days=31)) == FILE == timedelta(days=7)


def test_findings_are_worked_out_anew_when_their_rule_of_age_changes(sqlite_world: World) -> None:
    choose(sqlite_world.ours, weekly=True)
    assert reconciliations(sqlite_world.ours) == ["queued"]
    with transaction(sqlite_world.ours) as session:
        for job in session.scalars(select(JobRun)):
            job.state = "done"
    choose(sqlite_world.ours, weekly=True, monthly=True)
    assert reconciliations(sqlite_world.ours) == ["done"], "weekly and monthly together leave no longer gap"


@pytest.mark.parametrize(("weekly", "asked"), [(False, ["queued"]), (True, [])])
def test_an_unchanged_sync_makes_findings_ready_again_only_where_they_were_not(
    sqlite_world: World, vendor: Script, weekly: bool, asked: list[str]
) -> None:
    ours = sqlite_world.ours
    choose(ours, weekly=weekly)
    vendor.has(ACME)
    number = connect(ours)
    run_sync(ours, number)
    with transaction(ours) as session:
        for job in session.scalars(select(JobRun)):
            job.state = "done"
    before = reconciliations(ours)
    with clock.frozen(clock.now() + timedelta(days=3)):
        run_sync(ours, number)
    assert reconciliations(ours) == [*before, *asked]
