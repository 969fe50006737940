"""Reads customers' tenants through Microsoft Graph: organisations, licensed users, SKUs and subscriptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from connectors.connector import About, Checked, Reads, stream
from connectors.data.microsoft_skus import sku_of
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.pages import linked
from connectors.http.rows import Row
from connectors.vendors.microsoft365 import shapes
from connectors.vendors.microsoft365.about import ABOUT, DELEGATED, DIRECTORY, SIGN_INS, SINGLE
from connectors.vendors.microsoft365.customers import Customer, in_force
from connectors.vendors.microsoft365.signing import TENANT, TenantTokens
from connectors.wire import Wire

T = TypeVar("T")
_BASE = "https://graph.microsoft.com/v1.0"
_LARGEST_OF_RELATIONSHIPS = 300
_ORGANISATION = (
    "id,displayName,street,city,state,postalCode,countryLetterCode,businessPhones,verifiedDomains,tenantType"
)
_USER = (
    "id,userPrincipalName,displayName,mail,accountEnabled,userType,createdDateTime,department,jobTitle,usageLocation,"
    "assignedLicenses,licenseAssignmentStates"
)
_SKU = "skuId,skuPartNumber,appliesTo,capabilityStatus,consumedUnits,prepaidUnits,subscriptionIds,accountId"
_SUBSCRIPTION = (
    "id,skuId,skuPartNumber,status,totalLicenses,createdDateTime,nextLifecycleDateTime,isTrial,commerceSubscriptionId,"
    "ownerTenantId"
)
_REFUSALS = frozenset({"privilege_missing", "credentials_refused", "not_found"})


class Microsoft365(ApiConnector):
    """Every customer's tenant is asked with a token of its own, several at once. Every read is whole: the users' delta
    has no sign-ins and tells of a user that he changed, not which licence he lost.
    """

    about: ClassVar[About] = ABOUT
    page_size = 999

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        self._home = self.settings["tenant_id"].casefold()
        self._left_out = frozenset(re.split(r"[\s,;]+", self.settings["left_out"].casefold())) - {""}
        form = {
            "client_id": self.settings["client_id"],
            "client_secret": self.settings["client_secret"],
            "scope": "https://graph.microsoft.com/.default",
        }
        self._tokens = TenantTokens(self.about.name, self._home, form)
        self.api = self.open(_BASE, auth=self._tokens)
        self._tokens.on_token = self.api.redact.learn
        self._read: list[Customer] = []

    def identify(self) -> str:
        row = self._organisation(Customer(id=self._home))
        return row.text("displayName") or row.need("id")

    def check(self) -> Checked:
        """As any; then every customer's tenant is asked once, and each that refuses is named."""
        checked, missing = super().check(), []
        try:
            for _account in self.read("accounts"):
                continue
        except ApiFailure as failure:
            if failure.kind != "privilege_missing":
                raise
            missing.append(failure)
        return replace(checked, missing=(*checked.missing, *missing), notes=self.wire.notes())

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:  # noqa: ARG002
        if answer.status == 400 and b"Directory_ExpiredPageToken" in answer.content:
            return self.failure("cursor_expired", status=400)
        return None

    @stream("accounts", needs=DIRECTORY)
    def accounts(self) -> Reads:
        yield from self._each(lambda customer: shapes.account(customer, self._organisation(customer)), is_first=True)
        return ""

    @stream("skus", needs=DIRECTORY)
    def skus(self) -> Reads:
        seen: set[str] = set()
        for rows in self._each(self._held):
            for row in rows:
                sku = shapes.sku(row)
                if sku.external_id not in seen:
                    seen.add(sku.external_id)
                    yield sku
        return ""

    @stream("seats", needs=DIRECTORY)
    def seats(self) -> Reads:
        """One seat a licence of a user, whether he may sign in or not; shared mailboxes are users that may not."""
        for seats in self._each(lambda customer: list(self._seats(customer))):
            yield from seats
        return ""

    @stream("subscriptions", needs=DIRECTORY)
    def subscriptions(self) -> Reads:
        for subscriptions in self._each(lambda customer: list(self._subscriptions(customer))):
            yield from subscriptions
        return ""

    # --- customers

    def _each(self, work: Callable[[Customer], T], *, is_first: bool = False) -> Iterator[T]:
        """`work` for every customer, several at once.

        A tenant that refuses fails the whole stream at its end (what is missing would count as zero), with all that
        refuse named in the remarks. `is_first`: this read decides who is a customer, so that one whose delegated
        administration has just ended is left out; later on he is known, and would count as zero.
        """
        refused: list[tuple[Customer, ApiFailure]] = []

        def attempt(customer: Customer) -> T | None:
            try:
                return work(customer)
            except ApiFailure as failure:
                if failure.kind not in _REFUSALS or self._is_single():
                    raise
                refused.append((customer, failure))
                return None

        if is_first:
            self._read = []
        for found in self.api.each(self._customers(), attempt):
            self.wire.go_on()
            if found is not None:
                yield found
        if refused and is_first:
            in_force = {each.id for each in self._in_force(lambda _text: None)}
            self._read = [each for each in self._read if each.id in in_force]
            refused = [each for each in refused if each[0].id in in_force]
        if refused:
            self._fail(sorted(refused, key=lambda each: each[0].name))

    def _fail(self, refused: list[tuple[Customer, ApiFailure]]) -> None:
        """Remark on each tenant that refused and raise the first one's failure with its name."""
        for customer, failure in refused:
            self.wire.note(f"The tenant of {customer.name} refuses to be read: {failure.message}")
        customer, failure = refused[0]
        if customer.name in failure.message:
            raise failure
        raise self.failure(failure.kind, customer.name, detail=f"{customer.name}: {failure.detail}") from failure

    def _customers(self) -> list[Customer]:
        """The tenants to read, the same for all streams of a sync, or a customer could have an account and no seats.

        Raises ApiFailure where there is none: an empty list would count as zero everywhere.
        """
        if self._is_single():
            return [Customer(id=self._home)]
        if not self._read:
            self._read = self._in_force(self.wire.note)
        if not self._read:
            raise self.failure("not_found", "customers under delegated administration (GDAP)")
        for customer in self._read:
            self._tokens.name(customer.id, customer.name)
        return self._read

    def _in_force(self, note: Callable[[str], None]) -> list[Customer]:
        contracts = list(self._all("contracts", "contract", DIRECTORY, {"$top": self.size}))
        relationships = self._all(
            "tenantRelationships/delegatedAdminRelationships",
            "delegated administration",
            DELEGATED,
            {"$top": min(self.size, _LARGEST_OF_RELATIONSHIPS)},
        )
        return in_force(contracts, relationships, self._left_out, datetime.now(UTC), note)

    def _is_single(self) -> bool:
        return self.settings["reach"] == SINGLE

    # --- one tenant

    def _organisation(self, customer: Customer) -> Row:
        rows = list(self._all("organization", "organisation", DIRECTORY, {"$select": _ORGANISATION}, customer))
        if {row.need("id").casefold() for row in rows} != {customer.id}:
            raise self.failure("unexpected_shape", f"the organisation of {customer.name or customer.id} is another one")
        return rows[0]

    def _held(self, customer: Customer) -> list[Row]:
        """The SKUs that a tenant holds, each once."""
        found = {}
        for row in self._all("subscribedSkus", "licence SKU", DIRECTORY, {"$select": _SKU}, customer):
            if row.text("accountId", customer.id).casefold() != customer.id:
                raise self.failure("unexpected_shape", f"the licences of {customer.name} are another tenant's")
            found[row.need("skuId").casefold()] = row
        return list(found.values())

    def _seats(self, customer: Customer) -> Iterator[Any]:
        users = self._users(customer)
        guids = {licence.text("skuId").casefold() for row in users for licence in row.rows("assignedLicenses")}
        parts: dict[str, str] = {}
        if any(guid and sku_of(guid) is None for guid in guids):
            parts = {row.need("skuId").casefold(): row.text("skuPartNumber") for row in self._held(customer)}
        for row in users:
            yield from shapes.seats(customer, row, parts)

    def _users(self, customer: Customer) -> list[Row]:
        """The users that hold a licence, with their last sign-in where the tenant and the rights allow it."""
        try:
            return self._licensed(customer, f"{_USER},signInActivity", SIGN_INS)
        except ApiFailure as failure:
            if failure.kind != "privilege_missing":
                raise
            self.wire.note(f"Last sign-ins can't be read in some tenants: {failure.detail or f'no {SIGN_INS}'}")
        return self._licensed(customer, _USER, DIRECTORY)

    def _licensed(self, customer: Customer, fields: str, needs: str) -> list[Row]:
        asked = {"$select": fields, "$filter": "assignedLicenses/$count ne 0", "$count": "true", "$top": self.size}
        return list(self._all("users", "user", needs, asked, customer, {"ConsistencyLevel": "eventual"}))

    def _subscriptions(self, customer: Customer) -> Iterator[Any]:
        held = self._held(customer)
        bought: dict[str, list[Row]] = {}
        for row in self._bought(customer):
            bought.setdefault(row.need("skuId").casefold(), []).append(row)
        for row in held:
            yield from shapes.subscriptions(customer, row, bought.pop(row.need("skuId").casefold(), []))
        for guid, rows in bought.items():
            about = {"skuId": guid, "skuPartNumber": rows[0].text("skuPartNumber")}
            unheld = Row(about, "licence SKU", self.about.name, self.wire)
            yield from shapes.subscriptions(customer, unheld, rows)

    def _bought(self, customer: Customer) -> list[Row]:
        try:
            asked = {"$select": _SUBSCRIPTION}
            return list(self._all("directory/subscriptions", "subscription", DIRECTORY, asked, customer))
        except ApiFailure as failure:
            if failure.kind != "privilege_missing":
                raise
            self.wire.note(f"The subscriptions of {customer.name or 'the tenant'} can't be read; its totals are used.")
            return []

    def _all(
        self,
        path: str,
        noun: str,
        needs: str,
        params: Mapping[str, Any],
        customer: Customer | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Row]:
        """All rows of a list, asked with the customer's token, or the partner's own. A refusal names the customer."""
        sent = {**(headers or {}), TENANT: customer.id if customer else self._home}
        right = f"{needs} in {customer.name}" if customer and customer.name else needs
        return linked(
            self.api,
            path,
            lambda answer: answer.row(f"list of {noun}s").need_rows("value", noun),
            lambda answer: answer.row("list").text("@odata.nextLink"),
            noun=noun,
            params=params,
            ask=lambda place, asked: self.api.get(place, asked, needs=right, headers=sent),
        )
