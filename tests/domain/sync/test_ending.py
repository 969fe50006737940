"""Syncs that are cancelled, killed or overtaken leave nothing behind; ids and secrets stay where they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlmodel import col, select

from connectors.http.failures import ApiFailure
from connectors.wire import Wire
from rcx_app.core import crypto
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.domain.sync import service
from rcx_app.models import Account, Connection, SyncRun
from tests.conftest import World
from tests.domain.sync.conftest import run_sync, work_off
from tests.domain.sync.looking import (
    BOUGHT,
    SKU,
    cancelling,
    in_force,
    is_nothing_staged,
    last_run,
    row,
    versions,
)
from tests.domain.sync.source import SECRET, VALUES, Script, connect, many
from tests.domain.sync.test_links import CHARGE
from tests.domain.sync.test_switch import ACME, BETA, seat


@pytest.fixture
def fake(world: World, vendor: Script) -> int:
    vendor.has(ACME, BETA, SKU, seat(1), seat(2, "a2"), BOUGHT, CHARGE)
    return connect(world.ours)


def _wait_for_ever(wire: Wire) -> None:
    while True:
        wire.pause(0.02)


@pytest.mark.parametrize("then", [lambda _: None, _wait_for_ever], ids=["reading", "waiting"])
def test_a_cancelled_sync_ends_soon_and_leaves_everything_as_it_was(
    world: World, vendor: Script, fake: int, then: Callable[[Wire], None]
) -> None:
    run_sync(world.ours, fake)
    before, healthy = versions(world), row(world, fake)
    vendor.has(ACME, SKU)
    vendor.steps["seats"] = [*many(600, seat), cancelling(world, fake, then), *many(600, seat)]
    job = run_sync(world.ours, fake)
    assert job.state is JobState.CANCELLED
    assert versions(world) == before
    assert is_nothing_staged(world)
    assert last_run(world, fake).state == "cancelled"
    assert row(world, fake) == healthy


def test_a_killed_worker_doubles_nothing(world: World, vendor: Script, fake: int) -> None:
    with transaction(world.ours) as session:
        job_id = api.request_sync(session, world.ours, fake)
    with transaction(None) as session:
        killed = jobs.claim(session, job_id)
    assert killed is not None
    with transaction(world.ours) as session:
        run_id = service.begin(session, world.ours, fake, mode="quick", job_id=job_id)
        service.stage(session, world.ours, run_id, "accounts", [ACME, replace(ACME, external_id="half")])
    with transaction(None) as session:
        jobs.disown_running(session)
    job = work_off(world.ours, job_id)
    assert job.state is JobState.DONE
    assert in_force(world, Account) == {"a1", "a2"}
    assert is_nothing_staged(world)
    with transaction(world.ours, read_only=True) as session:
        states = session.scalars(select(SyncRun.state).order_by(col(SyncRun.id))).all()
    assert states == ["cancelled", "done"]
    with pytest.raises(Conflict), transaction(world.ours) as session:
        service.stage(session, world.ours, run_id, "accounts", [BETA])


@pytest.mark.parametrize("deed", ["rotate", "disconnect", "disable"])
def test_what_was_read_before_a_change_of_the_connection_takes_no_effect(
    world: World, vendor: Script, fake: int, deed: str
) -> None:
    def change(_: Wire) -> None:
        with transaction(world.ours) as session:
            if deed == "rotate":
                api.rotate(session, world.ours, fake, {"client_secret": "another-secret"})
            elif deed == "disconnect":
                api.disconnect(session, world.ours, fake)
            else:
                integrations.set_enabled(session, world.ours, fake, enabled=False)

    vendor.steps["seats"] = [seat(1), change]
    job = run_sync(world.ours, fake)
    assert job.state is (JobState.CANCELLED if deed == "disconnect" else JobState.FAILED)
    assert in_force(world, Account) == set()
    assert last_run(world, fake).state == "cancelled"
    assert row(world, fake).state == "never"


def test_a_job_that_names_another_workspaces_connection_finds_nothing(world: World, vendor: Script, fake: int) -> None:
    with transaction(world.theirs) as session:
        job_id = jobs.enqueue(session, world.theirs, "sync.run", {"connection_id": fake, "full": True})
    job = work_off(world.theirs, job_id)
    assert (job.state, job.error) == (JobState.FAILED, "This sync was not found.")
    assert vendor.asked == []
    assert in_force(world, Account) == set()
    for call in (service.runs, integrations.connection):
        with pytest.raises(NotFound), transaction(world.theirs) as session:
            call(session, world.theirs, fake)


def test_a_connection_of_a_sandbox_never_reaches_its_vendor(
    world: World, vendor: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCX_SANDBOX_URL", "http://127.0.0.1:9/")
    settings.cache_clear()
    sandboxed, plain = connect(world.ours, "Sandboxed", is_sandbox=True), connect(world.ours, "Plain")
    run_sync(world.ours, sandboxed)
    run_sync(world.ours, plain)
    assert [wire.sandbox_url for wire in vendor.wires] == ["http://127.0.0.1:9", ""]
    assert not any(wire.may_write for wire in vendor.wires)
    with transaction(world.ours) as session:
        job_id = api.request_sync(session, world.ours, sandboxed)
    monkeypatch.delenv("RCX_SANDBOX_URL")
    settings.cache_clear()
    assert "no sandbox" in work_off(world.ours, job_id).error
    assert len(vendor.wires) == 2


def test_credentials_that_no_key_fits_are_told_and_can_be_entered_again(
    world: World, vendor: Script, fake: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCX_SECRET_KEYS", Fernet.generate_key().decode())
    settings.cache_clear()
    crypto.forget_keys()
    job = run_sync(world.ours, fake)
    assert job.state is JobState.FAILED
    assert job.error.startswith("Fake: Stored credentials can't be decrypted.")
    assert (row(world, fake).state, row(world, fake).last_failure["whose"]) == ("failed", "admin")
    with transaction(world.ours) as session:
        assert [each.is_set for each in api.settings_of(session, world.ours, fake).fields] == [True, True, False]
        api.rotate(session, world.ours, fake, {"client_secret": SECRET})
    assert run_sync(world.ours, fake).state is JobState.DONE


def test_progress_tells_the_stream_and_what_was_read_of_the_others(world: World, vendor: Script, fake: int) -> None:
    seen: list[JobView] = []

    def look(_: Wire) -> None:
        with transaction(world.ours, read_only=True) as session:
            seen.append(api.open_syncs(session, world.ours)[fake])

    vendor.steps["seats"] = [*many(500, seat), look]
    run_sync(world.ours, fake)
    assert seen[0].note == "2 accounts, 1 SKU; reading seats"


def test_no_secret_is_left_anywhere(
    world: World, vendor: Script, fake: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    echo = ApiFailure("refused", f"Fake Vendor {SECRET}", SECRET, detail=f"bad secret {SECRET}")
    outcomes: list[Any] = [run_sync(world.ours, fake)]
    vendor.steps["seats"] = [ValueError(SECRET)]
    outcomes.append(run_sync(world.ours, fake))
    vendor.steps["seats"] = [lambda wire: wire.observe("vendor_request", {"path": "/seats", "outcome": "ok"}), echo]
    outcomes.append(run_sync(world.ours, fake))
    vendor.sign_in = echo
    outcomes.append(run_sync(world.ours, fake))
    outcomes.append(api.test(world.ours, "fake", {}, connection_id=fake))
    vendor.sign_in = ValueError(SECRET)
    outcomes.append(run_sync(world.ours, fake))
    outcomes.append(api.test(world.ours, "fake", VALUES))
    with transaction(world.ours) as session:
        api.rotate(session, world.ours, fake, {"client_id": "other", "client_secret": SECRET})
        outcomes.append(api.settings_of(session, world.ours, fake))
        tables = (
            "audit_event",
            "job_run",
            "sync_run",
            "connection",
            "staged_record",
            "account",
            "seat",
            "health_change",
        )
        for table in tables:
            outcomes += session.execute(text(f"SELECT * FROM {table}")).all()
        outcomes.append(session.get_one(Connection, fake))
    said = capsys.readouterr()
    everything = repr(outcomes) + said.out + said.err
    assert "connector_crashed" in everything
    assert "vendor_request" in everything
    assert SECRET not in everything
    assert SECRET.encode() not in b"".join(each for each in _blobs(world))
    assert vendor.secrets_seen[0] == SECRET


def _blobs(world: World) -> list[bytes]:
    with transaction(world.ours, read_only=True) as session:
        return [each for each in session.scalars(select(Connection.credentials)) if each]
