"""The estate in ConnectWise's words: companies, catalogue, agreements, additions, invoices and their products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.sandbox.estate.billing import next_month
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE, PRODUCTS, Product
from connectors.sandbox.estate.facts import midnight
from connectors.sandbox.estate.invoices import IssuedInvoice
from connectors.sandbox.estate.world import Agreement, Client, Estate, Line
from connectors.sandbox.server.vendor import stamp

Shown = Mapping[str, Any]
STATUSES = ((1, "Active", False), (2, "Inactive", True), (3, "Not-Approved", False))
TYPES = ((1, "Client", False), (2, "Prospect", False), (3, "Distributor", True))
_MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
_CYCLES = {"monthly": (2, "Monthly"), "quarterly": (3, "Quarterly"), "annual": (5, "Annual")}
_CURRENCIES = {"USD": "$", "GBP": "£", "EUR": "€", "SEK": "kr"}
_LONG_AGO = "2019-03-04T09:12:44Z"
_OTHERS = (
    (2, "Cumulus Distribution", 1, 3, False),
    (3, "Harbor Light Dental (prospect)", 1, 2, False),
    (4, "Old Mill Bakery", 2, 1, False),
    (5, "Quay Street Studio", 3, 1, False),
    (6, "Old Mill Bakery Ltd", 1, 1, True),
)
"""Companies of a PSA that are no clients: id, name, status, type, deleted."""


def companies(estate: Estate) -> list[Shown]:
    """All of them by id: clients, clients that were deleted, and others."""
    rows = [_other(*each) for each in _OTHERS]
    rows += [_company(client) for client in estate.clients]
    for gone in estate.gone:
        if isinstance(gone.entity, Client):
            deleted = {"deletedFlag": True, "dateDeleted": stamp(gone.at), "deletedBy": "admin"}
            rows.append({**_company(gone.entity), **deleted})
    return sorted(rows, key=lambda row: row["id"])


def _company(client: Client) -> Shown:
    site = client.sites[0]
    return {
        "id": int(client.id),
        "identifier": client.identifier,
        "name": client.name,
        "status": {"id": 1, "name": "Active"},
        "addressLine1": site.address,
        "city": site.city,
        "state": site.region,
        "zip": site.postcode,
        "country": {"id": 1, "identifier": client.country, "name": client.country},
        "phoneNumber": site.phone,
        "website": f"https://www.{client.domain}/",
        "dateAcquired": f"{client.since}T00:00:00Z",
        "types": [{"id": 1, "name": "Client"}],
        "isVendorFlag": False,
        "leadFlag": False,
        "deletedFlag": False,
        "currency": _currency(client.currency),
        "_info": _info(client.changed_at),
    }


def _other(number: int, name: str, status: int, kind: int, is_deleted: bool) -> Shown:
    return {
        "id": number,
        "identifier": "".join(part for part in name.title() if part.isalnum())[:25],
        "name": name,
        "status": {"id": status, "name": STATUSES[status - 1][1]},
        "addressLine1": "1 Quay Street",
        "city": "Portland",
        "types": [{"id": kind, "name": TYPES[kind - 1][1]}],
        "isVendorFlag": TYPES[kind - 1][2],
        "deletedFlag": is_deleted,
        "_info": {"lastUpdated": _LONG_AGO, "updatedBy": "admin"},
    }


def statuses() -> list[Shown]:
    return [{"id": number, "name": name, "inactiveFlag": flag} for number, name, flag in STATUSES]


def types() -> list[Shown]:
    return [{"id": number, "name": name, "vendorFlag": flag} for number, name, flag in TYPES]


def catalogue() -> list[Shown]:
    return [_item(product) for product in PRODUCTS]


def item_id(code: str) -> int:
    """The catalogue's number of a product."""
    return 501 + list(PRODUCT_BY_CODE).index(code)


def _item(product: Product) -> Shown:
    return {
        "id": item_id(product.code),
        "identifier": product.code,
        "description": product.name,
        "customerDescription": product.name,
        "inactiveFlag": False,
        "productClass": "Agreement",
        "price": product.price,
        "cost": product.cost,
        "taxableFlag": True,
        "recurringFlag": True,
        "category": {"id": 3, "name": "Managed services"},
        "_info": {"lastUpdated": _LONG_AGO, "updatedBy": "admin"},
    }


def agreement(each: Agreement, client: Client, as_of: date, *, prorates: bool) -> Shown:
    last, following = invoice_dates(each, as_of)
    cycle_id, cycle = _CYCLES[each.billing_cycle]
    is_over = each.cancelled_on is not None and each.cancelled_on <= as_of
    return {
        "id": int(each.id),
        "name": each.name,
        "type": {"id": 1, "name": each.type},
        "company": _company_ref(client),
        "startDate": f"{each.starts_on}T00:00:00Z",
        "noEndingDateFlag": True,
        "cancelledFlag": each.cancelled_on is not None,
        **({} if each.cancelled_on is None else {"dateCancelled": f"{each.cancelled_on}T00:00:00Z"}),
        "agreementStatus": "Cancelled" if is_over else "Active",
        "billingCycle": {"id": cycle_id, "name": cycle},
        "billOneTimeFlag": False,
        "periodType": "Current",
        "billStartDate": f"{each.starts_on}T00:00:00Z",
        "nextInvoiceDate": f"{following}T00:00:00Z",
        "prorateFlag": prorates,
        "currency": _currency(each.currency),
        "_info": _info(max(each.changed_at, midnight(last)) if not is_over else each.changed_at),
    }


def invoice_dates(each: Agreement, as_of: date) -> tuple[date, date]:
    """When it was last invoiced (or began) and when it is next, in advance, on the first of a month."""
    start = each.starts_on if each.starts_on.day == 1 else next_month(each.starts_on)
    if start > as_of:
        return each.starts_on, start
    step = _MONTHS[each.billing_cycle]
    months = (as_of.year - start.year) * 12 + as_of.month - start.month
    return _later(start, months - months % step), _later(start, months - months % step + step)


def _later(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, day.day)


def addition(line: Line, parent: Agreement, as_of: date) -> Shown:
    billed = max(line.quantity - line.included, Decimal(0))
    is_over = line.cancelled_on is not None and line.cancelled_on <= as_of
    return {
        "id": int(line.id),
        "agreementId": int(parent.id),
        "product": {"id": item_id(line.product_code), "identifier": line.product_code},
        "description": PRODUCT_BY_CODE[line.product_code].name,
        "quantity": line.quantity,
        "lessIncluded": line.included,
        "billedQuantity": billed,
        "unitPrice": line.unit_price,
        "unitCost": line.unit_cost,
        "extPrice": billed * line.unit_price,
        "extCost": line.quantity * line.unit_cost,
        "billCustomer": "Billable",
        "effectiveDate": f"{line.effective_on}T00:00:00Z",
        **({} if line.cancelled_on is None else {"cancelledDate": f"{line.cancelled_on}T00:00:00Z"}),
        "taxableFlag": line.taxable,
        "agreementStatus": "Cancelled" if is_over else "Active",
        "prorateCurrentPeriodFlag": False,
        "_info": _info(line.changed_at),
    }


def invoice_id(each: IssuedInvoice) -> int:
    """Small enough for 32 bits: months since 2020, then the number in the month."""
    return _month(each.issued_on) * 100_000 + int(each.number[-5:])


def invoice(each: IssuedInvoice, client: Client, parent: Agreement | None) -> Shown:
    return {
        "id": invoice_id(each),
        "invoiceNumber": each.number,
        "type": "Agreement",
        "status": {"id": 1, "name": "Closed"},
        "company": _company_ref(client),
        "date": f"{each.issued_on}T00:00:00Z",
        "dueDate": f"{each.period_end}T00:00:00Z",
        "currency": _currency(each.currency),
        "subtotal": each.total,
        "total": each.total,
        "salesTax": 0,
        "agreement": {"id": int(each.agreement_id), "name": "" if parent is None else parent.name},
        "_info": _info(midnight(each.issued_on)),
    }


def products(each: IssuedInvoice) -> Iterator[Shown]:
    """What an invoice charges, line by line."""
    for line in each.lines:
        yield {
            "id": _month(each.issued_on) * 1_000_000 + int(line.line_id),
            "catalogItem": {"id": item_id(line.product_code), "identifier": line.product_code},
            "description": line.description,
            "quantity": max(line.quantity - line.included, Decimal(0)),
            "price": line.unit_price,
            "billableOption": "Billable",
            "agreement": {"id": int(each.agreement_id)},
            "invoice": {"id": invoice_id(each), "identifier": each.number},
            "_info": _info(midnight(each.issued_on)),
        }


def _month(day: date) -> int:
    return (day.year - 2020) * 12 + day.month


def _company_ref(client: Client) -> Shown:
    return {"id": int(client.id), "identifier": client.identifier, "name": client.name}


def _currency(code: str) -> Shown:
    numbers = list(_CURRENCIES)
    return {
        "id": numbers.index(code) + 1 if code in numbers else 9,
        "symbol": _CURRENCIES.get(code, code),
        "currencyCode": code,
        "name": code,
    }


def _info(changed: datetime) -> Mapping[str, str]:
    return {"lastUpdated": stamp(changed) or "", "updatedBy": "admin"}
