"""Autotask: what is read is what the estate holds, by labels and not by numbers, in the specification's words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest

from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.records import Agreement, Client, Invoice, InvoiceLine, Line, Product, Removed
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE
from connectors.sandbox.estate.invoices import invoices
from connectors.sandbox.server.sandbox import Exchange
from connectors.sandbox.vendors.autotask import rows, server
from connectors.vendors.autotask.failures import explained
from connectors.vendors.autotask.session import where
from connectors.vendors.autotask.units import Track, Units
from connectors.wire import Wire
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground, today

CONNECTOR = "autotask"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _as_made(ground: Ground) -> None:
    """Tests change labels; each begins with the usual ones."""
    ground.server.picklists = json.loads(json.dumps(rows.PICKLISTS))
    ground.server.closed = set()


def line_id(code: str, number: str) -> str:
    return f"bundle/{number}" if code in rows.BUNDLED else number


def test_reads_the_clients_of_the_estate_and_nobody_else(ground: Ground) -> None:
    found = ground.read("clients")
    assert set(found) == {client.id for client in ground.town.estate.clients}
    for client in ground.town.estate.clients:
        record, site = found[client.id], client.sites[0]
        assert isinstance(record, Client)
        assert (record.name, record.domain, record.country) == (client.name, client.domain, client.country)
        assert (record.address, record.city, record.postcode) == (site.address, site.city, site.postcode)
        assert record.attributes["currency"] == client.currency


def test_reads_the_catalogue_of_services_and_bundles(ground: Ground) -> None:
    found = {record.name: record for record in ground.read("products").values() if isinstance(record, Product)}
    assert set(found) == {product.name for product in PRODUCT_BY_CODE.values()}
    for code, product in PRODUCT_BY_CODE.items():
        record = found[product.name]
        assert (record.unit_price, record.unit_cost, record.currency) == (product.price, product.cost, "USD")
        assert record.code == (record.external_id if code in rows.BUNDLED else code)
        assert record.external_id.startswith("bundle/") == (code in rows.BUNDLED)


def test_reads_contracts_and_lines_as_the_estate_has_them(ground: Ground) -> None:
    estate = ground.town.estate
    agreements, lines = ground.read("agreements"), ground.read("lines")
    assert set(agreements) == {each.id for each in estate.agreements}
    for each in estate.agreements:
        record = agreements[each.id]
        assert isinstance(record, Agreement)
        assert (record.client_external_id, record.billing_cycle) == (each.client_id, each.billing_cycle)
        assert (record.name, record.starts_on) == (each.name, each.starts_on)
        assert record.attributes["status"] == ("Inactive" if each.cancelled_on else "Active")
    assert set(lines) == {line_id(each.product_code, each.id) for each in estate.lines}
    assert any(key.startswith("bundle/") for key in lines)
    for held in estate.lines:
        line = lines[line_id(held.product_code, held.id)]
        client = ground.town.index.clients.get(held.client_id)
        assert isinstance(line, Line)
        assert client is not None
        assert (line.client_external_id, line.agreement_external_id) == (held.client_id, held.agreement_id)
        assert line.quantity == held.quantity - held.included, "Autotask knows units to bill only"
        assert (line.unit_price, line.currency) == (held.unit_price, client.currency)
        assert line.effective_date == held.effective_on
        ends = held.cancelled_on if held.cancelled_on and held.cancelled_on <= today() + timedelta(days=62) else None
        assert line.cancelled_date == ends
        assert line.product_name == PRODUCT_BY_CODE[held.product_code].name
        assert line.billing_cycle == held.billing_cycle
        if held.product_code not in rows.BUNDLED:
            assert (line.product_code, line.unit_cost) == (held.product_code, held.unit_cost)


def test_reads_what_was_invoiced_without_voided_invoices_and_labour(ground: Ground) -> None:
    issued = {str(rows.invoice_id(each)): each for each in invoices(ground.town.estate)}
    found, items = ground.read("invoices"), ground.read("invoice_lines")
    assert set(found) == set(issued)
    for key, each in issued.items():
        record = found[key]
        assert isinstance(record, Invoice)
        assert (record.number, record.total, record.issued_on) == (each.number, each.total, each.issued_on)
        assert (record.client_external_id, record.currency) == (each.client_id, each.currency)
    wanted = {line.id.replace("-", ""): (key, line) for key, each in issued.items() for line in each.lines}
    assert set(items) == set(wanted)
    for key, (invoice, held) in wanted.items():
        item = items[key]
        assert isinstance(item, InvoiceLine)
        assert (item.invoice_external_id, item.line_external_id) == (invoice, line_id(held.product_code, held.line_id))
        assert (item.quantity, item.unit_price) == (held.quantity - held.included, held.unit_price)
        assert item.amount == held.amount


def test_older_databases_name_no_contract_service_on_a_billing_item(ground: Ground) -> None:
    """The line is found by contract and service where only one has both, and left open where several do."""
    known = ground.read("invoice_lines")
    ground.sandbox.faults.plan("drop", "contractServiceID", times=0)
    services: dict[tuple[str, str], int] = {}
    for each in ground.town.estate.lines:
        services[each.agreement_id, each.product_code] = services.get((each.agreement_id, each.product_code), 0) + 1
    alone = 0
    for key, item in ground.read("invoice_lines").items():
        before = known[key]
        assert isinstance(item, InvoiceLine)
        assert isinstance(before, InvoiceLine)
        number = before.line_external_id.removeprefix("bundle/")
        held = ground.town.index.lines.get(number)
        assert held is not None
        is_alone = services[held.agreement_id, held.product_code] == 1 or held.product_code in rows.BUNDLED
        assert item.line_external_id == (before.line_external_id if is_alone else "")
        alone += is_alone
    assert alone


def test_labels_decide_and_numbers_do_not(ground: Ground) -> None:
    lists = ground.server.picklists
    lists["Companies"]["companyType"].update({"1": "Lead", "3": "Customer"})
    assert [each.name for each in ground.read("clients").values() if isinstance(each, Client)] == [
        "Harbour Lane Prospects"
    ]
    assert ground.read("agreements") == ground.read("lines") == ground.read("invoices") == {}, "they are no clients'"
    lists["Companies"]["companyType"].update({"1": "Customer", "3": "Prospect"})
    lists["Contracts"]["contractType"].update({"1": "Recurring Service", "7": "Retainer"})
    found = [each for each in ground.read("agreements").values() if isinstance(each, Agreement)]
    assert {each.name for each in found} == {"Time and materials"}
    assert ground.read("lines") == {}


def test_client_types_are_the_admins_choice(ground: Ground) -> None:
    with ground.connector({"company_types": "customer, Vendor"}) as connector:
        found = {each.name for each in connector.read("clients")}
    assert "Widget Wholesale (vendor)" in found
    assert len(found) == len(ground.town.estate.clients) + 1
    with pytest.raises(ApiFailure) as failed, ground.connector({"company_types": "Kunde"}) as connector:
        list(connector.read("clients"))
    assert failed.value.kind == "setting_wrong"
    assert "Kunde" in failed.value.message


def test_half_yearly_contracts_are_whole_years_at_twice_the_price(ground: Ground) -> None:
    before = ground.read("lines")
    ground.server.picklists["Contracts"]["contractPeriodType"]["3"] = "Semi-Annual"
    with ground.connector() as connector:
        after = {each.external_id: each for each in connector.read("lines")}
        assert any("half-yearly" in note for note in connector.wire.notes())
    for key, line in after.items():
        held = before[key]
        assert isinstance(held, Line)
        if held.billing_cycle == "monthly":
            assert (line.billing_cycle, line.unit_price) == ("annual", (held.unit_price or Decimal(0)) * 2)


def test_a_company_switched_off_is_removed_in_an_incremental_read(ground: Ground) -> None:
    reading = ground.connector().read("clients")
    assert len(list(reading)) == len(ground.town.estate.clients)
    client = ground.town.estate.clients[-1]
    ground.town.pass_midnight()
    ground.town.remove(client)
    changed = list(ground.connector().read("clients", reading.cursor))
    assert changed == [Removed(external_id=client.id)]


def test_pages_repeat_the_same_question_by_post_on_the_zone_alone(ground: Ground) -> None:
    ground.sandbox.keeps = True
    whole = ground.read("lines", page_size=7)
    asked = [each for each in ground.sandbox.exchanges if "/ContractServiceUnits/" in each.path]
    assert len(asked) > 10
    assert {each.method for each in asked} == {"POST"}
    assert len({each.request_body for each in asked if "/next" in each.path or each is asked[0]}) <= 2
    assert [each.path.rpartition("/")[2] for each in asked[:3]] == ["query", "next", "next"]
    assert {each.host for each in asked} == {"webservices5.autotask.net"}
    assert whole == ground.read("lines")
    zone = next(each for each in ground.sandbox.exchanges if each.path.endswith("zoneInformation"))
    assert not {"secret", "username", "apiintegrationcode"} & {name.lower() for name in zone.request_headers}


def test_a_zone_that_is_none_gets_no_credentials(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ZONE", "https://webservices5.autotask.net.evil.example/ATServicesRest")
    with pytest.raises(ApiFailure) as failed:
        ground.read("clients")
    assert failed.value.kind == "foreign_page"
    assert ground.sandbox.strangers == []


def test_a_username_that_no_zone_knows_is_a_wrong_setting(ground: Ground) -> None:
    with pytest.raises(ApiFailure) as failed, ground.connector({"username": "nobody@example.com"}) as connector:
        connector.check()
    assert failed.value.kind == "setting_wrong"
    assert failed.value.message == "Autotask PSA does not know “the username”."


def test_a_refused_question_is_not_asked_again(ground: Ground) -> None:
    ground.sandbox.keeps = True
    connector = ground.connector()
    with pytest.raises(ApiFailure) as failed:
        list(connector.session.query("Companies", where("favourite", "eq", 1), noun="company", needs="x"))
    assert failed.value.kind == "refused"
    assert "favourite" in failed.value.detail
    assert [each.path for each in ground.sandbox.exchanges].count("/ATServicesRest/V1.0/Companies/query") == 1


@pytest.mark.parametrize(
    ("status", "errors", "kind"),
    [
        (
            500,
            ["The logged in Resource does not have the adequate permissions to query this entity."],
            "privilege_missing",
        ),
        (500, ["Unable to find foo in the Company Entity."], "refused"),
        (500, [{"message": "Missing Required Field: contractID"}], "refused"),
        (500, ["You have exceeded the request threshold."], "budget_spent"),
        (429, [], "budget_spent"),
        (500, ["An unexpected error has occurred."], None),
        (500, [], None),
        (401, ["Unauthorized"], None),
        (200, [], None),
    ],
)
def test_what_a_500_means_is_told_by_its_words(status: int, errors: list[object], kind: str | None) -> None:
    body = json.dumps({"errors": errors}).encode()
    url = "https://webservices5.autotask.net/ATServicesRest/V1.0/Companies/query"
    found = explained(
        "Autotask PSA", Answer(status, httpx.Headers(), body, url, "Autotask PSA", Wire()), "Contracts: view"
    )
    assert (found.kind if found else None) == kind
    if kind == "privilege_missing":
        assert found is not None
        assert "Contracts: view" in found.message


def test_the_shared_budget_is_shown(ground: Ground) -> None:
    with ground.connector() as connector:
        checked = connector.check()
        used = connector.threshold()
    assert any("of 10,000 used in the last 60 minutes" in note for note in checked.notes)
    assert used.allowed == 10_000
    assert used.used > 5
    assert checked.account == "Northbeam IT"
    assert ground.cls.about.limits.budgets[0].headroom == 0.5


def test_a_test_of_the_connection_takes_one_row_of_each_entity(ground: Ground) -> None:
    """Not all unit rows, of which there may be a hundred thousand."""
    ground.sandbox.keeps = True
    ground.connector().check()
    asked = [json.loads(each.request_body) for each in ground.sandbox.exchanges if each.path.endswith("/query")]
    assert {each["MaxRecords"] for each in asked} == {1}
    assert len(ground.sandbox.exchanges) < 20


@pytest.mark.parametrize(
    ("closed", "right", "stream"),
    [
        ("BillingItems", "invoices and posted items", "invoice_lines"),
        ("ContractServiceUnits", "contract visibility", "lines"),
        ("Currencies", "Companies", "clients"),
    ],
)
def test_a_missing_right_is_named_and_never_an_empty_list(ground: Ground, closed: str, right: str, stream: str) -> None:
    ground.server.closed = {closed}
    with ground.connector() as connector:
        (missing,) = connector.check().missing
    assert right in missing.message
    with pytest.raises(ApiFailure) as failed:
        ground.read(stream)
    assert failed.value.kind == "privilege_missing"


def test_a_period_of_an_unknown_name_costs_the_price_and_not_the_line(ground: Ground) -> None:
    ground.server.picklists["Contracts"]["contractPeriodType"]["3"] = "Fortnightly"
    with ground.connector() as connector:
        found = [each for each in connector.read("lines") if each.billing_cycle == "monthly"]
        assert any("Fortnightly" in note for note in connector.wire.notes())
    assert found
    assert all(each.unit_price is None and each.unit_cost is None for each in found)


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    conformance = Conformance("autotask/autotask.swagger2.json", server.ZONE, ours=["/zoneInformation"])
    ground.sandbox.keeps = True
    ground.connector(page_size=40).check()
    for info in ground.cls.streams():
        ground.read(info.name, page_size=200)
    assert conformance.problems(map(_as_query, ground.sandbox.exchanges)) == []
    assert conformance.checked > 20


def test_the_specification_catches_what_is_wrong(ground: Ground) -> None:
    """The check above can fail: a wrong page size, a quantity that is no number."""
    conformance = Conformance("autotask/autotask.swagger2.json", server.ZONE)
    ground.sandbox.keeps = True
    ground.read("lines")
    good = next(each for each in ground.sandbox.exchanges if each.path.endswith("/ContractServiceUnits/query"))
    assert conformance.problems([good]) == []
    asked = json.dumps({**json.loads(good.request_body), "MaxRecords": 501}).encode()
    assert conformance.problems([replace(good, request_body=asked)])
    told = json.loads(good.body)
    told["items"][0]["units"] = "twelve"
    assert conformance.problems([replace(good, body=json.dumps(told).encode())])


def _as_query(each: Exchange) -> Exchange:
    """A further page is the same question at an address that the specification does not list."""
    return replace(each, path=each.path.removesuffix("/next"), query="") if each.path.endswith("/next") else each


TODAY = date(2026, 3, 10)


def _row(start: date, end: date, units: int, *, posted: bool = False) -> Units:
    return Units(str(start), start, end, Decimal(units), posted)


def _track(*rows: Units) -> Track:
    track = Track.begun(rows[0], TODAY)
    for row in rows:
        track.add(row)
    return track


MARCH = (date(2026, 3, 1), date(2026, 3, 31))
LATER = (date(2026, 4, 1), date(2026, 6, 30))


def test_the_units_of_the_day_count_whatever_the_order_of_rows() -> None:
    split = (
        _row(date(2026, 3, 1), date(2026, 3, 9), 4, posted=True),
        _row(date(2026, 3, 10), date(2026, 3, 31), 6, posted=True),
        _row(*LATER, 9),
    )
    for order in (split, split[::-1], (*split, *split)):
        track = _track(*order)
        assert track.quantity == 6
        assert track.starts_on == date(2026, 3, 1)
        assert track.cancelled_on(is_running=True) is None
        assert track.posted_to == date(2026, 3, 31)


def test_rows_that_stop_end_the_line_with_its_last_units() -> None:
    ended = _track(_row(date(2025, 1, 1), date(2025, 1, 31), 3), _row(date(2025, 2, 1), date(2025, 2, 14), 5))
    assert (ended.quantity, ended.cancelled_on(is_running=True)) == (Decimal(5), date(2025, 2, 15))
    assert _track(_row(*MARCH, 2)).cancelled_on(is_running=True) == date(2026, 4, 1)
    to_come = _track(_row(date(2026, 4, 1), date(2026, 4, 30), 7), _row(date(2026, 5, 1), date(2026, 5, 31), 8))
    assert (to_come.quantity, to_come.starts_on) == (Decimal(7), date(2026, 4, 1))


def test_no_units_today_is_a_line_with_none_and_not_the_end() -> None:
    track = _track(_row(*MARCH, 0), _row(*LATER, 0))
    assert (track.quantity, track.cancelled_on(is_running=True)) == (Decimal(0), None)


def test_a_contract_switched_off_without_an_end_bills_to_the_end_of_what_was_posted() -> None:
    track = _track(_row(*MARCH, 2, posted=True), _row(*LATER, 2))
    assert track.cancelled_on(is_running=False) == date(2026, 4, 1)
    assert _track(_row(*MARCH, 2)).cancelled_on(is_running=False) == MARCH[0]
