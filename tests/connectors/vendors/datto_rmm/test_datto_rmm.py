"""Datto RMM: what is read is what the estate holds; nothing deleted, nothing secret, no serial number at a high price,
and silence when Datto asks for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Account, Seat
from connectors.sandbox.estate.world import DATTO, Device
from connectors.wire import Patience
from tests.connectors.conformance import Conformance, specification
from tests.connectors.ground import Ground

CONNECTOR = "datto_rmm"
PATIENT = Patience(attempts=3, first_pause_s=0.001, longest_pause_s=120, circuit_failures=50)
_MILLIS = {name: {"type": "integer", "format": "int64"} for name in ("lastSeen", "creationDate")}
"""The specification calls times text; the API gives numbers of milliseconds."""


@pytest.fixture(autouse=True)
def _as_it_was(ground: Ground) -> None:
    ground.server.changes.clear()
    ground.server._recent.clear()
    ground.server._strikes = 0
    ground.sandbox.enforces_limits = False
    ground.sandbox.put_ahead(301)


def _devices(ground: Ground) -> dict[str, Device]:
    return {each.id: each for each in ground.town.estate.devices if each.integration == DATTO}


def _seats(ground: Ground, settings: dict[str, str] | None = None, **wire: Any) -> dict[str, Seat]:
    found = {record.external_id: record for record in ground.connector(settings, **wire).read("seats")}
    assert all(isinstance(seat, Seat) for seat in found.values())
    return found


def test_reads_sites_as_the_estate_has_them(ground: Ground) -> None:
    found = ground.read("accounts")
    assert {key: record.name for key, record in found.items() if isinstance(record, Account)} == {
        account.id: account.name for account in ground.town.index.accounts.of(DATTO)
    }


def test_the_autotask_company_of_a_site_is_another_name_for_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = ground.server._site
    company = {"autotaskCompanyName": "Acme Dental Group", "autotaskCompanyId": "29683"}
    monkeypatch.setattr(ground.server, "_site", lambda account: {**shown(account), **company})
    for record in ground.read("accounts").values():
        assert isinstance(record, Account)
        assert record.aliases == ("Acme Dental Group",)
        assert record.attributes["autotaskCompanyId"] == "29683"


def test_reads_devices_as_the_estate_has_them(ground: Ground) -> None:
    seats, held = _seats(ground), _devices(ground)
    assert set(seats) == set(held)
    for key, device in held.items():
        seat = seats[key]
        assert (seat.account_external_id, seat.kind, seat.quantity) == (device.account_id, "device", Decimal(1))
        assert (seat.identity, seat.display_name) == (device.serial, device.hostname)
        assert (seat.device_class, seat.status) == (device.device_class, "active")
        assert (seat.created_at, seat.last_seen_at) == (
            device.created_at.replace(microsecond=0), device.last_seen_at.replace(microsecond=0),
        )  # fmt: skip
        assert seat.attributes["lastLoggedInUser"] == device.last_user
    assert {seat.device_class for seat in seats.values()} == {"server", "workstation"}


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    mends = {"components": {"schemas": {"Device": {"properties": _MILLIS}}}}
    conformance = Conformance(
        "datto-rmm/datto-rmm.openapi.fixed.json",
        "https://concord-api.centrastage.net/api",
        mends=mends,
        ours=["/auth/oauth/token"],
    )
    ground.sandbox.keeps = True
    ground.connector({"serials": "audit"}).check()
    for info in ground.cls.streams():
        list(ground.connector({"serials": "audit", "serial_udf": ""}, page_size=3).read(info.name))
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > len(_devices(ground))


@pytest.mark.parametrize("name", ["devicesPage1.json", "devicesPage2.json"])
def test_devices_of_a_real_client_are_read(ground: Ground, name: str) -> None:
    page = json.loads(specification(f"datto-rmm/fixtures/{name}").read_text())
    connector = ground.connector({"udfs": "1, 2"})
    (device,) = page["devices"]
    seat = connector._device(Row(device, "device", "Datto RMM", connector.wire), "")
    assert (seat.external_id, seat.account_external_id) == (device["uid"], "site-uid-1")
    assert (seat.device_class, seat.identity) == ("server", device["hostname"])
    assert seat.last_seen_at is not None
    assert int(seat.last_seen_at.timestamp() * 1000) == device["lastSeen"]
    assert connector.wire.notes() == ()


def test_a_device_of_the_network_is_no_workstation(ground: Ground) -> None:
    device = json.loads(specification("datto-rmm/fixtures/device-rmmnetworkdevice.json").read_text())
    connector = ground.connector()
    seat = connector._device(Row(device, "device", "Datto RMM", connector.wire), "")
    assert (seat.device_class, seat.identity) == ("network", "switch-core-01")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"deviceClass": "esxihost"}, "hypervisor"),
        ({"deviceClass": "printer"}, "printer"),
        ({"deviceType": None, "operatingSystem": "Microsoft Windows Server 2019 Standard"}, "server"),
        ({"deviceType": {"category": "Desktop"}, "operatingSystem": "Microsoft Windows Server 2016"}, "server"),
        ({"deviceType": {"category": "Laptop"}, "operatingSystem": None}, "workstation"),
        ({"deviceType": None, "operatingSystem": None}, ""),
    ],
)
def test_classes_come_from_what_datto_says(ground: Ground, given: dict[str, object], wanted: str) -> None:
    device = next(iter(_devices(ground)))
    ground.server.changes[device] = given
    assert _seats(ground)[device].device_class == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (1721131200000, datetime(2024, 7, 16, 12, tzinfo=UTC)),
        ("1721131200000", datetime(2024, 7, 16, 12, tzinfo=UTC)),
        ("2024-07-16T12:00:00.000+0000", datetime(2024, 7, 16, 12, tzinfo=UTC)),
        (None, None),
    ],
)
def test_times_come_as_numbers_or_text(ground: Ground, text: object, wanted: datetime | None) -> None:
    device = next(iter(_devices(ground)))
    ground.server.changes[device] = {"lastSeen": text}
    assert _seats(ground)[device].last_seen_at == wanted


def test_what_is_deleted_is_not_counted_and_a_suspended_device_is_marked(ground: Ground) -> None:
    gone, flagged, suspended, *_ = _devices(ground).values()
    ground.town.remove(gone)
    ground.server.changes[flagged.id] = {"deleted": True}
    ground.server.changes[suspended.id] = {"suspended": True}
    seats = _seats(ground)
    assert set(seats) == set(_devices(ground)) - {flagged.id}
    assert gone.id not in seats
    assert seats[suspended.id].status == "suspended"
    assert "Deleted Devices" not in {record.name for record in ground.read("accounts").values()}  # type: ignore[union-attr]


def test_nothing_secret_is_kept(ground: Ground) -> None:
    records = [*ground.read("accounts").values(), *_seats(ground).values()]
    text = " ".join(f"{record}" for record in records)
    assert "northbeam-proxy" not in text
    assert "northbeam-firewall" not in text
    assert "BitLocker" not in text
    assert "/remote/" not in text
    assert {seat.attributes["udf12"] for seat in _seats(ground, {"udfs": "12"}).values()} == {"Gold"}


def _audits(ground: Ground) -> int:
    return sum("/audit/" in each.path for each in ground.sandbox.exchanges)


def test_serial_numbers_cost_what_is_wished(ground: Ground) -> None:
    ground.sandbox.keeps = True
    held = _devices(ground)
    assert {key: seat.identity for key, seat in _seats(ground, {"serial_udf": ""}).items()} == {
        key: device.hostname for key, device in held.items()
    }
    assert {key: seat.identity for key, seat in _seats(ground).items()} == {
        key: device.serial for key, device in held.items()
    }
    assert _audits(ground) == 0
    without = next(iter(held))
    ground.server.changes[without] = {"udf": {"udf7": "System Serial Number"}}
    assert _seats(ground)[without].identity == held[without].hostname
    assert _seats(ground, {"serials": "audit"})[without].identity == held[without].serial
    assert _audits(ground) == 1, "only what has no serial number yet is asked for"


def test_what_has_no_audit_keeps_its_name(ground: Ground) -> None:
    printer, unknown, *_ = _devices(ground)
    ground.server.changes[printer] = {"deviceClass": "printer"}
    ground.sandbox.faults.plan("status", 404, path=f"audit/device/{unknown}", times=0)
    ground.sandbox.keeps = True
    seats = _seats(ground, {"serials": "audit", "serial_udf": ""})
    assert set(seats) == set(_devices(ground))
    assert seats[unknown].identity == seats[unknown].display_name
    assert not any(each.path.endswith(printer) for each in ground.sandbox.exchanges)


def test_a_failed_audit_is_no_missing_serial_number(ground: Ground) -> None:
    ground.sandbox.faults.plan("status", 500, path="audit/device", times=0)
    with pytest.raises(ApiFailure) as failed:
        _seats(ground, {"serials": "audit", "serial_udf": ""})
    assert failed.value.kind == "vendor_down"


def test_a_page_on_another_host_gets_no_token(ground: Ground) -> None:
    ground.sandbox.faults.plan("foreign", "merlot-api.centrastage.net", path="account/devices", times=0)
    with pytest.raises(ApiFailure) as failed:
        _seats(ground, page_size=3)
    assert failed.value.kind == "foreign_page"
    assert {fields["host"] for fields in ground.observed} == {"concord-api.centrastage.net"}


@pytest.mark.parametrize("key", ["nextPageUrl", "pageDetails"])
def test_a_list_without_its_end_is_not_taken_for_whole(ground: Ground, key: str) -> None:
    ground.sandbox.faults.plan("drop", key, path="account/devices", times=0)
    with pytest.raises(ApiFailure) as failed:
        _seats(ground, page_size=3)
    assert failed.value.kind in ("paging_broken", "unexpected_shape")


def test_too_many_requests_are_waited_out(ground: Ground) -> None:
    ground.sandbox.faults.plan("status", 429, path="account/devices")
    assert set(_seats(ground, patience=PATIENT)) == set(_devices(ground))
    assert sum(ground.paused) >= 20, "Datto names no time; a third of its window is"


def test_a_block_is_told_as_one_and_datto_is_left_alone(ground: Ground) -> None:
    connector = ground.connector(patience=PATIENT)
    list(connector.read("accounts"))
    ground.server._blocked_until = ground.sandbox.now() + 300
    before = ground.sandbox.requests["datto_rmm"]
    with pytest.raises(ApiFailure) as failed:
        list(connector.read("accounts"))
    assert (failed.value.kind, failed.value.retry_after_s) == ("blocked", 300)
    assert failed.value.whose == "vendor"
    assert ground.sandbox.requests["datto_rmm"] == before + 1, "it is not asked again meanwhile"
    with pytest.raises(ApiFailure) as failed:
        ground.connector(patience=PATIENT).check()
    assert failed.value.kind == "blocked", "a block while signing in is no wrong secret"
    ground.sandbox.put_ahead(301)
    assert list(ground.connector(patience=PATIENT).read("accounts"))


def test_the_sandbox_blocks_who_does_not_listen(ground: Ground) -> None:
    ground.sandbox.enforces_limits = True
    ground.server._recent.extend([ground.sandbox.now()] * 600)
    patience = Patience(attempts=30, first_pause_s=0.001, longest_pause_s=120, circuit_failures=50)
    with pytest.raises(ApiFailure) as failed:
        ground.connector(patience=patience).check()
    assert failed.value.kind == "blocked"


def test_another_platform_refuses_the_keys(ground: Ground) -> None:
    with pytest.raises(ApiFailure) as failed:
        ground.connector({"platform": "merlot"}).check()
    assert failed.value.kind == "credentials_refused"


def test_the_test_tells_whose_account_it_is_and_what_was_asked_of_it(ground: Ground) -> None:
    checked = ground.connector().check()
    assert checked.account == f"Northbeam IT ({len(_devices(ground))} devices in Datto RMM)"
    (note,) = checked.notes
    assert "of 600 reads in the last 60 seconds" in note


def test_a_refused_secret_is_not_repeated(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Datto's own words come from before there is a token; what they echo is taken out."""
    secret = ground.server.settings["api_secret"]
    monkeypatch.setattr(type(ground.server), "settings", {**ground.server.settings, "api_secret": "another"})
    wrong = {"api_secret": secret}
    monkeypatch.setattr(
        "connectors.vendors.datto_rmm.signin.PasswordGrant.said", lambda _self, _response: f"{'x' * 60} {secret}"
    )
    with pytest.raises(ApiFailure) as failed:
        ground.connector(wrong).check()
    assert failed.value.kind == "credentials_refused"
    assert secret[:12] not in str(failed.value)
    assert "[redacted]" in failed.value.detail
