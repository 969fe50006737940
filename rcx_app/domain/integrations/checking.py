"""Reading a whole file without storing anything, to say what an import would meet: counts, and every bad cell."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from connectors.errors import FileError, shorten
from connectors.files import Conversion, Item, MappingRow, Problem, Profile, convert
from connectors.files.cells import text_of
from connectors.records import Sku
from rcx_app.domain.integrations.notes import KEPT_PROBLEMS, problem_note
from rcx_app.domain.integrations.schemas import Check
from rcx_app.domain.sync.rows import stream_of

KEPT_ROWS = 100
_HEADER = ("severity", "sheet", "row", "column", "value", "message", "remedy")
# What a spreadsheet program would take for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(slots=True)
class Checked:
    """What was found. `check` is None where the file could not be read to its end by this profile."""

    check: Check | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    problem_count: int = 0
    problem_rows: list[tuple[int, list[str]]] = field(default_factory=list)

    def note(self) -> dict[str, Any]:
        """For `ImportFile.guess`."""
        return {
            "check": asdict(self.check) if self.check else None,
            "problem_rows": [[number, cells] for number, cells in self.problem_rows],
        }


def check_file(
    path: Path, profile: Profile, problem_file: Path, on_progress: Callable[[int, int], None] | None = None
) -> Checked:
    """Read `path` by `profile`. Every problem goes to `problem_file` (made only where there is one), the first ones
    into the answer."""
    found, counts, integrations = Checked(), Counter[str](), dict[str, None]()
    problem_file.unlink(missing_ok=True)
    with ExitStack() as stack:
        listing = _Listing(problem_file, stack)

        def take(problem: Problem) -> None:
            listing.write(problem)
            found.problem_count += 1
            if len(found.problems) < KEPT_PROBLEMS:
                found.problems.append(problem_note(problem))

        try:
            conversion = convert(path, profile, on_progress)
            for item in conversion:
                if isinstance(item, Problem):
                    take(item)
                else:
                    _count(item, counts, integrations)
        except FileError as error:
            for problem in error.problems:
                take(problem)
            return found
        found.check = Check(
            rows_read=conversion.rows_read,
            rows_refused=conversion.rows_refused,
            errors=conversion.errors,
            warnings=conversion.warnings,
            counts=dict(counts),
            integrations=tuple(integrations),
        )
    found.problem_rows = _rows(conversion, found.problems)
    return found


def _count(item: Item, counts: Counter[str], integrations: dict[str, None]) -> None:
    if isinstance(item, MappingRow):
        counts["mappings"] += 1
        return
    stream = stream_of(item)
    if stream is not None and not isinstance(item, Sku):  # seats carry their SKU
        counts[stream.name] += 1
    if label := getattr(item, "integration", ""):
        integrations[label] = None


def _rows(conversion: Conversion, problems: list[dict[str, Any]]) -> list[tuple[int, list[str]]]:
    """The cells of the first rows that have problems."""
    wanted = sorted({note["row"] for note in problems if note["row"]})[:KEPT_ROWS]
    missing, rows = set(wanted), []
    if missing:
        for number, cells in conversion.source.rows(conversion.profile.sheet):
            if number in missing:
                rows.append((number, [shorten(text_of(cell)) for cell in cells[: len(conversion.header.names)]]))
                missing.discard(number)
                if not missing:
                    break
    return rows


class _Listing:
    """The problem file: CSV in UTF-8 with a byte-order mark, so that Excel opens it rightly."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path, self._stack = path, stack
        self._writer: Any = None

    def write(self, problem: Problem) -> None:
        if self._writer is None:
            stream = self._stack.enter_context(self._path.open("w", encoding="utf-8-sig", newline=""))
            self._writer = csv.writer(stream)
            self._writer.writerow(_HEADER)
        facts: Mapping[str, Any] = asdict(problem)
        self._writer.writerow([_plain(str(facts[name])) for name in _HEADER])


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
