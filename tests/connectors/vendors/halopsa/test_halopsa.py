"""HaloPSA, reading: what is read is what the estate holds, in Halo's words and with Halo's traps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Agreement, Client, Invoice, InvoiceLine, Line, Product
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE
from connectors.sandbox.estate.invoices import invoices
from connectors.sandbox.vendors.halopsa import shapes
from connectors.vendors.halopsa import recurring
from connectors.vendors.halopsa.connector import _host
from tests.connectors.conformance import Conformance, specification
from tests.connectors.ground import Ground, today

CONNECTOR = "halopsa"
LATER = today() + timedelta(days=40)


@pytest.fixture(autouse=True)
def _as_usual(ground: Ground) -> Iterator[None]:
    yield
    ground.server.pending.clear()
    ground.server.shows_lines = ground.server.shows_history = True


def row(ground: Ground, noun: str, **data: object) -> Row:
    return Row(json.loads(json.dumps(data, default=str), parse_float=Decimal), noun, "HaloPSA", ground.wire())


def a_line(
    ground: Ground, header: Mapping[str, object] | None = None, *, is_pending: bool = False, **data: Any
) -> Line:
    of = {"id": -7, "client_id": 3, "startdate": "2025-01-01T00:00:00", "periodname": "Monthly", **(header or {})}
    line = {"id": 5, "ihid": -7, "qty_order": 10, "unit_price": 2.5, **data}
    held = row(ground, "recurring invoice line", **line)
    return recurring.line(held, row(ground, "recurring invoice", **of), "CODE", "Name", is_pending=is_pending)


def test_reads_clients_with_their_main_site(ground: Ground) -> None:
    found = ground.read("clients")
    assert set(found) == {client.id for client in ground.town.estate.clients}
    for client in ground.town.estate.clients:
        record, site = found[client.id], client.sites[0]
        assert isinstance(record, Client)
        assert (record.name, record.domain, record.country) == (client.name, client.domain, client.country)
        assert (record.address, record.city, record.region) == (site.address, site.city, site.region)
        assert (record.postcode, record.phone) == (site.postcode, site.phone)
        assert record.attributes["toplevel_name"] == "Clients"


def test_reads_agreements_and_lines_as_the_estate_holds_them(ground: Ground) -> None:
    estate = ground.town.estate
    agreements = {str(shapes.header_id(each.id)): each for each in estate.agreements}
    assert all(key.startswith("-") for key in agreements), "Halo numbers recurring invoices below zero"
    read = ground.read("agreements")
    assert set(read) == set(agreements)
    for key, held in agreements.items():
        record = read[key]
        assert isinstance(record, Agreement)
        assert (record.client_external_id, record.name) == (held.client_id, held.name)
        assert (record.billing_cycle, record.starts_on) == (held.billing_cycle, held.starts_on)
        assert record.ends_on == held.cancelled_on
    lines = ground.read("lines")
    assert set(lines) == {each.id for each in estate.lines}
    counted = [each for each in estate.lines if each.included]
    assert counted
    for each in estate.lines:
        line = lines[each.id]
        assert isinstance(line, Line)
        agreement = agreements[line.agreement_external_id]
        over = agreement.cancelled_on
        assert (line.client_external_id, line.product_code) == (each.client_id, each.product_code)
        assert line.product_name == PRODUCT_BY_CODE[each.product_code].name
        assert (line.quantity, line.included_quantity) == (each.quantity, each.included)
        assert (line.unit_price, line.unit_cost) == (each.unit_price, each.unit_cost)
        assert line.currency == agreement.currency, "a recurring invoice has one currency"
        assert line.effective_date == each.effective_on
        assert line.cancelled_date == min(filter(None, (each.cancelled_on, over)), default=None)
        assert line.billing_cycle == each.billing_cycle
        assert line.is_calculated_by_psa == bool(each.included)


def test_reads_products_and_invoices_to_the_cent(ground: Ground) -> None:
    products = ground.read("products")
    codes = {record.code: record for record in products.values() if isinstance(record, Product)}
    assert set(codes) == set(PRODUCT_BY_CODE)
    assert all(codes[code].unit_price == product.price for code, product in PRODUCT_BY_CODE.items())
    issued = {str(shapes.invoice_id(each)): each for each in invoices(ground.town.estate)}
    heads, lines = ground.read("invoices"), ground.read("invoice_lines")
    assert set(heads) == set(issued)
    for key, held in issued.items():
        head = heads[key]
        assert isinstance(head, Invoice)
        assert (head.number, head.issued_on, head.total) == (held.number, held.issued_on, held.total)
        assert (head.client_external_id, head.currency) == (held.client_id, held.currency)
        for part in held.lines:
            line = lines[str(shapes.invoice_line_id(held, part.line_id))]
            assert isinstance(line, InvoiceLine)
            assert (line.invoice_external_id, line.line_external_id) == (key, part.line_id)
            assert (line.product_code, line.amount) == (part.product_code, part.amount)
            assert line.quantity * line.unit_price == part.amount
    assert len(lines) == sum(len(each.lines) for each in issued.values())


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    conformance = Conformance("halopsa/halopsa.openapi.json", "https://northbeam.halopsa.com/api", ours=["/auth/token"])
    ground.sandbox.keeps = True
    for info in ground.cls.streams():
        ground.read(info.name)
    ground.server.shows_lines = False
    ground.read("lines")
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > 10


def test_the_vendors_own_examples_are_understood(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    client = json.loads(specification("halopsa/Client.example.json").read_text())
    line = json.loads(specification("halopsa/Invoice.example.json").read_text())["lines"][0]
    own_line = shapes.line
    given = {"inactive": False, "main_site_id": 0}
    monkeypatch.setattr(shapes, "client", lambda each: {**client, **given, "id": int(each.id), "name": each.name})
    monkeypatch.setattr(shapes, "line", lambda each, day: {**own_line(each, day), **line, "id": int(each.id)})
    assert {record.name for record in ground.read("clients").values() if isinstance(record, Client)} == {
        each.name for each in ground.town.estate.clients
    }
    lines = ground.read("lines")
    assert set(lines) == {each.id for each in ground.town.estate.lines}
    assert {
        record.quantity for record in lines.values() if isinstance(record, Line) and not record.included_quantity
    } == {0}


def test_signs_in_with_the_tenant_and_every_page_is_asked_for(ground: Ground) -> None:
    ground.sandbox.keeps = True
    ground.read("clients")
    asked = {each.path: each for each in ground.sandbox.exchanges}
    assert asked["/auth/token"].query == "tenant=northbeam"
    assert b"northbeam-halo-secret" in asked["/auth/token"].request_body
    assert all("pageinate=true" in each.query for path, each in asked.items() if path.startswith("/api"))


@pytest.mark.parametrize(
    "entered",
    ["acme.halopsa.com", "https://acme.halopsa.com/", "acme.halopsa.com/api", "https://acme.halopsa.com/auth"],
)
def test_the_address_is_taken_in_any_spelling(ground: Ground, entered: str) -> None:
    assert _host(ground.cls.cleaned({**ground.server.settings, "host": entered})["host"]) == "acme.halopsa.com"


def test_a_list_without_a_count_is_not_believed(ground: Ground) -> None:
    ground.sandbox.faults.plan("drop", "record_count", times=0)
    with pytest.raises(ApiFailure, match="record_count"):
        ground.read("lines")


def test_lines_that_a_list_leaves_out_are_asked_for(ground: Ground) -> None:
    whole = ground.read("lines")
    ground.server.shows_lines = False
    assert ground.read("lines") == whole
    ground.server.shows_lines = True
    ground.sandbox.faults.plan("drop", "quantity_assets", times=0, path=r"RecurringInvoice\?")
    ground.sandbox.faults.plan("drop", "quantity_users", times=0, path=r"RecurringInvoice\?")
    assert ground.read("lines") == whole, "what is counted is never read as not counted"


def test_the_period_is_told_by_its_dates_where_it_has_no_name(ground: Ground) -> None:
    named = {key: record.billing_cycle for key, record in ground.read("agreements").items()}  # type: ignore[union-attr]
    assert set(named.values()) >= {"monthly", "annual"}
    ground.sandbox.faults.plan("drop", "periodname", times=0)
    dated = ground.read("agreements")
    for key, record in dated.items():
        assert isinstance(record, Agreement)
        assert record.billing_cycle == named[key] or record.attributes["period_unknown"] == "true"
    assert any("period_unknown" not in record.attributes for record in dated.values())  # type: ignore[union-attr]


def test_a_recurring_invoice_that_was_never_approved_bills_nothing_yet(ground: Ground) -> None:
    estate = ground.town.estate
    before = next(each for each in estate.agreements if each.billing_cycle == "monthly")
    ground.server.pending.add(before.id)
    lines = [ground.read("lines")[each.id] for each in ground.town.index.additions.of(before.id)]
    assert {line.attributes.get("approval_pending") for line in lines} == {"true"}  # type: ignore[union-attr]
    assert all(line.effective_date <= today() for line in lines if line.effective_date)  # type: ignore[union-attr]
    new = {"nextcreationdate": f"{LATER}T00:00:00", "lastcreated": "1900-01-01T00:00:00"}
    assert a_line(ground, new, is_pending=True).effective_date == LATER
    assert a_line(ground, new).effective_date == date(2025, 1, 1)
    assert a_line(ground, {**new, "lastcreated": "2026-01-01"}, is_pending=True).effective_date == date(2025, 1, 1)


@pytest.mark.parametrize(
    "more",
    [
        {"_is_calculated_line": True},
        {"recurring_invoice_quantity_type": 3},
        {"quantity_licences": [{"id": 1}]},
        {"quantity_custom": [{"id": 1}]},
        {"is_meter": True},
        {"calculate_price_from_users": True},
    ],
)
def test_every_way_of_calculating_is_recognised(ground: Ground, more: dict[str, Any]) -> None:
    assert a_line(ground, **more).is_calculated_by_psa
    assert not a_line(ground, recurring_invoice_quantity_type=0, quantity_users=[]).is_calculated_by_psa


def test_free_units_are_included_and_the_minimum_is_kept(ground: Ground) -> None:
    entries = [{"id": 1, "qty_free": 2, "minimum_qty": 5}, {"id": 2, "qty_free": 1}]
    line = a_line(ground, quantity_users=entries)
    assert (line.quantity, line.included_quantity) == (Decimal(13), Decimal(3))
    assert line.attributes["minimum_quantity"] == "5"
    nothing = a_line(ground, qty_order=0, quantity_users=entries)
    assert nothing.quantity == 0, "what is all free is not made up"


def test_a_line_without_a_quantity_is_an_error_and_not_none(ground: Ground) -> None:
    with pytest.raises(ApiFailure, match="qty_order"):
        a_line(ground, qty_order=None)


@pytest.mark.parametrize(
    ("header", "line", "wanted"),
    [
        ({}, {}, None),
        ({}, {"enddate": "1900-01-01T00:00:00"}, None),
        ({}, {"enddate": "2026-03-31T00:00:00"}, date(2026, 4, 1)),
        ({}, {"enddate": "2026-03-31T00:00:00", "autorenew": True}, None),
        ({}, {"isinactive": True, "startdate": "2025-06-01"}, date(2025, 6, 1)),
        ({}, {"isinactive": True, "enddate": "2026-03-31"}, date(2026, 4, 1)),
        ({}, {"isinactive": True, "enddate": f"{LATER}"}, date(2025, 1, 1)),
        ({"disabled": True}, {}, date(2025, 1, 1)),
        ({"enddate": "2025-12-31"}, {"enddate": "2026-03-31"}, date(2026, 1, 1)),
    ],
)
def test_when_a_line_ends(ground: Ground, header: Any, line: Any, wanted: date | None) -> None:
    assert a_line(ground, header, **line).cancelled_date == wanted


def test_one_code_at_several_items_is_told_apart(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    own = shapes.item
    monkeypatch.setattr(shapes, "item", lambda each: {**own(each), "internalreference": "SAME"})
    codes = [record.code for record in ground.read("products").values() if isinstance(record, Product)]
    assert len(set(codes)) == len(codes) == len(PRODUCT_BY_CODE)
    assert {record.product_code for record in ground.read("lines").values() if isinstance(record, Line)} <= set(codes)


def test_headings_of_groups_are_no_lines(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    own = shapes.line
    heading = min(ground.town.estate.lines, key=lambda each: int(each.id)).id
    monkeypatch.setattr(shapes, "line", lambda each, day: {**own(each, day), "isgroupdesc": each.id == heading})
    assert set(ground.read("lines")) == {each.id for each in ground.town.estate.lines} - {heading}


def test_what_is_void_or_only_recurring_is_no_issued_invoice(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    own, issued = shapes.invoice, list(invoices(ground.town.estate))
    odd = {issued[0].id: {"voided": True}, issued[1].id: {"is_recurring_invoice": True}}
    odd[issued[2].id] = {"invoice_date": shapes.NEVER}  # type: ignore[dict-item]
    monkeypatch.setattr(
        shapes, "invoice", lambda each, *rest, **more: {**own(each, *rest, **more), **odd.get(each.id, {})}
    )
    wanted = {str(shapes.invoice_id(each)) for each in issued[3:]}
    assert set(ground.read("invoices")) == wanted
    lines = ground.read("invoice_lines").values()
    assert {line.invoice_external_id for line in lines} == wanted  # type: ignore[union-attr]


def test_the_version_moves_with_what_is_billed_and_with_nothing_else(ground: Ground) -> None:
    mark = a_line(ground).attributes["version"]
    assert a_line(ground, qty_order=Decimal("10.00"), net_amount=1, sequenceid=4).attributes["version"] == mark
    for change in ({"qty_order": 11}, {"unit_price": 3}, {"enddate": "2027-01-31"}, {"isinactive": True}):
        assert a_line(ground, **change).attributes["version"] != mark
