"""Keeper's billing usage over the estate: what Pax8 sells there of any publisher counts as Keeper's products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import SKU_BY_PART
from connectors.sandbox.estate.world import PAX8, Account, Subscription
from connectors.sandbox.server.vendor import VendorServer, answer, whole


class KeeperServer(VendorServer):
    id = "keeper"
    hosts = ("keepersecurity.com", "keepersecurity.eu", "keepersecurity.com.au")
    integration = PAX8
    settings = {"region": "keepersecurity.com", "token": "northbeam-keeper-token-88"}

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/bi_api/rest/public/msp/billing-usage", self.usage)]

    def refused(self, request: Request) -> Response | None:
        return None if request.headers.get("x-api-token") == self.settings["token"] else self.fault(401)

    async def usage(self, request: Request) -> Response:
        if not 1 <= whole(request, "month", 0) <= 12 or whole(request, "year", 0) < 2000:
            return self.fault(400)
        accounts = self.town.index.accounts.of(PAX8)
        return answer({"managed_companies": [self._company(each) for each in accounts]})

    def _company(self, account: Account) -> Mapping[str, object]:
        bought = [each for each in self.town.index.subscriptions.of(account.id) if each.status == "active"]
        return {"company_id": account.id, "company_name": account.name, "products": [_product(each) for each in bought]}


def _product(each: Subscription) -> Mapping[str, object]:
    return {
        "product_id": each.sku,
        "product_name": SKU_BY_PART[each.sku].name,
        "quantity": each.quantity,
        "unit_price": each.unit_cost,
        "currency": each.currency,
    }
