"""What all builders share: the context of a conversion, natural ids, duplicate keys, problems; no vendor words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from connectors.errors import Problem, Severity, shorten
from connectors.files.profile import Options
from connectors.records import Record

Values = Mapping[str, Any]
Attributes = dict[str, str]

_LONGEST_ID = 160


class RowBad(Exception):
    """The row cannot become records; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow:
    """One row of a mapping file. An empty `client_id` means that the account is excluded."""

    integration: str
    account_id: str
    client_id: str


Item = Record | MappingRow


class Builder(Protocol):
    """Turns rows into records. `finish` yields what is only known at the end (sums)."""

    def row(self, number: int, values: Values, attributes: Attributes) -> Sequence[Item]: ...

    def finish(self) -> Sequence[Item]: ...


@dataclass(slots=True)
class Context:
    """Where a conversion stands. `headers` maps field name -> header text; `warnings` are drained after each row."""

    file: str
    sheet: str
    options: Options
    headers: Mapping[str, str]
    is_strict: bool = False
    warnings: list[Problem] = field(default_factory=list)
    _warned: set[object] = field(default_factory=set)
    _keys: dict[tuple[str, ...], int] = field(default_factory=dict)

    def problem(
        self, row: int, name: str, message: str, remedy: str, value: object = "", severity: Severity = "error"
    ) -> Problem:
        return Problem(
            file=self.file,
            sheet=self.sheet,
            row=row,
            column=self.headers.get(name, ""),
            value=shorten(value),
            message=message,
            remedy=remedy,
            severity=severity,
        )

    def bad(self, row: int, name: str, message: str, remedy: str, value: object = "") -> RowBad:
        return RowBad(self.problem(row, name, message, remedy, value))

    def warn(self, row: int, name: str, message: str, remedy: str, value: object = "", once: object = None) -> None:
        """Add a warning; with `once` only the first of its kind is kept."""
        if once is not None:
            if once in self._warned:
                return
            self._warned.add(once)
        self.warnings.append(self.problem(row, name, message, remedy, value, "warning"))

    def require(self, row: int, values: Values, *names: str) -> None:
        """Raise RowBad unless one of the fields has a value."""
        # Blank values are never in the mapping.
        for name in names:
            if name in values:
                return
        mapped = next((name for name in names if name in self.headers), names[0])
        label = " or ".join(self.headers.get(name, name) for name in names if name in self.headers) or names[0]
        raise self.bad(row, mapped, f"{label} is empty.", "Fill it in or leave the row out.")

    def first_row_of(self, row: int, *key: str) -> int:
        """Remember a key; return the row that had it before, or 0."""
        earlier = self._keys.setdefault(key, row)
        return earlier if earlier != row else 0

    def unique(self, row: int, name: str, what: str, shown: str, *key: str) -> None:
        """Raise RowBad naming both rows where the key occurred before."""
        if earlier := self.first_row_of(row, *key):
            raise self.bad(
                row,
                name,
                f"{what} {shorten(shown)} is in row {earlier} and again in row {row}.",
                "Remove one of the two rows, or give them different ids.",
                shown,
            )


def folded(text: str) -> str:
    """Lower case and single spaces: what two spellings of one name share."""
    return " ".join(text.casefold().split())


def natural_id(*parts: str) -> str:
    """Build a stable id from names where the export has none: "name:acme dental/managed services"."""
    text = "name:" + "/".join(folded(part) for part in parts)
    if len(text) <= _LONGEST_ID:
        return text
    return f"{text[: _LONGEST_ID - 18]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"
