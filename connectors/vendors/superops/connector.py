"""Reads clients, catalogue items, contracts and invoices of SuperOps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import ClassVar

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.http.tokens import HeaderAuth
from connectors.records import Agreement, Client, Invoice, InvoiceLine, Product
from connectors.vendors.superops import graph
from connectors.vendors.superops.about import ABOUT, CATALOGUE, CLIENTS, CONTRACTS, INVOICES
from connectors.vendors.superops.contracts import Contracts, price_of
from connectors.vendors.superops.graph import Graph, explained
from connectors.vendors.superops.writing import SuperOpsWriter
from connectors.wire import Wire

_HOSTS = {"us": "https://api.superops.ai", "eu": "https://euapi.superops.ai"}
_ISSUED = frozenset({"APPROVED", "PAID", "OVERDUE"})


class SuperOps(ApiConnector):
    """100 rows a page, counted from 1, with a total; nothing tells when it changed, so every read is whole."""

    about: ClassVar[About] = ABOUT
    page_size = 100

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        given = self.settings
        signs = {"Authorization": f"Bearer {given['token']}", "CustomerSubDomain": given["subdomain"]}
        self.graph = Graph(self.open(_HOSTS[given["region"]], auth=HeaderAuth(signs)), self.size)
        self._contracts = Contracts(self.graph, wire, given["currency"], given["quantities"])

    @property
    def writer(self) -> SuperOpsWriter:
        """The writing side: quantities of contracts."""
        return SuperOpsWriter(self.graph, self.settings["quantities"])

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        return explained(self.about.name, answer, needs)

    def identify(self) -> str:
        self._stages()
        return f"SuperOps account {self.settings['subdomain']}"

    @stream("clients", needs=CLIENTS)
    def clients(self) -> Reads:
        """Clients in the chosen stages, with the address of their headquarters."""
        sites = {
            row.row("client").text("accountId"): row
            for row in self.graph.all(graph.SITES, "sites", noun="site", needs=CLIENTS, around="listInfo")
            if row.flag("hq")
        }
        for row in self._clients():
            yield _client(row, sites.get(row.need("accountId")))
        return ""

    @stream("products", needs=CATALOGUE)
    def products(self) -> Reads:
        for row in self.graph.all(graph.ITEMS, "items", noun="catalogue item", needs=CATALOGUE):
            yield Product(
                external_id=row.need("itemId"),
                code=row.need("itemId"),
                name=row.need("name"),
                unit_price=price_of(row, "sellingPrice"),
                unit_cost=price_of(row, "costPrice"),
                currency=self.settings["currency"],
                attributes=row.attributes({"itemId", "name", "sellingPrice.model", "costPrice.model"}),
            )
        return ""

    @stream("agreements", needs=CONTRACTS)
    def agreements(self) -> Reads:
        """Every contract of SuperOps is an agreement with one line."""
        for each in self._contracts.billed(self._client_ids()):
            yield Agreement(
                external_id=each.id,
                client_external_id=each.client_id,
                name=each.name,
                billing_cycle=each.cycle,
                starts_on=each.starts_on,
                ends_on=each.ends_on,
                attributes=each.row.attributes({"contractId", "startDate", "endDate"}),
            )
        return ""

    @stream("lines", needs=CONTRACTS)
    def lines(self) -> Reads:
        """What each contract bills, with the quantity in force today."""
        prices = {
            row.need("itemId"): (price_of(row, "sellingPrice"), price_of(row, "costPrice"))
            for row in self.graph.all(graph.ITEMS, "items", noun="catalogue item", needs=CATALOGUE)
        }
        yield from self._contracts.lines(prices, self._client_ids())
        return ""

    @stream("invoices", needs=INVOICES, optional=True)
    def invoices(self) -> Reads:
        """Issued invoices; drafts and void ones are left out."""
        clients = self._client_ids()
        for row in self.graph.all(graph.INVOICES, "invoices", noun="invoice", needs=INVOICES):
            issued_on = row.day("invoiceDate")
            if row.need("statusEnum") not in _ISSUED:
                continue
            if row.row("client").need("accountId") not in clients:
                self.wire.note("Left out: an invoice to somebody who is no client.")
                continue
            if issued_on is None:
                raise self.failure("unexpected_shape", "invoice, invoiceDate holds no date")
            yield Invoice(
                external_id=row.need("invoiceId"),
                client_external_id=row.row("client").need("accountId"),
                number=row.text("displayId") or row.need("invoiceId"),
                issued_on=issued_on,
                currency=self.settings["currency"],
                total=row.need_exact("totalAmount"),
                attributes=row.attributes({"invoiceId", "displayId", "invoiceDate", "totalAmount"}),
            )
        return ""

    @stream("invoice_lines", needs=INVOICES, optional=True)
    def invoice_lines(self) -> Reads:
        """The items of issued invoices. An item names no contract: it is found by client and catalogue item, if one."""
        known: dict[tuple[str, str], set[str]] = {}
        clients = self._client_ids()
        for each in self._contracts.billed(clients):
            known.setdefault((each.client_id, each.item_id), set()).add(each.id)
        for row in self.graph.all(graph.INVOICE_ITEMS, "items", noun="invoice item", needs=INVOICES):
            invoice = row.row("invoice")
            client = invoice.row("client").need("accountId")
            if invoice.need("statusEnum") not in _ISSUED or client not in clients:
                continue
            item = row.row("serviceItem").text("itemId")
            contracts = known.get((client, item), set())
            quantity, price = row.need_exact("quantity"), row.need_exact("unitPrice")
            amount = row.exact("amount")
            yield InvoiceLine(
                external_id=row.need("itemId"),
                invoice_external_id=invoice.need("invoiceId"),
                line_external_id=next(iter(contracts)) if len(contracts) == 1 else "",
                product_code=item,
                quantity=quantity,
                unit_price=price,
                amount=_amount(row, quantity * price) if amount is None else amount,
                attributes=row.attributes({"itemId", "quantity", "unitPrice", "amount", "serviceItem.itemId"}),
            )
        return ""

    def _clients(self) -> Iterator[Row]:
        """Those in the chosen stages."""
        stages = self._stages()
        rows = self.graph.all(graph.CLIENTS, "clients", noun="client", needs=CLIENTS)
        return (row for row in rows if row.need("stage").casefold() in stages)

    def _client_ids(self) -> frozenset[str]:
        return frozenset(row.need("accountId") for row in self._clients())

    def _stages(self) -> frozenset[str]:
        """The chosen stages, folded. Raises ApiFailure for one that SuperOps does not have."""
        rows = self.graph.data(graph.STAGES, {}, CLIENTS).need_rows("getClientStageList", "stage")
        known = {row.need("name").casefold(): row.need("name") for row in rows}
        chosen = [each.strip() for each in self.settings["stages"].split(",") if each.strip()]
        for stage in chosen:
            if known and stage.casefold() not in known:
                there_are = ", ".join(known.values())
                raise self.failure("setting_wrong", f"the stage {stage}", detail=f"it has {there_are}")
        return frozenset(stage.casefold() for stage in chosen)


def _client(row: Row, site: Row | None) -> Client:
    domains = row.texts("emailDomains")
    found = site or Row({}, "site", row.vendor, row.wire)
    return Client(
        external_id=row.need("accountId"),
        name=row.need("name"),
        domain=domains[0].casefold() if domains else "",
        phone=found.text("contactNumber"),
        address=" ".join(_lines(found)),
        city=found.text("city"),
        region=found.text("stateCode"),
        postcode=found.text("postalCode"),
        country=found.text("countryCode"),
        attributes={**row.attributes({"accountId", "name"}), **_more(domains)},
    )


def _lines(site: Row) -> Iterator[str]:
    return (part for part in (site.text(f"line{number}") for number in (1, 2, 3)) if part)


def _more(domains: tuple[str, ...]) -> Mapping[str, str]:
    return {"email_domains": ";".join(domains)} if len(domains) > 1 else {}


def _amount(row: Row, gross: Decimal) -> Decimal:
    """What an item comes to where SuperOps does not say: quantity times price less the discount."""
    return gross - gross * (row.exact("discountRate") or Decimal(0)) / 100
