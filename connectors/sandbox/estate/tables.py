"""Tables on their way into files: CSV in any encoding and delimiter, XLSX; equal tables give equal bytes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter

Cell = str | int | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True)
class Table:
    """One export: `titles` are the lines that a portal puts above the header, `rows` the data."""

    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    titles: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that was written: `source` is the system it comes from, `rows` the number of data rows."""

    path: Path
    source: str
    rows: int


def columns(text: str) -> tuple[str, ...]:
    """The names in a header line."""
    return tuple(text.split(","))


def write_csv(
    path: Path,
    source: str,
    table: Table,
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    newline: str = "\r\n",
    quoting: int = csv.QUOTE_MINIMAL,
) -> WrittenFile:
    """Write the table as delimited text; values are written by `str`, None as nothing."""
    with path.open("w", encoding=encoding, newline="") as file:
        for title in table.titles:
            file.write(title + newline)
        writer = csv.writer(file, delimiter=delimiter, lineterminator=newline, quoting=quoting)  # type: ignore[arg-type]
        writer.writerow(table.header)
        rows = 0
        for row in table.rows:
            writer.writerow(row)
            rows += 1
    return WrittenFile(path, source, rows)


def write_xlsx(path: Path, source: str, sheet: str, table: Table, made_on: date) -> WrittenFile:
    """Write the table as one sheet behind a cover sheet; `made_on` is the creation date in the file's properties."""
    book = xlsxwriter.Workbook(path, {"in_memory": True, "remove_timezone": True, "strings_to_numbers": False})
    book.set_properties(
        {"created": datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC).replace(tzinfo=None)}
    )
    bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    cover = book.add_worksheet("About")
    cover.write_string(0, 0, "Report generated automatically. The data is on the next sheet.")
    page = book.add_worksheet(sheet)
    top = len(table.titles)
    for number, title in enumerate(table.titles):
        page.write_string(number, 0, title)
    for column, name in enumerate(table.header):
        page.write_string(top, column, name, bold)
    rows = 0
    for row in table.rows:
        rows += 1
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                page.write_datetime(top + rows, column, value, moment)
            elif isinstance(value, Decimal | int):
                page.write_number(top + rows, column, value)
            elif value:
                page.write_string(top + rows, column, str(value))
    book.close()
    return WrittenFile(path, source, rows)
