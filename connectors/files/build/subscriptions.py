"""Subscription exports of distributors -> a count-level licence seat and a Subscription record a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time

from connectors.files.build.base import Attributes, Item, Values, natural_id
from connectors.files.build.usage import UsageBuilder, seat_status
from connectors.records import Seat, Subscription

# No `integration`: the vendor column of these exports names who makes the product.
SUBSCRIPTION_FIELDS = (
    "account_id",
    "account_name",
    "account_domain",
    "subscription_id",
    "sku",
    "sku_name",
    "display_name",
    "quantity",
    "status",
    "term",
    "billing_cycle",
    "unit_cost",
    "currency",
    "starts_on",
    "created_at",
    "commitment_ends_on",
)
_CYCLES = (
    ("annual", ("annual", "year", "p1y", "12")),
    ("quarterly", ("quarter", "p3m")),
    ("monthly", ("month", "p1m")),
    ("one_time", ("one", "once")),
)


def _cycle(billing: str, term: str) -> str:
    """Read the billing cycle from the billing column, else from the term; "annual, billed monthly" is monthly."""
    for text in (billing.casefold(), term.casefold()):
        if "month" in text and ("annual" in text or "year" in text) and "12" not in text:
            return "monthly"
        for cycle, words in _CYCLES:
            if any(word in text for word in words):
                return cycle
    return "monthly"


class SubscriptionBuilder(UsageBuilder):
    """One row is one subscription of one customer."""

    def row(self, number: int, values: Values, attributes: Attributes) -> Sequence[Item]:
        context = self._context
        context.require(number, values, "sku_name", "sku")
        context.require(number, values, "quantity")
        records: list[Item] = []
        integration, account = self.account(number, values, records)
        sku, sku_name = self.sku(values, integration, records)
        subscription = self._id(number, values, integration, account, sku)
        status = seat_status(context, number, values.get("status", ""))
        starts_on = values.get("starts_on")
        created = values.get("created_at")
        if created is None and starts_on is not None:
            created = datetime.combine(starts_on, time(), UTC)
        term: str = values.get("term", "")
        records.append(
            Subscription(
                external_id=subscription,
                account_external_id=account,
                sku=sku,
                sku_name=sku_name,
                quantity=values["quantity"],
                unit_cost=values.get("unit_cost"),
                currency=(values.get("currency", "") or context.options.currency).upper(),
                term=term,
                billing_cycle=_cycle(values.get("billing_cycle", ""), term),
                status=status,
                starts_on=starts_on,
                commitment_ends_on=values.get("commitment_ends_on"),
                integration=integration,
                attributes=attributes,
            )
        )
        self.seat(
            Seat(
                external_id=subscription,
                account_external_id=account,
                kind="licence",
                sku=sku,
                sku_name=sku_name,
                display_name=sku_name,
                status=status,
                quantity=values["quantity"],
                created_at=created,
                integration=integration,
                attributes=attributes,
            ),
            records,
        )
        return records

    def _id(self, number: int, values: Values, integration: str, account: str, sku: str) -> str:
        context = self._context
        given: str = values.get("subscription_id", "") or values.get("seat_id", "")
        if given:
            name = "subscription_id" if values.get("subscription_id") else "seat_id"
            context.unique(number, name, "Subscription", given, "seat", integration, given)
            return given
        starts_on = values.get("starts_on")
        made = natural_id(account.removeprefix("name:"), sku, starts_on.isoformat() if starts_on else "")
        if earlier := context.first_row_of(number, "seat", integration, made):
            raise context.bad(
                number,
                "sku_name" if "sku_name" in context.headers else "sku",
                f"Nothing tells this subscription from the one in row {earlier}.",
                "Export the subscription id as well.",
                sku,
            )
        return made
