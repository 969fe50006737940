"""Sophos: tenants on hosts of their own (and nowhere else), two ways of paging, the last closed month's quantities."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.connector import SettingsRefused
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Account, Seat, Subscription
from connectors.sandbox.estate.world import HUNTRESS
from connectors.sandbox.vendors.sophos import endpoint_id, tenant_id
from connectors.vendors.sophos.rows import billed, endpoint
from connectors.wire import Wire
from tests.connectors.conformance import specification
from tests.connectors.ground import Ground

CONNECTOR = "sophos"


def _seats(ground: Ground, kind: str) -> dict[str, Seat]:
    found = ground.read("seats")
    return {key: seat for key, seat in found.items() if isinstance(seat, Seat) and seat.kind == kind}


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        tenant_id(account.id): account.name for account in ground.town.index.accounts.of(HUNTRESS)
    }
    held = {endpoint_id(each.id): each for each in ground.town.estate.agents}
    seats = _seats(ground, "agent")
    assert set(seats) == set(held)
    for key, each in held.items():
        seat = seats[key]
        assert seat.account_external_id == tenant_id(each.account_id)
        assert (seat.identity, seat.display_name) == (each.serial, each.hostname)
        assert seat.device_class == ("server" if "Server" in each.os else "workstation")
        assert seat.last_seen_at == each.last_seen_at
        assert seat.attributes["products"] == "coreAgent,interceptX"
        assert seat.attributes["os.name"] == each.os


def test_billed_quantities_are_licences_of_the_last_closed_month(ground: Ground) -> None:
    counts = Counter(
        (tenant_id(each.account_id), "SVRCIXAMSP" if "Server" in each.os else "CIXAMSP")
        for each in ground.town.estate.agents
    )
    ground.sandbox.keeps = True
    seats = _seats(ground, "licence")
    assert {(seat.account_external_id, seat.sku): seat.quantity for seat in seats.values()} == counts
    subscriptions = ground.read("subscriptions")
    assert set(subscriptions) == set(seats)
    first = ground.town.estate.as_of.replace(day=1)
    for key, subscription in subscriptions.items():
        assert isinstance(subscription, Subscription)
        assert subscription.quantity == seats[key].quantity
        assert subscription.attributes["month"] < f"{first:%Y-%m}"
    asked = {each.path for each in ground.sandbox.exchanges if "billing" in each.path}
    assert f"/partner/v1/billing/usage/{first.year}/{first.month}" not in asked, "the month that runs is not asked for"


def test_a_month_that_is_not_closed_yet_is_no_zero(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _seats(ground, "licence")
    monkeypatch.setattr(ground.server, "open_months", 1)
    again = _seats(ground, "licence")
    assert {key: seat.quantity for key, seat in again.items()} == {key: seat.quantity for key, seat in whole.items()}
    assert {seat.attributes["month"] for seat in again.values()} < {
        seat.attributes["month"] for seat in (*whole.values(), *again.values())
    }


def test_each_tenant_is_asked_on_its_own_host(ground: Ground) -> None:
    ground.sandbox.keeps = True
    ground.read("seats")
    hosts = {each.host for each in ground.sandbox.exchanges if each.path.startswith("/endpoint")}
    assert hosts == {"api-us01.central.sophos.com", "api-eu01.central.sophos.com"}
    for each in ground.sandbox.exchanges:
        wanted = "x-partner-id" if each.path.startswith("/partner") else "x-tenant-id"
        other = "x-tenant-id" if wanted == "x-partner-id" else "x-partner-id"
        if each.path.startswith(("/partner", "/endpoint")):
            assert wanted in each.request_headers
            assert other not in each.request_headers


@pytest.mark.parametrize(
    "host",
    [
        "https://sophos.com.evil.example",
        "https://evilsophos.com",
        "http://api-us01.central.sophos.com",
        "https://api-us01.central.sophos.com:8443",
        "https://user@api-us01.central.sophos.com",
        "no address",
    ],
)
def test_a_tenant_on_a_foreign_host_is_never_asked(ground: Ground, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """The host comes with the data; credentials go to Sophos only."""
    monkeypatch.setattr("connectors.sandbox.vendors.sophos._tenant", lambda account: _tenant(account.id, apiHost=host))
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats")
    assert failed.value.kind == "foreign_page"
    assert ground.sandbox.strangers == []


def _tenant(identity: str, **more: str) -> dict[str, str]:
    return {"id": tenant_id(identity), "name": identity, **more}


def test_a_tenant_that_was_never_set_up_has_no_endpoints(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sandbox.vendors.sophos._tenant", lambda account: _tenant(account.id))
    connector = ground.connector()
    assert not [record for record in connector.read("seats") if record.kind == "agent"]
    assert "data region" in " ".join(connector.wire.notes())


def test_a_tenant_that_forbids_its_partner_fails_by_name_or_is_left_out(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = ground.town.index.accounts.of(HUNTRESS)[2]
    monkeypatch.setattr(ground.server, "closed", {shut.name})
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats")
    assert failed.value.kind == "privilege_missing"
    assert shut.name[:20] in failed.value.message
    assert tenant_id(shut.id) in str(failed.value)
    connector = ground.connector({"left_out": tenant_id(shut.id).upper()})
    seats = list(connector.read("seats"))
    assert seats
    assert tenant_id(shut.id) not in {record.account_external_id for record in seats}
    assert tenant_id(shut.id) not in {record.external_id for record in connector.read("accounts")}


def test_a_customers_own_credential_is_refused(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground.server, "caller", "tenant")
    with pytest.raises(ApiFailure, match="partner's credential") as failed:
        ground.connector().identify()
    assert failed.value.kind == "setting_wrong"


def test_a_list_that_ends_before_its_total_is_no_list(ground: Ground) -> None:
    ground.sandbox.faults.plan("drop", "nextKey", times=0)
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats", page_size=1)
    assert failed.value.kind == "paging_broken"


def _examples(call: str) -> list[dict[str, object]]:
    path: Path = specification("sophos-central/sophos-partner.examples.json")
    return [each["body"] for each in json.loads(path.read_text()) if call in each["call"] and each["status"] == 200]


def _rows(body: dict[str, object]) -> list[Row]:
    return Row(json.loads(json.dumps(body), parse_float=Decimal), "example", "Sophos", Wire()).need_rows("items")


def test_sophoss_own_examples_parse() -> None:
    """Among them a billing period that ends on the 31st of April."""
    (usage,) = _examples("Billing/Get usage report")
    (line,) = billed("2021-04", _rows(usage))
    assert (line.sku, line.billable, line.actual) == ("CEAZ1CSMG", Decimal(20), Decimal(20))
    assert line.seat().external_id == "718b6047-2fbc-b4f4-1a43-45ee42bf5d3b/CEAZ1CSMG/C01234ABC1CDEF2"
    for body in _examples("Endpoints/Query endpoints"):
        (seat,) = (endpoint("t", row) for row in _rows(body))
        assert seat.device_class == "workstation"
    (details,) = _examples("Endpoints/Get endpoint details")
    seat = endpoint("t", Row(details, "endpoint", "Sophos", Wire()))
    assert (seat.identity, seat.device_class) == ("P28DA81LMD5T", "server")
    assert seat.last_seen_at is not None


def test_lines_of_one_product_add_up_and_repeated_ones_do_not() -> None:
    line = {"accountId": "a", "sku": "S", "billableQuantity": 2, "actualQuantity": 3, "orderNumber": "1"}
    body = {"items": [{**line, "orderLineItemNumber": "x"}, {**line, "orderLineItemNumber": "y"}]}
    body["items"].append(body["items"][0])
    (found,) = billed("2026-10", _rows(body))
    assert (found.billable, found.actual) == (Decimal(4), Decimal(6))


def test_tenants_to_leave_out_are_ids(ground: Ground) -> None:
    with pytest.raises(SettingsRefused, match="Tenants to leave out"):
        ground.cls.cleaned({**ground.server.settings, "left_out": "Meadowlark"})
