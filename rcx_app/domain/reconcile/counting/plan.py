"""Which rules can be counted in one pass over the seats, and putting a pass's cells together. No database.

A pass groups live seats by connection, SKU and account: a cell. Rules of one *shape* (the same condition but for the
SKUs they name) share a pass, and a cell belongs to every rule that names its SKU, or that names none. Rows and sums of
cells add up; the people of several cells are told apart by their names.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from rcx_app.core.money import MICROS
from rcx_app.domain.reconcile.facts import Count
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.conditions import EVERYTHING, Leaf, Tree
from rcx_app.domain.service_rules.schemas import RuleInForce

Connected = tuple[RuleInForce, tuple[int, ...]]
"""A rule with the connections that it counts in."""


_DECODE = json.JSONDecoder().raw_decode
"""Without looking for space around it, which for short lists takes as long as reading them."""


class Shape(NamedTuple):
    """A condition without the SKUs that it names: `key` is the same for equal ones. No `skus`: it takes any."""

    key: str
    residual: Tree
    skus: tuple[str, ...]


class Part(NamedTuple):
    """The seats of a cell that one shape takes. `silent` of them were last seen before the workspace's time.

    `people`: different ones, those without a name one each. `names`: who they are, as JSON, the nameless left out.
    `total` in millionths; `missing` lack one.
    """

    seats: int
    silent: int = 0
    people: int = 0
    names: str = ""
    total: int = 0
    missing: int = 0


class Taken(NamedTuple):
    """A part of a cell with what it belongs to."""

    connection_id: int
    sku_key: str
    client_id: int
    part: Part


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
    """Passes that rules share, by the key of their shape, and the rules that are counted one by one."""

    passes: Mapping[str, Pass]
    single: tuple[Connected, ...]


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


@lru_cache(maxsize=10_000)
def shape_of(tree: Tree) -> Shape:
    """A condition apart from the SKUs that it names."""
    leaf = _sku_leaf(tree)
    residual = Tree("all", tuple(part for part in tree.parts if part is not leaf)) if leaf else tree
    if residual == EVERYTHING:
        return Shape("", EVERYTHING, skus_of(tree))
    return Shape(json.dumps(conditions.to_json(residual), sort_keys=True, default=str), residual, skus_of(tree))


def plan(rules: Iterable[Connected]) -> Plan:
    """Rules without connections count nothing and are left out."""
    passes: dict[str, Pass] = {}
    single: list[Connected] = []
    for rule, connection_ids in rules:
        if not connection_ids:
            continue
        if rule.spec.count == "peak":
            single.append((rule, connection_ids))
            continue
        shape = shape_of(rule.condition)
        passes.setdefault(shape.key, Pass(shape.residual)).add(rule, connection_ids, shape.skus)
    return Plan(passes, tuple(single))


class Tally:
    """Adds up the cells of a pass by rule and client."""

    def __init__(self, shared: Pass) -> None:
        self._pass = shared
        self._sums: dict[tuple[int, int], list[int]] = {}
        self._people: dict[tuple[int, int], list[Part]] = {}

    def add(self, cells: Iterable[Taken]) -> None:
        takers, hows, sums, people = self._pass.takers, self._pass.hows, self._sums, self._people
        any_sku = {connection_id for connection_id, sku in takers if sku is None}
        for connection_id, sku_key, client_id, part in cells:
            rules = takers.get((connection_id, sku_key), ())
            if connection_id in any_sku:
                rules = [*rules, *takers[connection_id, None]]
            for version_id in rules:
                key = (version_id, client_id)
                if hows[version_id] == "distinct":
                    people.setdefault(key, []).append(part)
                found = sums.get(key)
                if found is None:
                    sums[key] = [part.seats, part.total, part.missing, part.silent]
                else:
                    found[0] += part.seats
                    found[1] += part.total
                    found[2] += part.missing
                    found[3] += part.silent

    def counts(self) -> Mapping[tuple[int, int], Count]:
        """By (version id, client id)."""
        hows, found = self._pass.hows, {}
        for key, (seats, total, missing, silent) in self._sums.items():
            how = hows[key[0]]
            if how == "sum":
                found[key] = Count(total, seats, missing, silent=silent)
            else:
                value = seats if how == "seats" else _different(self._people[key])
                found[key] = Count(value * MICROS, seats, silent=silent)
        return found


def read_names(listed: str) -> list[str]:
    """The names in a part's `names`, one a seat that has one."""
    names: list[str] = _DECODE(listed)[0] if listed else []
    return names


def _different(parts: Sequence[Part]) -> int:
    if len(parts) == 1:
        return parts[0].people
    named = [read_names(part.names) for part in parts]
    nameless = sum(part.seats - len(names) for part, names in zip(parts, named, strict=True))
    return len({name for names in named for name in names}) + nameless
