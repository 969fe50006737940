"""N-central: devices with their class and serial number, and failures that hide inside a 200."""

from __future__ import annotations

import httpx
import pytest

from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.records import Seat
from connectors.sandbox.estate.world import NINJA
from connectors.wire import Wire
from tests.connectors.ground import Ground

CONNECTOR = "ncentral"


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    held = {each.id: each for each in ground.town.estate.devices if each.integration == NINJA}
    seats = ground.read("seats", page_size=11)
    assert set(seats) == set(held)
    for key, seat in seats.items():
        assert isinstance(seat, Seat)
        device = held[key]
        assert (seat.identity, seat.display_name) == (device.serial, device.hostname)
        assert (seat.device_class, seat.account_external_id) == (device.device_class, device.account_id)
        assert seat.last_seen_at == device.last_seen_at.replace(microsecond=0)


def test_serial_numbers_are_read_only_where_wished(ground: Ground) -> None:
    ground.sandbox.keeps = True
    with ground.connector({"serials": "no"}) as connector:
        seats = list(connector.read("seats"))
    assert seats
    assert not any("assets" in each.path for each in ground.sandbox.exchanges)
    assert all(seat.identity == seat.display_name for seat in seats)


def test_a_right_that_is_missing_for_serials_degrades(ground: Ground) -> None:
    ground.sandbox.faults.plan("status", 403, times=0, path="assets")
    connector = ground.connector()
    seats = list(connector.read("seats"))
    assert all(seat.identity == seat.display_name for seat in seats)
    assert any("Assets: view" in note for note in connector.wire.notes())


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "credentials_refused"), (403, "privilege_missing"), (429, "rate_limited"), (500, "vendor_down")],
)
def test_a_failure_inside_a_200_is_one(ground: Ground, status: int, kind: str) -> None:
    body = f'{{"status": {status}, "message": "Something"}}'.encode()
    made = Answer(200, httpx.Headers(), body, "https://ncentral.example.com/api/devices", "N-central", Wire())
    failure = ground.connector().explain(made, "Devices: view")
    assert isinstance(failure, ApiFailure)
    assert failure.kind == kind
    assert failure.detail == "Something"
