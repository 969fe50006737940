"""A sync of a vendor's API, run as a worker runs it: what takes effect, what does not, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlmodel import col, select

from connectors import records
from connectors.http.failures import ApiFailure
from connectors.records import Removed
from connectors.wire import Wire
from rcx_app.core import clock, crypto
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.domain.sync import service
from rcx_app.domain.sync.repository import table_of
from rcx_app.domain.sync.rows import STREAMS
from rcx_app.domain.sync.schemas import SyncRunView
from rcx_app.models import Account, Connection, JobRun, Seat, SourceRow, StagedRecord, Subscription, SyncRun
from tests.conftest import World
from tests.domain.sync.conftest import run_sync, work_off
from tests.domain.sync.source import SECRET, VALUES, Script, connect, many
from tests.domain.sync.test_links import CHARGE
from tests.domain.sync.test_switch import ACME, BETA, seat

SKU = records.Sku(external_id="CFQ-1", name="Business Premium")
BOUGHT = records.Subscription(external_id="b1", account_external_id="a1", sku="CFQ-1", quantity=Decimal(5))
DOWN = ApiFailure("vendor_down", "Fake Vendor", status=503)


@pytest.fixture
def fake(world: World, vendor: Script) -> int:
    vendor.has(ACME, BETA, SKU, seat(1), seat(2, "a2"), BOUGHT, CHARGE)
    return connect(world.ours)


def in_force(world: World, table: type[SourceRow]) -> set[str]:
    with transaction(world.ours, read_only=True) as session:
        return set(session.scalars(select(table.external_id).where(col(table.removed_at).is_(None))))


def row(world: World, connection_id: int) -> Connection:
    with transaction(world.ours, read_only=True) as session:
        return session.get_one(Connection, connection_id)


def last_run(world: World, connection_id: int) -> SyncRunView:
    with transaction(world.ours, read_only=True) as session:
        return service.runs(session, world.ours, connection_id).items[0]


def waiting(world: World) -> list[str]:
    with transaction(world.ours, read_only=True) as session:
        return sorted(session.scalars(select(JobRun.kind).where(col(JobRun.state).in_(("queued", "sent")))))


def versions(world: World) -> dict[str, list[Any]]:
    """What moves whenever a source row is written."""
    with transaction(world.ours, read_only=True) as session:
        version = "xmin::text" if session.get_bind().dialect.name == "postgresql" else "changed_at"
        return {
            name: [tuple(each) for each in session.execute(text(f"SELECT id, {version} FROM {table_of(stream).name}"))]
            for name, stream in STREAMS.items()
        }


def is_nothing_staged(world: World) -> bool:
    with transaction(world.ours, read_only=True) as session:
        return session.scalars(select(StagedRecord)).first() is None


# --- what takes effect


def test_a_sync_brings_everything_into_force_and_asks_for_the_matching(world: World, vendor: Script, fake: int) -> None:
    job = run_sync(world.ours, fake)
    assert (job.state, job.error) == (JobState.DONE, "")
    assert [name for name, _ in vendor.asked] == ["accounts", "skus", "seats", "subscriptions", "charges"]
    assert {name: each["added"] for name, each in job.result["counts"].items()} == {
        "accounts": 2,
        "skus": 1,
        "seats": 2,
        "subscriptions": 1,
        "charges": 1,
    }
    assert (job.result["account"], job.result["state"], job.result["mode"]) == ("Northbeam at Fake", "done", "quick")
    found = row(world, fake)
    assert (found.state, found.last_error, found.vendor) == ("ok", "", "fakevendor")
    assert found.last_complete_at is not None
    assert found.checked_at is not None
    run = last_run(world, fake)
    assert (run.state, run.mode, run.counts["seats"].added) == ("done", "quick", 2)
    assert waiting(world) == ["mapping.match"]
    assert is_nothing_staged(world)
    assert vendor.closed == 1
    with transaction(world.theirs, read_only=True) as session:
        assert integrations.connections(session, world.theirs) == []


def test_an_unchanged_second_sync_writes_no_source_row_and_asks_for_nothing(
    world: World, vendor: Script, fake: int
) -> None:
    vendor.has(*many(1100, seat), ACME, BETA, SKU, BOUGHT, CHARGE)
    run_sync(world.ours, fake)
    before = versions(world)
    with transaction(world.ours) as session:
        for job in session.scalars(select(JobRun).where(JobRun.kind == "mapping.match")):
            job.state = "done"
    with clock.frozen(clock.now() + timedelta(hours=1)):
        job = run_sync(world.ours, fake)
    assert (job.result["written"], job.result["counts"]["seats"]["unchanged"]) == (0, 1100)
    assert versions(world) == before
    assert waiting(world) == []


def test_records_are_staged_in_batches_of_some_hundred(world: World, vendor: Script, fake: int) -> None:
    sizes: list[int] = []

    def look(_: Wire) -> None:
        with transaction(world.ours, read_only=True) as session:
            sizes.append(len(session.scalars(select(StagedRecord).where(StagedRecord.stream == "seats")).all()))

    later = [seat(number) for number in range(501, 1002)]
    vendor.steps["seats"] = [*many(499, seat), look, seat(500), look, *later, look]
    run_sync(world.ours, fake)
    assert sizes == [0, 500, 1000]
    assert len(in_force(world, Seat)) == 1001


# --- streams that fail


@pytest.mark.parametrize("after", [0, 700])
def test_a_stream_that_breaks_leaves_its_last_truth_and_the_others_take_effect(
    world: World, vendor: Script, fake: int, after: int
) -> None:
    run_sync(world.ours, fake)
    gamma = replace(BETA, external_id="a3", name="Gamma")
    failure = ApiFailure("rate_limited", "Fake Vendor", retry_after_s=900, detail=f"key {SECRET} is busy")
    vendor.has(ACME, gamma, SKU, replace(BOUGHT, quantity=Decimal(9)), CHARGE)
    vendor.steps["seats"] = [*many(after, lambda number: seat(number + 10)), failure]
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with clock.frozen(at):
        job = run_sync(world.ours, fake)
    assert (job.state, job.result["state"]) == (JobState.DONE, "partial")
    assert in_force(world, Seat) == {"s1", "s2"}
    assert in_force(world, Account) == {"a1", "a2", "a3"}  # a2 stays, since seats still refer to it
    with transaction(world.ours, read_only=True) as session:
        assert session.scalars(select(Subscription.quantity)).one() == Decimal(9)
    found = row(world, fake)
    assert found.state == "partial"
    assert found.last_error.startswith("Not brought up to date: seats. Fake Vendor asks for fewer requests.")
    assert (found.last_failure["whose"], found.last_failure["kind"]) == ("vendor", "rate_limited")
    assert "goes on by itself" in found.last_failure["remedy"]
    run = last_run(world, fake)
    assert (run.state, run.retry_at) == ("partial", at + timedelta(seconds=900))
    assert [each.streams for each in run.failures] == [("seats",)]
    assert is_nothing_staged(world)
    with transaction(world.ours, read_only=True) as session:
        view = integrations.connection(session, world.ours, fake)
    assert view.failure is not None
    assert (view.word, view.failure.streams) == ("Partly read", ("seats",))


def test_the_next_sync_heals(world: World, vendor: Script, fake: int) -> None:
    vendor.steps["seats"] = [DOWN]
    run_sync(world.ours, fake)
    vendor.steps["seats"] = [seat(1)]
    run_sync(world.ours, fake)
    found = row(world, fake)
    assert (found.state, found.last_error, found.last_failure) == ("ok", "", {})
    assert in_force(world, Seat) == {"s1"}


def test_what_stands_below_a_failed_stream_is_not_even_asked_for(world: World, vendor: Script, fake: int) -> None:
    vendor.steps["accounts"] = [ACME, DOWN]
    job = run_sync(world.ours, fake)
    assert [name for name, _ in vendor.asked] == ["accounts", "skus", "charges"]
    assert set(job.result["counts"]) == {"skus", "charges"}
    (failure,) = job.result["failures"]
    assert failure["streams"] == ["accounts", "seats", "subscriptions"]
    assert in_force(world, Account) == set()


def test_where_nothing_can_be_read_the_run_fails(world: World, vendor: Script, fake: int) -> None:
    run_sync(world.ours, fake)
    before = versions(world)
    vendor.steps = {name: [DOWN] for name in ("accounts", "skus", "charges")}
    job = run_sync(world.ours, fake)
    assert job.state is JobState.FAILED
    assert job.error.startswith("Fake: Fake Vendor has a fault of its own.")
    assert (row(world, fake).state, last_run(world, fake).state) == ("failed", "failed")
    assert versions(world) == before


@pytest.mark.parametrize("where", ["sign_in", "seats"])
def test_a_refused_sign_in_fails_the_run_wherever_it_shows(world: World, vendor: Script, fake: int, where: str) -> None:
    run_sync(world.ours, fake)
    before = versions(world)
    refused = ApiFailure("credentials_refused", "Fake Vendor")
    vendor.has(ACME, SKU)
    if where == "sign_in":
        vendor.sign_in = refused
    else:
        vendor.steps["seats"] = [seat(1), refused]
    job = run_sync(world.ours, fake)
    assert job.state is JobState.FAILED
    assert job.error == (
        "Fake: Fake Vendor does not accept the credentials. "
        "Enter them again; check that they were not revoked or have expired."
    )
    found = row(world, fake)
    assert (found.state, found.last_failure["whose"]) == ("failed", "admin")
    assert versions(world) == before
    assert is_nothing_staged(world)


def test_a_fault_in_a_connector_fails_its_stream_and_says_nothing_of_what_the_vendor_sent(
    world: World, vendor: Script, fake: int
) -> None:
    vendor.steps["seats"] = [KeyError(f"no field in {SECRET}")]
    job = run_sync(world.ours, fake)
    (failure,) = job.result["failures"]
    assert (failure["kind"], failure["whose"], failure["streams"]) == ("crashed", "rcx", ["seats"])
    assert in_force(world, Account) == {"a1", "a2"}


def test_a_record_that_can_not_be_stored_fails_its_stream(world: World, vendor: Script, fake: int) -> None:
    vendor.steps["seats"] = [seat(1, quantity=Decimal("0.1234567"))]
    job = run_sync(world.ours, fake)
    (failure,) = job.result["failures"]
    assert "s1" in failure["message"]
    assert in_force(world, Subscription) == {"b1"}


def test_a_right_that_may_be_missing_leaves_its_stream_out(world: World, vendor: Script, fake: int) -> None:
    missing = ApiFailure("privilege_missing", "Fake Vendor", "Invoices: read", status=403)
    vendor.steps["charges"] = [missing]
    job = run_sync(world.ours, fake)
    assert (job.result["state"], row(world, fake).state) == ("done", "ok")
    assert last_run(world, fake).notes == ("Not read, as the API user may not (“Invoices: read”): charges.",)
    vendor.steps["charges"] = [CHARGE]
    run_sync(world.ours, fake)
    vendor.steps["charges"] = [missing]
    assert run_sync(world.ours, fake).result["state"] == "partial"


def test_seats_of_an_account_that_was_not_read_are_left_out_and_said(world: World, vendor: Script, fake: int) -> None:
    vendor.steps["seats"] = [seat(1), seat(2, "a2"), seat(3, "a9")]
    job = run_sync(world.ours, fake)
    assert job.result["state"] == "done"
    assert in_force(world, Seat) == {"s1", "s2"}
    assert last_run(world, fake).notes == ("Left out: 1 of 3 seats, whose account was not read (s3 of a9).",)


def test_health_that_comes_back_asks_for_a_reconciliation_though_no_row_changed(
    world: World, vendor: Script, fake: int
) -> None:
    run_sync(world.ours, fake)
    seats = vendor.steps["seats"]
    vendor.steps["seats"] = [DOWN]
    run_sync(world.ours, fake)
    with transaction(world.ours) as session:
        for job in session.scalars(select(JobRun).where(col(JobRun.state) == "queued")):
            job.state = "done"
    vendor.steps["seats"] = seats
    assert run_sync(world.ours, fake).result["written"] == 0
    assert waiting(world) == ["reconcile.run"]


# --- ended from outside


def cancelling(world: World, fake: int, then: Callable[[Wire], None]) -> Callable[[Wire], None]:
    def step(wire: Wire) -> None:
        with transaction(world.ours) as session:
            jobs.cancel(session, world.ours, api.open_syncs(session, world.ours)[fake].id)
        then(wire)

    return step


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


# --- cursors


def test_changes_only_are_read_where_the_vendor_offers_it(world: World, vendor: Script, fake: int) -> None:
    vendor.cursors["seats"] = "one"
    run_sync(world.ours, fake)
    assert row(world, fake).cursors == {"seats": "one"}
    vendor.changes["seats"] = [Removed(external_id="s2"), seat(3)]
    vendor.cursors["seats"] = "two"
    job = run_sync(world.ours, fake)
    assert vendor.asked[-3:] == [("seats", "one"), ("subscriptions", ""), ("charges", "")]
    assert job.result["counts"]["seats"] == {"read": 1, "added": 1, "changed": 0, "unchanged": 0, "removed": 1}
    assert in_force(world, Seat) == {"s1", "s3"}
    assert row(world, fake).cursors == {"seats": "two"}


def test_a_cursor_is_kept_only_with_the_switch_of_its_stream(world: World, vendor: Script, fake: int) -> None:
    vendor.cursors["seats"] = "one"
    run_sync(world.ours, fake)
    vendor.cursors["seats"] = "two"
    vendor.changes["seats"] = [seat(3), DOWN]
    run_sync(world.ours, fake)
    assert row(world, fake).cursors == {"seats": "one"}
    vendor.changes["seats"] = [seat(3), cancelling(world, fake, lambda _: None), *many(600, seat)]
    run_sync(world.ours, fake)
    assert row(world, fake).cursors == {"seats": "one"}
    vendor.changes["seats"] = [seat(3)]
    vendor.sign_in = ApiFailure("credentials_refused", "Fake Vendor")
    run_sync(world.ours, fake)
    assert row(world, fake).cursors == {"seats": "one"}
    vendor.sign_in = None
    run_sync(world.ours, fake)
    assert row(world, fake).cursors == {"seats": "two"}
    assert in_force(world, Seat) == {"s1", "s2", "s3"}


def test_a_cursor_that_the_vendor_forgot_leads_to_a_whole_read_at_once(world: World, vendor: Script, fake: int) -> None:
    vendor.cursors["seats"] = "one"
    run_sync(world.ours, fake)
    vendor.changes["seats"] = [Removed(external_id="s1"), seat(9), ApiFailure("cursor_expired", "Fake Vendor")]
    vendor.steps["seats"] = [seat(1), seat(4)]
    vendor.cursors["seats"] = "two"
    job = run_sync(world.ours, fake)
    assert job.result["state"] == "done"
    assert [each for each in vendor.asked if each[0] == "seats"] == [("seats", ""), ("seats", "one"), ("seats", "")]
    assert in_force(world, Seat) == {"s1", "s4"}
    assert row(world, fake).cursors == {"seats": "two"}


def test_an_account_that_is_back_gets_its_seats_by_a_whole_read_next(world: World, vendor: Script, fake: int) -> None:
    vendor.cursors["seats"] = "one"
    run_sync(world.ours, fake)
    vendor.steps["accounts"] = [ACME]
    run_sync(world.ours, fake)
    assert in_force(world, Seat) == {"s1"}
    vendor.steps["accounts"] = [ACME, BETA]
    run_sync(world.ours, fake)
    assert row(world, fake).cursors == {}
    run_sync(world.ours, fake)
    assert in_force(world, Seat) == {"s1", "s2"}


def test_a_full_sync_trusts_no_cursor(world: World, vendor: Script, fake: int) -> None:
    vendor.cursors["seats"] = "one"
    run_sync(world.ours, fake)
    vendor.steps["seats"] = [seat(1)]
    job = run_sync(world.ours, fake, full=True)
    assert (job.result["mode"], last_run(world, fake).mode) == ("full", "full")
    assert in_force(world, Seat) == {"s1"}


def test_new_credentials_force_the_next_sync_to_be_full(world: World, vendor: Script, fake: int) -> None:
    vendor.cursors["seats"] = "one"
    run_sync(world.ours, fake)
    with transaction(world.ours) as session:
        api.rotate(session, world.ours, fake, {"client_secret": "another-secret"})
    assert row(world, fake).must_read_whole
    vendor.steps["seats"] = [seat(1), DOWN]
    assert run_sync(world.ours, fake).result["mode"] == "full"
    assert (row(world, fake).must_read_whole, row(world, fake).cursors) == (False, {})
    vendor.steps["seats"] = [seat(1)]
    run_sync(world.ours, fake)
    assert vendor.secrets_seen == [SECRET, "another-secret", "another-secret"]
    assert in_force(world, Seat) == {"s1"}


# --- whose it is, and what is told


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
        tables = ("audit_event", "job_run", "sync_run", "connection", "staged_record", "account", "seat")
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
