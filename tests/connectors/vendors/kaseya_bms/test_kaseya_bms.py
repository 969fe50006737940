"""Kaseya BMS: what is read is what the estate holds, as far as BMS shows it; envelopes, sign-in, lists that shrink."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from connectors.http.failures import ApiFailure
from connectors.records import Agreement, Client, Invoice, InvoiceLine, Line
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE
from connectors.sandbox.estate.invoices import IssuedInvoice, invoices
from connectors.sandbox.vendors import kaseya_bms as server
from tests.connectors.conformance import Conformance
from tests.connectors.ground import Ground

CONNECTOR = "kaseya_bms"
SIGN_IN = ["/authenticate", "/refreshtoken"]


@pytest.fixture(autouse=True)
def _as_usual(ground: Ground) -> Iterator[None]:
    yield
    ground.server.says = None
    ground.server.is_spelled_as_specified = False


def paths(ground: Ground) -> list[str]:
    return [each.path.rpartition("/")[2] for each in ground.sandbox.exchanges]


def test_reads_clients_and_leaves_out_who_is_none(ground: Ground) -> None:
    found = ground.read("clients")
    assert set(found) == {client.id for client in ground.town.estate.clients}, "no prospect and no vendor"
    for client in ground.town.estate.clients:
        record, site = found[client.id], client.sites[0]
        assert isinstance(record, Client)
        assert (record.name, record.domain, record.country) == (client.name, client.domain, client.country)
        assert (record.address, record.city, record.region) == (site.address, site.city, site.region)
        assert (record.postcode, record.phone) == (site.postcode, site.phone)
        assert record.emails == (f"accounts@{client.domain}",)


def test_reads_agreements_of_contracts_that_name_their_account_only(ground: Ground) -> None:
    found = ground.read("agreements")
    assert set(found) == {each.id for each in ground.town.estate.agreements}
    for held in ground.town.estate.agreements:
        record = found[held.id]
        assert isinstance(record, Agreement)
        assert (record.client_external_id, record.name) == (held.client_id, held.name)
        assert (record.billing_cycle, record.starts_on) == (held.billing_cycle, held.starts_on)
        assert record.ends_on == held.cancelled_on


def test_two_accounts_of_one_name_get_their_own_contracts(ground: Ground) -> None:
    first, second = ground.town.estate.clients[:2]
    name = second.name
    ground.town.change(second, name=f" {first.name.upper()} ")
    try:
        found = ground.read("agreements")
        owners = {each.id: each.client_id for each in ground.town.estate.agreements}
        assert {key: record.client_external_id for key, record in found.items()} == owners  # type: ignore[union-attr]
    finally:
        ground.town.change(second, name=name)


def test_lines_are_inferred_from_the_latest_invoices_and_say_so(ground: Ground) -> None:
    contracts = {each.id: each for each in ground.town.estate.agreements}
    latest: dict[tuple[str, str], tuple[IssuedInvoice, Decimal, Decimal]] = {}
    for issued in invoices(ground.town.estate):
        for part in issued.lines:
            billed = part.quantity - part.included
            latest[issued.agreement_id, part.product_code] = (issued, billed, part.unit_price)
    lines = ground.read("lines")
    assert {f"{contract}/{code}" for contract, code in latest} == {key for key in lines if key.count("/") == 1}
    for (contract, code), (issued, quantity, price) in latest.items():
        line = lines[f"{contract}/{code}"]
        assert isinstance(line, Line)
        assert (line.client_external_id, line.agreement_external_id) == (contracts[contract].client_id, contract)
        assert (line.quantity, line.unit_price, line.currency) == (quantity, price, issued.currency)
        assert (line.product_code, line.product_name) == (code, PRODUCT_BY_CODE[code].name)
        assert line.billing_cycle == contracts[contract].billing_cycle
        assert line.attributes["inferred"] == "true"
        assert line.attributes["inferred_from_invoice"] == issued.number
        assert not line.is_calculated_by_psa
        over = line.cancelled_date
        assert over is None or over in (issued.period_end + timedelta(days=1), contracts[contract].cancelled_on)


def test_reads_invoices_to_the_cent_and_leads_their_lines_back(ground: Ground) -> None:
    issued = {str(server.invoice_id(each)): each for each in invoices(ground.town.estate)}
    heads, rows, lines = ground.read("invoices"), ground.read("invoice_lines"), ground.read("lines")
    assert set(heads) == set(issued)
    assert len(rows) == sum(len(each.lines) for each in issued.values())
    for key, held in issued.items():
        head = heads[key]
        assert isinstance(head, Invoice)
        assert (head.number, head.issued_on, head.total) == (held.number, held.issued_on, held.total)
        assert (head.client_external_id, head.currency) == (held.client_id, held.currency)
        for part in held.lines:
            row = rows[str(server.row_id(held, part.line_id))]
            assert isinstance(row, InvoiceLine)
            assert (row.invoice_external_id, row.amount) == (key, part.amount)
            assert row.line_external_id in lines
            assert row.quantity * row.unit_price == part.amount


def test_requests_and_answers_keep_to_the_specification(ground: Ground) -> None:
    conformance = Conformance("kaseya-bms/kaseya-bms.openapi.fixed.json", "https://api.bms.kaseya.com", ours=SIGN_IN)
    ground.server.is_spelled_as_specified = ground.sandbox.keeps = True
    for info in ground.cls.streams():
        ground.read(info.name)
    assert ground.connector().identify() == "Northbeam IT"
    assert conformance.problems(ground.sandbox.exchanges) == []
    assert conformance.checked > 10


def test_both_spellings_of_names_mean_the_same(ground: Ground) -> None:
    """The specification says `AccessToken`, `Result`, `Id`; the live API `accessToken`, `result`, `id`."""
    live = {info.name: ground.read(info.name) for info in ground.cls.streams()}
    ground.server.is_spelled_as_specified = True
    assert {info.name: ground.read(info.name) for info in ground.cls.streams()} == live


def test_signs_in_by_a_form_in_parts_and_renews_by_the_refresh_token(ground: Ground) -> None:
    ground.sandbox.keeps = True
    connector = ground.connector()
    list(connector.read("clients"))
    first = ground.sandbox.exchanges[0]
    assert first.path.endswith("/authenticate")
    assert first.request_headers["content-type"].startswith("multipart/form-data")
    assert b'name="GrantType"\r\n\r\npassword' in first.request_body
    ground.sandbox.put_ahead(ground.server.token_lifetime_s + 1)
    list(connector.read("clients"))
    assert paths(ground).count("authenticate") == 1
    assert paths(ground).count("refreshtoken") == 1


def test_a_refresh_that_is_refused_inside_a_200_falls_back_on_the_password(ground: Ground) -> None:
    ground.sandbox.keeps = True
    connector = ground.connector()
    list(connector.read("clients"))
    ground.server.tokens.revoke()
    assert list(connector.read("clients"))
    assert [each for each in paths(ground) if "auth" in each or "refresh" in each] == [
        "authenticate",
        "refreshtoken",
        "authenticate",
    ]


def test_a_refused_sign_in_is_told_in_the_vendors_words(ground: Ground) -> None:
    with pytest.raises(ApiFailure) as failed:
        ground.connector({"password": "wrong-password"}).identify()
    assert failed.value.kind == "credentials_refused"
    assert "Invalid username or password" in str(failed.value)
    assert "wrong-password" not in str(failed.value)


@pytest.mark.parametrize(
    ("code", "kind", "tries"),
    [
        (401, "credentials_refused", 1),
        (403, "privilege_missing", 1),
        (404, "not_found", 1),
        (429, "rate_limited", 3),
        (500, "vendor_down", 3),
        (1042, "refused", 1),
    ],
)
def test_a_failure_inside_a_200_is_one(ground: Ground, code: int, kind: str, tries: int) -> None:
    ground.server.says = (code, "Something is wrong.")
    ground.sandbox.keeps = True
    reading = ground.connector().read("clients")
    with pytest.raises(ApiFailure) as failed:
        list(reading)
    assert failed.value.kind == kind
    assert "Something is wrong." in str(failed.value)
    assert not reading.is_complete
    assert paths(ground).count("summary") == tries
    if kind == "privilege_missing":
        assert "CRM > Accounts: View" in failed.value.message


def test_a_success_without_a_result_is_not_read_as_empty(ground: Ground) -> None:
    ground.sandbox.faults.plan("drop", "result", times=0, path="invoices/details")
    with pytest.raises(ApiFailure, match="Result"):
        ground.read("lines")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
def test_an_invoice_that_is_deleted_while_they_are_read_takes_no_other_with_it(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """In the first reading of the list, or in the second one, whose rows count."""
    heads, rows = (list(each) for each in ground.server._all_issued())
    monkeypatch.setattr(ground.server, "_all_issued", lambda: (heads, rows))
    ground.sandbox.keeps = True
    ground.read("invoices", page_size=20)
    last = int(len(ground.sandbox.exchanges) * share)
    asked: list[str] = []

    def delete_one(_vendor: str, request: object) -> None:
        asked.append(str(request))
        if len(asked) == last:
            del heads[2]

    ground.sandbox.before = delete_one
    found = ground.read("invoices", page_size=20)
    assert {str(each["Id"]) for _, each in heads} <= set(found)
    assert len(asked) > last


def test_pages_smaller_than_asked_for_are_read_to_the_end(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ground.read("invoice_lines")
    monkeypatch.setattr(server, "_LARGEST", 30)
    assert ground.read("invoice_lines") == whole


def test_streams_that_stand_on_the_same_invoices_read_them_once(ground: Ground) -> None:
    ground.sandbox.keeps = True
    connector = ground.connector(page_size=50)
    apart = {name: ground.read(name, page_size=50) for name in ("lines", "invoices", "invoice_lines")}
    before = len(ground.sandbox.exchanges)
    for name, wanted in apart.items():
        assert {record.external_id: record for record in connector.read(name)} == wanted
    assert len(ground.sandbox.exchanges) - before < before / 1.8


def test_a_test_of_the_connection_does_not_read_all_invoices(ground: Ground) -> None:
    ground.sandbox.keeps = True
    checked = ground.connector(page_size=5).check()
    assert (checked.account, checked.missing) == ("Northbeam IT", ())
    assert paths(ground) == ["authenticate", "userinfo", "summary", "summary", "summary", "details"]
    ground.sandbox.faults.plan("status", 403, path="finance/", times=0)
    missing = " ".join(str(each) for each in ground.connector().check().missing)
    assert "Finance > Contracts: View" in missing
    assert "Finance > Invoices: View" in missing
    assert "CRM" not in missing


def test_it_can_not_be_written_to_and_says_why(ground: Ground) -> None:
    about = ground.cls.about
    assert not hasattr(ground.connector(may_write=True), "writer")
    assert about.writes.kind == "none"
    assert "neither list" not in about.writes.why_not
    assert "no call that lists or changes the services" in about.writes.why_not
    ground.sandbox.keeps = True
    for info in ground.cls.streams():
        ground.read(info.name)
    posts = {each.path for each in ground.sandbox.exchanges if each.method != "GET"}
    assert posts == {"/v2/security/authenticate", "/v2/finance/invoices/details"}, "a question, nothing is changed"
    bodies = [json.loads(each.request_body) for each in ground.sandbox.exchanges if each.path.endswith("/details")]
    assert all(set(body) == {"PageSize", "PageNumber", "Filter"} for body in bodies)
