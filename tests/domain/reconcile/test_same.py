"""When two seats are one thing: by what they are told apart, and what tells nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rcx_app.domain.reconcile.flagged.categories import category
from rcx_app.domain.reconcile.flagged.same import Named, host_key, macs_in, twins

ONE = Named(
    seat_id=1,
    account_id=1,
    client_id=1,
    connection_id=1,
    order=("NinjaOne", "a", "1"),
    name="PC-1",
    kind="device",
    device_class="workstation",
    identity="5cg1234",
    host="acme-pc-1",
)
OTHER = replace(ONE, seat_id=2, connection_id=2, order=("Datto RMM", "a", "2"))


def pairs(*seats: Named) -> list[tuple[int, int, str]]:
    return [(seat.seat_id, original.seat_id, what) for seat, original, what in twins(seats)]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, "identity"),
        ({"host": "another"}, "identity"),
        ({"identity": "acme-pc-1"}, "host name"),
        ({"identity": "", "kind": "agent"}, "host name"),
        ({"identity": "acme-pc-1.acme.local"}, "host name"),
        ({"identity": "", "host": "", "macs": ("02aabbccddee",)}, "MAC address"),
    ],
)
def test_one_machine_in_two_tools(changes: dict[str, Any], what: str) -> None:
    found = pairs(replace(ONE, macs=("02aabbccddee",)), replace(OTHER, **changes))
    assert found == [(1, 2, what)], "the first by the name of the integration is the original"


@pytest.mark.parametrize(
    "changes",
    [
        {"connection_id": 1},
        {"identity": "other-serial"},
        {"identity": "other-serial", "macs": ("02aabbccddee",)},
        {"kind": "workload"},
        {"kind": "user"},
        {"kind": "licence"},
        {"identity": "to be filled by o.e.m.", "host": ""},
    ],
)
def test_two_things(changes: dict[str, Any]) -> None:
    assert pairs(replace(ONE, macs=("02aabbccddee",)), replace(OTHER, **changes)) == []


def test_what_many_share_says_nothing() -> None:
    docked = [
        replace(ONE, seat_id=each, connection_id=1 + each % 2, identity="", host=f"pc-{each}", macs=("02aabbccddee",))
        for each in range(10, 16)
    ]
    assert pairs(*docked) == []
    assert pairs(*docked[:2]) == [(11, 10, "MAC address")]


def test_a_thing_that_one_tool_has_twice_is_told_once_by_the_other() -> None:
    assert pairs(ONE, replace(ONE, seat_id=3, order=("NinjaOne", "b", "1")), OTHER) == [(1, 2, "identity")]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (" PC-17.acme.local", "pc-17"),
        ("ACME\\PC-17$", "pc-17"),
        ("10.0.0.5", ""),
        ("fe80::1", ""),
        ("Laptop", ""),
        ("MacBook Pro", ""),
        ("x1", ""),
        ("", ""),
        ("DESKTOP-8F3K2L1", "desktop-8f3k2l1"),
    ],
)
def test_host_names(name: str, key: str) -> None:
    assert host_key(name) == key


def test_mac_addresses_in_attributes() -> None:
    given = {
        "macs": "02:aa:bb:cc:dd:ee, 02-AA-BB-CC-DD-EF".lower(),
        "macaddress": "02aabbccddf0",
        "mac_empty": "00:00:00:00:00:00",
        "serial": "02:aa:bb:cc:dd:f1",
        "machine": "5cg0123456789ab",
    }
    assert macs_in(given) == ("02aabbccddee", "02aabbccddef", "02aabbccddf0")


def test_categories_are_those_that_connectors_declare() -> None:
    assert category("NinjaOne") == category("datto rmm") == category("ninjaone") == "RMM"
    assert category("Microsoft 365") != category("NinjaOne")
    assert category("Unheard of") == category("unheard-of") != category("Another")
