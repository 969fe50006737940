"""Errors that connectors raise, and the `Problem` that names one bad cell, row or file; no HTTP and no parsing here.

ConnectorError
├── FileError                something about a file the user gave; carries `problems`
│   ├── FileRefused          the file as a whole cannot be read (empty, binary, cut off, too big, wrong format ...)
│   ├── ProfileMismatch      the file and the profile do not fit (column gone, sheet gone, required field unmapped)
│   └── RowsRefused          single rows are bad; `problems` holds all of them
├── ApiFailure               a vendor's API did not give what was asked (`connectors.http.failures` holds the table)
└── WriteRefused             a write that must not be made (`connectors.writing`)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

_LONGEST_VALUE = 80


def shorten(value: object) -> str:
    """Return the value as one line of at most 80 characters, fit for a message."""
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what to do.

    `row` is the physical line of a CSV file (quoted line breaks counted) or the row number Excel shows; 0 means the
    whole file. `column` is the header text, or "column D" where the header is empty; empty means the whole row.
    """

    file: str
    message: str
    remedy: str = ""
    sheet: str = ""
    row: int = 0
    column: str = ""
    value: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        place = [self.file]
        if self.sheet:
            place.append(f"sheet {self.sheet}")
        if self.row:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column {self.column}")
        text = f"{', '.join(place)}: {self.message}"
        return f"{text} {self.remedy}" if self.remedy else text


class ConnectorError(Exception):
    """Anything a connector can fail with."""


class FileError(ConnectorError):
    """A file, or rows of it, cannot be used. `problems` is never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        shown = "\n".join(str(problem) for problem in self.problems[:20])
        more = len(self.problems) - 20
        super().__init__(f"{shown}\n… and {more} more problems" if more > 0 else shown)


class FileRefused(FileError):
    """The file as a whole cannot be read."""


class ProfileMismatch(FileError):
    """The profile names a sheet, a column or a field that this file does not have."""


class RowsRefused(FileError):
    """Rows of an otherwise readable file are bad."""
