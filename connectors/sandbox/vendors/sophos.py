"""Sophos Central's APIs over the estate: Huntress's accounts are its tenants, their agents its endpoints, and the
month's billing counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_NAME
from connectors.sandbox.estate.world import HUNTRESS, Account, Agent
from connectors.sandbox.server.vendor import VendorServer, answer, page_of, stamp, whole

_LARGEST = 100
_REGIONS = ("us01", "eu01")
_CODES = {"server": ("SVRCIXAMSP", "Intercept X Advanced for Server - MSP Monthly", "SVRCIXA-MSP")}
_USER = ("CIXAMSP", "Intercept X Advanced - MSP Monthly", "CIXA-MSP")


class SophosServer(VendorServer):
    """`caller`: whose credential it is. `closed`: tenants (by name) that forbid access by their partner. `open_months`:
    how many months back have no billing usage yet.
    """

    id = "sophos"
    hosts = ("id.sophos.com", "api.central.sophos.com", "api-us01.central.sophos.com", "api-eu01.central.sophos.com")
    integration = HUNTRESS
    budget = (100, 60)
    caller = "partner"
    closed: frozenset[str] = frozenset()
    open_months = 0
    settings = {
        "client_id": "5e7c1b9a-30c2-4d8e-9a63-0b6c6c1f7a11",
        "client_secret": "northbeam-sophos-secret-e4d0aa71",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/api/v2/oauth2/token", self.token, methods=["POST"]),
            Route("/whoami/v1", self.whoami),
            Route("/partner/v1/tenants", self.tenants),
            Route("/partner/v1/billing/usage/{year:int}/{month:int}", self.usage),
            Route("/endpoint/v1/endpoints", self.endpoints),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path == "/api/v2/oauth2/token":
            return None
        if not self.tokens.is_good(request.headers.get("authorization", "").removeprefix("Bearer ")):
            return self.fault(401)
        if request.url.path.startswith("/partner/") and request.headers.get("x-partner-id") != _PARTNER:
            return self.fault(403)
        return None

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        body = {
            "error": {401: "Unauthorized", 403: "Forbidden", 404: "notFound"}.get(status, "error"),
            "message": f"Request failed with {status}",
            "correlationId": str(uuid5(NAMESPACE_URL, "correlation")),
            "code": str(status),
        }
        return answer(body, status, headers)

    async def token(self, request: Request) -> Response:
        asked = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        wanted = {**self.settings, "grant_type": "client_credentials", "scope": "token"}
        if any(asked.get(key) != value for key, value in wanted.items()):
            return answer({"errorCode": "oauth.invalid_client_secret", "message": "Unauthorized"}, 401)
        token = {"access_token": self.tokens.issue(), "expires_in": int(self.token_lifetime_s), "token_type": "bearer"}
        return answer({**token, "errorCode": "success", "message": "OK"})

    async def whoami(self, _request: Request) -> Response:
        return answer({"id": _PARTNER, "idType": self.caller, "apiHosts": {"global": "https://api.central.sophos.com"}})

    async def tenants(self, request: Request) -> Response:
        number, size = whole(request, "page", 1), whole(request, "pageSize", 50)
        if not 1 <= size <= _LARGEST or number < 1:
            return self.fault(400)
        accounts = self._accounts()
        shown = [_tenant(each) for each in page_of(accounts, number, size)]
        pages = {"current": number, "size": size, "maxSize": _LARGEST}
        if request.query_params.get("pageTotal") == "true":
            pages |= {"total": -(-len(accounts) // size), "items": len(accounts)}
        return answer({"items": shown, "pages": pages})

    async def endpoints(self, request: Request) -> Response:
        known = self.kept("tenants", lambda: {tenant_id(each.id): each for each in self._accounts()})
        account = known.get(request.headers.get("x-tenant-id", ""))
        if account is None or account.name in self.closed:
            return self.fault(403)
        if request.headers["host"] != f"api-{_region(account)}.central.sophos.com":
            return self.fault(404)
        agents: Sequence[Agent] = self.town.index.agents.of(account.id)
        return self._keyed(request, [_endpoint(each) for each in agents])

    async def usage(self, request: Request) -> Response:
        """The past months that are closed."""
        asked = date(request.path_params["year"], request.path_params["month"], 1)
        last = self.town.estate.as_of.replace(day=1)
        for _ in range(self.open_months + 1):
            last = (last - timedelta(days=1)).replace(day=1)
        if asked > last:
            return self.fault(404)
        name = f"usage {asked}"
        found = self.kept(name, lambda: [line for each in self._accounts() for line in self._lines(each, asked)])
        return self._keyed(request, found)

    def _accounts(self) -> Sequence[Account]:
        found: Sequence[Account] = self.town.index.accounts.of(HUNTRESS)
        return found

    def _lines(self, account: Account, month: date) -> list[Mapping[str, object]]:
        counts = Counter("server" if "Server" in each.os else "" for each in self.town.index.agents.of(account.id))
        return [_line(account, month, _CODES.get(kind, _USER), number) for kind, number in sorted(counts.items())]

    def _keyed(self, request: Request, items: Sequence[Mapping[str, object]]) -> Response:
        size, key = whole(request, "pageSize", 50), request.query_params.get("pageFromKey", "")
        if not 1 <= size <= _LARGEST:
            return self.fault(400)
        begin = int(key.removeprefix("key-")) if key else 0
        end = begin + size
        pages: dict[str, Any] = {"size": size, "maxSize": _LARGEST}
        if end < len(items):
            pages["nextKey"] = f"key-{end}"
        if request.query_params.get("pageTotal") == "true":
            pages |= {"total": -(-len(items) // size), "items": len(items)}
        return answer({"items": items[begin:end], "pages": pages})


def tenant_id(identity: str) -> str:
    """The tenant's id at Sophos for an account of the estate."""
    return _uuid(f"tenant {identity}")


def endpoint_id(identity: str) -> str:
    """The endpoint's id at Sophos for an agent of the estate."""
    return _uuid(f"endpoint {identity}")


def _uuid(text: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"sophos {text}"))


_PARTNER = _uuid(MSP_NAME)


def _region(account: Account) -> str:
    return _REGIONS[int(account.id) // 2 % 2]


def _tenant(account: Account) -> Mapping[str, object]:
    region = _region(account)
    return {
        "id": tenant_id(account.id),
        "showAs": account.name,
        "name": account.name,
        "dataGeography": region[:2].upper(),
        "dataRegion": region,
        "billingType": "usage",
        "partner": {"id": _PARTNER},
        "apiHost": f"https://api-{region}.central.sophos.com",
    }


def _endpoint(each: Agent) -> Mapping[str, object]:
    is_server = "Server" in each.os
    return {
        "id": endpoint_id(each.id),
        "type": "server" if is_server else "computer",
        "tenant": {"id": tenant_id(each.account_id)},
        "hostname": each.hostname,
        "health": {"overall": "good"},
        "os": {"isServer": is_server, "platform": each.platform, "name": each.os},
        "associatedPerson": {"name": "", "viaLogin": ""},
        "tamperProtectionEnabled": True,
        "assignedProducts": [{"code": "coreAgent", "version": each.version}, {"code": "interceptX", "version": "1"}],
        "lastSeenAt": stamp(each.last_seen_at),
        "serialNumber": each.serial,
        "online": True,
    }


def _line(account: Account, month: date, what: tuple[str, str, str], number: int) -> Mapping[str, object]:
    sku, name, code = what
    return {
        "partnerAccountId": _PARTNER,
        "partnerAccountName": MSP_NAME,
        "billingStartDate": month.isoformat(),
        "billingEndDate": f"{month:%Y-%m}-31",
        "orderNumber": f"O-{month:%y%m}-{account.id}",
        "orderLineItemNumber": f"L-{sku}",
        "productDescription": name,
        "productGroup": "Server" if code.startswith("SVR") else "User",
        "sku": sku,
        "billableQuantity": number,
        "actualQuantity": number,
        "accountId": tenant_id(account.id),
        "accountStatus": "active",
        "productCode": code,
    }
