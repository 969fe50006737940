"""Device exports of RMM tools -> one seat a device, with a class inferred from what the export says of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connectors.devices import class_of, has_serial
from connectors.files.build.base import Attributes, Item, Values, natural_id
from connectors.files.build.usage import UsageBuilder, seat_status
from connectors.records import SEAT_KINDS, Seat


class DeviceBuilder(UsageBuilder):
    """One row is one device; it is identified by its serial number, else by its host name."""

    def row(self, number: int, values: Values, attributes: Attributes) -> Sequence[Item]:
        context = self._context
        context.require(number, values, "hostname", "display_name", "serial", "seat_id")
        records: list[Item] = []
        integration, account = self.account(number, values, records)
        sku, sku_name = self.sku(values, integration, records)
        serial: str = values.get("serial", "")
        name: str = values.get("hostname", "") or values.get("display_name", "")
        is_serial = has_serial(serial)
        identity = serial if is_serial else name
        given: str = values.get("seat_id", "")
        device = given or natural_id(account.removeprefix("name:"), identity)
        context.unique(
            number,
            "seat_id" if given else "serial" if is_serial else "hostname",
            "Device",
            given or identity,
            "seat",
            integration,
            device,
        )
        kind_text: str = values.get("device_class", "")
        if kind_text:
            attributes.setdefault("device_type", kind_text)
        is_deleted = values.get("deleted_at") is not None
        self.seat(
            Seat(
                external_id=device,
                account_external_id=account,
                kind=self._kind(),
                sku=sku,
                sku_name=sku_name,
                identity=identity,
                display_name=values.get("display_name", "") or name or identity,
                status="deleted" if is_deleted else seat_status(context, number, values.get("status", "")),
                device_class=class_of(kind_text, values.get("os", "")),
                quantity=Decimal(1),
                created_at=values.get("created_at"),
                last_seen_at=values.get("last_seen_at"),
                integration=integration,
                attributes=self.with_leftovers(values, attributes),
            ),
            records,
        )
        return records

    def _kind(self) -> str:
        kind = self._context.options.kind
        return kind if kind in SEAT_KINDS else "device"
