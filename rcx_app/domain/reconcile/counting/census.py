"""All live seats of mapped accounts by account and SKU, read once for a whole run. No database.

What most rules count, what no rule takes, what fell silent and who stands twice is all told from these cells; only
where a cell can't tell are its seats asked for again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rcx_app.domain.reconcile.counting.plan import Connected, Part, Taken, shape_of


class Cell(NamedTuple):
    """Live seats of one account with one SKU (folded): how the source writes it (least and most by code point).

    `inactive` of them are active and silent. `parts`: what each of the census's shapes takes, the first one all.
    """

    client_id: int
    connection_id: int
    sku_key: str
    account_id: int
    least_sku: str
    most_sku: str
    least_name: str
    most_name: str
    inactive: int
    parts: tuple[Part, ...]

    @property
    def seats(self) -> int:
        return self.parts[0].seats

    @property
    def key(self) -> tuple[int, str, int]:
        return self.connection_id, self.sku_key, self.account_id

    @property
    def is_spelt_one_way(self) -> bool:
        """Whether any of its seats gives the SKU and its name as all others do."""
        return self.least_sku == self.most_sku and self.least_name == self.most_name

    @property
    def has_someone_twice(self) -> bool:
        return self.parts[0].people < self.parts[0].seats


class Left(NamedTuple):
    """Seats of a cell that no rule takes, with the least spelling of their SKU and its name."""

    client_id: int
    connection_id: int
    sku_key: str
    sku: str
    sku_name: str
    seats: int


@dataclass(frozen=True, slots=True)
class Census:
    """The cells of a run's clients. `shapes`: keys of the shapes that were counted with them; the first takes all."""

    shapes: tuple[str, ...]
    cells: Sequence[Cell]

    def taken(self, key: str) -> Iterator[Taken]:
        """What a shape takes, where it takes anything."""
        number = self.shapes.index(key)
        for cell in self.cells:
            part = cell.parts[number]
            if part.seats:
                yield Taken(cell.connection_id, cell.sku_key, cell.client_id, part)

    def seats_by_client(self) -> dict[int, int]:
        found: dict[int, int] = defaultdict(int)
        for cell in self.cells:
            found[cell.client_id] += cell.parts[0].seats
        return dict(found)

    def untaken(self, rules: Iterable[Connected]) -> tuple[list[Left], list[Cell]]:
        """What none of the rules takes, and the cells for which that can't be told from here."""
        numbers = {key: number for number, key in enumerate(self.shapes)}
        takers: dict[tuple[int, str | None], set[int]] = defaultdict(set)
        for rule, connection_ids in rules:
            shape = shape_of(rule.condition)
            # A rule that names lines counts at their clients only; other shapes were not counted here.
            number = -1 if rule.spec.lines else numbers.get(shape.key, -1)
            for connection_id in connection_ids:
                for sku in shape.skus or (None,):
                    takers[connection_id, sku].add(number)
        nobody: frozenset[int] = frozenset()
        left: list[Left] = []
        unsure: list[Cell] = []
        for cell in self.cells:
            by_sku = takers.get((cell.connection_id, cell.sku_key), nobody)
            by_any = takers.get((cell.connection_id, None), nobody)
            if 0 in by_sku or 0 in by_any:
                continue
            own = by_sku | by_any
            seats = cell.seats
            if own:
                number = next(iter(own))
                seats -= cell.parts[number].seats if number > 0 else 0
                if len(own) > 1 or number < 0 or (0 < seats < cell.seats and not cell.is_spelt_one_way):
                    unsure.append(cell)
                    continue
            if seats:
                left.append(
                    Left(cell.client_id, cell.connection_id, cell.sku_key, cell.least_sku, cell.least_name, seats)
                )
        return left, unsure
