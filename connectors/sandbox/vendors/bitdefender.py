"""GravityZone's JSON-RPC API over the estate: Huntress's accounts are its customers, half of them below another
partner, and their agents its endpoints."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_NAME
from connectors.sandbox.estate.world import HUNTRESS, Account, Agent
from connectors.sandbox.server.vendor import VendorServer, answer, page_of

_LARGEST = 100
_ROOT = "5f0a1b2c3d4e000000000a00"
_PARTNERS = {"5f0a1b2c3d4e000000000a01": "Northbeam West", "5f0a1b2c3d4e000000000a02": "Northbeam East"}
_SYSTEMS = {"darwin": 1, "linux": 2, "windows": 1}


class BitdefenderServer(VendorServer):
    """`areas` are the APIs that the key may use. `own_type`: 0 a partner's key, 1 a customer's. `packages`: counters
    besides the one of endpoints. Every company has one endpoint more that is known but not managed.
    """

    id = "bitdefender"
    hosts = ("cloud.gravityzone.bitdefender.com",)
    integration = HUNTRESS
    budget = (5, 1)
    areas = frozenset({"network", "companies", "licensing"})
    own_type = 0
    packages: Mapping[str, int] = {}
    settings = {
        "access_url": "https://cloud.gravityzone.bitdefender.com/api",
        "api_key": "7c1f0b6e5d4a3928b7a6c5d4e3f2a190",
        "last_contact": "no",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/api/v1.0/jsonrpc/{area}", self.asked, methods=["POST"])]

    def refused(self, request: Request) -> Response | None:
        basic = base64.b64encode(f"{self.settings['api_key']}:".encode()).decode()
        return None if request.headers.get("authorization") == f"Basic {basic}" else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        code, said = {
            401: (-32001, "Invalid API key. Please generate an API key in Control Center."),
            403: (-32001, "API Key is not allowed to access the selected API"),
            429: (-32003, "Too many requests"),
        }.get(status, (-32000, f"Request failed with {status}"))
        return answer(_error(None, code, said), status, headers)

    async def asked(self, request: Request) -> Response:
        """The method by its name. Errors are answers of 200."""
        body = json.loads(await request.body())
        number, area, params = body.get("id"), request.path_params["area"], body.get("params", {})
        method = {
            ("network", "getCompaniesList"): self.companies,
            ("network", "getEndpointsList"): self.endpoints,
            ("network", "getManagedEndpointDetails"): self.details,
            ("companies", "getCompanyDetails"): self.company,
            ("licensing", "getMonthlyUsage"): self.usage,
        }.get((area, body.get("method")))
        if area not in self.areas:
            said = f"API Key is not allowed to access the selected API: {area.capitalize()}"
            return answer(_error(number, -32001, said))
        if method is None:
            return answer(_error(number, -32601, "Method not found"))
        try:
            return answer({"id": number, "jsonrpc": "2.0", "result": method(params)})
        except (KeyError, ValueError) as error:
            return answer(_error(number, -32602, f"Invalid value for {error}"))

    def company(self, _params: Mapping[str, Any]) -> Mapping[str, object]:
        return {"id": _ROOT, "name": MSP_NAME, "type": self.own_type, "country": "US"}

    def companies(self, params: Mapping[str, Any]) -> list[Mapping[str, object]]:
        parent, kind = params.get("parentId", _ROOT), params.get("filters", {}).get("companyType")
        if self.own_type == 1:
            return []
        if parent != _ROOT and parent not in _PARTNERS:
            raise ValueError("parentId")
        if kind == 0:
            return [{"id": key, "name": name} for key, name in _PARTNERS.items()] if parent == _ROOT else []
        found = [each for each in self._accounts() if _parent(each) == parent]
        return [{"id": hexed(each.id), "name": each.name} for each in found]

    def endpoints(self, params: Mapping[str, Any]) -> Mapping[str, object]:
        number, size = params.get("page", 1), params.get("perPage", 30)
        account = self._account(params["parentId"])
        if not 1 <= size <= _LARGEST or number < 1 or account is None:
            raise ValueError("perPage" if account else "parentId")
        found = [_endpoint(each) for each in self.town.index.agents.of(account.id)]
        found.append({"id": f"{hexed(account.id)[:-4]}dead", "name": "PRINTER", "isManaged": False, "machineType": 0})
        items = list(page_of(found, number, size))
        return {
            "total": len(found),
            "page": number,
            "perPage": size,
            "pagesCount": -(-len(found) // size),
            "items": items,
        }

    def details(self, params: Mapping[str, Any]) -> Mapping[str, object]:
        each = self.kept("agents", lambda: {hexed(agent.id): agent for agent in self.town.estate.agents}).get(
            params["endpointId"]
        )
        if each is None:
            raise ValueError("endpointId")
        return {
            "id": hexed(each.id),
            "name": each.hostname,
            "companyId": hexed(each.account_id),
            "operatingSystem": each.os,
            "state": 1,
            "lastSeen": _zoneless(each.last_seen_at),
            "agent": {"productVersion": each.version, "licensed": 1},
            "policy": {"id": "5121da426803fa2d0e000017", "name": "Default policy", "applied": True},
        }

    def usage(self, params: Mapping[str, Any]) -> Mapping[str, object]:
        """Whole months that are over; the format of the month is mm/yyyy and no other."""
        month, _, year = params["targetMonth"].partition("/")
        asked = date(int(year), int(month), 1)
        last = (self.town.estate.as_of.replace(day=1) - timedelta(days=1)).replace(day=1)
        account = self._account(params["companyId"])
        if account is None or asked > last:
            raise ValueError("companyId" if account is None else "targetMonth")
        counted = len(self.town.index.agents.of(account.id))
        return {"endpointMonthlyUsage": counted, "edrMonthlyUsage": 0, "exchangeMonthlyUsage": 0, **self.packages}

    def _accounts(self) -> Sequence[Account]:
        found: Sequence[Account] = self.town.index.accounts.of(HUNTRESS)
        return found

    def _account(self, identity: str) -> Account | None:
        return self.kept("accounts", lambda: {hexed(each.id): each for each in self._accounts()}).get(identity)


def hexed(identity: str) -> str:
    """An id of the estate as GravityZone writes ids: 24 hexadecimal digits."""
    return f"5f0a1b2c3d4e{int(identity):08x}0000"


def _parent(account: Account) -> str:
    return (_ROOT, *_PARTNERS)[int(account.id) // 2 % 3]


def _zoneless(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _error(number: object, code: int, said: str) -> Mapping[str, object]:
    return {"id": number, "jsonrpc": "2.0", "error": {"code": code, "message": "Error", "data": {"details": said}}}


def _endpoint(each: Agent) -> Mapping[str, object]:
    return {
        "id": hexed(each.id),
        "name": each.hostname,
        "label": "",
        "fqdn": f"{each.hostname.lower()}.local",
        "groupId": "5a5f4d36b1a43d5f097b23bb",
        "isManaged": True,
        "machineType": _SYSTEMS[each.platform],
        "operatingSystemVersion": each.os,
        "ip": "10.10.24.154",
        "macs": ["324935237335"],
        "ssid": "",
        "managedWithBest": True,
    }
