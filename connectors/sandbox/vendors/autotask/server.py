"""Autotask's REST API over the estate: zone, questions by POST, picklists, the request threshold, adjustments."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.invoices import invoices
from connectors.sandbox.estate.world import Client
from connectors.sandbox.server.vendor import VendorServer, answer
from connectors.sandbox.vendors.autotask import rows
from connectors.sandbox.vendors.autotask.asking import Refused, answered
from connectors.sandbox.vendors.autotask.periods import Book

ZONE = "https://webservices5.autotask.net/ATServicesRest"
_HEADERS = {"UserName": "username", "Secret": "secret", "ApiIntegrationCode": "integration_code"}
_HOUR_S = 3600.0


class AutotaskServer(VendorServer):
    """`picklists` may be changed by a test: no number means the same in every database. `made_services` are contract
    services that Autotask made because an adjustment named none that exists; `closed` are entities that the API
    user may not see."""

    id = "autotask"
    hosts = ("webservices*.autotask.net",)
    budget = (10_000, _HOUR_S)
    settings = {
        "username": "rcx7@northbeam-it.example",
        "secret": "nB#4ssecret81",
        "integration_code": "NBTRACK5EXAMPLE0CODE7",
    }

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.book = Book(self.town)
        self.picklists = json.loads(json.dumps(rows.PICKLISTS))
        self.made_services: list[Mapping[str, Any]] = []
        self.closed: set[str] = set()
        self._asked: deque[float] = deque()
        self._numbers = 5000

    def routes(self) -> Sequence[BaseRoute]:
        base = "/ATServicesRest/V1.0"
        return [
            Route("/atservicesrest/v1.0/zoneInformation", self.zone),
            Route(f"{base}/ThresholdInformation", self.threshold),
            Route(f"{base}/{{entity}}/entityInformation/fields", self.fields),
            Route(f"{base}/{{entity}}/query", self.query, methods=["POST"]),
            Route(f"{base}/{{entity}}/query/next", self.query, methods=["POST"]),
            Route(f"{base}/Contracts/{{contract}}/ServiceAdjustments", self.adjust, methods=["POST"]),
            Route(f"{base}/Contracts/{{contract}}/ServiceBundleAdjustments", self.adjust, methods=["POST"]),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path.endswith("/zoneInformation"):
            return None
        is_zone = request.headers.get("host", "") == ZONE.split("/")[2]
        signed = all(request.headers.get(name) == self.settings[key] for name, key in _HEADERS.items())
        if not signed or not is_zone:
            return _errors(401, "The credentials are not valid for this database.")
        self._asked.append(self.sandbox.now())
        self.book.settle()
        return None

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        said = {429: "You have exceeded the request threshold.", 500: "An unexpected error has occurred."}
        return answer({"errors": [said.get(status, f"The request failed ({status}).")]}, status, headers)

    async def zone(self, request: Request) -> Response:
        if request.query_params.get("user") != self.settings["username"]:
            return _errors(500, "Zone information could not be found for this user.")
        web = "https://ww5.autotask.net/"
        return answer({"zoneName": "America East 2", "url": f"{ZONE}/", "webUrl": web, "ci": 901235})

    async def threshold(self, _request: Request) -> Response:
        while self._asked and self._asked[0] <= self.sandbox.now() - _HOUR_S:
            self._asked.popleft()
        counted = {"externalRequestThreshold": 10_000, "requestThresholdTimeframe": 60}
        return answer({**counted, "currentTimeframeRequestCount": len(self._asked)})

    async def fields(self, request: Request) -> Response:
        entity = request.path_params["entity"]
        return answer({"fields": rows.fields(entity, self.picklists)}) if entity in _ENTITIES else self.fault(404)

    async def query(self, request: Request) -> Response:
        entity = request.path_params["entity"]
        if entity not in _ENTITIES:
            return self.fault(404)
        if entity in self.closed:
            return _errors(500, "The logged in Resource does not have the adequate permissions to query this entity.")
        items = self.kept(entity, lambda: list(_ENTITIES[entity](self)))
        body = json.loads(await request.body() or b"{}", parse_float=Decimal)
        try:
            return answer(answered(entity, items, body, request.query_params.get("paging", ""), ZONE))
        except Refused as refused:
            return _errors(500, str(refused))

    async def adjust(self, request: Request) -> Response:
        """An adjustment of a contract service or bundle; one that does not exist is made, as Autotask does."""
        asked = json.loads(await request.body(), parse_float=Decimal)
        change, number = asked.get("unitChange"), request.path_params["contract"]
        if not isinstance(change, int) or isinstance(change, bool):
            return _errors(500, "unitChange must be a whole number.")
        try:
            day = date.fromisoformat(str(asked.get("effectiveDate"))[:10])
        except ValueError:
            return _errors(500, "effectiveDate is not valid.")
        line_id = str(asked.get("contractServiceID") or asked.get("contractServiceBundleID") or "")
        line = self.town.index.lines.get(line_id)
        self._numbers += 1
        if line is None or line.agreement_id != number:
            self.made_services.append(asked)
            return answer({"itemId": self._numbers})
        agreement = self.town.index.agreements.get(line.agreement_id)
        assert agreement is not None
        periods = self.book.periods(line, agreement)
        held = next((each for each in periods if each.starts_on <= day <= each.ends_on), None)
        if held is None:
            return _errors(500, "effectiveDate must be inside the contract.")
        if held.units + change < 0:
            return _errors(500, "unitChange may not make the number of units negative.")
        self.book.adjust(line, day, Decimal(change))
        self._kept.clear()
        return answer({"itemId": self._numbers})

    def post(self, *, in_advance: bool) -> None:
        """Say when periods are approved and posted: as they begin, or once they are over."""
        self.book.in_advance = in_advance
        self._kept.clear()

    # --- what each entity holds, in the order of ids

    def _companies(self) -> Iterator[rows.Item]:
        gone = [(each.entity, each.at) for each in self.town.estate.gone if isinstance(each.entity, Client)]
        yield from rows.companies(self.town.estate.clients, gone)

    def _contracts(self) -> Iterator[rows.Item]:
        agreements = sorted(self.town.estate.agreements, key=lambda each: int(each.id))
        for spot, agreement in enumerate(agreements):
            yield rows.contract(agreement, self.town.estate.as_of)
            if spot % 5 == 0:
                yield rows.other_contract(agreement)
        yield from (rows.strangers_contract(agreement, spot) for spot, agreement in enumerate(agreements[:2]))

    def _links(self, *, bundles: bool) -> Iterator[rows.Item]:
        yield from (rows.link(line) for line in self._lines(bundles=bundles))

    def _units(self, *, bundles: bool) -> Iterator[rows.Item]:
        for line in self._lines(bundles=bundles):
            yield from self._unit_rows(line)

    def _invoices(self) -> Iterator[rows.Item]:
        issued = list(invoices(self.town.estate))
        found = [rows.invoice(each) for each in issued]
        if issued:
            found.append(rows.invoice(issued[-1], is_voided=True, number=1))
            found.append({**rows.invoice(issued[-1], number=2), "companyID": rows.FORMER})
        yield from sorted(found, key=lambda each: each["id"])

    def _billing_items(self) -> Iterator[rows.Item]:
        issued = list(invoices(self.town.estate))
        found = [rows.billing_item(each, line) for each in issued for line in each.lines]
        if issued:
            last = issued[-1]
            found.append(rows.billing_item(last, last.lines[0], number=1, on=1))
            found.append(rows.labour(2, last))
            found.append({**rows.billing_item(last, last.lines[0], number=3, on=2), "companyID": rows.FORMER})
        yield from sorted(found, key=lambda each: each["id"])

    def _lines(self, *, bundles: bool) -> list[Any]:
        chosen = [each for each in self.town.estate.lines if (each.product_code in rows.BUNDLED) == bundles]
        return sorted(chosen, key=lambda each: int(each.id))

    def _unit_rows(self, line: Any) -> Iterator[rows.Item]:
        agreement = self.town.index.agreements.get(line.agreement_id)
        assert agreement is not None
        yield from (rows.units(line, period) for period in self.book.periods(line, agreement))


_ENTITIES: dict[str, Callable[[AutotaskServer], Iterator[rows.Item]]] = {
    "Companies": AutotaskServer._companies,
    "Contracts": AutotaskServer._contracts,
    "Services": lambda _server: rows.catalogue(bundles=False),
    "ServiceBundles": lambda _server: rows.catalogue(bundles=True),
    "ContractServices": lambda server: server._links(bundles=False),
    "ContractServiceBundles": lambda server: server._links(bundles=True),
    "ContractServiceUnits": lambda server: server._units(bundles=False),
    "ContractServiceBundleUnits": lambda server: server._units(bundles=True),
    "Invoices": AutotaskServer._invoices,
    "BillingItems": AutotaskServer._billing_items,
    "Countries": lambda _server: (
        {"id": spot, "countryCode": code, "displayName": code, "isActive": True}
        for spot, code in enumerate(rows.COUNTRIES, start=1)
    ),
    "Currencies": lambda _server: (
        {"id": spot, "name": code, "description": code, "isActive": True, "isInternalCurrency": code == "USD"}
        for spot, code in enumerate(rows.CURRENCIES, start=1)
    ),
}


def _errors(status: int, *said: str) -> Response:
    return answer({"errors": list(said)}, status)
