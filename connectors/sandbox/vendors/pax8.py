"""Pax8's Partner API over the estate: companies, products, subscriptions, invoices and their items."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import SKU_BY_PART, SKUS
from connectors.sandbox.estate.charges import InvoicedCharge, charges
from connectors.sandbox.estate.world import PAX8, Account, Subscription
from connectors.sandbox.server.vendor import VendorServer, answer, page_of, stamp, whole

_LARGEST = 200
_TYPES = {"cycle": "subscription", "proration": "prorate", "credit": "invoice-credit", "rebill": "subscription"}


class Pax8Server(VendorServer):
    id = "pax8"
    hosts = ("api.pax8.com",)
    integration = PAX8
    token_lifetime_s = 86_400.0
    budget = (1000, 60)
    settings = {"client_id": "northbeam-pax8-client", "client_secret": "northbeam-pax8-secret-1c9e"}

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/v1/token", self.token, methods=["POST"]),
            Route("/v1/companies", self.companies),
            Route("/v1/products", self.products),
            Route("/v1/subscriptions", self.subscriptions),
            Route("/v1/subscriptions/{id}", self.subscription),
            Route("/v1/subscriptions/{id}", self.update, methods=["PUT"]),
            Route("/v1/invoices", self.invoices),
            Route("/v1/invoices/{id}/items", self.items),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path == "/v1/token":
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self.tokens.is_good(token) else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:  # noqa: ARG002
        # Pax8 names no time to wait in its 429.
        return answer({"type": "ERROR", "message": f"Request failed with {status}", "status": status}, status)

    async def token(self, request: Request) -> Response:
        asked = json.loads(await request.body() or b"{}")
        wanted = {**self.settings, "audience": "https://api.pax8.com", "grant_type": "client_credentials"}
        if any(asked.get(key) != value for key, value in wanted.items()):
            return answer({"error": "access_denied", "error_description": "Unauthorized"}, 401)
        return answer(
            {"access_token": self.tokens.issue(), "expires_in": int(self.token_lifetime_s), "token_type": "Bearer"}
        )

    async def companies(self, request: Request) -> Response:
        return self._page(request, self.town.index.accounts.of(PAX8), self._company)

    async def products(self, request: Request) -> Response:
        return self._page(request, [sku for sku in SKUS if sku.integration == PAX8], _product)

    async def subscriptions(self, request: Request) -> Response:
        bought = self.town.estate.subscriptions
        found = self.kept("bought", lambda: [each for each in bought if each.integration == PAX8])
        return self._page(request, found, _subscription)

    async def subscription(self, request: Request) -> Response:
        found = self._found(request)
        return self.fault(404) if found is None else answer(_subscription(found))

    async def update(self, request: Request) -> Response:
        found = self._found(request)
        if found is None:
            return self.fault(404)
        asked = json.loads(await request.body(), parse_float=Decimal)
        quantity = Decimal(asked.get("quantity", found.quantity))
        is_committed = found.term != "Monthly" and found.commitment_ends_on > self.town.estate.as_of
        if quantity < found.quantity and is_committed:
            return answer(
                {"type": "UNPROCESSABLE", "message": "Quantity can't be reduced during the commitment", "status": 422},
                422,
            )
        self.town.change(found, quantity=quantity)
        return answer(_subscription(found))

    async def invoices(self, request: Request) -> Response:
        totals: dict[str, list[Any]] = {}
        for each in self._charges():
            held = totals.setdefault(each.invoice, [each.issued_on, Decimal(0)])
            held[1] += each.amount
        return self._page(request, list(totals.items()), _invoice)

    async def items(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        found = [each for each in self._charges() if _guid(each.invoice) == wanted]
        return self._page(request, found, _item) if found else self.fault(404)

    def _charges(self) -> list[InvoicedCharge]:
        return self.kept("charges", lambda: list(charges(self.town.estate, PAX8)))

    def _found(self, request: Request) -> Subscription | None:
        found: Subscription | None = self.town.index.subscriptions.get(request.path_params["id"])
        return found if found is not None and found.integration == PAX8 else None

    def _page(self, request: Request, items: Sequence[Any], shown: Any) -> Response:
        number, size = whole(request, "page", 0), whole(request, "size", 10)
        if not 1 <= size <= _LARGEST or number < 0:
            return self.fault(400)
        pages = -(-len(items) // size)
        page = {"size": size, "totalElements": len(items), "totalPages": pages, "number": number}
        return answer({"content": [shown(each) for each in page_of(items, number, size, first=0)], "page": page})

    def _company(self, account: Account) -> Mapping[str, object]:
        return {
            "id": account.id,
            "name": account.name,
            "address": {"street": "", "city": "", "stateOrProvince": "", "postalCode": "", "country": "US"},
            "phone": "",
            "website": f"https://www.{account.domain}/",
            "status": "Active",
            "billOnBehalfOfEnabled": False,
            "selfServiceAllowed": False,
            "orderApprovalRequired": False,
            "updatedDate": stamp(account.changed_at),
        }


def _guid(text: str) -> str:
    return str(uuid5(NAMESPACE_URL, text))


def _product(sku: Any) -> Mapping[str, object]:
    return {
        "id": _guid(sku.part),
        "name": sku.name,
        "vendorName": sku.publisher,
        "sku": sku.part,
        "requiresCommitment": False,
    }


def _subscription(each: Subscription) -> Mapping[str, object]:
    return {
        "id": each.id,
        "companyId": each.account_id,
        "productId": _guid(each.sku),
        "productName": SKU_BY_PART[each.sku].name,
        "quantity": each.quantity,
        "startDate": f"{each.started_on}T00:00:00Z",
        "createdDate": stamp(each.created_at),
        "updatedDate": stamp(each.changed_at),
        "billingStart": each.started_on.isoformat(),
        "status": "Active" if each.status == "active" else "Cancelled",
        "price": each.unit_price,
        "partnerCost": each.unit_cost,
        "currencyCode": each.currency,
        "billingTerm": "Annual" if each.billing == "Annual" else "Monthly",
        **({} if each.term == "Monthly" else {"commitmentTerm": _commitment(each)}),
    }


def _commitment(each: Subscription) -> Mapping[str, object]:
    return {"id": _guid(f"term {each.id}"), "term": each.term, "endDate": f"{each.commitment_ends_on}T00:00:00Z"}


def _invoice(invoice: tuple[str, list[Any]]) -> Mapping[str, object]:
    number, (issued_on, total) = invoice
    return {
        "id": _guid(number),
        "invoiceDate": issued_on.isoformat(),
        "dueDate": issued_on.isoformat(),
        "balance": total,
        "carriedBalance": 0,
        "total": total,
        "status": "Unpaid",
        "currencyCode": "USD",
        "partnerName": "Northbeam IT",
    }


def _item(each: InvoicedCharge) -> Mapping[str, object]:
    return {
        "id": each.id,
        "type": _TYPES[each.kind],
        "companyId": each.account_id,
        "startPeriod": each.period_start.isoformat(),
        "endPeriod": each.period_end.isoformat(),
        "quantity": each.quantity,
        "sku": each.sku,
        "productName": SKU_BY_PART[each.sku].name,
        "cost": each.unit_cost,
        "costTotal": each.amount,
        "currencyCode": each.currency,
        "subscriptionId": each.subscription_id,
    }
