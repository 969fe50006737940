"""Partner Center: what is read is what was bought and charged; Microsoft's examples parse, blanks in times and all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Account, Charge, Seat, Subscription
from connectors.registry import connector_class
from connectors.sandbox.estate.catalogue import SKU_BY_PART
from connectors.sandbox.estate.charges import charges
from connectors.sandbox.estate.world import PARTNER_CENTER
from connectors.sandbox.server.sandbox import VENDORS, Sandbox
from connectors.sandbox.server.serve import running
from connectors.vendors.partner_center import shapes
from connectors.wire import Wire
from tests.connectors.conformance import Conformance, specification
from tests.connectors.ground import Ground

CONNECTOR = "partner_center"


@pytest.fixture(autouse=True)
def _levers(ground: Ground) -> Iterator[None]:
    ground.server.pull_no_lever()
    yield
    ground.server.pull_no_lever()


def _example(name: str) -> Any:
    return json.loads(specification(f"microsoft-partner-center/examples/{name}.json").read_text(), parse_float=Decimal)


def _row(data: Any) -> Row:
    return Row(data, "example", "Partner Center", Wire())


def _rows(name: str) -> list[Row]:
    return [_row(each) for each in _example(name)["items"]]


def test_reads_what_the_estate_holds(ground: Ground) -> None:
    index = ground.town.index
    accounts = ground.read("accounts")
    assert {key: each.name for key, each in accounts.items() if isinstance(each, Account)} == {
        account.id: account.name for account in index.accounts.of(PARTNER_CENTER)
    }
    bought = {each.id: each for each in ground.town.estate.subscriptions if each.integration == PARTNER_CENTER}
    seats, subscriptions = ground.read("seats"), ground.read("subscriptions")
    assert bought
    assert set(seats) == set(subscriptions) == set(bought)
    for key, each in bought.items():
        seat, subscription = seats[key], subscriptions[key]
        assert isinstance(seat, Seat)
        assert isinstance(subscription, Subscription)
        assert (seat.kind, seat.sku, seat.sku_name) == ("licence", each.sku, SKU_BY_PART[each.sku].name)
        assert (seat.quantity, seat.account_external_id) == (each.quantity, each.account_id)
        assert seat.status == subscription.status == ("active" if each.status == "active" else "deleted")
        assert (subscription.quantity, subscription.sku) == (each.quantity, each.sku)
        assert (subscription.term, subscription.billing_cycle) == (each.term, each.billing.casefold())
        assert (subscription.starts_on, subscription.commitment_ends_on) == (each.started_on, each.commitment_ends_on)
        assert subscription.attributes["autoRenewEnabled"] == "true"
        assert subscription.attributes["new_commerce"] == "true"
        assert not [name for name in subscription.attributes if "link" in name or "etag" in name]
    assert set(ground.read("skus")) == {each.sku for each in bought.values()}


def test_charges_are_what_was_invoiced_by_billable_quantity(ground: Ground) -> None:
    issued = sorted(
        (each.invoice, each.account_id, each.sku, each.quantity, each.amount, each.currency, each.period_start)
        for each in charges(ground.town.estate, PARTNER_CENTER)
    )
    found = [each for each in ground.read("charges").values() if isinstance(each, Charge)]
    assert issued
    assert issued == sorted(
        (
            f"{each.attributes['invoice_id'][1:7]}-{each.currency}",
            each.account_external_id,
            each.sku,
            each.quantity,
            each.amount,
            each.currency,
            each.period_start,
        )
        for each in found
    )
    assert all(Decimal(each.attributes["quantity"]) != each.quantity for each in found)


def test_corrections_in_amendments_are_charges_too(ground: Ground) -> None:
    def told() -> list[tuple[str, Decimal, Decimal]]:
        found = [each for each in ground.read("charges").values() if isinstance(each, Charge)]
        return sorted((each.account_external_id, each.quantity, each.amount) for each in found)

    together = told()
    ground.server.amends_apart = True
    assert told() == together
    kinds = {each.attributes["document_type"] for each in ground.read("charges").values() if isinstance(each, Charge)}
    assert kinds == {"invoice", "adjustment_note"}


def test_an_invoice_without_lines_is_no_invoice_of_nothing(ground: Ground) -> None:
    ground.server.lineless = True
    reading = ground.connector().read("charges")
    with pytest.raises(ApiFailure, match="has no lines") as failed:
        list(reading)
    assert failed.value.kind == "unexpected_shape"
    assert not reading.is_complete


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    conformance = Conformance(
        "microsoft-partner-center/customers.swagger2.json", "https://api.partnercenter.microsoft.com"
    )
    ground.sandbox.keeps = True
    ground.read("accounts", page_size=1)
    some = ground.town.index.accounts.of(PARTNER_CENTER)[0]
    ground.connector().api.get(f"customers/{some.id}")
    known = [each for each in ground.sandbox.exchanges if each.method == "GET"]
    assert conformance.problems(known) == []
    assert conformance.checked > 2


def test_lists_lead_on_by_a_token_that_is_in_no_address(ground: Ground) -> None:
    ground.sandbox.keeps = True
    whole = ground.read("charges", page_size=2)
    assert whole == ground.read("charges")
    led = [each for each in ground.sandbox.exchanges if "seekOperation=Next" in each.query]
    assert led
    for each in led:
        token = each.request_headers["ms-continuationtoken"]
        assert token not in each.query
    invoices = [each.query for each in ground.sandbox.exchanges if each.path == "/v1/invoices"]
    assert any("offset=2" in query for query in invoices)


def test_a_customer_that_is_refused_fails_the_stream_by_name(ground: Ground) -> None:
    account = ground.town.index.accounts.of(PARTNER_CENTER)[0]
    ground.server.denied.add(account.id)
    for stream in ("seats", "subscriptions", "skus"):
        with pytest.raises(ApiFailure) as failed:
            ground.read(stream)
        assert failed.value.kind == "privilege_missing"
        assert account.name in failed.value.message
    assert account.id in ground.read("accounts")


def test_a_customer_who_goes_during_a_sync_has_no_seats_of_nothing(ground: Ground) -> None:
    account = max(ground.town.index.accounts.of(PARTNER_CENTER), key=lambda each: each.id)
    with ground.connector() as connector:
        assert account.id in {each.external_id for each in connector.read("accounts")}
        ground.town.remove(account)
        with pytest.raises(ApiFailure) as failed:
            list(connector.read("seats"))
        assert failed.value.kind == "not_found"
        assert account.name in failed.value.message
    with ground.connector() as connector:
        assert account.id not in {each.external_id for each in connector.read("accounts")}
        seats = [each for each in connector.read("seats") if isinstance(each, Seat)]
    assert account.id not in {seat.account_external_id for seat in seats}


def test_both_of_microsofts_sign_in_at_one_host(ground: Ground) -> None:
    both = {name: VENDORS[name] for name in ("microsoft365", "partner_center")}
    sandbox = Sandbox(ground.town, both)
    with running(sandbox) as url:
        for name, server in sandbox.servers.items():
            wire = Wire(sandbox_url=url, budget_storage=None)
            with connector_class(name)(server.settings, wire) as connector:
                assert list(connector.read("accounts"))
    assert sandbox.strangers == []


# --- Microsoft's own examples


def test_an_example_of_customers_parses() -> None:
    found = [shapes.account(row) for row in _rows("get-a-list-of-customers.0")]
    assert [account.external_id for account in found] == [
        "b44bb1fb-c595-45b0-9e09-d657365580bf",
        "45c44870-ef77-4fdd-b6fe-3dacb075cff2",
    ]
    assert {(account.name, account.domain) for account in found} == {("companyName", "domain")}


def test_an_example_with_blanks_in_its_times_parses() -> None:
    (row,) = _rows("get-all-of-a-customer-s-subscriptions.0")
    assert row.data["creationDate"] == "2015-11-25T06: 41: 12Z"
    found = shapes.subscription("customer", row)
    assert (found.starts_on, found.commitment_ends_on) == (date(2015, 11, 24), date(2016, 12, 12))
    assert (found.quantity, found.status, found.sku_name) == (Decimal(1), "active", "nickname")
    created = shapes.seat("customer", row).created_at
    assert created is not None
    assert created.isoformat() == "2015-11-25T06:41:12+00:00"


def test_an_example_billed_by_usage_has_no_end() -> None:
    found = shapes.subscription("customer", _row(_example("get-a-subscription-by-id.0")))
    assert found.commitment_ends_on is None
    assert (found.sku, found.sku_name) == ("MS-AZR-0145P", "Microsoft Azure")
    assert found.attributes["new_commerce"] == "false"


def test_an_example_of_an_add_on_parses() -> None:
    found = shapes.subscription("customer", _row(_example("get-a-subscription-by-id.1")))
    assert (found.quantity, found.commitment_ends_on) == (Decimal(2), date(2018, 2, 10))
    assert found.attributes["parentSubscriptionId"] == "1C2B75C1-74A5-472A-A729-7F8CEFC477F9"


@pytest.mark.parametrize(
    ("name", "sku", "quantity", "amount", "start", "end"),
    [
        ("get-invoiceline-items.0", "AAA5B3F0-0EE2-431B-A42F-3F18F3C6D540", "3", "0.0", "2017-05-12", "2017-06-09"),
        ("get-invoiceline-items.1", "7UD-00001", "745", "63.33", "2019-08-02", "2019-09-01"),
        ("get-invoiceline-items.3", "productid:skuid", "0.0159369774", "431.8", "2019-01-03", "2019-02-02"),
        ("get-invoiceline-items.4", "DZH318Z0BQ3P:001F", "0.0130687981", "1447", "2019-01-03", "2019-02-02"),
        ("get-invoice-unbilled-recon-lineitems.0", "DZH318Z0BXWC:0002", "3.1618", "820", "2019-02-04", "2019-03-03"),
    ],
)
def test_examples_of_invoice_lines_parse(name: str, sku: str, quantity: str, amount: str, start: str, end: str) -> None:
    rows = _rows(name)
    invoice = _row({"id": "G000024135", "currencyCode": "USD"})
    found = [shapes.charge(invoice, row, date(2020, 1, 8)) for row in rows]
    first = found[0]
    assert (first.sku, first.currency) == (sku, "USD")
    assert (first.quantity, first.amount) == (Decimal(quantity), Decimal(amount))
    assert (first.period_start.isoformat(), first.period_end.isoformat()) == (start, end)
    assert not first.account_external_id.startswith("org:")
    assert len({charge.external_id for charge in found}) == len(rows)


def test_a_line_without_period_is_of_the_invoices_day() -> None:
    row = _row({"customerId": "org:C", "billableQuantity": 1, "subtotal": 5, "productId": "P", "skuId": "1"})
    found = shapes.charge(_row({"id": "G1", "currencyCode": "EUR"}), row, date(2026, 3, 8))
    assert found.period_start == found.period_end == date(2026, 3, 8)
    assert (found.account_external_id, found.currency, found.sku) == ("c", "EUR", "P:1")


@pytest.mark.parametrize("missing", ["billableQuantity", "subtotal", "customerId"])
def test_a_line_without_what_it_charges_is_no_line_of_nothing(missing: str) -> None:
    data = {"customerId": "org:C", "billableQuantity": 1, "subtotal": 5, "productId": "P", "skuId": "1"}
    del data[missing]
    with pytest.raises(ApiFailure, match=missing):
        shapes.charge(_row({"id": "G1"}), _row(data), date(2026, 3, 8))


def test_an_example_of_invoices_names_its_documents() -> None:
    first, second = _rows("get-a-collection-of-invoices.0")
    assert first.day("invoiceDate") == date(2017, 1, 21)
    (note,) = second.rows("amendments")
    assert (note.text("documentType"), note.text("amendsOf")) == ("adjustment_note", second.need("id"))
    assert [each.text("billingProvider") for each in note.need_rows("invoiceDetails")] == ["one_time"]


@pytest.mark.parametrize(
    ("offer", "sku", "is_new"),
    [
        ("CFQ7TTC0LH18:0001:CFQ7TTC0K971", "CFQ7TTC0LH18:0001", True),
        ("2828BE95-46BA-4F91-B2FD-0BEF192ECF60", "2828BE95-46BA-4F91-B2FD-0BEF192ECF60", False),
    ],
)
def test_a_sku_outlives_its_price_list(offer: str, sku: str, is_new: bool) -> None:
    row = _row({"id": "s", "offerId": offer, "quantity": 1, "status": "active"})
    assert shapes.sku_id(offer) == sku
    assert shapes.is_new_commerce(row) is is_new


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("active", "active"),
        ("Suspended", "suspended"),
        ("pending", "suspended"),
        ("disabled", "disabled"),
        ("expired", "deleted"),
        ("deleted", "deleted"),
        ("new word", "suspended"),
    ],
)
def test_a_status_is_read_in_any_spelling(said: str, status: str) -> None:
    assert shapes.seat("c", _row({"id": "s", "offerId": "o", "quantity": 1, "status": said})).status == status
