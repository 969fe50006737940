"""A slow and obvious reconciliation of an estate, written from the arithmetic alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.records import Seat
from connectors.sandbox.estate import RULES, Estate, Rule, all_seats

Key = tuple[str, str]


@dataclass
class Outcome:
    """Differences by (client, product), unaccounted seats by (integration, client, SKU), lines without a source."""

    compared: set[Key] = field(default_factory=set)
    deltas: dict[Key, Decimal] = field(default_factory=dict)
    unaccounted: dict[tuple[str, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    unmapped: dict[str, int] = field(default_factory=dict)
    without_source: set[Key] = field(default_factory=set)


def takes(rule: Rule, seat: Seat) -> bool:
    if seat.integration != rule.integration or seat.status == "deleted":
        return False
    return all(
        getattr(seat, name).strip().casefold() == value.casefold() for name, op, value in rule.where if op == "eq"
    )


def billed_by(estate: Estate) -> dict[Key, Decimal]:
    """Billed quantity of every client and product on the estate's day."""
    billed: dict[Key, Decimal] = defaultdict(Decimal)
    for line in estate.lines:
        if line.effective_on <= estate.as_of and (line.cancelled_on is None or estate.as_of < line.cancelled_on):
            billed[line.client_id, line.product_code] += line.quantity
    return billed


def reconcile(estate: Estate) -> Outcome:
    """Compare what the estate holds."""
    return compare(estate, list(all_seats(estate)), billed_by(estate))


def compare(estate: Estate, seats: list[Seat], billed: Mapping[Key, Decimal]) -> Outcome:
    """Compare seats and billed quantities from anywhere under the estate's truth and intended rules."""
    outcome = Outcome()
    for rule in RULES:
        (product,) = rule.products
        counts: dict[str, Decimal] = defaultdict(Decimal)
        for seat in seats:
            client = estate.truth[seat.integration, seat.account_external_id]
            if client is not None and takes(rule, seat):
                counts[client] += (seat.quantity or Decimal(1)) if rule.count == "sum" else Decimal(1)
        for client in {item.id for item in estate.clients}:
            _compare(estate, rule, outcome, (client, product), counts.get(client), billed.get((client, product)))
    for seat in seats:
        client = estate.truth[seat.integration, seat.account_external_id]
        if client is None:
            outcome.unmapped[seat.account_external_id] = outcome.unmapped.get(seat.account_external_id, 0) + 1
        elif seat.status != "deleted" and not any(takes(rule, seat) for rule in RULES):
            outcome.unaccounted[seat.integration, client, seat.sku].add(seat.external_id)
    return outcome


def _compare(
    estate: Estate, rule: Rule, outcome: Outcome, key: Key, count: Decimal | None, billed: Decimal | None
) -> None:
    if count is None and billed is None:
        return
    if not any(where == rule.integration and owner == key[0] for (where, _), owner in estate.truth.items()):
        outcome.without_source.add(key)
        return
    outcome.compared.add(key)
    delta = (count or Decimal(0)) - (billed or Decimal(0))
    if delta:
        outcome.deltas[key] = delta
