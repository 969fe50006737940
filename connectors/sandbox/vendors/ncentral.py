"""N-central's REST API over the estate's NinjaOne devices: a JWT for a short token, numbered pages with totals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.world import NINJA, Account, Device
from connectors.sandbox.server.vendor import VendorServer, answer, page_of, stamp, whole

_JWT = "eyJzYW5kYm94Ijp0cnVlfQ.bm9ydGhiZWFtLW5jZW50cmFs.c2lnbmF0dXJl"
_LARGEST = 1000
_LABELS = {"server": "Windows - Server", "workstation": "Laptop - Windows"}


class NCentralServer(VendorServer):
    id = "ncentral"
    hosts = ("ncentral.northbeam-it.example",)
    integration = NINJA
    settings = {"server": "ncentral.northbeam-it.example", "token": _JWT, "serials": "yes"}

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/api/auth/authenticate", self.authenticate, methods=["POST"]),
            Route("/api/customers", self.customers),
            Route("/api/devices", self.devices),
            Route("/api/devices/{id}/assets", self.assets),
        ]

    def refused(self, request: Request) -> Response | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.url.path == "/api/auth/authenticate":
            return None if token == _JWT else self.fault(401)
        return None if self.tokens.is_good(token) else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:  # noqa: ARG002 - no time is named
        return answer({"status": status, "message": f"Failed: {status}"}, status)

    async def authenticate(self, _request: Request) -> Response:
        access = {"token": self.tokens.issue(), "type": "Bearer", "expirySeconds": int(self.token_lifetime_s)}
        return answer({"tokens": {"access": access, "refresh": {"token": self.tokens.issue(), "expirySeconds": 90000}}})

    async def customers(self, request: Request) -> Response:
        return self._page(request, self.town.index.accounts.of(NINJA), _customer)

    async def devices(self, request: Request) -> Response:
        devices = self.town.estate.devices
        found = self.kept("devices", lambda: [each for each in devices if each.integration == NINJA])
        return self._page(request, found, _device)

    async def assets(self, request: Request) -> Response:
        found = self.town.index.devices.get(request.path_params["id"])
        if found is None:
            return self.fault(404)
        return answer({"data": {"computersystem": {"serialnumber": found.serial}}})

    def _page(self, request: Request, items: Sequence[Any], shown: Callable[[Any], Mapping[str, object]]) -> Response:
        number, size = whole(request, "pageNumber", 1), whole(request, "pageSize", 50)
        if not 1 <= size <= _LARGEST or number < 1:
            return self.fault(400)
        rows = [shown(each) for each in page_of(items, number, size)]
        counts = {"pageNumber": number, "pageSize": size, "itemCount": len(rows), "totalItems": len(items)}
        return answer({"data": rows, **counts, "totalPages": -(-len(items) // size)})


def _customer(account: Account) -> Mapping[str, object]:
    return {"customerId": int(account.id), "customerName": account.name, "parentId": 50, "country": "US"}


def _device(device: Device) -> Mapping[str, object]:
    return {
        "deviceId": int(device.id),
        "longName": device.hostname,
        "deviceClass": device.model_type,
        "deviceClassLabel": _LABELS[device.device_class],
        "supportedOs": device.os,
        "customerId": int(device.account_id),
        "lastLoggedInUser": device.last_user,
        "licenseMode": "Professional",
        "lastApplianceCheckinTime": stamp(device.last_seen_at),
    }
