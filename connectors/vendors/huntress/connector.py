"""Reads organizations, agents, identities, counted products and invoices of Huntress."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import ClassVar

from connectors.connector import About, Reads, stream
from connectors.devices import class_of, device_identity
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.http.tokens import HeaderAuth
from connectors.records import Account, Charge, Seat
from connectors.vendors.huntress.about import ABOUT, API_ACCESS, IDENTITIES, INVOICES
from connectors.vendors.huntress.lists import LARGEST, Scope, listed, refusal
from connectors.vendors.huntress.money import major
from connectors.wire import Wire

EDR = ("EDR", "Huntress Managed EDR")
ITDR = ("ITDR", "Huntress Managed ITDR")
_COUNTED = {
    "sat_learner_count": ("SAT", "Huntress Managed SAT"),
    "logs_sources_count": ("SIEM", "Huntress Managed SIEM"),
}
"""Fields of an organization that are the only count of a product there is."""
_IDENTITIES = "billable_identity_count"
_NOT_CHARGED = frozenset({"draft", "voided", "full_refund"})
_AGENT_TAKEN = frozenset({"id", "organization_id", "serial_number", "hostname", "created_at", "last_callback_at"})


class Huntress(ApiConnector):
    """Nothing can be filtered by time of change, so every read is whole. A reseller's key reads account by account."""

    about: ClassVar[About] = ABOUT
    page_size = LARGEST

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        pair = b64encode(f"{self.settings['api_key']}:{self.settings['api_secret']}".encode()).decode()
        auth = HeaderAuth({"Authorization": f"Basic {pair}"})
        self.api = self.open("https://api.huntress.io/v1", auth=auth, secrets=[pair])

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        return refusal(self.about.name, answer, needs)

    def identify(self) -> str:
        actor = self._actor
        reseller, account = actor.row("reseller"), actor.row("account")
        if account.text("name"):
            return account.need("name")
        return f"{reseller.need('name')}, reseller of {len(self._scopes)} accounts"

    @stream("accounts", needs=API_ACCESS)
    def accounts(self) -> Reads:
        for scope in self._scopes:
            for row in self._organizations(scope):
                yield Account(
                    external_id=row.need("id"),
                    name=row.need("name"),
                    attributes={**row.attributes({"id", "name"}), **({"account": scope.name} if scope.id else {})},
                )
        return ""

    @stream("seats", needs=API_ACCESS)
    def seats(self) -> Reads:
        for scope in self._scopes:
            organizations = list(self._organizations(scope))
            for organization in organizations:
                yield from _counted(organization, _COUNTED)
            yield from self._identities(scope, organizations)
            path, needs = scope.path("agents"), scope.needs(API_ACCESS)
            for row in listed(self.api, path, "agents", "agent", size=self.size, needs=needs):
                yield _agent(row)
        return ""

    @stream("charges", needs=INVOICES, optional=True)
    def charges(self) -> Reads:
        """Whole invoices: Huntress's have no items with a price, and say only of a reseller's which days they are for.

        They belong to no organization.
        """
        path, is_sorted = ("reseller/invoices", False) if self._is_reseller else ("invoices", True)
        rows = listed(
            self.api, path, "invoices", "invoice", size=self.size, needs=INVOICES, is_sorted=is_sorted
        )  # fmt: skip
        for row in rows:
            if row.text("status") not in _NOT_CHARGED:
                yield self._charge(row)
        return ""

    def _charge(self, row: Row) -> Charge:
        number, currency, dated = row.need("id"), row.need("currency_type").upper(), row.day("created_at")
        if dated is None:
            row.need("created_at")
            raise self.failure("unexpected_shape", "an invoice without a date")
        if row.text("status") == "partial_refund":
            self.wire.note("An invoice of Huntress was refunded in part; it says not by how much.")
        usage = self._first_usage(number) if self._is_reseller and row.flag("has_usage") else None
        begins, ends = (usage.day("period_start"), usage.day("period_end")) if usage else (None, None)
        return Charge(
            external_id=number,
            account_external_id="",
            sku=row.text("plan") or "Huntress",
            quantity=row.need_exact("quantity"),
            amount=major(row.need_exact("amount"), currency),
            currency=currency,
            period_start=begins or dated,
            period_end=ends or begins or dated,
            attributes=row.attributes({"id", "amount", "quantity", "plan", "currency_type", "receipt"}),
        )

    def _first_usage(self, invoice: str) -> Row | None:
        path = f"reseller/invoices/{invoice}/account_usage_line_items"
        page = self.api.get(path, {"limit": 1}, needs=INVOICES).row("list of usage")
        return next(iter(page.need_rows("account_usage_line_items", "usage of an invoice")), None)

    def _identities(self, scope: Scope, organizations: list[Row]) -> Iterator[Seat]:
        """One seat a billable identity. No list of them exists for a reseller's key: there the count is the seat.

        Where every organization says that it has none, nothing is asked for.
        """
        if scope.id:
            for organization in organizations:
                yield from _counted(organization, {_IDENTITIES: ITDR})
            return
        if all(organization.exact(_IDENTITIES) == 0 for organization in organizations):
            return
        found = listed(
            self.api,
            "identities",
            "identities",
            "identity",
            size=self.size,
            needs=IDENTITIES,
            params={"billable": "true"},
        )
        for row in found:
            if row.flag("billable", True):
                yield _identity(row)

    def _organizations(self, scope: Scope) -> Iterator[Row]:
        path, needs = scope.path("organizations"), scope.needs(API_ACCESS)
        return listed(self.api, path, "organizations", "organization", size=self.size, needs=needs)

    @cached_property
    def _actor(self) -> Row:
        return self.api.get("actor", needs=API_ACCESS).row("owner of the key")

    @property
    def _is_reseller(self) -> bool:
        """Raises ApiFailure where Huntress does not say whose key it is: a reseller's would seem to have nothing."""
        if self._actor.has("account"):
            return False
        if not self._actor.has("reseller"):
            self._actor.need("account")
        return True

    @cached_property
    def _scopes(self) -> tuple[Scope, ...]:
        if not self._is_reseller:
            return (Scope("", ""),)
        found = []
        for row in listed(self.api, "accounts", "accounts", "account", size=self.size, needs=API_ACCESS):
            if row.text("status") == "disabled":
                self.wire.note("An account that is disabled at Huntress was left out.")
                continue
            found.append(Scope(row.need("id"), row.need("name")))
        return tuple(found)


def _agent(row: Row) -> Seat:
    name = row.text("hostname")
    return Seat(
        external_id=row.need("id"),
        account_external_id=row.need("organization_id"),
        kind="agent",
        sku=EDR[0],
        sku_name=EDR[1],
        identity=device_identity(row.text("serial_number"), name, row.need("id")),
        display_name=name,
        device_class=_class(row.text("platform"), row.text("os")),
        quantity=Decimal(1),
        created_at=row.moment("created_at"),
        last_seen_at=row.moment("last_callback_at"),
        attributes={**row.attributes(_AGENT_TAKEN), **_tags(row)},
    )


def _class(platform: str, system: str) -> str:
    """Huntress has no class. The operating system tells; `darwin` alone is a workstation."""
    if system:
        return class_of("", system)
    return "workstation" if platform == "darwin" else ""


def _tags(row: Row) -> Mapping[str, str]:
    tags = ", ".join(row.texts("tags"))
    return {"tags": tags} if tags else {}


def _identity(row: Row) -> Seat:
    person = row.text("username") or row.text("email")
    return Seat(
        external_id=f"{row.need('id')}/itdr",
        account_external_id=row.row("organization").need("id"),
        kind="user",
        sku=ITDR[0],
        sku_name=ITDR[1],
        identity=person,
        display_name=row.text("email") or person,
        status="active" if row.flag("enabled", True) else "disabled",
        quantity=Decimal(1),
        created_at=row.moment("created_at"),
        attributes=row.attributes({"id", "enabled", "username", "created_at", "organization.id", "organization.name"}),
    )


def _counted(organization: Row, counts: Mapping[str, tuple[str, str]]) -> Iterator[Seat]:
    """A seat with its quantity for each count that is not 0. Raises ApiFailure where one is not told."""
    for field, (sku, name) in counts.items():
        if quantity := organization.need_exact(field):
            yield Seat(
                external_id=f"{organization.need('id')}/{sku.casefold()}",
                account_external_id=organization.need("id"),
                kind="licence",
                sku=sku,
                sku_name=name,
                display_name=name,
                quantity=quantity,
            )
