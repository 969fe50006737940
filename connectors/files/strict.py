"""RCX's own file formats for the command line: all records of a file, or one error that carries every problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from connectors.errors import Problem, RowsRefused
from connectors.files.build.base import Item, MappingRow
from connectors.files.convert import convert
from connectors.files.header import find_header, read_header
from connectors.files.profile import Profile
from connectors.files.read import Source, open_source
from connectors.files.shapes import SHAPES
from connectors.records import Account, Agreement, Client, Line, Product, Seat, Sku

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesFile:
    """A lines file, in file order."""

    clients: tuple[Client, ...]
    agreements: tuple[Agreement, ...]
    products: tuple[Product, ...]
    lines: tuple[Line, ...]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsFile:
    """A seats file. Accounts, SKUs and seats carry `integration`; an account is (integration, external_id)."""

    accounts: tuple[Account, ...]
    skus: tuple[Sku, ...]
    seats: tuple[Seat, ...]
    warnings: tuple[Problem, ...] = ()


def _read(path: Path | str, shape_id: str) -> tuple[list[Item], tuple[Problem, ...]]:
    source = open_source(path)
    shape = SHAPES[shape_id]
    known = {spelling for name in shape.fields for spelling in shape.names_of(name)}
    sheet = source.sheets[0]
    header = read_header(source, sheet, find_header(source, sheet, known))
    profile = Profile(
        shape=shape_id,
        sheet=sheet,
        header_row=header.row,
        columns={header.names[at]: name for at, name in shape.match(header.names).items()},
        options=shape.options,
    )
    records: list[Item] = []
    problems: list[Problem] = []
    for item in convert(path, profile):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            records.append(item)
    if any(problem.severity == "error" for problem in problems):
        raise RowsRefused(problem for problem in problems if problem.severity == "error")
    return records, (*_doubts(source, bool(records)), *problems)


def _doubts(source: Source, has_rows: bool) -> Iterator[Problem]:
    """What nobody sees on a command line unless it is said."""
    if source.encoding and not source.encoding.startswith("utf"):
        text = f"The file is not UTF-8; it is read as {source.encoding.upper()}."
        yield Problem(source.path.name, text, "Save it as CSV UTF-8 if letters are wrong.", severity="warning")
    if not has_rows:
        text = "The file has a header and no rows."
        yield Problem(source.path.name, text, "Export it again if there should be some.", severity="warning")


def _only(records: list[Item], kind: type[T]) -> tuple[T, ...]:
    return tuple(record for record in records if isinstance(record, kind))


def read_lines(path: Path | str) -> LinesFile:
    """Read an RCX lines file. Raises FileError with all problems."""
    records, warnings = _read(path, "rcx_lines")
    return LinesFile(
        clients=_only(records, Client),
        agreements=_only(records, Agreement),
        products=_only(records, Product),
        lines=_only(records, Line),
        warnings=warnings,
    )


def read_seats(path: Path | str) -> SeatsFile:
    """Read an RCX seats file. Raises FileError with all problems."""
    records, warnings = _read(path, "rcx_seats")
    return SeatsFile(
        accounts=_only(records, Account), skus=_only(records, Sku), seats=_only(records, Seat), warnings=warnings
    )


def read_mapping(path: Path | str) -> tuple[MappingRow, ...]:
    """Read an RCX mapping file; an empty `client_id` means excluded. Raises FileError with all problems."""
    return _only(_read(path, "rcx_mapping")[0], MappingRow)


def read_clients(path: Path | str) -> tuple[Client, ...]:
    """Read an RCX clients file. Raises FileError with all problems."""
    return _only(_read(path, "rcx_clients")[0], Client)
