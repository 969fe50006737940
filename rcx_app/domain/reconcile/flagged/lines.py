"""Flags on PSA lines, from the facts of a run alone.

What docs/arithmetic.md leaves open is decided so:
- `ended_line_in_use`: the line has ended, no active line of its product is left at the client, and its rule still
  takes seats there.
- `price_zero`: an active line with a quantity above 0 and the price 0.
- `price_below_cost`: price under cost, both known.
- `price_differs`: over 20 % away from the median price of the product in that currency, where at least 5 clients have
  one; told for the line's cycle.
- `duplicate_line`: an active line equal to another in client, agreement, product and both dates; the one with the
  smaller id is the original.
- `currency_mismatch`: an active line in another currency than most active lines of its client.
- `mismatched_service`: of two products counted from one integration at one client, one is short by exactly as many as
  the other is over; the flag stands on the short one.
- `bundle_member_short`, `bundle_member_over`: a bundle's line promises more, or less, of a member than is there;
  `bundle_member_unknown`: that member can't be counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.arithmetic import exact
from rcx_app.domain.reconcile.engine import Group, Held, Outcome, most_common
from rcx_app.domain.reconcile.facts import Facts, LineFact
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft

LEAST_CLIENTS = 5
TOLERATED = 5
"""One fifth, 20 %: a price differs when |price - median| * 5 > median."""


def line_flags(outcome: Outcome) -> Iterator[FlagDraft]:
    """All flags on lines and groups of lines."""
    yield from _without_source(outcome)
    yield from _ended(outcome)
    yield from _prices(outcome.facts)
    yield from _duplicates(outcome.facts)
    yield from _currencies(outcome.facts)
    yield from _calculated(outcome.facts)
    yield from _mismatched(outcome)
    yield from _promises(outcome)


def _flag(kind: str, line: LineFact, message: str) -> FlagDraft:
    return FlagDraft(
        kind=kind, client_id=line.client_id, line_id=line.id, product_code=line.product_code, message=message
    )


def _without_source(outcome: Outcome) -> Iterator[FlagDraft]:
    for group in outcome.groups:
        if group.carrier and not group.has_source:
            where = group.rule.spec.integration or "any integration"
            text = f"{_name(group.carrier)} is billed, but no account of {where} is mapped to this client."
            yield _flag("no_usage_source", group.carrier, text)


def _ended(outcome: Outcome) -> Iterator[FlagDraft]:
    facts = outcome.facts
    held = Held(facts.rules)
    alive = {(line.client_id, line.product_key) for line in facts.active}
    for line in facts.lines:
        rule = held.rule_of(line)
        ended = line.is_removed or (line.cancelled is not None and line.cancelled <= facts.day)
        if rule is None or not ended or (line.client_id, line.product_key) in alive:
            continue
        count = facts.counts.get((rule.version_id, line.client_id))
        if count is not None and count.seats:
            when = f" on {line.cancelled:%d %b %Y}" if line.cancelled else ""
            used = format_quantity(exact(count.value))
            yield _flag("ended_line_in_use", line, f"{_name(line)} ended{when}, but {used} are still in use.")


def _prices(facts: Facts) -> Iterator[FlagDraft]:
    medians: dict[tuple[str, str, str], tuple[int | None, int]] = {}
    for line in facts.active:
        if line.price is None:
            continue
        price = f"{format_amount(exact(line.price), line.currency)} {line.currency}".strip()
        if line.price == 0 and line.quantity > 0:
            yield _flag("price_zero", line, f"{_name(line)} is billed at 0.00.")
        if line.cost is not None and line.price < line.cost:
            cost = format_amount(exact(line.cost), line.currency)
            yield _flag("price_below_cost", line, f"{_name(line)} sells at {price}, under its cost of {cost}.")
        key = (line.product_key, line.currency, line.cycle)
        if key not in medians:
            medians[key] = facts.prices.median(*key), facts.prices.clients(*key)
        median, clients = medians[key]
        if median is not None and clients >= LEAST_CLIENTS and abs(line.price - median) * TOLERATED > median:
            yield _flag("price_differs", line, _differs(line, price, median, clients))


def _differs(line: LineFact, price: str, median: int, clients: int) -> str:
    usual = format_amount(exact(median), line.currency)
    if median <= 0:
        return f"{_name(line)} sells at {price}; the median of {clients} clients is {usual}."
    percent = (Decimal(abs((line.price or 0) - median)) * 100 / median).quantize(Decimal(1))
    side = "over" if (line.price or 0) > median else "under"
    return f"{_name(line)} sells at {price}, {percent} % {side} the median of {clients} clients ({usual})."


def _duplicates(facts: Facts) -> Iterator[FlagDraft]:
    seen: dict[tuple[object, ...], LineFact] = {}
    for line in sorted(facts.active, key=lambda line: (line.external_id, line.id)):
        key = (line.client_id, line.agreement_id, line.product_key, line.effective, line.cancelled)
        first = seen.setdefault(key, line)
        if first is not line:
            text = f"{_name(line)} repeats line {first.external_id}: same product, agreement and dates."
            yield _flag("duplicate_line", line, text)


def _currencies(facts: Facts) -> Iterator[FlagDraft]:
    by_client: dict[int, list[LineFact]] = defaultdict(list)
    for line in facts.active:
        by_client[line.client_id].append(line)
    for lines in by_client.values():
        usual = most_common(line.currency for line in lines)
        for line in lines:
            if line.currency and line.currency != usual:
                text = f"{_name(line)} is billed in {line.currency}; most lines of this client are in {usual}."
                yield _flag("currency_mismatch", line, text)


def _calculated(facts: Facts) -> Iterator[FlagDraft]:
    for line in facts.active:
        if line.is_calculated:
            text = f"The PSA works out the quantity of {_name(line)} itself; correct its count there, not the line."
            yield _flag("calculated_by_psa", line, text)


def _mismatched(outcome: Outcome) -> Iterator[FlagDraft]:
    by_client: dict[tuple[int, str], list[Group]] = defaultdict(list)
    for group in outcome.groups:
        if group.carrier and group.is_finding:
            by_client[group.client_id, fold(group.rule.spec.integration)].append(group)
    for groups in by_client.values():
        over = sorted((group for group in groups if group.delta < 0), key=lambda group: group.product_key)
        for short in sorted((group for group in groups if group.delta > 0), key=lambda group: group.product_key):
            sibling = next((group for group in over if group.delta == -short.delta), None)
            if sibling is None or short.carrier is None or sibling.carrier is None:
                continue
            over.remove(sibling)
            by = format_quantity(exact(short.delta))
            one, other = _name(short.carrier), _name(sibling.carrier)
            text = f"{one} is short by {by} while {other} is over by {by}: one may be the other."
            yield _flag("mismatched_service", short.carrier, text)


def _promises(outcome: Outcome) -> Iterator[FlagDraft]:
    for group in outcome.groups:
        carrier = group.carrier
        if carrier is None:
            continue
        for promise in group.promised:
            bundle, what = _name(carrier), promise.part.name
            due = format_quantity(exact(promise.due))
            if promise.there is None:
                text = f"{bundle} promises {due} of {what}, which can't be counted: {promise.why_unknown}."
                yield _flag("bundle_member_unknown", carrier, text)
            elif promise.there != promise.due:
                there = format_quantity(exact(promise.there))
                by = format_quantity(exact(abs(promise.there - promise.due)))
                kind, side = ("over", "more") if promise.there > promise.due else ("short", "fewer")
                text = f"{bundle} promises {due} of {what}; there are {there}, {by} {side}."
                yield _flag(f"bundle_member_{kind}", carrier, text)


def _name(line: LineFact) -> str:
    return line.product_name or line.product_code
