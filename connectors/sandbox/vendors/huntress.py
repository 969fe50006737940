"""Huntress's API over the estate: who the key belongs to, organizations, agents, identities and invoices.

The estate's MSP has one account and sells Managed EDR alone; other products and a reseller's key are put in by hand.
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import HUNTRESS_SKU, MSP_DOMAIN, MSP_NAME, PRODUCT_BY_CODE
from connectors.sandbox.estate.facts import midnight
from connectors.sandbox.estate.world import HUNTRESS, M365, Account, Agent, User
from connectors.sandbox.server.vendor import VendorServer, answer, stamp

LARGEST = 500
OWN, OTHER, CLOSED = 5, 6, 7
"""Ids of the MSP's account, of a second one that a reseller has, and of one that is disabled."""
_MONTHS = 6
_HOST = "https://api.huntress.io"


class HuntressServer(VendorServer):
    """`is_reseller`: the key sees several accounts, each with a part of the organizations.

    `sells_itdr`: identities are the people in the clients' Microsoft 365 directories. `learners` and `log_sources` are
    counts by organization id.
    """

    id = "huntress"
    hosts = ("api.huntress.io",)
    integration = HUNTRESS
    budget = (60, 60)
    settings = {"api_key": "hk_nb2f61c0d9e4", "api_secret": "hs-huntress-secret-77b0e4a1c5"}

    def __init__(self, sandbox: Any) -> None:
        super().__init__(sandbox)
        self.is_reseller = self.sells_itdr = False
        self.learners: dict[str, int] = {}
        self.log_sources: dict[str, int] = {}

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/v1/actor", self.actor),
            Route("/v1/accounts", self.accounts),
            Route("/v1/organizations", self.organizations),
            Route("/v1/accounts/{account:int}/organizations", self.organizations),
            Route("/v1/agents", self.agents),
            Route("/v1/accounts/{account:int}/agents", self.agents),
            Route("/v1/identities", self.identities),
            Route("/v1/invoices", self.invoices),
            Route("/v1/reseller/invoices", self.reseller_invoices),
            Route("/v1/reseller/invoices/{id:int}/account_usage_line_items", self.usage),
        ]

    def refused(self, request: Request) -> Response | None:
        pair = b64encode(f"{self.settings['api_key']}:{self.settings['api_secret']}".encode()).decode()
        return None if request.headers.get("authorization") == f"Basic {pair}" else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:  # noqa: ARG002
        # Huntress documents no time to wait.
        return answer({"error": {"status": status, "message": f"Request failed with {status}"}}, status)

    async def actor(self, _request: Request) -> Response:
        if self.is_reseller:
            return answer({"reseller": {"id": 31, "name": f"{MSP_NAME} Distribution"}})
        return answer({"account": {"id": OWN, "name": MSP_NAME, "subdomain": "northbeam", "status": "enabled"}})

    async def accounts(self, request: Request) -> Response:
        known = [
            {"id": OWN, "name": MSP_NAME, "subdomain": "northbeam", "status": "enabled"},
            {"id": OTHER, "name": f"{MSP_NAME} North", "subdomain": "northbeam-north", "status": "enabled"},
            {"id": CLOSED, "name": f"{MSP_NAME} Lab", "subdomain": "northbeam-lab", "status": "disabled"},
        ]
        return self._page(request, "accounts", known if self.is_reseller else known[:1], dict)

    async def organizations(self, request: Request) -> Response:
        if (refusal := self._misplaced(request)) is not None:
            return refusal
        found = self.kept("organizations", lambda: sorted(self.town.index.accounts.of(HUNTRESS), key=_number))
        return self._page(request, "organizations", self._seen(request, found), self._organization)

    async def agents(self, request: Request) -> Response:
        if (refusal := self._misplaced(request)) is not None:
            return refusal
        found = self.kept("agents", lambda: sorted(self.town.estate.agents, key=_number))
        return self._page(request, "agents", self._seen(request, found), self._agent)

    async def identities(self, request: Request) -> Response:
        if self.is_reseller:
            return self.fault(404)
        found = self.kept("identities", self._all_identities) if self.sells_itdr else []
        if request.query_params.get("billable") == "true":
            found = [each for each in found if each["billable"]]
        return self._page(request, "identities", found, dict)

    async def invoices(self, request: Request) -> Response:
        if self.is_reseller:
            return self.fault(404)
        return self._page(request, "invoices", self.kept("invoices", lambda: list(self._all_invoices())), _invoice)

    async def reseller_invoices(self, request: Request) -> Response:
        if not self.is_reseller:
            return self.fault(404)
        if {"sort_field", "sort_direction"} & set(request.query_params):
            return self.fault(400)
        return self._page(request, "invoices", self.kept("invoices", lambda: list(self._all_invoices())), _invoice)

    async def usage(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        for number, first, count in self._all_invoices():
            if number == wanted:
                before = (first - timedelta(days=1)).replace(day=1)
                item = {
                    "id": number * 10,
                    "period_start": f"{before} 00:00:00 UTC",
                    "period_end": f"{first - timedelta(days=1)} 23:59:59 UTC",
                    "account": {"id": OWN, "name": MSP_NAME, "subdomain": "northbeam"},
                    "product": "edr",
                    "usage": {"billable": count, "non_billable": 0, "actual": count},
                }
                return self._page(request, "account_usage_line_items", [item], dict)
        return self.fault(404)

    def _misplaced(self, request: Request) -> Response | None:
        """A reseller names an account that he sees, everybody else names none."""
        account = request.path_params.get("account")
        return None if (account in (OWN, OTHER) if self.is_reseller else account is None) else self.fault(404)

    def _seen(self, request: Request, items: Sequence[Account | Agent]) -> Sequence[Account | Agent]:
        account = request.path_params.get("account")
        return items if account is None else [each for each in items if _owner(each) == account]

    def _organization(self, account: Account) -> Mapping[str, object]:
        people = self._people(account) if self.sells_itdr else ()
        return {
            "id": int(account.id),
            "account_id": _owner(account) if self.is_reseller else OWN,
            "name": account.name,
            "key": f"org-{account.id}",
            "agents_count": len(self.town.index.agents.of(account.id)),
            "billable_identity_count": sum(bool(user.licences) for user in people),
            "sat_learner_count": self.learners.get(account.id, 0),
            "logs_sources_count": self.log_sources.get(account.id, 0),
            "incident_reports_count": 0,
            "report_recipients": [f"soc@{MSP_DOMAIN}"],
            "notify_emails": [],
            "microsoft_365_tenant_id": "",
            "microsoft_365_users_count": 0,
            "created_at": stamp(account.changed_at),
            "updated_at": stamp(account.changed_at),
        }

    def _agent(self, each: Agent) -> Mapping[str, object]:
        return {
            "id": int(each.id),
            "account_id": _owner(each) if self.is_reseller else OWN,
            "organization_id": int(each.account_id),
            "hostname": each.hostname,
            "serial_number": each.serial,
            "platform": each.platform,
            "os": each.os,
            "arch": "arm64" if each.platform == "darwin" else "x86_64",
            "version": each.version,
            "tags": [],
            "created_at": stamp(each.created_at),
            "updated_at": stamp(each.changed_at),
            "last_callback_at": stamp(each.last_seen_at),
        }

    def _people(self, account: Account) -> Iterator[User]:
        """Who has a Microsoft 365 account at the client whose organization it is."""
        client = self.town.estate.truth.get((HUNTRESS, account.id))
        for tenant in self.town.index.accounts_of(client, M365) if client else ():
            yield from self.town.index.users.of(tenant.id)

    def _all_identities(self) -> list[Mapping[str, object]]:
        found = [
            {
                "id": _digits(user.id),
                "account": {"id": OWN, "name": MSP_NAME},
                "organization": {"id": int(account.id), "name": account.name},
                "username": user.upn,
                "email": user.upn,
                "enabled": user.is_enabled,
                "billable": bool(user.licences),
                "external": user.kind == "guest",
                "enabled_products": ["itdr"],
                "created_at": stamp(user.created_at),
                "updated_at": stamp(user.changed_at),
            }
            for account in self.town.index.accounts.of(HUNTRESS)
            for user in self._people(account)
        ]
        return sorted(found, key=_number)

    def _all_invoices(self) -> Iterator[tuple[int, date, int]]:
        """(id, first day of the month it is made on, agents that were there then); what was issued never changes."""
        estate = self.town.estate
        gone = [(each.entity.created_at, each.at) for each in estate.gone if each.kind == "agent"]
        first = estate.as_of.replace(day=1)
        months = []
        for _ in range(_MONTHS):
            months.append(first)
            first = (first - timedelta(days=1)).replace(day=1)
        for month in reversed(months):
            day = midnight(month)
            count = sum(agent.created_at < day for agent in estate.agents)
            count += sum(came < day <= went for came, went in gone)
            yield int(f"{month:%Y%m}"), month, count

    def _page(
        self, request: Request, key: str, items: Sequence[Any], shown: Callable[[Any], Mapping[str, object]]
    ) -> Response:
        """Ascending by id, whatever the order that is asked for; the token holds the last id that was given."""
        text, token = request.query_params.get("limit", "10"), request.query_params.get("page_token", "")
        if not text.isdigit() or not 1 <= int(text) <= LARGEST:
            return self.fault(400)
        begin = bisect_right(items, int(urlsafe_b64decode(token)), key=_number) if token else 0
        page = items[begin : begin + int(text)]
        pagination = {}
        if begin + len(page) < len(items):
            after = urlsafe_b64encode(str(_number(page[-1])).encode()).decode()
            url = f"{_HOST}{request.url.path}?page_token={after}&limit={text}"
            pagination = {"next_page_token": after, "next_page_url": url}
        return answer({key: [shown(each) for each in page], "pagination": pagination})


def _number(item: Account | Agent | Mapping[str, Any] | tuple[int, date, int]) -> int:
    if isinstance(item, tuple):
        return item[0]
    return int(item["id"] if isinstance(item, Mapping) else item.id)


def _owner(item: Account | Agent) -> int:
    """Which of a reseller's accounts has it: every second organization is the other's."""
    return (OWN, OTHER)[int(item.id if isinstance(item, Account) else item.account_id) % 2]


def _digits(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=5).digest())


def _invoice(item: tuple[int, date, int]) -> Mapping[str, object]:
    number, month, count = item
    cents = PRODUCT_BY_CODE["HUN-EDR"].cost * Decimal(100) * count
    moment = stamp(midnight(month))
    return {
        "id": number,
        "amount": int(cents),
        "currency_type": "usd",
        "plan": HUNTRESS_SKU,
        "quantity": count,
        "receipt": f"https://pay.stripe.com/invoice/northbeam-{number}",
        "status": "paid",
        "has_usage": True,
        "created_at": moment,
        "updated_at": moment,
    }
