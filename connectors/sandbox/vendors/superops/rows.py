"""The estate's things as SuperOps has them: long ids as text, numbers as text, quantities as changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE, PRODUCTS, Product
from connectors.sandbox.estate.invoices import InvoiceLine, IssuedInvoice
from connectors.sandbox.estate.world import Agreement, Client, Line

Item = dict[str, Any]
_BASE = 7_928_838_000_000_000_000
_CLIENT, _SITE, _CONTRACT, _ITEM = 1, 2, 3, 4
_DAY = timedelta(days=1)
_FREQUENCIES = {"monthly": ("MONTH", 1), "quarterly": ("MONTH", 3), "annual": ("YEAR", 1)}
_MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
STAGES = (("1", "Prospect", "PROSPECT"), ("2", "Active", "ACTIVE"), ("3", "Former", "CHURNED"))


@dataclass(frozen=True, slots=True)
class Step:
    """A change that was made by the API: it waits for its day, or has changed the line already."""

    id: str
    operation: str
    quantity: Decimal
    starts_on: date


def long_id(kind: int, number: int | str) -> str:
    """An id of 19 digits, as SuperOps gives them; beyond what a float keeps apart."""
    return str(_BASE + kind * 10**12 + int(number))


def contract_id(line_id: str) -> str:
    return long_id(_CONTRACT, line_id)


def line_id(contract: str) -> str:
    """The estate's line behind a contract's id; "" for what is none."""
    number = int(contract) - _BASE - _CONTRACT * 10**12 if contract.isdigit() else 0
    return str(number) if 0 < number < 10**12 else ""


def client_id(client: str) -> str:
    return long_id(_CLIENT, client)


def item_id(code: str) -> str:
    return long_id(_ITEM, 100 + [product.code for product in PRODUCTS].index(code))


def client(each: Client) -> Item:
    return _client(each.id, each.name, "Active", [each.domain])


def prospect(number: str, name: str, stage: str) -> Item:
    return _client(number, name, stage, [])


def _client(number: str, name: str, stage: str, domains: Sequence[str]) -> Item:
    site = {"id": long_id(_SITE, f"{number}0"), "name": "Head office"}
    return {
        "accountId": client_id(number),
        "name": name,
        "stage": stage,
        "status": "Paid" if stage == "Active" else None,
        "emailDomains": list(domains),
        "primaryContact": None,
        "hqSite": site,
    }


def sites(each: Client) -> list[Item]:
    return [
        {
            "id": long_id(_SITE, f"{each.id}{spot}"),
            "name": site.name,
            "line1": site.address,
            "line2": None,
            "line3": None,
            "city": site.city,
            "postalCode": site.postcode,
            "countryCode": each.country,
            "stateCode": site.region,
            "contactNumber": site.phone,
            "client": _ref(each.id, each.name),
            "hq": spot == 0,
        }
        for spot, site in enumerate(each.sites)
    ]


def item(product: Product) -> Item:
    return {
        "itemId": item_id(product.code),
        "name": product.name,
        "description": product.code,
        "category": {"categoryId": long_id(_ITEM, 1), "name": product.integration or "Own services"},
        "itemType": "PRODUCT" if product.integration else "SERVICE",
        "status": "ACTIVE",
        "sellingPrice": _price(product.price),
        "costPrice": _price(product.cost),
    }


def contract(line: Line, agreement: Agreement, name: str, steps: Sequence[Step], today: date) -> Item:
    """A line as a contract of its own; `steps` are the changes made by the API, of which the later ones still wait."""
    product = PRODUCT_BY_CODE[line.product_code]
    ends = [each - _DAY for each in (line.cancelled_on, agreement.cancelled_on) if each is not None]
    end = min(ends, default=None)
    unit, count = _FREQUENCIES[agreement.billing_cycle]
    number = contract_id(line.id)
    is_over = end is not None and end < today
    return {
        "contractId": number,
        "client": _ref(line.client_id, name),
        "startDate": line.effective_on.isoformat(),
        "endDate": end.isoformat() if end else None,
        "contractStatus": "INACTIVE" if is_over else "DRAFT" if line.effective_on > today else "ACTIVE",
        "contract": {
            "contractId": number,
            "name": product.name,
            "description": None,
            "contractType": "SERVICE",
            "billableContract": {
                "contractId": number,
                "chargeItem": {"itemId": item_id(line.product_code), "name": product.name},
                "quantityCalculationType": "FIXED",
                "frequencyType": "RECURRING",
                "discountRate": None,
                "sellingPrice": _price(line.unit_price),
                "recurringContract": {
                    "contractId": number,
                    "recurringMode": "ADVANCE",
                    "frequencyDurationUnit": unit,
                    "frequencyInterval": count,
                    "nextBillDate": None if is_over else _next_bill(line.effective_on, today, agreement).isoformat(),
                },
                "changes": _changes(line, steps, today),
            },
        },
    }


def _changes(line: Line, steps: Sequence[Step], today: date) -> list[Item]:
    """The baseline and what was changed since; together they come to the line's quantity today."""
    applied = sum((_signed(each) for each in steps if each.starts_on <= today), Decimal(0))
    begun = line.quantity - line.included - applied
    changes = [Step(f"{line.id}00", "BASELINE", begun, line.effective_on), *steps]
    found = [
        {
            "changeId": long_id(5, each.id),
            "effectiveDate": None if each.operation == "BASELINE" else each.starts_on.isoformat(),
            "endDate": None,
            "quantity": f"{each.quantity:f}",
            "quantityChangeOperation": each.operation,
        }
        for each in changes
    ]
    return found[::-1]


def _signed(each: Step) -> Decimal:
    return each.quantity if each.operation == "INCREASE" else -each.quantity


def time_and_material(line: Line, name: str) -> Item:
    """A contract without a quantity."""
    number = long_id(_CONTRACT, int(line.id) + 1)
    return {
        "contractId": number,
        "client": _ref(line.client_id, name),
        "startDate": line.effective_on.isoformat(),
        "endDate": None,
        "contractStatus": "ACTIVE",
        "contract": {
            "contractId": number,
            "name": "Time and material",
            "description": None,
            "contractType": "TIME_AND_MATERIAL",
            "billableContract": None,
        },
    }


def invoice(each: IssuedInvoice, name: str, status: str = "APPROVED", number: str = "") -> Item:
    return {
        "invoiceId": long_id(6, number or each.id),
        "displayId": each.number,
        "client": _ref(each.client_id, name),
        "invoiceDate": each.issued_on.isoformat(),
        "dueDate": (each.issued_on + timedelta(days=30)).isoformat(),
        "statusEnum": status,
        "totalAmount": f"{each.total:f}",
    }


def invoice_item(each: IssuedInvoice, line: InvoiceLine, shown: Mapping[str, Any]) -> Item:
    quantity = line.quantity - line.included
    return {
        "itemId": long_id(7, f"{shown['invoiceId'][-7:]}{line.line_id}"),
        "billedDate": each.issued_on.isoformat(),
        "details": line.description,
        "quantity": f"{quantity:f}",
        "unitPrice": f"{line.unit_price:f}",
        "discountRate": None,
        "amount": f"{line.amount:f}",
        "serviceItem": {"itemId": item_id(line.product_code), "name": line.description, "quantityType": "UNITS"},
        "invoice": {key: shown[key] for key in ("invoiceId", "client", "statusEnum")},
    }


def _ref(number: str, name: str) -> Item:
    return {"accountId": client_id(number), "name": name}


def _price(amount: Decimal) -> Item:
    return {"model": "PER_UNIT", "details": [{"value": f"{amount:f}"}]}


def _next_bill(start: date, today: date, agreement: Agreement) -> date:
    """The beginning of the first period after today; periods are counted from the agreement's month."""
    months = _MONTHS[agreement.billing_cycle]
    begin = agreement.starts_on.year * 12 + agreement.starts_on.month - 1
    now = max(start, today)
    passed = now.year * 12 + now.month - 1 - begin
    count = begin + (passed // months + 1) * months
    return date(count // 12, count % 12 + 1, 1)
