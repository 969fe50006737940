"""Cove's JSON-RPC API over the estate: Acronis's accounts are its end customers, one with a site, and their workloads
its devices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_NAME
from connectors.sandbox.estate.world import ACRONIS, Account, Workload
from connectors.sandbox.server.vendor import VendorServer, answer

_TYPES = {"Server": "2", "Virtual machine": "2", "Workstation": "1"}
_OWN_DEVICE = 7


class CoveServer(VendorServer):
    """Half of the first customer's devices are at his site; one device is the MSP's own. `denied` methods answer that
    the user may not use them."""

    id = "cove"
    hosts = ("api.backup.management",)
    integration = ACRONIS
    token_lifetime_s = 900.0
    budget = (60, 60)
    denied: frozenset[str] = frozenset()
    settings = {
        "partner": f"{MSP_NAME} (sandbox@northbeam-it.example)",
        "username": "rcx-api",
        "password": "northbeam-cove-token-5510c9",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/jsonapi", self.asked, methods=["POST"])]

    async def asked(self, request: Request) -> Response:
        """The method by its name; errors are answers of 200, and every good answer brings a new visa."""
        body = json.loads(await request.body())
        number, method, params = body.get("id"), body.get("method"), body.get("params", {})
        if method == "Login":
            if any(params.get(key) != value for key, value in self.settings.items()):
                return _error(number, 2100, "Unknown partner/username or bad password")
            return self._good(number, {"PartnerId": _ROOT, "Name": self.settings["username"], "Id": 11})
        if not self.tokens.is_good(body.get("visa", "")):
            return _error(number, 1701, "Visa is inconsistent/corrupted.")
        if method in self.denied:
            return _error(number, 13501, "Access denied")
        if method == "EnumeratePartners":
            return self._good(number, self._partners())
        if method == "EnumerateAccountStatistics":
            return self._good(number, self._statistics(params["query"]))
        return _error(number, -1, "Method not found")

    def _good(self, number: object, result: object) -> Response:
        return answer({"id": number, "jsonrpc": "2.0", "visa": self.tokens.issue(), "result": {"result": result}})

    def _partners(self) -> list[Mapping[str, object]]:
        accounts: Sequence[Account] = self.town.index.accounts.of(ACRONIS)
        found = [_partner(_RESELLER, "Northbeam West", "Reseller", _ROOT)]
        for spot, each in enumerate(accounts):
            found.append(_partner(number_of(each.id), each.name, "EndCustomer", _RESELLER if spot % 2 else _ROOT))
        for each in accounts[:1]:
            found.append(_partner(_site(each.id), "Branch", "Site", number_of(each.id)))
        return found

    def _statistics(self, query: Mapping[str, Any]) -> list[Mapping[str, object]]:
        begin = query.get("StartRecordNumber", 0)
        page = self.kept("devices", self._devices)[begin : begin + query["RecordsCount"]]
        wanted = query.get("Columns", [])
        return [
            {
                "AccountId": each["AccountId"],
                "PartnerId": each["PartnerId"],
                "Settings": [{key: each[key]} for key in wanted if each.get(key) not in (None, "")],
                "Flags": None,
            }
            for each in page
        ]

    def _devices(self) -> list[dict[str, Any]]:
        first = next(iter(self.town.index.accounts.of(ACRONIS)), None)
        at_site = {each.id for each in self.town.index.workloads.of(first.id)[1::2]} if first is not None else set()
        found = [_device(each, each.id in at_site) for each in self.town.estate.workloads]
        found.append({**_OWN, "AccountId": _OWN_DEVICE, "PartnerId": _ROOT})
        return sorted(found, key=lambda each: int(each["AccountId"]))


def number_of(identity: str) -> int:
    """The number that Cove has for a GUID of the estate."""
    return int.from_bytes(blake2b(identity.encode(), digest_size=4).digest(), "big") // 2 + 100


def _site(identity: str) -> int:
    return number_of(f"site {identity}")


_ROOT = number_of(MSP_NAME)
_RESELLER = number_of("Northbeam West")
_OWN: Mapping[str, Any] = {"AN": "nbit-nas_x1", "MN": "NBIT-NAS02", "OT": "2", "PN": "All-In", "PD": "5038"}


def _error(number: object, code: int, said: str) -> Response:
    return answer({"id": number, "jsonrpc": "2.0", "error": {"code": -32603, "data": code, "message": said}})


def _partner(identity: int, name: str, level: str, parent: int) -> Mapping[str, object]:
    return {
        "Id": identity,
        "Name": name,
        "Level": level,
        "ParentId": parent,
        "ServiceType": "AllInclusive",
        "State": "InProduction",
        "LocationId": 12,
    }


def _device(each: Workload, is_at_site: bool) -> dict[str, Any]:
    return {
        "AccountId": number_of(each.id),
        "PartnerId": _site(each.account_id) if is_at_site else number_of(each.account_id),
        "AN": f"{each.name.lower()}_a1",
        "MN": each.name,
        "AT": "1",
        "PN": "All-In",
        "PD": "5038",
        "OP": each.plan,
        "OS": "Windows",
        "OT": _TYPES[each.type],
        "AP": "D01D02",
        "CD": str(int(each.created_at.timestamp())),
        "TS": str(int(each.last_backup_at.timestamp())),
        "TL": str(int(each.last_backup_at.timestamp())),
        "US": str(int(each.protected_gb * 2**30)),
        "I81": "Virtual" if each.type == "Virtual machine" else "Physical",
    }
