"""Reads organizations and devices of NinjaOne, and what NinjaOne Backup protects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import ClassVar

from connectors.connector import About, Reads, stream
from connectors.devices import device_identity, has_serial
from connectors.http.api import ApiConnector
from connectors.http.rows import Row
from connectors.http.tokens import ClientCredentials
from connectors.records import Account, Seat
from connectors.vendors.ninjaone.about import ABOUT, MONITORING, REGIONS
from connectors.vendors.ninjaone.devices import GONE, WAITING, class_of_node
from connectors.vendors.ninjaone.lists import listed, report
from connectors.wire import Wire

BACKUP_SKU, BACKUP_NAME = "NINJAONE_BACKUP", "NinjaOne Backup"
_TAKEN = frozenset({"id", "organizationId", "created", "lastContact", "systemName", "displayName"})


class NinjaOne(ApiConnector):
    """Lists go by the last id and have no total and no filter by time of change, so every read is whole."""

    about: ClassVar[About] = ABOUT
    page_size = 1000

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        base = f"https://{self.settings['region']}.ninjarmm.com"
        form = {
            "client_id": self.settings["client_id"],
            "client_secret": self.settings["client_secret"],
            "scope": "monitoring",
        }
        self.api = self.open(f"{base}/v2", auth=ClientCredentials(self.about.name, f"{base}/ws/oauth/token", form))

    def identify(self) -> str:
        """NinjaOne tells nobody whose account it is; the first organization is the best there is to recognise it."""
        rows = self.api.get("organizations", {"pageSize": 1}, needs=MONITORING).rows("organization")
        named = f", first organization “{rows[0].text('name')}”" if rows else ", no organization yet"
        return f"NinjaOne in {REGIONS[self.settings['region']]}{named}"

    @stream("accounts", needs=MONITORING)
    def accounts(self) -> Reads:
        for row in listed(self.api, "organizations-detailed", "organization", self.size):
            locations = row.rows("locations", "location")
            names = ", ".join(name for each in locations if (name := each.text("name")))
            yield Account(
                external_id=row.need("id"),
                name=row.need("name"),
                address=next((found for each in locations if (found := each.text("address"))), ""),
                attributes={**row.attributes({"id", "name"}), **({"locations": names} if names else {})},
            )
        return ""

    @stream("seats", needs=MONITORING)
    def seats(self) -> Reads:
        """One seat a device, and one more a device that is backed up where that is read."""
        serials, locations, roles = self._serials(), self._locations(), self._roles()
        for row in listed(self.api, "devices-detailed", "device", self.size):
            if self._is_counted(row):
                attributes = {
                    **row.attributes(_TAKEN),
                    "location": locations.get(row.text("locationId"), ""),
                    "role": roles.get(row.text("nodeRoleId"), ""),
                }
                yield self._device(row, serials, attributes)
        if self.settings["backup"] == "yes":
            yield from self._backups(serials)
        return ""

    def _is_counted(self, row: Row) -> bool:
        approval = row.text("approvalStatus")
        if approval in WAITING:
            self.wire.note("A device that waits for approval in NinjaOne was left out.")
        return approval not in WAITING and approval != GONE

    def _device(self, row: Row, serials: Mapping[str, str], attributes: Mapping[str, str]) -> Seat:
        device, name = row.need("id"), row.text("systemName") or row.text("displayName")
        return Seat(
            external_id=device,
            account_external_id=row.need("organizationId"),
            kind="device",
            identity=device_identity(serials.get(device, ""), name, device),
            display_name=row.text("displayName") or name,
            device_class=class_of_node(row.text("nodeClass")),
            quantity=Decimal(1),
            created_at=row.moment("created"),
            last_seen_at=row.moment("lastContact"),
            attributes={key: value for key, value in attributes.items() if value},
        )

    def _backups(self, serials: Mapping[str, str]) -> Iterator[Seat]:
        """Devices that NinjaOne Backup stores anything of. The device class stays with the device's own seat.

        So a rule that counts servers does not count a server twice.
        """

        def seat(row: Row) -> Seat | None:
            device, usage = row.need("id"), row.row("references").row("backupUsage", "backup usage of a device")
            if not usage.data or not usage.need_exact("revisionsTotalSize"):
                return None
            name = row.text("systemName") or row.text("displayName")
            return Seat(
                external_id=f"{device}/backup",
                account_external_id=row.need("organizationId"),
                kind="workload",
                sku=BACKUP_SKU,
                sku_name=BACKUP_NAME,
                identity=device_identity(serials.get(device, ""), name, device),
                display_name=row.text("displayName") or name,
                quantity=Decimal(1),
                attributes={**usage.attributes(), "protected_class": class_of_node(row.text("nodeClass"))},
            )

        query = {"includeDeletedDevices": "false"}
        found = report(self.api, "queries/backup/usage", "backup usage", self.size, seat, query)
        return (each for each in found if each is not None)

    def _serials(self) -> Mapping[str, str]:
        """Device id -> serial number, from one report over all devices: some ten bytes a device."""

        def serial(row: Row) -> tuple[str, str]:
            spoken = (row.text(key) for key in ("biosSerialNumber", "serialNumber"))
            return row.need("deviceId"), next((each for each in spoken if has_serial(each)), "")

        return dict(report(self.api, "queries/computer-systems", "computer system", self.size, serial))

    def _locations(self) -> Mapping[str, str]:
        return {row.need("id"): row.text("name") for row in listed(self.api, "locations", "location", self.size)}

    def _roles(self) -> Mapping[str, str]:
        """Device roles by id: what NinjaOne's own screens call the type of a device."""
        return {row.need("id"): row.text("name") for row in self.api.get("roles", needs=MONITORING).rows("role")}
