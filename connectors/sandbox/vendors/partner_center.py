"""Partner Center's API over the estate: customers, subscriptions, invoices with amendments, and their lines."""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.charges import InvoicedCharge, charges
from connectors.sandbox.estate.world import PARTNER_CENTER, Account, Subscription
from connectors.sandbox.server.vendor import VendorServer, answer, whole
from connectors.sandbox.vendors import partner_center_rows as rows
from connectors.sandbox.vendors.microsoft365 import HOME
from connectors.sandbox.vendors.microsoft365_rows import entra_refusal

T = TypeVar("T")
_TOKEN = "MS-ContinuationToken"  # noqa: S105 - the name of a header
_LARGEST, _LARGEST_OF_LINES = 500, 2000


class PartnerCenterServer(VendorServer):
    """Levers: `denied` customers whose subscriptions are refused, `lineless` whether Microsoft has no lines of
    invoices any more, `is_legacy` whether subscriptions are of the old commerce, `amends_apart` whether
    corrections stand in amendments.
    """

    id = "partner_center"
    hosts = ("api.partnercenter.microsoft.com", "login.microsoftonline.com")
    integration = PARTNER_CENTER
    budget = (500, 60)
    settings = {
        "tenant_id": HOME,
        "client_id": "8e2f6a10-4c7d-4b92-9d35-71f0c6ab2e58",
        "client_secret": "nb8Q~northbeam.partner.secret_91c4",
    }

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.pull_no_lever()

    def pull_no_lever(self) -> None:
        """All is well."""
        self.denied: set[str] = set()
        self.lineless = False
        self.is_legacy = False
        self.amends_apart = False

    def takes(self, request: Request, body: bytes) -> bool:
        """Of what comes to Entra's host, the sign-ins for Partner Center."""
        return request.headers["host"].startswith("api.") or b"partnercenter" in body

    def routes(self) -> Sequence[BaseRoute]:
        one = "/v1/customers/{customer}/subscriptions/{id}"
        return [
            Route("/{tenant}/oauth2/v2.0/token", self.token, methods=["POST"]),
            Route("/v1/customers", self.customers),
            Route("/v1/customers/{customer}", self.customer),
            Route("/v1/customers/{customer}/subscriptions", self.subscriptions),
            Route(one, self.subscription),
            Route(one, self.update, methods=["PATCH"]),
            Route("/v1/invoices", self.invoices),
            Route("/v1/invoices/{id}/lineitems", self.lines),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path.endswith("/token"):
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self.tokens.is_good(token) else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "", description: str = "") -> Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        said = description or f"The request failed with {status}."
        return answer({"code": status * 10, "description": said, "data": [], "source": "PartnerFD"}, status, headers)

    async def token(self, request: Request) -> Response:
        asked = {key: found[0] for key, found in parse_qs((await request.body()).decode()).items()}
        if request.path_params["tenant"] != HOME:
            return entra_refusal(400, "invalid_request", 90002, "Tenant not found.")
        if asked.get("client_id") != self.settings["client_id"]:
            return entra_refusal(400, "unauthorized_client", 700016, "Application was not found in the directory.")
        if asked.get("client_secret") != self.settings["client_secret"]:
            return entra_refusal(401, "invalid_client", 7000215, "Invalid client secret provided.")
        lifetime = int(self.token_lifetime_s)
        return answer({"token_type": "Bearer", "expires_in": lifetime, "access_token": self.tokens.issue()})

    async def customers(self, request: Request) -> Response:
        def after(token: str) -> int:
            return bisect_right(accounts, token, key=lambda each: each.id)

        accounts: list[Account] = self.kept(
            "accounts", lambda: sorted(self.town.index.accounts.of(PARTNER_CENTER), key=lambda each: str(each.id))
        )
        return self._led_on(request, accounts, rows.customer, after, lambda each, _end: str(each.id), _LARGEST)

    async def customer(self, request: Request) -> Response:
        found = self._account(request)
        return self.fault(404) if found is None else answer(rows.customer(found))

    async def subscriptions(self, request: Request) -> Response:
        account = self._account(request)
        if account is None:
            return self.fault(404)
        if account.id in self.denied:
            return self.fault(403, description="The partner has no reseller relationship with the customer.")
        return self._collection(self._subscription(each) for each in self.town.index.subscriptions.of(account.id))

    async def subscription(self, request: Request) -> Response:
        found = self._found(request)
        return self.fault(404) if found is None else answer(self._subscription(found))

    async def update(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return self.fault(404)
        asked = json.loads(await request.body(), parse_float=Decimal)
        shown = self._subscription(found)
        if set(shown) - set(asked):
            return self.fault(400, description="The whole subscription is needed.")
        etag = rows.etag(found)
        if asked["attributes"]["etag"] != etag or request.headers.get("if-match") != etag:
            return self.fault(412, description="The resource has been modified since it was read.")
        quantity = Decimal(asked["quantity"])
        may = rows.returnable(found, self._history(found), self.town.now)
        if not self.is_legacy and found.quantity - quantity > may:
            return self.fault(400, description="The quantity can't be reduced after the cancellation window.")
        self.town.change(found, quantity=quantity)
        return answer(self._subscription(found))

    async def invoices(self, request: Request) -> Response:
        found, offset = rows.invoices(self._issued(), amends_apart=self.amends_apart), whole(request, "offset", 0)
        size = whole(request, "size", 100)
        body = rows.collection(found[offset : offset + size])
        if offset + size < len(found):
            uri = f"/invoices?size={size}&offset={offset + size}"
            body["links"] = {"next": {"uri": uri, "method": "GET", "headers": []}}
        return answer(body)

    async def lines(self, request: Request) -> Response:
        query = request.query_params
        if query.get("provider") != "onetime" or query.get("invoicelineitemtype") != "billinglineitems":
            return self.fault(400, description="The provider or the type of lines is not known.")
        found = rows.lines_of(self._issued(), request.path_params["id"], amends_apart=self.amends_apart)
        if found is None:
            return self.fault(404)
        held = [] if self.lineless else found
        return self._led_on(request, held, self._line, int, lambda _each, end: str(end), _LARGEST_OF_LINES)

    # --- what they share

    def _issued(self) -> list[InvoicedCharge]:
        return self.kept("charges", lambda: list(charges(self.town.estate, PARTNER_CENTER)))

    def _history(self, each: Subscription) -> list[Any]:
        return list(self.town.estate.history.get(("subscription", each.id), ()))

    def _subscription(self, each: Subscription) -> Mapping[str, object]:
        may = rows.returnable(each, self._history(each), self.town.now)
        return rows.subscription(each, may, self.town.now, is_legacy=self.is_legacy)

    def _line(self, each: InvoicedCharge) -> Mapping[str, object]:
        return rows.line(each, self.town.index.accounts.get(each.account_id))

    def _account(self, request: Request) -> Account | None:
        found: Account | None = self.town.index.accounts.get(request.path_params["customer"].lower())
        return found if found is not None and found.integration == PARTNER_CENTER else None

    def _found(self, request: Request) -> Subscription | None:
        account = self._account(request)
        found: Subscription | None = self.town.index.subscriptions.get(request.path_params["id"])
        return found if account is not None and found is not None and found.account_id == account.id else None

    def _collection(self, shown: Iterable[Mapping[str, object]]) -> Response:
        return answer(rows.collection(list(shown)))

    def _led_on(
        self,
        request: Request,
        items: Sequence[T],
        shown: Callable[[T], Mapping[str, object]],
        begin_after: Callable[[str], int],
        mark: Callable[[T, int], str],
        largest: int,
    ) -> Response:
        """A page whose link names the next one by a token; the token goes back in a header."""
        size = whole(request, "size", 100)
        if not 1 <= size <= largest:
            return self.fault(400, description="The size is out of range.")
        token = request.headers.get(_TOKEN, "")
        if bool(token) != (request.query_params.get("seekOperation") == "Next"):
            return self.fault(400, description="A continuation needs its token and seekOperation=Next.")
        begin = begin_after(base64.b64decode(token).decode()) if token else 0
        page = items[begin : begin + size]
        body = rows.collection([shown(each) for each in page])
        if begin + size < len(items):
            header = {"key": _TOKEN, "value": base64.b64encode(mark(page[-1], begin + size).encode()).decode()}
            # Microsoft's own answers begin the query twice.
            uri = f"{request.url.path.removeprefix('/v1')}?size={size}?seekOperation=Next"
            body["links"] = {"next": {"uri": uri, "method": "GET", "headers": [header]}}
        return answer(body)
