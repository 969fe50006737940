"""Reads Cove's customers and the statistics of their devices."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.records import Account
from connectors.vendors.cove.about import ABOUT, API_USER
from connectors.vendors.cove.rows import COLUMNS, device
from connectors.wire import Wire

_BASE = "https://api.backup.management"
_PATH = "jsonapi"
_CUSTOMER = "EndCustomer"
_STALE_VISA = "1701"
_BAD_LOGIN = "2100"
_DENIED = re.compile(r"denied|not allowed|permission|insufficient", re.IGNORECASE)
_PARTNER_FIELDS = (0, 1, 3, 4, 5, 8, 9, 10, 18, 20)
_TRIES = 3
_DEEP = 20


class Cove(ApiConnector):
    """One address for everything. Each answer carries a new visa (about 15 minutes); errors stand inside a 200."""

    about: ClassVar[About] = ABOUT
    page_size = 1000

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        self.api = self.open(_BASE)
        self._numbers = itertools.count(1)
        self._visa = ""
        self._partner = ""

    def identify(self) -> str:
        self._login()
        return f"{self.settings['partner']} ({self._partner})"

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        """JSON-RPC errors of an answer of 200: `data` holds Cove's own number."""
        if answer.status != 200:
            return None
        body = answer.json()
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            return None
        said, number = str(error.get("message") or ""), str(error.get("data"))
        if number == _STALE_VISA:
            kind = "credentials_expired"
        elif number == _BAD_LOGIN:
            kind = "credentials_refused"
        else:
            kind = "privilege_missing" if _DENIED.search(said) else "refused"
        return self.failure(kind, needs, detail=said, status=200)

    @stream("accounts", needs=API_USER)
    def accounts(self) -> Reads:
        for row in self._partners():
            if row.need("Level") == _CUSTOMER:
                yield Account(
                    external_id=row.need("Id"), name=row.need("Name"), attributes=row.attributes({"Id", "Name", "Uid"})
                )
        return ""

    @stream("seats", needs=API_USER)
    def seats(self) -> Reads:
        """The devices of all customers; those of a customer's sites are the customer's."""
        above = {row.need("Id"): (row.need("Level"), row.text("ParentId")) for row in self._partners()}
        for row in self._devices():
            customer = self._customer(row.need("PartnerId"), above)
            if customer:
                yield device(row, customer)
            else:
                self.wire.note("Devices that hang on no customer (your own, or a reseller's) were left out.")
        return ""

    def _customer(self, partner: str, above: Mapping[str, tuple[str, str]]) -> str:
        """The end customer a device's partner is, or is a site of; "" where there is none."""
        for _step in range(_DEEP):
            if partner not in above:
                return ""
            level, parent = above[partner]
            if level == _CUSTOMER:
                return partner
            if level == "Site" and not parent:
                raise self.failure("unexpected_shape", f"site {partner} names no customer above it")
            partner = parent
        return ""

    def _partners(self) -> list[Row]:
        asked = {"parentPartnerId": self._root(), "fields": list(_PARTNER_FIELDS), "fetchRecursively": True}
        return self._ask("EnumeratePartners", asked).need_rows("result", "customer")

    def _devices(self) -> Iterator[Row]:
        """The list has no total, so each page begins with the last row of the one before: if it is another by then,
        rows have moved and the list is read again (records that come twice are the same ones)."""
        for _attempt in range(_TRIES):
            start, last = 0, ""
            while True:
                overlap = 1 if last else 0
                rows = self._page(start - overlap, self.size + overlap)
                if last and (not rows or rows[0].need("AccountId") != last):
                    break
                yield from rows[overlap:]
                if len(rows) < self.size + overlap:
                    return
                start, last = start + self.size, rows[self.size + overlap - 1].need("AccountId")
        raise self.failure("paging_broken", "devices")

    def _page(self, start: int, count: int) -> list[Row]:
        query = {
            "PartnerId": self._root(),
            "StartRecordNumber": start,
            "RecordsCount": count,
            "Columns": list(COLUMNS),
        }
        return self._ask("EnumerateAccountStatistics", {"query": query}).need_rows("result", "device")

    def _root(self) -> int:
        """Our own partner's number, which the sign-in tells."""
        if not self._visa:
            self._login()
        return int(self._partner)

    def _login(self) -> None:
        keys = ("partner", "username", "password")
        try:
            found = self._sent("Login", {key: self.settings[key] for key in keys}, "")
        except ApiFailure as failure:
            if failure.status == 200 and failure.kind in ("refused", "privilege_missing"):
                raise self.failure("credentials_refused", detail=failure.detail, status=200) from failure
            raise
        self._visa = self._visa_of(found) or found.need("visa")
        number = found.row("result", "sign-in").row("result", "sign-in").need("PartnerId")
        if not number.isdigit():
            raise self.failure("unexpected_shape", f"the partner's number is {number}")
        self._partner = number

    def _ask(self, method: str, params: Mapping[str, Any]) -> Row:
        """The `result` of one question; a visa that grew old is renewed once by signing in again."""
        try:
            found = self._sent(method, params, self._visa)
        except ApiFailure as failure:
            if failure.kind != "credentials_expired":
                raise
            self._login()
            found = self._sent(method, params, self._visa)
        self._visa = self._visa_of(found) or self._visa
        return found.row("result", method)

    def _sent(self, method: str, params: Mapping[str, Any], visa: str) -> Row:
        number = f"rcx-{next(self._numbers)}"
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        if visa:
            body["visa"] = visa
        found = self.api.ask(_PATH, body, needs=API_USER).row(method)
        if found.text("id") != number:
            raise self.failure("unexpected_shape", f"the answer is not to the question asked ({method})")
        return found

    def _visa_of(self, found: Row) -> str:
        visa = found.text("visa")
        self.api.redact.learn(visa)
        return visa
