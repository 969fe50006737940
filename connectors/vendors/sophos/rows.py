"""Sophos's objects as canonical records: an endpoint, and a line of the month's billing usage. No HTTP here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from connectors.http.rows import Row
from connectors.records import Seat, Subscription

_CLASSES = {"computer": "workstation", "server": "server"}
_ACTIVE = {"", "active"}


def endpoint(tenant: str, row: Row) -> Seat:
    """One installed endpoint. What is installed on it is the attribute `products`, codes joined by commas."""
    said = row.text("type").casefold()
    os = row.row("os")
    products = (each.text("code") for each in row.rows("assignedProducts", "product"))
    return Seat(
        external_id=row.need("id"),
        account_external_id=tenant,
        kind="agent",
        identity=row.text("serialNumber") or row.text("hostname"),
        display_name=row.text("hostname"),
        device_class="server" if os.flag("isServer") else _CLASSES.get(said, said),
        last_seen_at=row.moment("lastSeenAt"),
        attributes={
            **row.attributes({"id", "hostname", "serialNumber", "lastSeenAt", "tenant.id"}),
            "products": ",".join(sorted(each for each in products if each)),
        },
    )


@dataclass(slots=True)
class Billed:
    """What Sophos bills a tenant for one SKU (and one appliance, where it names a serial number) in a month."""

    tenant: str
    sku: str
    name: str
    place: str
    month: str
    billable: Decimal
    actual: Decimal
    is_active: bool
    product_code: str

    @property
    def external_id(self) -> str:
        return "/".join(part for part in (self.tenant, self.sku, self.place) if part)

    def _attributes(self) -> dict[str, str]:
        return {
            "month": self.month,
            "actualQuantity": str(self.actual),
            "billableQuantity": str(self.billable),
            "productCode": self.product_code,
        }

    def seat(self) -> Seat:
        return Seat(
            external_id=self.external_id,
            account_external_id=self.tenant,
            kind="licence",
            sku=self.sku,
            sku_name=self.name,
            display_name=self.name,
            status="active" if self.is_active else "suspended",
            quantity=self.billable,
            attributes=self._attributes(),
        )

    def subscription(self) -> Subscription:
        return Subscription(
            external_id=self.external_id,
            account_external_id=self.tenant,
            sku=self.sku,
            sku_name=self.name,
            quantity=self.billable,
            term="monthly usage",
            status="active" if self.is_active else "suspended",
            attributes=self._attributes(),
        )


def billed(month: str, rows: Iterable[Row]) -> Iterator[Billed]:
    """The month's lines, those of one tenant and SKU added up; a line that comes twice counts once."""
    found: dict[str, Billed] = {}
    known: set[tuple[str, ...]] = set()
    for row in rows:
        line = Billed(
            tenant=row.need("accountId"),
            sku=row.need("sku"),
            name=row.text("productDescription") or row.need("sku"),
            place=row.text("accountNumberOrSerialNumber"),
            month=month,
            billable=row.need_exact("billableQuantity"),
            actual=row.exact("actualQuantity") or Decimal(0),
            is_active=row.text("accountStatus").casefold() in _ACTIVE,
            product_code=row.text("productCode"),
        )
        order = (line.external_id, row.text("orderNumber"), row.text("orderLineItemNumber"))
        if order in known:
            continue
        known.add(order)
        held = found.setdefault(line.external_id, line)
        if held is not line:
            held.billable += line.billable
            held.actual += line.actual
    return iter([each for each in found.values() if each.billable or each.actual])
