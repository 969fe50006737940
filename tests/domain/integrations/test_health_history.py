"""How connections did: history of what changed, and what turns a light without anybody doing anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from connectors.records import Account, Seat
from jobs import tasks
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import alerts, alerts_expiry, api, service
from rcx_app.domain.integrations.schemas import Health
from rcx_app.domain.schedules import service as schedules
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.falls import service as falls
from rcx_app.models import AuditEvent, Connection, JobRun
from tests.conftest import World
from tests.domain.integrations.watching import (
    NOW,
    OLD,
    REFUSED,
    at,
    end,
    history,
    verified,
    watch,
    weekly,
)
from tests.domain.sync.source import Script, connect

__all__ = ["verified"]


def test_history_keeps_changes_only_and_only_ours(world: World, vendor: Script) -> None:
    with at():
        ours, theirs = connect(world.ours, "One"), connect(world.theirs, "Two")
    for minute in (1, 2):
        with at(minute):
            end(world.ours, ours, REFUSED)
    for minute in (3, 4):
        with at(minute):
            end(world.ours, ours)
    with at(5), transaction(world.ours) as session:
        service.set_enabled(session, world.ours, ours, enabled=False)
    found = history(world.ours)
    assert [(each.before, each.after, each.at) for each in found] == [
        (Health.HEALTHY, Health.OFF, NOW + timedelta(minutes=5)),
        (Health.FAILED, Health.HEALTHY, NOW + timedelta(minutes=3)),
        (Health.ATTENTION, Health.FAILED, NOW + timedelta(minutes=1)),
        (None, Health.ATTENTION, NOW),
    ]
    assert (found[2].reason, found[2].whose) == (f"The last sync failed: {REFUSED.message}", "admin")
    assert [each.label for each in history(world.theirs)] == ["Two"]
    with pytest.raises(NotFound):
        history(world.ours, theirs)


def test_credentials_that_end_are_told_in_time_and_then_are_red(world: World, vendor: Script) -> None:
    with at():
        number, theirs = connect(world.ours, "One"), connect(world.theirs, "Two")
        with transaction(world.ours) as session:
            alerts_expiry.set_expiry(session, world.ours, number, date(2026, 12, 10))
            with pytest.raises(Invalid):
                alerts_expiry.set_expiry(session, world.ours, number, date(2026, 11, 19))
            with pytest.raises(NotFound):
                alerts_expiry.set_expiry(session, world.ours, theirs, date(2026, 12, 10))
            with pytest.raises(NotPermitted):
                alerts_expiry.set_expiry(session, world.as_role(Role.APPROVER), number, None)
            file = service.create(session, world.ours, side="psa", label="Files")
            with pytest.raises(Conflict):
                alerts_expiry.set_expiry(session, world.ours, file, date(2026, 12, 10))
        end(world.ours, number)
    with transaction(world.ours, read_only=True) as session:
        entry = session.scalars(select(AuditEvent).where(AuditEvent.tag == "connection:expiry")).one()
        assert entry.detail == {"label": "One", "from": None, "to": "2026-12-10"}
        assert api.settings_of(session, world.ours, number).expires_on == date(2026, 12, 10)
    for day, word in ((-11, "Healthy"), (-10, "Expires soon"), (20, "Expires soon"), (21, "Expired")):
        with at(day * 24 * 60):
            end(world.ours, number)
            with transaction(world.ours, read_only=True) as session:
                found = service.connection(session, world.ours, number)
            assert (found.word, found.expires_on) == (word, date(2026, 12, 10))
    assert "Its credentials ended on 10 Dec 2026." in found.reason
    with at(21 * 24 * 60), transaction(world.ours) as session:
        api.rotate(session, world.ours, number, {"client_secret": "another-secret"})
        assert session.get_one(Connection, number).expires_on is None, "the day was said of the old secret"


def test_a_connection_is_stale_only_when_its_schedule_has_been_missed(world: World, vendor: Script) -> None:
    with at():
        number = connect(world.ours, "One")
        end(world.ours, number)
        weekly(world.ours)
        assert watch(world.ours) == []
    a_week = 7 * 24 * 60
    with at(a_week + 12 * 60):
        assert watch(world.ours) == []
        assert history(world.ours)[0].word == "Healthy"
        forget_jobs(world.ours)
    with at(a_week + 12 * 60 + 1):
        assert watch(world.ours) == []
        assert history(world.ours)[0].word == "Stale"
        assert asked(world.ours) == ["reconcile.run"], "its findings are not ready any more"
        with transaction(world.ours) as session:
            chosen = schedules.schedule(session, world.ours).chosen
            schedules.save(session, world.ours, replace(chosen, is_weekly=False, is_monthly=True))
    with at(a_week + 12 * 60 + 6):
        watch(world.ours)
        assert history(world.ours)[0].word == "Healthy"
    with transaction(world.ours) as session:
        chosen = schedules.schedule(session, world.ours).chosen
        schedules.save(session, world.ours, replace(chosen, is_monthly=False))
    with at(36 * 60 + 1), transaction(world.ours, read_only=True) as session:
        assert [each.word for each in service.health(session, world.ours)] == ["Stale"]


def asked(context: Context) -> list[str]:
    with transaction(context, read_only=True) as session:
        query = select(JobRun.kind).where(JobRun.workspace_id == context.workspace_id, JobRun.state == "queued")
        return sorted(session.scalars(query))


def forget_jobs(context: Context) -> None:
    with transaction(context) as session:
        for job in session.scalars(select(JobRun).where(JobRun.workspace_id == context.workspace_id)):
            job.state = "cancelled"


def test_a_connection_that_is_switched_off_is_no_alert(world: World, vendor: Script) -> None:
    with at():
        number = connect(world.ours, "One")
        end(world.ours, number, OLD)
        with transaction(world.ours) as session:
            service.set_enabled(session, world.ours, number, enabled=False)
    with at(3 * 24 * 60):
        assert watch(world.ours) == []


def test_a_workspace_whose_watch_breaks_does_not_hold_up_the_others(
    world: World, vendor: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at():
        for context in (world.ours, world.theirs):
            end(context, connect(context, "One"))
    look = alerts.watch

    def watch_or_break(session: Any, context: Context) -> int:
        if context.workspace_id == world.ours.workspace_id:
            raise RuntimeError("the database went away")
        return look(session, context)

    with at(36 * 60 + 1):
        with monkeypatch.context() as patch:
            patch.setattr(alerts, "watch", watch_or_break)
            tasks.watch_health()
        assert (history(world.ours)[0].word, history(world.theirs)[0].word) == ("Healthy", "Stale")
        tasks.watch_health()
        assert history(world.ours)[0].word == "Stale"


def test_held_counts_make_a_connection_yellow_until_they_are_confirmed(world: World, vendor: Script) -> None:
    number = connect(world.ours, "One")
    many = [Seat(external_id=str(each), account_external_id="A", sku="E3", sku_name="E3") for each in range(12)]
    for left in (12, 2):
        with transaction(world.ours) as session:
            run = sync.begin(session, world.ours, number)
            sync.stage(session, world.ours, run, "accounts", [Account(external_id="A", name="Alder")])
            sync.stage(session, world.ours, run, "seats", many[:left])
            sync.switch(session, world.ours, run, complete_streams=["accounts", "seats"])
    found = history(world.ours)[0]
    assert (found.after, found.word) == (Health.ATTENTION, "Count held back")
    with transaction(world.ours) as session:
        (light,) = service.health(session, world.ours)
        assert (light.health, light.reason) == (Health.ATTENTION, found.reason)
        falls.confirm(session, world.ours, [each.id for each in falls.held(session, world.ours)])
    tasks.watch_health()
    assert history(world.ours)[0].after is Health.HEALTHY
