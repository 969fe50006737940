"""Inflates every part of an XLSX file under limits before anything parses it, and marks the cells that hold no value.

Sizes declared in the archive are never trusted: bytes are counted while they come out. The sheet parts are scanned
on the way for error values and for formulas that were saved without a result, which a cell reader shows as blank.
"""

from __future__ import annotations

import html
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from connectors.errors import FileRefused, Problem
from connectors.files.limits import Limits

_STEP = 1024 * 1024
_LONGEST_ROW = 64 * _STEP
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")

# No tag reaches over another one ([^<>]), so that hostile markup cannot make a search quadratic.
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br\s*=\s*["']\$?([A-Za-z]{1,4})\$?(\d{1,8})["']""")
_PLAIN_COLUMN = re.compile(rb'<c r="([A-Z]{1,4})[0-9]')
_PLAIN_ROW = re.compile(rb'<c r="[A-Z]{1,4}([0-9]{1,8})"')
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c\s([^<>]*?\bt\s*=\s*["']e["'][^<>]*)>([^<]*(?:<(?!/?(?:\w+:)?c[\s>])[^<]*)*)</(?:\w+:)?c>"""
)
_FORMULA_CELL = re.compile(
    rb"""<(?:\w+:)?c\s([^<>/]*)>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,4})(\d{1,8})["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)<")
_ROW_END = re.compile(rb"</(?:\w+:)?row\s*>")

_SHEET = re.compile(r"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@dataclass(slots=True)
class SheetScan:
    """Extent of one sheet part and its cells without a value: (row, column), both from 1 -> what stands there."""

    rows: int = 0
    columns: int = 0
    marked: dict[tuple[int, int], str] = field(default_factory=dict)


def column_number(letters: bytes | str) -> int:
    """A -> 1, Z -> 26, AA -> 27."""
    text = letters.decode("ascii") if isinstance(letters, bytes) else letters
    number = 0
    for char in text.upper():
        number = number * 26 + ord(char) - 64
    return number


def column_letters(number: int) -> str:
    """1 -> A, 27 -> AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class _SheetReader:
    """Takes the inflated bytes of one sheet part piece by piece and keeps only whole rows in hand."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.scan = SheetScan()
        self._file = file
        self._limits = limits
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        buffer = self._rest + piece
        cut = buffer.rfind(b"row>")
        if cut < 0:
            if len(buffer) > _LONGEST_ROW:
                raise _refused(self._file, "A single row of a sheet is larger than 64 MiB.", "Save the data as CSV.")
            self._rest = buffer
            return
        self._rest = buffer[cut + 4 :]
        self._look(buffer[: cut + 4])

    def close(self) -> SheetScan:
        self._look(self._rest)
        self._rest = b""
        limits = self._limits
        scan = self.scan
        if scan.columns > limits.max_columns:
            raise _refused(
                self._file,
                f"The sheet reaches to column {column_letters(scan.columns)} ({scan.columns:,} columns); "
                f"the limit is {limits.max_columns:,}.",
                "Keep only the columns that are needed, or delete stray cells far to the right.",
            )
        if scan.rows > limits.max_rows + 100:
            raise _refused(
                self._file,
                f"The sheet reaches to row {scan.rows:,}; the limit is {limits.max_rows:,} rows.",
                "Split the file, or delete stray cells far below the data.",
            )
        if scan.rows * scan.columns > limits.max_sheet_cells:
            raise _refused(
                self._file,
                f"The sheet spans {scan.rows:,} rows x {scan.columns:,} columns; "
                f"the limit is {limits.max_sheet_cells:,} cells.",
                "Save the sheet as CSV, or delete stray cells outside the data.",
            )
        return scan

    def _look(self, data: bytes) -> None:
        if b"\x00" in data:
            raise _refused(self._file, "A sheet is stored as UTF-16, which is not supported.", "Save it with Excel.")
        self._measure(data)
        if b'"e"' in data or b"'e'" in data:
            for found in _ERROR_CELL.finditer(data):
                value = _VALUE.search(found[2])
                self._mark(found[1], value[1].decode("utf-8", "replace") if value else "#ERROR")
        if b"<f" in data or b":f" in data:
            for found in _FORMULA_CELL.finditer(data):
                # t="str" with nothing in it is a formula whose saved result is empty text.
                if b't="str"' not in found[1]:
                    self._mark(found[1], "formula without a saved result")

    def _measure(self, data: bytes) -> None:
        """Widen the extent by the cells of `data`: the usual spelling fast, any other spelling thoroughly."""
        scan = self.scan
        columns = _PLAIN_COLUMN.findall(data)
        rows: set[bytes]
        if len(columns) == data.count(b"<c ") + data.count(b"<c>") + data.count(b"<c/") and b":c " not in data:
            letters, rows = set(columns), set(_PLAIN_ROW.findall(data))
        else:
            cells = _CELL.findall(data)
            letters, rows = {column for column, _ in cells}, {row for _, row in cells}
            if len(_ANY_CELL.findall(data)) > len(cells):
                self._count_unplaced(data)
        scan.columns = max(scan.columns, max(map(column_number, letters), default=0))
        scan.rows = max(scan.rows, max(map(int, rows), default=0))

    def _count_unplaced(self, data: bytes) -> None:
        """Some writers leave positions out: then a cell stands beside the one before and a row under the one before."""
        for row in _ROW_END.split(data):
            cells = len(_ANY_CELL.findall(row))
            if cells:
                self.scan.columns = max(self.scan.columns, cells)
                self.scan.rows += 1

    def _mark(self, attributes: bytes, text: str) -> None:
        reference = _REFERENCE.search(b" " + attributes)
        if reference is None:
            raise _refused(self._file, "A sheet has cells without a position.", "Open it in Excel and save it again.")
        if len(self.scan.marked) >= self._limits.max_marked_cells:
            raise _refused(
                self._file,
                f"More than {self._limits.max_marked_cells:,} cells hold errors or formulas without a saved result.",
                "Open the file in Excel, let it calculate, and save it as CSV.",
            )
        self.scan.marked[int(reference[2]), column_number(reference[1])] = text


def _refused(file: str, message: str, remedy: str) -> FileRefused:
    return FileRefused([Problem(file=file, message=message, remedy=remedy)])


def _inflate(stream: IO[bytes], info: zipfile.ZipInfo, file: str, budget: int) -> Iterator[bytes]:
    """Yield the real bytes of one part, reading the archive itself; stops with an error above `budget` bytes."""
    damaged = _refused(file, f"Part {info.filename} of the workbook is damaged.", "Export or download the file again.")
    if info.header_offset < 0:
        raise damaged
    stream.seek(info.header_offset)
    header = stream.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise damaged
    fields = _LOCAL_HEADER.unpack(header)
    stream.seek(fields[-2] + fields[-1], 1)
    left, produced = info.compress_size, 0
    inflater = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0:
        packed = stream.read(min(left, _STEP))
        if not packed:
            raise damaged
        left -= len(packed)
        while packed:
            try:
                piece = inflater.decompress(packed, _STEP) if inflater else packed
            except zlib.error:
                raise damaged from None
            packed = inflater.unconsumed_tail if inflater else b""
            produced += len(piece)
            if produced > budget:
                raise _bomb(file)
            if piece:
                yield piece
    if produced != info.file_size:
        raise _refused(
            file,
            f"Part {info.filename} of the workbook unpacks to {produced:,} bytes but declares {info.file_size:,}.",
            "The file is damaged or was made to mislead; export it again.",
        )


def _bomb(file: str) -> FileRefused:
    return _refused(
        file,
        "The workbook unpacks to far more than its size on disk allows and was not opened (zip bomb).",
        "Export the data again, or save it as CSV.",
    )


def _check_directory(infos: list[zipfile.ZipInfo], file: str, limits: Limits) -> None:
    if len(infos) > limits.max_parts:
        raise _refused(file, f"The workbook has {len(infos):,} parts.", "Save it again with Excel, or as CSV.")
    names = [info.filename for info in infos]
    if len(set(names)) != len(names):
        raise _refused(file, "The workbook holds two parts of the same name.", "Export the file again.")
    if sum(info.file_size for info in infos) > limits.max_unpacked_bytes:
        raise _bomb(file)
    for info in infos:
        if info.flag_bits & 1:
            raise _refused(file, "The workbook is encrypted.", "Save it without a password.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(file, "The workbook is packed in an unusual way.", "Save it again with Excel.")
        if info.file_size > limits.ratio_from_bytes and info.file_size > info.compress_size * limits.max_ratio:
            raise _bomb(file)


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(text)}


def _sheet_parts(workbook: str, relations: str) -> dict[str, str]:
    """Return sheet name -> part name, from workbook.xml and its relations."""
    targets: dict[str, str] = {}
    for found in _RELATION.findall(relations):
        attributes = _attributes(found)
        target = attributes.get("Target", "")
        targets[attributes.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    parts: dict[str, str] = {}
    for found in _SHEET.findall(workbook):
        attributes = _attributes(found)
        relation = next((value for name, value in attributes.items() if name.endswith(":id")), "")
        parts[attributes.get("name", "")] = targets.get(relation, "")
    return parts


def scan_workbook(path: Path, limits: Limits) -> Mapping[str, SheetScan]:
    """Inflate all parts under `limits` and return the scan of each sheet by its name.

    Raises FileRefused for a truncated or damaged archive, a zip bomb, encryption, or a sheet beyond the limits.
    """
    file = path.name
    scans: dict[str, SheetScan] = {}
    kept: dict[str, bytearray] = {}
    total = 0
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        raise _refused(
            file,
            "The workbook is cut off or damaged: its table of contents is missing.",
            "Download or export the file again and wait until it is complete.",
        ) from None
    with archive:
        infos = archive.infolist()
    _check_directory(infos, file, limits)
    with path.open("rb") as stream:
        for info in infos:
            reader = _SheetReader(file, limits) if _is_sheet(info.filename) else None
            keep = kept.setdefault(info.filename, bytearray()) if _is_table_of_contents(info.filename) else None
            budget = limits.max_unpacked_bytes - total
            if info.compress_size:
                budget = min(budget, max(limits.ratio_from_bytes, info.compress_size * limits.max_ratio))
            for piece in _inflate(stream, info, file, budget):
                total += len(piece)
                if reader:
                    reader.feed(piece)
                if keep is not None and len(keep) < _LONGEST_ROW:
                    keep += piece
            if reader:
                scans[info.filename] = reader.close()
    workbook = bytes(kept.get("xl/workbook.xml", b"")).decode("utf-8", "replace")
    relations = bytes(kept.get("xl/_rels/workbook.xml.rels", b"")).decode("utf-8", "replace")
    if not workbook:
        raise _refused(file, "The archive is not an Excel workbook.", "Export the data as XLSX or CSV.")
    parts = _sheet_parts(workbook, relations)
    return {name: scans.get(part, SheetScan()) for name, part in parts.items()}


def _is_sheet(part: str) -> bool:
    return part.startswith("xl/worksheets/") and part.endswith(".xml")


def _is_table_of_contents(part: str) -> bool:
    return part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
