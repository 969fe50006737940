"""Google's Reseller, Licensing and Directory APIs over the estate: each Microsoft 365 tenant is a Google customer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_DOMAIN
from connectors.sandbox.estate.world import M365, Account, User
from connectors.sandbox.server.vendor import VendorServer, answer, stamp, whole

# The key of an account that exists nowhere but in this sandbox.
_KEY = """
-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC/enbPgZ1gZj9o
yjaIOWcUDXIZO6L5zzJQkBAFi4dKTfUx0k67pcDmTvAXfOJ7XbBwVG1EJZf5YYtC
DOog6Qa7GQOEoxLrI4LSbP2uUMs/HbOjeDVvUW9HtD8y/iDTWx9dxElvhUOyfXYZ
cVtvFW1ed0YRzY4soTKTp4dOpGDcibHbc95QVyVjOm5p9XE80MCfUIxNyv8mpEBp
4mPtwP68/Fbdvh3In6vhb/HvS91vSAOkuX6UhxaA/d6OWZftRjYlpZggwPtKP2zm
vbDwK3HRFE8IEMrmMaltFqkDS2VKKPk1HqK8Usf3j+eIlKWcQXi5ViY9FObJwudX
PVAdILFbAgMBAAECggEAAw96iauJL+rCdbLRt1CvkJb8bWHSI4sHw1jiIKyPv4TK
d/7kCkTGdgfp934kApPHR6xZyL6PFMnV13rsXRVMab4nG74dhcueAi4Cyf/5l6sq
XWEE/aAAFtXPMsn0DVzF/hIumE05fUdbFWIF85sUke93G7682ILFE64YUA35jFzR
8hODsdFzowv1ons/A/EHEryxcjQ4FKc0/3/4raWbrPL1Djd4BGMrX6i0CXlHyR2t
SLdPa+XNE1gBZT09l6ffLu6/m4GZ9oJGZpYoth3mz+i3/58H6KDeVEr8zi2IRpUb
T/Dlp4Vc9+FAdD3l0TqSCZKBES8oT0fSwU6pesTplQKBgQDz6f93leNLIBs1WLdW
FSlJ6b+movWQHHrchDRuYxpeiJKSAPIc85hupd6R2EmM0iCrH7h9rkdhXoRp8DgP
Gx1UNHBb8roul4oY08nbOFJwqsqIvPj8rfC9ouFSUU3GkU9LJKAc4+CBZF1aNAi/
DgzmK3jjUCDnhpNLnJyVe1BK9QKBgQDI91RxJ+d18J3F+TL8rqt+GTZtc67fXmgK
J6w0cYfgOKhVAss2gt3+1SYpbNXFs+Qpn2AJxNXFOqY+LknmcrvNGDR9+yRg5P6q
/S/h3szsqr2jgbUQaS+zqaB68m1wv5mNjHjBnoV2idtYTISN7sR0NvkWhcPafybN
L7YqVfT5DwKBgEpCtt3Ay7fGqaH/Rao2vSBcw1XHjX33vcw/j/r/vzqC2CUNlqkL
3R/q7i13LUVrgDi5aqERG3hgn23ljhvDRJWrdX35E4g16PyQFofgyPC2fv1Mk33S
s1X5LiKy0DwhZ4PYPcst8d9TIDzjVLpeW70EBUUn0yzKQzQlFWNJbPO1AoGAc7jI
LSiXRfi6QUfQLmS+Z6xJBRm6NvF7420Y4lIFtf2qINms/sS45IcEpJIBPwjpd3ZI
rRdlKV8uX1v0PfkPX3hysaCuQAVdCEUnD19mjVl8PezwwHRxfXlN6b4zets5pqKe
3o9TtwCHB/93zOsSwQDuyiNYtjbFtx2kPhilKc0CgYEA7RSycj3xnon7woUFr/jB
Yal+Vt2VL3vNDTpmmhO26HT2sOVfuuuteP+exHzKx+EuROVFHOoMRXwvuRE204XR
XJeiIyAglt6uH32PQS6ydRgu3h6TUlxNmTGc9kTIyAr5Qsj6By2fc1PiJsXlJxCw
q/+McsOCWT162gWHzEDqpMM=
-----END PRIVATE KEY-----
""".strip()
_STARTER, _STANDARD = (
    ("1010020027", "Google Workspace Business Starter"),
    ("1010020028", "Google Workspace Business Standard"),
)
_SMALL = frozenset({"O365_BUSINESS_ESSENTIALS", "EXCHANGESTANDARD", "SPE_F1"})
_AUDIENCE = "https://oauth2.googleapis.com/token"


class GoogleWorkspaceServer(VendorServer):
    id = "google_workspace"
    hosts = ("reseller.googleapis.com", "licensing.googleapis.com", "admin.googleapis.com", "oauth2.googleapis.com")
    integration = M365
    settings = {
        "client_email": "rcx@northbeam.iam.gserviceaccount.com",
        "private_key": _KEY,
        "admin": f"admin@{MSP_DOMAIN}",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/token", self.token, methods=["POST"]),
            Route("/apps/reseller/v1/subscriptions", self.subscriptions),
            Route("/apps/reseller/v1/customers/{id}", self.customer),
            Route("/apps/licensing/v1/product/{product}/users", self.licences),
            Route("/admin/directory/v1/users", self.users),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path == "/token":
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self.tokens.is_good(token) else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:  # noqa: ARG002 - Google names no time to wait
        reason = {403: "forbidden", 429: "rateLimitExceeded"}.get(status, "backendError")
        error = {"code": status, "message": f"Failed: {status}", "errors": [{"reason": reason, "domain": "global"}]}
        return answer({"error": error}, status)

    async def token(self, request: Request) -> Response:
        asked = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        try:
            claims = jwt.decode(asked.get("assertion", ""), _public_key(), ["RS256"], audience=_AUDIENCE)
        except jwt.PyJWTError:
            return answer({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
        if claims.get("iss") != self.settings["client_email"] or claims.get("sub") != self.settings["admin"]:
            return answer({"error": "unauthorized_client", "error_description": "Client is unauthorized."}, 401)
        return answer({"access_token": self.tokens.issue(), "expires_in": 3599, "token_type": "Bearer"})

    async def subscriptions(self, request: Request) -> Response:
        return self._page(request, "subscriptions", self.kept("subscriptions", self._bought), "reseller#subscriptions")

    async def customer(self, request: Request) -> Response:
        found = next((each for each in self._accounts() if _customer(each) == request.path_params["id"]), None)
        if found is None:
            return self.fault(404)
        return answer(
            {
                "kind": "reseller#customer",
                "customerId": _customer(found),
                "customerDomain": found.domain or found.tenant_domain,
                "postalAddress": {"kind": "customers#address", "organizationName": found.name},
                "customerType": "domain",
            }
        )

    async def licences(self, request: Request) -> Response:
        if request.path_params["product"] != "Google-Apps":
            return self._page(request, "items", [], "licensing#licenseAssignmentList")
        account = self._account(request.query_params.get("customerId", ""))
        if account is None:
            return self.fault(404)
        held = [_licence(each) for each in self._members(account) if each.licences]
        return self._page(request, "items", held, "licensing#licenseAssignmentList")

    async def users(self, request: Request) -> Response:
        account = self._account(request.query_params.get("customer", ""))
        if account is None:
            return self.fault(404)
        return self._page(request, "users", [_user(each) for each in self._members(account)], "admin#directory#users")

    def _accounts(self) -> Sequence[Account]:
        found: Sequence[Account] = self.town.index.accounts.of(M365)
        return found

    def _account(self, customer: str) -> Account | None:
        return next((each for each in self._accounts() if _customer(each) == customer), None)

    def _members(self, account: Account) -> list[User]:
        return [each for each in self.town.index.users.of(account.id) if each.kind != "guest"]

    def _bought(self) -> list[Mapping[str, object]]:
        """One subscription for each edition that somebody of a customer holds."""
        found = []
        for account in self._accounts():
            counts: dict[tuple[str, str], int] = {}
            for each in self._members(account):
                if each.licences:
                    counts[_edition(each)] = counts.get(_edition(each), 0) + 1
            found += [_subscription(account, sku, count) for sku, count in counts.items()]
        return found

    def _page(self, request: Request, key: str, items: Sequence[Mapping[str, object]], kind: str) -> Response:
        """As Google answers: an empty list is left out, a token only where more follows. Tokens outlive changes."""
        name = {"subscriptions": "subscriptionId", "items": "userId", "users": "primaryEmail"}[key]
        ordered = sorted(items, key=lambda each: str(each[name]))
        begin = bisect_right([str(each[name]) for each in ordered], request.query_params.get("pageToken", ""))
        shown = ordered[begin : begin + whole(request, "maxResults", 20)]
        body: dict[str, Any] = {"kind": kind, **({key: shown} if shown else {})}
        if begin + len(shown) < len(ordered):
            body["nextPageToken"] = str(shown[-1][name])
        return answer(body)


@cache
def _public_key() -> Any:
    return load_pem_private_key(_KEY.encode(), None).public_key()


def _customer(account: Account) -> str:
    return "C" + account.id.replace("-", "")[:9]


def _edition(user: User) -> tuple[str, str]:
    return _STARTER if user.licences[0] in _SMALL else _STANDARD


def _licence(user: User) -> Mapping[str, object]:
    sku, name = _edition(user)
    return {
        "kind": "licensing#licenseAssignment",
        "userId": user.upn,
        "productId": "Google-Apps",
        "productName": "Google Workspace",
        "skuId": sku,
        "skuName": name,
    }


def _user(user: User) -> Mapping[str, object]:
    return {
        "kind": "admin#directory#user",
        "id": user.id,
        "primaryEmail": user.upn,
        "name": {"fullName": user.display_name, "givenName": user.first_name, "familyName": user.last_name},
        "suspended": not user.is_enabled,
        "archived": False,
        "creationTime": stamp(user.created_at),
        "lastLoginTime": stamp(user.last_sign_in_at) or "1970-01-01T00:00:00.000Z",
    }


def _subscription(account: Account, sku: tuple[str, str], count: int) -> Mapping[str, object]:
    moment = int(account.changed_at.timestamp()) * 1000
    return {
        "kind": "reseller#subscription",
        "customerId": _customer(account),
        "customerDomain": account.domain or account.tenant_domain,
        "subscriptionId": f"{_customer(account)}-{sku[0]}",
        "skuId": sku[0],
        "skuName": sku[1],
        "status": "ACTIVE",
        "billingMethod": "OFFLINE",
        "creationTime": str(moment),
        "plan": {
            "planName": "ANNUAL_MONTHLY_PAY",
            "isCommitmentPlan": True,
            "commitmentInterval": {"startTime": str(moment), "endTime": str(moment + 365 * 86_400_000)},
        },
        "seats": {
            "kind": "subscriptions#seats",
            "numberOfSeats": count + 1,
            "licensedNumberOfSeats": count,
            "maximumNumberOfSeats": 50000,
        },
    }
