"""Turns one raw cell into text, an id or a word of a closed list; numbers and dates have modules of their own."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from connectors.files.read import Cell

# What exports write where they have nothing to say.
BLANK_WORDS = frozenset(("", "-", "--", "—", "–", "n/a", "na", "none", "null", "nil", "(none)", "(blank)", "#n/a"))

# Names and ids are keys: an index of PostgreSQL takes 2,704 bytes, and no honest name comes near.
LONGEST_KEY = 500

_MANGLED_ID = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,}", re.IGNORECASE)


class BadValue(ValueError):
    """A cell that cannot be read as what its column should hold: what is wrong, and the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def float_text(value: float) -> str:
    """Write a number as Excel shows it: 15 significant digits, no trailing ".0", no exponent for usual sizes."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}"


def text_of(value: Cell) -> str:
    """Return the cell as text without surrounding space. 12.0 is "12", dates are ISO, nothing is evaluated."""
    if type(value) is str:
        return value.strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def key_of(value: Cell) -> str:
    """Return a text that records are found by; raises BadValue where it is too long for that."""
    text = value.strip() if type(value) is str else text_of(value)
    if len(text) > LONGEST_KEY:
        raise BadValue(
            f"This text has {len(text):,} characters; names and ids may have {LONGEST_KEY}.",
            "Shorten it or leave the row out.",
        )
    return text


def id_of(value: Cell) -> str:
    """Return an id as text, leading zeros kept; raises BadValue where it is too long or a spreadsheet has cut it."""
    text = key_of(value)
    if "+" in text and _MANGLED_ID.fullmatch(text):
        raise BadValue(
            "This id was shortened by a spreadsheet program; its last digits are lost.",
            "Export again and import the file without opening it in Excel, or format the column as text.",
        )
    return text


def truth_of(value: Cell) -> bool:
    """Read yes/no, true/false, 1/0, on/off, x; blank is no. Raises BadValue for anything else."""
    word = text_of(value).lower()
    if word in ("true", "yes", "y", "1", "x", "on", "blocked", "enabled"):
        return True
    if word in ("false", "no", "n", "0", "off", "not blocked", "disabled") or word in BLANK_WORDS:
        return False
    raise BadValue(f'"{word}" is neither yes nor no.', "Write TRUE or FALSE.")
