"""Reads a Veeam Service Provider Console: companies, what is protected, usage counters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.pages import numbered
from connectors.http.rows import Row
from connectors.records import Account, Seat
from connectors.vendors.veeam_vspc.about import ABOUT, READ_ONLY
from connectors.vendors.veeam_vspc.signing import ConsoleSignIn
from connectors.vendors.veeam_vspc.workloads import LISTS, Listed, counted
from connectors.wire import Wire

_PORT = 1280
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_CERTIFICATE = re.compile(f"{_BEGIN}([A-Za-z0-9+/=\\s]+){_END}")
_GONE = {"deleted", "deleting"}
_RESTING = {"disabled", "expired"}
_DAYS = 7
_ERRORS = {"security": "privilege_missing", "transport": "vendor_down", "retryablelogical": "vendor_down"}


class VeeamVspc(ApiConnector):
    """A server of one's own. Lists go by offset and tell their total; errors may stand inside a 200."""

    about: ClassVar[About] = ABOUT
    page_size = 500

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        host = self.settings["address"].casefold().removeprefix("https://").rstrip("/")
        self._host = host if ":" in host else f"{host}:{_PORT}"
        base = f"https://{self._host}/api/v3"
        sign_in = ConsoleSignIn(self.about.name, base, self.settings["username"], self.settings["password"])
        self.api = self.open(base, auth=sign_in, authority=_pem(self.settings["certificate"]))

    def identify(self) -> str:
        about = self._about().row("about").row("data")
        return f"{self._host}, version {about.text('serverVersion', 'unknown')}"

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        """A question that takes long is answered 202, to be asked again; errors may stand in an answer of 200."""
        if answer.status == 202:
            return self.failure("timed_out", detail="the answer is still being prepared", status=202)
        if answer.status != 200:
            return None
        body = answer.json()
        errors = body.get("errors") if isinstance(body, dict) else None
        if not isinstance(errors, list) or not errors:
            return None
        first = errors[0] if isinstance(errors[0], dict) else {}
        kind = _ERRORS.get(str(first.get("type", "")).casefold(), "refused")
        return self.failure(kind, needs, detail=str(first.get("message", "")), status=200)

    @stream("accounts", needs=READ_ONLY)
    def accounts(self) -> Reads:
        for row in self._companies():
            about = row.row("_embedded").row("organization")
            website = about.text("website")
            kept = {"instanceUid", "name", "ownerCredentials", "_embedded", "loginUrl"}
            more = {key: about.text(key) for key in ("taxId", "companyId", "alias", "veeamTenantId")}
            yield Account(
                external_id=row.need("instanceUid"),
                name=row.need("name"),
                domain=(website.partition("://")[2] or website).partition("/")[0].removeprefix("www.").casefold(),
                emails=(about.text("email"),) if about.text("email") else (),
                phone=about.text("phone"),
                address=about.text("street"),
                city=about.text("city"),
                region=about.text("regionName"),
                postcode=about.text("zipCode"),
                country=about.text("countryName"),
                attributes={**row.attributes(kept), **{key: value for key, value in more.items() if value}},
            )
        return ""

    @stream("seats", needs=READ_ONLY)
    def seats(self) -> Reads:
        """Everything that is protected, one seat each, then the usage counters as quantities."""
        statuses = {row.need("instanceUid"): row.text("status").casefold() for row in self._companies()}
        for listed in LISTS:
            for row in self._listed(listed):
                if not row.text("organizationUid") and listed.is_newer:
                    self.wire.note("Microsoft 365 objects that belong to no organization were left out.")
                    continue
                yield from self._of(statuses, listed.seat(row, listed))
        for seat in counted(self._usage(bool(statuses))):
            yield from self._of(statuses, seat)
        return ""

    def _of(self, statuses: Mapping[str, str], seat: Seat) -> Iterator[Seat]:
        status = statuses.get(seat.account_external_id)
        if status is None:
            self.wire.note("What belongs to no company (your own, or of a reseller) was left out.")
        else:
            yield replace(seat, status="suspended") if status in _RESTING else seat

    def _listed(self, listed: Listed) -> Iterator[Row]:
        try:
            yield from self._all(listed.path, listed.noun, {})
        except ApiFailure as failure:
            if failure.kind != "not_found" or not listed.is_newer:
                raise
            self.wire.note("This console is too old to list Microsoft 365 objects.")

    def _usage(self, has_companies: bool) -> Iterator[Row]:
        """The last week's rows, one a company, location and day."""
        today = (self._about().at or datetime.now(UTC)).date()
        asked = {"fromDate": (today - timedelta(days=_DAYS)).isoformat(), "toDate": today.isoformat()}
        is_empty = True
        for row in self._all("organizations/companies/usage", "usage", asked):
            is_empty = False
            yield row
        if is_empty and has_companies:
            # A console that stopped counting must not look like one that counts nothing.
            raise self.failure("unexpected_shape", "no usage of any company was counted in the last week")

    def _companies(self) -> Iterator[Row]:
        rows = self._all("organizations/companies", "company", {"expand": "Organization"})
        return (row for row in rows if row.text("status").casefold() not in _GONE)

    def _about(self) -> Answer:
        return self.api.get("about", needs=READ_ONLY)

    def _all(self, path: str, noun: str, asked: Mapping[str, Any]) -> Iterator[Row]:
        return numbered(
            self.api,
            path,
            lambda answer: answer.row(f"list of {noun}").need_rows("data", noun),
            noun=noun,
            size=self.size,
            params=asked,
            page_key="offset",
            size_key="limit",
            first=0,
            step=self.size,
            total=_total,
            needs=READ_ONLY,
        )


def _pem(entered: str) -> str:
    """Certificates with their lines as PEM wants them: a field of one line turns line breaks into spaces."""
    made = []
    for body in _CERTIFICATE.findall(entered):
        packed = "".join(body.split())
        lines = [packed[spot : spot + 64] for spot in range(0, len(packed), 64)]
        made += [_BEGIN, *lines, _END, ""]
    return "\n".join(made)


def _total(answer: Answer) -> int | None:
    total = answer.row("list").row("meta").row("pagingInfo").exact("total")
    return None if total is None else int(total)
