"""The estate's things as Autotask's entities, and its picklists. Bundles are what no vendor counts and more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from connectors.sandbox.estate.catalogue import MSP_NAME, PRODUCTS
from connectors.sandbox.estate.invoices import InvoiceLine, IssuedInvoice
from connectors.sandbox.estate.world import Agreement, Client, Line
from connectors.sandbox.server.vendor import stamp
from connectors.sandbox.vendors.autotask.periods import Period, contract_end

Item = dict[str, Any]
BUNDLED = frozenset(("NB-FW", "NB-VCIO"))
NUMBERS = {product.code: 101 + spot for spot, product in enumerate(PRODUCTS)}
COUNTRIES = ("US", "GB", "DE", "FR", "NL", "ES", "SE", "IE")
CURRENCIES = ("USD", "GBP", "EUR")
PERIODS = {"monthly": 3, "quarterly": 4, "annual": 6}
PICKLISTS: dict[str, dict[str, dict[str, str]]] = {
    "Companies": {
        "companyType": {"1": "Customer", "2": "Lead", "3": "Prospect", "4": "Dead", "6": "Cancelation", "7": "Vendor"},
    },
    "Contracts": {
        "contractType": {"1": "Time & Materials", "3": "Fixed Price", "4": "Block Hours", "7": "Recurring Service"},
        "status": {"0": "Inactive", "1": "Active"},
        "contractPeriodType": {"3": "Monthly", "4": "Quarterly", "5": "Semi-Annual", "6": "Yearly", "8": "One-Time"},
    },
}
_OTHERS = ((29683001, "Harbour Lane Prospects", 3, True), (29683002, "Widget Wholesale (vendor)", 7, True),
           (29683003, "Former Customer Ltd", 1, False))  # fmt: skip
FORMER = 29683003
"""Companies that are no clients: a prospect, a vendor, one that was switched off."""


def day(value: date | None) -> str | None:
    return None if value is None else f"{value}T00:00:00Z"


def companies(clients: list[Client], gone: list[tuple[Client, datetime]]) -> Iterator[Item]:
    """All companies in the order of their ids; who left is inactive, the MSP is company 0."""
    found = [_bare(0, MSP_NAME, 1, True, "2020-01-01T00:00:00Z")]
    found += [_company(client, is_active=True, at=client.changed_at) for client in clients]
    found += [_company(client, is_active=False, at=at) for client, at in gone]
    found += [_bare(number, name, kind, active, "2021-03-05T09:00:00Z") for number, name, kind, active in _OTHERS]
    yield from sorted(found, key=lambda each: each["id"])


def _company(client: Client, *, is_active: bool, at: datetime) -> Item:
    site = client.sites[0]
    return {
        **_bare(int(client.id), client.name, 1, is_active, stamp(at) or ""),
        "companyNumber": client.identifier,
        "webAddress": f"https://www.{client.domain}/",
        "phone": site.phone,
        "address1": site.address,
        "city": site.city,
        "state": site.region,
        "postalCode": site.postcode,
        "countryID": COUNTRIES.index(client.country) + 1,
        "currencyID": CURRENCIES.index(client.currency) + 1,
    }


def _bare(number: int, name: str, kind: int, is_active: bool, at: str) -> Item:
    empty = ("companyNumber", "webAddress", "phone", "address1", "address2", "city", "state", "postalCode", "countryID")
    return {
        "id": number,
        "companyName": name,
        "companyType": kind,
        "isActive": is_active,
        "lastActivityDate": at,
        "currencyID": None,
        **dict.fromkeys(empty),
    }


def contract(agreement: Agreement, today: date) -> Item:
    return {
        "id": int(agreement.id),
        "companyID": int(agreement.client_id),
        "contractName": agreement.name,
        "contractNumber": None,
        "contractType": 7,
        "contractPeriodType": PERIODS[agreement.billing_cycle],
        "status": 0 if agreement.cancelled_on is not None and agreement.cancelled_on <= today else 1,
        "startDate": day(agreement.starts_on),
        "endDate": day(contract_end(agreement, today)),
    }


def other_contract(agreement: Agreement) -> Item:
    """Time and materials beside the recurring service: it has no services."""
    return {
        **contract(agreement, agreement.starts_on),
        "id": int(agreement.id) + 1,
        "contractName": "Time and materials",
        "contractType": 1,
        "status": 1,
    }


def strangers_contract(agreement: Agreement, spot: int) -> Item:
    """A recurring contract of a company that is no client: one that left, or the MSP itself."""
    like = contract(agreement, agreement.starts_on)
    return {**like, "id": 900_000 + spot, "companyID": (FORMER, 0)[spot], "contractName": "Not a client's"}


def catalogue(*, bundles: bool) -> Iterator[Item]:
    for product in PRODUCTS:
        if (product.code in BUNDLED) == bundles:
            yield {
                "id": NUMBERS[product.code],
                "name": product.name,
                "sku": None if bundles else product.code,
                "description": "",
                "isActive": True,
                "lastModifiedDate": "2024-05-02T10:00:00Z",
                "periodType": PERIODS[product.billing_cycle],
                "unitPrice": product.price,
                "unitCost": product.cost,
            }


def link(line: Line) -> Item:
    """A contract service or contract service bundle: price and no quantity."""
    is_bundle = line.product_code in BUNDLED
    key = "serviceBundleID" if is_bundle else "serviceID"
    return {
        "id": int(line.id),
        "contractID": int(line.agreement_id),
        key: NUMBERS[line.product_code],
        "unitPrice": line.unit_price,
        **({"adjustedPrice": None} if is_bundle else {"unitCost": line.unit_cost}),
        "invoiceDescription": None,
        "internalDescription": None,
    }


def units(line: Line, period: Period) -> Item:
    """Prices of a row are for all its units."""
    is_bundle = line.product_code in BUNDLED
    return {
        "id": int(line.id) * 100_000 + period.number,
        "contractID": int(line.agreement_id),
        ("contractServiceBundleID" if is_bundle else "contractServiceID"): int(line.id),
        ("serviceBundleID" if is_bundle else "serviceID"): NUMBERS[line.product_code],
        "startDate": day(period.starts_on),
        "endDate": day(period.ends_on),
        "units": period.units,
        "price": line.unit_price * period.units,
        "cost": line.unit_cost * period.units,
        "approveAndPostDate": day(period.starts_on) if period.is_posted else None,
    }


def invoice_id(each: IssuedInvoice) -> int:
    """Autotask's ids of invoices are 32 bits wide."""
    return int(each.id) % 10**10


def invoice(each: IssuedInvoice, *, is_voided: bool = False, number: int | None = None) -> Item:
    return {
        "id": invoice_id(each) if number is None else number,
        "companyID": int(each.client_id),
        "invoiceNumber": each.number,
        "invoiceDateTime": day(each.issued_on),
        "fromDate": day(each.period_start),
        "toDate": day(each.period_end),
        "invoiceTotal": each.total,
        "totalTaxValue": 0,
        "isVoided": is_voided,
        "createDateTime": day(each.issued_on),
    }


def billing_item(each: IssuedInvoice, line: InvoiceLine, *, number: int | None = None, on: int | None = None) -> Item:
    is_bundle = line.product_code in BUNDLED
    return {
        "id": int(line.id.replace("-", "")) if number is None else number,
        "invoiceID": invoice_id(each) if on is None else on,
        "companyID": int(each.client_id),
        "contractID": int(each.agreement_id),
        "contractServiceID": None if is_bundle else int(line.line_id),
        "contractServiceBundleID": int(line.line_id) if is_bundle else None,
        "serviceID": None if is_bundle else NUMBERS[line.product_code],
        "serviceBundleID": NUMBERS[line.product_code] if is_bundle else None,
        "itemName": line.description,
        "itemDate": day(each.period_start),
        "postedDate": day(each.issued_on),
        "quantity": line.quantity - line.included,
        "rate": line.unit_price,
        "extendedPrice": line.amount,
    }


def labour(number: int, each: IssuedInvoice) -> Item:
    """An hour's work on an invoice: no service, no line of ours."""
    keys = ("contractServiceID", "contractServiceBundleID", "serviceID", "serviceBundleID", "contractID")
    return {
        "id": number,
        "invoiceID": invoice_id(each),
        "companyID": int(each.client_id),
        **dict.fromkeys(keys),
        "itemName": "On-site work",
        "itemDate": day(each.period_start),
        "postedDate": day(each.issued_on),
        "quantity": 1,
        "rate": 120,
        "extendedPrice": 120,
    }


def fields(entity: str, picklists: Mapping[str, Mapping[str, Mapping[str, str]]]) -> list[Item]:
    """What `entityInformation/fields` tells of an entity's picklists, and of its id."""
    plain = [_field("id", "long", None)]
    return plain + [_field(name, "integer", values) for name, values in picklists.get(entity, {}).items()]


def _field(name: str, kind: str, values: Mapping[str, str] | None) -> Item:
    shown = [
        {"value": number, "label": label, "isDefaultValue": False, "sortOrder": spot, "parentValue": "",
         "isActive": True, "isSystem": True}
        for spot, (number, label) in enumerate((values or {}).items())
    ]  # fmt: skip
    return {
        "name": name,
        "dataType": kind,
        "length": 0,
        "isRequired": name != "id",
        "isReadOnly": name == "id",
        "isQueryable": True,
        "isReference": False,
        "referenceEntityType": "",
        "isPickList": values is not None,
        "picklistValues": shown if values is not None else None,
        "picklistParentValueField": "",
        "isSupportedWebhookField": False,
    }
