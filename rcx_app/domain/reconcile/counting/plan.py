"""Which rules can be counted in one pass over the seats, and putting a pass's cells together. No database.

A pass groups live seats by connection, SKU and account: a cell. Rules of one *shape* (the same condition but for the
SKUs they name) share a pass, and a cell belongs to every rule that names its SKU, or that names none. Rows and sums of
cells add up. People in two cells may be the same person, so where a rule that counts them takes several cells at a
client, that client is counted again by itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rcx_app.core.money import MICROS
from rcx_app.domain.reconcile.facts import Count
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.conditions import Leaf, Tree
from rcx_app.domain.service_rules.schemas import RuleInForce

Connected = tuple[RuleInForce, tuple[int, ...]]
"""A rule with the connections that it counts in."""


@dataclass(slots=True)
class Pass:
    """Rules that share a condition. `takers`: (connection, folded SKU, or None for any) -> their version ids.

    `skus` None: the pass needs all. `hows`: the ways of counting that are asked for.
    """

    residual: Tree
    takers: dict[tuple[int, str | None], list[int]] = field(default_factory=lambda: defaultdict(list))
    hows: dict[int, str] = field(default_factory=dict)
    skus: set[str] | None = field(default_factory=set)

    @property
    def connection_ids(self) -> list[int]:
        return sorted({connection_id for connection_id, _ in self.takers})

    def asks(self, how: str) -> bool:
        return how in self.hows.values()

    def add(self, rule: RuleInForce, connection_ids: Sequence[int], skus: Sequence[str]) -> None:
        self.hows[rule.version_id] = rule.spec.count
        named: Sequence[str | None] = skus or (None,)
        for connection_id in connection_ids:
            for sku in named:
                self.takers[connection_id, sku].append(rule.version_id)
        if not skus:
            self.skus = None
        elif self.skus is not None:
            self.skus.update(skus)


@dataclass(frozen=True, slots=True)
class Plan:
    """Passes that several rules share, and the rules that are counted one by one."""

    passes: tuple[Pass, ...]
    single: tuple[Connected, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """Live seats of one connection, SKU and account that a pass takes. `total` in millionths; `missing` lack one."""

    connection_id: int
    sku_key: str
    client_id: int
    seats: int
    people: int = 0
    total: int = 0
    missing: int = 0


def skus_of(tree: Tree) -> tuple[str, ...]:
    """The SKUs (folded) outside which a condition takes nothing; empty where it names none."""
    leaf = _sku_leaf(tree)
    if leaf is None:
        return ()
    return tuple(leaf.value) if leaf.op == "in" else (leaf.value,)


def _sku_leaf(tree: Tree) -> Leaf | None:
    if tree.how != "all":
        return None
    named = (part for part in tree.parts if isinstance(part, Leaf) and part.field == "sku" and part.op in ("eq", "in"))
    return next(named, None)


def plan(rules: Iterable[Connected]) -> Plan:
    """Rules without connections count nothing and are left out."""
    passes: dict[str, Pass] = {}
    single: list[Connected] = []
    for rule, connection_ids in rules:
        if not connection_ids:
            continue
        skus = skus_of(rule.condition)
        how = rule.spec.count
        if how == "peak" or (how == "distinct" and len(skus) != 1):
            single.append((rule, connection_ids))
            continue
        leaf = _sku_leaf(rule.condition)
        residual = Tree("all", tuple(part for part in rule.condition.parts if part is not leaf)) if leaf else None
        tree = residual or rule.condition
        key = json.dumps(conditions.to_json(tree), sort_keys=True, default=str)
        passes.setdefault(key, Pass(tree)).add(rule, connection_ids, skus)
    return Plan(tuple(passes.values()), tuple(single))


class Tally:
    """Adds up the cells of a pass by rule and client."""

    def __init__(self, shared: Pass) -> None:
        self._pass = shared
        self._sums: dict[tuple[int, int], list[int]] = {}
        self.unsure: dict[int, set[int]] = defaultdict(set)
        """By version id, clients whose people may stand in several cells."""

    def add(self, cells: Iterable[Cell]) -> None:
        takers, hows, sums = self._pass.takers, self._pass.hows, self._sums
        for cell in cells:
            rules = [*takers.get((cell.connection_id, cell.sku_key), ()), *takers.get((cell.connection_id, None), ())]
            for version_id in rules:
                how = hows[version_id]
                found = sums.get((version_id, cell.client_id))
                value = cell.people if how == "distinct" else cell.total if how == "sum" else cell.seats
                if found is None:
                    sums[version_id, cell.client_id] = [value, cell.seats, cell.missing]
                    continue
                if how == "distinct":
                    self.unsure[version_id].add(cell.client_id)
                found[0] += value
                found[1] += cell.seats
                found[2] += cell.missing

    def counts(self) -> Mapping[tuple[int, int], Count]:
        """By (version id, client id); those of `unsure` are too high or right."""
        hows = self._pass.hows
        return {
            (version_id, client_id): _count(hows[version_id], *numbers)
            for (version_id, client_id), numbers in self._sums.items()
        }


def _count(how: str, value: int, seats: int, missing: int) -> Count:
    return Count(value, seats, missing) if how == "sum" else Count(value * MICROS, seats)
