"""ConnectWise's rows as canonical records. What is billed is decided here: dates, cycles, what the fee covers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Agreement, Client, Invoice, InvoiceLine, Line, Product

AGREEMENT_FIELDS = (
    "id,company/id,billingCycle/name,billOneTimeFlag,currency/currencyCode,"
    "startDate,endDate,noEndingDateFlag,cancelledFlag,dateCancelled"
)
"""What of an agreement its lines need."""

Note = Callable[[str], None]
_CYCLES = (
    (re.compile(r"one[- ]?time", re.IGNORECASE), "one_time"),
    (re.compile(r"semi|half|\b(6|six|2|two|bi|24|36)\b", re.IGNORECASE), ""),
    (re.compile(r"quarter|\b(3|three) months?\b", re.IGNORECASE), "quarterly"),
    (re.compile(r"year|annual|\b(12|twelve) months?\b", re.IGNORECASE), "annual"),
    (re.compile(r"month", re.IGNORECASE), "monthly"),
)
_CHARGED = "Billable"


def client(row: Row) -> Client:
    """A company. The domain is that of its website; ConnectWise keeps addresses for mail at contacts."""
    lines = (row.text("addressLine1"), row.text("addressLine2"))
    country = row.row("country")
    taken = {"id", "name", "website", "phoneNumber", "addressLine1", "addressLine2", "city", "state", "zip"}
    return Client(
        external_id=row.need("id"),
        name=row.need("name"),
        domain=domain(row.text("website")),
        phone=row.text("phoneNumber"),
        address=", ".join(part for part in lines if part),
        city=row.text("city"),
        region=row.text("state"),
        postcode=row.text("zip"),
        country=country.text("identifier") or country.text("name"),
        attributes={
            **row.attributes({*taken, "country", "_info", "mobileGuid"}),
            **_custom(row),
            "types": "; ".join(each.text("name") for each in row.rows("types", "company type")),
        },
    )


def product(row: Row) -> Product:
    """A catalogue item; lines refer to it by its identifier."""
    return Product(
        external_id=row.need("id"),
        code=row.need("identifier"),
        name=row.text("description") or row.need("identifier"),
        unit_price=row.exact("price"),
        unit_cost=row.exact("cost"),
        attributes={
            **row.attributes({"id", "identifier", "description", "price", "cost", "_info", "notes"}),
            **_custom(row),
        },
    )


def agreement(row: Row, note: Note) -> Agreement:
    """An agreement. `ends_on` is the first day that is not billed, as with its additions."""
    return Agreement(
        external_id=row.need("id"),
        client_external_id=row.row("company").need("id"),
        name=row.text("name"),
        billing_cycle=cycle(row, note),
        starts_on=row.day("startDate"),
        ends_on=end_of(row, note),
        attributes={
            **row.attributes({"id", "name", "startDate", "_info", "internalNotes"}),
            **_custom(row),
            "currency": row.row("currency").text("currencyCode"),
        },
    )


def line(row: Row, parent: Row, ends: date | None, note: Note) -> Line:
    """An addition. It ends with its agreement at the latest; what is not billed to the customer costs him nothing.

    `version` among the attributes is the moment of its last change, by which a write notices later ones.
    """
    item = row.row("product")
    code = item.need("identifier")
    cancelled = row.day("cancelledDate")
    is_charged = row.text("billCustomer", _CHARGED) == _CHARGED
    taken = {"id", "agreementId", "quantity", "lessIncluded", "unitPrice", "unitCost", "effectiveDate"}
    return Line(
        external_id=row.need("id"),
        client_external_id=parent.row("company").need("id"),
        agreement_external_id=parent.need("id"),
        product_code=code,
        product_name=row.text("description") or code,
        quantity=row.need_exact("quantity"),
        included_quantity=row.exact("lessIncluded") or Decimal(0),
        unit_price=row.exact("unitPrice") if is_charged else Decimal(0),
        unit_cost=row.exact("unitCost"),
        currency=parent.row("currency").text("currencyCode"),
        effective_date=row.day("effectiveDate"),
        cancelled_date=min((day for day in (cancelled, ends) if day is not None), default=None),
        billing_cycle=cycle(parent, note),
        attributes={
            **row.attributes({*taken, "cancelledDate", "_info"}),
            **_custom(row),
            "version": version(row),
        },
    )


def invoice(row: Row) -> Invoice:
    """An invoice; the total is without tax where ConnectWise tells that, as agreements' prices are."""
    total = row.exact("subtotal")
    issued = row.day("date")
    if issued is None:
        raise ApiFailure("unexpected_shape", row.vendor, "invoice, date holds nothing")
    return Invoice(
        external_id=row.need("id"),
        client_external_id=row.row("company").need("id"),
        number=row.text("invoiceNumber"),
        issued_on=issued,
        currency=row.row("currency").text("currencyCode"),
        total=row.need_exact("total") if total is None else total,
        attributes={**row.attributes({"id", "invoiceNumber", "date", "_info", "internalNotes"}), **_custom(row)},
    )


def invoice_line(row: Row) -> InvoiceLine:
    """A product on an invoice. ConnectWise does not say which addition it was made of."""
    quantity, price = row.need_exact("quantity"), row.need_exact("price")
    amount = row.exact("extPrice")
    return InvoiceLine(
        external_id=row.need("id"),
        invoice_external_id=row.row("invoice").need("id"),
        line_external_id="",
        product_code=row.row("catalogItem").need("identifier"),
        quantity=quantity,
        unit_price=price,
        amount=quantity * price if amount is None else amount,
        attributes={**row.attributes({"id", "quantity", "price", "_info", "internalNotes"}), **_custom(row)},
    )


def end_of(agreement: Row, note: Note) -> date | None:
    """The first day on which nothing of the agreement is billed, None where it runs on.

    Cancelled: the day of cancelling. Else the day after its ending date, which is the last one it covers.
    """
    ended = None if agreement.flag("noEndingDateFlag") else agreement.day("endDate")
    after = None if ended is None else ended + timedelta(days=1)
    if not agreement.flag("cancelledFlag"):
        return after
    cancelled = agreement.day("dateCancelled")
    if cancelled is None:
        note("A cancelled agreement has no date of cancelling; taken as never billed.")
        return agreement.day("startDate") or date(1900, 1, 1)
    return cancelled if after is None else min(cancelled, after)


def cycle(agreement: Row, note: Note) -> str:
    """The billing cycle by the name an MSP gave it; one that has no place here counts as monthly, with a remark."""
    if agreement.flag("billOneTimeFlag"):
        return "one_time"
    name = agreement.row("billingCycle").text("name")
    found = next((each for pattern, each in _CYCLES if pattern.search(name)), "")
    if not found and name:
        note(f"The billing cycle “{name}” is not known here; its prices are taken as monthly.")
    return found or "monthly"


def version(row: Row) -> str:
    """When the record was last changed, as ConnectWise writes it."""
    return row.row("_info").text("lastUpdated")


def domain(website: str) -> str:
    """The domain of a website's address."""
    host = website.partition("://")[2] or website
    return host.partition("/")[0].partition(":")[0].removeprefix("www.").casefold()


def _custom(row: Row) -> Mapping[str, str]:
    """Custom fields by their captions; empty ones are left out."""
    found = {each.text("caption"): each for each in row.rows("customFields", "custom field")}
    return {
        f"custom.{caption}": each.text("value")
        for caption, each in found.items()
        if caption and each.has("value") and each.text("value")
    }
