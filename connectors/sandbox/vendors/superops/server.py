"""SuperOps's GraphQL API over the estate: lists with pages, contracts with changes, errors inside a 200."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import PRODUCTS
from connectors.sandbox.estate.invoices import invoices
from connectors.sandbox.server.vendor import VendorServer, answer, page_of
from connectors.sandbox.vendors.superops import rows
from connectors.sandbox.vendors.superops.picking import Fields, fields_of, picked

_LARGEST = 100
_OTHERS = (("19990", "Lighthouse Prospects", "Prospect"), ("19991", "Former Friends Ltd", "Former"))
_FORMER = {"client": {"accountId": rows.client_id("19991"), "name": "Former Friends Ltd"}}


@dataclass(frozen=True, slots=True)
class _Listing:
    """A list that comes in pages: the field that holds the rows, and the input's field that holds the page."""

    key: str
    items: Callable[[SuperOpsServer], Iterator[rows.Item]]
    around: str = ""


class SuperOpsServer(VendorServer):
    """`steps` holds the changes made by the API, by line id. A contract may be shown otherwise by `shown`."""

    id = "superops"
    hosts = ("api.superops.ai", "euapi.superops.ai")
    budget = (800, 60)
    settings = {
        "subdomain": "northbeam",
        "token": "api-northbeam-5fd2c1f0a7e94f6b",
        "currency": "USD",
    }

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.steps: dict[str, list[rows.Step]] = {}
        self.shown: Callable[[rows.Item], rows.Item] = lambda contract: contract
        self._waiting: list[tuple[str, rows.Step]] = []
        self._number = 100

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/msp", self.ask, methods=["POST"])]

    def refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.settings['token']}":
            return answer({"message": "Unauthorized"}, 401)
        if request.headers.get("customersubdomain") != self.settings["subdomain"]:
            return answer({"message": "The customer subdomain is not known."}, 400)
        return None

    def fault(self, status: int, *, retry_after: str = "") -> Response:  # noqa: ARG002
        # The limit is told by a code inside a 200, without a time to wait.
        return _error("rate_limit_exceeded") if status == 429 else answer({"message": f"error {status}"}, status)

    async def ask(self, request: Request) -> Response:
        asked = json.loads(await request.body(), parse_float=Decimal)
        selection = fields_of(asked["query"])
        name, wanted = next(iter(selection.items()))
        given = (asked.get("variables") or {}).get("input") or {}
        self._settle()
        if name == "updateClientContract":
            return self._update(given)
        if name == "getClientContract":
            return self._contract(given, wanted)
        if name == "getClientStageList":
            stages = [dict(zip(("stageId", "name", "constant"), each, strict=True)) for each in rows.STAGES]
            return answer({"data": {name: picked(stages, wanted)}})
        if name in _LISTS:
            return self._page(name, given, wanted)
        return _error("", f"Validation error: Field '{name}' in type 'Query' is undefined", "ValidationError")

    def _page(self, name: str, given: Mapping[str, Any], wanted: Fields) -> Response:
        listing = _LISTS[name]
        info = given.get(listing.around, {}) if listing.around else given
        number, size = info.get("page", 1), info.get("pageSize", 10)
        if not 1 <= size <= _LARGEST or number < 1:
            return _error("range_validation_failed")
        items = self.kept(name, lambda: list(listing.items(self)))
        page = page_of(items, number, size)
        shown = {"page": number, "pageSize": size, "hasMore": number * size < len(items), "totalCount": len(items)}
        return answer({"data": {name: picked({listing.key: list(page), "listInfo": shown}, wanted)}})

    def _contract(self, given: Mapping[str, Any], wanted: Fields) -> Response:
        found = next((each for each in self._contracts() if each["contractId"] == given.get("contractId")), None)
        if found is None:
            return _error("entity_does_not_exist")
        return answer({"data": {"getClientContract": picked(found, wanted)}})

    def _update(self, given: Mapping[str, Any]) -> Response:
        contract = given.get("contract", {})
        change = (contract.get("billableContract") or {}).get("change") or {}
        line = self.town.index.lines.get(rows.line_id(str(contract.get("contractId", ""))))
        if line is None:
            return _error("entity_does_not_exist")
        try:
            quantity, day = Decimal(change["quantity"]), date.fromisoformat(change["effectiveDate"])
        except (KeyError, InvalidOperation, ValueError):
            return _error("mandatory_validation_failed")
        if change.get("quantityChangeOperation") not in ("INCREASE", "DECREASE") or quantity <= 0:
            return _error("type_validation_failed")
        self._number += 1
        step = rows.Step(f"{line.id}{self._number}", change["quantityChangeOperation"], quantity, day)
        self.steps.setdefault(line.id, []).append(step)
        self._waiting.append((line.id, step))
        self._settle()
        self._kept.clear()
        return answer({"data": {"updateClientContract": rows.contract_id(line.id)}})

    def _settle(self) -> None:
        """Let changes whose day has come count in the estate."""
        for number, step in [each for each in self._waiting if each[1].starts_on <= self.town.estate.as_of]:
            self._waiting.remove((number, step))
            line = self.town.index.lines.get(number)
            if line is not None:
                by = step.quantity if step.operation == "INCREASE" else -step.quantity
                self.town.change(line, quantity=line.quantity + by)

    # --- what each list holds

    def _clients(self) -> Iterator[rows.Item]:
        yield from (rows.client(each) for each in self.town.estate.clients)
        yield from (rows.prospect(*each) for each in _OTHERS)

    def _sites(self) -> Iterator[rows.Item]:
        for each in self.town.estate.clients:
            yield from rows.sites(each)

    def _contracts(self) -> Iterator[rows.Item]:
        for spot, line in enumerate(self.town.estate.lines):
            agreement = self.town.index.agreements.get(line.agreement_id)
            client = self.town.index.clients.get(line.client_id)
            assert agreement is not None
            assert client is not None
            steps = self.steps.get(line.id, ())
            yield self.shown(rows.contract(line, agreement, client.name, steps, self.town.estate.as_of))
            if spot % 9 == 0:
                yield rows.time_and_material(line, client.name)
            if spot == 0:
                theirs = replace(line, id="999999")
                yield {**rows.contract(theirs, agreement, client.name, (), self.town.estate.as_of), **_FORMER}

    def _invoices(self) -> Iterator[rows.Item]:
        for each in invoices(self.town.estate):
            yield rows.invoice(each, self._name(each.client_id))
        yield from (shown for _each, shown in self._not_issued())

    def _invoice_items(self) -> Iterator[rows.Item]:
        for each in invoices(self.town.estate):
            shown = rows.invoice(each, self._name(each.client_id))
            yield from (rows.invoice_item(each, line, shown) for line in each.lines)
        for each, shown in self._not_issued():
            yield rows.invoice_item(each, each.lines[0], shown)

    def _not_issued(self) -> Iterator[tuple[Any, rows.Item]]:
        """A draft, a void invoice, and one to somebody who is no client any more."""
        first = next(iter(invoices(self.town.estate)), None)
        if first is not None:
            for number, status in (("1", "DRAFT"), ("2", "VOID"), ("3", "PAID")):
                shown = rows.invoice(first, self._name(first.client_id), status, number)
                yield first, {**shown, **_FORMER} if status == "PAID" else shown

    def _name(self, client_id: str) -> str:
        found = self.town.index.clients.get(client_id)
        return found.name if found is not None else "A client that left"


_LISTS: dict[str, _Listing] = {
    "getClientList": _Listing("clients", SuperOpsServer._clients),
    "getClientSiteList": _Listing("sites", SuperOpsServer._sites, around="listInfo"),
    "getServiceCatalogItemList": _Listing("items", lambda _server: map(rows.item, PRODUCTS)),
    "getClientContractList": _Listing("clientContracts", SuperOpsServer._contracts),
    "getInvoiceList": _Listing("invoices", SuperOpsServer._invoices),
    "getInvoiceItemList": _Listing("items", SuperOpsServer._invoice_items),
}


def _error(code: str, message: str | None = None, classification: str = "DataFetchingException") -> Response:
    """An error as SuperOps tells it: with status 200 and mostly without words."""
    extensions: dict[str, Any] = {"classification": classification}
    if code:
        extensions["clientError"] = [{"code": code, "param": {"attributes": []}}]
    return answer({"errors": [{"message": message, "locations": [], "extensions": extensions}], "data": None})
