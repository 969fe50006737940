"""Reads customers, items, recurring invoices and issued invoices of HaloPSA."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import ClassVar
from urllib.parse import quote

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.rows import Row, domain_of
from connectors.http.tokens import ClientCredentials
from connectors.records import Client, Invoice, InvoiceLine, Product
from connectors.vendors.halopsa import recurring
from connectors.vendors.halopsa.about import ABOUT, CUSTOMERS, INVOICES, ITEMS
from connectors.vendors.halopsa.lists import awaiting_approval, every, recurring_invoices
from connectors.vendors.halopsa.writing import HaloWriter
from connectors.wire import Wire

_CODES = ("internalreference", "supplier_part_code", "accountsid")


class HaloPsa(ApiConnector):
    """Paging counts from 1 and names the number of all rows. Halo's lists of what is billed can't be asked for what
    changed, and none tells what was deleted, so every read is whole."""

    about: ClassVar[About] = ABOUT
    page_size = 50

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        base = f"https://{_host(self.settings['host'])}"
        tenant = self.settings["tenant"]
        sign_in = ClientCredentials(
            self.about.name,
            f"{base}/auth/token" + (f"?tenant={quote(tenant)}" if tenant else ""),
            {
                "client_id": self.settings["client_id"],
                "client_secret": self.settings["client_secret"],
                "scope": "all",
            },
        )
        self.api = self.open(f"{base}/api", auth=sign_in)

    @property
    def writer(self) -> HaloWriter:
        """The writing side: quantities of recurring invoice lines."""
        return HaloWriter(self.api)

    def budget_account(self) -> str:
        return _host(self.settings["host"]).casefold()

    def identify(self) -> str:
        asked = {"pageinate": True, "page_no": 1, "page_size": 1}
        page = self.api.get("Client", asked, needs=CUSTOMERS).row("list of clients")
        return f"{_host(self.settings['host'])} with {page.need_exact('record_count')} customers"

    @stream("clients", needs=CUSTOMERS)
    def clients(self) -> Reads:
        """Active customers with the address of their main site."""
        sites = self._sites()
        asked = {"includeactive": True, "includeinactive": False}
        for row in every(self.api, "Client", "clients", "client", needs=CUSTOMERS, size=self.size, params=asked):
            if row.flag("inactive"):
                continue
            number = recurring.whole_id(row, "id")
            of_client = sites.get(number, {})
            site = of_client.get(row.text("main_site_id")) or next(iter(of_client.values()), None)
            yield _client(row, number, site)
        return ""

    @stream("products", needs=ITEMS)
    def products(self) -> Reads:
        """All items, those no longer sold too: lines may still bill them."""
        rows = self._items()
        codes = _codes(rows)
        for row in rows:
            is_recurring = row.flag("isrecurringitem")
            price = row.exact("recurringprice") if is_recurring else None
            cost = row.exact("recurringcost") if is_recurring else None
            yield Product(
                external_id=row.need("id"),
                code=codes[row.need("id")],
                name=row.text("name") or codes[row.need("id")],
                unit_price=price if price is not None else row.exact("baseprice"),
                unit_cost=cost if cost is not None else row.exact("costprice"),
                attributes=row.attributes({"id", "name"}),
            )
        return ""

    @stream("agreements", needs=INVOICES)
    def agreements(self) -> Reads:
        for row in every(self.api, "RecurringInvoice", "invoices", "recurring invoice", needs=INVOICES, size=self.size):
            found = recurring.agreement(row)
            if "period_unknown" in found.attributes:
                self.wire.note("A recurring invoice does not tell its period; it is taken as monthly.")
            yield found
        return ""

    @stream("lines", needs=INVOICES)
    def lines(self) -> Reads:
        """All lines, ended and inactive ones with their dates. Headings of groups are no lines."""
        items = self._items()
        codes, names = _codes(items), {row.need("id"): row.text("name") for row in items}
        waiting: frozenset[str] | None = None
        for header in recurring_invoices(self.api, self.size):
            if waiting is None and header.flag("requires_approval"):
                waiting = awaiting_approval(self.api, self.size)
            is_pending = header.need("id") in (waiting or ())
            for row in header.need_rows("lines", "recurring invoice line"):
                if row.flag("isgroupdesc"):
                    continue
                code = _code(row, codes)
                name = names.get(row.text("_itemid")) or row.text("item_shortdescription") or code
                yield recurring.line(row, header, code, name, is_pending=is_pending)
        return ""

    @stream("invoices", needs=INVOICES)
    def invoices(self) -> Reads:
        for row in every(self.api, "Invoice", "invoices", "invoice", needs=INVOICES, size=self.size):
            number, issued_on = row.need("id"), _issued_on(row)
            if issued_on is None:
                continue
            yield Invoice(
                external_id=number,
                client_external_id=recurring.whole_id(row, "client_id"),
                number=row.text("invoicenumber") or row.text("thirdpartyinvoicenumber") or number,
                issued_on=issued_on,
                currency=recurring.currency(row),
                total=row.need_exact("total"),
                attributes=row.attributes({"id", "client_id", "invoicenumber", "total"}),
            )
        return ""

    @stream("invoice_lines", needs=INVOICES)
    def invoice_lines(self) -> Reads:
        codes, asked = _codes(self._items()), {"includelines": True}
        for row in every(self.api, "Invoice", "invoices", "invoice", needs=INVOICES, size=self.size, params=asked):
            if _issued_on(row) is None:
                continue
            number = row.need("id")
            for each in row.need_rows("lines", "invoice line"):
                if each.flag("isgroupdesc"):
                    continue
                yield InvoiceLine(
                    external_id=each.need("id"),
                    invoice_external_id=number,
                    line_external_id=_billed_by(each),
                    product_code=_code(each, codes),
                    quantity=each.need_exact("qty_order"),
                    unit_price=each.need_exact("unit_price"),
                    amount=each.need_exact("net_amount"),
                    attributes=each.attributes({"id", "ihid", "item_code", "qty_order", "unit_price", "net_amount"}),
                )
        return ""

    def _items(self) -> list[Row]:
        """The catalogue, some thousand rows."""
        asked = {"includeactive": True, "includeinactive": True}
        return list(every(self.api, "Item", "items", "item", needs=ITEMS, size=self.size, params=asked))

    def _sites(self) -> Mapping[str, Mapping[str, Row]]:
        """Client id -> site id -> site, in the order of their ids."""
        found: dict[str, dict[str, Row]] = {}
        asked = {"includeaddress": True, "includeactive": True, "includeinactive": False}
        for row in every(self.api, "Site", "sites", "site", needs=CUSTOMERS, size=self.size, params=asked):
            if row.has("client_id"):
                found.setdefault(recurring.whole_id(row, "client_id"), {})[row.need("id")] = row
        return found


def _codes(items: list[Row]) -> Mapping[str, str]:
    """Item id -> the code that products and lines share. A code that several items have is told apart by the id."""
    shown = {row.need("id"): next(filter(None, (row.text(key) for key in _CODES)), "") for row in items}
    times = Counter(shown.values())
    return {
        item: code if code and times[code] == 1 else f"{code} #{item}" if code else f"item {item}"
        for item, code in shown.items()
    }


def _client(row: Row, number: str, site: Row | None) -> Client:
    mail = row.text("accountsemailaddress")
    street = [] if site is None else [site.text(f"delivery_address_line{each}") for each in (1, 2)]
    return Client(
        external_id=number,
        name=row.need("name"),
        domain=domain_of(row.text("domain") or row.text("website")),
        emails=(mail,) if "@" in mail else (),
        phone=row.text("main_phonenumber") or ("" if site is None else site.text("phonenumber")),
        address=", ".join(filter(None, street)),
        city="" if site is None else site.text("delivery_address_line3"),
        region="" if site is None else site.text("delivery_address_line4"),
        postcode="" if site is None else site.text("delivery_address_line5"),
        country="" if site is None else site.text("country_code_name"),
        aliases=tuple(filter(None, [row.text("trading_name")])),
        attributes=row.attributes({"id", "name"}),
    )


def _code(line: Row, codes: Mapping[str, str]) -> str:
    """The code of what a line bills: that of its item today, else what the line itself says."""
    shown = (codes.get(line.text("_itemid")), line.text("item_code"), line.text("item_shortdescription"))
    return next(filter(None, shown), "")


def _issued_on(row: Row) -> date | None:
    """When an invoice was issued; None for what is none: a recurring one, one that is void, a draft without a date."""
    row.need("invoice_date")
    if row.flag("is_recurring_invoice") or row.flag("voided"):
        return None
    return recurring.day(row, "invoice_date")


def _billed_by(line: Row) -> str:
    """The recurring invoice line behind an invoice line, "" where there is none (Halo writes 0)."""
    found = line.text("recurring_invoice_line_id")
    return "" if found == "0" else found


def _host(entered: str) -> str:
    return re.sub(r"^https://|(/api|/auth)?/?$", "", entered)
