"""SentinelOne: sites and installed agents as the estate holds them, ids that no float can carry, no secret kept."""

from __future__ import annotations

import dataclasses
import json

import pytest

from connectors.connector import SettingsRefused
from connectors.http.failures import ApiFailure
from connectors.records import Account, Seat
from connectors.sandbox.estate.world import HUNTRESS
from connectors.sandbox.vendors.sentinelone import _big
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground

CONNECTOR = "sentinelone"


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        _big(account.id): account.name for account in ground.town.index.accounts.of(HUNTRESS)
    }
    held = {_big(each.id): each for each in ground.town.estate.agents}
    seats = ground.read("seats")
    assert set(seats) == set(held)
    for key, each in held.items():
        seat = seats[key]
        assert isinstance(seat, Seat)
        assert seat.account_external_id == _big(each.account_id)
        assert (seat.identity, seat.display_name) == (each.serial, each.hostname)
        assert seat.device_class == ("server" if "Server" in each.os else "workstation")
        assert (seat.created_at, seat.last_seen_at) == (each.created_at, each.last_seen_at)
        assert seat.status == "active"
        assert seat.attributes["osName"] == each.os


def test_ids_beyond_a_floats_reach_stay_exact(ground: Ground) -> None:
    seats = ground.read("seats")
    assert all(int(key) > 2**53 for key in seats)
    assert any(str(int(float(key))) != key for key in seats), "a float would have changed them"


def test_a_site_lends_its_product_to_its_agents(ground: Ground) -> None:
    ground.sandbox.keeps = True
    seats = ground.read("seats")
    shown = json.loads(ground.sandbox.exchanges[0].body)["data"]["sites"]
    skus = {each["id"]: each["sku"] for each in shown}
    for seat in seats.values():
        assert isinstance(seat, Seat)
        assert seat.sku == skus[seat.account_external_id]
        assert seat.sku_name == f"SentinelOne {seat.sku}"


def test_what_was_taken_out_is_not_counted_even_if_the_filter_is_ignored(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decommissioned agents, and those of deleted sites, whatever the console does with the filter."""
    whole = ground.read("seats")
    monkeypatch.setattr(ground.server, "ignores_filters", True)
    ground.sandbox.keeps = True
    assert ground.read("seats") == whole
    sent = json.loads(ground.sandbox.exchanges[-1].body)["data"]
    assert {each["id"] for each in sent} - set(whole), "the server sent more than counts"


def test_no_secret_is_kept(ground: Ground) -> None:
    ground.sandbox.keeps = True
    records = [*ground.read("accounts").values(), *ground.read("seats").values()]
    assert any(b"registrationToken" in each.body for each in ground.sandbox.exchanges)
    text = json.dumps([dataclasses.asdict(each) for each in records], default=str)
    assert "eyJ1cmwiOiAiaHR0cHM6" not in text
    assert "licenseKey" not in text


def test_a_list_that_ends_before_its_total_is_no_list(ground: Ground) -> None:
    ground.sandbox.faults.plan("null", "nextCursor", times=0, path="agents")
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats", page_size=5)
    assert failed.value.kind == "paging_broken"


def test_a_default_site_carries_its_accounts_name(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    site = ground.server._site
    monkeypatch.setattr(ground.server, "_site", lambda account: {**site(account), "isDefault": True})
    for record in ground.read("accounts").values():
        assert isinstance(record, Account)
        assert record.aliases == ("Northbeam IT",)


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    conformance = Conformance("sentinelone/sentinelone.swagger2.json", "https://usea1-partners.sentinelone.net")
    ground.sandbox.keeps = True
    ground.connector().check()
    for info in ground.cls.streams():
        ground.read(info.name, page_size=5)
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > 10


def test_the_limit_is_what_the_vendor_takes(ground: Ground) -> None:
    ground.sandbox.keeps = True
    ground.read("seats", page_size=5000)
    assert all("limit=1000" in each.query for each in ground.sandbox.exchanges)


@pytest.mark.parametrize("console", ["sentinelone.net.evil.example", "http://x.sentinelone.net", "x.sentinelone.com"])
def test_a_foreign_console_is_refused(ground: Ground, console: str) -> None:
    with pytest.raises(SettingsRefused, match="Console address"):
        ground.cls.cleaned({**ground.server.settings, "console": console})
