"""Reads client and service lists from CSV and XLSX files and writes suggestions as CSV; refuses what it cannot trust.

Only the file formats of the `rcx match` command are known here, not what is done with the records.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from python_calamine import CalamineError, CalamineWorkbook

from matching.types import Party, Service, Suggestion

PARTY_COLUMNS = ("domain", "emails", "phone", "address", "city", "region", "postcode", "country", "alias")
SERVICE_COLUMNS = ("sku", "vendor", "description", "unit")
SUGGESTION_COLUMNS = ("left_id", "right_id", "confidence", "verdict", "reasons")
_LIST = re.compile(r"\s*;\s*")
_DELIMITERS = ",;\t|"


class FileError(Exception):
    """A file that cannot be read as what it should be. The message names file, line and column, and what to do."""

    def __init__(self, path: str, problem: str, *, line: int | None = None, column: str | None = None) -> None:
        self.path, self.problem, self.line, self.column = path, problem, line, column
        where = path + (f", line {line}" if line is not None else "") + (f", column '{column}'" if column else "")
        super().__init__(f"{where}: {problem}")


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a table with the line it starts on in its file."""

    line: int
    values: dict[str, str]


def read_parties(path: str | Path) -> list[Party]:
    """Organisations from a CSV or XLSX file with `id,name` and optional columns; raises `FileError`."""
    out = []
    for row in _checked(Path(path)):
        value = row.values
        extra = {k: v for k, v in value.items() if k not in PARTY_COLUMNS and k not in ("id", "name") and v}
        out.append(
            Party(
                id=value["id"],
                name=value["name"],
                domain=value.get("domain", ""),
                emails=_several(value.get("emails", "")),
                phone=value.get("phone", ""),
                address=value.get("address", ""),
                city=value.get("city", ""),
                region=value.get("region", ""),
                postcode=value.get("postcode", ""),
                country=value.get("country", ""),
                aliases=_several(value.get("alias", "")),
                attributes=extra,
            )
        )
    return out


def read_services(path: str | Path) -> list[Service]:
    """Services from a CSV or XLSX file with `id,name` and optional columns; raises `FileError`."""
    out = []
    for row in _checked(Path(path)):
        value = row.values
        extra = {k: v for k, v in value.items() if k not in SERVICE_COLUMNS and k not in ("id", "name") and v}
        out.append(
            Service(
                id=value["id"],
                name=value["name"],
                sku=value.get("sku", ""),
                vendor=value.get("vendor", ""),
                description=value.get("description", ""),
                unit=value.get("unit", ""),
                attributes=extra,
            )
        )
    return out


def _several(text: str) -> tuple[str, ...]:
    return tuple(part for part in _LIST.split(text.strip()) if part)


def _checked(path: Path) -> Iterator[Row]:
    """Rows with a unique, non-empty id and a non-empty name."""
    seen: dict[str, int] = {}
    for row in _rows(path):
        for column in ("id", "name"):
            if not row.values[column]:
                raise FileError(str(path), "is empty; every record needs one", line=row.line, column=column)
        found = row.values["id"]
        if found in seen:
            problem = f"'{found}' was used on line {seen[found]} already; ids must be unique"
            raise FileError(str(path), problem, line=row.line, column="id")
        seen[found] = row.line
        yield row


def _rows(path: Path) -> Iterator[Row]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileError(str(path), "there is no such file") from None
    except IsADirectoryError:
        raise FileError(str(path), "is a folder, not a file") from None
    except OSError as error:
        raise FileError(str(path), f"cannot be read: {error.strerror}") from error
    if not content.strip():
        raise FileError(str(path), "is empty; a header row with at least 'id' and 'name' is needed")
    table = _sheet(path, content) if zipfile.is_zipfile(io.BytesIO(content)) else _text(path, content)
    header_line, header = next(table, (1, []))
    names = _header(path, header_line, header)
    for line, cells in table:
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(names) :]):
            problem = f"has {len(cells)} values, the header names {len(names)}; quote values that hold a delimiter"
            raise FileError(str(path), problem, line=line)
        filled = [*cells, *[""] * (len(names) - len(cells))]
        yield Row(line, {name: cell.strip() for name, cell in zip(names, filled, strict=False) if name})


def _header(path: Path, line: int, header: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in header]
    while names and not names[-1]:
        names.pop()
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise FileError(str(path), "stands in the header more than once", line=line, column=min(twice))
    for needed in ("id", "name"):
        if needed not in names:
            found = ", ".join(f"'{name}'" for name in names if name) or "nothing"
            problem = f"is missing from the header, which has {found}; the first row must name the columns"
            raise FileError(str(path), problem, line=line, column=needed)
    return names


def _text(path: Path, content: bytes) -> Iterator[tuple[int, list[str]]]:
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileError(str(path), "is a binary file, neither CSV nor XLSX; save it as CSV (UTF-8) or XLSX")
    try:
        text = content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(str(path), "is not UTF-8 text; save it as CSV UTF-8", line=line) from error
    first = text.splitlines()[0]
    # More of another delimiter than of commas in the header: a list saved where the comma is the decimal mark.
    delimiter = max(_DELIMITERS, key=lambda mark: (first.count(mark), -_DELIMITERS.index(mark)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise FileError(str(path), f"is not well-formed CSV: {error}; check the quotes", line=start) from error


def _sheet(path: Path, content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise FileError(str(path), f"is not a readable spreadsheet: {error}") from error
    if not rows:
        raise FileError(str(path), "its first sheet is empty; a header row with at least 'id' and 'name' is needed")
    for line, cells in enumerate(rows, start=1):
        yield line, [_cell(cell) for cell in cells]


def _cell(value: object) -> str:
    """A cell as text; whole numbers without the `.0` that spreadsheets keep."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def write_suggestions(target: str | Path | IO[str], suggestions: Iterable[Suggestion], top_n: int = 1) -> None:
    """Write suggestions as CSV: left input order, then rank; reasons strongest first, separated by `; `.

    A left record without a suggestion gets one row with an empty `right_id` and the verdict `none`. With `top_n` over 1
    the further candidates follow, each with verdict `compare`.
    """
    if isinstance(target, str | Path):
        with Path(target).open("w", encoding="utf-8", newline="") as stream:
            write_suggestions(stream, suggestions, top_n)
        return
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(SUGGESTION_COLUMNS)
    for suggestion in suggestions:
        writer.writerows(_lines(suggestion, top_n))


def _lines(suggestion: Suggestion, top_n: int) -> list[tuple[str, str, str, str, str]]:
    if suggestion.best is None:
        return [(suggestion.left_id, "", "", "none", "")]
    return [
        (
            suggestion.left_id,
            c.right_id,
            f"{c.confidence:.4f}",
            c.verdict,
            "; ".join(r.text for r in c.reasons if r.text),
        )
        for c in suggestion.candidates[:top_n]
    ]
