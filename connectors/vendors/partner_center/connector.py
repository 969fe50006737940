"""Reads customers, subscriptions, invoices and their lines from Partner Center."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.pages import Params, cursored
from connectors.http.rows import Row
from connectors.records import Account
from connectors.vendors.microsoft365.signing import EntraToken, token_address
from connectors.vendors.partner_center import shapes
from connectors.vendors.partner_center.about import ABOUT, BILLING, CUSTOMERS
from connectors.vendors.partner_center.writing import PartnerCenterWriter
from connectors.wire import Wire

_BASE = "https://api.partnercenter.microsoft.com/v1"
_SCOPE = "https://api.partnercenter.microsoft.com/.default"
_TOKEN = "MS-ContinuationToken"  # noqa: S105 - the name of a header
_INVOICES, _LINES = 200, 2000
_PROVIDERS = {"one_time": "onetime", "onetime": "onetime", "office": "office", "azure": "azure"}
_BILLED = "billing_line_items"


class PartnerCenter(ApiConnector):
    """Lists lead on by a token (sent back as a header with `seekOperation=Next`) or by an offset in their link. There
    is no filter by time, so every read is whole.
    """

    about: ClassVar[About] = ABOUT
    page_size = 500

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        form = {
            "client_id": self.settings["client_id"],
            "client_secret": self.settings["client_secret"],
            "scope": _SCOPE,
        }
        self.api = self.open(_BASE, auth=EntraToken(self.about.name, token_address(self.settings["tenant_id"]), form))

        self._read: list[Account] = []

    @property
    def writer(self) -> PartnerCenterWriter:
        """The writing side: quantities of subscriptions."""
        return PartnerCenterWriter(self.api)

    def identify(self) -> str:
        self.api.get("customers", {"size": 1}, needs=CUSTOMERS).row("list of customers").need_rows("items")
        return f"Partner tenant {self.settings['tenant_id']}"

    @stream("accounts", needs=CUSTOMERS)
    def accounts(self) -> Reads:
        found = []
        for row in self._customers():
            found.append(shapes.account(row))
            yield found[-1]
        self._read = found
        return ""

    @stream("skus", needs=CUSTOMERS)
    def skus(self) -> Reads:
        """What the subscriptions are of. Microsoft's whole price list is some ten thousand things nobody bought."""
        seen: set[str] = set()
        for _customer, rows in self._subscriptions():
            for row in rows:
                sku = shapes.sku(row)
                if sku.external_id not in seen:
                    seen.add(sku.external_id)
                    yield sku
        return ""

    @stream("seats", needs=CUSTOMERS)
    def seats(self) -> Reads:
        for customer, rows in self._subscriptions():
            for row in rows:
                yield shapes.seat(customer, row)
        return ""

    @stream("subscriptions", needs=CUSTOMERS)
    def subscriptions(self) -> Reads:
        for customer, rows in self._subscriptions():
            for row in rows:
                yield shapes.subscription(customer, row)
        return ""

    @stream("charges", needs=BILLING, optional=True)
    def charges(self) -> Reads:
        """The lines of issued invoices and their amendments; what is not yet billed still changes and is left out."""
        for listed in self._all("invoices", "invoice", BILLING, {"size": min(self.size, _INVOICES), "offset": 0}):
            for invoice in (listed, *listed.rows("amendments", "amendment")):
                yield from self._lines(invoice)
        return ""

    # --- parts

    def _customers(self) -> Iterator[Row]:
        return self._all("customers", "customer", CUSTOMERS, {"size": self.size})

    def _subscriptions(self) -> Iterator[tuple[str, list[Row]]]:
        """Each customer's subscriptions, several customers at once.

        Who is a customer is decided once for all streams of a sync. One that can't be read, even if he has just gone,
        fails the stream with his name: he would have an account and count as zero.
        """

        def of(customer: Account) -> tuple[str, list[Row]]:
            path = f"customers/{customer.external_id}/subscriptions"
            try:
                return customer.external_id, list(
                    self._all(path, "subscription", f"{CUSTOMERS} for {customer.name}", {})
                )
            except ApiFailure as failure:
                if failure.kind != "not_found":
                    raise
                raise self.failure("not_found", f"subscriptions of {customer.name}", detail=failure.detail) from failure

        if not self._read:
            self._read = [shapes.account(row) for row in self._customers()]
        for found in self.api.each(self._read, of):
            self.wire.go_on()
            yield found

    def _lines(self, invoice: Row) -> Iterator[Any]:
        number, found = invoice.need("id"), 0
        issued = invoice.day("invoiceDate")
        if issued is None:
            raise self.failure("unexpected_shape", f"invoice {number} has no date")
        for detail in invoice.need_rows("invoiceDetails", "invoice detail"):
            provider = _PROVIDERS.get(detail.text("billingProvider").casefold())
            if provider is None or detail.text("invoiceLineItemType", _BILLED) != _BILLED:
                continue
            asked = {
                "provider": provider,
                "invoicelineitemtype": "billinglineitems",
                "currencycode": invoice.text("currencyCode"),
                "size": min(self.wire.page_size or _LINES, _LINES),
            }
            for row in self._all(f"invoices/{number}/lineitems", "invoice line", BILLING, asked):
                found += 1
                yield shapes.charge(invoice, row, issued)
        if not found and invoice.exact("totalCharges"):
            raise self.failure("unexpected_shape", f"invoice {number} charges something and has no lines")

    def _all(self, path: str, noun: str, needs: str, params: Params) -> Iterator[Row]:
        def ask(asked: Params) -> Answer:
            token = asked.get(_TOKEN)
            query = {key: value for key, value in asked.items() if key != _TOKEN}
            return self.api.get(path, query, needs=needs, headers={_TOKEN: str(token)} if token else None)

        return cursored(
            self.api,
            path,
            lambda answer: answer.row(f"list of {noun}s").need_rows("items", noun),
            self._following,
            noun=noun,
            params=params,
            ask=ask,
        )

    def _following(self, answer: Answer, _rows: list[Row]) -> Params | None:
        """What to ask next: the token that the answer names, or the offset in its link; its address is not followed
        (Microsoft's own examples hold `?` twice)."""
        link = answer.row("list").row("links").row("next")
        place = link.text("uri")
        if not place:
            return None
        if "://" in place:
            self.api.url(place)
        tokens = [each.text("value") for each in link.rows("headers", "link header") if each.text("key") == _TOKEN]
        if tokens:
            return {"seekOperation": "Next", _TOKEN: tokens[0]}
        return {key: value for key, value in parse_qsl(place.partition("?")[2]) if key in ("offset", "size")}
