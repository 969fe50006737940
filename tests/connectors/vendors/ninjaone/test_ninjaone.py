"""NinjaOne: what is read is what the estate holds, in the specification's words; nothing is missed at the end of a
list, in a report whose cursor moves by itself, or for want of a serial number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml

from connectors.http.failures import ApiFailure
from connectors.records import Account, Seat
from connectors.sandbox.estate.world import NINJA, Device
from connectors.sandbox.server.vendor import answer
from connectors.vendors.ninjaone.devices import class_of_node
from connectors.vendors.ninjaone.lists import listed
from tests.connectors.conformance import Conformance, specification
from tests.connectors.ground import Ground

CONNECTOR = "ninjaone"
SPECIFICATION = "ninjaone/ninjaone.openapi.yaml"
REPORT = "queries/computer-systems"


@pytest.fixture(autouse=True)
def _as_it_was(ground: Ground) -> None:
    ground.server.largest = 1000
    ground.server.approvals.clear()
    ground.server.backups.clear()


def _devices(ground: Ground) -> dict[str, Device]:
    return {each.id: each for each in ground.town.estate.devices if each.integration == NINJA}


def _seats(ground: Ground, **more: Any) -> dict[str, Seat]:
    found = ground.read("seats", **more)
    assert all(isinstance(seat, Seat) for seat in found.values())
    return found  # type: ignore[return-value]


def test_reads_organizations_as_the_estate_has_them(ground: Ground) -> None:
    held = {account.id: account for account in ground.town.index.accounts.of(NINJA)}
    places = ground.town.index.devices
    found = ground.read("accounts")
    assert set(found) == set(held)
    for key, account in held.items():
        record = found[key]
        assert isinstance(record, Account)
        assert record.name == account.name
        assert (account.site.address if account.site else "") in record.address
        locations = {device.location or "Main Office" for device in places.of(key)} or {"Main Office"}
        assert set(record.attributes["locations"].split(", ")) == locations


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
        assert seat.attributes["location"] == (device.location or "Main Office")
        assert seat.attributes["role"] == device.model_type
    assert {seat.device_class for seat in seats.values()} == {"server", "workstation"}


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    conformance = Conformance(SPECIFICATION, "https://app.ninjarmm.com", ours=["/ws/oauth/token"])
    ground.server.backups.update(dict.fromkeys(_devices(ground), 10**9))
    ground.sandbox.keeps = True
    ground.connector({"backup": "yes"}).check()
    for info in ground.cls.streams():
        list(ground.connector({"backup": "yes"}, page_size=7).read(info.name))
    # A cursor that is used up is refused, in a form that the specification does not tell.
    assert conformance.problems(each for each in ground.sandbox.exchanges if each.status == 200) == []
    assert {each.path for each in ground.sandbox.exchanges} >= {f"/v2/{REPORT}", "/v2/queries/backup/usage"}
    assert conformance.checked > 20


def test_every_node_class_of_the_specification_has_a_device_class() -> None:
    document = yaml.safe_load(specification(SPECIFICATION).read_text())
    known = document["components"]["schemas"]["Device"]["properties"]["nodeClass"]["enum"]
    found = {name: class_of_node(name) for name in known}
    assert {name for name, each in found.items() if each == "server"} == {
        "WINDOWS_SERVER", "LINUX_SERVER", "MAC_SERVER",
    }  # fmt: skip
    assert {name for name, each in found.items() if each == "workstation"} == {
        "WINDOWS_WORKSTATION", "LINUX_WORKSTATION", "MAC",
    }  # fmt: skip
    assert all(each == "network" for name, each in found.items() if name.startswith("NMS_"))
    assert {name for name, each in found.items() if each == "other"} == {"MANAGED_DEVICE"}
    assert class_of_node("SOLARIS_SERVER") == "server", "a class of tomorrow is read by its words"
    assert class_of_node("") == ""


def test_a_page_size_that_is_cut_by_the_vendor_loses_nothing(ground: Ground) -> None:
    whole, accounts = _seats(ground), ground.read("accounts")
    ground.server.largest = 3
    assert _seats(ground) == whole
    assert ground.read("accounts") == accounts


@pytest.mark.parametrize("is_within", [True, False])
def test_a_list_in_another_order_is_noticed(ground: Ground, monkeypatch: pytest.MonkeyPatch, is_within: bool) -> None:
    """The last id of a page says nothing then, and rows would be skipped; within a page or from page to page."""
    devices = ground.server._devices()
    shown = [devices[5:10][::-1], []] if is_within else [devices[5:10], devices[:5], []]
    pages = iter(shown)
    monkeypatch.setattr(
        ground.server, "_list", lambda _request, _items, show: answer([show(each) for each in next(pages)])
    )
    with pytest.raises(ApiFailure) as failed:
        list(listed(ground.connector().api, "devices-detailed", "device", 5))
    assert failed.value.kind == "paging_broken"


@pytest.mark.parametrize("fault", ["cut", "reset", "malformed"])
def test_a_lost_answer_of_a_report_begins_it_anew(ground: Ground, fault: str) -> None:
    """The cursor has moved on when the answer is lost: asking on would miss a page of serial numbers."""
    whole = _seats(ground)
    ground.sandbox.faults.plan(fault, path=f"{REPORT}.*cursor=", after=1)
    ground.sandbox.keeps = True
    size = next(size for size in (5, 4) if len(whole) % size)
    assert _seats(ground, page_size=size) == whole
    begun = [each for each in ground.sandbox.exchanges if each.path.endswith(REPORT) and "cursor" not in each.query]
    assert len(begun) == 2


def test_a_report_that_never_ends_well_fails_the_stream(ground: Ground) -> None:
    ground.sandbox.faults.plan("cut", path=f"{REPORT}.*cursor=", times=0)
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats", page_size=5)
    assert failed.value.kind == "cut_off"


def test_a_cursor_forgotten_in_the_middle_is_no_end(ground: Ground) -> None:
    whole = _seats(ground)
    ground.sandbox.faults.plan("status", 400, path=f"{REPORT}.*cursor=")
    assert _seats(ground, page_size=5) == whole
    ground.sandbox.faults.plan("status", 400, path=f"{REPORT}.*cursor=", times=0)
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats", page_size=5)
    assert failed.value.kind == "refused"


def test_a_report_that_ends_with_a_full_page_is_read(ground: Ground) -> None:
    """NinjaOne may have forgotten the cursor by then: pages of another size show that it was the end."""
    whole = _seats(ground)
    ground.sandbox.keeps = True
    assert _seats(ground, page_size=len(whole)) == whole
    asked = [each.query for each in ground.sandbox.exchanges if each.path.endswith(REPORT)]
    assert any(f"pageSize={len(whole) - 1}" in query for query in asked)


def test_what_is_gone_or_waits_for_approval_is_not_counted(ground: Ground) -> None:
    pending, staged, gone, *_ = _devices(ground)
    ground.server.approvals.update({pending: "PENDING", staged: "STAGED", gone: "DECOMMISSIONED"})
    connector = ground.connector()
    found = {seat.external_id for seat in connector.read("seats")}
    assert found == set(_devices(ground)) - {pending, staged, gone}
    assert connector.wire.notes() == ("A device that waits for approval in NinjaOne was left out. (2 times)",)


def test_what_is_no_serial_number_does_not_join_devices(ground: Ground) -> None:
    first, second, *_ = _devices(ground).values()
    for device, text in ((first, "To be filled by O.E.M."), (second, "")):
        ground.town.change(device, serial=text)
        assert _seats(ground)[device.id].identity == device.hostname


def test_backups_are_read_only_where_wished_and_never_count_as_devices(ground: Ground) -> None:
    device, empty, *_ = [each for each in _devices(ground).values() if each.device_class == "server"]
    ground.server.backups.update({device.id: 7 * 10**11, empty.id: 0})
    whole = _seats(ground)
    assert f"{device.id}/backup" not in whole
    found = {seat.external_id: seat for seat in ground.connector({"backup": "yes"}).read("seats")}
    assert set(found) == {*whole, f"{device.id}/backup"}, "nothing stored is nothing protected"
    seat = found[f"{device.id}/backup"]
    assert (seat.kind, seat.sku_name, seat.device_class) == ("workload", "NinjaOne Backup", "")
    assert (seat.account_external_id, seat.identity, seat.quantity) == (device.account_id, found[device.id].identity, 1)
    assert seat.attributes["protected_class"] == "server"
    assert seat.attributes["revisionsTotalSize"] == str(7 * 10**11)


def test_a_lost_page_of_backups_is_no_smaller_backup(ground: Ground) -> None:
    ground.server.backups.update(dict.fromkeys(_devices(ground), 10**9))
    ground.sandbox.faults.plan("cut", path="backup/usage.*cursor=", after=1)
    found = list(ground.connector({"backup": "yes"}, page_size=5).read("seats"))
    assert sum(seat.kind == "workload" for seat in found) == len(_devices(ground))


def test_another_region_refuses_the_credentials(ground: Ground) -> None:
    with pytest.raises(ApiFailure) as failed:
        ground.connector({"region": "eu"}).check()
    assert failed.value.kind == "credentials_refused"
    assert {fields["host"] for fields in ground.observed} == {"eu.ninjarmm.com"}


def test_the_token_is_asked_for_reading_alone(ground: Ground) -> None:
    ground.sandbox.keeps = True
    assert "United States" in ground.connector().check().account
    asked = [each for each in ground.sandbox.exchanges if each.path == "/ws/oauth/token"]
    assert len(asked) == 1
    assert b"scope=monitoring" in asked[0].request_body
    assert b"management" not in asked[0].request_body
