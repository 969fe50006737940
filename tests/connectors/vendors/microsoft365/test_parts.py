"""Parts of Microsoft 365 by themselves: Entra's refusals, which customers count, and the table of SKU names."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.data import microsoft_skus
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.microsoft365.customers import Customer, in_force
from connectors.vendors.microsoft365.signing import EntraToken, token_address
from connectors.wire import Wire

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = "a-secret-of-entra-0123456789"


def _refused(code: int | None, customer: str = "", said: str = "") -> ApiFailure:
    """What becomes of a refusal with this code."""

    def answer(_request: httpx.Request) -> httpx.Response:
        text = said or f"AADSTS{code}: Something is wrong. Trace ID: 1"
        return httpx.Response(400, json={"error": "invalid_request", "error_description": text})

    auth = EntraToken("Microsoft 365", token_address("t"), {"client_secret": SECRET}, customer)
    with httpx.Client(auth=auth, transport=httpx.MockTransport(answer)) as client, pytest.raises(ApiFailure) as failed:
        client.get("https://graph.microsoft.com/v1.0/users")
    return failed.value


@pytest.mark.parametrize(
    ("code", "customer", "kind", "words"),
    [
        (7000215, "", "credentials_refused", ""),
        (7000222, "", "credentials_expired", ""),
        (7000222, "Acme", "credentials_expired", ""),
        (90002, "", "setting_wrong", "Directory (tenant) ID"),
        (700016, "", "setting_wrong", "Application (client) ID"),
        (65001, "", "privilege_missing", "admin consent"),
        (700016, "Acme", "privilege_missing", "admin consent in Acme"),
        (7000229, "Acme", "privilege_missing", "admin consent in Acme"),
        (7000215, "Acme", "credentials_refused", ""),
        (53003, "", "credentials_refused", ""),
    ],
)
def test_a_refused_sign_in_says_whose_turn_it_is(code: int, customer: str, kind: str, words: str) -> None:
    failure = _refused(code, customer)
    assert failure.kind == kind
    assert failure.whose == "admin"
    assert words in failure.message
    assert f"AADSTS{code}" in str(failure)


def test_words_that_are_not_entras_are_not_repeated() -> None:
    assert SECRET not in str(_refused(None, said=f"proxy: rejected client_secret={SECRET}"))


def _contract(tenant: str, **more: Any) -> Row:
    return _row({"customerId": tenant, "displayName": tenant.title(), "defaultDomainName": f"{tenant}.example", **more})


def _relationship(tenant: str, status: str, days: int | None, **more: Any) -> Row:
    end = None if days is None else (NOW + timedelta(days=days)).isoformat()
    party = {"tenantId": tenant, "displayName": tenant.title()}
    return _row({"customer": party, "status": status, "endDateTime": end, "autoExtendDuration": "PT0S", **more})


def _row(data: dict[str, Any]) -> Row:
    return Row(data, "thing", "Microsoft 365", Wire())


def _read(
    contracts: list[Row], relationships: list[Row], left_out: set[str] | None = None
) -> tuple[list[Customer], str]:
    notes: list[str] = []
    found = in_force(contracts, relationships, frozenset(left_out or ()), NOW, notes.append)
    return found, "\n".join(notes)


def test_of_several_delegations_the_one_in_force_that_ends_last_counts() -> None:
    rows = [
        _relationship("acme", "expired", -300),
        _relationship("acme", "active", 10),
        _relationship("acme", "active", 400),
        _relationship("acme", "terminated", 500),
    ]
    for order in (rows, rows[::-1]):
        (customer,), notes = _read([_contract("acme")], order)
        assert customer.ends_at == NOW + timedelta(days=400)
        assert (customer.name, customer.domain) == ("Acme", "acme.example")
        assert notes == ""


@pytest.mark.parametrize(
    "status",
    ["expired", "expiring", "terminated", "terminating", "terminationRequested", "approved", "activating", "new word"],
)
def test_only_an_active_delegation_counts(status: str) -> None:
    found, notes = _read([_contract("acme")], [_relationship("acme", status, 100)])
    assert found == []
    assert "Acme" in notes
    assert "not counted as zero" in notes


def test_a_contract_without_delegation_is_noted() -> None:
    found, notes = _read([_contract("acme"), _contract("bolt")], [_relationship("bolt", "active", 100)])
    assert [customer.id for customer in found] == ["bolt"]
    assert notes == "Acme is under no delegated administration; it is left out, not counted as zero."


def test_a_delegation_without_contract_counts() -> None:
    (customer,), _notes = _read([], [_relationship("acme", "active", None)])
    assert (customer.name, customer.ends_at) == ("Acme", None)


def test_an_invitation_that_nobody_took_up_is_nobodys() -> None:
    assert _read([], [_relationship("", "approvalPending", None, customer=None)]) == ([], "")


@pytest.mark.parametrize(
    ("days", "extends", "is_noted"), [(29, "PT0S", True), (31, "PT0S", False), (29, "P180D", False)]
)
def test_an_end_within_thirty_days_is_noted_unless_it_is_put_off(days: int, extends: str, is_noted: bool) -> None:
    found, notes = _read([], [_relationship("acme", "active", days, autoExtendDuration=extends)])
    assert len(found) == 1
    assert ("renew it" in notes) is is_noted


def test_a_delegation_without_status_is_no_delegation_that_ended() -> None:
    with pytest.raises(ApiFailure, match="status"):
        _read([], [_row({"customer": {"tenantId": "acme"}, "status": None})])


def test_whom_the_settings_leave_out_is_named_once() -> None:
    rows = [_relationship("acme", "active", 5), _relationship("bolt", "expired", -5)]
    found, notes = _read([], rows, {"acme", "bolt"})
    assert found == []
    assert notes == "Acme is left out by the connection's settings."


def test_a_tenant_to_leave_out_that_is_nobodys_is_noted() -> None:
    _found, notes = _read([_contract("acme")], [_relationship("acme", "active", 100)], {"typo"})
    assert notes == "The settings leave out typo, which is no customer's tenant."


# --- names of SKUs


def test_every_sku_has_a_guid_a_part_number_and_a_name() -> None:
    held = microsoft_skus.skus()
    assert len(held) > 600
    for guid, sku in held.items():
        assert guid == guid.lower()
        assert len(guid) == 36
        assert sku.part_number == " ".join(sku.part_number.split()) != ""
        assert sku.name == " ".join(sku.name.split()) != ""


def test_a_sku_is_found_by_guid_in_any_case() -> None:
    found = microsoft_skus.sku_of("CBDC14AB-D96C-4C30-B9F4-6ADA7CDC1D46")
    assert found is not None
    assert (found.part_number, found.name) == ("SPB", "Microsoft 365 Business Premium")
    assert microsoft_skus.sku_of("00000000-0000-0000-0000-000000000000") is None


@pytest.mark.parametrize(
    ("guid", "name"),
    [
        ("4b74a65c-8b4a-4fc8-9f6b-5177ed11ddfa", "Microsoft Copilot Studio User License"),
        ("f1de227b-f1bd-4959-bd80-b80547095e6d", "Microsoft Copilot Studio User License for GCC"),
        ("606b54a9-78d8-4298-ad8b-df6ef4481c80", "Microsoft Copilot Studio Viral Trial"),
    ],
)
def test_of_two_names_one_is_chosen(guid: str, name: str) -> None:
    found = microsoft_skus.sku_of(guid)
    assert found is not None
    assert found.name == name


def test_the_table_is_made_the_same_whatever_the_order_of_its_rows() -> None:
    head = "Product_Display_Name,String_Id,GUID,Service_Plan_Name"
    rows = ["Old name,PART,AAAA,x", "New name,PART ,aaaa,y", "Old name,PART,AAAA,z", "B,P2,BBBB,x", "A,P2,BBBB,y"]
    made = [microsoft_skus.distilled("\n".join([head, *order])) for order in (rows, rows[::-1])]
    assert made[0] == made[1]
    text = gzip.decompress(made[0]).decode().splitlines()
    assert list(csv.reader(text)) == [
        ["guid", "part_number", "name"],
        ["aaaa", "PART", "Old name"],
        ["bbbb", "P2", "A"],
    ]


def test_another_table_is_refused() -> None:
    with pytest.raises(KeyError):
        microsoft_skus.distilled("name,guid\na,b")
