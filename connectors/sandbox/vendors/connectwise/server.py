"""The server: sign-in by Basic and client id, discovery, lists, and writes of additions."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_NAME, PRODUCTS
from connectors.sandbox.estate.invoices import IssuedInvoice, invoices
from connectors.sandbox.estate.world import Agreement, Line
from connectors.sandbox.server.vendor import VendorServer, answer
from connectors.sandbox.vendors.connectwise import shapes
from connectors.sandbox.vendors.connectwise.asking import MEDIA, Unclear, listed

_BASE = "/v2025_1/apis/3.0"
_INFO = "/login/companyinfo/"
_SAID = {
    400: ("InvalidObject", "The request is not valid."),
    401: ("Unauthorized", "The supplied credentials are not valid."),
    403: ("Forbidden", "You do not have security permission to perform this action."),
    404: ("NotFound", "The record was not found."),
    409: ("Conflict", "The record is in use."),
    500: ("ConnectWiseApi", "An internal error has occurred."),
}


class ConnectWiseServer(VendorServer):
    """`prorating` are ids of agreements that charge by the day."""

    id = "connectwise"
    hosts = ("*.myconnectwise.net",)
    budget = (1000, 60)
    settings = {
        "server": "na.myconnectwise.net",
        "company_id": "northbeam",
        "public_key": "Kq3vT9sWb2LmXzR4",
        "private_key": "pN7hYc5dJw8GfU1e",
        "client_id": "5a0d6a3e-7b7a-4c55-9d1f-2f6f9c1b8e47",
    }

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.prorating: set[str] = set()

    def routes(self) -> Sequence[BaseRoute]:
        additions = _BASE + "/finance/agreements/{agreement}/additions"
        return [
            Route(_INFO + "{company}", self.company_info),
            Route(_BASE + "/system/info", self.info),
            Route(_BASE + "/company/companies", self.companies),
            Route(_BASE + "/company/companies/statuses", self.statuses),
            Route(_BASE + "/company/companies/types", self.types),
            Route(_BASE + "/procurement/catalog", self.catalogue),
            Route(_BASE + "/procurement/products", self.products),
            Route(_BASE + "/finance/agreements", self.agreements),
            Route(_BASE + "/finance/agreements/{agreement}", self.agreement),
            Route(additions, self.additions),
            Route(additions, self.begin, methods=["POST"]),
            Route(additions + "/{addition}", self.addition),
            Route(additions + "/{addition}", self.patch, methods=["PATCH"]),
            Route(_BASE + "/finance/invoices", self.invoices),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path.startswith(_INFO):
            return None
        if not request.headers["host"].startswith("api-"):
            return _error(403, "Security", "SSL is required.")
        good = self.settings
        pair = f"{good['company_id']}+{good['public_key']}:{good['private_key']}"
        if request.headers.get("authorization") != "Basic " + base64.b64encode(pair.encode()).decode():
            return self.fault(401)
        if request.headers.get("clientid") != good["client_id"]:
            return _error(401, "ClientId", "The clientId is missing or not known.")
        if "vnd.connectwise.com+json" not in request.headers.get("accept", ""):
            return _error(406, "NotAcceptable", "The media type is not known.")
        return None

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        if status == 429:
            wait = retry_after or "30"
            body = {"error": "ConnectWiseAPI", "message": f"Too many requests. Please try again in {wait} seconds."}
            return answer(body, 429, {"Retry-After": wait})
        return _error(status, *_SAID.get(status, ("ConnectWiseApi", f"Error {status}.")))

    async def company_info(self, request: Request) -> Response:
        if request.path_params["company"] != self.settings["company_id"]:
            return answer(None)
        return answer(
            {
                "CompanyName": MSP_NAME,
                "Codebase": "v2025_1/",
                "VersionCode": "v2025.1",
                "VersionNumber": "v2025.1.98765",
                "CompanyID": self.settings["company_id"],
                "IsCloud": True,
                "SiteUrl": request.headers["host"],
            }
        )

    async def info(self, _request: Request) -> Response:
        found = {"version": "v2025.1.98765", "isCloud": True, "serverTimeZone": "Eastern Standard Time"}
        return answer(found, media=MEDIA)

    async def companies(self, request: Request) -> Response:
        return self._list(request, self.kept("companies", lambda: shapes.companies(self.town.estate)))

    async def statuses(self, request: Request) -> Response:
        return self._list(request, shapes.statuses())

    async def types(self, request: Request) -> Response:
        return self._list(request, shapes.types())

    async def catalogue(self, request: Request) -> Response:
        return self._list(request, shapes.catalogue())

    async def agreements(self, request: Request) -> Response:
        def rows() -> list[shapes.Shown]:
            return sorted((self._agreement(each) for each in self.town.estate.agreements), key=lambda row: row["id"])

        return self._list(request, self.kept("agreements", rows))

    async def agreement(self, request: Request) -> Response:
        found = self.town.index.agreements.get(request.path_params["agreement"])
        return self.fault(404) if found is None else answer(self._agreement(found), media=MEDIA)

    async def additions(self, request: Request) -> Response:
        found = self.town.index.agreements.get(request.path_params["agreement"])
        if found is None:
            return self.fault(404)
        rows = [self._addition(line) for line in self.town.index.additions.of(found.id)]
        return self._list(request, sorted(rows, key=lambda row: row["id"]))

    async def addition(self, request: Request) -> Response:
        found = self._line(request)
        return self.fault(404) if found is None else answer(self._addition(found), media=MEDIA)

    async def invoices(self, request: Request) -> Response:
        def rows() -> list[shapes.Shown]:
            clients, agreements = self.town.index.clients, self.town.index.agreements
            found = (
                shapes.invoice(each, client, agreements.get(each.agreement_id))
                for each in self._issued()
                if (client := clients.get(each.client_id)) is not None
            )
            return sorted(found, key=lambda row: row["id"])

        return self._list(request, self.kept("invoices", rows))

    async def products(self, request: Request) -> Response:
        """They are many; asked by invoices, only those are looked through."""

        def rows() -> dict[int, list[shapes.Shown]]:
            clients = self.town.index.clients
            issued = (each for each in self._issued() if clients.get(each.client_id) is not None)
            return {shapes.invoice_id(each): list(shapes.products(each)) for each in issued}

        by_invoice = self.kept("products", rows)
        asked = re.search(r"invoice/id in \(([\d,]+)\)", request.query_params.get("conditions", ""))
        wanted = [int(part) for part in asked[1].split(",")] if asked else list(by_invoice)
        found = [row for each in wanted for row in by_invoice.get(each, ())]
        return self._list(request, sorted(found, key=lambda row: row["id"]))

    async def patch(self, request: Request) -> Response:
        line = self._line(request)
        if line is None:
            return self.fault(404)
        asked = json.loads(await request.body(), parse_float=Decimal)
        if not isinstance(asked, list) or any(each.get("op") not in ("add", "replace", "remove") for each in asked):
            return self.fault(400)
        values: dict[str, object] = {}
        for each in asked:
            values |= _field(each["path"], None if each["op"] == "remove" else each.get("value"))
        self.town.change(line, **values)
        return answer(self._addition(line), media=MEDIA)

    async def begin(self, request: Request) -> Response:
        parent = self.town.index.agreements.get(request.path_params["agreement"])
        if parent is None:
            return self.fault(404)
        asked = json.loads(await request.body(), parse_float=Decimal)
        product = next((each for each in PRODUCTS if shapes.item_id(each.code) == asked["product"]["id"]), None)
        if product is None or "billCustomer" not in asked:
            said = "product/id is not known." if product is None else "billCustomer is required."
            return _error(400, "InvalidObject", "addition object is invalid", (said,))
        line = Line(
            id=self.town.new_id("line"),
            agreement_id=parent.id,
            client_id=parent.client_id,
            product_code=product.code,
            quantity=Decimal(asked.get("quantity", 1)),
            unit_price=Decimal(asked.get("unitPrice", product.price)),
            unit_cost=Decimal(asked.get("unitCost", product.cost)),
            currency=parent.currency,
            billing_cycle=parent.billing_cycle,
            effective_on=_day(asked["effectiveDate"]) or self.town.estate.as_of,
            included=Decimal(asked.get("lessIncluded", 0)),
            cancelled_on=_day(asked.get("cancelledDate")),
            taxable=asked.get("taxableFlag", True),
        )
        self.town.add(line)
        return answer(self._addition(line), 201, media=MEDIA)

    def _issued(self) -> list[IssuedInvoice]:
        return self.kept("issued", lambda: list(invoices(self.town.estate)))

    def _list(self, request: Request, rows: Sequence[shapes.Shown]) -> Response:
        try:
            return listed(request, rows)
        except Unclear as error:
            return _error(400, "InvalidCondition", f"Conditions are not valid: {error}")

    def _agreement(self, each: Agreement) -> shapes.Shown:
        client = self.town.index.clients.by_id[each.client_id]
        return shapes.agreement(each, client, self.town.estate.as_of, prorates=each.id in self.prorating)

    def _addition(self, line: Line) -> shapes.Shown:
        return shapes.addition(line, self.town.index.agreements.by_id[line.agreement_id], self.town.estate.as_of)

    def _line(self, request: Request) -> Line | None:
        """Found by both ids: an addition is nowhere but on its own agreement."""
        found: Line | None = self.town.index.lines.get(request.path_params["addition"])
        return found if found is not None and found.agreement_id == request.path_params["agreement"] else None


def _field(path: str, value: Any) -> Mapping[str, object]:
    """What a patch sets. A path that ConnectWise does not know changes nothing, and is not complained of."""
    if path in ("quantity", "lessIncluded", "unitPrice"):
        name = {"quantity": "quantity", "lessIncluded": "included", "unitPrice": "unit_price"}[path]
        return {name: Decimal(value)}
    if path in ("effectiveDate", "cancelledDate"):
        return {{"effectiveDate": "effective_on", "cancelledDate": "cancelled_on"}[path]: _day(value)}
    return {}


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value[:10]) if value else None


def _error(status: int, code: str, message: str, errors: Sequence[str] = ()) -> Response:
    listed_errors = [{"code": code, "message": each, "resource": "", "field": ""} for each in errors] or None
    return answer({"code": code, "message": message, "errors": listed_errors}, status)
