"""Microsoft Graph and Entra's sign-in over the estate: the partner's customers, and each customer's own tenant."""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_DOMAIN, MSP_NAME
from connectors.sandbox.estate.facts import midnight
from connectors.sandbox.estate.world import M365, Account, User
from connectors.sandbox.server.vendor import VendorServer, answer, whole
from connectors.sandbox.vendors import microsoft365_rows as rows

T = TypeVar("T")
HOME = "5b1f7c2e-93a4-4d0b-8f6e-2c7a51d9e804"
"""The partner's own tenant."""
PREMIUM = frozenset({"SPB", "SPE_E3"})
"""Licences that bring Entra ID P1, without which a tenant does not tell of sign-ins."""
_LARGEST = 999
_LARGEST_OF_RELATIONSHIPS = 300
_LARGEST_WITH_SIGN_INS = 500
_REFUSALS = {
    400: ("Request_BadRequest", "The request is not valid."),
    401: ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("Request_ResourceNotFound", "Resource does not exist."),
    429: ("TooManyRequests", "Please retry again later."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable."),
}


class Microsoft365Server(VendorServer):
    """Levers: `ended` tenants whose delegation is over, `ends_at` its end where it differs, `unconsented` tenants that
    never admitted the application, `denied` those that refuse it everything, `lapsed` units of part numbers that ran
    out, `unheld` part numbers that only subscriptions name, `rights` the permissions that it has.
    """

    id = "microsoft365"
    hosts = ("graph.microsoft.com", "login.microsoftonline.com")
    integration = M365
    settings = {
        "reach": "customers",
        "tenant_id": HOME,
        "client_id": "c0a1e8d4-7b25-4f39-a6d1-90e4f2b8c733",
        "client_secret": "nb8Q~northbeam.graph.secret_5e0f27",
    }

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self._tenant_of: dict[str, str] = {}
        self.pull_no_lever()

    def pull_no_lever(self) -> None:
        """All is well: every delegation in force, every tenant consenting, every right granted."""
        self.ended: set[str] = set()
        self.ends_at: dict[str, datetime] = {}
        self.unconsented: set[str] = set()
        self.denied: set[str] = set()
        self.lapsed: dict[str, int] = {}
        self.unheld: set[str] = set()
        self.rights = {"Directory.Read.All", "DelegatedAdminRelationship.Read.All", "AuditLog.Read.All"}

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/{tenant}/oauth2/v2.0/token", self.token, methods=["POST"]),
            Route("/v1.0/contracts", self.contracts),
            Route("/v1.0/tenantRelationships/delegatedAdminRelationships", self.relationships),
            Route("/v1.0/organization", self.organization),
            Route("/v1.0/subscribedSkus", self.subscribed_skus),
            Route("/v1.0/directory/subscriptions", self.subscriptions),
            Route("/v1.0/users", self.users),
        ]

    def takes(self, request: Request, body: bytes) -> bool:
        """Entra signs in to Partner Center too; the scope says to what."""
        return not request.url.path.endswith("/token") or b"partnercenter" not in body

    def refused(self, request: Request) -> Response | None:
        if request.url.path.endswith("/token"):
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.tokens.is_good(token):
            return self.fault(401)
        is_delegation = "delegatedAdmin" in request.url.path
        needed = "DelegatedAdminRelationship.Read.All" if is_delegation else "Directory.Read.All"
        return None if needed in self.rights and self._tenant(request) not in self.denied else self.fault(403)

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        code, message = _REFUSALS.get(status, ("UnknownError", f"Request failed with {status}."))
        return _refusal(status, code, message, retry_after)

    async def token(self, request: Request) -> Response:
        tenant = request.path_params["tenant"].lower()
        asked = {key: found[0] for key, found in parse_qs((await request.body()).decode()).items()}
        if tenant != HOME and self._account(tenant) is None:
            return rows.entra_refusal(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if asked.get("client_id") != self.settings["client_id"] or tenant in self.unconsented:
            said = f"Application with identifier '{asked.get('client_id')}' was not found in the directory '{tenant}'."
            return rows.entra_refusal(400, "unauthorized_client", 700016, said)
        if asked.get("client_secret") != self.settings["client_secret"]:
            return rows.entra_refusal(401, "invalid_client", 7000215, "Invalid client secret provided.")
        if asked.get("grant_type") != "client_credentials" or not asked.get("scope", "").endswith("/.default"):
            return rows.entra_refusal(400, "invalid_scope", 70011, "The provided scope is not valid.")
        token = self.tokens.issue()
        self._tenant_of[token] = tenant
        lifetime = int(self.token_lifetime_s)
        return answer(
            {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}
        )

    # --- the partner's tenant

    async def contracts(self, request: Request) -> Response:
        if self._tenant(request) != HOME:
            return self._list(request, "contracts", [], rows.contract)
        return self._list(request, "contracts", self._accounts(), rows.contract)

    async def relationships(self, request: Request) -> Response:
        if self._tenant(request) != HOME:
            return self.fault(403)
        found = [each for account in self._accounts() for each in self._relationships(account)]
        found.append(rows.invitation())
        found.sort(key=lambda each: str(each["id"]))
        largest = _LARGEST_OF_RELATIONSHIPS
        return self._list(request, "tenantRelationships/delegatedAdminRelationships", found, dict, largest)

    def _relationships(self, account: Account) -> list[Mapping[str, object]]:
        today = midnight(self.town.estate.as_of)
        return rows.relationships(account, today, self.ends_at.get(account.id), account.id in self.ended)

    # --- a customer's tenant

    async def organization(self, request: Request) -> Response:
        tenant = self._tenant(request)
        account = self._account(tenant) or Account(M365, HOME, MSP_NAME, MSP_DOMAIN, "northbeam.onmicrosoft.example")
        return self._list(request, "organization", [account], rows.organization)

    async def subscribed_skus(self, request: Request) -> Response:
        account = self._account(self._tenant(request))
        held = rows.held(account, self._users(account), self.lapsed) if account else []
        shown = [each for each in held if each.part not in self.unheld]
        return self._list(request, "subscribedSkus", shown, rows.subscribed_sku)

    async def subscriptions(self, request: Request) -> Response:
        account = self._account(self._tenant(request))
        held = rows.held(account, self._users(account), self.lapsed) if account else []
        bought = [each for sku in held for each in rows.subscriptions(sku, midnight(self.town.estate.as_of))]
        bought.sort(key=lambda each: str(each["id"]))
        return self._list(request, "directory/subscriptions", bought, dict)

    async def users(self, request: Request) -> Response:
        account = self._account(self._tenant(request))
        found = self._users(account) if account else []
        query = request.query_params
        if "$filter" in query:
            is_advanced = request.headers.get("consistencylevel") == "eventual" and query.get("$count") == "true"
            if query["$filter"] != "assignedLicenses/$count ne 0" or not is_advanced:
                return _refusal(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause.")
            found = [user for user in found if user.licences]
        largest = _LARGEST
        if "signInActivity" in query.get("$select", ""):
            if "AuditLog.Read.All" not in self.rights:
                said = "Calling principal does not have required MSGraph permissions AuditLog.Read.All"
                return _refusal(403, "Authentication_MSGraphPermissionMissing", said)
            if not any(part in PREMIUM for user in found for part in user.licences):
                code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
                return _refusal(403, code, "Neither tenant is B2C or tenant doesn't have premium license")
            largest = _LARGEST_WITH_SIGN_INS
        return self._list(request, "users", found, rows.user, largest)

    # --- what they share

    def _tenant(self, request: Request) -> str:
        return self._tenant_of.get(request.headers.get("authorization", "").removeprefix("Bearer "), "")

    def _account(self, tenant: str) -> Account | None:
        found: Account | None = self.town.index.accounts.get(tenant)
        return found if found is not None and found.integration == M365 else None

    def _accounts(self) -> list[Account]:
        return self.kept("accounts", lambda: sorted(self.town.index.accounts.of(M365), key=rows.id_of))

    def _users(self, account: Account) -> list[User]:
        return self.kept(f"users {account.id}", lambda: sorted(self.town.index.users.of(account.id), key=rows.id_of))

    def _list(
        self,
        request: Request,
        name: str,
        items: Sequence[T],
        shown: Callable[[T], Mapping[str, object]],
        largest: int = _LARGEST,
    ) -> Response:
        """A page of `items`, which are in the order of their ids; the next one begins behind the last id."""
        query = request.query_params
        size = whole(request, "$top", 100)
        if not 1 <= size <= _LARGEST:
            return _refusal(400, "Request_UnsupportedQuery", f"Invalid page size specified: '{size}'.")
        size = min(size, largest)
        token = query.get("$skiptoken", "")
        after = base64.urlsafe_b64decode(token.encode()).decode() if token else ""
        begin = bisect_right(items, after, key=rows.id_of) if after else 0
        page = items[begin : begin + size]
        wanted = query.get("$select", "")
        body: dict[str, object] = {"@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#{name}"}
        if query.get("$count") == "true":
            body["@odata.count"] = len(items)
        if begin + size < len(items):
            last = base64.urlsafe_b64encode(rows.id_of(page[-1]).encode()).decode()
            kept = "&".join(f"{key}={quote(value, safe='/,')}" for key, value in query.items() if key != "$skiptoken")
            body["@odata.nextLink"] = f"https://graph.microsoft.com/v1.0/{name}?{kept}&$skiptoken={quote(last)}"
        body["value"] = [_selected(shown(each), wanted) for each in page]
        return answer(body)


def _selected(row: Mapping[str, object], wanted: str) -> Mapping[str, object]:
    if not wanted:
        return {key: value for key, value in row.items() if key != "signInActivity"}
    return {key: row[key] for key in wanted.split(",") if key in row}


def _refusal(status: int, code: str, message: str, retry_after: str = "") -> Response:
    inner = {"date": "2026-01-01T00:00:00", "request-id": "9d6c1f0a-4f7b-4c0e-8d51-3d1b3f0d7a11"}
    headers = {"Retry-After": retry_after} if retry_after else {}
    return answer({"error": {"code": code, "message": message, "innerError": inner}}, status, headers)
