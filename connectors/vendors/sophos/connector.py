"""Reads Sophos Central's tenants, their endpoints on their own hosts, and the month's billing usage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import httpx

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.pages import cursored, numbered
from connectors.http.rows import Row
from connectors.http.tokens import ClientCredentials
from connectors.records import Account, Seat
from connectors.vendors.sophos.about import ABOUT, READ_ONLY
from connectors.vendors.sophos.rows import Billed, billed, endpoint
from connectors.wire import Wire

_GLOBAL = "https://api.central.sophos.com"
_TOKEN = "https://id.sophos.com/api/v2/oauth2/token"  # noqa: S105 - an address
_REGION = re.compile(r"[a-z]{2}\d{2}")


class Sophos(ApiConnector):
    """Two ways of paging: numbers for tenants, keys elsewhere. A tenant is asked on the host that the list names."""

    about: ClassVar[About] = ABOUT
    page_size = 100

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        form = {
            "client_id": self.settings["client_id"],
            "client_secret": self.settings["client_secret"],
            "scope": "token",
        }
        self.api = self.open(_GLOBAL, auth=ClientCredentials(self.about.name, _TOKEN, form))
        self._left_out = {each.casefold() for each in re.split(r"[,;\s]+", self.settings["left_out"]) if each}
        self._partner: tuple[Mapping[str, str], datetime] | None = None

    def identify(self) -> str:
        headers, _ = self._whoami()
        asked = {"page": 1, "pageSize": 1, "pageTotal": "true"}
        answer = self.api.get("partner/v1/tenants", asked, needs=READ_ONLY, headers=headers)
        return (
            f"Sophos partner {headers['X-Partner-ID']}, {answer.row('tenants').row('pages').text('items', '0')} tenants"
        )

    @stream("accounts", needs=READ_ONLY)
    def accounts(self) -> Reads:
        for row in self._tenants():
            shown = row.text("showAs")
            yield Account(
                external_id=row.need("id"),
                name=row.need("name"),
                aliases=(shown,) if shown and shown != row.text("name") else (),
                attributes=row.attributes({"id", "name", "showAs"}),
            )
        return ""

    @stream("seats", needs=READ_ONLY)
    def seats(self) -> Reads:
        """The endpoints of every tenant, then what Sophos bills as licence seats with their quantity."""
        tenants: set[str] = set()

        def known() -> Iterator[Row]:
            for row in self._tenants():
                tenants.add(row.need("id"))
                yield row

        for found in self.api.each(known(), self._endpoints):
            yield from found
        for line in self._billed(tenants):
            yield line.seat()
        return ""

    @stream("subscriptions", needs=READ_ONLY)
    def subscriptions(self) -> Reads:
        tenants = {row.need("id") for row in self._tenants()}
        for line in self._billed(tenants):
            yield line.subscription()
        return ""

    def _tenants(self) -> Iterator[Row]:
        headers, _ = self._whoami()
        rows = numbered(
            self.api,
            "partner/v1/tenants",
            lambda answer: answer.row("tenants").need_rows("items", "tenant"),
            noun="tenants",
            size=self.size,
            params={"pageTotal": "true"},
            total=lambda answer: _items(answer),
            ask=lambda asked: self.api.get("partner/v1/tenants", asked, needs=READ_ONLY, headers=headers),
        )
        return (row for row in rows if row.need("id").casefold() not in self._left_out)

    def _endpoints(self, tenant: Row) -> list[Seat]:
        identity = tenant.need("id")
        host = self._host(tenant)
        if not host:
            self.wire.note("Tenants without a data region are not set up yet and have no endpoints.")
            return []
        path, headers = f"{host}/endpoint/v1/endpoints", {"X-Tenant-ID": identity}
        try:
            rows = self._keyed(path, "endpoint", {"view": "full"}, headers)
            return [endpoint(identity, row) for row in rows]
        except ApiFailure as failure:
            if failure.kind != "privilege_missing":
                raise
            # Left out in silence, the customer would be billed nothing.
            what, said = f"{READ_ONLY} in {tenant.text('name')}", f"tenant {identity}: {failure.detail}"
            raise self.failure("privilege_missing", what, detail=said, status=failure.status) from failure

    def _host(self, tenant: Row) -> str:
        """Where a tenant's data lies; never anywhere but at Sophos. "" for a tenant that was never set up."""
        region = tenant.text("dataRegion").casefold()
        told = tenant.text("apiHost")
        if not told:
            return self._admitted(f"https://api-{region}.central.sophos.com") if _REGION.fullmatch(region) else ""
        return self._admitted(told)

    def _admitted(self, address: str) -> str:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL:
            url = httpx.URL("")
        if url.scheme != "https" or not url.host.endswith(".sophos.com") or url.port or url.userinfo:
            raise self.failure("foreign_page", url.host or address)
        self.api.admit(f"https://{url.host}")
        return f"https://{url.host}"

    def _billed(self, tenants: set[str]) -> Iterator[Billed]:
        """The last month that is closed, or the one before while Sophos has not closed it; never a part of a month."""
        _, now = self._whoami()
        month = date(now.year, now.month, 1)
        for _attempt in range(2):
            month = (month - timedelta(days=1)).replace(day=1)
            found = self._billed_in(month)
            if found is not None:
                for line in found:
                    if line.tenant in tenants:
                        yield line
                    elif line.tenant.casefold() not in self._left_out:
                        self.wire.note("Billing usage of tenants that are no longer listed was left out.")
                return
        self.wire.note("Sophos has no billing usage for the last two months.")

    def _billed_in(self, month: date) -> list[Billed] | None:
        headers, _ = self._whoami()
        path = f"partner/v1/billing/usage/{month.year}/{month.month}"
        try:
            return list(billed(f"{month:%Y-%m}", self._keyed(path, "billing usage", {}, headers)))
        except ApiFailure as failure:
            if failure.kind == "not_found":
                return None
            raise

    def _keyed(self, path: str, noun: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> Iterator[Row]:
        read = 0

        def following(answer: Answer, found: list[Row]) -> Mapping[str, str] | None:
            nonlocal read
            read += len(found)
            key = answer.row(noun).row("pages").text("nextKey")
            if not key and read < (_items(answer) or 0):
                raise self.failure("paging_broken", noun)
            return {"pageFromKey": key} if key else None

        return cursored(
            self.api,
            path,
            lambda answer: answer.row(noun).need_rows("items", noun),
            following,
            noun=noun,
            params={**params, "pageSize": self.size, "pageTotal": "true"},
            ask=lambda asked: self.api.get(path, asked, needs=READ_ONLY, headers=headers),
        )

    def _whoami(self) -> tuple[Mapping[str, str], datetime]:
        """The header that says for whom we ask, and Sophos's clock when it was asked first."""
        if self._partner is None:
            answer = self.api.get("whoami/v1", needs=READ_ONLY)
            row = answer.row("whoami")
            if row.need("idType") != "partner":
                raise self.failure("setting_wrong", f"a partner's credential (this is a {row.text('idType')}'s)")
            self._partner = {"X-Partner-ID": row.need("id")}, answer.at or datetime.now(UTC)
        return self._partner


def _items(answer: Answer) -> int | None:
    total = answer.row("page").row("pages").exact("items")
    return None if total is None else int(total)
