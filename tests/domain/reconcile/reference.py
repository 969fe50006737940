"""A reconciliation done the slow, obvious way, from docs/arithmetic.md alone. Only tests use it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from connectors.records import Line, Product, Seat
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.domain.service_rules.evaluator import same, takes

MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}


@dataclass
class Estate:
    """An estate as records. `mapping`: (integration, account) -> client, None excluded, "" unmapped."""

    lines: list[Line] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    seats: dict[str, list[Seat]] = field(default_factory=dict)
    accounts: dict[str, list[str]] = field(default_factory=dict)
    mapping: dict[tuple[str, str], str | None] = field(default_factory=dict)
    rules: list[RuleSpec] = field(default_factory=list)


Found = dict[str, Any]


def reconcile(estate: Estate, day: date) -> tuple[list[Found], list[tuple[str, ...]]]:
    """All findings, and the flags `no_usage_source` as (client, line)."""
    rules = [rule for rule in estate.rules if in_force(rule, day)]
    active = [line for line in estate.lines if is_active(line, day)]
    findings: list[Found] = []
    unknown: list[tuple[str, ...]] = []
    clients = {line.client_external_id for line in estate.lines} | {each for each in estate.mapping.values() if each}
    for client in sorted(clients):
        own = [line for line in active if line.client_external_id == client]
        for rule in rules:
            compare(estate, rule, client, held(rules, rule, own), own, active, day, findings, unknown)
    unmapped(estate, findings)
    unaccounted(estate, rules, day, findings)
    return sorted(findings, key=repr), sorted(unknown)


def compare(
    estate: Estate,
    rule: RuleSpec,
    client: str,
    lines: list[Line],
    own: list[Line],
    active: list[Line],
    day: date,
    findings: list[Found],
    unknown: list[tuple[str, ...]],
) -> None:
    sources, counted = at(estate, rule, client, day)
    free, guessed_free = allowed(estate, rule, client, day)
    codes = {same(code) for code in rule.products}
    billed_codes = sorted({same(line.product_code) for line in lines if same(line.product_code) in codes})
    for code in billed_codes:
        group = [line for line in lines if same(line.product_code) == code]
        carrier = min(group, key=lambda line: (-line.quantity, line.external_id))
        if not sources:
            unknown.append((client, carrier.external_id))
            continue
        billed = sum((line.quantity for line in group), Decimal(0))
        inc = sum((line.included_quantity for line in group), Decimal(0))
        expected = due(rule, count(rule, counted), free, minimum=rule.minimum)
        price, guessed = carrier.unit_price, False
        if rule.tiers:
            price = None
        elif price is None:
            price, guessed = guess(estate, active, client, code, carrier.currency, carrier.billing_cycle), True
        estimated = (
            guessed
            or guessed_free
            or (rule.count in ("sum", "peak") and any(seat.quantity is None for seat in counted))
        )
        money = None
        if price is not None:
            money = (max(expected - inc, Decimal(0)) - max(billed - inc, Decimal(0))) * price
        if rule.tiers:
            money = priced(rule, max(expected - inc, Decimal(0))) - priced(rule, max(billed - inc, Decimal(0)))
        if expected != billed:
            findings.append(
                row(client, carrier.external_id, same(carrier.product_code), "estimated" if estimated else "calculated")
                | {
                    "billed": billed,
                    "count": count(rule, counted),
                    "expected": expected,
                    "price": price,
                    "amount": money,
                }
            )
    expected = due(rule, count(rule, counted), free, minimum=Decimal(0))
    taken_away = any(same(line.product_code) in codes for line in own)
    if not billed_codes and counted and expected and not rule.lines and not taken_away:
        code = same(rule.products[0])
        elsewhere = [line for line in active if same(line.product_code) == code and line.unit_price is not None]
        currency = most_common(line.currency for line in own) or most_common(line.currency for line in elsewhere)
        price = None if rule.tiers else guess(estate, active, client, code, currency, "monthly")
        money = priced(rule, expected) if rule.tiers else None if price is None else expected * price
        findings.append(
            row(client, "", code, "unmapped")
            | {
                "billed": Decimal(0),
                "count": count(rule, counted),
                "expected": expected,
                "price": price,
                "amount": money,
            }
        )


def at(estate: Estate, rule: Any, client: str, day: date) -> tuple[list[tuple[str, str]], list[Seat]]:
    """The client's accounts that a rule (or an allowance) looks at, and the seats in them that it takes."""
    sources = [
        key
        for key, owner in estate.mapping.items()
        if owner == client and (not rule.integration or same(key[0]) == same(rule.integration))
    ]
    counted = [
        seat
        for key in sources
        for seat in estate.seats.get(key[0], [])
        if seat.account_external_id == key[1] and seat.status != "deleted" and rule_takes(rule, seat, key[0], day)
    ]
    return sources, counted


def held(rules: Iterable[RuleSpec], rule: RuleSpec, own: list[Line]) -> list[Line]:
    """The client's lines that a rule is held against: those it names, or those of its products that no rule names."""
    if rule.lines:
        return [line for line in own if line.external_id in rule.lines]
    named = {(each, same(code)) for other in rules for each in other.lines for code in other.products}
    return [line for line in own if (line.external_id, same(line.product_code)) not in named]


def allowed(estate: Estate, rule: RuleSpec, client: str, day: date) -> tuple[Decimal, bool]:
    """(units that come free, whether that was guessed)."""
    if rule.allowance is None:
        return Decimal(0), False
    sources, seats = at(estate, rule.allowance, client, day)
    lacking = rule.allowance.count == "sum" and any(seat.quantity is None for seat in seats)
    return count(rule.allowance, seats) * rule.allowance.quantity, not sources or lacking


def priced(rule: RuleSpec, quantity: Decimal) -> Decimal:
    """What a quantity costs by the rule's tiers."""
    total, below = Decimal(0), Decimal(0)
    for tier in rule.tiers:
        limit = quantity if tier.up_to is None else tier.up_to
        if rule.tier_mode == "volume" and quantity <= limit:
            return quantity * tier.price
        total += max(min(quantity, limit) - below, Decimal(0)) * tier.price
        below = limit
    return total


def unmapped(estate: Estate, findings: list[Found]) -> None:
    for integration, accounts in estate.accounts.items():
        for account in accounts:
            if estate.mapping.get((integration, account), "") != "":
                continue
            seats = [
                seat
                for seat in estate.seats.get(integration, [])
                if seat.account_external_id == account and seat.status != "deleted"
            ]
            number = Decimal(len(seats))
            findings.append(
                row("", "", "", "unmapped")
                | {"billed": Decimal(0), "count": number, "expected": number, "about": f"{integration}/{account}"}
            )


def unaccounted(estate: Estate, rules: Iterable[RuleSpec], day: date, findings: list[Found]) -> None:
    groups: dict[tuple[str, str], int] = {}
    for (integration, account), client in estate.mapping.items():
        for seat in estate.seats.get(integration, []):
            if not client or seat.account_external_id != account or seat.status == "deleted":
                continue
            if not any(_accounts_for(estate, rule, client, seat, integration, day) for rule in rules):
                key = (client, same(seat.sku))
                groups[key] = groups.get(key, 0) + 1
    for (client, sku), number in groups.items():
        findings.append(
            row(client, "", "", "unaccounted") | {"billed": Decimal(0), "count": Decimal(number), "about": sku}
        )


def _accounts_for(estate: Estate, rule: RuleSpec, client: str, seat: Seat, integration: str, day: date) -> bool:
    """Whether a rule, or what its bundle promises, takes the seat; a rule that names lines only at their clients."""
    owners = {each.client_external_id for each in estate.lines if each.external_id in rule.lines}
    if rule.lines and client not in owners:
        return False
    return any(_takes(each, seat, integration, day) for each in (rule, *rule.members))


def _takes(rule: Any, seat: Seat, integration: str, day: date) -> bool:
    return _names(rule, integration) and rule_takes(rule, seat, integration, day)


def _names(rule: Any, integration: str) -> bool:
    return not rule.integration or same(rule.integration) == same(integration)


def rule_takes(rule: Any, seat: Seat, integration: str, day: date) -> bool:
    return takes(rule.where, seat, integration, f"Account {seat.account_external_id}", day)


def row(client: str, line: str, product: str, kind: str) -> Found:
    empty = dict.fromkeys(("billed", "count", "expected", "price", "amount"))
    return {"client": client, "line": line, "product": product, "kind": kind, "about": "", **empty}


def in_force(rule: RuleSpec, day: date) -> bool:
    started = rule.effective_from is None or rule.effective_from <= day
    return started and (rule.effective_to is None or day < rule.effective_to)


def is_active(line: Line, day: date) -> bool:
    started = line.effective_date is None or line.effective_date <= day
    return started and (line.cancelled_date is None or day < line.cancelled_date)


def count(rule: Any, seats: list[Seat]) -> Decimal:
    if rule.count == "seats":
        return Decimal(len(seats))
    if rule.count == "distinct":
        named = {same(seat.identity) for seat in seats if same(seat.identity)}
        return Decimal(len(named) + sum(1 for seat in seats if not same(seat.identity)))
    return sum((Decimal(1) if seat.quantity is None else seat.quantity for seat in seats), Decimal(0))


def due(rule: RuleSpec, counted: Decimal, free: Decimal = Decimal(0), *, minimum: Decimal) -> Decimal:
    net = max(Fraction(counted) * Fraction(rule.multiplier) - Fraction(rule.included) - Fraction(free), Fraction(0))
    return max(minimum, Decimal(math.ceil(net / Fraction(rule.pack_size))))


def guess(estate: Estate, active: list[Line], client: str, code: str, currency: str, cycle: str) -> Decimal | None:
    prices = sorted(
        Fraction(line.unit_price) * MONTHS.get(cycle, 1) / MONTHS.get(line.billing_cycle, 1)
        for line in active
        if line.client_external_id != client
        and same(line.product_code) == code
        and line.currency == currency
        and line.unit_price is not None
        and (line.billing_cycle == "one_time") == (cycle == "one_time")
    )
    if prices:
        half = len(prices) // 2
        middle = prices[half] if len(prices) % 2 else (prices[half - 1] + prices[half]) / 2
        return Decimal(math.floor(middle * 10**6 + Fraction(1, 2))) / 10**6
    for product in estate.products:
        if same(product.code) == code and product.unit_price is not None:
            return product.unit_price if not currency or product.currency in ("", currency) else None
    return None


def most_common(values: Iterable[str]) -> str:
    known: Mapping[str, int] = {}
    for value in values:
        if value:
            known = {**known, value: known.get(value, 0) + 1}
    return min(known, key=lambda value: (-known[value], value)) if known else ""
