"""SuperOps: what is read is what the estate holds, by the schema; errors inside a 200; quantities by changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Agreement, Client, Invoice, InvoiceLine, Line, Product
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE
from connectors.sandbox.estate.invoices import invoices
from connectors.sandbox.vendors.superops import rows
from connectors.sandbox.vendors.superops.picking import fields_of, picked
from connectors.vendors.superops.changes import changes_of, quantity_on
from connectors.vendors.superops.graph import CONTRACTS, explained
from connectors.wire import Wire
from tests.connectors.ground import Ground, today
from tests.connectors.vendors.superops.judging import problems

CONNECTOR = "superops"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _as_made(ground: Ground) -> None:
    """Tests show contracts otherwise; each begins with the usual ones."""
    show(ground, lambda contract: contract)


def show(ground: Ground, shown: Any) -> None:
    ground.server.shown = shown
    ground.server._kept.clear()


def test_reads_the_clients_of_the_estate_and_no_prospects(ground: Ground) -> None:
    found = ground.read("clients")
    assert set(found) == {rows.client_id(client.id) for client in ground.town.estate.clients}
    for client in ground.town.estate.clients:
        record, site = found[rows.client_id(client.id)], client.sites[0]
        assert isinstance(record, Client)
        assert (record.name, record.domain, record.country) == (client.name, client.domain, client.country)
        assert (record.address, record.city, record.postcode) == (site.address, site.city, site.postcode)
        assert (record.phone, record.region) == (site.phone, site.region)


def test_the_admin_chooses_which_stages_are_clients(ground: Ground) -> None:
    with ground.connector({"stages": "active, Former"}) as connector:
        assert len(list(connector.read("clients"))) == len(ground.town.estate.clients) + 1
    with pytest.raises(ApiFailure) as failed, ground.connector({"stages": "Aktiv"}) as connector:
        connector.check()
    assert failed.value.kind == "setting_wrong"
    assert "Aktiv" in failed.value.message


def test_what_is_billed_to_somebody_who_is_no_client_is_left_out_with_a_remark(ground: Ground) -> None:
    with ground.connector() as connector:
        for stream in ("agreements", "lines", "invoices", "invoice_lines"):
            list(connector.read(stream))
        notes = " ".join(connector.wire.notes())
    assert "a contract of somebody who is no client" in notes
    assert "an invoice to somebody who is no client" in notes


def test_reads_the_catalogue(ground: Ground) -> None:
    found = ground.read("products")
    assert set(found) == {rows.item_id(code) for code in PRODUCT_BY_CODE}
    for code, product in PRODUCT_BY_CODE.items():
        record = found[rows.item_id(code)]
        assert isinstance(record, Product)
        assert (record.name, record.unit_price, record.unit_cost) == (product.name, product.price, product.cost)
        assert (record.code, record.currency) == (record.external_id, "USD")


def test_reads_every_contract_as_an_agreement_and_its_line(ground: Ground) -> None:
    estate = ground.town.estate
    agreements, lines = ground.read("agreements"), ground.read("lines")
    assert set(agreements) == set(lines) == {rows.contract_id(line.id) for line in estate.lines}
    for held in estate.lines:
        agreement, line = agreements[rows.contract_id(held.id)], lines[rows.contract_id(held.id)]
        assert isinstance(agreement, Agreement)
        assert isinstance(line, Line)
        assert (line.agreement_external_id, agreement.external_id) == (line.external_id, line.external_id)
        assert line.client_external_id == agreement.client_external_id == rows.client_id(held.client_id)
        assert (line.quantity, line.unit_price) == (held.quantity - held.included, held.unit_price)
        assert line.unit_cost == PRODUCT_BY_CODE[held.product_code].cost
        assert (line.product_code, line.product_name) == (
            rows.item_id(held.product_code),
            PRODUCT_BY_CODE[held.product_code].name,
        )
        assert (line.effective_date, line.cancelled_date) == (held.effective_on, held.cancelled_on)
        assert line.billing_cycle == agreement.billing_cycle == held.billing_cycle
        assert line.currency == "USD"
        assert not line.is_calculated_by_psa


def test_reads_issued_invoices_and_finds_the_contract_where_there_is_one(ground: Ground) -> None:
    issued = {rows.long_id(6, each.id): each for each in invoices(ground.town.estate)}
    found = ground.read("invoices")
    assert set(found) == set(issued)
    for key, each in issued.items():
        record = found[key]
        assert isinstance(record, Invoice)
        assert (record.number, record.total, record.issued_on) == (each.number, each.total, each.issued_on)
    items = [each for each in ground.read("invoice_lines").values() if isinstance(each, InvoiceLine)]
    assert len(items) == sum(len(each.lines) for each in issued.values())
    alone = {
        (line.client_id, line.product_code)
        for line in ground.town.estate.lines
        if sum((line.client_id, line.product_code) == (o.client_id, o.product_code) for o in ground.town.estate.lines)
        == 1
    }
    for item in items:
        each = issued[item.invoice_external_id]
        held = next(line for line in each.lines if item.product_code == rows.item_id(line.product_code))
        is_alone = (each.client_id, held.product_code) in alone
        assert bool(item.line_external_id) == is_alone
        if is_alone:
            assert item.line_external_id == rows.contract_id(held.line_id)
            assert (item.quantity, item.unit_price) == (held.quantity - held.included, held.unit_price)
            assert item.amount == held.amount


def test_every_question_and_answer_is_right_by_the_schema(ground: Ground) -> None:
    ground.sandbox.keeps = True
    ground.connector().check()
    for info in ground.cls.streams():
        ground.read(info.name, page_size=30)
    assert problems(ground.sandbox.exchanges) == []
    assert len(ground.sandbox.exchanges) > 20


def test_the_schema_catches_what_is_wrong(ground: Ground) -> None:
    """The check above can fail: on a field that does not exist, a page that is no number, an answer of another type."""
    ground.sandbox.keeps = True
    ground.read("products")
    good = ground.sandbox.exchanges[-1]
    assert problems([good]) == []
    asked, told = json.loads(good.request_body), json.loads(good.body)
    unknown = {**asked, "query": asked["query"].replace("itemType", "itemKind")}
    assert problems([replace(good, request_body=json.dumps(unknown).encode())])
    paged = {**asked, "variables": {"input": {"page": "first"}}}
    assert problems([replace(good, request_body=json.dumps(paged).encode())])
    told["data"]["getServiceCatalogItemList"]["items"][0]["status"] = "SOLD_OUT"
    assert problems([replace(good, body=json.dumps(told).encode())])


def test_a_quantity_is_what_the_changes_of_the_day_come_to(ground: Ground) -> None:
    """Increases and decreases count from their day, in whatever order they are listed; those to come do not yet."""
    line = next(each for each in ground.town.estate.lines if each.is_active(today()) and each.cancelled_on is None)
    number = rows.contract_id(line.id)

    def shown(contract: dict[str, Any]) -> dict[str, Any]:
        if contract["contractId"] == number:
            contract["contract"]["billableContract"]["changes"] = [
                _change("4", "INCREASE", "50", today() + 5 * DAY),
                _change("2", "INCREASE", "4.0", today() - 9 * DAY),
                _change("3", "DECREASE", "1", today()),
                _change("1", "BASELINE", "10", None),
            ]
        return contract

    show(ground, shown)
    found = ground.read("lines")[number]
    assert isinstance(found, Line)
    assert found.quantity == 13
    with ground.connector({"quantities": "total"}) as connector:
        total = {each.external_id: each for each in connector.read("lines")}[number]
    assert total.quantity == 1, "the latest change states the quantity itself"


@pytest.mark.parametrize(
    ("unit", "count", "cycle", "periods"),
    [
        ("MONTH", 1, "monthly", 1),
        ("MONTH", 3, "quarterly", 1),
        ("MONTH", 6, "annual", 2),
        ("MONTH", 12, "annual", 1),
        ("YEAR", 1, "annual", 1),
        ("YEAR", 2, "monthly", 0),
        ("WEEK", 1, "monthly", 0),
    ],
)
def test_prices_are_for_a_cycle_that_rcx_has_or_are_left_out(
    ground: Ground, unit: str, count: int, cycle: str, periods: int
) -> None:
    held = ground.town.estate.lines[0]

    def shown(contract: dict[str, Any]) -> dict[str, Any]:
        recurring = contract["contract"]["billableContract"]["recurringContract"]
        recurring.update(frequencyDurationUnit=unit, frequencyInterval=count)
        return contract

    show(ground, shown)
    line = ground.read("lines")[rows.contract_id(held.id)]
    assert isinstance(line, Line)
    assert (line.billing_cycle, line.quantity) == (cycle, held.quantity - held.included)
    assert line.unit_price == (held.unit_price * periods if periods else None)


def test_a_contracts_discount_is_taken_off_and_the_catalogue_fills_in_a_price(ground: Ground) -> None:
    """The reference's own example: 10 at 125.75 less 12.75 per cent are 1097.17."""
    held = ground.town.estate.lines[0]

    def shown(contract: dict[str, Any]) -> dict[str, Any]:
        billable = contract["contract"]["billableContract"]
        is_first = contract["contractId"] == rows.contract_id(held.id)
        billable["sellingPrice"] = {"model": "PER_UNIT", "details": [{"value": "125.75"}]} if is_first else None
        billable["discountRate"] = "12.75" if is_first else None
        return contract

    show(ground, shown)
    found = ground.read("lines")
    first, other = found[rows.contract_id(held.id)], ground.town.estate.lines[1]
    assert isinstance(first, Line)
    assert first.unit_price is not None
    assert round(first.unit_price * 10, 2) == Decimal("1097.17")
    line = found[rows.contract_id(other.id)]
    assert isinstance(line, Line)
    assert line.unit_price == PRODUCT_BY_CODE[other.product_code].price


def test_changes_that_leave_less_than_nothing_show_that_the_setting_is_wrong(ground: Ground) -> None:
    def shown(contract: dict[str, Any]) -> dict[str, Any]:
        changes = [_change("1", "BASELINE", "10", None), _change("2", "DECREASE", "11", today() - 400 * DAY)]
        contract["contract"]["billableContract"]["changes"] = changes
        return contract

    show(ground, shown)
    with pytest.raises(ApiFailure) as failed:
        ground.read("lines")
    assert failed.value.kind == "setting_wrong"
    assert "What a quantity change states" in failed.value.message


def test_a_quantity_that_superops_counts_itself_is_marked_or_left_out(ground: Ground) -> None:
    ids = [rows.contract_id(each.id) for each in ground.town.estate.lines[:2]]

    def shown(contract: dict[str, Any]) -> dict[str, Any]:
        billable = contract["contract"]["billableContract"]
        if contract["contractId"] in ids:
            billable["quantityCalculationType"] = "DYNAMIC"
            if contract["contractId"] == ids[1]:
                billable["changes"] = None
        return contract

    show(ground, shown)
    with ground.connector() as connector:
        found = {each.external_id: each for each in connector.read("lines")}
        notes = connector.wire.notes()
    assert found[ids[0]].is_calculated_by_psa
    assert ids[1] not in found
    assert any("counts itself" in note for note in notes)
    assert ids[1] in ground.read("agreements")


def test_a_fixed_contract_without_a_quantity_is_never_read_as_none(ground: Ground) -> None:
    def shown(contract: dict[str, Any]) -> dict[str, Any]:
        contract["contract"]["billableContract"]["changes"] = []
        return contract

    show(ground, shown)
    with pytest.raises(ApiFailure) as failed:
        ground.read("lines")
    assert failed.value.kind == "unexpected_shape"


def test_an_inactive_contract_without_an_end_stops_at_its_next_bill_date(ground: Ground) -> None:
    number = rows.contract_id(ground.town.estate.lines[0].id)

    def shown(contract: dict[str, Any]) -> dict[str, Any]:
        if contract["contractId"] == number:
            contract.update(contractStatus="INACTIVE", endDate=None)
            contract["contract"]["billableContract"]["recurringContract"]["nextBillDate"] = "2026-02-01"
        return contract

    show(ground, shown)
    line = ground.read("lines")[number]
    assert isinstance(line, Line)
    assert line.cancelled_date == date(2026, 2, 1)


def test_the_limit_inside_a_200_is_waited_out(ground: Ground) -> None:
    whole = ground.read("clients")
    ground.paused.clear()
    ground.sandbox.faults.plan("status", 429, after=1)
    assert ground.read("clients") == whole
    assert sum(ground.paused) >= 10


@pytest.mark.parametrize(
    ("code", "classification", "kind"),
    [
        ("rate_limit_exceeded", "DataFetchingException", "rate_limited"),
        ("forbidden", "DataFetchingException", "privilege_missing"),
        ("entity_does_not_exist", "DataFetchingException", "not_found"),
        ("mandatory_validation_failed", "DataFetchingException", "refused"),
        ("", "ValidationError", "unexpected_shape"),
        ("", "DataFetchingException", "vendor_down"),
        ("something_new", "DataFetchingException", "vendor_down"),
    ],
)
def test_errors_inside_a_200_are_told_by_their_codes(code: str, classification: str, kind: str) -> None:
    extensions: dict[str, Any] = {"classification": classification}
    if code:
        extensions["clientError"] = [{"code": code, "param": {}}]
    body = {"errors": [{"message": None, "extensions": extensions}], "data": {"getClientList": None}}
    found = explained("SuperOps", _answer(200, body), "Clients: view")
    assert found is not None
    assert found.kind == kind
    assert code in found.detail
    if kind == "privilege_missing":
        assert "Clients: view" in found.message


def test_a_part_with_errors_is_no_answer() -> None:
    body = {"data": {"getClientList": {"clients": []}}, "errors": [{"message": "partly failed"}]}
    found = explained("SuperOps", _answer(200, body), "")
    assert found is not None
    assert found.detail == "partly failed"
    assert explained("SuperOps", _answer(200, {"data": {}}), "") is None


def test_a_wrong_subdomain_is_a_wrong_setting(ground: Ground) -> None:
    with pytest.raises(ApiFailure) as failed, ground.connector({"subdomain": "southbeam"}) as connector:
        connector.check()
    assert failed.value.kind == "setting_wrong"
    assert "subdomain" in failed.value.message


def test_the_region_decides_the_host(ground: Ground) -> None:
    with ground.connector({"region": "eu"}) as connector:
        connector.identify()
    assert {each["host"] for each in ground.observed} == {"euapi.superops.ai"}


def test_the_references_own_examples_are_read() -> None:
    """The example objects of SuperOps's reference, filled in where it names only a type."""
    example = {
        "changes": [
            _change("4", "INCREASE", "10", date(2022, 5, 31)),
            _change("3", "BASELINE", "125.75", None),
        ]
    }
    changes = changes_of(Row(example, "contract", "SuperOps", Wire()))
    assert [each.id for each in changes] == ["3", "4"]
    assert quantity_on(changes, date(2022, 5, 31), "difference") == Decimal("135.75")
    assert quantity_on(changes, date(2022, 5, 30), "difference") == Decimal("125.75")


def test_the_sandbox_answers_what_was_asked_and_no_more() -> None:
    fields = fields_of(CONTRACTS)
    assert set(fields) == {"getClientContractList"}
    inner = fields["getClientContractList"]
    assert set(inner) == {"clientContracts", "listInfo"}
    assert "chargeItem" in inner["clientContracts"]["contract"]["billableContract"]
    value = {"a": 1, "b": [{"c": 2, "d": {"e": 3}}], "f": None}
    assert picked(value, fields_of("query x { a b { d { e } } g }")) == {"a": 1, "b": [{"d": {"e": 3}}], "g": None}


def _change(number: str, operation: str, quantity: str, day: date | None) -> dict[str, Any]:
    return {
        "changeId": number,
        "effectiveDate": day.isoformat() if day else None,
        "endDate": None,
        "quantity": quantity,
        "quantityChangeOperation": operation,
    }


def _answer(status: int, body: object) -> Answer:
    url = "https://api.superops.ai/msp"
    return Answer(status, httpx.Headers(), json.dumps(body).encode(), url, "SuperOps", Wire())
