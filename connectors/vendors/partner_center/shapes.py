"""Canonical records made of what Partner Center answers. Nothing is asked here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import blake2b

from connectors.http.rows import Row
from connectors.records import Account, Charge, Seat, Sku, Subscription

_STATUS = {
    "active": "active",
    "pending": "suspended",
    "suspended": "suspended",
    "disabled": "disabled",
    "expired": "deleted",
    "deleted": "deleted",
}
_TERMS = {"P1M": "Monthly", "P1Y": "1-Year", "P3Y": "3-Year"}
_CYCLES = {"annual": "annual", "triennial": "annual", "one_time": "one_time", "onetime": "one_time"}
_FOR_EVER = 9000
_LINE = (
    "customerId",
    "orderId",
    "subscriptionId",
    "productId",
    "skuId",
    "availabilityId",
    "offerId",
    "alternateId",
    "chargeType",
)
_NUMBERS = ("unitPrice", "effectiveUnitPrice", "quantity", "billableQuantity", "consumedQuantity", "subtotal")
_DAYS = ("orderDate", "chargeStartDate", "chargeEndDate", "subscriptionStartDate", "subscriptionEndDate", "usageDate")


def account(row: Row) -> Account:
    profile = row.row("companyProfile")
    domain = profile.text("domain")
    return Account(
        external_id=row.need("id").casefold(),
        name=profile.text("companyName") or domain or row.need("id"),
        domain=domain,
        attributes=_filled(
            {
                "tenant_id": profile.text("tenantId"),
                "relationship": row.text("relationshipToPartner"),
            }
        ),
    )


def sku_id(offer_id: str) -> str:
    """Product and SKU of a new-commerce offer (`product:sku:availability`), any other offer's id as it is.

    Availabilities change with every price list, product and SKU do not.
    """
    parts = offer_id.split(":")
    return ":".join(parts[:2]) if len(parts) == 3 else offer_id


def is_new_commerce(row: Row) -> bool:
    """Whether a subscription is bound to its term; older ones may give seats back at any time."""
    return bool(row.text("termDuration")) or ":" in row.text("offerId")


def sku(row: Row) -> Sku:
    """The thing that a subscription is of."""
    identity = sku_id(row.text("offerId")) or row.need("id")
    return Sku(external_id=identity, name=_name(row), attributes=_filled({"publisher": row.text("publisherName")}))


def seat(customer: str, row: Row) -> Seat:
    """A subscription as one licence seat that carries its quantity."""
    return Seat(
        external_id=row.need("id"),
        account_external_id=customer,
        kind="licence",
        sku=sku_id(row.text("offerId")) or row.need("id"),
        sku_name=_name(row),
        display_name=row.text("friendlyName") or _name(row),
        status=_status(row),
        quantity=row.need_exact("quantity"),
        created_at=row.moment("creationDate"),
        attributes=_attributes(row),
    )


def subscription(customer: str, row: Row) -> Subscription:
    term, cycle = row.text("termDuration"), row.text("billingCycle").casefold()
    return Subscription(
        external_id=row.need("id"),
        account_external_id=customer,
        sku=sku_id(row.text("offerId")) or row.need("id"),
        sku_name=_name(row),
        quantity=row.need_exact("quantity"),
        term=_TERMS.get(term, term),
        billing_cycle=_CYCLES.get(cycle, "monthly"),
        status=_status(row),
        starts_on=row.day("effectiveStartDate"),
        commitment_ends_on=commitment_end(row),
        attributes=_attributes(row),
    )


def commitment_end(row: Row) -> date | None:
    """The last day of the term, None where it is without end."""
    found = row.day("commitmentEndDate")
    return None if found is None or found.year > _FOR_EVER else found


def charge(invoice: Row, row: Row, fallback: date) -> Charge:
    """A line of an invoice. `fallback` is the day of the invoice, for lines that name no period.

    The quantity is the billable one: seats that came within a period count by their part of it.
    """
    start = row.day("chargeStartDate") or row.day("subscriptionStartDate") or fallback
    end = row.day("chargeEndDate") or row.day("subscriptionEndDate") or start
    quantity = _first(row, ("billableQuantity", "quantity", "consumedQuantity"))
    product, sku_part = row.text("productId"), row.text("skuId")
    return Charge(
        external_id=_line_id(invoice.need("id"), row),
        account_external_id=row.need("customerId").removeprefix("org:").casefold(),
        sku=f"{product}:{sku_part}" if product and sku_part else row.text("offerId") or row.text("sku") or product,
        quantity=quantity,
        amount=_first(row, ("subtotal", "pretaxCharges")),
        currency=row.text("currency") or invoice.text("currencyCode"),
        period_start=start,
        period_end=end,
        attributes={
            **row.attributes({"attributes.objectType", "customerId", "currency", "partnerId"}),
            "invoice_id": invoice.need("id"),
            "document_type": invoice.text("documentType", "invoice"),
        },
    )


def _first(row: Row, keys: tuple[str, ...]) -> Decimal:
    """The first of these numbers that is there. Raises ApiFailure where none is."""
    for key in keys:
        found = row.exact(key)
        if found is not None:
            return found
    return row.need_exact(keys[0])


def _line_id(invoice: str, row: Row) -> str:
    """Lines have no id: they are known by what they say. An issued line never changes."""
    numbers = {key: str(number.normalize()) for key in _NUMBERS if (number := row.exact(key)) is not None}
    days = {key: str(row.day(key)) for key in _DAYS}
    said = {key: row.text(key) for key in _LINE} | numbers | days
    digest = blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=12).hexdigest()
    return f"{invoice}/{digest}"


def _name(row: Row) -> str:
    return row.text("offerName") or row.text("friendlyName") or row.text("offerId") or row.need("id")


def _status(row: Row) -> str:
    return _STATUS.get(row.text("status").casefold(), "suspended")


def _attributes(row: Row) -> Mapping[str, str]:
    kept = row.attributes({"id", "quantity", "links", "attributes.etag", "attributes.objectType"})
    plain = {key: value for key, value in kept.items() if not key.startswith("links.")}
    return {**plain, "new_commerce": "true" if is_new_commerce(row) else "false"}


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}


def returnable(row: Row, now: datetime) -> Decimal:
    """How many seats may be given back now: Microsoft's own number, else all within seven days of the term's start.

    Rule: new-commerce seats can be returned within seven days of their order or renewal, and not afterwards.
    """
    refundable = row.row("refundableQuantity")
    if refundable.has("details"):
        windows = (
            (each.need_exact("quantity"), each.moment("allowedUntilDateTime")) for each in refundable.rows("details")
        )
        return sum((quantity for quantity, until in windows if until is not None and until > now), Decimal(0))
    if refundable.has("totalQuantity"):
        return refundable.need_exact("totalQuantity")
    began = row.day("effectiveStartDate")
    is_fresh = began is not None and (now.astimezone(UTC).date() - began).days < 7
    return row.need_exact("quantity") if is_fresh else Decimal(0)
