"""`/metrics`: who may read it, and that what it tells is what the database holds, whoever did it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.routing import Router

from connectors.http.failures import ApiFailure
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import service
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.operations import ticks
from rcx_app.domain.sync import service as sync
from rcx_app.models import Connection, JobRun
from rcx_app.web import metrics
from tests.conftest import World
from tests.domain.sync.conftest import run_sync
from tests.domain.sync.source import SECRET, Script, connect, playing
from tests.domain.sync.test_switch import ACME, seat

TOKEN = "let-me-read"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)


@pytest.fixture
def given_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCX_METRICS_TOKEN", TOKEN)
    settings.cache_clear()


def ask(headers: dict[str, str] | None = None, *, caller: str = "10.0.0.9") -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=Router(routes=metrics.ROUTES), client=(caller, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://rcx.example") as client:
            return await client.get("/metrics", headers=headers)

    return asyncio.run(call())


def told() -> dict[str, float]:
    """``name{label=value,...}``, labels sorted -> number."""
    answer = ask(BEARER)
    assert answer.status_code == 200
    assert SECRET not in answer.text
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_nobody_reads_them_unless_somebody_said_who(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(BEARER, caller="127.0.0.1").status_code == 404
    monkeypatch.setenv("RCX_METRICS_TOKEN", TOKEN)
    settings.cache_clear()
    for shown in ({}, {"authorization": "Bearer other"}, {"authorization": f"Basic {TOKEN}"}, {"authorization": ""}):
        answer = ask(shown, caller="127.0.0.1")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    answer = ask(BEARER)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"


def test_on_loopback_means_the_caller_itself(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCX_METRICS_ON_LOOPBACK", "true")
    settings.cache_clear()
    assert ask(caller="127.0.0.1").status_code == ask(caller="::1").status_code == 200
    assert ask().status_code == 401
    assert ask({"x-forwarded-for": "198.51.100.7"}, caller="127.0.0.1").status_code == 401, (
        "a proxy's caller is not here"
    )
    assert ask({"authorization": "Bearer "}).status_code == 401, "no token opens nothing"


def test_syncs_are_told_by_vendor_kind_and_what_became_of_rows(world: World, vendor: Script, given_token: None) -> None:
    ours, theirs = connect(world.ours, "Acme Dental's own"), connect(world.theirs, "Two")
    vendor.has(ACME, seat(1), seat(2))
    run_sync(world.ours, ours)
    run_sync(world.theirs, theirs)
    vendor.has(ACME, seat(1))
    run_sync(world.ours, ours, full=True)
    vendor.steps["seats"] = [ApiFailure("vendor_down", "Fake Vendor")]
    run_sync(world.ours, ours)
    found = told()
    runs = {name: value for name, value in found.items() if name.startswith("rcx_sync_runs_total")}
    assert runs == {
        "rcx_sync_runs_total{mode=quick,state=done,vendor=fake}": 2,
        "rcx_sync_runs_total{mode=full,state=done,vendor=fake}": 1,
        "rcx_sync_runs_total{mode=quick,state=partial,vendor=fake}": 1,
    }
    assert found["rcx_sync_duration_seconds_count{vendor=fake}"] == 4
    assert 0 < found["rcx_sync_duration_seconds_sum{vendor=fake}"] < 60
    assert found["rcx_sync_rows_total{outcome=added,stream=seats,vendor=fake}"] == 4
    assert found["rcx_sync_rows_total{outcome=removed,stream=seats,vendor=fake}"] == 1
    assert found["rcx_sync_failures_total{kind=vendor_down,vendor=fake}"] == 1
    assert "Acme" not in str(found), "what people type is in no label"
    vendor.has(ACME, seat(1))
    with transaction(world.ours) as session:
        begun = sync.begin(session, world.ours, ours)
    assert told()["rcx_sync_runs_total{mode=full,state=running,vendor=fake}"] == 1
    run_sync(world.theirs, theirs)
    with transaction(world.ours) as session:
        sync.fail(session, world.ours, begun, "It broke.")
    for _ in range(2):
        found = told()
        assert found["rcx_sync_runs_total{mode=quick,state=done,vendor=fake}"] == 3
        assert found["rcx_sync_runs_total{mode=full,state=failed,vendor=fake}"] == 1
        assert "rcx_sync_runs_total{mode=full,state=running,vendor=fake}" not in found
        assert found["rcx_sync_duration_seconds_count{vendor=fake}"] == 6, "each run once, however often it is asked"


def test_connections_are_told_as_people_see_them(world: World, vendor: Script, given_token: None) -> None:
    numbers = [connect(world.ours, label) for label in ("Well", "Old", "Never", "Off")]
    vendor.has(ACME)
    for number in numbers[:2]:
        run_sync(world.ours, number)
    with transaction(world.ours) as session:
        session.get_one(Connection, numbers[1]).last_complete_at = clock.now() - timedelta(hours=50)
        service.set_enabled(session, world.ours, numbers[3], enabled=False)
    found = told()
    with transaction(world.ours, read_only=True) as session:
        shown = sorted(each.health.value for each in service.health(session, world.ours))
    assert shown == ["attention", "attention", "healthy", "off"]
    assert {name: found[name] for name in found if name.startswith("rcx_connections")} == {
        "rcx_connections{health=attention,vendor=fake}": 2,
        "rcx_connections{health=healthy,vendor=fake}": 1,
        "rcx_connections{health=off,vendor=fake}": 1,
    }
    assert found["rcx_complete_sync_age_seconds{vendor=fake}"] == pytest.approx(50 * 3600, abs=60)
    assert found["rcx_never_synced_connections{vendor=fake}"] == 1


def test_the_queue_is_told_and_by_workspace_if_asked(
    world: World, redis_url: str, given_token: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for context, minutes in ((world.ours, 5), (world.theirs, 9)):
        with transaction(context) as session:
            number = jobs.enqueue(session, context, "mapping.match", {})
            session.get_one(JobRun, number).created_at = clock.now() - timedelta(minutes=minutes)
    ticks.note()
    found = told()
    assert found["rcx_jobs{kind=mapping.match,state=queued}"] == found["rcx_queue_depth{kind=mapping.match}"] == 2
    assert found["rcx_queue_oldest_age_seconds{kind=mapping.match}"] == pytest.approx(540, abs=30)
    assert found["rcx_scheduler_last_tick_timestamp_seconds"] == pytest.approx(clock.now().timestamp(), abs=60)
    monkeypatch.setenv("RCX_METRICS_BY_WORKSPACE", "true")
    settings.cache_clear()
    ours = world.ours.workspace_id
    assert told()[f"rcx_queue_depth{{kind=mapping.match,workspace={ours}}}"] == 1
    assert told()[f"rcx_queue_oldest_age_seconds{{kind=mapping.match,workspace={ours}}}"] == pytest.approx(300, abs=30)
