"""Reads sites and devices of Datto RMM, and serial numbers where they are wished."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import ClassVar

from connectors.connector import About, Reads, stream
from connectors.devices import class_of, device_identity, has_serial
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.pages import linked
from connectors.http.rows import Row
from connectors.records import Account, Seat
from connectors.vendors.datto_rmm.about import ABOUT, API_ACCESS, VISIBILITY
from connectors.vendors.datto_rmm.signin import PasswordGrant, haste
from connectors.wire import Wire

_DELETED = "deleted devices"
_CLASSES = {"printer": "printer", "esxihost": "hypervisor", "rmmnetworkdevice": "network"}
_SITE_LEFT = ("proxySettings.", "portalUrl", "notes")
"""Passwords of proxies, and what people write down; nothing that a rule asks for."""
_DEVICE_LEFT = ("udf.", "portalUrl", "webRemoteUrl")
"""User-defined fields often hold recovery keys, so only those that were named are read."""


class DattoRmm(ApiConnector):
    """Pages of 250 at most, by addresses that Datto names; no filter by time of change, so every read is whole."""

    about: ClassVar[About] = ABOUT
    page_size = 250

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        base = f"https://{self.settings['platform']}-api.centrastage.net"
        auth = PasswordGrant(self.about.name, base, self.settings["api_key"], self.settings["api_secret"])
        self.api = self.open(f"{base}/api/v2", auth=auth)
        self._wanted = frozenset(f"udf{int(number)}" for number in re.findall(r"\d+", self.settings["udfs"]))

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        del needs
        return haste(self.about.name, answer.status, answer.headers, answer.content)

    def identify(self) -> str:
        account = self.api.get("account", needs=API_ACCESS).row("account")
        self._note_rate()
        devices = account.row("devicesStatus").text("numberOfDevices")
        name = account.need("name")
        return f"{name} ({devices} devices in Datto RMM)" if devices else name

    def _note_rate(self) -> None:
        rate = self.api.get("system/request_rate", needs=API_ACCESS).row("request rate")
        used, most = rate.text("accountCount", "?"), rate.text("accountRateLimit", "?")
        window = rate.text("slidingTimeWindowSizeSeconds", "60")
        self.wire.note(f"Datto RMM counts {used} of {most} reads in the last {window} seconds, all integrations taken.")

    @stream("accounts", needs=VISIBILITY)
    def accounts(self) -> Reads:
        for row in self._all("account/sites", "sites", "site"):
            name = row.need("name")
            if name.casefold() == _DELETED:
                continue
            company = row.text("autotaskCompanyName")
            yield Account(
                external_id=row.need("uid"),
                name=name,
                aliases=(company,) if company and company != name else (),
                attributes=_shown(row, {"uid", "name"}, _SITE_LEFT),
            )
        return ""

    @stream("seats", needs=VISIBILITY)
    def seats(self) -> Reads:
        rows = (row for row in self._all("account/devices", "devices", "device") if _is_counted(row))
        if self.settings["serials"] == "no":
            for row in rows:
                yield self._device(row, self._kept_serial(row))
            return ""
        for row, serial in self.api.each(rows, lambda row: (row, self._kept_serial(row) or self._audited(row))):
            yield self._device(row, serial)
        return ""

    def _device(self, row: Row, serial: str) -> Seat:
        name = row.text("hostname") or row.text("description")
        device = row.need("uid")
        udfs = {key: value for key, value in row.row("udf").attributes().items() if key in self._wanted}
        return Seat(
            external_id=device,
            account_external_id=row.need("siteUid"),
            kind="device",
            identity=device_identity(serial, name, device),
            display_name=name,
            status="suspended" if row.flag("suspended") else "active",
            device_class=_class(row),
            quantity=Decimal(1),
            created_at=row.moment("creationDate"),
            last_seen_at=row.moment("lastSeen"),
            attributes={
                **_shown(row, {"uid", "siteUid", "hostname", "suspended", "creationDate", "lastSeen"}, _DEVICE_LEFT),
                **udfs,
            },
        )

    def _kept_serial(self, row: Row) -> str:
        number = self.settings["serial_udf"]
        serial = row.row("udf").text(f"udf{int(number)}") if number else ""
        return serial if has_serial(serial) else ""

    def _audited(self, row: Row) -> str:
        """The serial number from the device's audit; "" for what has none (printers, network devices, no audit yet)."""
        if row.text("deviceClass", "device") != "device":
            return ""
        try:
            audit = self.api.get(f"audit/device/{row.need('uid')}", needs=VISIBILITY).row("audit")
        except ApiFailure as failure:
            if failure.status in (400, 404):
                return ""
            raise
        return audit.row("bios").text("serialNumber")

    def _all(self, path: str, key: str, noun: str) -> Iterator[Row]:
        return linked(
            self.api,
            path,
            lambda answer: answer.row(f"list of {noun}s").need_rows(key, noun),
            lambda answer: _details(answer).text("nextPageUrl"),
            noun=noun,
            params={"max": self.size},
            total=_total,
            needs=VISIBILITY,
        )


def _details(answer: Answer) -> Row:
    """Raises ApiFailure where they are missing: without them the first page would be taken for the whole."""
    body = answer.row("list")
    if not body.has("pageDetails"):
        body.need("pageDetails")
    return body.row("pageDetails")


def _total(answer: Answer) -> int | None:
    total = _details(answer).exact("totalCount")
    return None if total is None else int(total)


def _is_counted(row: Row) -> bool:
    return not row.flag("deleted") and row.text("siteName").casefold() != _DELETED


def _class(row: Row) -> str:
    kind, system = row.text("deviceClass"), row.text("operatingSystem")
    if kind in _CLASSES:
        return _CLASSES[kind]
    category = row.row("deviceType").text("category")
    return class_of(category, system) if category or system else ""


def _shown(row: Row, taken: set[str], left: tuple[str, ...]) -> Mapping[str, str]:
    return {key: value for key, value in row.attributes(taken).items() if not key.startswith(left)}
