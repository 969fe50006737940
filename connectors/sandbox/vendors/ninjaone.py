"""NinjaOne's Public API over the estate: organizations, locations, roles, devices and two reports."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.computers import WORKSTATIONS
from connectors.sandbox.estate.world import NINJA, Account, Device
from connectors.sandbox.server.vendor import VendorServer, answer, whole

ROLES = (*dict.fromkeys(model for model, _ in WORKSTATIONS), "Windows Server", "Linux Server")
_NODE_CLASSES = {"Mac": "MAC", "Windows Server": "WINDOWS_SERVER", "Linux Server": "LINUX_SERVER"}
_FIRST_ROLE = 100
_FIRST_PLACE = "Main Office"
_CURSORS = 64


@dataclass(slots=True)
class _Report:
    """A report that is being read: what is left of it lies under its cursor's name."""

    rows: Sequence[Mapping[str, object]]
    given: int = 0


class NinjaOneServer(VendorServer):
    """`largest` is the page size that NinjaOne cuts larger wishes to. What the estate has nothing of can be put in:

    `approvals` (device id -> approval status) and `backups` (device id -> bytes that NinjaOne Backup stores).
    """

    id = "ninjaone"
    hosts = ("*.ninjarmm.com",)
    integration = NINJA
    budget = (600, 60)
    settings = {
        "region": "app",
        "client_id": "nb7Qm2xNorthbeam0ReadsOnly",
        "client_secret": "nb-ninja-secret-5d1f7a9c30",
        "backup": "no",
    }

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.largest = 1000
        self.approvals: dict[str, str] = {}
        self.backups: dict[str, int] = {}
        self._cursors: dict[str, _Report] = {}
        self._number = 0

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/ws/oauth/token", self.token, methods=["POST"]),
            Route("/v2/organizations", self.organizations),
            Route("/v2/organizations-detailed", self.organizations_detailed),
            Route("/v2/locations", self.locations),
            Route("/v2/roles", self.roles),
            Route("/v2/devices-detailed", self.devices_detailed),
            Route("/v2/queries/computer-systems", self.computer_systems),
            Route("/v2/queries/backup/usage", self.backup_usage),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path == "/ws/oauth/token":
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self._is_here(request) and self.tokens.is_good(token) else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        body = {"resultCode": "FAILURE", "errorMessage": f"error_{status}", "incidentId": str(_uid(f"{status}"))}
        return answer(body, status, {"Retry-After": retry_after} if retry_after else {})

    async def token(self, request: Request) -> Response:
        asked = dict(parse_qsl((await request.body()).decode()))
        wanted = {key: self.settings[key] for key in ("client_id", "client_secret")}
        wanted["grant_type"] = "client_credentials"
        if not self._is_here(request) or any(asked.get(key) != value for key, value in wanted.items()):
            return answer({"error": "invalid_client"}, 401)
        if asked.get("scope", "monitoring") != "monitoring":
            return answer({"error": "invalid_scope"}, 400)
        return answer(
            {
                "access_token": self.tokens.issue(),
                "expires_in": int(self.token_lifetime_s),
                "scope": "monitoring",
                "token_type": "Bearer",
            }
        )

    async def organizations(self, request: Request) -> Response:
        return self._list(request, self._accounts(), _organization)

    async def organizations_detailed(self, request: Request) -> Response:
        return self._list(request, self._accounts(), self._detailed)

    async def locations(self, request: Request) -> Response:
        return self._list(request, self.kept("locations", self._all_locations), dict)

    async def roles(self, _request: Request) -> Response:
        shown = [{"id": number, "name": name, "custom": False} for number, name in enumerate(ROLES, _FIRST_ROLE)]
        return answer(shown)

    async def devices_detailed(self, request: Request) -> Response:
        return self._list(request, self._devices(), self._device)

    async def computer_systems(self, request: Request) -> Response:
        return self._report(request, lambda: [_system(each) for each in self._devices()])

    async def backup_usage(self, request: Request) -> Response:
        return self._report(
            request,
            lambda: [
                {**self._device(each), "references": {"backupUsage": _usage(self.backups[each.id])}}
                for each in self._devices()
                if each.id in self.backups
            ],
        )

    def _is_here(self, request: Request) -> bool:
        return request.headers.get("host", "").partition(".")[0] == self.settings["region"]

    def _accounts(self) -> list[Account]:
        return self.kept("accounts", lambda: sorted(self.town.index.accounts.of(NINJA), key=_number))

    def _devices(self) -> list[Device]:
        estate = self.town.estate
        return self.kept(
            "devices", lambda: sorted((each for each in estate.devices if each.integration == NINJA), key=_number)
        )

    def _places(self) -> Mapping[str, Mapping[str, int]]:
        """Account id -> location name -> location id, in the order of the ids."""

        def make() -> Mapping[str, Mapping[str, int]]:
            found: dict[str, Mapping[str, int]] = {}
            for account in self._accounts():
                names = dict.fromkeys(_place(each) for each in self.town.index.devices.of(account.id))
                spots = enumerate(names or [_FIRST_PLACE])
                found[account.id] = {name: int(account.id) * 10 + spot for spot, name in spots}
            return found

        return self.kept("places", make)

    def _all_locations(self) -> list[Mapping[str, object]]:
        return [
            {**_location(account, name, number), "organizationId": int(account.id)}
            for account in self._accounts()
            for name, number in self._places()[account.id].items()
        ]

    def _detailed(self, account: Account) -> Mapping[str, object]:
        own = self._places()[account.id].items()
        return {**_organization(account), "locations": [_location(account, name, number) for name, number in own]}

    def _device(self, each: Device) -> Mapping[str, object]:
        return {
            "id": int(each.id),
            "uid": str(_uid(each.id)),
            "organizationId": int(each.account_id),
            "locationId": self._places()[each.account_id][_place(each)],
            "nodeClass": _NODE_CLASSES.get(each.model_type, "WINDOWS_WORKSTATION"),
            "nodeRoleId": _FIRST_ROLE + ROLES.index(each.model_type),
            "approvalStatus": self.approvals.get(each.id, "APPROVED"),
            "offline": (self.town.estate.as_of - each.last_seen_at.date()).days > 1,
            "displayName": each.hostname,
            "systemName": each.hostname,
            "created": _epoch(each.created_at),
            "lastContact": _epoch(each.last_seen_at),
            "lastUpdate": _epoch(each.last_seen_at),
            "macAddresses": [each.mac],
        }

    def _list(self, request: Request, items: Sequence[Any], shown: Callable[[Any], Mapping[str, object]]) -> Response:
        """By last id; no total, and after the last page an empty one."""
        size = min(whole(request, "pageSize", self.largest), self.largest)
        if size < 1:
            return self.fault(400)
        begin = bisect_right(items, whole(request, "after", 0), key=_number)
        return answer([shown(each) for each in items[begin : begin + size]])

    def _report(self, request: Request, rows: Callable[[], Sequence[Mapping[str, object]]]) -> Response:
        """A cursor moves with each question and is forgotten once everything was given."""
        name = request.query_params.get("cursor", "")
        size = min(whole(request, "pageSize", self.largest), self.largest)
        if not name:
            self._number += 1
            name = str(_uid(f"cursor {self._number}"))
            self._cursors[name] = _Report(rows())
            while len(self._cursors) > _CURSORS:
                self._cursors.pop(next(iter(self._cursors)))
        report = self._cursors.get(name)
        if report is None:
            return self.fault(400)
        page = report.rows[report.given : report.given + size]
        report.given += len(page)
        if report.given == len(report.rows):
            del self._cursors[name]
        cursor = {"name": name, "offset": report.given, "count": len(page), "expires": self.sandbox.now() + 600}
        return answer({"cursor": cursor, "results": page})


def _number(item: Account | Device | Mapping[str, Any]) -> int:
    return int(item["id"] if isinstance(item, Mapping) else item.id)


def _place(device: Device) -> str:
    return device.location or _FIRST_PLACE


def _uid(text: str) -> object:
    return uuid5(NAMESPACE_URL, f"ninjaone {text}")


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _organization(account: Account) -> Mapping[str, object]:
    return {"id": int(account.id), "name": account.name, "description": "", "nodeApprovalMode": "AUTOMATIC"}


def _location(account: Account, name: str, number: int) -> Mapping[str, object]:
    site = account.site
    address = f"{site.address}, {site.city} {site.postcode}" if site else ""
    return {"id": number, "name": name, "address": address}


def _system(each: Device) -> Mapping[str, object]:
    return {
        "deviceId": int(each.id),
        "name": each.hostname,
        "biosSerialNumber": each.serial,
        "serialNumber": each.serial,
        "virtualMachine": False,
        "timestamp": _epoch(each.last_seen_at),
    }


def _usage(size: int) -> Mapping[str, object]:
    return {"revisionsTotalSize": size, "cloudTotalSize": size, "localTotalSize": 0}
