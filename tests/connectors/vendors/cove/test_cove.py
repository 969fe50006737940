"""Cove: a visa that changes with each answer, columns as a list of one-key objects, sites that are the customer's, a
list without a total of which nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Account, Seat
from connectors.sandbox.estate.world import ACRONIS
from connectors.sandbox.vendors.cove import _OWN_DEVICE, _error, number_of
from connectors.vendors.cove.rows import device
from connectors.wire import Wire
from tests.connectors.ground import Ground

CONNECTOR = "cove"


def _bodies(ground: Ground) -> list[dict[str, Any]]:
    return [json.loads(each.request_body) for each in ground.sandbox.exchanges]


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    accounts = ground.read("accounts")
    assert {key: record.name for key, record in accounts.items() if isinstance(record, Account)} == {
        str(number_of(account.id)): account.name for account in ground.town.index.accounts.of(ACRONIS)
    }
    held = {str(number_of(each.id)): each for each in ground.town.estate.workloads}
    seats = ground.read("seats")
    assert set(seats) == set(held)
    for key, each in held.items():
        seat = seats[key]
        assert isinstance(seat, Seat)
        assert seat.account_external_id == str(number_of(each.account_id)), "sites are the customer's"
        assert seat.identity == each.name
        assert seat.device_class == ("workstation" if each.type == "Workstation" else "server")
        assert seat.created_at == each.created_at.replace(microsecond=0)
        assert seat.last_seen_at == each.last_backup_at.replace(microsecond=0)
        assert seat.attributes["profile"] == each.plan
        assert (seat.sku, seat.sku_name) == ("5038", "All-In")


def test_some_devices_are_at_a_site_and_one_is_nobodys(ground: Ground) -> None:
    ground.sandbox.keeps = True
    connector = ground.connector()
    seats = {record.external_id for record in connector.read("seats")}
    shown = json.loads(ground.sandbox.exchanges[-1].body)["result"]["result"]
    customers = {str(number_of(account.id)) for account in ground.town.index.accounts.of(ACRONIS)}
    elsewhere = {str(each["AccountId"]) for each in shown if str(each["PartnerId"]) not in customers}
    assert str(_OWN_DEVICE) in elsewhere
    assert str(_OWN_DEVICE) not in seats
    assert len(elsewhere) > 1, "the estate has devices at a site"
    assert elsewhere - {str(_OWN_DEVICE)} <= seats
    assert "no customer" in " ".join(connector.wire.notes())


def test_each_question_carries_the_visa_of_the_answer_before(ground: Ground) -> None:
    ground.sandbox.keeps = True
    ground.read("seats", page_size=4)
    asked = _bodies(ground)
    given = [json.loads(each.body)["visa"] for each in ground.sandbox.exchanges]
    assert [body["method"] for body in asked[:2]] == ["Login", "EnumeratePartners"]
    assert [body.get("visa") for body in asked] == [None, *given[:-1]]
    assert len(set(given)) == len(given) > 3


def test_an_old_visa_is_renewed_by_signing_in_again(ground: Ground) -> None:
    connector = ground.connector()
    whole = list(connector.read("accounts"))
    ground.sandbox.put_ahead(ground.server.token_lifetime_s + 1)
    ground.sandbox.keeps = True
    assert list(connector.read("accounts")) == whole
    assert [body["method"] for body in _bodies(ground)] == ["EnumeratePartners", "Login", "EnumeratePartners"]


def test_a_visa_that_is_refused_again_is_told(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground.server.tokens, "is_good", lambda _visa: False)
    with pytest.raises(ApiFailure) as failed:
        ground.read("accounts")
    assert failed.value.kind == "credentials_expired"
    assert failed.value.whose == "admin"


@pytest.mark.parametrize("at", [2, 3, 4])
def test_nothing_is_lost_when_devices_go_while_they_are_read(ground: Ground, at: int) -> None:
    """Without a total, the rows behind a deleted one move up and one of them would never be shown."""
    before = ground.read("seats")
    gone = min(ground.town.estate.workloads, key=lambda each: number_of(each.id))
    seen: list[str] = []

    def remove(_vendor: str, request: object) -> None:
        seen.append(str(request))
        if len(seen) == at:
            ground.town.remove(gone)

    ground.sandbox.before = remove
    found = ground.read("seats", page_size=3)
    ground.sandbox.before = None
    assert set(ground.read("seats")) <= set(found) <= set(before)


def test_a_list_that_never_stands_still_is_no_list(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    devices, turn = ground.server._devices, iter(range(1000))
    monkeypatch.setattr(ground.server, "kept", lambda _name, _make: devices()[next(turn) % 2 :])
    with pytest.raises(ApiFailure) as failed:
        ground.read("seats", page_size=3)
    assert failed.value.kind == "paging_broken"


@pytest.mark.parametrize(
    ("number", "said", "wanted"),
    [
        (13501, "Access denied", "privilege_missing"),
        (500, "Unknown field", "refused"),
        (2100, "Bad", "credentials_refused"),
    ],
)
def test_errors_inside_a_200_are_errors(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, number: int, said: str, wanted: str
) -> None:
    monkeypatch.setattr(ground.server, "denied", frozenset({"EnumeratePartners"}))
    monkeypatch.setattr(
        "connectors.sandbox.vendors.cove._error", lambda asked, _number, _said: _error(asked, number, said)
    )
    ground.sandbox.keeps = True
    with pytest.raises(ApiFailure, match=said) as failed:
        ground.read("accounts")
    assert {each.status for each in ground.sandbox.exchanges} == {200}
    assert failed.value.kind == wanted
    if wanted == "privilege_missing":
        assert "API Authentication" in failed.value.message


def test_an_answer_to_another_question_is_not_taken(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything goes to one address; a proxy that mixes answers up would move devices."""
    good = ground.server._good
    monkeypatch.setattr(ground.server, "_good", lambda _number, result: good("rcx-0", result))
    with pytest.raises(ApiFailure, match="not to the question") as failed:
        ground.connector().identify()
    assert failed.value.kind == "unexpected_shape"


def test_a_wrong_partner_name_is_a_refused_sign_in(ground: Ground) -> None:
    with pytest.raises(ApiFailure, match="Unknown partner") as failed:
        ground.connector({"partner": "Northbeam"}).identify()
    assert failed.value.kind == "credentials_refused"


def test_a_site_without_a_customer_above_it_fails_the_read(ground: Ground) -> None:
    ground.sandbox.faults.plan("drop", "ParentId", times=0)
    with pytest.raises(ApiFailure, match="names no customer") as failed:
        ground.read("seats")
    assert failed.value.kind == "unexpected_shape"


def _row(*columns: Mapping[str, object]) -> Row:
    return Row({"AccountId": 5, "PartnerId": 6, "Settings": list(columns)}, "device", "Cove", Wire())


def test_columns_are_a_list_of_objects_of_one_key() -> None:
    seat = device(_row({"AN": "dev_1"}, {"OT": "2"}, {"TS": "1763683200"}, {"TL": "0"}, {"PN": "Documents"}), "6")
    assert (seat.external_id, seat.identity, seat.device_class) == ("5", "dev_1", "server")
    assert seat.last_seen_at == datetime(2025, 11, 21, tzinfo=UTC)
    assert seat.sku == seat.sku_name == "Documents"
    assert "last_success" not in seat.attributes, "0 stands for never"


def test_a_device_without_columns_is_an_error_and_no_empty_device() -> None:
    with pytest.raises(ApiFailure) as failed:
        device(Row({"AccountId": 5, "PartnerId": 6}, "device", "Cove", Wire()), "6")
    assert failed.value.kind == "unexpected_shape"
