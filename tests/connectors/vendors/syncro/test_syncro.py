"""Syncro: what is read is what the estate bills today, by lists that tell no total; what it counts itself is marked."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from starlette.requests import Request

from connectors.http.failures import ApiFailure
from connectors.records import Agreement, Client, Line, Product
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE, PRODUCTS
from connectors.sandbox.estate.world import Agreement as Contract
from connectors.sandbox.vendors import syncro as served
from connectors.vendors.syncro.about import SCHEDULES
from tests.connectors.conformance import Conformance, specification
from tests.connectors.ground import Ground

CONNECTOR = "syncro"
SPEC = "syncro/syncro.openapi.json"
BASE = "https://northbeam.syncromsp.com/api/v1"


@pytest.fixture(autouse=True)
def _as_usual(ground: Ground) -> None:
    ground.server.per_page = 25
    ground.server.counted, ground.server.once = set(), set()


def _running(ground: Ground) -> list[Contract]:
    today = ground.town.estate.as_of
    return [each for each in ground.town.estate.agreements if each.cancelled_on is None or each.cancelled_on > today]


def test_clients_are_what_the_estate_holds(ground: Ground) -> None:
    found = ground.read("clients")
    assert set(found) == {client.id for client in ground.town.estate.clients}
    for client in ground.town.estate.clients:
        record, site = found[client.id], client.sites[0]
        assert isinstance(record, Client)
        assert (record.name, record.emails, record.phone) == (client.name, (f"office@{client.domain}",), site.phone)
        assert (record.address, record.city, record.region) == (site.address, site.city, site.region)
        assert record.postcode == site.postcode


def test_products_are_what_the_estate_sells(ground: Ground) -> None:
    found = {record.name: record for record in ground.read("products").values() if isinstance(record, Product)}
    assert {name: (each.unit_price, each.unit_cost) for name, each in found.items()} == {
        each.name: (each.price, each.cost) for each in PRODUCTS
    }
    assert all(each.code == each.external_id for each in found.values())


def test_recurring_invoices_and_their_lines_are_what_is_billed_today(ground: Ground) -> None:
    town, agreements = ground.town, ground.read("agreements")
    assert set(agreements) == {each.id for each in town.estate.agreements}
    for each in town.estate.agreements:
        record = agreements[each.id]
        assert isinstance(record, Agreement)
        assert (record.client_external_id, record.name) == (each.client_id, each.name)
        assert record.billing_cycle == each.billing_cycle
    billed = {
        line.id: line
        for each in _running(ground)
        for line in town.index.additions.of(each.id)
        if line.is_active(town.estate.as_of)
    }
    lines = ground.read("lines")
    assert set(lines) == set(billed)
    for key, line in billed.items():
        record = lines[key]
        assert isinstance(record, Line)
        assert (record.client_external_id, record.agreement_external_id) == (line.client_id, line.agreement_id)
        assert record.product_code == str(served.product_id(line.product_code))
        assert record.product_name == PRODUCT_BY_CODE[line.product_code].name
        assert (record.quantity, record.unit_price) == (line.quantity, line.unit_price)
        assert (record.unit_cost, record.billing_cycle) == (line.unit_cost, line.billing_cycle)
        assert (record.effective_date, record.cancelled_date, record.is_calculated_by_psa) == (None, None, False)


def test_lines_of_a_paused_invoice_are_left_out_and_that_is_said(ground: Ground) -> None:
    each = next(each for each in _running(ground) if ground.town.index.additions.of(each.id))
    lost = {line.id for line in ground.town.index.additions.of(each.id)}
    ground.town.change(each, cancelled_on=ground.town.estate.as_of)
    with ground.connector() as connector:
        assert not lost & {record.external_id for record in connector.read("lines")}
        assert any("paused" in note for note in connector.wire.notes())
    assert ground.read("agreements")[each.id].attributes["paused"] == "true"
    ground.town.change(each, cancelled_on=None)


def test_what_syncro_counts_and_what_is_charged_once_is_marked(ground: Ground) -> None:
    first, second, *_rest = ground.read("lines")
    ground.server.counted, ground.server.once = {first}, {second}
    ground.town.change(ground.town.index.lines.by_id[second], quantity=Decimal("2.50"))
    found = ground.read("lines")
    assert found[first].is_calculated_by_psa
    assert not found[second].is_calculated_by_psa
    assert (found[second].billing_cycle, found[second].quantity) == ("one_time", Decimal("2.5"))


@pytest.mark.parametrize(("stream", "path"), [("agreements", "/schedules"), ("clients", "/customers")])
def test_nothing_is_lost_when_something_goes_between_two_pages(ground: Ground, stream: str, path: str) -> None:
    """By page number the rest moves up by one, and one row is never shown; with a total and without one."""
    ground.server.per_page = 3
    town = ground.town
    things: list[Any] = town.estate.agreements if stream == "agreements" else town.estate.clients
    gone = things[0]
    pages: list[str] = []

    def remove(_vendor: str, request: Request) -> None:
        if request.url.path.endswith(path):
            pages.append(request.query_params["page"])
            if len(pages) == 2:
                town.remove(gone)

    ground.sandbox.before = remove
    found = set(ground.read(stream))
    assert found >= {each.id for each in things}
    assert pages[:2] == ["1", "2"]
    assert pages.count("1") > 1, "it was read again"


def test_a_list_that_never_comes_to_rest_is_no_whole_one(ground: Ground) -> None:
    town = ground.town
    old = town.estate.agreements[0]

    def add(_vendor: str, request: Request) -> None:
        if request.url.path.endswith("/schedules") and request.query_params["page"] == "1":
            town.add(replace(old, id=town.new_id("agreement")))

    ground.sandbox.before = add
    with pytest.raises(ApiFailure) as failed:
        ground.read("agreements")
    assert failed.value.kind == "paging_broken"


@pytest.mark.parametrize("lines", [None, []])
def test_a_list_that_shows_no_lines_is_not_believed(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, lines: list[Any] | None
) -> None:
    """Where the list leaves lines out, or shows none though they come to an amount, each invoice is asked."""
    whole = ground.read("lines")
    make = ground.server._schedules
    monkeypatch.setattr(ground.server, "_schedules", lambda: [{**each, "lines": lines} for each in make()])
    ground.server._kept.clear()
    assert ground.read("lines") == whole
    ground.server._kept.clear()


@pytest.mark.parametrize("name", ["northbeam.syncromsp.com", "https://Northbeam.syncromsp.com/", "Northbeam"])
def test_a_subdomain_is_understood_however_it_is_typed(ground: Ground, name: str) -> None:
    assert ground.connector({"subdomain": name}).check().account == "northbeam, as RCX"
    assert {fields["host"] for fields in ground.observed} == {"northbeam.syncromsp.com"}


def test_a_refusal_names_the_permission_of_the_token(ground: Ground) -> None:
    ground.sandbox.faults.plan("status", 403, path="/schedules", times=0)
    checked = ground.connector().check()
    assert [failure.message for failure in checked.missing] == [f"The API user lacks “{SCHEDULES}” in Syncro."] * 2


def test_requests_keep_to_the_description(ground: Ground) -> None:
    conformance = Conformance(SPEC, BASE)
    ground.sandbox.keeps = True
    ground.connector().check()
    for info in ground.cls.streams():
        ground.read(info.name)
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > 10
    assert {each.request_headers["authorization"][:7] for each in ground.sandbox.exchanges} == {"Bearer "}
    assert not any("api_key" in each.query for each in ground.sandbox.exchanges)


def test_the_descriptions_own_examples_are_read(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = json.loads(specification(SPEC).read_text(), parse_float=Decimal)["paths"]

    def example(path: str, method: str) -> Any:
        return paths[path][method]["responses"]["200"]["content"]["application/json"]["example"]

    line = example("/schedules/{id}/line_items/{schedule_line_item_id}", "put")["schedule_line_item"]
    schedule = example("/schedules", "get")["schedules"][0]
    kept = {
        "customers": [{}, *example("/customers", "get")["customers"]],
        "schedules": [{**schedule, "lines": [line]}],
    }
    monkeypatch.setattr(ground.server, "kept", lambda name, _make: kept[name.partition(":")[0]])
    monkeypatch.setattr(served, "_product", lambda _each: example("/products", "get")["products"][0])
    (client,) = ground.read("clients").values()
    assert isinstance(client, Client)
    assert (client.name, client.emails, client.phone) == ("Walkin Customer", ("walkin@somedomain.com",), "123")
    (product,) = ground.read("products").values()
    assert isinstance(product, Product)
    assert (product.name, product.unit_price) == ("Product #1", Decimal("0.01"))
    with ground.connector() as connector:
        (found,) = connector.read("lines")
        assert any("“Daily” has no place here" in note for note in connector.wire.notes())
    assert (found.quantity, found.unit_price, found.unit_cost) == (Decimal("9.99"), Decimal("0.01"), Decimal("0.01"))
    assert (found.product_code, found.product_name) == ("1", "Updated Name")
