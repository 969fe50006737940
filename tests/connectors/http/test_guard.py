"""Requests reach public addresses only: whatever a name resolves to, and whatever form an address takes."""

from __future__ import annotations

import socket
from typing import Any

import httpcore
import pytest

from connectors.connector import Limits
from connectors.http import guard
from connectors.http.budgets import Gate
from connectors.http.client import Http
from connectors.http.failures import ApiFailure
from connectors.wire import Patience, Wire


def _http(base: str, **wire: Any) -> Http:
    made = Wire(patience=Patience(attempts=1, connect_s=1), **wire)
    return Http(made, "Vendor", base, gate=Gate(made, "vendor", "x", Limits()))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[fd00::1]",
        "[fe80::1]",
        "2130706433",
        "224.0.0.1",
    ],
)
def test_addresses_inside_are_not_called(host: str) -> None:
    http = _http(f"http://{host}:9/")
    with pytest.raises(ApiFailure) as failed:
        http.get("x")
    http.close()
    assert failed.value.kind in ("address_blocked", "unreachable")
    if host != "2130706433":
        assert failed.value.kind == "address_blocked"


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that points inside at the second look gains nothing: there is no second look."""
    looked: list[str] = []
    connected: list[str] = []

    def resolve(host: str, port: int, **_more: Any) -> list[Any]:
        looked.append(host)
        address = "93.184.216.34" if len(looked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(_self: object, host: str, *_more: Any) -> Any:
        connected.append(host)
        raise httpcore.ConnectError("far away")

    monkeypatch.setattr(guard.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    http = _http("https://vendor.example/")
    with pytest.raises(ApiFailure) as failed:
        http.get("x")
    http.close()
    assert failed.value.kind == "unreachable"
    assert connected == ["93.184.216.34"]
    assert looked == ["vendor.example"]


def test_one_inside_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(_host: str, port: int, **_more: Any) -> list[Any]:
        found = ("93.184.216.34", "192.168.0.10")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(guard.socket, "getaddrinfo", resolve)
    http = _http("https://vendor.example/")
    with pytest.raises(ApiFailure) as failed:
        http.get("x")
    http.close()
    assert failed.value.kind == "address_blocked"
    assert "RCX_ALLOW_PRIVATE_HOSTS" in failed.value.remedy


def test_private_ones_may_be_allowed_but_never_the_machines_own_metadata() -> None:
    allowed = _http("http://127.0.0.1:9/", allow_private_hosts=True)
    with pytest.raises(ApiFailure) as failed:
        allowed.get("x")
    allowed.close()
    assert failed.value.kind == "unreachable", "it was called, and nobody answered"
    metadata = _http("http://169.254.169.254/", allow_private_hosts=True)
    with pytest.raises(ApiFailure) as failed:
        metadata.get("x")
    metadata.close()
    assert failed.value.kind == "address_blocked"


def test_a_certificate_that_is_none_is_said_so() -> None:
    wire = Wire()
    with pytest.raises(ApiFailure) as failed:
        Http(wire, "Vendor", "https://x.example", gate=Gate(wire, "v", "x", Limits()), authority="no certificate")
    assert failed.value.kind == "setting_wrong"
