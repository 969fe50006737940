"""Datto RMM's API v2 over the estate: the account, its sites and devices, audits, and its temper."""

from __future__ import annotations

import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_NAME
from connectors.sandbox.estate.world import DATTO, Account, Device
from connectors.sandbox.server.vendor import VendorServer, answer, page_of, whole

LARGEST = 250
SERIAL_UDF = 7
DELETED_SITE = "Deleted Devices"
_DELETED_UID = "00000000-0000-4000-a000-00000000dead"
_CATEGORIES = {"Windows Laptop": "Laptop", "Windows Desktop": "Desktop", "Mac": "Laptop"}
_CLIENT = "Basic " + b64encode(b"public-client:public").decode()
_STRIKES = 5
_BLOCK_S = 300.0


class DattoRmmServer(VendorServer):
    """Who goes on asking after 429 is blocked for five minutes by something that stands before the API.

    Devices that are gone stay in the lists, marked as deleted, in a site of their own. `changes` (device uid ->
    fields) puts into a device what the estate has no word for.
    """

    id = "datto_rmm"
    hosts = ("*-api.centrastage.net",)
    integration = DATTO
    budget = (600, 60)
    token_lifetime_s = 360_000.0
    settings = {
        "platform": "concord",
        "api_key": "NB7DATTO2KEY4READS",
        "api_secret": "nb-datto-secret-84e1c07f2a",
        "serial_udf": str(SERIAL_UDF),
        "serials": "no",
        "udfs": "",
    }

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.changes: dict[str, Mapping[str, object]] = {}
        self._reads: deque[float] = deque()
        self._strikes = 0
        self._blocked_until = 0.0

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/auth/oauth/token", self.token, methods=["POST"]),
            Route("/api/v2/account", self.account),
            Route("/api/v2/account/sites", self.sites),
            Route("/api/v2/account/devices", self.devices),
            Route("/api/v2/audit/device/{uid}", self.audit),
            Route("/api/v2/system/request_rate", self.request_rate),
        ]

    def too_many(self) -> Response | None:
        now = self.sandbox.now()
        if now < self._blocked_until:
            return Response("<html><body>Forbidden</body></html>", 403, media_type="text/html")
        refusal = super().too_many()
        self._strikes = self._strikes + 1 if refusal else 0
        if self._strikes > _STRIKES:
            self._blocked_until, self._strikes = now + _BLOCK_S, 0
        return refusal

    def refused(self, request: Request) -> Response | None:
        if request.url.path == "/auth/oauth/token":
            return None
        self._reads.append(self.sandbox.now())
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self._is_here(request) and self.tokens.is_good(token) else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:  # noqa: ARG002
        # Datto names no time to wait.
        return answer(
            {"timestamp": round(time.time() * 1000), "status": status, "error": f"Error {status}", "path": "/v2"},
            status,
        )

    async def token(self, request: Request) -> Response:
        asked = dict(parse_qsl((await request.body()).decode()))
        wanted = {
            "grant_type": "password",
            "username": self.settings["api_key"],
            "password": self.settings["api_secret"],
        }
        if request.headers.get("authorization") != _CLIENT:
            return answer({"error": "unauthorized", "error_description": "Full authentication is required"}, 401)
        if not self._is_here(request) or asked != wanted:
            return answer({"error": "invalid_grant", "error_description": "Bad credentials"}, 400)
        return answer(
            {"access_token": self.tokens.issue(), "expires_in": int(self.token_lifetime_s), "token_type": "bearer"}
        )

    async def account(self, _request: Request) -> Response:
        status = {"numberOfDevices": sum(not deleted for _, deleted in self._devices())}
        return answer({"id": 1, "uid": _DELETED_UID, "name": MSP_NAME, "currency": "USD", "devicesStatus": status})

    async def sites(self, request: Request) -> Response:
        accounts = self.kept("sites", lambda: sorted(self.town.index.accounts.of(DATTO), key=_place))
        return self._page(request, "sites", [None, *accounts], self._site)

    async def devices(self, request: Request) -> Response:
        return self._page(request, "devices", self._devices(), lambda item: self._device(*item))

    async def audit(self, request: Request) -> Response:
        device = self.town.index.devices.get(request.path_params["uid"])
        if device is None or device.integration != DATTO:
            return self.fault(404)
        if self.changes.get(device.id, {}).get("deviceClass", "device") != "device":
            return self.fault(400)
        return answer({"bios": {"instance": "BIOS", "serialNumber": device.serial}, "nics": []})

    async def request_rate(self, _request: Request) -> Response:
        while self._reads and self._reads[0] < self.sandbox.now() - 60:
            self._reads.popleft()
        return answer(
            {
                "slidingTimeWindowSizeSeconds": 60,
                "accountUid": _DELETED_UID,
                "accountCount": len(self._reads),
                "accountRateLimit": 600,
                "accountCutOffRatio": 0.9,
                "accountWriteRateLimit": 100,
                "accountWriteCount": 0,
                "operationWriteStatus": {},
            }
        )

    def _is_here(self, request: Request) -> bool:
        return request.headers.get("host", "").partition("-api.")[0] == self.settings["platform"]

    def _devices(self) -> list[tuple[Device, bool]]:
        """Every device that there is or was, with whether it is deleted; a deleted one keeps its place."""

        def make() -> list[tuple[Device, bool]]:
            estate = self.town.estate
            gone = ((each.entity, True) for each in estate.gone if each.kind == "device")
            known = chain(((each, False) for each in estate.devices), gone)
            return sorted((each for each in known if each[0].integration == DATTO), key=lambda each: _place(each[0]))

        return self.kept("devices", make)

    def _site(self, account: Account | None) -> Mapping[str, object]:
        if account is None:
            return {"id": 0, "uid": _DELETED_UID, "name": DELETED_SITE, "onDemand": False}
        return {
            "id": _place(account),
            "uid": account.id,
            "accountUid": _DELETED_UID,
            "name": account.name,
            "description": "",
            "notes": "Firewall password: northbeam-firewall",
            "onDemand": account.name == "OnDemand",
            "proxySettings": {"host": "10.0.0.9", "password": "northbeam-proxy", "port": 3128, "type": "http"},
            "devicesStatus": {"numberOfDevices": len(self.town.index.devices.of(account.id))},
            "portalUrl": f"https://concord.rmm.datto.com/site/{_place(account)}",
        }

    def _device(self, each: Device, is_deleted: bool) -> Mapping[str, object]:
        account = None if is_deleted else self.town.index.accounts.get(each.account_id)
        return {
            "id": _place(each),
            "uid": each.id,
            "siteUid": account.id if account else _DELETED_UID,
            "siteName": account.name if account else DELETED_SITE,
            "deviceType": {"category": _CATEGORIES.get(each.model_type, "Server"), "type": each.model_type},
            "hostname": each.hostname,
            "description": each.hostname,
            "operatingSystem": f"Microsoft {each.os}" if each.os.startswith("Windows") else each.os,
            "lastLoggedInUser": each.last_user,
            "online": (self.town.estate.as_of - each.last_seen_at.date()).days <= 1,
            "suspended": False,
            "deleted": is_deleted,
            "lastSeen": _millis(each.last_seen_at),
            "creationDate": _millis(each.created_at),
            "deviceClass": "device",
            "udf": {"udf1": "BitLocker 118228-northbeam", f"udf{SERIAL_UDF}": each.serial, "udf12": "Gold"},
            "webRemoteUrl": f"https://concord.centrastage.net/csm/remote/rto/{_place(each)}",
            **self.changes.get(each.id, {}),
        }

    def _page(
        self, request: Request, key: str, items: Sequence[Any], shown: Callable[[Any], Mapping[str, object]]
    ) -> Response:
        """Counted from 0; more than 250 is cut to 250 without a word."""
        number, size = whole(request, "page", 0), min(whole(request, "max", LARGEST), LARGEST)
        if size < 1 or number < 0:
            return self.fault(400)
        is_last = (number + 1) * size >= len(items)
        found = page_of(items, number, size, first=0)
        details = {
            "count": len(found),
            "totalCount": len(items),
            "prevPageUrl": _address(request, number - 1, size) if number else "",
            "nextPageUrl": "" if is_last else _address(request, number + 1, size),
        }
        return answer({"pageDetails": details, key: [shown(each) for each in found]})


def _address(request: Request, number: int, size: int) -> str:
    query = urlencode({"max": size, "page": number})
    return f"https://{request.headers.get('host')}{request.url.path}?{query}"


def _place(item: Account | Device) -> int:
    """A number that stays: what goes away leaves a gap, and nothing moves up."""
    return int.from_bytes(blake2b(item.id.encode(), digest_size=4).digest())


def _millis(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
