"""ConnectWise PSA: what is read is what the estate holds, in the words of ConnectWise's own types, whatever its paging,
its addresses and its deletions do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.requests import Request
from starlette.responses import Response

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Agreement, Client, Invoice, InvoiceLine, Line, Product, Removed
from connectors.sandbox.estate import invoices
from connectors.sandbox.estate.catalogue import PRODUCTS
from connectors.sandbox.server.vendor import answer
from connectors.sandbox.vendors.connectwise import shapes
from connectors.vendors.connectwise import mapping
from connectors.vendors.connectwise.about import AGREEMENTS, COMPANIES, SETUP
from connectors.vendors.connectwise.marks import Mark
from connectors.vendors.connectwise.paths import addresses
from connectors.wire import Wire
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground

CONNECTOR = "connectwise"
SPEC = "connectwise-psa/connectwise-psa.openapi.json"
OURS = ("/login/companyinfo/northbeam",)
_REQUIRED = ("CatalogItem", "Company", "CompanyStatus", "CompanyType", "Agreement", "Invoice")
PARTIAL = {"components": {"schemas": {name: {"required": ["id"]} for name in _REQUIRED}}}
"""Where only some fields are asked for, the types' required ones are not among them."""
BASE = "https://api-na.myconnectwise.net/v2025_1/apis/3.0"


def test_clients_are_what_the_estate_holds(ground: Ground) -> None:
    found = ground.read("clients")
    assert set(found) == {client.id for client in ground.town.estate.clients}
    for client in ground.town.estate.clients:
        record, site = found[client.id], client.sites[0]
        assert isinstance(record, Client)
        assert (record.name, record.domain, record.phone) == (client.name, client.domain, site.phone)
        assert (record.address, record.city, record.region) == (site.address, site.city, site.region)
        assert (record.postcode, record.country) == (site.postcode, client.country)
        assert record.attributes["identifier"] == client.identifier
        assert record.attributes["types"] == "Client"


def test_the_catalogue_is_what_the_estate_sells(ground: Ground) -> None:
    found = {record.code: record for record in ground.read("products").values() if isinstance(record, Product)}
    assert {code: (each.name, each.unit_price, each.unit_cost) for code, each in found.items()} == {
        each.code: (each.name, each.price, each.cost) for each in PRODUCTS
    }


def test_agreements_and_lines_are_what_the_estate_bills(ground: Ground) -> None:
    estate, agreements = ground.town.estate, ground.read("agreements")
    assert set(agreements) == {each.id for each in estate.agreements}
    for each in estate.agreements:
        record = agreements[each.id]
        assert isinstance(record, Agreement)
        assert (record.client_external_id, record.name) == (each.client_id, each.name)
        assert (record.billing_cycle, record.starts_on) == (each.billing_cycle, each.starts_on)
        assert record.ends_on == each.cancelled_on
    lines = ground.read("lines")
    assert set(lines) == {line.id for line in estate.lines}
    for line in estate.lines:
        record, parent = lines[line.id], ground.town.index.agreements.by_id[line.agreement_id]
        assert isinstance(record, Line)
        assert (record.client_external_id, record.agreement_external_id) == (line.client_id, line.agreement_id)
        assert (record.product_code, record.quantity) == (line.product_code, line.quantity)
        assert (record.included_quantity, record.unit_price) == (line.included, line.unit_price)
        assert (record.unit_cost, record.currency) == (line.unit_cost, parent.currency)
        assert (record.effective_date, record.billing_cycle) == (line.effective_on, line.billing_cycle)
        ends = [day for day in (line.cancelled_on, parent.cancelled_on) if day]
        assert record.cancelled_date == min(ends, default=None)
        assert record.attributes["version"] == f"{line.changed_at:%Y-%m-%dT%H:%M:%SZ}"


def test_invoices_are_what_the_estate_issued(ground: Ground) -> None:
    issued = {each.number: each for each in invoices(ground.town.estate)}
    read = ground.read("invoices")
    found = {record.number: record for record in read.values() if isinstance(record, Invoice)}
    assert set(found) == set(issued)
    charged: dict[str, list[InvoiceLine]] = {}
    for line in ground.read("invoice_lines").values():
        assert isinstance(line, InvoiceLine)
        charged.setdefault(line.invoice_external_id, []).append(line)
    for number, each in issued.items():
        record = found[number]
        assert (record.client_external_id, record.issued_on) == (each.client_id, each.issued_on)
        assert (record.currency, record.total) == (each.currency, each.total)
        lines = sorted((one.product_code, one.quantity, one.amount) for one in charged[record.external_id])
        billed = ((one.product_code, max(one.quantity - one.included, Decimal(0)), one.amount) for one in each.lines)
        assert lines == sorted(billed)


def test_requests_and_answers_keep_to_the_types(ground: Ground) -> None:
    ground.sandbox.keeps = True
    ground.connector().identify()
    for info in ground.cls.streams():
        reading = ground.connector(page_size=20).read(info.name)
        list(reading)
        list(ground.connector().read(info.name, reading.cursor))
    exchanges = ground.sandbox.exchanges
    whole, part = Conformance(SPEC, BASE, ours=OURS), Conformance(SPEC, BASE, ours=OURS, mends=PARTIAL)
    assert whole.problems(each for each in exchanges if "fields=" not in each.query) == []
    assert part.problems(each for each in exchanges if "fields=" in each.query) == []
    assert whole.checked > 60
    assert part.checked > 10
    for each in ground.sandbox.exchanges:
        if each.path.startswith("/v2025_1"):
            assert each.request_headers["accept"] == "application/vnd.connectwise.com+json; version=2022.1"
            assert "orderBy" not in each.query
            assert len(each.path + each.query) < 2000


def test_lists_are_led_through_by_id_and_end_though_a_next_page_is_always_named(ground: Ground) -> None:
    """ConnectWise's link leads on for ever, and to another of its hosts."""
    ground.sandbox.keeps = True
    found = ground.read("clients", page_size=3)
    pages = [each for each in ground.sandbox.exchanges if each.path.endswith("/company/companies")]
    listed = len([row for row in shapes.companies(ground.town.estate) if not row["deletedFlag"]])
    assert len(pages) == listed // 3 + 1
    assert len(found) < listed
    assert all(each.request_headers["pagination-type"] == "forward-only" for each in pages)
    assert all('rel="next"' in each.headers["link"] for each in pages)
    assert {each.host for each in pages} == {"api-na.myconnectwise.net"}


def test_the_sandbox_pages_by_number_where_forward_is_not_asked_for(ground: Ground) -> None:
    """Without the header `pageId` means nothing, a page has 25 rows if no other number is asked, and the last one
    names no next."""
    api = ground.connector().api
    usual = api.get("procurement/products")
    assert len(usual.rows("product item")) == 25
    assert 'page=2>; rel="next"' in usual.headers["link"]
    assert api.get("procurement/products", {"pageId": 10**8}).json() == usual.json()
    largest = api.get("procurement/products", {"pageSize": 5000})
    assert len(largest.rows("product item")) <= 1000
    assert "link" not in api.get("company/companies", {"pageSize": 999}).headers


@pytest.mark.parametrize(
    "server", ["na.myconnectwise.net", "https://na.myconnectwise.net/", "API-NA.myconnectwise.net", "https://na.myconnectwise.net/v4_6_release/x"]
)  # fmt: skip
def test_a_server_is_understood_however_it_is_typed(ground: Ground, server: str) -> None:
    assert ground.connector({"server": server}).check().account.startswith("Northbeam IT, ConnectWise PSA")
    assert {fields["host"] for fields in ground.observed} == {"na.myconnectwise.net", "api-na.myconnectwise.net"}


def test_a_server_of_ones_own_has_one_host() -> None:
    assert addresses("https://PSA.example.com:8443/") == ("psa.example.com:8443", "psa.example.com:8443")


def test_an_unknown_company_is_the_settings_fault(ground: Ground) -> None:
    with pytest.raises(ApiFailure) as failed:
        ground.connector({"company_id": "northbeem"}).check()
    assert failed.value.kind == "setting_wrong"
    assert "northbeem" in failed.value.message


@pytest.mark.parametrize("said", ["Cannot route. Codebase/company is invalid.", "SSL is required."])
def test_errors_of_the_address_are_the_settings_fault(ground: Ground, said: str) -> None:
    ground.server.fault, usual = lambda *_args, **_more: _error(said), ground.server.fault
    try:
        ground.sandbox.faults.plan("status", 404, path="system/info")
        with pytest.raises(ApiFailure) as failed:
            ground.connector().check()
    finally:
        ground.server.fault = usual
    assert failed.value.kind == "setting_wrong"
    assert said[:20] in str(failed.value)


def test_a_refusal_names_the_right_of_the_security_role(ground: Ground) -> None:
    ground.sandbox.faults.plan("status", 403, path="finance/agreements", times=0)
    checked = ground.connector().check()
    assert [failure.message for failure in checked.missing] == [
        f"The API user lacks “{AGREEMENTS}” in ConnectWise PSA."
    ] * 2
    ground.sandbox.faults.clear()
    ground.sandbox.faults.plan("status", 403, path="companies/statuses")
    with pytest.raises(ApiFailure, match=f"lacks “{COMPANIES} / {SETUP}”"):
        ground.read("clients")


def test_a_missing_client_id_is_told_from_wrong_keys(ground: Ground) -> None:
    with pytest.raises(ApiFailure) as failed:
        ground.connector({"client_id": "00000000-0000-0000-0000-000000000000"}).check()
    assert failed.value.kind == "credentials_refused"
    assert "clientId" in failed.value.detail


def test_only_clients_are_read_or_the_types_that_were_named(ground: Ground) -> None:
    everybody = {str(row["id"]) for row in shapes.companies(ground.town.estate)}
    assert everybody - set(ground.read("clients")) == {"2", "3", "4", "5", "6"}
    with ground.connector({"company_types": "prospect ; Nothing"}) as connector:
        assert [record.external_id for record in connector.read("clients")] == ["3"]


def test_what_becomes_inactive_or_active_is_noticed_though_no_company_changed(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = ground.connector().read("clients")
    known = {record.external_id for record in reading}
    monkeypatch.setattr(shapes, "STATUSES", ((1, "Active", True), *shapes.STATUSES[1:]))
    later = ground.connector().read("clients", reading.cursor)
    assert {record.external_id for record in later if isinstance(record, Removed)} == known
    monkeypatch.undo()
    again = list(ground.connector().read("clients", later.cursor))
    assert {record.external_id for record in again} == known
    assert not [record for record in again if isinstance(record, Removed)]


def test_what_was_deleted_without_a_trace_is_found_missing(ground: Ground) -> None:
    town = ground.town
    reading = ground.connector().read("agreements")
    list(reading)
    town.pass_midnight()
    gone, changed = town.estate.agreements[0], town.estate.agreements[1]
    town.remove(gone)
    town.change(changed, name="Renamed")
    later = list(ground.connector().read("agreements", reading.cursor))
    assert [record.external_id for record in later if isinstance(record, Removed)] == [gone.id]
    assert changed.id in {record.external_id for record in later}
    client = town.estate.clients[-1]
    companies = ground.connector().read("clients")
    list(companies)
    town.remove(client)
    later = list(ground.connector().read("clients", companies.cursor))
    assert [record.external_id for record in later if isinstance(record, Removed)] == [client.id]


@pytest.mark.parametrize("cursor", ["x", "2026-01-01", "2026-01-01T00:00:00Z #", "2026-01-01T00:00:00Z abcde"])
def test_a_mark_that_is_none_asks_for_a_whole_read(ground: Ground, cursor: str) -> None:
    with pytest.raises(ApiFailure) as failed:
        list(ground.connector().read("clients", cursor))
    assert failed.value.kind == "cursor_expired"


@given(
    ids=some.frozensets(some.integers(0, 10**20)),
    seconds=some.integers(0, 4 * 10**9),
)
def test_a_mark_is_read_as_it_was_written(ids: frozenset[int], seconds: int) -> None:
    mark = Mark(datetime.fromtimestamp(seconds, UTC), ids)
    assert Mark.read(str(mark)) == mark


def test_an_agreement_that_goes_while_its_additions_are_read_takes_only_them_along(ground: Ground) -> None:
    town = ground.town
    gone = next(each for each in reversed(town.estate.agreements) if town.index.additions.of(each.id))
    lost = {line.id for line in town.index.additions.of(gone.id)}

    def remove(_vendor: str, request: Request) -> None:
        if request.url.path.endswith(f"/{gone.id}/additions") and town.index.agreements.get(gone.id):
            town.remove(gone)

    ground.sandbox.before = remove
    found = set(ground.read("lines"))
    assert not found & lost
    assert found == {line.id for line in town.estate.lines}


def test_additions_that_are_not_found_are_never_read_as_none(ground: Ground) -> None:
    ground.sandbox.faults.plan("status", 404, path="/additions", times=0)
    with pytest.raises(ApiFailure) as failed:
        ground.read("lines")
    assert failed.value.kind == "not_found"


def test_an_addition_is_read_with_the_agreement_that_it_names(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parent agreement shows its children's additions among its own."""
    child, parent, *_rest = [each for each in ground.town.estate.agreements if ground.town.index.additions.of(each.id)]
    index = ground.town.index
    own, shown = list(index.additions.of(child.id)), index.additions.of

    def with_children(agreement_id: str) -> list[Any]:
        return [*shown(agreement_id), *(own if agreement_id == parent.id else ())]

    def named(line: Any, _parent: Any, as_of: date) -> Any:
        return made(line, index.agreements.by_id[line.agreement_id], as_of)

    made = shapes.addition
    monkeypatch.setattr(shapes, "addition", named)
    monkeypatch.setattr(index.additions, "of", with_children)
    ground.sandbox.keeps = True
    found = ground.read("lines")
    assert any(
        each.path.endswith(f"/{parent.id}/additions") and own[0].id in each.body.decode()
        for each in ground.sandbox.exchanges
    )
    for line in own:
        record = found[line.id]
        assert isinstance(record, Line)
        assert record.agreement_external_id == child.id


def test_a_cancelled_agreement_ends_its_lines(ground: Ground) -> None:
    town = ground.town
    each = next(
        each
        for each in town.estate.agreements
        if each.cancelled_on is None and any(not line.cancelled_on for line in town.index.additions.of(each.id))
    )
    ends = town.estate.as_of - timedelta(days=3)
    town.change(each, cancelled_on=ends)
    found = ground.read("lines")
    for line in town.index.additions.of(each.id):
        record = found[line.id]
        assert isinstance(record, Line)
        assert record.cancelled_date == min(ends, line.cancelled_on or ends)


def _error(said: str) -> Response:
    return answer({"code": "X", "message": said, "errors": None}, 404)


def _row(**fields: Any) -> Row:
    return Row(fields, "agreement", "ConnectWise PSA", Wire())


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({}, None),
        ({"endDate": "2026-05-31T00:00:00Z"}, date(2026, 6, 1)),
        ({"endDate": "2026-05-31T00:00:00Z", "noEndingDateFlag": True}, None),
        ({"cancelledFlag": True, "dateCancelled": "2026-04-10T00:00:00Z"}, date(2026, 4, 10)),
        ({"cancelledFlag": False, "dateCancelled": "2026-04-10T00:00:00Z"}, None),
        ({"cancelledFlag": True, "dateCancelled": "2026-07-10", "endDate": "2026-05-31"}, date(2026, 6, 1)),
        ({"cancelledFlag": True, "startDate": "2020-01-01"}, date(2020, 1, 1)),
    ],
)
def test_when_an_agreement_ends(fields: dict[str, Any], ends: date | None) -> None:
    assert mapping.end_of(_row(**fields), lambda _text: None) == ends


@pytest.mark.parametrize(
    ("name", "cycle"),
    [
        ("Monthly", "monthly"),
        ("Month-to-Month", "monthly"),
        ("Quarterly (advance)", "quarterly"),
        ("3 Months", "quarterly"),
        ("Annual", "annual"),
        ("Yearly", "annual"),
        ("12 Months", "annual"),
        ("One Time", "one_time"),
    ],
)
def test_billing_cycles_are_known_by_their_names(name: str, cycle: str) -> None:
    said: list[str] = []
    assert mapping.cycle(_row(billingCycle={"name": name}), said.append) == cycle
    assert said == []


@pytest.mark.parametrize("name", ["Semi-Annual", "Every 2 Years", "Biweekly", "Fortnight"])
def test_a_cycle_that_is_not_known_is_remarked(name: str) -> None:
    said: list[str] = []
    assert mapping.cycle(_row(billingCycle={"name": name}), said.append) == "monthly"
    assert name in said[0]


@pytest.mark.parametrize(("bills", "price"), [("Billable", "4.50"), ("DoNotBill", "0"), ("NoCharge", "0")])
def test_what_is_not_charged_has_no_price(bills: str, price: str) -> None:
    parent = _row(id=7, company={"id": 3}, billingCycle={"name": "Monthly"})
    addition = _row(
        id=9,
        product={"id": 1, "identifier": "X"},
        quantity=Decimal(2),
        unitPrice=Decimal("4.50"),
        billCustomer=bills,
        customFields=[{"id": 1, "caption": "Site", "value": "Quay"}, {"id": 2, "caption": "Empty", "value": None}],
    )
    found = mapping.line(addition, parent, None, lambda _text: None)
    assert found.unit_price == Decimal(price)
    assert found.attributes["billCustomer"] == bills
    assert found.attributes["custom.Site"] == "Quay"
    assert "custom.Empty" not in found.attributes
