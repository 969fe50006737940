"""A sync of a vendor's API, run as a worker runs it: what takes effect, what does not, and what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import col, select

from connectors.http.failures import ApiFailure
from connectors.wire import Wire
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.jobs import handle
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.models import Account, JobRun, Seat, StagedRecord, Subscription
from tests.conftest import World
from tests.domain.sync.conftest import run_sync
from tests.domain.sync.looking import (
    BOUGHT,
    DOWN,
    SKU,
    in_force,
    is_nothing_staged,
    last_run,
    row,
    versions,
    waiting,
)
from tests.domain.sync.source import SECRET, Script, connect, many
from tests.domain.sync.test_links import CHARGE
from tests.domain.sync.test_switch import ACME, BETA, seat


@pytest.fixture
def fake(world: World, vendor: Script) -> int:
    vendor.has(ACME, BETA, SKU, seat(1), seat(2, "a2"), BOUGHT, CHARGE)
    return connect(world.ours)


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


def test_how_far_it_is_is_told_by_time_and_not_by_batches(
    world: World, vendor: Script, fake: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle, "_THROTTLE_S", 0.0)
    told: list[tuple[int, str]] = []

    def look(_: Wire) -> None:
        with transaction(world.ours, read_only=True) as session:
            (job,) = jobs.open_jobs(session, world.ours, ["sync.run"])
            told.append((job.done, job.note))

    vendor.steps["seats"] = [*many(7, seat), look, seat(8), look]
    run_sync(world.ours, fake)
    assert [(done, note.endswith("reading seats")) for done, note in told] == [(7, True), (8, True)]


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
