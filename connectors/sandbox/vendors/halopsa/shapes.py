"""Things of the estate as HaloPSA shows them: customers, sites, items, recurring invoices, invoices, edits.

Halo has no free units of its own but on lines that it counts, so a line of the estate that includes some is one whose
quantity Halo calculates from assets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.estate.billing import next_month
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE, PRODUCTS, Product
from connectors.sandbox.estate.invoices import IssuedInvoice
from connectors.sandbox.estate.world import Agreement, Client, Line, Site, Was
from connectors.sandbox.server.vendor import stamp

Shown = Mapping[str, object]
ITEM_IDS = {product.code: 10 + number for number, product in enumerate(PRODUCTS)}
NEVER = "1900-01-01T00:00:00Z"
_CURRENCIES = {"USD": 1, "GBP": 2, "EUR": 3}
_PERIODS = {"monthly": "Monthly", "quarterly": "Quarterly", "annual": "Yearly"}
_MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
_SWITCHED_OFF = timedelta(days=30)
"""What ended so long ago somebody has switched off too."""


def client(each: Client) -> Shown:
    return {
        "id": int(each.id),
        "name": each.name,
        "toplevel_id": 12,
        "toplevel_name": "Clients",
        "inactive": False,
        "ref": each.identifier,
        "website": f"https://www.{each.domain}/",
        "accountsemailaddress": f"accounts@{each.domain}",
        "main_site_id": site_id(each, 0),
        "alastupdate": stamp(each.changed_at),
    }


def site_id(owner: Client, number: int) -> int:
    return int(owner.id) * 20 + number


def site(owner: Client, number: int, each: Site) -> Shown:
    return {
        "id": site_id(owner, number),
        "name": each.name,
        # Halo sends this one as a broken number.
        "client_id": float(owner.id),
        "client_name": owner.name,
        "inactive": False,
        "phonenumber": each.phone,
        "delivery_address_line1": each.address,
        "delivery_address_line3": each.city,
        "delivery_address_line4": each.region,
        "delivery_address_line5": each.postcode,
        "country_code_name": owner.country,
    }


def item(each: Product) -> Shown:
    return {
        "id": ITEM_IDS[each.code],
        "name": each.name,
        "internalreference": each.code,
        "supplier_part_code": each.sku,
        "baseprice": each.price,
        "costprice": each.cost,
        "isrecurringitem": True,
        "recurringprice": each.price,
        "recurringcost": each.cost,
        "status": 0,
    }


def header_id(agreement_id: str) -> int:
    """Halo numbers recurring invoices below zero."""
    return -int(agreement_id)


def header(each: Agreement, owner: Client, today: date, *, is_pending: bool, is_counted: bool) -> Shown:
    last, following = _run(each, today)
    return {
        "id": header_id(each.id),
        "client_id": int(each.client_id),
        "client_name": owner.name,
        "reference": each.name,
        "currency": each.currency,
        "currency_code": _CURRENCIES[each.currency],
        "startdate": _midnight(each.starts_on),
        "enddate": _last_day(each.cancelled_on),
        "lastcreated": _midnight(last),
        "nextcreationdate": _midnight(following),
        "periodname": _PERIODS[each.billing_cycle],
        "disabled": _is_old(each.cancelled_on, today),
        "requires_approval": is_pending,
        "contains_calculated_quantity": is_counted,
        "last_modified": stamp(each.changed_at),
    }


def line(each: Line, today: date) -> Shown:
    counted = [_counted(each)] if each.included else []
    billed = each.quantity - each.included
    return {
        "id": int(each.id),
        "ihid": header_id(each.agreement_id),
        "_itemid": ITEM_IDS[each.product_code],
        "item_code": each.product_code,
        "item_shortdescription": PRODUCT_BY_CODE[each.product_code].name,
        "qty_order": billed,
        "unit_price": each.unit_price,
        "unit_cost": each.unit_cost,
        "net_amount": billed * each.unit_price,
        "startdate": _midnight(each.effective_on),
        "enddate": _last_day(each.cancelled_on),
        "isinactive": _is_old(each.cancelled_on, today),
        "isgroupdesc": False,
        "_is_calculated_line": bool(counted),
        "recurring_invoice_quantity_type": 2 if counted else 0,
        "quantity_users": [],
        "quantity_assets": counted,
    }


def invoice(each: IssuedInvoice, owner: Client | None, *, with_lines: bool) -> Shown:
    number = invoice_id(each)
    shown: dict[str, object] = {
        "id": number,
        "client_id": int(each.client_id),
        "client_name": "" if owner is None else owner.name,
        "invoicenumber": each.number,
        "invoice_date": _midnight(each.issued_on),
        "currency": each.currency,
        "posted": True,
        "voided": False,
        "is_recurring_invoice": False,
        "recurring_invoice_id": header_id(each.agreement_id),
        "revenue": each.total,
        "tax_total": 0,
        "total": each.total,
    }
    if with_lines:
        shown["lines"] = [
            {
                "id": invoice_line_id(each, part.line_id),
                "ihid": number,
                "_itemid": ITEM_IDS[part.product_code],
                "item_code": part.product_code,
                "item_shortdescription": part.description,
                "qty_order": max(part.quantity - part.included, Decimal(0)),
                "unit_price": part.unit_price,
                "net_amount": part.amount,
                "recurring_invoice_line_id": int(part.line_id),
                "isgroupdesc": False,
            }
            for part in each.lines
        ]
    return shown


def invoice_id(each: IssuedInvoice) -> int:
    """Numbers of four bytes, as Halo's."""
    return _month(each) * 100_000 + int(each.id[6:])


def invoice_line_id(each: IssuedInvoice, line_id: str) -> int:
    return _month(each) * 1_000_000 + int(line_id)


def changes(each: Line, past: list[Was]) -> Iterator[Shown]:
    """The edits of a line's quantity and price, oldest first."""
    states = [(was.state, was.until) for was in past if isinstance(was.state, Line)]
    afterwards = [*(state for state, _ in states), each][1:]
    for number, ((before, at), after) in enumerate(zip(states, afterwards, strict=True)):
        for field, name in ((1, "quantity"), (2, "unit_price")):
            old, new = getattr(before, name), getattr(after, name)
            if old != new:
                yield {
                    "id": int(each.id) * 1000 + number * 2 + field,
                    "invoice_id": header_id(each.agreement_id),
                    "invoice_line_id": int(each.id),
                    "field_id": field,
                    "field_name": {"quantity": "Quantity", "unit_price": "Price"}[name],
                    "old_value": f"{old.normalize():f}",
                    "new_value": f"{new.normalize():f}",
                    "who": "Dana Whitfield",
                    "datetime": stamp(at),
                }


def _counted(each: Line) -> Shown:
    return {
        "id": int(each.id) * 10,
        "invoice_line_id": int(each.id),
        "kind": 2,
        "type_name": "Server",
        "qty_free": int(each.included),
        "minimum_qty": 0,
    }


def _run(each: Agreement, today: date) -> tuple[date | None, date]:
    """The days of the last invoice, if any, and of the next."""
    following = each.starts_on if each.starts_on.day == 1 else next_month(each.starts_on)
    last = None
    while following <= today:
        last = following
        for _ in range(_MONTHS[each.billing_cycle]):
            following = next_month(following)
    return last, following


def _month(each: IssuedInvoice) -> int:
    return (each.issued_on.year - 2000) * 12 + each.issued_on.month


def _is_old(cancelled_on: date | None, today: date) -> bool:
    return cancelled_on is not None and cancelled_on <= today - _SWITCHED_OFF


def _last_day(cancelled_on: date | None) -> str:
    return NEVER if cancelled_on is None else _midnight(cancelled_on - timedelta(days=1))


def _midnight(day: date | None) -> str:
    return NEVER if day is None else f"{day}T00:00:00Z"
