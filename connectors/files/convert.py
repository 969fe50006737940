"""Streams a file through a profile: canonical records, and a problem for every cell that is not as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import Any, cast

from connectors.errors import Problem, ProfileMismatch, shorten
from connectors.files.build.base import Builder, Context, Item, RowBad
from connectors.files.cells import BadValue, id_of, key_of, text_of, truth_of
from connectors.files.dates import DateOrder, parse_date, parse_moment
from connectors.files.evidence import Reading, gather, settle_dates, settle_decimals
from connectors.files.fields import FREE_TEXTS, FieldKind
from connectors.files.header import Header, read_header
from connectors.files.limits import DEFAULT_LIMITS, Limits
from connectors.files.numbers import DecimalMark, number_evidence, parse_number
from connectors.files.profile import Profile
from connectors.files.read import Cell, Row, Source, is_blank_row, open_source
from connectors.files.shapes import SHAPES, Shape

Progress = Callable[[int, int], None]

_CACHED_VALUES = 100_000
_PROGRESS_EVERY = 2_000
ONLINE_WORDS = frozenset(("online", "currently online", "now", "just now", "connected"))


@dataclass(slots=True)
class _Column:
    """One mapped column: where it is, what it feeds, how its cells are read."""

    at: int
    name: str
    header: str
    parse: Callable[[Cell], Any]
    cache: dict[str, Any] | None


class Conversion:
    """An iterator over the records and problems of one file, in file order, in constant memory apart from the keys.

    A row with an error yields only problems; a good row yields its records (none where it adds nothing new, such as
    a user without a licence). While it runs, `rows_read` = `rows_converted` + `rows_refused` (blank rows and what
    stands above the header are not counted); `errors` and `warnings` count problems.

    Raises FileRefused or ProfileMismatch before the first item, or FileRefused later where the file turns out to be
    broken further down.
    """

    def __init__(
        self, path: Path | str, profile: Profile, on_progress: Progress | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        options = profile.options
        self.profile = profile
        self.rows_read = self.rows_converted = self.rows_refused = self.errors = self.warnings = 0
        self._on_progress = on_progress
        self._source = open_source(path, encoding=options.encoding, delimiter=options.delimiter, limits=limits)
        self._sheet = profile.sheet or self._source.sheets[0]
        self._shape = shape_of(profile, self._source)
        self._header = read_header(self._source, self._sheet, profile.header_row)
        self._mapped = mapped_columns(profile, self._shape, self._header, self._source)
        headers = {name: self._header.names[at] for at, name in self._mapped.items()}
        self._context = Context(self._source.path.name, self._sheet, options, headers, self._shape.is_strict)
        self._extra: list[tuple[int, str]] = []
        self._items = self._run()

    @property
    def source(self) -> Source:
        return self._source

    @property
    def header(self) -> Header:
        return self._header

    def __iter__(self) -> Iterator[Item | Problem]:
        return self

    def __next__(self) -> Item | Problem:
        return next(self._items)

    def _data_rows(self) -> Iterator[Row]:
        header_row = self._header.row
        rows = dropwhile(lambda row: row[0] <= header_row, self._source.rows(self._sheet))
        return (row for row in rows if not is_blank_row(row[1]))

    def _run(self) -> Iterator[Item | Problem]:
        columns, notices = self._columns()
        yield from map(self._count, notices)
        builder = self._shape.builder(self._context)
        total = self._source.expected_rows(self._sheet)
        marked = self._source.marked(self._sheet)
        marked_rows = {row for row, _ in marked}
        for number, cells in self._data_rows():
            self.rows_read += 1
            if self._on_progress and self.rows_read % _PROGRESS_EVERY == 0:
                self._on_progress(number, total)
            problems: list[Problem] = []
            if len(cells) != len(self._header.names):
                fitted = self._fit(number, cells, problems)
                if fitted is None:
                    self.rows_refused += 1
                    yield from map(self._count, problems)
                    continue
                cells = fitted
            if number in marked_rows:
                cells = self._show_marked(number, cells, problems)
            yield from self._convert(number, cells, columns, builder, problems)
        yield from builder.finish()
        if self._on_progress:
            self._on_progress(total, total)

    def _convert(
        self, number: int, cells: list[Cell], columns: list[_Column], builder: Builder, problems: list[Problem]
    ) -> Iterator[Item | Problem]:
        values: dict[str, Any] = {}
        for column in columns:
            raw = cells[column.at]
            if raw == "":
                continue
            try:
                if column.cache is None or type(raw) is not str:
                    parsed = column.parse(raw)
                elif raw in column.cache:
                    parsed = column.cache[raw]
                else:
                    parsed = column.parse(raw)
                    if len(column.cache) < _CACHED_VALUES:
                        column.cache[raw] = parsed
            except BadValue as bad:
                problems.append(self._context.problem(number, column.name, bad.message, bad.remedy, text_of(raw)))
                continue
            if parsed is not None and parsed != "":
                values[column.name] = parsed
        records: Any = ()
        if not problems or not any(problem.severity == "error" for problem in problems):
            attributes = {}
            for at, name in self._extra:
                raw = cells[at]
                if raw != "":
                    attributes[name] = raw.strip() if type(raw) is str else text_of(raw)
            try:
                records = builder.row(number, values, attributes)
            except RowBad as bad:
                problems.append(bad.problem)
        if self._context.warnings:
            problems.extend(self._context.warnings)
            self._context.warnings.clear()
        if problems and any(problem.severity == "error" for problem in problems):
            self.rows_refused += 1
            yield from map(self._count, problems)
            return
        self.rows_converted += 1
        yield from map(self._count, problems)
        yield from records

    def _count(self, problem: Problem) -> Problem:
        if problem.severity == "error":
            self.errors += 1
        else:
            self.warnings += 1
        return problem

    def _columns(self) -> tuple[list[_Column], list[Problem]]:
        """Settle how each column is read, over the whole file where the profile says "auto"."""
        shape, header = self._shape, self._header
        kinds = {at: shape.fields[name].kind for at, name in self._mapped.items()}
        readings, notices = self._readings(kinds)
        self._extra = [(at, name) for at, name in enumerate(header.names) if at not in self._mapped]
        columns = []
        for at, name in self._mapped.items():
            kind = kinds[at]
            parse = text_of if name in FREE_TEXTS else self._parser(kind, readings.get(at))
            cache: dict[str, Any] | None = {} if kind in ("number", "date", "moment") else None
            columns.append(_Column(at, name, header.names[at], parse, cache))
        return columns, notices

    def _readings(self, kinds: dict[int, FieldKind]) -> tuple[dict[int, Reading], list[Problem]]:
        options = self.profile.options
        readings: dict[int, Reading] = {}
        undecided: dict[int, FieldKind] = {}
        for at, kind in kinds.items():
            choice: str = options.decimal if kind == "number" else options.date_order
            if kind not in ("number", "date", "moment"):
                continue
            if choice == "auto":
                undecided[at] = kind
            else:
                readings[at] = Reading(choice, True)
        if not undecided:
            return readings, []
        # A workbook stores most numbers and dates as such; only its text cells need a decision.
        evidence = gather(self._data_rows(), undecided)
        decimals = settle_decimals(evidence)
        if options.decimal != "auto":
            decimals = {at: reading for at, reading in readings.items() if kinds[at] == "number"}
        dates = settle_dates(evidence, decimals)
        notices = []
        for at, reading in dates.items():
            if not reading.is_certain and reading.sample:
                notices.append(self._date_notice(at, reading))
        return {**readings, **decimals, **dates}, notices

    def _date_notice(self, at: int, reading: Reading) -> Problem:
        assert reading.sample is not None
        row, value = reading.sample
        order = "the day" if reading.choice == "dmy" else "the month"
        parsed = parse_date(value, cast(DateOrder, reading.choice))
        return self._context.problem(
            row,
            self._mapped[at],
            f"Day and month cannot be told apart in this column; {order} is read first, so {value} is {parsed}.",
            "Choose the order of day and month for the file if this is wrong.",
            value,
            "warning",
        )

    def _parser(self, kind: FieldKind, reading: Reading | None) -> Callable[[Cell], Any]:
        if kind == "id":
            return id_of
        if kind == "truth":
            return truth_of
        if kind == "number" and reading is not None:
            mark = cast(DecimalMark, reading.choice)
            return (lambda value: parse_number(value, mark)) if reading.is_certain else _parse_unsettled
        if kind == "date" and reading is not None:
            order = cast(DateOrder, reading.choice)
            return lambda value: parse_date(value, order)
        if kind == "moment" and reading is not None:
            return self._moment_parser(cast(DateOrder, reading.choice))
        return key_of

    def _moment_parser(self, order: DateOrder) -> Callable[[Cell], Any]:
        as_of = self.profile.options.as_of

        def parse(value: Cell) -> Any:
            if isinstance(value, str) and value.strip().lower() in ONLINE_WORDS:
                if as_of is None:
                    raise BadValue("This means the time of the export, which is not known.", "Give the as-of date.")
                return parse_moment(as_of.isoformat(), "ymd")
            return parse_moment(value, order)

        return parse

    def _fit(self, number: int, cells: list[Cell], problems: list[Problem]) -> list[Cell] | None:
        """Bring a row to the width of the header, saying so where that changes what is read.

        None where its cells cannot be told apart: every further message about them would mislead.
        """
        width = len(self._header.names)
        if len(cells) > width:
            if not any(text_of(cell) for cell in cells[width:]):
                return cells[:width]
            problems.append(
                self._row_problem(
                    number,
                    f"The row has {len(cells)} cells but the header has {width}.",
                    "A value that contains the delimiter must stand in quotation marks.",
                )
            )
            return None
        if number == self._source.unterminated_line:
            problems.append(
                self._row_problem(
                    number,
                    f"The file ends in this row after {len(cells)} of {width} cells; it was probably cut off.",
                    "Download or export the file again.",
                )
            )
            return None
        if self._source.format == "csv":
            problems.append(
                self._row_problem(
                    number,
                    f"The row has {len(cells)} of {width} cells; the missing ones are read as blank.",
                    "Check that the row is complete.",
                    "warning",
                )
            )
        return cells + [""] * (width - len(cells))

    def _show_marked(self, number: int, cells: list[Cell], problems: list[Problem]) -> list[Cell]:
        """Bring back errors and unsaved formulas, which a cell reader shows as blank."""
        cells = list(cells)
        for at, name in enumerate(self._header.names):
            text = self._source.marked(self._sheet).get((number, at + 1))
            if text is None:
                continue
            is_mapped = at in self._mapped
            message = (
                "The cell holds a formula that was saved without its result."
                if text.startswith("formula")
                else f"The cell holds the error {text}."
            )
            problems.append(
                Problem(
                    file=self._source.path.name,
                    sheet=self._sheet,
                    row=number,
                    column=name,
                    value=shorten(text),
                    message=message,
                    remedy="Open the workbook in Excel, correct the cell or let it calculate, and save it.",
                    severity="error" if is_mapped else "warning",
                )
            )
            if not is_mapped:
                cells[at] = text
        return cells

    def _row_problem(self, number: int, message: str, remedy: str, severity: Any = "error") -> Problem:
        return self._context.problem(number, "", message, remedy, "", severity)


def _parse_unsettled(value: Cell) -> Any:
    """Read a number of a column that allows two decimal marks; refuse the cells that depend on the choice."""
    if isinstance(value, str) and number_evidence(value) == "ambiguous":
        raise BadValue(
            f"{value.strip()} can be read with a decimal comma or with a thousands separator, and nothing in the file "
            "says which.",
            "Choose the decimal mark for the file.",
        )
    return parse_number(value, "point")


def shape_of(profile: Profile, source: Source) -> Shape:
    shape = SHAPES.get(profile.shape)
    if shape is None:
        problem = Problem(source.path.name, f'The format "{profile.shape}" is not known.', "Choose a format.")
        raise ProfileMismatch([problem])
    return shape


def mapped_columns(profile: Profile, shape: Shape, header: Header, source: Source) -> dict[int, str]:
    """Return column position -> field. Raises ProfileMismatch with every column or field that is missing."""
    problems: list[Problem] = []
    mapped: dict[int, str] = {}

    def add(message: str, remedy: str, column: str = "") -> None:
        problems.append(Problem(source.path.name, message, remedy, sheet=profile.sheet, row=header.row, column=column))

    for column, name in profile.columns.items():
        at = header.index_of(column)
        if name not in shape.fields:
            add(f'"{name}" is no field of {shape.title}.', "Choose another field.", column)
        elif at is None:
            add(
                f'The column "{column}" is missing.',
                "Export it again with this column, or match the columns anew.",
                column,
            )
        elif name in mapped.values() or at in mapped:
            add(f"Two columns feed {shape.fields[name].label}.", "Choose one of them.", column)
        else:
            mapped[at] = name
    options = profile.options
    if options.account_from == "constant" and not options.account_name.strip():
        add("The account of this file is not named.", "Give the name of the account.")
    if not problems:
        for group in shape.missing(tuple(mapped.values()), options):
            # A strict format names its columns; elsewhere people read labels.
            labels = " or ".join(
                name if shape.is_strict else shape.fields[name].label for name in group if name in shape.fields
            )
            add(f"A required column is missing: {labels}.", "Add the column or choose which column holds it.", labels)
    if problems:
        raise ProfileMismatch(problems)
    return mapped


def convert(
    path: Path | str, profile: Profile, on_progress: Progress | None = None, limits: Limits = DEFAULT_LIMITS
) -> Conversion:
    """Read `path` as `profile` says; see Conversion. `on_progress(row, expected rows)` is called now and then."""
    return Conversion(path, profile, on_progress, limits)
