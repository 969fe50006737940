"""What goes into a reconciliation of files, and what its outputs are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

Progress = Callable[[str, int, int], None]
"""Told (what is done now, steps done, steps in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The files, and the day to look at."""

    lines: Path
    seats: Path
    out: Path
    day: date
    mapping: Path | None = None
    rules: Path | None = None


Table = list[tuple[Any, ...]]


@dataclass(slots=True)
class Tables:
    """Rows of the output files, sorted."""

    discrepancies: Table = field(default_factory=list)
    seats_counted: Table = field(default_factory=list)
    unaccounted: Table = field(default_factory=list)
    flags: Table = field(default_factory=list)
    mapping: Table = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Done:
    """What a run of files found. `summary` is the content of summary.json; `warnings` are for a person."""

    summary: dict[str, Any]
    warnings: tuple[str, ...]
