"""GravityZone: errors inside a 200, answers that belong to their question, times without a zone, the closed month."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from connectors.connector import SettingsRefused
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Account, Seat
from connectors.sandbox.estate.world import HUNTRESS
from connectors.sandbox.vendors.bitdefender import hexed
from connectors.vendors.bitdefender.rows import endpoint
from connectors.wire import Wire
from tests.connectors.conformance import specification
from tests.connectors.ground import Ground

CONNECTOR = "bitdefender"


def _seats(ground: Ground, kind: str, settings: dict[str, str] | None = None) -> dict[str, Seat]:
    found = ground.connector(settings).read("seats")
    return {seat.external_id: seat for seat in found if isinstance(seat, Seat) and seat.kind == kind}


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        hexed(account.id): account.name for account in ground.town.index.accounts.of(HUNTRESS)
    }
    held = {hexed(each.id): each for each in ground.town.estate.agents}
    seats = _seats(ground, "agent")
    assert set(seats) == set(held)
    for key, each in held.items():
        seat = seats[key]
        assert seat.account_external_id == hexed(each.account_id)
        assert (seat.identity, seat.display_name) == (each.hostname, each.hostname)
        assert seat.device_class == ("server" if "Server" in each.os else "workstation")
        assert seat.last_seen_at is None
        assert seat.attributes["operatingSystemVersion"] == each.os


def test_the_last_contact_is_asked_for_one_by_one_and_has_no_zone(ground: Ground) -> None:
    ground.sandbox.keeps = True
    seats = _seats(ground, "agent", {"last_contact": "yes"})
    shown = [json.loads(each.body)["result"] for each in ground.sandbox.exchanges if b"lastSeen" in each.body]
    assert len(shown) == len(seats)
    assert not [each for each in shown if each["lastSeen"].endswith("Z") or "+" in each["lastSeen"]]
    for each in ground.town.estate.agents:
        assert seats[hexed(each.id)].last_seen_at == each.last_seen_at
        assert seats[hexed(each.id)].attributes["agent.productVersion"] == each.version


def test_an_endpoint_without_details_still_counts(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was in the list, and left between the two questions."""
    whole = _seats(ground, "agent")
    known, gone = ground.server.details, next(iter(whole))

    def details(params: dict[str, Any]) -> object:
        if params["endpointId"] == gone:
            raise ValueError("endpointId")
        return known(params)

    monkeypatch.setattr(ground.server, "details", details)
    seats = _seats(ground, "agent", {"last_contact": "yes"})
    assert set(seats) == set(whole)
    assert seats[gone].last_seen_at is None


def test_usage_is_that_of_the_last_closed_month(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground.server, "packages", {"mspSecurePlusMonthlyUsage": 3, "atsMonthlyUsage": 0})
    seats = _seats(ground, "licence")
    first = ground.town.estate.as_of.replace(day=1)
    for account in ground.town.index.accounts.of(HUNTRESS):
        counted = len(ground.town.index.agents.of(account.id))
        seat = seats.get(f"{hexed(account.id)}/endpointMonthlyUsage")
        assert (seat.quantity if seat else 0) == counted
        package = seats[f"{hexed(account.id)}/mspSecurePlusMonthlyUsage"]
        assert (package.quantity, package.sku_name) == (Decimal(3), "Msp secure plus")
        assert package.attributes["month"] < f"{first:%Y-%m}"
    assert not [key for key in seats if key.endswith("/atsMonthlyUsage")]


def test_what_is_not_managed_is_not_counted(ground: Ground) -> None:
    ground.sandbox.keeps = True
    seats = _seats(ground, "agent")
    assert any(b'"isManaged": false' in each.body for each in ground.sandbox.exchanges)
    assert not [key for key in seats if key.endswith("dead")]


@pytest.mark.parametrize(
    ("code", "said", "wanted"),
    [
        (-32001, "API Key is not allowed to access the selected API: Network", "privilege_missing"),
        (-32001, "Invalid API key. Please generate an API key in Control Center.", "credentials_refused"),
        (-32002, "Resource not found", "not_found"),
        (-32003, "Too many requests", "rate_limited"),
        (-32602, "Invalid params", "refused"),
        (-32000, "Server error", "vendor_down"),
    ],
)
def test_errors_inside_a_200_are_errors(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, code: int, said: str, wanted: str
) -> None:
    monkeypatch.setattr(
        "connectors.sandbox.vendors.bitdefender._error",
        lambda number, _code, _said: {"id": number, "error": {"code": code, "message": "E", "data": {"details": said}}},
    )
    monkeypatch.setattr(ground.server, "areas", frozenset())
    ground.sandbox.keeps = True
    with pytest.raises(ApiFailure) as failed:
        ground.read("accounts")
    assert {each.status for each in ground.sandbox.exchanges} == {200}
    assert failed.value.kind == wanted
    assert failed.value.detail == said


def test_a_key_without_an_area_names_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground.server, "areas", frozenset({"network", "companies"}))
    with pytest.raises(ApiFailure, match="Licensing API") as failed:
        ground.read("seats")
    assert failed.value.kind == "privilege_missing"


def test_an_answer_to_another_question_is_not_taken(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """All questions of an area go to one address; a proxy that mixes answers up would move endpoints."""
    companies = ground.server.companies

    def mixed_up(params: dict[str, Any]) -> object:
        ground.sandbox.faults.plan("repeat", times=0, path="jsonrpc")
        return companies(params)

    monkeypatch.setattr(ground.server, "companies", mixed_up)
    with pytest.raises(ApiFailure, match="not to the question") as failed:
        ground.read("accounts")
    assert failed.value.kind == "unexpected_shape"


def test_a_customers_key_is_refused_and_not_read_as_nothing(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground.server, "own_type", 1)
    with pytest.raises(ApiFailure, match="partner's API key") as failed:
        ground.read("accounts")
    assert failed.value.kind == "setting_wrong"


def _example(name: str) -> Row:
    body = json.loads(specification(f"bitdefender/{name}-success.json").read_text(), parse_float=Decimal)
    return Row(body, "example", "Bitdefender GravityZone", Wire()).row("result")


def test_example_answers_parse() -> None:
    details = _example("getManagedEndpointDetails")
    first, second = (endpoint("c", row, details) for row in _example("getEndpointsList").need_rows("items"))
    assert (first.external_id, first.identity, first.display_name) == (
        "21a295eeb1a43d8b497b23b7",
        "Endpoint 1",
        "endpoint 1",
    )
    assert (first.device_class, second.device_class) == ("server", "workstation")
    assert first.last_seen_at is not None
    assert first.last_seen_at.isoformat() == "2015-06-22T13:46:59+00:00"
    assert first.attributes["macs"] == "324935237335"
    assert first.attributes["machine"] == "virtual machine"


@pytest.mark.parametrize(
    ("system", "wanted"),
    [
        ("Windows Server 2022", "server"),
        ("Ubuntu 24.04 LTS", "server"),
        ("Windows 11 Pro", "workstation"),
        ("macOS 15.6", "workstation"),
        ("", ""),
    ],
)
def test_the_class_follows_the_system(system: str, wanted: str) -> None:
    row = Row({"id": "e", "name": "E", "operatingSystemVersion": system}, "endpoint", "Bitdefender", Wire())
    assert endpoint("c", row, None).device_class == wanted


@pytest.mark.parametrize(
    "address", ["gravityzone.bitdefender.com.evil.example", "http://cloud.gravityzone.bitdefender.com", "10.0.0.1/api"]
)
def test_a_foreign_address_is_refused(ground: Ground, address: str) -> None:
    with pytest.raises(SettingsRefused, match="Access URL"):
        ground.cls.cleaned({**ground.server.settings, "access_url": address})
