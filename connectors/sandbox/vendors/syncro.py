"""Syncro's API over the estate: customers, products, recurring invoices and their lines.

An agreement is a recurring invoice, paused once it is cancelled. Lines have no dates: those that bill today are there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.billing import next_month
from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE, PRODUCTS, Product
from connectors.sandbox.estate.world import Agreement, Client, Line
from connectors.sandbox.server.vendor import VendorServer, answer, page_of, stamp, whole

_BASE = "/api/v1"
_FREQUENCIES = {"monthly": "Monthly", "quarterly": "Quarterly", "annual": "Annually"}
_SAID = {401: "Not authorized", 403: "You do not have the permission", 404: "Not found", 429: "Too many requests"}


class SyncroServer(VendorServer):
    """`counted` are ids of lines whose quantity Syncro counts itself; `once` of those that are charged once."""

    id = "syncro"
    hosts = ("*.syncromsp.com",)
    budget = (180, 60)
    per_page = 25
    settings = {"subdomain": "northbeam", "api_token": "T7c2e61f0a9b84d3f-5d1c6b8e7a90"}

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.counted: set[str] = set()
        self.once: set[str] = set()

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route(_BASE + "/me", self.me),
            Route(_BASE + "/customers", self.customers),
            Route(_BASE + "/products", self.products),
            Route(_BASE + "/schedules", self.schedules),
            Route(_BASE + "/schedules/{id}", self.schedule),
            Route(_BASE + "/schedules/{id}/line_items/{line}", self.update, methods=["PUT"]),
        ]

    def refused(self, request: Request) -> Response | None:
        is_ours = request.headers["host"].startswith(f"{self.settings['subdomain']}.")
        is_signed = request.headers.get("authorization") == f"Bearer {self.settings['api_token']}"
        return None if is_ours and is_signed else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:  # noqa: ARG002
        # No time to wait is told in a 429.
        return answer({"error": _SAID.get(status, f"Error {status}")}, status)

    async def me(self, _request: Request) -> Response:
        user = {"user_token": self.settings["api_token"], "user_email": "rcx@northbeam-it.example"}
        return answer({**user, "user_name": "RCX", "user_id": 1, "admin": False, "subdomain": "northbeam"})

    async def customers(self, request: Request) -> Response:
        rows = self.kept("customers", lambda: [_disabled(), *(_customer(each) for each in self.town.estate.clients)])
        shown = rows if request.query_params.get("include_disabled") == "true" else rows[1:]
        pages = -(-len(shown) // self.per_page)
        number = whole(request, "page", 1)
        meta = {"total_pages": pages, "total_entries": len(shown), "per_page": self.per_page, "page": number}
        return answer({"customers": page_of(shown, number, self.per_page), "meta": meta})

    async def products(self, request: Request) -> Response:
        return self._page(request, "products", [_product(each) for each in PRODUCTS])

    async def schedules(self, request: Request) -> Response:
        """The list tells no total."""
        name = f"schedules:{sorted(self.counted)}:{sorted(self.once)}"
        return self._page(request, "schedules", self.kept(name, self._schedules))

    async def schedule(self, request: Request) -> Response:
        found = self.town.index.agreements.get(request.path_params["id"])
        return self.fault(404) if found is None else answer({"schedule": self._schedule(found)})

    async def update(self, request: Request) -> Response:
        """Sets what is sent; flags that are left out fall back to false."""
        schedule = self.town.index.agreements.get(request.path_params["id"])
        line = self.town.index.lines.get(request.path_params["line"])
        if schedule is None or line is None or line.agreement_id != schedule.id:
            return self.fault(404)
        asked = json.loads(await request.body(), parse_float=Decimal)
        if not asked.get("name"):
            return answer({"error": ["Name can't be blank"]}, 422)
        cents = Decimal(asked.get("retail_cents", 0)) / 100
        quantity = Decimal(asked.get("quantity", line.quantity))
        self.town.change(line, quantity=quantity, unit_price=cents, taxable=asked.get("taxable", False))
        return answer({"schedule_line_item": self._line(line)})

    def _page(self, request: Request, name: str, rows: Sequence[Mapping[str, Any]]) -> Response:
        return answer({name: page_of(rows, whole(request, "page", 1), self.per_page)})

    def _schedules(self) -> list[Mapping[str, Any]]:
        return [self._schedule(each) for each in self.town.estate.agreements]

    def _schedule(self, each: Agreement) -> Mapping[str, Any]:
        today: date = self.town.estate.as_of
        lines = [line for line in self.town.index.additions.of(each.id) if line.is_active(today)]
        return {
            "id": int(each.id),
            "account_id": 1,
            "customer_id": int(each.client_id),
            "email_customer": True,
            "frequency": _FREQUENCIES[each.billing_cycle],
            "name": each.name,
            "next_run": f"{_next_run(each, today)}T00:00:00.000Z",
            "subtotal": sum((line.quantity * line.unit_price for line in lines), Decimal(0)),
            "paused": each.cancelled_on is not None and each.cancelled_on <= today,
            "last_invoice_paid": None,
            "lines": [self._line(line) for line in lines],
        }

    def _line(self, line: Line) -> Mapping[str, Any]:
        return {
            "id": int(line.id),
            "schedule_id": int(line.agreement_id),
            "product_id": product_id(line.product_code),
            "name": PRODUCT_BY_CODE[line.product_code].name,
            "description": "",
            "position": 1,
            "quantity": str(line.quantity),
            "cost_cents": int(line.unit_cost * 100),
            "retail_cents": int(line.unit_price * 100),
            "price_cost": line.unit_cost,
            "price_retail": line.unit_price,
            "taxable": line.taxable,
            "user_id": 1,
            "product_category": None,
            "asset_type_id": 3 if line.id in self.counted else None,
            "recurring_type_id": 2 if line.id in self.counted else None,
            "device_ids": [],
            "one_time_charge": line.id in self.once,
        }


def product_id(code: str) -> int:
    """Syncro's number of a product."""
    return 23_000_001 + list(PRODUCT_BY_CODE).index(code)


def _next_run(each: Agreement, today: date) -> date:
    found = next_month(today)
    while each.billing_cycle == "annual" and found.month != next_month(each.starts_on).month:
        found = next_month(found)
    return found


def _product(each: Product) -> Mapping[str, Any]:
    return {
        "id": product_id(each.code),
        "name": each.name,
        "description": each.name,
        "price_cost": each.cost,
        "price_retail": each.price,
        "disabled": False,
        "taxable": True,
        "quantity": 0,
        "upc_code": None,
    }


def _customer(each: Client) -> Mapping[str, Any]:
    site = each.sites[0]
    return {
        "id": int(each.id),
        "firstname": "",
        "lastname": "",
        "fullname": each.name,
        "business_name": each.name,
        "business_then_name": each.name,
        "email": f"office@{each.domain}",
        "phone": site.phone,
        "mobile": None,
        "address": site.address,
        "address_2": None,
        "city": site.city,
        "state": site.region,
        "zip": site.postcode,
        "disabled": False,
        "created_at": f"{each.since}T08:00:00.000Z",
        "updated_at": stamp(each.changed_at),
        "contacts": [],
    }


def _disabled() -> Mapping[str, Any]:
    """A customer of former days, shown only where disabled ones are asked for."""
    return {"id": 3, "fullname": "Old Mill Bakery", "business_name": "Old Mill Bakery", "disabled": True}
