"""Where a ConnectWise server's API is, how its lists are led through, and what its error bodies mean."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import TypeVar

import httpx

from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.pages import cursored
from connectors.http.rows import Row

T = TypeVar("T")
LARGEST_PAGE = 1000
# Models are kept by version; this is the one that the connector was held against.
ACCEPT = "application/vnd.connectwise.com+json; version=2022.1"
_CLOUDS = (".myconnectwise.net", ".connectwisedev.com")
_CODEBASE = re.compile(r"v\d+(_\d+)+(_release)?/?")


def addresses(server: str) -> tuple[str, str]:
    """The hosts to sign in at and to call, from what an admin entered.

    In ConnectWise's cloud the API is at `api-` before the host where people sign in (developer guide, "Cloud URLs");
    a server of one's own has one host.
    """
    host = server.partition("://")[2] or server
    host = host.partition("/")[0].casefold()
    if host.endswith(_CLOUDS):
        host = host.removeprefix("api-")
        return host, f"api-{host}"
    return host, host


def headers(company_id: str, public_key: str, private_key: str, client_id: str) -> dict[str, str]:
    """What signs a request: Basic with company, public and private key, and the integration's own id."""
    pair = base64.b64encode(f"{company_id}+{public_key}:{private_key}".encode()).decode()
    return {"Authorization": f"Basic {pair}", "clientId": client_id}


def codebase(info: Row, company_id: str) -> str:
    """The folder of the API (`v2025_1/` in the cloud, `v4_6_release/` on one's own server).

    Raises ApiFailure where the server does not know the company.
    """
    found = info.text("Codebase")
    if not found and not info.text("CompanyName"):
        raise ApiFailure("setting_wrong", info.vendor, f"company ID {company_id}")
    if _CODEBASE.fullmatch(found) is None:
        raise ApiFailure("unexpected_shape", info.vendor, f"company information, Codebase holds “{found}”")
    return found.rstrip("/")


class Forward:
    """A list led through by id: `pageId` is "ids above this one", so nothing is lost when rows come or go.

    ConnectWise always names a next page in this way of paging, also after the last one, and at times by a host of its
    own network; so the last id is sent and the link is not followed.
    """

    def __init__(self, api: Http, size: int) -> None:
        self._api = api
        self._size = min(size, LARGEST_PAGE)
        self.at: datetime | None = None

    def rows(self, path: str, noun: str, needs: str, *, conditions: str = "", fields: str = "") -> Iterator[Row]:
        """The rows of a list. `at` is set to the vendor's clock once the first page is there."""

        def found(answer: Answer) -> list[Row]:
            self.at = self.at or answer.at
            return answer.rows(noun)

        def after(_answer: Answer, rows: list[Row]) -> Mapping[str, object] | None:
            if len(rows) < self._size:
                return None
            return {"pageId": max(number(row) for row in rows)}

        asked = {"pageSize": self._size, "conditions": conditions or None, "fields": fields or None}
        return cursored(
            self._api,
            path,
            found,
            after,
            noun=f"{noun}s",
            ask=lambda more: self._api.get(
                path, {**asked, **more}, needs=needs, headers={"pagination-type": "forward-only"}
            ),
        )


def number(row: Row) -> int:
    """A record's id. Raises ApiFailure where it is no whole number."""
    found = row.need_exact("id")
    if found != found.to_integral_value():
        raise ApiFailure("unexpected_shape", row.vendor, f"{row.noun}, id holds “{found}”, not a whole number")
    return int(found)


def chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    while found := list(islice(items, size)):
        yield found


def explained(answer: Answer, vendor: str) -> ApiFailure | None:
    """The failure that an error's body tells better than its status; None leaves it to the status."""
    if answer.status < 400:
        return None
    try:
        body = json.loads(answer.content[:65536])
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    said = str(body.get("message") or "")
    low = said.casefold()
    if "ssl is required" in low:
        return ApiFailure("setting_wrong", vendor, httpx.URL(answer.url).host, detail=said, status=answer.status)
    if "codebase/company is invalid" in low:
        return ApiFailure("setting_wrong", vendor, "the company ID", detail=said, status=answer.status)
    if answer.status in (400, 401, 403) and "clientid" in low:
        return ApiFailure("credentials_refused", vendor, detail=said, status=answer.status)
    if answer.status == 400 and (parts := _parts(body)):
        where = httpx.URL(answer.url).path
        return ApiFailure("refused", vendor, where, detail=f"{parts} ({said})", status=400)
    return None


def _parts(body: Mapping[str, object]) -> str:
    """What is wrong with each field, where a body says so."""
    errors = body.get("errors")
    if not isinstance(errors, list):
        return ""
    return "; ".join(str(each["message"]) for each in errors if isinstance(each, dict) and each.get("message"))
