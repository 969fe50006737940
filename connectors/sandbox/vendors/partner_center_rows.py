"""Partner Center's resources made of the estate: customers, subscriptions, invoices and their lines."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.sandbox.estate.catalogue import SKU_BY_PART
from connectors.sandbox.estate.charges import InvoicedCharge
from connectors.sandbox.estate.world import Account, Subscription, Was
from connectors.sandbox.server.vendor import stamp
from connectors.sandbox.vendors.microsoft365_rows import guid

WINDOW = timedelta(days=7)
"""Seats can be given back for seven days."""
_AMENDS = frozenset({"credit", "rebill"})
_NOTE = "-1"
_CHARGE_TYPES = {"cycle": "cycleFee", "credit": "customerCredit", "rebill": "cycleFee"}


def collection(items: Sequence[Any]) -> dict[str, object]:
    """A list as Partner Center wraps it; the count is that of the page."""
    return {"totalCount": len(items), "items": list(items), "attributes": {"objectType": "Collection"}}


def customer(account: Account) -> Mapping[str, object]:
    return {
        "id": account.id,
        "companyProfile": {
            "tenantId": account.id,
            "domain": account.tenant_domain,
            "companyName": account.name,
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": "reseller",
        "attributes": {"objectType": "Customer"},
    }


def etag(each: Subscription) -> str:
    """The version of a subscription: another one after each change."""
    text = json.dumps({"id": each.id, "version": int(each.changed_at.timestamp())})
    return base64.b64encode(text.encode()).decode()


def returnable(each: Subscription, history: Sequence[Was], now: datetime) -> Decimal:
    """Seats that came within the last seven days, less those that went."""
    if each.created_at > now - WINDOW:
        return each.quantity
    before = each.quantity
    for was in reversed(history):
        if was.until <= now - WINDOW or not isinstance(was.state, Subscription):
            break
        before = was.state.quantity
    return max(each.quantity - before, Decimal(0))


def subscription(each: Subscription, may: Decimal, now: datetime, *, is_legacy: bool) -> Mapping[str, object]:
    sku = SKU_BY_PART[each.sku]
    new = {
        "termDuration": "P1M" if each.term == "Monthly" else "P1Y",
        "renewalTermDuration": "P1M" if each.term == "Monthly" else "P1Y",
        "refundableQuantity": {
            "totalQuantity": may,
            "details": [{"quantity": may, "allowedUntilDateTime": stamp(now + timedelta(days=3))}] if may else [],
        },
    }
    return {
        "id": each.id,
        "offerId": guid("offer", each.sku) if is_legacy else f"{each.sku}:{guid(each.sku)[:12].upper()}",
        "offerName": sku.name,
        "friendlyName": sku.name,
        "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
        "quantity": each.quantity,
        "unitType": "Licenses",
        "hasPurchasableAddons": False,
        "creationDate": stamp(each.created_at),
        "effectiveStartDate": f"{each.started_on}T00:00:00Z",
        "commitmentEndDate": f"{each.commitment_ends_on}T00:00:00Z",
        "status": "active" if each.status == "active" else "deleted",
        "autoRenewEnabled": True,
        "isTrial": False,
        "billingType": "license",
        "billingCycle": each.billing.casefold(),
        **({} if is_legacy else new),
        "isMicrosoftProduct": True,
        "publisherName": "Microsoft Corporation",
        "contractType": "subscription",
        "links": {
            "self": {
                "uri": f"/customers/{each.account_id}/subscriptions/{each.id}",
                "method": "GET",
                "headers": [],
            }
        },
        "orderId": guid("order", each.id)[:12],
        "attributes": {"etag": etag(each), "objectType": "Subscription"},
    }


def invoices(issued: Sequence[InvoicedCharge], *, amends_apart: bool) -> list[Mapping[str, object]]:
    """The invoices, oldest first; `amends_apart`: what corrects an earlier one stands in an amendment."""
    found: list[Mapping[str, object]] = []
    for number in dict.fromkeys(each.invoice for each in issued):
        lines = [each for each in issued if each.invoice == number]
        plain = [each for each in lines if not (amends_apart and each.kind in _AMENDS)]
        amends = [each for each in lines if each not in plain]
        shown = _invoice(_number(number), plain, lines[0], "invoice")
        if amends:
            note = {
                **_invoice(f"{_number(number)}{_NOTE}", amends, lines[0], "adjustment_note"),
                "amendsOf": shown["id"],
            }
            shown = {**shown, "amendments": [note]}
        found.append(shown)
    return found


def _invoice(number: str, lines: Sequence[InvoicedCharge], dated: InvoicedCharge, document: str) -> dict[str, object]:
    details = {"billingProvider": "one_time", "attributes": {"objectType": "InvoiceDetail"}}
    kinds = ("billing_line_items", "usage_line_items")
    return {
        "id": number,
        "invoiceDate": f"{dated.issued_on}T00:00:00Z",
        "totalCharges": sum((each.amount for each in lines), Decimal(0)),
        "paidAmount": 0,
        "currencyCode": dated.currency,
        "invoiceDetails": [{"invoiceLineItemType": kind, **details} for kind in kinds],
        "documentType": document,
        "invoiceType": "OneTime",
        "attributes": {"objectType": "Invoice"},
    }


def lines_of(issued: Sequence[InvoicedCharge], number: str, *, amends_apart: bool) -> list[InvoicedCharge] | None:
    """What stands on an invoice or an amendment; None where there is no such document."""
    is_note = number.endswith(_NOTE)
    wanted = number.removesuffix(_NOTE)
    found = [each for each in issued if _number(each.invoice) == wanted]
    return [each for each in found if (amends_apart and each.kind in _AMENDS) == is_note] if found else None


def _number(invoice: str) -> str:
    month, _, currency = invoice.partition("-")
    return f"G{month}{currency}"


def line(each: InvoicedCharge, account: Account | None) -> Mapping[str, object]:
    """`quantity` is the seats of the order; what is charged for is `billableQuantity`."""
    product, _, sku = each.sku.partition(":")
    seats = abs(each.quantity) + 40
    kind = _CHARGE_TYPES.get(each.kind, "addQuantity" if each.quantity > 0 else "removeQuantity")
    price = (each.amount / each.quantity).quantize(Decimal("0.000001")) if each.quantity else each.unit_cost
    return {
        "partnerId": guid("partner"),
        "customerId": f"org:{each.account_id}",
        "customerName": account.name if account else "",
        "customerDomainName": account.tenant_domain if account else "",
        "invoiceNumber": _number(each.invoice),
        "orderId": guid("order", each.subscription_id)[:12],
        "orderDate": f"{each.period_start}T00:00:00Z",
        "productId": product,
        "skuId": sku,
        "availabilityId": guid(each.sku)[:12].upper(),
        "productName": SKU_BY_PART[each.sku].name,
        "skuName": SKU_BY_PART[each.sku].name,
        "chargeType": kind,
        "unitPrice": each.unit_cost,
        "effectiveUnitPrice": price,
        "unitType": "",
        "quantity": seats,
        "billableQuantity": each.quantity,
        "subtotal": each.amount,
        "taxTotal": 0,
        "totalForCustomer": each.amount,
        "currency": each.currency,
        "pricingCurrency": each.currency,
        "pcToBCExchangeRate": 1,
        "publisherName": "Microsoft Corporation",
        "subscriptionDescription": SKU_BY_PART[each.sku].name,
        "subscriptionId": each.subscription_id,
        "chargeStartDate": f"{each.period_start}T00:00:00Z",
        "chargeEndDate": f"{each.period_end}T00:00:00Z",
        "termAndBillingCycle": "One-Year commitment for monthly billing",
        "billingFrequency": "Monthly",
        "invoiceLineItemType": "billing_line_items",
        "billingProvider": "one_time",
        "attributes": {"objectType": "OneTimeInvoiceLineItem"},
    }
