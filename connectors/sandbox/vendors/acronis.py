"""Acronis Account Management API v2 over the estate: a tree of tenants, usages and offering items."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import parse_qs
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_NAME
from connectors.sandbox.estate.world import ACRONIS, Account, Workload
from connectors.sandbox.server.vendor import VendorServer, answer

_APPLICATION = "6e6d758d-8e74-3ae3-ac84-50eb0dff12eb"
_EDITION = "pck_per_workload"
_COUNTED = {"Server": "servers", "Virtual machine": "vms", "Workstation": "workstations"}
_NAMES = ("servers", "vms", "workstations", "mobiles")
_FOLDERS = ("Customers A-L", "Customers M-Z")


class AcronisServer(VendorServer):
    """`children_page`: how many children a page holds; beyond any estate, as the API was without pages at first.
    `disabled`: the ids of customers that are switched off.
    """

    id = "acronis"
    hosts = ("eu2-cloud.acronis.com",)
    integration = ACRONIS
    token_lifetime_s = 7200.0
    budget = (300, 60)
    children_page = 10_000
    disabled: frozenset[str] = frozenset()
    settings = {
        "data_center": "https://eu2-cloud.acronis.com/",
        "client_id": "1ad1ab72-5a37-4d6d-b9d3-5d1a2f2f0d5e",
        "client_secret": "northbeam-acronis-secret-77ac",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/api/2/idp/token", self.token, methods=["POST"]),
            Route("/api/2/clients/{id}", self.client),
            Route("/api/2/tenants/usages", self.usages),
            Route("/api/2/tenants/{id}", self.tenant),
            Route("/api/2/tenants/{id}/children", self.children),
            Route("/api/2/tenants/{id}/offering_items", self.offering_items),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path == "/api/2/idp/token":
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self.tokens.is_good(token) else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        error = {
            "code": str(status),
            "domain": "PlatformAccountServer",
            "message": f"Request failed with {status}",
            "details": {"info": ""},
        }
        return answer({"error": error}, status, headers)

    async def token(self, request: Request) -> Response:
        asked = parse_qs((await request.body()).decode())
        basic = base64.b64encode(f"{self.settings['client_id']}:{self.settings['client_secret']}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}" or asked.get("grant_type") != [
            "client_credentials"
        ]:
            return answer({"error": "invalid_client"}, 401)
        ends = int(time.time() + self.token_lifetime_s)
        return answer({"access_token": self.tokens.issue(), "token_type": "bearer", "expires_on": ends, "id_token": ""})

    async def client(self, request: Request) -> Response:
        if request.path_params["id"] != self.settings["client_id"]:
            return self.fault(404)
        return answer({"client_id": self.settings["client_id"], "tenant_id": _ROOT, "type": "api_client", "data": {}})

    async def tenant(self, request: Request) -> Response:
        identity = request.path_params["id"]
        if identity == _ROOT:
            return answer(_tenant(_ROOT, MSP_NAME, "partner", _uuid("acronis")))
        account = self._account(identity)
        return self.fault(404) if account is None else answer(self._customer(account))

    async def children(self, request: Request) -> Response:
        holder = request.path_params["id"]
        accounts = [each for each in self.town.index.accounts.of(ACRONIS) if _holder(each) == holder]
        found = [self._customer(each) for each in accounts]
        if holder == _ROOT:
            found = [_tenant(_uuid(name), name, "folder", _ROOT) for name in _FOLDERS] + found
        if holder not in (_ROOT, *(_uuid(name) for name in _FOLDERS)) and self._account(holder) is None:
            return self.fault(404)
        begin = int(request.query_params.get("after", "0"))
        end = begin + self.children_page
        shown: Sequence[object] = found[begin:end]
        if request.query_params.get("include_details") != "true":
            shown = [each["id"] for each in found[begin:end]]
        more = {"paging": {"cursors": {"after": str(end)}}} if end < len(found) else {}
        return answer({"items": shown, **more})

    async def usages(self, request: Request) -> Response:
        asked = [each for each in request.query_params.get("tenants", "").split(",") if each]
        if not asked:
            return self.fault(400)
        known = [each for each in asked if self._account(each) is not None]
        return answer({"items": [{"tenant": each, "usages": self._usages(each)} for each in known]})

    async def offering_items(self, request: Request) -> Response:
        if request.path_params["id"] != _ROOT:
            return self.fault(404)
        return answer({"items": [_offering(name) for name in (*_NAMES, "storage")]})

    def _usages(self, tenant: str) -> list[Mapping[str, object]]:
        workloads: Sequence[Workload] = self.town.index.workloads.of(tenant)
        counts = dict.fromkeys(_NAMES, 0)
        for each in workloads:
            counts[_COUNTED[each.type]] += 1
        stored = sum((each.protected_gb for each in workloads), Decimal(0)) * 2**30
        start = f"{self.town.estate.as_of:%Y-%m}-01T00:00:00"
        rows: list[Mapping[str, object]] = [_usage(name, value, start) for name, value in counts.items()]
        rows.append(_usage("storage", int(stored), start))
        rows.append({**_usage("notary", 1, start), "type": "feature", "measurement_unit": "n/a"})
        return rows

    def _customer(self, account: Account) -> dict[str, object]:
        found = _tenant(account.id, account.name, "customer", _holder(account))
        return {**found, "enabled": account.id not in self.disabled}

    def _account(self, identity: str) -> Account | None:
        found: Account | None = self.town.index.accounts.get(identity)
        return found if found is not None and found.integration == ACRONIS else None


def _uuid(text: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"acronis {text}"))


_ROOT = _uuid(MSP_NAME)
_CLOUD = _uuid("cloud storage")


def _holder(account: Account) -> str:
    """Customers lie in folders by their initial; the MSP's own vault lies beside them."""
    if account.name.startswith("NFR"):
        return _ROOT
    return _uuid(_FOLDERS[0] if account.name[:1].casefold() < "m" else _FOLDERS[1])


def _tenant(identity: str, name: str, kind: str, parent: str) -> dict[str, object]:
    return {
        "id": identity,
        "version": 1,
        "name": name,
        "customer_type": "default",
        "parent_id": parent,
        "kind": kind,
        "contact": {"email": "", "address1": "", "country": "", "phone": ""},
        "enabled": True,
        "customer_id": "",
        "brand_id": 1,
        "internal_tag": "",
        "language": "en",
        "has_children": kind != "customer",
        "ancestral_access": True,
    }


def _offering(name: str) -> Mapping[str, object]:
    infra = {"type": "infra", "infra_id": _CLOUD} if name == "storage" else {"type": "count"}
    return {
        "application_id": _APPLICATION,
        "name": f"pw_base_{name}",
        "edition": _EDITION,
        "usage_name": name,
        "status": 1,
        "locked": False,
        "measurement_unit": "bytes" if name == "storage" else "quantity",
        **infra,
    }


def _usage(name: str, value: int, start: str) -> dict[str, object]:
    quota = {"value": 100, "overage": 0, "version": 1}
    hidden = ("status", "locked")
    return {
        **{key: held for key, held in _offering(name).items() if key not in hidden},
        "range_start": start,
        "value": value,
        "absolute_value": value,
        "offering_item": {"status": 1, "quota": quota},
    }
