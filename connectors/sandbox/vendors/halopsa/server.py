"""HaloPSA's server: sign-in with a tenant, pages that are asked for, recurring invoices that are changed by POST."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import PRODUCTS
from connectors.sandbox.estate.invoices import IssuedInvoice, invoices
from connectors.sandbox.estate.world import Agreement, Line
from connectors.sandbox.server.vendor import VendorServer, answer, page_of, whole
from connectors.sandbox.vendors.halopsa import shapes

T = TypeVar("T")
_LARGEST = 100
_UNPAGED = 50


class HaloServer(VendorServer):
    """`pending` holds the ids of agreements whose recurring invoices wait for approval. `shows_history` is False for
    a Halo whose edits can't be read; `shows_lines` for one whose lists leave the lines out."""

    id = "halopsa"
    hosts = ("*.halopsa.com",)
    token_lifetime_s = 3600.0
    budget = (700, 300)
    settings = {
        "host": "northbeam.halopsa.com",
        "tenant": "northbeam",
        "client_id": "6f1c0f3a-2f34-4a5b-9a55-6b1f6d0c7e11",
        "client_secret": "northbeam-halo-secret-7b2d51",
    }

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.pending: set[str] = set()
        self.shows_history = True
        self.shows_lines = True
        self._issued: tuple[object, list[IssuedInvoice]] = (None, [])

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/auth/token", self.token, methods=["POST"]),
            Route("/api/Client", self.clients),
            Route("/api/Site", self.sites),
            Route("/api/Item", self.items),
            Route("/api/RecurringInvoice", self.headers),
            Route("/api/RecurringInvoice/updatelines", self.update_lines, methods=["POST"]),
            Route("/api/RecurringInvoice/{id}", self.header),
            Route("/api/InvoiceChange", self.changes),
            Route("/api/Invoice", self.invoices),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path == "/auth/token":
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self.tokens.is_good(token) else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        if status in (401, 403):
            return Response(b"", status, headers)
        return answer(f"Halo answers {status}", status, headers)

    async def token(self, request: Request) -> Response:
        asked = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        if request.query_params.get("tenant", "") != self.settings["tenant"]:
            # Halo falls over a tenant that it does not know.
            return self.fault(500)
        wanted = {
            "grant_type": "client_credentials",
            "client_id": self.settings["client_id"],
            "client_secret": self.settings["client_secret"],
            "scope": "all",
        }
        if asked != wanted:
            said = {"error": "invalid_client", "error_description": "The specified client credentials are invalid."}
            return answer(said, 401)
        given = {"access_token": self.tokens.issue(), "token_type": "Bearer", "expires_in": int(self.token_lifetime_s)}
        return answer({**given, "scope": "all"})

    async def clients(self, request: Request) -> Response:
        return self._page(request, "clients", self.town.estate.clients, shapes.client)

    async def sites(self, request: Request) -> Response:
        found = [(owner, number) for owner in self.town.estate.clients for number in range(len(owner.sites))]
        return self._page(request, "sites", found, lambda each: shapes.site(*each, each[0].sites[each[1]]))

    async def items(self, request: Request) -> Response:
        return self._page(request, "items", PRODUCTS, shapes.item)

    async def headers(self, request: Request) -> Response:
        found = self.town.estate.agreements
        if request.query_params.get("awaiting_approval") == "true":
            found = [each for each in found if each.id in self.pending]
        with_lines = request.query_params.get("includelines") == "true" and self.shows_lines
        return self._page(request, "invoices", found, lambda each: self._header(each, with_lines=with_lines))

    async def header(self, request: Request) -> Response:
        found = self.town.index.agreements.get(request.path_params["id"].removeprefix("-"))
        with_lines = request.query_params.get("includedetails") == "true"
        return self.fault(404) if found is None else answer(self._header(found, with_lines=with_lines))

    async def update_lines(self, request: Request) -> Response:
        """Each object with an id changes that line, one without makes a new one; fields that are left out stay."""
        asked = json.loads(await request.body(), parse_float=Decimal)
        if not isinstance(asked, list) or not all(isinstance(each, dict) and "ihid" in each for each in asked):
            return self.fault(400)
        for each in asked:
            agreement = self.town.index.agreements.get(str(-int(each["ihid"])))
            found = self.town.index.find("line", str(each["id"])) if "id" in each else None
            if agreement is None or ("id" in each and (found is None or found.agreement_id != agreement.id)):
                return self.fault(400)
            if found is None:
                self._add(agreement, each)
            elif not found.included:
                # What Halo counts by itself it sets back at once.
                self.town.change(found, quantity=Decimal(each.get("qty_order", found.quantity)))
        return answer(self._header(agreement, with_lines=True))

    async def changes(self, request: Request) -> Response:
        if not self.shows_history:
            return self.fault(403)
        line = self.town.index.find("line", request.query_params.get("line_id", ""))
        past = self.town.estate.history.get(("line", line.id), []) if line is not None else []
        found = list(shapes.changes(line, past)) if isinstance(line, Line) else []
        return self._page(request, "changehistory", found, lambda each: each)

    async def invoices(self, request: Request) -> Response:
        with_lines = request.query_params.get("includelines") == "true"
        owners = self.town.index.clients

        def shown(each: IssuedInvoice) -> Mapping[str, object]:
            return shapes.invoice(each, owners.get(each.client_id), with_lines=with_lines)

        return self._page(request, "invoices", self._all_issued(), shown)

    def _all_issued(self) -> list[IssuedInvoice]:
        estate = self.town.estate
        now = (estate.as_of, estate.moment)
        if self._issued[0] != now:
            self._issued = (now, list(invoices(estate)))
        return self._issued[1]

    def _header(self, each: Agreement, *, with_lines: bool) -> Mapping[str, object]:
        estate, index = self.town.estate, self.town.index
        lines: Iterable[Line] = index.additions.of(each.id)
        shown = shapes.header(
            each,
            index.clients.by_id[each.client_id],
            estate.as_of,
            is_pending=each.id in self.pending,
            is_counted=any(line.included for line in lines),
        )
        return {**shown, "lines": [shapes.line(line, estate.as_of) for line in lines]} if with_lines else shown

    def _add(self, agreement: Agreement, asked: Mapping[str, Any]) -> None:
        like = next(iter(self.town.index.additions.of(agreement.id)))
        quantity = Decimal(asked.get("qty_order", 0))
        self.town.add(replace(like, id=self.town.new_id("line"), quantity=quantity))

    def _page(
        self, request: Request, key: str, items: Sequence[T], shown: Callable[[T], Mapping[str, object]]
    ) -> Response:
        if request.query_params.get("pageinate") != "true":
            return answer({"record_count": len(items), key: [shown(each) for each in items[:_UNPAGED]]})
        number, size = whole(request, "page_no", 1), min(max(1, whole(request, "page_size", 50)), _LARGEST)
        page = {"page_no": number, "page_size": size, "record_count": len(items)}
        return answer({**page, key: [shown(each) for each in page_of(items, number, size)]})
