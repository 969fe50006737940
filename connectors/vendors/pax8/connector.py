"""Reads companies, products, subscriptions and invoice items of Pax8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.pages import numbered
from connectors.http.rows import Row, domain_of
from connectors.http.tokens import ClientCredentials
from connectors.records import Account, Charge, Seat, Sku, Subscription
from connectors.vendors.pax8.about import ABOUT, COMPANIES, INVOICES, PRODUCTS, SUBSCRIPTIONS
from connectors.vendors.pax8.writing import Pax8Writer
from connectors.wire import Wire

_BASE = "https://api.pax8.com/v1"
_STATUS = {"Active": "active", "Activated": "active", "Trial": "active", "PendingCancel": "active"}
_ENDED = {"Cancelled", "Converted"}
_CYCLES = {"monthly": "monthly", "annual": "annual", "one-time": "one_time", "activation": "one_time"}


class Pax8(ApiConnector):
    """Paging counts from 0, 200 rows at most; the API has no filter by time, so every read is whole."""

    about: ClassVar[About] = ABOUT

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        form = {
            "client_id": self.settings["client_id"],
            "client_secret": self.settings["client_secret"],
            "audience": "https://api.pax8.com",
        }
        self.api = self.open(_BASE, auth=ClientCredentials(self.about.name, f"{_BASE}/token", form, as_json=True))

    @property
    def writer(self) -> Pax8Writer:
        """The writing side: quantities of subscriptions."""
        return Pax8Writer(self.api)

    def identify(self) -> str:
        page = self.api.get("companies", {"page": 0, "size": 1}, needs=COMPANIES).row("list of companies").row("page")
        return f"Pax8 partner with {page.text('totalElements', '0')} companies"

    @stream("accounts", needs=COMPANIES)
    def accounts(self) -> Reads:
        for row in self._all("companies", "company", COMPANIES):
            if row.text("status") == "Deleted":
                continue
            address = row.row("address")
            yield Account(
                external_id=row.need("id"),
                name=row.need("name"),
                domain=domain_of(row.text("website")),
                phone=row.text("phone"),
                address=address.text("street"),
                city=address.text("city"),
                region=address.text("stateOrProvince"),
                postcode=address.text("postalCode"),
                country=address.text("country"),
                attributes=row.attributes({"id", "name", "website", "phone", "address"}),
            )
        return ""

    @stream("skus", needs=PRODUCTS)
    def skus(self) -> Reads:
        for row in self._all("products", "product", PRODUCTS):
            yield Sku(external_id=row.text("sku") or row.need("id"), name=row.need("name"), attributes=row.attributes())
        return ""

    @stream("seats", needs=SUBSCRIPTIONS)
    def seats(self) -> Reads:
        """A subscription counts as one licence seat that carries its quantity."""
        names = self._names()
        for row in self._all("subscriptions", "subscription", SUBSCRIPTIONS):
            sku, name = names.get(row.text("productId"), ("", ""))
            name = row.text("productName") or name
            yield Seat(
                external_id=row.need("id"),
                account_external_id=row.need("companyId"),
                kind="licence",
                sku=sku or row.text("productId"),
                sku_name=name,
                display_name=name,
                status=_seat_status(row),
                quantity=row.need_exact("quantity"),
                created_at=row.moment("createdDate") or row.moment("startDate"),
                attributes=_attributes(row),
            )
        return ""

    @stream("subscriptions", needs=SUBSCRIPTIONS)
    def subscriptions(self) -> Reads:
        names = self._names()
        for row in self._all("subscriptions", "subscription", SUBSCRIPTIONS):
            sku, name = names.get(row.text("productId"), ("", ""))
            commitment = row.row("commitmentTerm")
            term = row.text("billingTerm")
            yield Subscription(
                external_id=row.need("id"),
                account_external_id=row.need("companyId"),
                sku=sku or row.text("productId"),
                sku_name=row.text("productName") or name,
                quantity=row.need_exact("quantity"),
                unit_cost=row.exact("partnerCost"),
                currency=row.text("currencyCode"),
                term=commitment.text("term") or term,
                billing_cycle=_CYCLES.get(term.casefold(), "annual" if "year" in term.casefold() else "monthly"),
                status=_seat_status(row),
                starts_on=row.day("startDate"),
                commitment_ends_on=commitment.day("endDate"),
                attributes=_attributes(row),
            )
        return ""

    @stream("charges", needs=INVOICES, optional=True)
    def charges(self) -> Reads:
        """The items of all invoices, those in preparation not among them: they still change."""
        for invoice in self._all("invoices", "invoice", INVOICES):
            number, currency = invoice.need("id"), invoice.text("currencyCode", "USD")
            for row in self._all(f"invoices/{number}/items", "invoice item", INVOICES):
                start, end = row.day("startPeriod"), row.day("endPeriod")
                dated = invoice.day("invoiceDate")
                if (start or dated) is None:
                    self.wire.note("An invoice item without a period was left out.")
                    continue
                yield Charge(
                    external_id=row.need("id"),
                    account_external_id=row.text("companyId"),
                    sku=row.text("sku"),
                    quantity=row.exact("quantity") or Decimal(0),
                    amount=_amount(row),
                    currency=row.text("currencyCode", currency),
                    period_start=start or dated,  # type: ignore[arg-type]
                    period_end=end or start or dated,  # type: ignore[arg-type]
                    attributes={**row.attributes(), "invoice_id": number},
                )
        return ""

    def _names(self) -> Mapping[str, tuple[str, str]]:
        """Product id -> (SKU, name). The catalogue is some thousand rows and fits in memory."""
        rows = self._all("products", "product", PRODUCTS)
        return {row.need("id"): (row.text("sku"), row.text("name")) for row in rows}

    def _all(self, path: str, noun: str, needs: str) -> Iterator[Row]:
        return numbered(
            self.api,
            path,
            lambda answer: answer.row(f"list of {noun}s").need_rows("content", noun),
            noun=noun,
            size=self.size,
            size_key="size",
            first=0,
            total=_total,
            needs=needs,
        )


def _total(answer: Answer) -> int | None:
    total = answer.row("list").row("page").exact("totalElements")
    return None if total is None else int(total)


def _seat_status(row: Row) -> str:
    said = row.text("status")
    return "deleted" if said in _ENDED else _STATUS.get(said, "suspended")


def _amount(row: Row) -> Decimal:
    """What the partner pays for the item."""
    for key in ("costTotal", "amountDue", "total"):
        found = row.exact(key)
        if found is not None:
            return found
    return row.need_exact("costTotal")


def _attributes(row: Row) -> Mapping[str, Any]:
    return row.attributes({"id", "companyId", "quantity", "productName"})
