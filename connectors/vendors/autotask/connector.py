"""Reads customers, services, recurring service contracts with their lines, and invoices of Autotask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import ClassVar

from connectors.connector import About, Checked, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row, domain_of
from connectors.http.tokens import HeaderAuth
from connectors.records import Agreement, Client, Invoice, InvoiceLine, Product, Removed
from connectors.vendors.autotask.about import ABOUT, COMPANIES, CONTRACTS, INVOICES, SERVICES
from connectors.vendors.autotask.contracts import Contracts
from connectors.vendors.autotask.failures import explained
from connectors.vendors.autotask.links import Links
from connectors.vendors.autotask.lookups import Lookups
from connectors.vendors.autotask.session import FRONT, Session, Threshold, any_of, need_day, where
from connectors.vendors.autotask.units import BUNDLE, KINDS, SERVICE, Kind
from connectors.vendors.autotask.writing import AutotaskWriter
from connectors.wire import Wire

_PROBES = {
    COMPANIES: ("Companies", "Countries", "Currencies"),
    CONTRACTS: ("Contracts", *(entity for kind in KINDS for entity in (kind.links, kind.units))),
    SERVICES: tuple(kind.catalogue for kind in KINDS),
    INVOICES: ("Invoices", "BillingItems"),
}
_OVERLAP = timedelta(minutes=5)
_INVOICED_FOR = timedelta(days=400)
_POSTED_BEFORE = timedelta(days=200)


class Autotask(ApiConnector):
    """500 rows a page, by POST. The only thing that tells when it changed is the company; the rest is read whole."""

    about: ClassVar[About] = ABOUT
    page_size = 500

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        given = self.settings
        signs = {
            "UserName": given["username"],
            "Secret": given["secret"],
            "ApiIntegrationCode": given["integration_code"],
        }

        def opened(address: str) -> Http:
            return self.open(address, auth=HeaderAuth(signs))

        self.session = Session(self.about.name, given["username"], self.open(FRONT), opened, self.size)
        self._lookups = Lookups(self.session, wire, self._company_types())

    @property
    def writer(self) -> AutotaskWriter:
        """The writing side: units of contract services and bundles."""
        return AutotaskWriter(self.session, self._contracts())

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        return explained(self.about.name, answer, needs)

    def identify(self) -> str:
        own = next(self.session.query("Companies", where("id", "eq", 0), noun="company", needs=COMPANIES, most=1), None)
        return (own.text("companyName") if own is not None else "") or f"Autotask, as {self.settings['username']}"

    def threshold(self) -> Threshold:
        """How much of the hourly budget, which all integrations share, is used."""
        return self.session.threshold()

    def check(self) -> Checked:
        """Sign in, then ask for one row of each entity: reading the first line would mean reading all unit rows.

        The state of the shared request budget is among the remarks.
        """
        self.wire.note(str(self.threshold()))
        account = self.identify()
        missing: dict[str, ApiFailure] = {}
        for needs, entities in _PROBES.items():
            try:
                for entity in entities:
                    next(self.session.query(entity, where("id", "gt", 0), noun="row", needs=needs, most=1), None)
                    if entity == "Contracts":
                        self._contracts().recurring_type()
                    elif entity == "Companies":
                        self._lookups.client_types()
            except ApiFailure as failure:
                if failure.kind != "privilege_missing":
                    raise
                missing[needs] = failure
        return Checked(account=account, missing=tuple(missing.values()), notes=self.wire.notes())

    @stream("clients", incremental=True, needs=COMPANIES)
    def clients(self, since: str = "") -> Reads:
        """Active companies of the chosen types; since a cursor also those that no longer are, as removed."""
        types = self._lookups.client_types()
        began = self.session.now()
        changed = (where("id", "gt", 0), where("lastActivityDate", "gte", since))
        asked = changed if since else self._lookups.are_clients()
        for row in self.session.query("Companies", *asked, noun="company", needs=COMPANIES):
            if row.need("companyType") in types and row.flag("isActive", True):
                yield self._client(row)
            elif since:
                yield Removed(external_id=row.need("id"))
        return f"{began - _OVERLAP:%Y-%m-%dT%H:%M:%SZ}"

    @stream("products", needs=SERVICES)
    def products(self) -> Reads:
        currency = self._lookups.own_currency()
        for kind in KINDS:
            for row in self._catalogue(kind):
                yield Product(
                    external_id=kind.line_id(row.need("id")),
                    code=kind.code(row),
                    name=row.need("name"),
                    unit_price=row.exact("unitPrice"),
                    unit_cost=row.exact("unitCost"),
                    currency=currency,
                    attributes={**row.attributes({"id", "name"}), "kind": kind.noun},
                )
        return ""

    @stream("agreements", needs=CONTRACTS)
    def agreements(self) -> Reads:
        contracts, clients = self._contracts(), self._lookups.clients()
        for row in contracts.rows():
            if not self._is_of(clients, row, "contract"):
                continue
            yield Agreement(
                external_id=row.need("id"),
                client_external_id=row.need("companyID"),
                name=row.text("contractName"),
                billing_cycle=contracts.cycle(row)[0],
                starts_on=row.day("startDate"),
                ends_on=row.day("endDate"),
                attributes={
                    **row.attributes({"id", "companyID", "contractName"}),
                    "status": contracts.status(row),
                },
            )
        return ""

    @stream("lines", needs=CONTRACTS)
    def lines(self) -> Reads:
        """The services and bundles of recurring contracts, with the units that are in force today."""
        contracts = self._contracts()
        terms = contracts.terms(self._lookups.clients())
        for kind in KINDS:
            named = {row.need("id"): (kind.code(row), row.text("name")) for row in self._catalogue(kind)}
            yield from contracts.lines(kind, terms, named)
        return ""

    @stream("invoices", needs=INVOICES, optional=True)
    def invoices(self) -> Reads:
        """Invoices of the last 400 days that were not voided."""
        clients = self._lookups.clients()
        for row in self._invoices():
            if not self._is_of(clients, row, "invoice"):
                continue
            company = row.need("companyID")
            yield Invoice(
                external_id=row.need("id"),
                client_external_id=company,
                number=row.text("invoiceNumber") or row.need("id"),
                issued_on=need_day(row, "invoiceDateTime"),
                currency=clients[company],
                total=row.need_exact("invoiceTotal"),
                attributes=row.attributes({"id", "companyID", "invoiceNumber", "invoiceTotal"}),
            )
        return ""

    @stream("invoice_lines", needs=INVOICES, optional=True)
    def invoice_lines(self) -> Reads:
        """What was posted for services and bundles, on the invoices that are read; labour and charges are left out."""
        clients = self._lookups.clients()
        invoices = {row.need("id") for row in self._invoices() if row.need("companyID") in clients}
        links = {kind: Links(kind, self._catalogue(kind), self._contracts().links(kind)) for kind in KINDS}
        since = self.session.now().date() - _INVOICED_FOR - _POSTED_BEFORE
        for row in self.session.query(
            "BillingItems",
            where("invoiceID", "exist"),
            where("itemDate", "gte", _midnight(since)),
            any_of(where("serviceID", "exist"), where("serviceBundleID", "exist")),
            noun="billing item",
            needs=INVOICES,
        ):
            invoice = row.need("invoiceID")
            if invoice not in invoices:
                continue
            kind = SERVICE if row.has("serviceID") else BUNDLE
            yield InvoiceLine(
                external_id=row.need("id"),
                invoice_external_id=invoice,
                line_external_id=links[kind].line_id(row),
                product_code=links[kind].code(row),
                quantity=row.need_exact("quantity"),
                unit_price=row.need_exact("rate"),
                amount=row.need_exact("extendedPrice"),
                attributes=row.attributes({"id", "invoiceID", "quantity", "rate", "extendedPrice"}),
            )
        return ""

    def _client(self, row: Row) -> Client:
        street = " ".join(part for part in (row.text("address1"), row.text("address2")) if part)
        return Client(
            external_id=row.need("id"),
            name=row.need("companyName"),
            domain=domain_of(row.text("webAddress")),
            phone=row.text("phone"),
            address=street,
            city=row.text("city"),
            region=row.text("state"),
            postcode=row.text("postalCode"),
            country=self._lookups.country(row.text("countryID")),
            attributes={
                **row.attributes(
                    {"id", "companyName", "webAddress", "phone", "address1", "address2", "lastActivityDate"}
                ),
                "currency": self._lookups.currency(row.text("currencyID")),
            },
        )

    def _is_of(self, clients: Mapping[str, str], row: Row, noun: str) -> bool:
        """Whether a row is a client's; what is left out is remarked on."""
        if row.need("companyID") in clients:
            return True
        self.wire.note(f"Left out: a {noun} of a company that is no client.")
        return False

    def _contracts(self) -> Contracts:
        return Contracts(self.session, self.wire)

    def _catalogue(self, kind: Kind) -> Iterator[Row]:
        return self.session.query(kind.catalogue, where("id", "gt", 0), noun=kind.noun, needs=SERVICES)

    def _invoices(self) -> Iterator[Row]:
        since = self.session.now().date() - _INVOICED_FOR
        rows = self.session.query(
            "Invoices", where("invoiceDateTime", "gte", _midnight(since)), noun="invoice", needs=INVOICES
        )
        return (row for row in rows if not row.flag("isVoided"))

    def _company_types(self) -> tuple[str, ...]:
        return tuple(each.strip() for each in self.settings["company_types"].split(",") if each.strip())


def _midnight(day: date) -> str:
    return f"{day}T00:00:00Z"
