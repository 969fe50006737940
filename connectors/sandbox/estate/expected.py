"""What a reconciliation must find on the estate's day: usage by the intended rules less what active lines bill.

Counted from the entities as they stand, whatever led there; the lists of what was planted are not read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from connectors.sandbox.estate.catalogue import ACRONIS_SKU, HUNTRESS_SKU, PROOFPOINT_SKU, RULES, SKU_BY_PART, Rule
from connectors.sandbox.estate.index import Index
from connectors.sandbox.estate.world import (
    ACRONIS,
    HUNTRESS,
    M365,
    PROOFPOINT,
    Agent,
    Agreement,
    Device,
    Estate,
    Line,
    Mailbox,
    Subscription,
    Unit,
    User,
    Workload,
)

Tally = dict[tuple[str, str, str, str], list[Decimal]]
"""(owner, integration, SKU name, device class) -> number of seats, sum of quantities."""

_BY_PRODUCT = {rule.products[0]: rule for rule in RULES}
_ONE = Decimal(1)


def expected(estate: Estate) -> Mapping[tuple[str, str], Decimal]:
    """Usage less billed by (client id, product code) where they differ.

    A product without usage is compared as 0 when the client has an account at its vendor; without one its usage is
    unknown and it is left out (the planted `no_usage_source`). Billed is the gross quantity of active lines.
    """
    owner = {account: client for (_, account), client in estate.truth.items() if client}
    sources = {(client, integration) for (integration, _), client in estate.truth.items() if client}
    used: dict[tuple[str, str], Decimal] = {}
    for (client, integration, sku, device_class), (seats, quantity) in _tally(_units(estate), owner).items():
        for code, rule in _BY_PRODUCT.items():
            if _takes(rule, integration, sku, device_class):
                key = (client, code)
                used[key] = used.get(key, Decimal(0)) + (quantity if rule.count == "sum" else seats)
    billed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    agreements = {agreement.id: agreement for agreement in estate.agreements}
    for line in estate.lines:
        if is_billed(line, agreements[line.agreement_id], estate.as_of):
            billed[line.client_id, line.product_code] += line.quantity
    result: dict[tuple[str, str], Decimal] = {}
    for key in sorted(used.keys() | billed.keys()):
        found = _BY_PRODUCT.get(key[1])
        delta = used.get(key, Decimal(0)) - billed.get(key, Decimal(0))
        if delta and found is not None and (key[0], found.integration) in sources:
            result[key] = delta
    return result


def is_billed(line: Line, agreement: Agreement, day: date) -> bool:
    """Whether the line is billed on `day`: it is active, and its agreement was not cancelled."""
    return line.is_active(day) and (agreement.cancelled_on is None or day < agreement.cancelled_on)


def usage_of(index: Index, client_id: str, code: str) -> Decimal:
    """How many of a counted product the client uses now. Raises KeyError for a product that no vendor counts."""
    rule = _BY_PRODUCT[code]
    accounts = index.accounts_of(client_id, rule.integration)
    shelves = (index.users, index.devices, index.agents, index.workloads, index.mailboxes, index.subscriptions)
    units: list[Unit] = [unit for account in accounts for shelf in shelves for unit in shelf.of(account.id)]
    total = Decimal(0)
    for (_, integration, sku, device_class), (seats, quantity) in _tally(
        units, {account.id: client_id for account in accounts}
    ).items():
        if _takes(rule, integration, sku, device_class):
            total += quantity if rule.count == "sum" else seats
    return total


def _units(estate: Estate) -> Iterator[Unit]:
    yield from estate.users
    yield from estate.devices
    yield from estate.agents
    yield from estate.workloads
    yield from estate.mailboxes
    yield from estate.subscriptions


def _tally(units: Iterable[Unit], owner: Mapping[str, str]) -> Tally:
    tally: Tally = {}
    for unit in units:
        client = owner.get(unit.account_id)
        if client is None:
            continue
        for integration, sku, device_class, quantity in _counts(unit):
            entry = tally.setdefault((client, integration, sku, device_class), [Decimal(0), Decimal(0)])
            entry[0] += _ONE
            entry[1] += quantity
    return tally


def _counts(unit: Unit) -> Iterable[tuple[str, str, str, Decimal]]:
    """(integration, SKU name, device class, quantity) of each seat that the unit is; a cancelled one is none."""
    match unit:
        case User():
            return [(M365, SKU_BY_PART[part].name, "", _ONE) for part in unit.licences]
        case Device():
            return [(unit.integration, "", unit.device_class, _ONE)]
        case Agent():
            return [(HUNTRESS, HUNTRESS_SKU, "", _ONE)]
        case Workload():
            return [(ACRONIS, ACRONIS_SKU, "", _ONE)]
        case Mailbox():
            return [(PROOFPOINT, PROOFPOINT_SKU, "", _ONE)]
        case Subscription(status="active"):
            return [(unit.integration, SKU_BY_PART[unit.sku].name, "", unit.quantity)]
    return []


def _takes(rule: Rule, integration: str, sku: str, device_class: str) -> bool:
    """Whether the rule counts such a seat. Raises KeyError for a condition that this count does not know."""
    facts = {("sku_name", "eq"): sku, ("device_class", "eq"): device_class}
    return rule.integration == integration and all(
        facts[field, operator].casefold() == value.casefold() for field, operator, value in rule.where
    )
