"""Acronis: customers from a tree of folders, usages as quantities, bytes as the portal's gigabytes, and nothing that is
missing taken for zero."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from connectors.connector import SettingsRefused
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Account, Seat, Sku
from connectors.sandbox.estate.world import ACRONIS
from connectors.vendors.acronis.usages import sku_name, used
from connectors.wire import Wire
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground

CONNECTOR = "acronis"
NAMES = {"Server": "pw_base_servers", "Virtual machine": "pw_base_vms", "Workstation": "pw_base_workstations"}
# The vendor's generated client types the children as text, which they are without include_details only.
CHILDREN = {
    "paths": {
        "/tenants/{tenant_id}/children": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Tenants.TenantBatch"}}
                        }
                    }
                }
            }
        }
    },
    "components": {
        "schemas": {
            "Tenants.TenantBatch": {
                "type": "object",
                "required": ["items"],
                "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Tenants.Tenant"}}},
            }
        }
    },
}


def _seats(ground: Ground) -> dict[tuple[str, str], Seat]:
    found = {}
    for record in ground.read("seats").values():
        assert isinstance(record, Seat)
        found[record.account_external_id, record.sku] = record
    return found


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    held = ground.town.index.accounts.of(ACRONIS)
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        account.id: account.name for account in held
    }
    counts = Counter((each.account_id, NAMES[each.type]) for each in ground.town.estate.workloads)
    seats = _seats(ground)
    counted = {key: seat.quantity for key, seat in seats.items() if seat.kind == "workload"}
    assert counted == counts
    for account in held:
        stored = sum((each.protected_gb for each in ground.town.index.workloads.of(account.id)), Decimal(0))
        seat = seats[account.id, "pw_base_storage"]
        assert seat.quantity is not None
        assert abs(seat.quantity - stored) < Decimal("0.00001")
        assert seat.attributes["unit"] == "GB"


def test_a_seat_says_what_it_is(ground: Ground) -> None:
    workload = next(each for each in ground.town.estate.workloads if each.type == "Workstation")
    seat = _seats(ground)[workload.account_id, "pw_base_workstations"]
    assert seat.sku_name == "Workstations, per workload"
    assert seat.attributes["edition"] == "pck_per_workload"
    assert seat.device_class == "workstation"
    assert seat.attributes["usage_name"] == "workstations"
    assert seat.attributes["quota"] == "100"
    assert seat.external_id.startswith(f"{workload.account_id}/")
    skus = ground.read("skus")
    assert {seat.sku for seat in _seats(ground).values()} <= set(skus)
    named = skus["pw_base_servers"]
    assert isinstance(named, Sku)
    assert named.name == "Servers, per workload"


@pytest.mark.parametrize(
    ("usage_name", "edition", "wanted"),
    [
        ("servers", "pck_per_workload", "Servers, per workload"),
        ("servers", "pck_per_gigabyte", "Servers, per gigabyte"),
        ("storage", "cyber_protect_std", "Cloud storage, cyber protect std"),
        ("m365_sharepoint_sites", None, "M365 sharepoint sites"),
    ],
)
def test_a_usage_is_named_with_its_edition(usage_name: str, edition: str | None, wanted: str) -> None:
    data = {"name": f"x_{usage_name}", "usage_name": usage_name, "edition": edition}
    assert sku_name(Row(data, "usage", "Acronis", Wire())) == wanted


def test_features_and_zeros_are_no_seats(ground: Ground) -> None:
    seats = _seats(ground)
    assert all(seat.quantity for seat in seats.values())
    assert not [sku for _, sku in seats if sku in ("pw_base_mobiles", "pw_base_notary")]


def test_a_feature_has_no_value_and_anything_else_must_have_one() -> None:
    plain = {"name": "x", "usage_name": "x", "application_id": "a", "value": None}
    feature = Row({**plain, "measurement_unit": "n/a", "type": "feature"}, "usage", "Acronis", Wire())
    assert used("t", feature, is_enabled=True) is None
    counted = Row({**plain, "measurement_unit": "quantity", "type": "count"}, "usage", "Acronis", Wire())
    with pytest.raises(ApiFailure) as failed:
        used("t", counted, is_enabled=True)
    assert failed.value.kind == "unexpected_shape"


def test_children_that_come_in_pages_are_all_read(ground: Ground) -> None:
    whole = ground.read("accounts")
    ground.server.children_page = 1
    try:
        assert ground.read("accounts") == whole
    finally:
        del ground.server.children_page
    assert len(whole) > 3


def test_a_customer_whose_usages_are_missing_fails_the_read(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenant that vanishes from the answer would otherwise count as nothing."""
    lost = ground.town.index.accounts.of(ACRONIS)[1].id
    known = ground.server._account
    monkeypatch.setattr(ground.server, "_account", lambda identity: None if identity == lost else known(identity))
    with pytest.raises(ApiFailure, match=lost) as failed:
        ground.read("seats")
    assert failed.value.kind == "unexpected_shape"


def test_a_disabled_tenant_is_suspended(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    off = ground.town.index.accounts.of(ACRONIS)[0].id
    monkeypatch.setattr(ground.server, "disabled", {off})
    statuses = {seat.account_external_id: seat.status for seat in _seats(ground).values()}
    assert statuses.pop(off) == "suspended"
    assert set(statuses.values()) == {"active"}


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    conformance = Conformance(
        "acronis/acronis-account-v2.openapi.json", "https://eu2-cloud.acronis.com/api/2", mends=CHILDREN
    )
    ground.sandbox.keeps = True
    ground.connector().check()
    for info in ground.cls.streams():
        ground.read(info.name)
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > 10


@pytest.mark.parametrize("address", ["eu2-cloud.acronis.com", "https://US-cloud.acronis.com/"])
def test_an_address_is_taken_with_or_without_its_scheme(ground: Ground, address: str) -> None:
    assert ground.cls.cleaned({**ground.server.settings, "data_center": address})


@pytest.mark.parametrize(
    "address", ["acronis.com.evil.example", "http://eu2-cloud.acronis.com", "eu2", "evilacronis.com"]
)
def test_a_foreign_address_is_refused(ground: Ground, address: str) -> None:
    with pytest.raises(SettingsRefused, match="Data center address"):
        ground.cls.cleaned({**ground.server.settings, "data_center": address})
