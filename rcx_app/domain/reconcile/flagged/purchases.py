"""Flags that hold a line against what was bought for its client, and what that cost.

Only groups whose rule names SKUs (by id or name, with `eq` or `in`) take part: what was bought is found by the same
names, at the client's accounts in the rule's connections.
- `purchased_over_assigned`: people hold the SKU (seats of the kind user), and more of it is bought, by active
  subscriptions, than is held.
- `billed_below_purchased`: fewer are billed than are bought, and the comparison does not say so already (what it
  expects is under what is bought). Only where a rule counts one for one: no packs, multiplier or units free.
- `price_below_cost` by real cost: what the distributor charged a unit for D's period is over the line's price,
  both by the month and in one currency, and the line's own cost does not show it. Of the charges that cover D those of
  the earliest start count, so that prorations of that period's changes stay out, while credits and what was billed
  anew stay in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import col

from rcx_app.core.money import MICROS, format_amount, format_quantity
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.arithmetic import exact, per_month
from rcx_app.domain.reconcile.engine import Group, Outcome
from rcx_app.domain.reconcile.facts import LineFact
from rcx_app.domain.reconcile.flagged.repository import SeatFlagRepository
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.usage.repository import Clients, micros, pick
from rcx_app.domain.service_rules.conditions import Leaf, Tree
from rcx_app.models import Account, AccountMapping, Charge, Seat, Subscription

Names = tuple[str, frozenset[str]]
"""(sku | sku_name, the folded names of it) that a rule takes."""
Place = tuple[int, int]
"""(client, connection)"""


@dataclass(slots=True)
class _Bought:
    """What was bought of one SKU at a place; in millionths. `charges`: (start, months, currency) -> (units, amount)."""

    sku_key: str
    name_key: str = ""
    units: int = 0
    charges: dict[tuple[date, int, str], list[int]] = field(default_factory=dict)

    def is_named(self, names: Names) -> bool:
        return (self.sku_key if names[0] == "sku" else self.name_key) in names[1]


class PurchaseRepository(SeatFlagRepository):
    """Subscriptions and charges beside lines."""

    def purchase_flags(self, outcome: Outcome, clients: Clients) -> Iterator[FlagDraft]:
        """Flags on the lines of a run."""
        by_rule = {group.rule.version_id: named_by(group) for group in _one_a_rule(outcome.groups)}
        named = [
            (group, names) for group in outcome.groups if group.carrier and (names := by_rule[group.rule.version_id])
        ]
        bought = self._bought(outcome.facts.day, clients) if named else {}
        told = [(group, names) for group, names in named if _at(bought, group, names)]
        held = self._held(outcome, clients) if told else {}
        for group, names in told:
            own = _at(bought, group, names)
            assigned = sum(
                seats
                for connection_id in group.connection_ids
                for sku_key, name_key, seats in held.get((group.client_id, connection_id), ())
                if (sku_key if names[0] == "sku" else name_key) in names[1]
            )
            yield from _quantities(group, sum(each.units for each in own), assigned)
            yield from _costs(group, own)

    def _bought(self, day: date, clients: Clients) -> dict[Place, list[_Bought]]:
        """Active subscriptions and the charges that cover `day`, by place and SKU."""
        found: dict[tuple[Place, str], _Bought] = {}
        keys = (col(AccountMapping.client_id), col(Account.connection_id))
        items = (Subscription.sku_key, Subscription.sku_name, func.sum(micros(Subscription.quantity)))
        query = self._of_accounts(pick(*keys, *items).select_from(Subscription), Subscription).where(
            col(Subscription.status) == "active"
        )
        query = query.group_by(*keys, col(Subscription.sku_key), col(Subscription.sku_name))
        for client_id, connection_id, sku_key, name, units in self._chunked(query, keys[0], clients):
            one = found.setdefault(((client_id, connection_id), sku_key), _Bought(sku_key))
            one.name_key = one.name_key or fold(name)
            one.units += int(units)
        about = (Charge.sku_key, Charge.period_start, Charge.period_end, Charge.currency)
        sums = (func.sum(micros(Charge.quantity)), func.sum(micros(Charge.amount)))
        query = self._of_accounts(pick(*keys, *about, *sums).select_from(Charge), Charge).where(
            col(Charge.period_start) <= day, col(Charge.period_end) > day
        )
        query = query.group_by(*keys, *map(col, about))
        for client_id, connection_id, sku_key, start, end, currency, units, amount in self._chunked(
            query, keys[0], clients
        ):
            one = found.setdefault(((client_id, connection_id), sku_key), _Bought(sku_key))
            total = one.charges.setdefault((start, months_between(start, end), currency), [0, 0])
            total[0] += int(units)
            total[1] += int(amount)
        by_place: dict[Place, list[_Bought]] = defaultdict(list)
        hidden = self.excluded("sku")
        for (place, sku_key), one in sorted(found.items(), key=lambda item: item[0]):
            if sku_key not in hidden.get(place[1], ()):
                by_place[place].append(one)
        return by_place

    def _of_accounts(self, query: Any, table: type[Subscription] | type[Charge]) -> Any:
        """Rows of a source joined with the client that their account is mapped to."""
        return (
            query.join(Account, col(Account.id) == table.account_id)
            .join(AccountMapping, col(AccountMapping.account_id) == table.account_id)
            .where(*self._mapped(), col(table.removed_at).is_(None))
        )

    def _held(self, outcome: Outcome, clients: Clients) -> dict[Place, list[tuple[str, str, int]]]:
        """(folded SKU, folded name, seats) that people hold, by place."""
        found: dict[Place, list[tuple[str, str, int]]] = defaultdict(list)
        presence = (col(Seat.kind) == "user", *self.live(outcome.facts.day))
        values = (self.least(Seat.sku_name_key), func.count())
        for client_id, connection_id, sku_key, name_key, seats in self._cells(presence, values, clients):
            found[client_id, connection_id].append((sku_key, name_key, seats))
        return found


def _one_a_rule(groups: Iterable[Group]) -> Iterable[Group]:
    return {group.rule.version_id: group for group in groups}.values()


def named_by(group: Group) -> Names | None:
    """The SKUs outside which the group's rule takes nothing, by id or by name."""
    return _named(group.rule.condition)


def _named(tree: Tree) -> Names | None:
    for part in tree.parts if tree.how == "all" else ():
        if isinstance(part, Leaf) and part.field in ("sku", "sku_name") and part.op in ("eq", "in"):
            values: Iterable[str] = part.value if part.op == "in" else (part.value,)
            return part.field, frozenset(values)
    return None


def months_between(start: date, end: date) -> int:
    """How many months a charge is for, at least one. `end` is the day after its last; some sources give the last."""
    return max(1, round((end - start).days / 30.4))


def _at(bought: Mapping[Place, list[_Bought]], group: Group, names: Names) -> list[_Bought]:
    places = (bought.get((group.client_id, each), ()) for each in group.connection_ids)
    return [each for own in places for each in own if each.is_named(names)]


def _flag(kind: str, carrier: LineFact, text: str, **detail: str) -> FlagDraft:
    return FlagDraft(
        kind=kind,
        client_id=carrier.client_id,
        line_id=carrier.id,
        product_code=carrier.product_code,
        message=text,
        detail=detail,
    )


def _quantities(group: Group, units: int, assigned: int) -> Iterator[FlagDraft]:
    carrier, spec = group.carrier, group.rule.spec
    if carrier is None or units <= 0:
        return
    bought, billed = format_quantity(exact(units)), format_quantity(exact(group.billed))
    name = carrier.product_name or carrier.product_code
    said = f"{bought} of {name} bought, {assigned:,} assigned, {billed} billed"
    if assigned and units > assigned * MICROS:
        spare = format_quantity(exact(units - assigned * MICROS))
        text = f"{said}: {spare} {'is' if spare == '1' else 'are'} held by nobody."
        yield _flag("purchased_over_assigned", carrier, text, bought=bought, assigned=str(assigned), billed=billed)
    is_plain = spec.multiplier == spec.pack_size == 1 and not spec.included and spec.allowance is None
    if is_plain and units > group.billed and units > group.expected:
        text = f"{bought} of {name} bought, {billed} billed."
        yield _flag("billed_below_purchased", carrier, text, bought=bought, billed=billed)


def _costs(group: Group, bought: Iterable[_Bought]) -> Iterator[FlagDraft]:
    carrier = group.carrier
    if carrier is None or carrier.price is None or carrier.cycle == "one_time":
        return
    if carrier.cost is not None and carrier.price < carrier.cost:
        return
    price = per_month(carrier.price, carrier.cycle)
    for one in bought:
        first = min((start for start, _, currency in one.charges if currency == carrier.currency), default=None)
        for (start, months, currency), (units, amount) in sorted(one.charges.items()):
            if start != first or currency != carrier.currency or units <= 0 or price is None:
                continue
            cost = amount * MICROS // (units * months)
            if cost > price:
                shown = format_amount(exact(carrier.price), currency)
                real = format_amount(exact(cost), currency)
                text = (
                    f"{carrier.product_name or carrier.product_code} sells at {shown} {currency}, under what the "
                    f"distributor charged: {real} a unit and month."
                )
                yield _flag("price_below_cost", carrier, text, cost=real, charged_from=start.isoformat())
                return
