"""How large a file may be before it is refused; the numbers only, the checks live beside what they protect."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds. Bytes are bytes on disk unless the name says otherwise.

    `max_sheet_cells` bounds the rectangle a workbook sheet spans, because the whole rectangle is held in memory
    (about 32 bytes a cell). `max_ratio` is unpacked/packed and only judged on parts above `ratio_from_bytes`.
    """

    max_bytes: int = 300 * MIB
    max_rows: int = 1_000_000
    max_columns: int = 500
    max_parts: int = 4_000
    max_unpacked_bytes: int = 1024 * MIB
    max_ratio: int = 250
    ratio_from_bytes: int = 16 * MIB
    max_sheet_cells: int = 25_000_000
    max_marked_cells: int = 100_000


DEFAULT_LIMITS = Limits()
