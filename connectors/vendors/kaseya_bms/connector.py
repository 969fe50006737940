"""Reads accounts, contracts and invoices of Kaseya BMS, and infers lines from them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import ClassVar

from connectors.connector import About, Checked, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.pages import numbered
from connectors.http.rows import Row, domain_of
from connectors.records import Agreement, Client, Invoice
from connectors.vendors.kaseya_bms import inferring
from connectors.vendors.kaseya_bms.about import ABOUT, ACCOUNTS, CONTRACTS, INVOICES
from connectors.vendors.kaseya_bms.envelope import opened, records, refusal, spelled, steady, total
from connectors.vendors.kaseya_bms.inferring import Billed, Contract, Issued
from connectors.vendors.kaseya_bms.signing import BmsAuth
from connectors.wire import Wire

_WINDOW = timedelta(days=400)
"""A year and some weeks, so that an annual contract's last invoice is among those that are read."""
_NO_CLIENTS = frozenset({"prospect", "lead", "vendor", "supplier", "competitor", "partner"})
_VOID = frozenset({"void", "voided", "cancelled", "canceled", "deleted"})
_CYCLES = (("quarter", "quarterly"), ("month", "monthly"), ("year", "annual"), ("annual", "annual"))
_LAST_YEAR = 2100


class KaseyaBms(ApiConnector):
    """Paging counts from 1. Accounts and contracts come with their number, invoices without (see `steady`)."""

    about: ClassVar[About] = ABOUT
    page_size = 100

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        base = f"https://{self.settings['host']}"
        sign_in = BmsAuth(
            self.about.name,
            base,
            user_name=self.settings["user_name"],
            password=self.settings["password"],
            tenant=self.settings["tenant"],
        )
        self.api = self.open(base, auth=sign_in)
        self._since = f"{datetime.now(UTC) - _WINDOW:%Y-%m-%d}T00:00:00Z"

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        return refusal(answer, needs, self.api.redact)

    def identify(self) -> str:
        user = spelled(opened(self.api.get("v2/security/userinfo")).row("Result", "user").data)
        return str(user.get("BusinessName") or self.settings["tenant"])

    def check(self) -> Checked:
        """As ever, but for lines: they take all invoices, of which one page tells whether they may be read."""
        account, missing = self.identify(), []
        for first in (
            lambda: next(self._accounts(), None),
            lambda: next(self._contracts(), None),
            lambda: records(self._summary_page(1), "invoice"),
            lambda: records(self._detail_page(1), "invoice line"),
        ):
            try:
                first()
            except ApiFailure as failure:
                if failure.kind != "privilege_missing":
                    raise
                missing.append(failure)
        return Checked(account=account, missing=tuple(missing), notes=self.wire.notes())

    @stream("clients", needs=ACCOUNTS)
    def clients(self) -> Reads:
        for row in self._accounts():
            yield _client(row)
        return ""

    @stream("agreements", needs=CONTRACTS)
    def agreements(self) -> Reads:
        """Contracts name their account by its name; where two accounts share it, each is asked for its contracts."""
        ids = defaultdict[str, list[str]](list)
        for row in self._accounts():
            number = row.need("Id")
            if number not in ids[_folded(row.need("AccountName"))]:
                ids[_folded(row.need("AccountName"))].append(number)
        owners: dict[str, Mapping[str, str]] = {}
        for row in self._contracts():
            name = _folded(row.need("AccountName"))
            found = ids.get(name, [])
            if len(found) > 1 and name not in owners:
                owners[name] = self._owners(found)
            client = owners[name].get(row.need("Id"), "") if len(found) > 1 else next(iter(found), "")
            if not client:
                self.wire.note("A contract of an account that is no active client was left out.")
                continue
            dates = _contract(row)
            yield Agreement(
                external_id=row.need("Id"),
                client_external_id=client,
                name=row.text("ContractName"),
                billing_cycle=_cycle(row.text("BillingCycle")),
                starts_on=dates.starts_on,
                ends_on=dates.ends_on,
                attributes=row.attributes({"Id", "ContractName"}),
            )
        return ""

    @stream("lines", needs=INVOICES)
    def lines(self) -> Reads:
        """Inferred from the invoices of the last 13 months: what was billed, not what will be."""
        contracts = {row.need("Id"): _contract(row) for row in self._contracts()}
        for line in inferring.lines(self._billed, contracts, datetime.now(UTC).date()):
            self.wire.go_on()
            yield line
        return ""

    @stream("invoices", needs=INVOICES)
    def invoices(self) -> Reads:
        """Those of the last 13 months."""
        for row in self._summaries:
            self.wire.go_on()
            number, dated = row.need("Id"), row.day("InvoiceDate") or row.day("CreatedOn")
            if dated is None:
                self.wire.note("An invoice without a date was left out.")
                continue
            yield Invoice(
                external_id=number,
                client_external_id=row.need("AccountId"),
                number=row.text("InvoiceNumber") or number,
                issued_on=dated,
                currency=self._currencies.get(row.need("AccountId"), ""),
                total=row.need_exact("GrandTotal"),
                attributes=row.attributes({"Id", "AccountId", "InvoiceNumber", "GrandTotal"}),
            )
        return ""

    @stream("invoice_lines", needs=INVOICES)
    def invoice_lines(self) -> Reads:
        for each in self._billed:
            self.wire.go_on()
            yield inferring.invoice_line(each)
        return ""

    # Three streams stand on the same invoices, of which there may be as many as requests in an hour: a connector reads
    # them once.

    @cached_property
    def _billed(self) -> list[Billed]:
        """All rows of the invoices that are read, some ten thousand, with what is known of their invoices."""
        known: dict[str, Issued] = {}
        for row in self._summaries:
            if found := inferring.issued(row, self._currencies.get(row.need("AccountId"), "")):
                known[row.need("Id")] = found
        rows: dict[str, tuple[Row, Issued]] = {}
        for row in steady(self.api, "invoice line", self._detail_page):
            if row.need("InvoiceId") in known:
                rows[row.need("Id")] = (row, known[row.need("InvoiceId")])
        return inferring.keyed(rows.values())

    @cached_property
    def _summaries(self) -> list[Row]:
        """Invoices that count; void ones do not."""
        found = {row.need("Id"): row for row in steady(self.api, "invoice", self._summary_page)}
        return [row for row in found.values() if _folded(row.text("StatusName")) not in _VOID]

    @cached_property
    def _currencies(self) -> Mapping[str, str]:
        """Account id -> ISO code, where its currency's name is one."""
        shown = {row.need("Id"): row.text("CurrencyName") for row in self._accounts()}
        return {number: name for number, name in shown.items() if re.fullmatch(r"[A-Z]{3}", name)}

    def _summary_page(self, number: int) -> Answer:
        asked = {"Filter.CreatedFrom": self._since, "PageSize": self.size, "PageNumber": number}
        return self.api.get("v2/finance/invoices/summary", asked, needs=INVOICES)

    def _detail_page(self, number: int) -> Answer:
        asked = {"PageSize": self.size, "PageNumber": number, "Filter": {"InvoiceDateFrom": self._since}}
        return self.api.ask("v2/finance/invoices/details", asked, needs=INVOICES)

    def _accounts(self) -> Iterator[Row]:
        """Active accounts that are clients."""
        found = numbered(
            self.api,
            "v2/crm/accounts/summary",
            lambda answer: records(answer, "account"),
            noun="account",
            size=self.size,
            params={"Filter.IsActive": True},
            page_key="PageNumber",
            size_key="PageSize",
            total=total,
            needs=ACCOUNTS,
        )
        for row in found:
            if row.flag("IsActive", True) and _folded(row.text("AccountType")) not in _NO_CLIENTS:
                yield row

    def _contracts(self) -> Iterator[Row]:
        return numbered(
            self.api,
            "v2/finance/contracts/summary",
            lambda answer: records(answer, "contract"),
            noun="contract",
            size=self.size,
            page_key="PageNumber",
            size_key="PageSize",
            total=total,
            needs=CONTRACTS,
        )

    def _owners(self, accounts: list[str]) -> Mapping[str, str]:
        """Contract id -> account id, for accounts that share a name."""
        found = {}
        for account in accounts:
            asked = {"AccountId": account, "ExcludeExpiredContracts": False}
            answer = self.api.get("v2/finance/contracts/lookup", asked, needs=CONTRACTS)
            found.update({row.need("Id"): account for row in records(answer, "contract")})
        return found


def _client(row: Row) -> Client:
    places = row.rows("Locations", "location")
    place = next((each for each in places if each.flag("IsMain")), next(iter(places), None))
    addresses = [] if place is None else place.rows("Addresses", "address")
    at = next((each for each in addresses if each.flag("IsMain")), next(iter(addresses), row.row("NoAddress")))
    mail = at.text("EmailAddress")
    return Client(
        external_id=row.need("Id"),
        name=row.need("AccountName"),
        domain=domain_of(row.text("Website")),
        emails=(mail,) if "@" in mail else (),
        phone=at.text("Phone"),
        address=", ".join(filter(None, (at.text("Address1"), at.text("Address2")))),
        city=at.text("City"),
        region=at.text("State"),
        postcode=at.text("ZipCode"),
        country=at.text("Country"),
        attributes=row.attributes({"Id", "AccountName"}),
    )


def _contract(row: Row) -> Contract:
    """Its dates. Of one that was switched off without an end BMS keeps no day: its last invoices tell."""
    last = row.day("EndDate")
    has_end = last is not None and 1900 < last.year < _LAST_YEAR
    return Contract(
        starts_on=_never(row.day("StartDate")), ends_on=last + timedelta(days=1) if last and has_end else None
    )


def _never(day: date | None) -> date | None:
    return None if day is None or day.year <= 1900 else day


def _cycle(text: str) -> str:
    return next((cycle for word, cycle in _CYCLES if word in text.casefold()), "monthly")


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
