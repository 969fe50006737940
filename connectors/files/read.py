"""Opens a checked file as sheets of rows with the row numbers a person sees; no header and no meaning here."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from connectors.errors import FileRefused, Problem, ProfileMismatch
from connectors.files.encoding import detect_encoding
from connectors.files.limits import DEFAULT_LIMITS, Limits
from connectors.files.sniff import FileFormat, sniff
from connectors.files.workbook_scan import SheetScan, scan_workbook

Cell = str | int | float | bool | date | datetime | time | timedelta
Row = tuple[int, list[Cell]]

_DELIMITERS = ",;\t|"
_SAMPLE_CHARS = 128 * 1024
_NOTHING: Mapping[tuple[int, int], str] = {}


def is_blank_row(cells: list[Cell]) -> bool:
    """True where no cell holds anything but space; a zero is something."""
    return not any(type(cell) is not str or (cell and not cell.isspace()) for cell in cells)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that passed the checks. `sheets` are the names a person may choose from; a CSV file has one, "".

    `expected_rows` is an upper bound for progress. `unterminated_line` is the last line of a text file when it has no
    line end, else 0: a row that stands there and is too short was probably cut off.
    """

    path: Path
    format: FileFormat
    limits: Limits
    sheets: tuple[str, ...] = ("",)
    encoding: str = ""
    delimiter: str = ""
    skip_lines: int = 0
    lines: int = 0
    unterminated_line: int = 0
    scans: Mapping[str, SheetScan] = field(default_factory=dict)
    _loaded: dict[str, CalamineSheet] = field(default_factory=dict, repr=False, compare=False)

    def expected_rows(self, sheet: str = "") -> int:
        if self.format == "csv":
            return self.lines
        scan = self.scans.get(sheet or self.sheets[0])
        return scan.rows if scan else 0

    def marked(self, sheet: str = "") -> Mapping[tuple[int, int], str]:
        """Cells of a workbook that hold an error or a formula without a result: (row, column from 1) -> what."""
        scan = self.scans.get(sheet or self.sheets[0]) if self.format == "xlsx" else None
        return scan.marked if scan else _NOTHING

    def rows(self, sheet: str = "") -> Iterator[Row]:
        """Yield (row number, cells). Blank rows come too. Raises FileRefused beyond limits or on broken quoting."""
        rows = self._text_rows() if self.format == "csv" else self._workbook_rows(sheet or self.sheets[0])
        limits = self.limits
        for count, (number, cells) in enumerate(rows, 1):
            if len(cells) > limits.max_columns:
                raise self._refuse(
                    f"The row has {len(cells):,} columns; the limit is {limits.max_columns:,}.",
                    "Keep only the columns that are needed, or choose another delimiter.",
                    number,
                )
            # 100 rows for titles above the header.
            if count > limits.max_rows + 100:
                raise self._refuse(f"The file has more than {limits.max_rows:,} rows.", "Split the file.", number)
            yield number, cells

    def _refuse(self, message: str, remedy: str, row: int = 0) -> FileRefused:
        return FileRefused([Problem(file=self.path.name, row=row, message=message, remedy=remedy)])

    def _text_rows(self) -> Iterator[Row]:
        start = 1
        with self.path.open(encoding=self.encoding, newline="") as stream:
            reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
            try:
                for cells in reader:
                    if start > self.skip_lines:
                        yield start, cells  # type: ignore[misc]
                    start = reader.line_num + 1
            except csv.Error as error:
                raise self._broken_quoting(start, str(error)) from None

    def _broken_quoting(self, row: int, reason: str) -> FileRefused:
        if "unexpected end" in reason or "field larger" in reason:
            message = "A quotation mark opened in this row is never closed."
        else:
            message = "A quoted value in this row is followed by other text."
        return self._refuse(message, 'Write a quotation mark inside a quoted value twice (""), or export again.', row)

    def _workbook_rows(self, sheet: str) -> Iterator[Row]:
        if sheet not in self.sheets:
            known = ", ".join(self.sheets)
            problem = Problem(self.path.name, f'There is no sheet "{sheet}".', f"Choose one of: {known}.", sheet=sheet)
            raise ProfileMismatch([problem])
        if sheet not in self._loaded:
            # One sheet at a time: a sheet is held whole.
            self._loaded.clear()
            try:
                with CalamineWorkbook.from_path(self.path) as workbook:
                    self._loaded[sheet] = workbook.get_sheet_by_name(sheet)
            except CalamineError as error:
                reason = f"The workbook cannot be read: {error}."
                raise self._refuse(reason, "Open it in Excel and save it again.") from None
        data = self._loaded[sheet]
        indent: list[Cell] = [""] * (data.start[1] if data.start else 0)
        for number, cells in enumerate(data.iter_rows(), 1):
            yield number, indent + cells if indent else cells


def open_source(
    path: Path | str, *, encoding: str = "", delimiter: str = "", limits: Limits = DEFAULT_LIMITS
) -> Source:
    """Check a file and make it readable. `encoding` and `delimiter` override the detection for text files.

    Raises FileRefused with the reason and the remedy.
    """
    path = Path(path)
    if sniff(path, limits) == "xlsx":
        return _open_workbook(path, limits)
    facts = detect_encoding(path, encoding)
    with path.open(encoding=facts.encoding, newline="") as stream:
        sample = stream.read(_SAMPLE_CHARS)
    skip_lines = 0
    # Excel writes and reads a first line "sep=;" that is no data.
    if sample[:4].lower() == "sep=" and sample[5:6] in ("\r", "\n"):
        delimiter = delimiter or sample[4]
        skip_lines = 1
    return Source(
        path=path,
        format="csv",
        limits=limits,
        encoding=facts.encoding,
        delimiter=delimiter or detect_delimiter(sample),
        skip_lines=skip_lines,
        lines=facts.lines + (not facts.is_terminated),
        unterminated_line=0 if facts.is_terminated else facts.lines + 1,
    )


def _open_workbook(path: Path, limits: Limits) -> Source:
    scans = scan_workbook(path, limits)
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    except CalamineError as error:
        problem = Problem(path.name, f"The workbook cannot be read: {error}.", "Open it in Excel and save it again.")
        raise FileRefused([problem]) from None
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    names = tuple(visible or [sheet.name for sheet in sheets])
    if not any(scans.get(name, SheetScan()).rows for name in names):
        raise FileRefused([Problem(path.name, "The workbook has no rows.", "Export it again.")])
    return Source(path=path, format="xlsx", limits=limits, sheets=names, scans=scans)


def detect_delimiter(sample: str) -> str:
    """Return the delimiter under which the sample's rows have most alike widths; a comma where there is only one
    column."""
    cut = sample.rfind("\n")
    lines = (sample[:cut] if cut > 0 and len(sample) >= _SAMPLE_CHARS else sample).splitlines(keepends=True)
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for cells in csv.reader(lines, delimiter=delimiter):
                if cells:
                    widths[len(cells)] += 1
        except csv.Error:
            continue
        several = {width: count for width, count in widths.items() if width > 1}
        if not several:
            continue
        width, count = max(several.items(), key=lambda item: (item[1], item[0]))
        # Agreement between rows counts most; a wider table breaks the tie.
        score = count / widths.total() + min(width, 30) / 100
        if score > best_score:
            best, best_score = delimiter, score
    return best
