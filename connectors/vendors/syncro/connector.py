"""Reads customers, products and recurring invoices ("schedules") of Syncro."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import ClassVar

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.rows import Row
from connectors.http.tokens import HeaderAuth
from connectors.records import Agreement, Client, Line, Product
from connectors.vendors.syncro.about import ABOUT, CUSTOMERS, PRODUCTS, SCHEDULES
from connectors.vendors.syncro.lists import listed
from connectors.vendors.syncro.writing import SyncroWriter, is_counted, lines_of, version
from connectors.wire import Wire

_CYCLES = {"Monthly": "monthly", "Quarterly": "quarterly", "Annually": "annual"}
_CENTS = Decimal(100)


class Syncro(ApiConnector):
    """No list but invoices can be asked for what changed, so every read is whole. Page sizes are Syncro's own."""

    about: ClassVar[About] = ABOUT

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        name = self.settings["subdomain"].casefold().removeprefix("https://").partition(".")[0].strip("/")
        auth = HeaderAuth({"Authorization": f"Bearer {self.settings['api_token']}"})
        self.api = self.open(f"https://{name}.syncromsp.com/api/v1", auth=auth)

    @property
    def writer(self) -> SyncroWriter:
        """The writing side: lines of recurring invoices."""
        return SyncroWriter(self.api)

    def identify(self) -> str:
        user = self.api.get("me").row("user")
        return f"{user.text('subdomain') or self.settings['subdomain']}, as {user.text('user_name', 'API token')}"

    @stream("clients", needs=CUSTOMERS)
    def clients(self) -> Reads:
        """Customers that are not disabled. A private person has no business name."""
        for row in listed(self.api, "customers", "customer", CUSTOMERS):
            if not row.flag("disabled"):
                yield _client(row)
        return ""

    @stream("products", needs=PRODUCTS, optional=True)
    def products(self) -> Reads:
        """Lines refer to a product by its id; it has no other name that is its own."""
        for row in listed(self.api, "products", "product", PRODUCTS):
            number = row.need("id")
            yield Product(
                external_id=number,
                code=number,
                name=row.text("name") or number,
                unit_price=row.exact("price_retail"),
                unit_cost=row.exact("price_cost"),
                attributes=row.attributes({"id", "name", "price_retail", "price_cost", "quantity", "notes"}),
            )
        return ""

    @stream("agreements", needs=SCHEDULES)
    def agreements(self) -> Reads:
        """Recurring invoices, paused ones too."""
        for row in listed(self.api, "schedules", "recurring invoice", SCHEDULES):
            yield Agreement(
                external_id=row.need("id"),
                client_external_id=row.need("customer_id"),
                name=row.text("name"),
                billing_cycle=self._cycle(row),
                attributes=row.attributes({"id", "customer_id", "name"}),
            )
        return ""

    @stream("lines", needs=SCHEDULES)
    def lines(self) -> Reads:
        """The lines of recurring invoices. They have no dates; a paused invoice bills none of them."""
        for row in listed(self.api, "schedules", "recurring invoice", SCHEDULES):
            if row.flag("paused"):
                self.wire.note("The lines of a paused recurring invoice are not billed and were left out.")
                continue
            yield from self._lines(row)
        return ""

    def _lines(self, schedule: Row) -> Iterator[Line]:
        for line in self._with_lines(schedule):
            product = line.text("product_id")
            name = line.text("name")
            is_once = line.flag("one_time_charge")
            yield Line(
                external_id=line.need("id"),
                client_external_id=schedule.need("customer_id"),
                agreement_external_id=schedule.need("id"),
                product_code=product or name or line.need("id"),
                product_name=name or product or line.need("id"),
                quantity=line.need_exact("quantity"),
                unit_price=_money(line, "retail_cents", "price_retail"),
                unit_cost=_money(line, "cost_cents", "price_cost"),
                billing_cycle="one_time" if is_once else self._cycle(schedule),
                is_calculated_by_psa=is_counted(line),
                attributes={
                    **line.attributes({"id", "schedule_id", "product_id", "name", "quantity", "position", "user_id"}),
                    "version": version(line),
                },
            )

    def _with_lines(self, schedule: Row) -> list[Row]:
        """Its lines. A list that leaves them out, or shows none though they come to something, is not believed."""
        if schedule.has("lines"):
            found = lines_of(schedule)
            if found or not schedule.exact("subtotal"):
                return found
        answer = self.api.get(f"schedules/{schedule.need('id')}", needs=SCHEDULES)
        return lines_of(answer.row("recurring invoice").row("schedule"))

    def _cycle(self, schedule: Row) -> str:
        frequency = schedule.text("frequency")
        if frequency and frequency not in _CYCLES:
            self.wire.note(f"The frequency “{frequency}” has no place here; its prices are taken as monthly.")
        return _CYCLES.get(frequency, "monthly")


def _client(row: Row) -> Client:
    address = (row.text("address"), row.text("address_2"))
    mails = [row.text("email"), *(each.text("email") for each in row.rows("contacts", "contact"))]
    name = row.text("business_name") or row.text("business_then_name") or row.text("fullname")
    return Client(
        external_id=row.need("id"),
        name=name or row.need("id"),
        emails=tuple(dict.fromkeys(mail for mail in mails if mail)),
        phone=row.text("phone") or row.text("mobile"),
        address=", ".join(part for part in address if part),
        city=row.text("city"),
        region=row.text("state"),
        postcode=row.text("zip"),
        attributes=row.attributes({"id", "business_name", "email", "phone", "notes", "online_profile_url", "pdf_url"}),
    )


def _money(line: Row, cents: str, plain: str) -> Decimal | None:
    """An amount: whole cents where Syncro tells them, else as it writes it."""
    found = line.exact(cents)
    return line.exact(plain) if found is None else found / _CENTS
