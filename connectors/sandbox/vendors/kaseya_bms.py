"""Kaseya BMS over the estate: everything in an envelope, refusals inside 200, services seen only on invoices.

The live API spells names in camel case where its specification writes `AccessToken`; `is_spelled_as_specified` turns
that round.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_NAME
from connectors.sandbox.estate.invoices import InvoiceLine, IssuedInvoice, invoices
from connectors.sandbox.estate.world import Agreement, Client
from connectors.sandbox.server.sandbox import Sandbox
from connectors.sandbox.server.vendor import VendorServer, answer, page_of, stamp, whole

T = TypeVar("T")
Shown = Mapping[str, object]
Dated = tuple[date, Shown]
_LARGEST = 100
_REFRESH_S = 7 * 86_400.0
_FOREVER = "2999-12-31T00:00:00Z"
_CYCLES = {"monthly": "Monthly", "quarterly": "Quarterly", "annual": "Yearly"}
_OTHERS = ((3, "Prospect", "Halden Fabrication Ltd"), (4, "Vendor", "Cascade Distribution Inc"))
"""Accounts that are no clients: id, type, name."""


class BmsServer(VendorServer):
    """`says` is an error (code, message) that every answer to come holds inside a 200."""

    id = "kaseya_bms"
    hosts = ("api.bms.kaseya.com", "api.bmsemea.kaseya.com", "api.bmsapac.kaseya.com", "api.vorexlogin.com")
    token_lifetime_s = 1800.0
    budget = (1500, 3600)
    settings = {
        "host": "api.bms.kaseya.com",
        "tenant": MSP_NAME,
        "user_name": "rcx.api",
        "password": "northbeam-bms-pass-5d0f",
    }

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.is_spelled_as_specified = False
        self.says: tuple[int, str] | None = None
        self._issued: tuple[object, list[Dated], list[Dated]] = (None, [], [])

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/v2/security/authenticate", self.authenticate, methods=["POST"]),
            Route("/v2/security/refreshtoken", self.refresh, methods=["POST"]),
            Route("/v2/security/userinfo", self.user),
            Route("/v2/crm/accounts/summary", self.accounts),
            Route("/v2/finance/contracts/summary", self.contracts),
            Route("/v2/finance/contracts/lookup", self.lookup),
            Route("/v2/finance/invoices/summary", self.summaries),
            Route("/v2/finance/invoices/details", self.details, methods=["POST"]),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path.rpartition("/")[2] in ("authenticate", "refreshtoken"):
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.tokens.is_good(token):
            return self.fault(401)
        return None if self.says is None else self._error(*self.says)

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        return self._error(status, f"The request failed with {status}.", status, headers)

    async def authenticate(self, request: Request) -> Response:
        given = await _form(request)
        wanted = {
            "GrantType": "password",
            "UserName": self.settings["user_name"],
            "Password": self.settings["password"],
            "Tenant": self.settings["tenant"],
        }
        return self._tokens() if given == wanted else self._error(401, "Invalid username or password.")

    async def refresh(self, request: Request) -> Response:
        given = await _form(request)
        is_good = self.tokens.is_good(given.get("RefreshToken", "")) and "AccessToken" in given
        return self._tokens() if is_good else self._error(401, "The refresh token has expired.")

    async def user(self, _request: Request) -> Response:
        return self._answer(self._spelled({"UserId": 7, "FullName": "RCX", "BusinessName": MSP_NAME}))

    async def accounts(self, request: Request) -> Response:
        found: list[Client | tuple[int, str, str]] = [*_OTHERS, *self.town.estate.clients]
        return self._page(request, found, _account)

    async def contracts(self, request: Request) -> Response:
        owners = self.town.index.clients.by_id
        return self._page(
            request, self.town.estate.agreements, lambda each: _contract(each, owners[each.client_id], self._today())
        )

    async def lookup(self, request: Request) -> Response:
        found = self.town.index.agreements.of(request.query_params.get("AccountId", ""))
        shown = [{"Id": int(each.id), "Name": each.name, "IsActive": True} for each in found]
        return self._answer(self._spelled(shown))

    async def summaries(self, request: Request) -> Response:
        since = request.query_params.get("Filter.CreatedFrom", "")
        heads, _ = self._all_issued()
        found = _dated_from(heads, since)
        page = _paged(found, whole(request, "PageNumber", 1), whole(request, "PageSize", 50))
        return self._answer([self._spelled(each) for _, each in page])

    async def details(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        since = str(asked.get("Filter", {}).get("InvoiceDateFrom", ""))
        _, rows = self._all_issued()
        found = _dated_from(rows, since)
        page = _paged(found, int(asked.get("PageNumber", 1)), int(asked.get("PageSize", 50)))
        return self._answer([self._spelled(each) for _, each in page])

    def _all_issued(self) -> tuple[list[Dated], list[Dated]]:
        """Invoices and their rows with the day of issue, made anew when the estate has changed."""
        estate, owners = self.town.estate, self.town.index.clients
        now = (estate.as_of, estate.moment)
        if self._issued[0] != now:
            issued = list(invoices(estate))
            heads = [(each.issued_on, _invoice(each, owners.get(each.client_id))) for each in issued]
            rows = [(each.issued_on, _row(each, part)) for each in issued for part in each.lines]
            self._issued = (now, heads, rows)
        return self._issued[1:]

    def _today(self) -> date:
        found: date = self.town.estate.as_of
        return found

    def _tokens(self) -> Response:
        ends = datetime.now(UTC) + timedelta(seconds=self.token_lifetime_s)
        given = {
            "AccessToken": self.tokens.issue(),
            "RefreshToken": self.tokens.issue(_REFRESH_S),
            "AccessTokenExpireOn": stamp(ends),
        }
        return self._answer(self._spelled(given))

    def _page(self, request: Request, items: Sequence[T], shown: Callable[[T], Shown]) -> Response:
        page = _paged(items, whole(request, "PageNumber", 1), whole(request, "PageSize", 50))
        return self._answer([self._spelled(shown(each)) for each in page], TotalRecords=len(items))

    def _answer(self, result: object, **more: object) -> Response:
        return answer(self._flat({"Success": True, "Result": result, **more}))

    def _error(self, code: int, message: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        told = self._flat({"Code": code, "Message": message})
        return answer(self._flat({"Success": False, "Error": told}), status, headers)

    def _spelled(self, value: Any) -> Any:
        return value if self.is_spelled_as_specified else _camel(value)

    def _flat(self, value: Shown) -> Shown:
        return value if self.is_spelled_as_specified else {_small(key): each for key, each in value.items()}


def _dated_from(items: list[Dated], since: str) -> list[Dated]:
    """Those of that day and later; they are in the order of their days."""
    begin = bisect_left(items, since, key=lambda each: f"{each[0]}T00:00:00Z")
    return items[begin:] if begin else items


def _paged(items: Sequence[T], number: int, size: int) -> Sequence[T]:
    return page_of(items, number, min(max(1, size), _LARGEST))


async def _form(request: Request) -> Mapping[str, str]:
    """The parts of a form; empty where it was not sent in parts."""
    kind, _, boundary = request.headers.get("content-type", "").partition("boundary=")
    if not kind.startswith("multipart/form-data") or not boundary:
        return {}
    found = {}
    for part in (await request.body()).decode().split(f"--{boundary}"):
        head, _, value = part.partition("\r\n\r\n")
        if 'name="' in head:
            found[head.partition('name="')[2].partition('"')[0]] = value.removesuffix("\r\n")
    return found


@cache
def _small(key: str) -> str:
    return key[:1].lower() + key[1:]


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {_small(key): _camel(each) for key, each in value.items()}
    return [_camel(each) for each in value] if isinstance(value, list) else value


def _account(each: Client | tuple[int, str, str]) -> Shown:
    if isinstance(each, tuple):
        number, kind, name = each
        return {"Id": number, "AccountType": kind, "AccountName": name, "IsActive": True}
    site = each.sites[0]
    address = {
        "Id": int(each.id) * 10 + 1,
        "Address1": site.address,
        "City": site.city,
        "State": site.region,
        "ZipCode": site.postcode,
        "Country": each.country,
        "Phone": site.phone,
        "EmailAddress": f"accounts@{each.domain}",
        "IsMain": True,
    }
    main = {
        "Id": int(each.id) * 10,
        "LocationName": site.name,
        "IsMain": True,
        "IsActive": True,
        "Addresses": [address],
    }
    return {
        "Id": int(each.id),
        "AccountCode": each.identifier,
        "AccountType": "Customer",
        "AccountName": each.name,
        "CurrencyName": each.currency,
        "Website": f"https://www.{each.domain}/",
        "IsActive": True,
        "Locations": [main],
    }


def _contract(each: Agreement, owner: Client, today: date) -> Shown:
    last = None if each.cancelled_on is None else each.cancelled_on - timedelta(days=1)
    return {
        "Id": int(each.id),
        "ContractName": each.name,
        "AccountName": owner.name,
        "Status": "Active" if last is None or last >= today else "Inactive",
        "BillingCycle": _CYCLES[each.billing_cycle],
        "StartDate": f"{each.starts_on}T00:00:00Z",
        "EndDate": _FOREVER if last is None else f"{last}T00:00:00Z",
    }


def _invoice(each: IssuedInvoice, owner: Client | None) -> Shown:
    return {
        "Id": invoice_id(each),
        "InvoiceNumber": each.number,
        "StatusName": "Sent",
        "AccountId": int(each.client_id),
        "AccountName": "" if owner is None else owner.name,
        "GrandTotal": each.total,
        "InvoiceDate": f"{each.issued_on}T00:00:00Z",
        "InvoiceFrom": f"{each.period_start}T00:00:00Z",
        "InvoiceTo": f"{each.period_end}T00:00:00Z",
        "CreatedOn": f"{each.issued_on}T00:00:00Z",
    }


def _row(each: IssuedInvoice, part: InvoiceLine) -> Shown:
    return {
        "Id": row_id(each, part.line_id),
        "InvoiceId": invoice_id(each),
        "InvoiceNumber": each.number,
        "Name": part.product_code,
        "Description": part.description,
        "TypeName": "Recurring Service",
        "Qty": max(part.quantity - part.included, Decimal(0)),
        "UnitPrice": part.unit_price,
        "TotalPrice": part.amount,
        "ContractId": int(each.agreement_id),
    }


def invoice_id(each: IssuedInvoice) -> int:
    """Numbers of four bytes, as BMS's."""
    return _month(each) * 100_000 + int(each.id[6:])


def row_id(each: IssuedInvoice, line_id: str) -> int:
    return _month(each) * 1_000_000 + int(line_id)


def _month(each: IssuedInvoice) -> int:
    return (each.issued_on.year - 2000) * 12 + each.issued_on.month
