"""The seats that change hands when rules change: taken only with the new ones, or only with the old."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, not_
from sqlmodel import col

from rcx_app.domain.reconcile.repository import ReconcileRepository
from rcx_app.domain.service_rules.schemas import RuleInForce
from rcx_app.models import Seat

Cells = Mapping[tuple[int, str], int]
"""Seats by (client id, folded SKU)."""
_FEW_CLIENTS = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """Seats that change hands: taken by a rule only with the draft (`gained`), only without it (`lost`). `stood` is
    what no rule took before, where either is. `places`: the connections of all of them."""

    gained: Cells
    lost: Cells
    stood: Cells
    names: Mapping[str, str]
    places: Mapping[tuple[int, str], set[int]]


class MovedRepository(ReconcileRepository):
    """The seats that change hands."""

    def moved(
        self,
        old: Sequence[RuleInForce],
        new: Sequence[RuleInForce],
        standing: Sequence[RuleInForce],
        planned: Sequence[RuleInForce],
        connections: Mapping[int, tuple[int, ...]],
        day: date,
        beyond: Collection[int],
    ) -> Moved:
        """`old` and `new` are the rules in which `standing` and `planned` differ."""

        def connected(rules: Iterable[RuleInForce]) -> list[tuple[RuleInForce, tuple[int, ...]]]:
            return [(each, connections[each.version_id]) for rule in rules for each in rule.accounts_for]

        names: dict[str, str] = {}
        places: dict[tuple[int, str], set[int]] = defaultdict(set)
        free, left = self.untaken(connected(standing), day), self.untaken(connected(planned), day)
        gained = self._seats_of(
            [free, not_(self.untaken(connected(new), day))], connected(new), day, names, places, beyond
        )
        lost = self._seats_of(
            [left, not_(self.untaken(connected(old), day))], connected(old), day, names, places, beyond
        )
        skus = sorted({sku for _, sku in (*gained, *lost)})
        stood: dict[tuple[int, str], int] = defaultdict(int)
        clients = sorted({client_id for client_id, _ in (*gained, *lost)})
        if clients:
            presence = [col(Seat.sku_key).in_(skus), free, *self.live(day)]
            few = clients if len(clients) <= _FEW_CLIENTS else None
            for client_id, connection_id, sku_key, seats in self._cells(presence, (func.count(),), few):
                stood[client_id, sku_key] += int(seats)
                places[client_id, sku_key].add(connection_id)
        return Moved(gained, lost, stood, names, places)

    def _seats_of(
        self,
        presence: list[Any],
        rules: Sequence[tuple[RuleInForce, tuple[int, ...]]],
        day: date,
        names: dict[str, str],
        places: dict[tuple[int, str], set[int]],
        beyond: Collection[int],
    ) -> Cells:
        ids = sorted({each for _, own in rules for each in own})
        found: dict[tuple[int, str], int] = defaultdict(int)
        if not ids:
            return found
        values = (func.count(), self.least(Seat.sku_name), self.least(Seat.sku))
        for client_id, connection_id, sku_key, seats, name, sku in self._cells(
            [*presence, *self.live(day)], values, None, ids
        ):
            if client_id in beyond:
                continue
            found[client_id, sku_key] += int(seats)
            places[client_id, sku_key].add(connection_id)
            names.setdefault(sku_key, name or sku)
        return found
