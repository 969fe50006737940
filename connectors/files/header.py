"""Finds the header row under titles and blank lines, names its columns, and fingerprints it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from connectors.errors import FileRefused, Problem
from connectors.files.cells import text_of
from connectors.files.fields import normal_header
from connectors.files.read import Row, Source
from connectors.files.workbook_scan import column_letters

# Titles, filters and blank lines above the header; further down a header is not looked for.
SEARCHED_ROWS = 60


@dataclass(frozen=True, slots=True)
class Header:
    """The header row. `names` has one entry a column, unique; a column without text is called "column D"."""

    row: int
    names: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.names)

    def index_of(self, name: str) -> int | None:
        """Return the position of a column by header text; case, space and punctuation do not matter."""
        if name in self.names:
            return self.names.index(name)
        wanted = normal_header(name)
        return next((at for at, each in enumerate(self.names) if wanted and normal_header(each) == wanted), None)


def fingerprint(names: Iterable[str]) -> str:
    """Return 16 hex digits that are equal for headers with the same columns in any order and spelling of case."""
    parts = sorted({normal_header(name) for name in names if not name.startswith("column ")} - {""})
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def find_header(source: Source, sheet: str, known: Collection[str]) -> int:
    """Return the row number of the header; `known` are normalised header spellings of all shapes.

    Raises FileRefused where the first rows hold nothing that could be a header.
    """
    rows: list[Row] = []
    for row in source.rows(sheet):
        rows.append(row)
        if len(rows) >= SEARCHED_ROWS:
            break
    filled = [(number, [text_of(cell) for cell in cells]) for number, cells in rows]
    filled = [(number, texts) for number, texts in filled if any(texts)]
    if not filled:
        raise FileRefused([Problem(source.path.name, "The file has no rows.", "Export it again.", sheet=sheet)])
    best_row, best = filled[0][0], -1.0
    for position, (number, texts) in enumerate(filled):
        score = _header_score(texts, [each for _, each in filled[position + 1 : position + 11]], known)
        if score > best:
            best_row, best = number, score
    return best_row


def _header_score(texts: Sequence[str], below: Sequence[Sequence[str]], known: Collection[str]) -> float:
    """Known spellings decide; without any, the first row of distinct words as wide as what follows wins."""
    words = [text for text in texts if text]
    hits = sum(1 for text in set(words) if normal_header(text) in known)
    if hits >= 2:
        return 100.0 + hits
    wordlike = sum(1 for text in words if not text.replace(".", "").replace(",", "").isdigit() and "@" not in text)
    widest = max((sum(1 for text in row if text) for row in below), default=len(words))
    distinct = len({text.casefold() for text in words}) / max(len(words), 1)
    # A title has one cell where the rows below have many; data rows hold numbers and addresses.
    return hits * 10 + min(len(words) / max(widest, 1), 1.0) * (wordlike / max(len(words), 1)) * distinct


def read_header(source: Source, sheet: str, row: int) -> Header:
    """Return the header in `row`. Raises FileRefused naming both columns where a name occurs twice."""
    for number, cells in source.rows(sheet):
        if number == row:
            return Header(row, _column_names(source, sheet, row, [text_of(cell) for cell in cells]))
        if number > row:
            break
    problem = Problem(source.path.name, f"There is no row {row} for the header.", "Choose another row.", sheet=sheet)
    raise FileRefused([problem])


def _column_names(source: Source, sheet: str, row: int, texts: list[str]) -> tuple[str, ...]:
    names = [" ".join(text.split()) or f"column {column_letters(at)}" for at, text in enumerate(texts, 1)]
    seen: dict[str, int] = {}
    problems = []
    for at, name in enumerate(names, 1):
        first = seen.setdefault(name.casefold(), at)
        if first != at:
            problems.append(
                Problem(
                    file=source.path.name,
                    sheet=sheet,
                    row=row,
                    column=name,
                    value=name,
                    message=f'Columns {column_letters(first)} and {column_letters(at)} are both called "{name}".',
                    remedy="Rename or delete one of them and import the file again.",
                )
            )
    if problems:
        raise FileRefused(problems)
    return tuple(names)
