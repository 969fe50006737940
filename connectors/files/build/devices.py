"""Device exports of RMM tools -> one seat a device, with a class inferred from what the export says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from connectors.files.build.base import Attributes, Item, Values, folded, natural_id
from connectors.files.build.usage import UsageBuilder, seat_status
from connectors.records import SEAT_KINDS, Seat

# First match wins: "Windows Server" before "Windows", "VM host" before "host".
_CLASSES = (
    ("mobile", r"\b(?:ios|ipados|android|iphone|ipad|mobile|phone|tablet|smartphone)\b"),
    (
        "hypervisor",
        r"esxi|vmware[_ ]vm[_ ]host|hyper-?v[_ ](?:vmm[_ ])?host|hyperv_vmm_host|"
        r"hypervisor|vm host|vcenter|proxmox",
    ),
    ("virtual machine", r"virtual machine|\bvm\b|vm guest"),
    (
        "network",
        r"network|\bnms|router|switch|firewall|access[ _-]?point|\bwap\b|\bups\b|"
        r"snmp|wireless|load[ _-]?balancer",
    ),
    ("printer", r"printer|\bmfp\b|scanner"),
    ("storage", r"\bnas\b|\bsan\b|storage"),
    ("server", r"server|\bdc\b|domain controller|ubuntu lts|centos|red ?hat|rhel|debian|suse"),
    (
        "workstation",
        r"workstation|desktop|laptop|notebook|portable|tablet pc|all[ -]in[ -]one|mini ?pc|tower|convertible|"
        r"\bpc\b|\bmac\b|macos|mac ?os|os x|windows|chrome ?os|linux",
    ),
)
_CLASS_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _CLASSES)
# What board makers leave in the serial number field.
_NO_SERIAL = frozenset(
    (
        "",
        "0",
        "none",
        "n/a",
        "na",
        "null",
        "unknown",
        "default string",
        "to be filled by o.e.m.",
        "system serial number",
        "not specified",
        "not available",
        "not applicable",
        "invalid",
        "123456789",
        "0123456789",
        "oem",
        "o.e.m.",
        "chassis serial number",
        "serial number",
        "no asset information",
        "standard",
        "-",
    )
)


def device_class(*texts: str) -> str:
    """Infer the class from class, type and OS texts in order of trust; "other" where nothing is recognised."""
    for text in texts:
        for name, pattern in _CLASS_PATTERNS:
            if text and pattern.search(text.replace("_", " ") if name != "hypervisor" else text):
                return name
    return "other"


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
        has_serial = folded(serial) not in _NO_SERIAL and len(set(serial)) > 1
        identity = serial if has_serial else name
        given: str = values.get("seat_id", "")
        device = given or natural_id(account.removeprefix("name:"), identity)
        context.unique(
            number,
            "seat_id" if given else "serial" if has_serial else "hostname",
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
                device_class=self._class(kind_text, values.get("os", "")),
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

    @staticmethod
    def _class(kind: str, system: str) -> str:
        found = device_class(kind, system)
        # Some tools call everything with an agent a desktop or workstation; a server system says otherwise.
        return "server" if found == "workstation" and "server" in system.casefold() else found
