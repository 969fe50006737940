"""Guesses sheet, header, shape, columns and options of a file, each with a confidence, for a person to confirm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rapidfuzz.fuzz import ratio

from connectors.errors import FileRefused, Problem, ProfileMismatch, shorten
from connectors.files.cells import text_of
from connectors.files.convert import ONLINE_WORDS, mapped_columns
from connectors.files.dates import date_evidence
from connectors.files.evidence import ColumnEvidence, gather, settle_dates, settle_decimals
from connectors.files.fields import FieldKind, normal_header
from connectors.files.header import Header, find_header, read_header
from connectors.files.limits import DEFAULT_LIMITS, Limits
from connectors.files.numbers import number_evidence
from connectors.files.profile import Options, Profile
from connectors.files.read import Row, Source, is_blank_row, open_source
from connectors.files.shapes import KNOWN_HEADERS, SHAPES, Shape

Content = Literal["empty", "number", "date", "email", "guid", "truth", "text"]

# Enough to see a column's habits; conversion looks at all rows.
_LOOKED_AT = 20_000
_LOOKED_INTO = 200
_PREVIEWED = 20
_SAMPLES = 5
_SHEETS = 20
# High enough to tell contact from contract and county from country.
_FUZZY = 94.0

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_GUID = re.compile(r"\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?", re.IGNORECASE)
_TRUTH = frozenset(("true", "false", "yes", "no"))
_FITTING: dict[FieldKind, frozenset[str]] = {
    "number": frozenset(("number", "empty")),
    "date": frozenset(("date", "empty")),
    "moment": frozenset(("date", "number", "empty")),
    "truth": frozenset(("truth", "number", "text", "empty")),
    "id": frozenset(("number", "guid", "text", "email", "empty")),
    "text": frozenset(("text", "email", "guid", "number", "empty", "truth", "date")),
}


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """One column: `field` is None where it becomes an attribute. `content` is what most of its cells look like."""

    position: int
    header: str
    field: str | None
    confidence: float
    content: Content
    samples: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another shape the file could have."""

    shape: str
    title: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Guess:
    """What RCX makes of a file. `preview` holds (row number, texts) of the first rows under the header.

    `problems` says what a person must still decide or correct; an empty list does not promise that every row is good
    (`convert` looks at each). `is_remembered` is True where a remembered profile recognised the header.
    """

    profile: Profile
    confidence: float
    columns: tuple[ColumnGuess, ...]
    alternatives: tuple[Alternative, ...]
    preview: tuple[tuple[int, tuple[str, ...]], ...]
    problems: tuple[Problem, ...]
    sheets: tuple[str, ...]
    fingerprint: str
    encoding: str
    delimiter: str
    expected_rows: int
    is_remembered: bool = False

    @property
    def side(self) -> str:
        return SHAPES[self.profile.shape].side


def guess(
    path: Path | str,
    *,
    remembered: Iterable[Profile] = (),
    shape: str = "",
    sheet: str = "",
    header_row: int = 0,
    encoding: str = "",
    delimiter: str = "",
    limits: Limits = DEFAULT_LIMITS,
) -> Guess:
    """Look at a file and propose a profile. What the caller gives (shape, sheet, header row ...) is not guessed.

    A remembered profile whose fingerprint equals that of the header is taken over as it is, apart from sheet and
    header row. Raises FileRefused where the file cannot be read at all.
    """
    source = open_source(path, encoding=encoding, delimiter=delimiter, limits=limits)
    known = {profile.fingerprint: profile for profile in remembered if profile.fingerprint}
    found_sheet, header = _choose_sheet(source, sheet, header_row, known)
    kept = known.get(header.fingerprint) if not shape else None
    ranked = _rank(header.names)
    chosen = SHAPES[shape or (kept.shape if kept and kept.shape in SHAPES else ranked[0].shape)]
    rows = _rows_below(source, found_sheet, header.row)
    contents = [_content(rows, at) for at in range(len(header.names))]
    overrides = Options(encoding=encoding, delimiter=delimiter)
    if kept and kept.shape in SHAPES:
        # Last month's as-of date is wrong for this month's file.
        profile = replace(
            kept,
            sheet=found_sheet if source.format == "xlsx" else "",
            header_row=header.row,
            options=replace(kept.options, as_of=None),
        )
        columns = _columns_as_kept(profile, header, rows, contents)
        confidence = 1.0
    else:
        columns = _guess_columns(chosen, header, rows, contents)
        options = replace(chosen.options, encoding=overrides.encoding, delimiter=overrides.delimiter)
        profile = Profile(
            shape=chosen.id,
            sheet=found_sheet if source.format == "xlsx" else "",
            header_row=header.row,
            columns={column.header: column.field for column in columns if column.field},
            options=_account_option(options, columns),
            fingerprint=header.fingerprint,
        )
        confidence = chosen.confidence(header.names) or (0.3 if shape else 0.0)
    profile, problems = _settle(profile, chosen, header, rows, source)
    problems += _missing(profile, chosen, header, source)
    return Guess(
        profile=profile,
        confidence=round(confidence, 2),
        columns=columns,
        alternatives=tuple(each for each in ranked if each.shape != chosen.id and each.confidence > 0)[:5],
        preview=tuple((number, tuple(text_of(cell) for cell in cells)) for number, cells in rows[:_PREVIEWED]),
        problems=tuple(problems),
        sheets=source.sheets if source.format == "xlsx" else (),
        fingerprint=header.fingerprint,
        encoding=source.encoding,
        delimiter=source.delimiter,
        expected_rows=source.expected_rows(found_sheet),
        is_remembered=kept is not None,
    )


def _choose_sheet(source: Source, sheet: str, header_row: int, known: dict[str, Profile]) -> tuple[str, Header]:
    """Return the sheet whose header is recognised best, with its header; the first readable one where none is."""
    best: tuple[float, str, Header] | None = None
    refused: FileRefused | None = None
    for name in [sheet] if sheet else source.sheets[:_SHEETS]:
        try:
            row = header_row or find_header(source, name, KNOWN_HEADERS)
            header = read_header(source, name, row)
        except FileRefused as error:
            # An unreadable sheet only matters if no other one is readable.
            refused = refused or error
            continue
        score = 2.0 if header.fingerprint in known else _rank(header.names)[0].confidence
        if best is None or score > best[0]:
            best = (score, name, header)
    if best is None:
        assert refused is not None
        raise refused
    return best[1], best[2]


def _rank(names: Sequence[str]) -> list[Alternative]:
    """Return all shapes, the most probable first; a generic usage export where nothing fits at all."""
    scored = [Alternative(shape.id, shape.title, round(shape.confidence(names), 2)) for shape in SHAPES.values()]
    scored.sort(key=lambda each: (-each.confidence, each.shape != "generic_usage"))
    return scored


def _rows_below(source: Source, sheet: str, header_row: int) -> list[Row]:
    rows: list[Row] = []
    for number, cells in source.rows(sheet):
        if number > header_row and not is_blank_row(cells):
            rows.append((number, cells))
            if len(rows) >= _LOOKED_AT:
                break
    return rows


def _cells_of(rows: Sequence[Row], at: int) -> list[str]:
    """Return the beginnings of the first filled cells of a column."""
    texts = (text_of(cells[at])[:_LOOKED_INTO] for _, cells in rows[:500] if at < len(cells))
    return [text for text in texts if text]


def _content(rows: Sequence[Row], at: int) -> Content:
    """Tell what at least four of five filled cells look like."""
    texts = _cells_of(rows, at)
    if not texts:
        return "empty"
    tests: tuple[tuple[Content, Callable[[str], object]], ...] = (
        ("guid", lambda text: _GUID.fullmatch(text)),
        ("email", lambda text: _EMAIL.fullmatch(text)),
        ("date", lambda text: date_evidence(text) != "none" or text.lower() == "never"),
        ("number", lambda text: number_evidence(text) != "none"),
        ("truth", lambda text: text.lower() in _TRUTH),
    )
    for content, test in tests:
        if sum(1 for text in texts if bool(test(text))) >= 0.8 * len(texts):
            return content
    return "text"


def _samples(rows: Sequence[Row], at: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shorten(text) for text in _cells_of(rows, at)))[:_SAMPLES]


def _guess_columns(
    shape: Shape, header: Header, rows: Sequence[Row], contents: Sequence[Content]
) -> tuple[ColumnGuess, ...]:
    found: dict[int, tuple[str, float, str]] = {}
    for at, name in shape.match(header.names).items():
        fits = contents[at] in _FITTING[shape.fields[name].kind]
        if fits:
            found[at] = (name, 0.8 if contents[at] == "empty" else 0.97, "the header names it")
        elif not shape.is_generic or _fits_somewhere(rows, at, shape.fields[name].kind):
            found[at] = (name, 0.5, f"the header names it, but its cells look like {contents[at]}")
    if not shape.is_strict:
        _add_alike(shape, header, contents, found)
        _add_by_content(shape, header, contents, found)
    return tuple(
        ColumnGuess(
            at,
            name,
            found[at][0] if at in found else None,
            round(found[at][1], 2) if at in found else 0.0,
            contents[at],
            _samples(rows, at),
            found[at][2] if at in found else "",
        )
        for at, name in enumerate(header.names)
    )


def _fits_somewhere(rows: Sequence[Row], at: int, kind: FieldKind) -> bool:
    """True where at least one cell can be read as `kind`: then the others are bad cells, not another column."""
    if kind == "number":
        return any(number_evidence(text) != "none" for text in _cells_of(rows, at))
    if kind in ("date", "moment"):
        return any(date_evidence(text) != "none" for text in _cells_of(rows, at))
    return kind != "truth"


def _add_alike(
    shape: Shape, header: Header, contents: Sequence[Content], found: dict[int, tuple[str, float, str]]
) -> None:
    """Match left-over columns whose header is nearly a known spelling and whose content fits, best pair first."""
    taken = {name for name, _, _ in found.values()}
    pairs = []
    for at, text in enumerate(header.names):
        norm = normal_header(text)
        if at in found or len(norm) < 4 or contents[at] == "empty":
            continue
        for name, item in shape.fields.items():
            if name in taken or contents[at] not in _FITTING[item.kind]:
                continue
            score = max(ratio(norm, spelling) for spelling in shape.names_of(name))
            if score >= _FUZZY:
                pairs.append((-score, at, name))
    for score, at, name in sorted(pairs):
        if at not in found and name not in taken:
            found[at] = (name, -score / 100 * 0.8, "the header is close to a known one")
            taken.add(name)


def _add_by_content(
    shape: Shape, header: Header, contents: Sequence[Content], found: dict[int, tuple[str, float, str]]
) -> None:
    """In an unknown usage export the only column of e-mail addresses is taken for the identity."""
    taken = {name for name, _, _ in found.values()}
    emails = [at for at in range(len(header.names)) if contents[at] == "email" and at not in found]
    if shape.id == "generic_usage" and "identity" not in taken and len(emails) == 1:
        found[emails[0]] = ("identity", 0.5, "its cells are e-mail addresses")


def _columns_as_kept(
    profile: Profile, header: Header, rows: Sequence[Row], contents: Sequence[Content]
) -> tuple[ColumnGuess, ...]:
    fields = {header.index_of(column): name for column, name in profile.columns.items()}
    return tuple(
        ColumnGuess(
            at, name, fields.get(at), 1.0 if at in fields else 0.0, contents[at], _samples(rows, at),
            "remembered" if at in fields else "",
        )
        for at, name in enumerate(header.names)
    )  # fmt: skip


def _account_option(options: Options, columns: Sequence[ColumnGuess]) -> Options:
    """A column that names the account beats the domain of the user name."""
    has_account = any(column.field in ("account_name", "account_id") for column in columns)
    return replace(options, account_from="column") if has_account else options


def _settle(
    profile: Profile, shape: Shape, header: Header, rows: Sequence[Row], source: Source
) -> tuple[Profile, list[Problem]]:
    """Fix date order and decimal mark in the profile where the cells prove them; report what stays open."""
    options = profile.options
    kinds: dict[int, FieldKind] = {}
    for column, name in profile.columns.items():
        at = header.index_of(column)
        if at is not None and name in shape.fields and shape.fields[name].kind in ("number", "date", "moment"):
            kinds[at] = shape.fields[name].kind
    evidence = gather(rows, kinds)
    problems: list[Problem] = []

    def add(at: int, sample: tuple[int, str], message: str, remedy: str, severity: Literal["error", "warning"]) -> None:
        row, value = sample
        problems.append(
            Problem(source.path.name, message, remedy, profile.sheet, row, header.names[at], shorten(value), severity)
        )

    decimals = settle_decimals(evidence)
    if options.decimal == "auto":
        options = replace(options, decimal=_proved(evidence, "point", "comma") or "auto")  # type: ignore[arg-type]
        for at, reading in decimals.items():
            if not reading.is_certain and reading.sample:
                add(at, reading.sample, f"{reading.sample[1]} can be read with a decimal comma or as thousands.",
                    "Choose the decimal mark.", "error")  # fmt: skip
    if options.date_order == "auto":
        options = replace(options, date_order=_proved(evidence, "dmy", "mdy") or "auto")  # type: ignore[arg-type]
        for at, reading in settle_dates(evidence, decimals).items():
            if not reading.is_certain and reading.sample:
                first = "day" if reading.choice == "dmy" else "month"
                add(at, reading.sample, f"Day and month cannot be told apart; the {first} is read first.",
                    "Choose the order of day and month if this is wrong.", "warning")  # fmt: skip
    for at, kind in kinds.items():
        online = kind == "moment" and next(
            (
                (number, text)
                for number, cells in rows
                if (text := text_of(cells[at]) if at < len(cells) else "").lower() in ONLINE_WORDS
            ),
            None,
        )
        if online and options.as_of is None:
            add(at, online, f"{online[1]} means the time of the export, which is not known.",
                "Give the as-of date of the file.", "error")  # fmt: skip
    return replace(profile, options=options), problems


def _proved(evidence: dict[int, ColumnEvidence], first: str, second: str) -> str:
    """Return the one reading for which there are votes, empty where there are none or both."""
    has_first = any(column.votes[first] for column in evidence.values())
    has_second = any(column.votes[second] for column in evidence.values())
    return "" if has_first == has_second else first if has_first else second


def _missing(profile: Profile, shape: Shape, header: Header, source: Source) -> list[Problem]:
    try:
        mapped_columns(profile, shape, header, source)
    except ProfileMismatch as error:
        return list(error.problems)
    return []
