"""Sherweb's Service Provider API over the estate: it sells what Pax8 sells there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import SKU_BY_PART
from connectors.sandbox.estate.world import PAX8, Subscription
from connectors.sandbox.server.vendor import VendorServer, answer, stamp

_TOKEN = "/auth/oidc/connect/token"  # noqa: S105 - a path


class SherwebServer(VendorServer):
    id = "sherweb"
    hosts = ("api.sherweb.com",)
    integration = PAX8
    settings = {
        "client_id": "northbeam-sherweb-client",
        "client_secret": "northbeam-sherweb-secret-42",
        "subscription_key": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route(_TOKEN, self.token, methods=["POST"]),
            Route("/service-provider/v1/customers", self.customers),
            Route("/service-provider/v1/billing/subscriptions/details", self.subscriptions),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path == _TOKEN:
            return None
        if request.headers.get("ocp-apim-subscription-key") != self.settings["subscription_key"]:
            return answer({"statusCode": 401, "message": "Access denied due to invalid subscription key."}, 401)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self.tokens.is_good(token) else self.fault(401)

    async def token(self, request: Request) -> Response:
        asked = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        wanted = {name: self.settings[name] for name in ("client_id", "client_secret")}
        wanted |= {"grant_type": "client_credentials", "scope": "service-provider"}
        if asked != wanted:
            return answer({"error": "invalid_client"}, 400)
        return answer({"access_token": self.tokens.issue(), "expires_in": 3600, "token_type": "Bearer"})

    async def customers(self, _request: Request) -> Response:
        accounts = self.town.index.accounts.of(PAX8)
        shown = [
            {"id": each.id, "displayName": each.name, "path": ["Northbeam IT"], "suspendedOn": None}
            for each in accounts
        ]
        return answer({"items": shown})

    async def subscriptions(self, request: Request) -> Response:
        customer = request.query_params.get("customerId", "")
        if self.town.index.accounts.get(customer) is None:
            return self.fault(404)
        bought = self.town.index.subscriptions.of(customer)
        return answer({"items": [_subscription(each) for each in bought if each.status == "active"]})


def _subscription(each: Subscription) -> Mapping[str, object]:
    is_annual = each.term != "Monthly"
    return {
        "id": each.id,
        "productName": SKU_BY_PART[each.sku].name,
        "sku": each.sku,
        "quantity": each.quantity,
        "billingCycle": "Yearly" if each.billing == "Annual" else "Monthly",
        "purchaseDate": stamp(each.created_at),
        "fees": {"recurringFee": each.unit_cost, "setupFee": 0, "currency": each.currency},
        "commitmentTerm": {"type": "Yearly", "termEndDate": f"{each.commitment_ends_on}T00:00:00Z"}
        if is_annual
        else None,
    }
