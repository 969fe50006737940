"""Reading changes only: from where, what for, and when everything is read again."""

from __future__ import annotations

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Removed
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import api
from rcx_app.models import Seat
from tests.conftest import World
from tests.domain.sync.conftest import run_sync
from tests.domain.sync.looking import (
    BOUGHT,
    DOWN,
    SKU,
    cancelling,
    in_force,
    last_run,
    row,
)
from tests.domain.sync.source import SECRET, Script, connect, many
from tests.domain.sync.test_links import CHARGE
from tests.domain.sync.test_switch import ACME, BETA, seat


@pytest.fixture
def fake(world: World, vendor: Script) -> int:
    vendor.has(ACME, BETA, SKU, seat(1), seat(2, "a2"), BOUGHT, CHARGE)
    return connect(world.ours)


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


def test_an_account_that_is_new_or_back_gets_its_seats_by_a_whole_read_next(
    world: World, vendor: Script, fake: int
) -> None:
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
