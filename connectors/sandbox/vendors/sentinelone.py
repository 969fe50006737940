"""SentinelOne's management API over the estate: Huntress's accounts are its sites, their agents its agents."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_NAME
from connectors.sandbox.estate.world import HUNTRESS, Account, Agent
from connectors.sandbox.server.vendor import VendorServer, answer, whole

_LARGEST = 1000
_FIRST = 225_494_730_938_000_000
_SKUS = ("Control", "Complete", "Core")
_SYSTEMS = {"darwin": "macos", "linux": "linux", "windows": "windows"}
_WORDS = {401: (4010010, "Authentication Failed"), 403: (4030010, "Insufficient permissions")}


class SentinelOneServer(VendorServer):
    """One site more than the estate has: a deleted one with an agent that was never removed; and a decommissioned
    agent in a living site. Neither agent may be counted. `ignores_filters`: all agents come, whatever is asked.
    """

    id = "sentinelone"
    hosts = ("usea1-partners.sentinelone.net",)
    integration = HUNTRESS
    budget = (25, 1)
    ignores_filters = False
    settings = {
        "console": "usea1-partners.sentinelone.net",
        "api_token": "eyJraWQiOiJub3J0aGJlYW0iLCJhbGciOiJFUzI1NiJ9.sandbox.7d1f",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/web/api/v2.1/sites", self.sites), Route("/web/api/v2.1/agents", self.agents)]

    def refused(self, request: Request) -> Response | None:
        good = request.headers.get("authorization") == f"ApiToken {self.settings['api_token']}"
        return None if good else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        code, title = _WORDS.get(status, (status * 10_000 + 10, f"Request failed with {status}"))
        return answer({"errors": [{"code": code, "detail": None, "title": title}]}, status, headers)

    async def sites(self, request: Request) -> Response:
        found = [self._site(each) for each in self.town.index.accounts.of(HUNTRESS)]
        found.append({**_CLOSED, "accountName": MSP_NAME})
        found.sort(key=lambda each: int(str(each["id"])))
        total = {"totalLicenses": 0, "activeLicenses": len(self.town.estate.agents)}
        return self._page(request, found, lambda shown: {"sites": shown, "allSites": total})

    async def agents(self, request: Request) -> Response:
        wanted = {key: request.query_params.get(key) for key in ("isDecommissioned", "isUninstalled")}
        found = self.kept("agents", self._agents)
        for key, value in wanted.items():
            if value is not None and not self.ignores_filters:
                allowed = {each.strip().casefold() == "true" for each in value.split(",")}
                found = [each for each in found if each[key] in allowed]
        return self._page(request, found, lambda shown: shown)

    def _agents(self) -> list[dict[str, object]]:
        found = [_agent(each) for each in self.town.estate.agents]
        gone = [{**_LEFT, "siteId": _CLOSED["id"]}]
        gone += [{**_LEFT, "id": _big("2"), "siteId": each["siteId"], "isDecommissioned": True} for each in found[:1]]
        return sorted(found + gone, key=lambda each: int(str(each["id"])))

    def _page(
        self, request: Request, items: Sequence[Mapping[str, object]], shown: Callable[[Sequence[Any]], object]
    ) -> Response:
        limit = whole(request, "limit", 10)
        if not 1 <= limit <= _LARGEST:
            return answer({"errors": [{"code": 4000010, "detail": "limit", "title": "Bad parameter given"}]}, 400)
        cursor = request.query_params.get("cursor", "")
        last = int(b64decode(cursor).decode().partition(":")[2]) if cursor else 0
        left = [each for each in items if int(str(each["id"])) > last]
        page = left[:limit]
        more = b64encode(f"id:{page[-1]['id']}".encode()).decode() if len(left) > limit else None
        pagination = {"totalItems": len(items), "nextCursor": more}
        return answer({"data": shown(page), "pagination": pagination, "errors": None})

    def _site(self, account: Account) -> dict[str, object]:
        sku = _SKUS[int(account.id) % len(_SKUS)]
        return {
            **_CLOSED,
            "id": _big(account.id),
            "name": account.name,
            "accountName": MSP_NAME,
            "state": "active",
            "sku": sku,
            "suite": sku,
            "activeLicenses": len(self.town.index.agents.of(account.id)),
            "updatedAt": _time(account.changed_at),
        }


def _big(identity: str) -> str:
    return str(_FIRST + int(identity))


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}Z"


_CLOSED: Mapping[str, object] = {
    "id": str(_FIRST + 1),
    "name": "Closed client",
    "accountId": str(_FIRST),
    "accountName": "",
    "activeLicenses": 1,
    "totalLicenses": 100,
    "unlimitedLicenses": True,
    "unlimitedExpiration": True,
    "registrationToken": "eyJ1cmwiOiAiaHR0cHM6Ly91c2VhMSIsICJzaXRlX2tleSI6ICJzZWNyZXQifQ==",
    "siteType": "Paid",
    "sku": "Core",
    "suite": "Core",
    "state": "deleted",
    "isDefault": False,
    "createdAt": "2024-02-27T04:49:26.257525Z",
    "updatedAt": "2025-02-27T04:49:26.257525Z",
    "licenses": {"bundles": [], "modules": [], "settings": []},
}
_LEFT: Mapping[str, object] = {
    "id": str(_FIRST + 1),
    "accountId": str(_FIRST),
    "accountName": MSP_NAME,
    "computerName": "OLD-PC-001",
    "serialNumber": "",
    "machineType": "desktop",
    "isActive": False,
    "isDecommissioned": False,
    "isUninstalled": False,
    "isPendingUninstall": False,
    "licenseKey": "",
    "osType": "windows",
    "osName": "Windows 10 Pro",
    "createdAt": "2024-02-27T04:49:26.257525Z",
    "updatedAt": "2024-02-27T04:49:26.257525Z",
    "registeredAt": "2024-02-27T04:49:26.257525Z",
    "lastActiveDate": "2024-02-27T04:49:26.257525Z",
}


def _agent(each: Agent) -> dict[str, object]:
    kind = "server" if "Server" in each.os else "laptop" if "-LT-" in each.hostname else "desktop"
    return {
        **_LEFT,
        "id": _big(each.id),
        "siteId": _big(each.account_id),
        "computerName": each.hostname,
        "serialNumber": each.serial,
        "machineType": kind,
        "isActive": True,
        "osType": _SYSTEMS[each.platform],
        "osName": each.os,
        "agentVersion": each.version,
        "createdAt": _time(each.created_at),
        "registeredAt": _time(each.created_at),
        "updatedAt": _time(each.changed_at),
        "lastActiveDate": _time(each.last_seen_at),
    }
