"""Reads GravityZone's companies, their managed endpoints, and the usage of the last closed month."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.pages import numbered
from connectors.http.rows import Row
from connectors.http.tokens import HeaderAuth
from connectors.records import Account, Seat
from connectors.vendors.bitdefender.about import ABOUT, COMPANIES, LICENSING, NETWORK
from connectors.vendors.bitdefender.rows import counters, endpoint
from connectors.wire import Wire

_PARTNER, _CUSTOMER = 0, 1
_ERRORS = {"-32003": "rate_limited", "-32002": "not_found", "-32000": "vendor_down"}
_NOT_ALLOWED = "-32001"


class Bitdefender(ApiConnector):
    """Every question is a POST to its API area; errors stand in the body, whatever the status. Companies nest."""

    about: ClassVar[About] = ABOUT
    page_size = 100

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        host = self.settings["access_url"].casefold().removeprefix("https://").partition("/")[0]
        basic = base64.b64encode(f"{self.settings['api_key']}:".encode()).decode()
        auth = HeaderAuth({"Authorization": f"Basic {basic}"})
        self.api = self.open(f"https://{host}/api/v1.0/jsonrpc", auth=auth, secrets=[basic])
        self._numbers = itertools.count(1)
        self._now = datetime.now(UTC)

    def identify(self) -> str:
        return self._own_company().need("name")

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        """JSON-RPC errors (the code tells what, `data.details` why), in answers of 200 as in others."""
        try:
            body = answer.json()
        except ApiFailure:
            return None
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict) or answer.status >= 500 or answer.status == 429:
            return None
        data = error.get("data")
        said = str(data.get("details") or "") if isinstance(data, dict) else ""
        said = said or str(error.get("message") or "")
        code = str(error.get("code"))
        kind = _ERRORS.get(code, "refused")
        if answer.status == 401 or "invalid api key" in said.casefold():
            kind = "credentials_refused"
        elif answer.status == 403 or code == _NOT_ALLOWED:
            kind = "privilege_missing"
        return self.failure(kind, needs, detail=said, status=answer.status)

    @stream("accounts", needs=NETWORK)
    def accounts(self) -> Reads:
        for row in self._customers():
            yield Account(external_id=row.need("id"), name=row.need("name"), attributes=row.attributes({"id", "name"}))
        return ""

    @stream("seats", needs=NETWORK)
    def seats(self) -> Reads:
        """The managed endpoints of every customer, then his usage of the last closed month as licence seats."""
        for found in self.api.each(self._customers(), self._used):
            yield from found
        return ""

    def _used(self, company: Row) -> list[Seat]:
        identity = company.need("id")
        seats = [self._seat(identity, row) for row in self._endpoints(identity) if row.flag("isManaged", True)]
        month = self._now.replace(day=1) - timedelta(days=1)
        asked = {"companyId": identity, "targetMonth": f"{month:%m/%Y}"}
        usage = self._ask("licensing", "getMonthlyUsage", asked, LICENSING).row("usage").row("result", "usage")
        return [*seats, *counters(identity, f"{month:%Y-%m}", usage)]

    def _seat(self, company: str, row: Row) -> Seat:
        details = None
        if self.settings["last_contact"] == "yes":
            asked = {"endpointId": row.need("id")}
            try:
                answer = self._ask("network", "getManagedEndpointDetails", asked, NETWORK)
                details = answer.row("endpoint").row("result", "endpoint")
            except ApiFailure as failure:
                if failure.kind not in ("not_found", "refused"):
                    raise
                self.wire.note("Endpoints without details were kept without their last contact.")
        return endpoint(company, row, details)

    def _endpoints(self, company: str) -> Iterator[Row]:
        counted: list[int] = []

        def total(answer: Answer) -> int | None:
            """Newer versions tell it on the first page only."""
            told = answer.row("endpoints").row("result").exact("total")
            if told is not None:
                counted[:] = [int(told)]
            return counted[0] if counted else None

        depth = {"depth": {"allItemsRecursively": True}}
        return numbered(
            self.api,
            "network",
            lambda answer: answer.row("endpoints").row("result", "endpoints").need_rows("items", "endpoint"),
            noun="endpoints",
            size=self.size,
            size_key="perPage",
            params={"parentId": company, "filters": depth},
            total=total,
            ask=lambda asked: self._ask("network", "getEndpointsList", asked, NETWORK),
        )

    def _customers(self) -> Iterator[Row]:
        """Every customer company, also those below other partners. A partner's own machines are not read."""
        waiting: list[str] = [""]
        seen: set[str] = set()
        is_empty = True
        while waiting:
            parent = waiting.pop(0)
            for row in self._companies(parent, _CUSTOMER):
                is_empty = False
                if row.need("id") not in seen:
                    seen.add(row.need("id"))
                    yield row
            for row in self._companies(parent, _PARTNER):
                is_empty = False
                if row.need("id") not in seen:
                    seen.add(row.need("id"))
                    waiting.append(row.need("id"))
        if is_empty and self._own_company().text("type") == str(_CUSTOMER):
            raise self.failure("setting_wrong", "a partner's API key (this one belongs to a customer)")

    def _companies(self, parent: str, kind: int) -> list[Row]:
        """The companies right below a partner ("": our own); the list has no pages."""
        asked: dict[str, Any] = {"filters": {"companyType": kind}}
        if parent:
            asked["parentId"] = parent
        answer = self._ask("network", "getCompaniesList", asked, NETWORK)
        self._now = answer.at or self._now
        return answer.row("companies").need_rows("result", "company")

    def _own_company(self) -> Row:
        return self._ask("companies", "getCompanyDetails", {}, COMPANIES).row("company").row("result", "company")

    def _ask(self, area: str, method: str, params: Mapping[str, Any], needs: str) -> Answer:
        """One question. All of an area go to one address, so the number proves that an answer is to this question."""
        number = f"rcx-{next(self._numbers)}"
        body = {"id": number, "jsonrpc": "2.0", "method": method, "params": params}
        answer = self.api.ask(area, body, needs=needs)
        row = answer.row(method)
        if row.text("id") != number or not row.has("result"):
            raise self.failure("unexpected_shape", f"the answer is not to the question asked ({method})")
        return answer
