"""Comparisons in words and as rows: kind, fingerprint, plain sentence and arithmetic of each finding. No database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rcx_app.core.clock import month_start
from rcx_app.core.money import MICROS, MONTHS_PER_CYCLE, format_amount, format_quantity
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.arithmetic import exact
from rcx_app.domain.reconcile.engine import Group, Outcome
from rcx_app.domain.reconcile.facts import Facts, UnaccountedGroup, UnmappedAccount
from rcx_app.domain.service_rules.sentence import noun
from rcx_app.domain.service_rules.terms import in_words, worth

_ENCODE = json.JSONEncoder(ensure_ascii=False, default=str).encode
_PER = {"monthly": "a month", "quarterly": "a quarter", "annual": "a year", "one_time": "once"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding as a run sees it: `values` are the columns of `finding`, `content_hash` tells whether they changed."""

    fingerprint: str
    content_hash: str
    values: dict[str, Any]


def drafts(workspace_id: int, outcome: Outcome) -> list[Draft]:
    """All findings of an outcome, in no promised order."""
    facts = outcome.facts
    period = month_start(facts.day)
    made = [_of_group(facts, group) for group in outcome.groups if group.is_finding]
    made += [_of_account(facts, account, outcome.account_not_ready) for account in outcome.accounts]
    made += [_of_sku(facts, group, outcome.account_not_ready) for group in outcome.unaccounted]
    return [_draft(workspace_id, period, facts.day, key, values) for key, values in made]


def digest(*parts: object) -> str:
    """A short stable identity of its parts."""
    return hashlib.blake2b(_ENCODE(parts).encode(), digest_size=16).hexdigest()


Keyed = tuple[tuple[Any, ...], dict[str, Any]]


def _draft(workspace_id: int, period: date, day: date, key: tuple[Any, ...], values: dict[str, Any]) -> Draft:
    content = digest(*values.values())
    series = digest(workspace_id, values["client_id"], *key, values["kind"])
    fingerprint = digest(workspace_id, period.isoformat(), values["client_id"], *key, values["kind"])
    values |= {"period": period, "as_of": day, "fingerprint": fingerprint, "series": series, "content_hash": content}
    return Draft(fingerprint, content, values)


def _of_group(facts: Facts, group: Group) -> Keyed:
    rule, carrier = group.rule, group.carrier
    client = facts.clients[group.client_id]
    code, name = product_of(facts, group)
    values = {
        "scope": "group" if carrier else "rule",
        "client_id": client.id,
        "client_name": client.name,
        "line_id": carrier.id if carrier else None,
        "line_ids": sorted(line.id for line in group.lines),
        "rule_id": rule.rule_id,
        "rule_version_id": rule.version_id,
        "connection_id": group.connection_ids[0] if len(group.connection_ids) == 1 else None,
        "account_id": None,
        "sku": "",
        "product_code": code,
        "product_name": name,
        "integration": rule.spec.integration or _labels(facts, group.connection_ids),
        "kind": group.kind,
        "direction": "under" if group.delta > 0 else "over",
        "billed_quantity": exact(group.billed),
        "system_count": exact(group.count.value),
        "expected_quantity": exact(group.expected),
        "delta": exact(group.delta),
        "unit_price": _exact_or_none(group.price),
        "amount": _exact_or_none(group.amount),
        "monthly_amount": _exact_or_none(group.monthly),
        "currency": group.currency,
        "billing_cycle": group.cycle,
        "is_ready": not group.not_ready,
        "not_ready_reason": group.not_ready,
        "inferred": list(group.inferred),
        "explanation": explain(facts, group),
        "arithmetic": arithmetic_of(group),
        **_sorting(client.name, name or code, group.monthly, group.delta),
    }
    key = ("group", group.product_key, rule.rule_id) if carrier else ("rule", rule.rule_id)
    return key, values


def _of_account(facts: Facts, account: UnmappedAccount, not_ready: Any) -> Keyed:
    label = facts.connections[account.connection_id].label
    seats = Decimal(account.seats)
    reason = not_ready.get(account.connection_id, "")
    values = _without_line(label, seats, reason) | {
        "scope": "account",
        "client_id": None,
        "client_name": "",
        "connection_id": account.connection_id,
        "account_id": account.id,
        "kind": "unmapped",
        "direction": "under" if seats else "",
        "expected_quantity": seats,
        "delta": seats,
        "explanation": (
            f"The account {account.name or account.external_id} of {label} is mapped to no client; "
            f"{_seats(account.seats)} in it can't be compared with any line."
        ),
        "arithmetic": [_step("", "Seats of the account", seats, evidence="counted")],
        **_sorting(account.name, label, None, account.seats * 1_000_000),
    }
    return ("account", account.id), values


def _of_sku(facts: Facts, group: UnaccountedGroup, not_ready: Any) -> Keyed:
    client = facts.clients[group.client_id]
    label = _labels(facts, group.connection_ids)
    name = group.sku_name or group.sku or "seats without a SKU"
    reason = next((not_ready[each] for each in group.connection_ids if not_ready.get(each)), "")
    values = _without_line(label, Decimal(group.seats), reason) | {
        "scope": "sku",
        "client_id": client.id,
        "client_name": client.name,
        "connection_id": group.connection_ids[0] if len(group.connection_ids) == 1 else None,
        "account_id": None,
        "sku": group.sku,
        "product_name": group.sku_name or group.sku,
        "kind": "unaccounted",
        "direction": "",
        "expected_quantity": None,
        "delta": None,
        "explanation": f"No rule takes {_seats(group.seats)} of {name} in {label}.",
        "arithmetic": [_step("", "Seats that no rule takes", Decimal(group.seats), evidence="counted")],
        **_sorting(client.name, name, None, 0),
    }
    return ("sku", group.sku_key), values


def _without_line(label: str, seats: Decimal, not_ready: str) -> dict[str, Any]:
    return {
        "line_id": None,
        "line_ids": [],
        "rule_id": None,
        "rule_version_id": None,
        "sku": "",
        "product_code": "",
        "product_name": "",
        "integration": label,
        "billed_quantity": Decimal(0),
        "system_count": seats,
        "unit_price": None,
        "amount": None,
        "monthly_amount": None,
        "currency": "",
        "billing_cycle": "",
        "is_ready": not not_ready,
        "not_ready_reason": not_ready,
        "inferred": [],
    }


def _sorting(client: str, service: str, monthly: int | None, delta: int) -> dict[str, Any]:
    return {
        "client_key": fold(client),
        "service_key": fold(service),
        "sort_amount": exact(monthly or 0),
        "sort_delta": exact(delta),
    }


def product_of(facts: Facts, group: Group) -> tuple[str, str]:
    """Code and name of a group's product: from its carrier line, else as the rule and the catalogue write them."""
    if group.carrier:
        return group.carrier.product_code, group.carrier.product_name
    item = facts.catalogue.get(group.product_key)
    return group.rule.spec.products[0], item.name if item else ""


def explain(facts: Facts, group: Group) -> str:
    """One plain sentence (and one more for what was inferred or shared): what counts, what bills, what follows."""
    code, name = product_of(facts, group)
    service = f"{name} ({code})" if name and name != code else code
    counted = f"{_count(group)} of {group.rule.spec.integration or _labels(facts, group.connection_ids)}"
    due = f"{format_quantity(exact(group.expected))} of {service} are due"
    billed = format_quantity(exact(group.billed))
    if not group.lines:
        head = f"{counted} count for {service}, but no active line of this client bills it: {due}"
    elif len(group.lines) > 1:
        head = f"{counted} count, so {due}; {len(group.lines)} lines bill {billed} together"
    else:
        head = f"{counted} count, so {due}; the line bills {billed}"
    text = f"{head}{_money(group)}."
    if group.inferred:
        text += f" Estimated: {'; '.join(group.inferred)}."
    if group.rule.spec.lines:
        text += f" The rule {group.rule.name} is held against the lines that it names only."
    if len(group.rule.spec.products) > 1:
        text += f" The rule {group.rule.name} holds the same count against {len(group.rule.spec.products)} products."
    if group.not_ready:
        text += f" Not ready: {group.not_ready}."
    return text


def _money(group: Group) -> str:
    if group.amount is None:
        return ""
    side = "under-billed" if group.delta > 0 else "over-billed"
    money = format_amount(exact(group.amount), group.currency, signed=True)
    return f", {side} by {money} {group.currency} {_PER.get(group.cycle, 'a month')}"


def _count(group: Group) -> str:
    spec = group.rule.spec
    count = exact(group.count.value)
    what = noun(spec, int(count) if count == count.to_integral_value() else None)
    if spec.count == "distinct":
        return f"{format_quantity(count)} different {what}"
    if spec.count == "sum":
        return f"A quantity of {format_quantity(count)} in {_seats(group.count.seats)}"
    if spec.count == "peak":
        on = group.count.peak_day
        return f"A peak quantity of {format_quantity(count)}" + (f" (on {on:%d %b %Y})" if on else "")
    return f"{format_quantity(count)} {what}"


def arithmetic_of(group: Group) -> list[dict[str, Any]]:
    """The sum line by line: {op, label, note, value, unit, evidence}, values as exact text."""
    spec = group.rule.spec
    steps = [_step("", "Counted", exact(group.count.value), note=_count(group), evidence="counted")]
    if spec.multiplier != 1:
        steps.append(_step("×", "Multiplier", spec.multiplier))
    if spec.included:
        steps.append(_step("−", "Included by the rule", spec.included))
    if group.allowed is not None and spec.allowance is not None:
        each = f"{format_quantity(spec.allowance.quantity)} with each of {format_quantity(exact(group.allowed.value))}"
        steps.append(_step("−", "Comes free", exact(group.free // MICROS), note=each))
    if spec.pack_size != 1:
        steps.append(_step("÷", "Pack size", spec.pack_size, note="rounded up to whole packs"))
    note = ""
    if spec.minimum and group.lines:
        note = "the minimum applies" if group.expected == spec.minimum * 1_000_000 else f"minimum {spec.minimum} met"
    steps.append(_step("=", "Expected", exact(group.expected), note=note))
    lines = (
        "no active line" if not group.lines else "one line" if len(group.lines) == 1 else f"{len(group.lines)} lines"
    )
    steps.append(_step("−", "Billed", exact(group.billed), note=lines))
    steps.append(_step("=", "Difference", exact(group.delta)))
    if group.price_from == "tiers" and group.amount is not None:
        mode = "all units at the price of their tier" if spec.tier_mode == "volume" else "each unit at its tier's price"
        for op, label, quantity in (("", "Due, by tiers", group.expected), ("−", "Billed, by tiers", group.billed)):
            value = worth(max(quantity - group.included, 0), spec.tiers, spec.tier_mode)
            note = f"{in_words(spec.tiers)}; {mode}" if not op else ""
            steps.append(_step(op, label, exact(value // MICROS), note=note, unit=group.currency))
        steps += _amounts(group, group.amount)
    if group.price is not None and group.amount is not None:
        where = {"line": "from the line", "median": "median at other clients", "catalogue": "from the catalogue"}
        if group.included:
            free = f"{format_quantity(exact(group.included))} covered by the fee on both sides"
            billable = max(group.expected - group.included, 0) - max(group.billed - group.included, 0)
            steps.append(_step("=", "Billable difference", exact(billable), note=free))
        steps.append(_step("×", "Unit price", exact(group.price), note=where[group.price_from], unit=group.currency))
        steps += _amounts(group, group.amount)
    return steps


def _amounts(group: Group, amount: int) -> list[dict[str, Any]]:
    side = "Under-billed" if group.delta > 0 else "Over-billed"
    steps = [_step("=", f"{side} {_PER.get(group.cycle, 'a month')}", exact(amount), unit=group.currency)]
    if group.monthly is not None and MONTHS_PER_CYCLE.get(group.cycle, 1) != 1:
        note = f"divided by {MONTHS_PER_CYCLE[group.cycle]}"
        steps.append(_step("=", f"{side} a month", exact(group.monthly), note=note, unit=group.currency))
    return steps


def _step(op: str, label: str, value: Decimal, *, note: str = "", unit: str = "", evidence: str = "") -> dict[str, Any]:
    return {"op": op, "label": label, "note": note, "value": f"{value:f}", "unit": unit, "evidence": evidence}


def _seats(count: int) -> str:
    return "1 seat" if count == 1 else f"{count:,} seats"


def _labels(facts: Facts, connection_ids: Sequence[int]) -> str:
    return join_words(facts.connections[each].label for each in connection_ids) or "any integration"


def join_words(words: Iterable[str]) -> str:
    """Words as a person lists them: a, b and c."""
    known = sorted(set(words))
    return " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)


def _exact_or_none(value: int | None) -> Decimal | None:
    return None if value is None else exact(value)
