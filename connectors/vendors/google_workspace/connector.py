"""Reads a reseller's customers, their subscriptions, and their users with licences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.pages import cursored
from connectors.http.rows import Row
from connectors.records import Account, Seat, Sku, Subscription
from connectors.vendors.google_workspace.about import ABOUT, LICENCES, ORDERS, USERS
from connectors.vendors.google_workspace.auth import ServiceAccount
from connectors.wire import Wire

_FLEXIBLE = ("FLEXIBLE", "TRIAL", "FREE")
_STATUS = {"ACTIVE": "active", "SUSPENDED": "suspended", "CANCELLED": "deleted", "PENDING": "suspended"}


class GoogleWorkspace(ApiConnector):
    """Google leaves empty lists out of its answers, so a list is believed empty only where a count says so too."""

    about: ClassVar[About] = ABOUT
    page_size = 100

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        held = self.settings
        scopes = (ORDERS, LICENCES, USERS)
        self._auth = ServiceAccount(self.about.name, held["client_email"], held["private_key"], held["admin"], scopes)
        self.reseller = self.open("https://reseller.googleapis.com/apps/reseller/v1", auth=self._auth)
        self.licensing = self.open("https://licensing.googleapis.com/apps/licensing/v1", auth=self._auth)
        self.directory = self.open("https://admin.googleapis.com/admin/directory/v1", auth=self._auth)

    def identify(self) -> str:
        self.reseller.get("subscriptions", {"maxResults": 1}, needs=ORDERS)
        return f"Google reseller {self.settings['admin'].partition('@')[2]}"

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        """Google answers 403 both for rights and for quotas; the reason tells them apart."""
        if answer.status != 403:
            return None
        error = answer.row("error").row("error")
        reasons = {each.text("reason") for each in error.rows("errors")}
        if reasons & {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"}:
            return self.failure("rate_limited", status=403)
        return self.failure("privilege_missing", needs, status=403, detail=error.text("message"))

    @stream("accounts", needs=ORDERS)
    def accounts(self) -> Reads:
        for row in self.reseller.each(self._customers(), self._customer):
            if row is None:
                continue
            address = row.row("postalAddress")
            yield Account(
                external_id=row.need("customerId"),
                name=address.text("organizationName") or row.need("customerDomain"),
                domain=row.text("customerDomain"),
                phone=row.text("phoneNumber"),
                address=address.text("addressLine1"),
                city=address.text("locality"),
                region=address.text("region"),
                postcode=address.text("postalCode"),
                country=address.text("countryCode"),
                emails=tuple(filter(None, [row.text("alternateEmail")])),
            )
        return ""

    @stream("skus", needs=ORDERS)
    def skus(self) -> Reads:
        seen = set()
        for row in self._subscriptions():
            sku = row.need("skuId")
            if sku not in seen:
                seen.add(sku)
                yield Sku(external_id=sku, name=row.text("skuName") or sku)
        return ""

    @stream("seats", needs=LICENCES)
    def seats(self) -> Reads:
        """A seat for each user and licence; suspended and archived users keep theirs and are disabled."""
        for found in self.licensing.each(self._licensed().items(), self._seats_of):
            yield from found
        return ""

    @stream("subscriptions", needs=ORDERS)
    def subscriptions(self) -> Reads:
        for row in self._subscriptions():
            plan, seats = row.row("plan"), row.row("seats")
            interval = plan.row("commitmentInterval")
            began, ends = row.moment("creationTime"), interval.moment("endTime")
            yield Subscription(
                external_id=row.need("subscriptionId"),
                account_external_id=row.need("customerId"),
                sku=row.need("skuId"),
                sku_name=row.text("skuName"),
                quantity=_quantity(plan, seats),
                term=plan.need("planName"),
                billing_cycle="annual" if plan.text("planName") == "ANNUAL_YEARLY_PAY" else "monthly",
                status=_STATUS.get(row.text("status"), "suspended"),
                starts_on=began.date() if began else None,
                commitment_ends_on=ends.date() if ends and plan.flag("isCommitmentPlan") else None,
                attributes=row.attributes({"subscriptionId", "customerId", "skuId", "skuName"}),
            )
        return ""

    # --- lists

    def _subscriptions(self) -> Iterator[Row]:
        return self._all(self.reseller, "subscriptions", "subscriptions", {}, ORDERS, is_certain=True)

    def _customers(self) -> list[str]:
        return list(dict.fromkeys(row.need("customerId") for row in self._subscriptions()))

    def _customer(self, customer: str) -> Row | None:
        """A customer, None where he left since the list was read."""
        try:
            return self.reseller.get(f"customers/{customer}", needs=ORDERS).row("customer")
        except ApiFailure as failure:
            if failure.kind != "not_found":
                raise
            return None

    def _licensed(self) -> dict[str, dict[str, Decimal]]:
        """Customer id -> product id -> licences in use, of subscriptions that are not cancelled."""
        found: dict[str, dict[str, Decimal]] = {}
        for row in self._subscriptions():
            if row.text("status") == "CANCELLED":
                continue
            products = found.setdefault(row.need("customerId"), {})
            product = product_of(row.need("skuId"))
            products[product] = products.get(product, Decimal(0)) + (
                row.row("seats").exact("licensedNumberOfSeats") or Decimal(0)
            )
        return found

    def _seats_of(self, customer: tuple[str, Mapping[str, Decimal]]) -> list[Seat]:
        number, products = customer
        users = {
            row.need("primaryEmail").casefold(): row
            for row in self._all(self.directory, "users", "users", {"customer": number}, USERS, is_certain=True)
        }
        seats = []
        for product, in_use in products.items():
            path, asked = f"product/{product}/users", {"customerId": number}
            for row in self._all(self.licensing, path, "items", asked, LICENCES, is_certain=in_use > 0):
                seats.append(_seat(number, row, users.get(row.need("userId").casefold())))
        return seats

    def _all(
        self, http: Http, path: str, key: str, params: Mapping[str, Any], needs: str, *, is_certain: bool
    ) -> Iterator[Row]:
        """A list in pages; `is_certain` that something is in it, so that its absence is an error and no end."""

        def rows(answer: Answer) -> list[Row]:
            body = answer.row(f"list of {key}")
            return body.need_rows(key) if is_certain else body.rows(key)

        def following(answer: Answer, _rows: list[Row]) -> Mapping[str, str] | None:
            token = answer.row(f"list of {key}").text("nextPageToken")
            return {"pageToken": token} if token else None

        asked = {**params, "maxResults": self.size}
        return cursored(http, path, rows, following, noun=key.rstrip("s"), params=asked, needs=needs)


def product_of(sku: str) -> str:
    """The product of a SKU (Google's list of product and SKU ids): Workspace editions are `Google-Apps`."""
    if sku.startswith(("101002", "101006", "Google-Apps")):
        return "Google-Apps"
    return sku[:6] if sku.isdigit() else sku.removesuffix("-Former-Employee")


def _quantity(plan: Row, seats: Row) -> Decimal:
    """What is paid for: the seats in use under flexible plans (their maximum is only a limit), else those bought."""
    if plan.need("planName") in _FLEXIBLE:
        return seats.need_exact("licensedNumberOfSeats")
    return seats.need_exact("numberOfSeats")


def _seat(customer: str, licence: Row, user: Row | None) -> Seat:
    email, sku = licence.need("userId"), licence.need("skuId")
    is_off = user is not None and (user.flag("suspended") or user.flag("archived"))
    return Seat(
        external_id=f"{user.need('id') if user is not None else email}/{sku}",
        account_external_id=customer,
        kind="user",
        sku=sku,
        sku_name=licence.text("skuName") or sku,
        identity=email,
        display_name=user.row("name").text("fullName") if user is not None else email,
        status="disabled" if is_off else "active",
        created_at=user.moment("creationTime") if user is not None else None,
        last_seen_at=user.moment("lastLoginTime") if user is not None else None,
        attributes={} if user is None else user.attributes({"id", "primaryEmail", "name.fullName"}),
    )
