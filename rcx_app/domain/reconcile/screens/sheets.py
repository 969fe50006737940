"""A list as a file, CSV or Excel: texts that no spreadsheet takes for a formula, numbers exact."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO

import xlsxwriter

Cell = str | Decimal | int | None
FORMATS = ("csv", "xlsx")
# A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# What a spreadsheet's binary number holds without rounding.
_EXACT_DIGITS = 15
_MOST_ROWS = 1_048_575


def harmless(text: str) -> str:
    """`text` as a cell that no spreadsheet runs: an apostrophe stands before what would begin a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def write(kind: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], out: IO[bytes]) -> int:
    """Write the rows under their heads as `kind` (csv | xlsx); returns how many."""
    return _csv(columns, rows, out) if kind == "csv" else _xlsx(title, columns, rows, out)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]], out: IO[bytes]) -> int:
    """UTF-8 with the mark that Excel looks for. Numbers are plain."""
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(columns)
    written = 0
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
        written += 1
    text.detach()
    return written


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    return harmless(cell) if isinstance(cell, str) else f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _xlsx(title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], out: IO[bytes]) -> int:
    """A workbook with as many sheets as its rows need. A number that would be rounded stays text."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True})
        sheet = _sheet(book, title, columns, bold)
        written = 0
        for written, row in enumerate(rows, start=1):
            line = (written - 1) % _MOST_ROWS + 1
            if line == 1 and written > 1:
                sheet = _sheet(book, title, columns, bold)
            for at, cell in enumerate(row):
                if cell is None:
                    continue
                if isinstance(cell, str) or len(Decimal(cell).as_tuple().digits) > _EXACT_DIGITS:
                    sheet.write_string(line, at, cell if isinstance(cell, str) else f"{cell:f}")
                else:
                    sheet.write_number(line, at, float(cell))
    return written


def _sheet(
    book: xlsxwriter.Workbook, title: str, columns: Sequence[str], bold: object
) -> xlsxwriter.worksheet.Worksheet:
    number = len(book.worksheets()) + 1
    sheet = book.add_worksheet(title if number == 1 else f"{title} {number}")
    sheet.freeze_panes(1, 0)
    for at, name in enumerate(columns):
        sheet.write_string(0, at, name, bold)
    return sheet
