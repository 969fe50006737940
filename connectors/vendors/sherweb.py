"""Sherweb: customers of a partner and what was bought for each. Known from clients of its Service Provider API, as the
specification is not public; `docs/connectors/sherweb.md` says what is not confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from connectors.connector import About, Budget, Field, Limits, Privilege, Reads, WriteWay, stream
from connectors.http.api import ApiConnector
from connectors.http.rows import Row
from connectors.http.tokens import ClientCredentials
from connectors.records import Account, Seat, Sku, Subscription
from connectors.wire import Wire

READ = "service-provider"
_BASE = "https://api.sherweb.com"
_CYCLES = {"monthly": "monthly", "yearly": "annual", "onetime": "one_time"}


class Sherweb(ApiConnector):
    """Lists come whole, without pages; subscriptions are asked for customer by customer."""

    about: ClassVar[About] = About(
        id="sherweb",
        name="Sherweb",
        side="usage",
        category="Distributor",
        summary="Subscriptions bought for each client, with quantity, cost and commitment.",
        fields=(
            Field(
                name="client_id",
                label="Client ID",
                help="Sherweb partner portal > Security > APIs.",
                pattern=r"\S{8,200}",
            ),
            Field(
                name="client_secret",
                label="Client secret",
                help="Shown once when the application is made.",
                is_secret=True,
                pattern=r"\S{8,500}",
            ),
            Field(
                name="subscription_key",
                label="Subscription key",
                help="The primary key of the gateway, in the same place.",
                is_secret=True,
                pattern=r"[A-Za-z0-9]{16,64}",
                wrong="has letters and digits only",
            ),
        ),
        privileges=(Privilege(name=READ, why="the scope that shows customers and their subscriptions"),),
        limits=Limits(
            budgets=(Budget(requests=120, seconds=60),),
            at_once=2,
            source="No limit is known; 120 a minute is our caution.",
        ),
        hosts=("api.sherweb.com",),
        proof="facts",
        writes=WriteWay(kind="none", why_not="Sherweb changes quantities by orders that take effect later."),
    )

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        form = {
            "client_id": self.settings["client_id"],
            "client_secret": self.settings["client_secret"],
            "scope": "service-provider",
        }
        auth = ClientCredentials(self.about.name, f"{_BASE}/auth/oidc/connect/token", form)
        headers = {"Ocp-Apim-Subscription-Key": self.settings["subscription_key"]}
        self.api = self.open(f"{_BASE}/service-provider/v1", auth=auth, headers=headers)

    def identify(self) -> str:
        return f"Sherweb partner with {len(self._customers())} customers"

    @stream("accounts", needs=READ)
    def accounts(self) -> Reads:
        for row in self._customers():
            yield Account(
                external_id=row.need("id"),
                name=row.need("displayName"),
                attributes=row.attributes({"id", "displayName"}),
            )
        return ""

    @stream("skus", needs=READ)
    def skus(self) -> Reads:
        seen = set()
        for _account, row in self._subscriptions():
            sku = _sku(row)
            if sku not in seen:
                seen.add(sku)
                yield Sku(external_id=sku, name=row.text("productName") or sku)
        return ""

    @stream("seats", needs=READ)
    def seats(self) -> Reads:
        for account, row in self._subscriptions():
            yield Seat(
                external_id=row.need("id"),
                account_external_id=account,
                kind="licence",
                sku=_sku(row),
                sku_name=row.text("productName"),
                display_name=row.text("productName"),
                quantity=row.need_exact("quantity"),
                created_at=row.moment("purchaseDate"),
                attributes=row.attributes({"id", "quantity", "productName"}),
            )
        return ""

    @stream("subscriptions", needs=READ)
    def subscriptions(self) -> Reads:
        for account, row in self._subscriptions():
            fees, term = row.row("fees"), row.row("commitmentTerm")
            yield Subscription(
                external_id=row.need("id"),
                account_external_id=account,
                sku=_sku(row),
                sku_name=row.text("productName"),
                quantity=row.need_exact("quantity"),
                unit_cost=fees.exact("recurringFee"),
                currency=fees.text("currency"),
                term=term.text("type") or row.text("billingCycle"),
                billing_cycle=_CYCLES.get(row.text("billingCycle").casefold(), "monthly"),
                starts_on=row.day("purchaseDate"),
                commitment_ends_on=term.day("termEndDate"),
                attributes=row.attributes({"id", "quantity", "productName"}),
            )
        return ""

    def _customers(self) -> list[Row]:
        return self.api.get("customers", needs=READ).row("list of customers").need_rows("items", "customer")

    def _subscriptions(self) -> list[tuple[str, Row]]:
        """(customer id, subscription) of all customers."""
        customers = [row.need("id") for row in self._customers()]
        return [pair for found in self.api.each(customers, self._bought_for) for pair in found]

    def _bought_for(self, customer: str) -> list[tuple[str, Row]]:
        answer = self.api.get("billing/subscriptions/details", {"customerId": customer}, needs=READ)
        return [(customer, row) for row in answer.row("list of subscriptions").need_rows("items", "subscription")]


def _sku(row: Row) -> str:
    return row.text("sku") or row.need("productName")
