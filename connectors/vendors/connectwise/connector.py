"""Reads companies, the catalogue, agreements, additions and invoices of ConnectWise PSA."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Line, PsaRecord, Removed
from connectors.vendors.connectwise import mapping
from connectors.vendors.connectwise.about import ABOUT, AGREEMENTS, CATALOG, COMPANIES, INVOICES, PRODUCTS
from connectors.vendors.connectwise.companies import Companies
from connectors.vendors.connectwise.marks import Mark
from connectors.vendors.connectwise.paths import (
    ACCEPT,
    LARGEST_PAGE,
    Forward,
    addresses,
    chunks,
    codebase,
    explained,
    headers,
    number,
)
from connectors.vendors.connectwise.writing import ConnectWiseWriter
from connectors.wire import Wire

_OVERLAP = timedelta(minutes=5)
_INVOICED_MONTHS = 13
_AT_ONCE = 100
"""So many ids fit an address of some 1,700 characters, which every server between takes (developer guide)."""


@dataclass(frozen=True, slots=True)
class _Listing:
    """A list that can be read since a mark: where it is, what it is limited to, which rows are ours."""

    path: str
    noun: str
    needs: str
    record: Callable[[Row], PsaRecord]
    conditions: str = ""
    fields: str = "id"
    takes: Callable[[Row], bool] = lambda _row: True


class ConnectWise(ApiConnector):
    """The API's address is found when it is first needed; lists are led through forward only, by id."""

    about: ClassVar[About] = ABOUT
    page_size = LARGEST_PAGE

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        self._sign_in, self._host = addresses(self.settings["server"])
        self._site = self.open(f"https://{self._sign_in}")
        self._lock = threading.Lock()
        self._api: Http | None = None
        self._account = ""
        self._today = datetime.now(UTC)

    @property
    def api(self) -> Http:
        """The client of the API, signed in. Raises ApiFailure where the server does not know the company."""
        return self._found()

    def _found(self) -> Http:
        """Find the API once; that also tells whose it is and the vendor's day."""
        with self._lock:
            if self._api is None:
                company = self.settings["company_id"]
                answer = self._site.get(f"login/companyinfo/{company}")
                if answer.json() is None:
                    raise self.failure("setting_wrong", f"company ID {company}")
                info = answer.row("company information")
                base = f"https://{self._host}/{codebase(info, company)}/apis/3.0"
                signed = headers(company, *(self.settings[key] for key in ("public_key", "private_key", "client_id")))
                self._account = info.text("CompanyName") or company
                self._today = answer.at or self._today
                self._api = self.open(base, headers={**signed, "Accept": ACCEPT}, secrets=[*signed.values()])
            return self._api

    @property
    def writer(self) -> ConnectWiseWriter:
        """The writing side: additions of agreements."""
        return ConnectWiseWriter(self.api)

    def identify(self) -> str:
        info = self.api.get("system/info").row("system information")
        version = info.text("version")
        return f"{self._account}, ConnectWise PSA {version}".rstrip() if version else self._account

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:  # noqa: ARG002
        if answer.status == 404 and "/login/companyinfo/" in answer.url:
            return self.failure("setting_wrong", f"company ID {self.settings['company_id']}", status=404)
        return explained(answer, self.about.name)

    @stream("clients", incremental=True, needs=COMPANIES)
    def clients(self, since: str) -> Reads:
        """Companies, without deleted and inactive ones, vendors and prospects (or of the types that were named)."""
        companies = Companies(self.api, self.size, self.settings["company_types"])
        listing = _Listing(
            "company/companies",
            "company",
            COMPANIES,
            mapping.client,
            conditions="deletedFlag=false",
            fields="id,deletedFlag,status/id,types,isVendorFlag",
            takes=companies.is_client,
        )
        return (yield from self._listed(listing, since))

    @stream("products", incremental=True, needs=CATALOG, optional=True)
    def products(self, since: str) -> Reads:
        """The catalogue, inactive items too: old lines refer to them."""
        return (yield from self._listed(_Listing("procurement/catalog", "product", CATALOG, mapping.product), since))

    @stream("agreements", incremental=True, needs=AGREEMENTS)
    def agreements(self, since: str) -> Reads:
        """All agreements: those that ended keep their lines' history."""
        listing = _Listing(
            "finance/agreements", "agreement", AGREEMENTS, lambda row: mapping.agreement(row, self.wire.note)
        )
        return (yield from self._listed(listing, since))

    @stream("lines", needs=AGREEMENTS)
    def lines(self) -> Reads:
        """The additions of every agreement. ConnectWise has no list of all of them, so each agreement is asked, and
        nothing would be saved by asking for what changed."""
        agreements = self._rows("finance/agreements", "agreement", AGREEMENTS, fields=mapping.AGREEMENT_FIELDS)
        for found in self.api.each(agreements, self._additions):
            yield from found
        return ""

    @stream("invoices", incremental=True, needs=INVOICES, optional=True)
    def invoices(self, since: str) -> Reads:
        """Agreement invoices and credit memos of the last months."""
        listing = _Listing("finance/invoices", "invoice", INVOICES, mapping.invoice, conditions=self._invoiced())
        return (yield from self._listed(listing, since))

    @stream("invoice_lines", needs=PRODUCTS, optional=True)
    def invoice_lines(self) -> Reads:
        """The products on those invoices, asked for many invoices at once."""
        ids = (
            number(row)
            for row in self._rows("finance/invoices", "invoice", INVOICES, conditions=self._invoiced(), fields="id")
        )
        for some in chunks(ids, _AT_ONCE):
            conditions = f"invoice/id in ({','.join(map(str, some))})"
            for row in self._rows("procurement/products", "product item", PRODUCTS, conditions=conditions):
                yield mapping.invoice_line(row)
        return ""

    def _additions(self, agreement: Row) -> list[Line]:
        path = f"finance/agreements/{number(agreement)}"
        ends = mapping.end_of(agreement, self.wire.note)
        try:
            rows = list(self._rows(f"{path}/additions", "addition", AGREEMENTS))
        except ApiFailure as failure:
            if failure.kind != "not_found" or self._is_there(path):
                raise
            return []
        # A parent agreement may show its children's additions; each is read with the agreement that it names.
        own = [row for row in rows if row.text("agreementId", agreement.need("id")) == agreement.need("id")]
        return [mapping.line(row, agreement, ends, self.wire.note) for row in own]

    def _is_there(self, path: str) -> bool:
        """Whether an agreement still exists whose additions were not found."""
        try:
            self.api.get(path, {"fields": "id"}, needs=AGREEMENTS)
        except ApiFailure as failure:
            if failure.kind == "not_found":
                return False
            raise
        return True

    def _invoiced(self) -> str:
        self._found()
        months = self._today.year * 12 + self._today.month - 1 - _INVOICED_MONTHS
        return f'type in ("Agreement","CreditMemo") and date>=[{months // 12:04d}-{months % 12 + 1:02d}-01T00:00:00Z]'

    def _rows(self, path: str, noun: str, needs: str, *, conditions: str = "", fields: str = "") -> Iterator[Row]:
        return Forward(self.api, self.size).rows(path, noun, needs, conditions=conditions, fields=fields)

    def _listed(self, listing: _Listing, since: str) -> Reads:
        """A list whole, or what changed and what is gone since a mark; returns the next mark."""
        if not since:
            return (yield from self._whole(listing))
        try:
            mark = Mark.read(since)
        except ValueError:
            raise self.failure("cursor_expired") from None
        forward = Forward(self.api, self.size)
        kept = forward.rows(
            listing.path, listing.noun, listing.needs, conditions=listing.conditions, fields=listing.fields
        )
        there = {number(row) for row in kept if listing.takes(row)}
        moment = f"lastUpdated>[{mark.at:%Y-%m-%dT%H:%M:%SZ}]"
        read = set()
        for row in self._asked(listing, moment):
            read.add(number(row))
            there.add(number(row))
            yield listing.record(row)
        for some in chunks(iter(sorted(there - mark.ids - read)), _AT_ONCE):
            for row in self._asked(listing, f"id in ({','.join(map(str, some))})"):
                yield listing.record(row)
        for gone in sorted(mark.ids - there):
            yield Removed(external_id=str(gone))
        return self._mark(forward, there)

    def _whole(self, listing: _Listing) -> Reads:
        forward = Forward(self.api, self.size)
        ids = set()
        for row in forward.rows(listing.path, listing.noun, listing.needs, conditions=listing.conditions):
            if listing.takes(row):
                ids.add(number(row))
                yield listing.record(row)
        return self._mark(forward, ids)

    def _asked(self, listing: _Listing, condition: str) -> Iterator[Row]:
        conditions = f"{listing.conditions} and {condition}" if listing.conditions else condition
        rows = self._rows(listing.path, listing.noun, listing.needs, conditions=conditions)
        return (row for row in rows if listing.takes(row))

    def _mark(self, forward: Forward, ids: set[int]) -> str:
        at = (forward.at or self._today) - _OVERLAP
        return str(Mark(at, frozenset(ids)))
