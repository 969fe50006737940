"""Decides over whole columns which decimal mark and which order of day and month a file uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.files.dates import DateOrder, date_evidence
from connectors.files.fields import FieldKind
from connectors.files.numbers import DecimalMark, number_evidence
from connectors.files.read import Cell, Row

_REMEMBERED = 50_000


@dataclass(slots=True)
class ColumnEvidence:
    """Votes of one column's cells, and the first ambiguous cell as (row, value)."""

    kind: FieldKind
    votes: Counter[str] = field(default_factory=Counter)
    ambiguous: tuple[int, str] | None = None
    _seen: dict[str, str] = field(default_factory=dict)

    def look(self, row: int, value: Cell) -> None:
        if not isinstance(value, str) or not value:
            return
        vote = self._seen.get(value)
        if vote is None:
            vote = number_evidence(value) if self.kind == "number" else date_evidence(value)
            if len(self._seen) < _REMEMBERED:
                self._seen[value] = vote
        self.votes[vote] += 1
        if vote == "ambiguous" and self.ambiguous is None:
            self.ambiguous = (row, value)

    def clear_votes(self) -> Counter[str]:
        return Counter({k: self.votes[k] for k in ("point", "comma", "dmy", "mdy") if self.votes[k]})


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column is read. `is_certain` is False where the cells allow two readings; `sample` is such a cell."""

    choice: str
    is_certain: bool
    sample: tuple[int, str] | None = None


def gather(rows: Iterable[Row], kinds: Mapping[int, FieldKind]) -> dict[int, ColumnEvidence]:
    """Let the cells of the given columns (position -> "number", "date" or "moment") vote."""
    columns = {at: ColumnEvidence(kind) for at, kind in kinds.items()}
    pairs = list(columns.items())
    for number, cells in rows:
        width = len(cells)
        for at, column in pairs:
            if at < width:
                column.look(number, cells[at])
    return columns


def settle_decimals(columns: Mapping[int, ColumnEvidence]) -> dict[int, Reading]:
    """Choose the decimal mark of each number column: its own votes, else those of the file's other number columns.

    Without any evidence ambiguous cells stay ambiguous (`is_certain` False): "1,234" is never guessed.
    """
    everywhere: Counter[str] = Counter()
    for column in columns.values():
        if column.kind == "number":
            everywhere += column.clear_votes()
    settled = {}
    for at, column in columns.items():
        if column.kind == "number":
            votes = column.clear_votes() or everywhere
            choice: DecimalMark = "comma" if votes["comma"] > votes["point"] else "point"
            settled[at] = Reading(choice, bool(votes) or column.ambiguous is None, column.ambiguous)
    return settled


def settle_dates(columns: Mapping[int, ColumnEvidence], decimals: Mapping[int, Reading]) -> dict[int, Reading]:
    """Choose the order of day and month of each date column: its own votes, else those of the other date columns.

    Without evidence the day comes first where the file writes decimal commas, else the month (`is_certain` False).
    """
    everywhere: Counter[str] = Counter()
    for column in columns.values():
        if column.kind in ("date", "moment"):
            everywhere += column.clear_votes()
    fallback: DateOrder = "dmy" if any(reading.choice == "comma" for reading in decimals.values()) else "mdy"
    settled = {}
    for at, column in columns.items():
        if column.kind in ("date", "moment"):
            votes = column.clear_votes() or everywhere
            choice = fallback if not votes else "dmy" if votes["dmy"] > votes["mdy"] else "mdy"
            settled[at] = Reading(choice, bool(votes) or column.ambiguous is None, column.ambiguous)
    return settled
