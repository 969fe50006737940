"""Reads numbers as people write them into exact decimals, and tells which decimal mark a column uses."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from connectors.files.cells import BLANK_WORDS, BadValue, float_text
from connectors.files.read import Cell

DecimalMark = Literal["point", "comma"]
NumberEvidence = Literal["point", "comma", "ambiguous", "neutral", "none"]

# Amounts are stored as 64-bit counts of millionths; this leaves room for sums.
LARGEST = Decimal(10) ** 12
_MILLIONTH = Decimal("0.000001")

_LONGEST = 80

_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_CURRENCY = re.compile(
    r"(?:A|C|NZ|US|R|HK|S)?\$|[€£¥₹]|(?<![A-Z])(?:USD|EUR|GBP|AUD|CAD|NZD|CHF|SEK|NOK|DKK|ZAR|INR|JPY|PLN|CZK|SGD|"
    r"HKD|BRL|MXN)(?![A-Z])|(?<![a-z])(?:kr|Fr|zł|Kč)\.?(?![a-z])",
)
_SPACES = str.maketrans("", "", " \t\u00a0\u202f\u2009\u2007'’")
_MARKS = {
    "point": re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]+)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,2})?"),
    "comma": re.compile(r"(?:[0-9]{1,3}(?:\.[0-9]{2,3})*\.[0-9]{3}|[0-9]+)?(?:,[0-9]*)?(?:[eE][+-]?[0-9]{1,2})?"),
}
_SEPARATED = re.compile(r"[0-9.,]+(?:[eE][+-]?[0-9]{1,2})?")


def _bare(text: str) -> tuple[str, bool]:
    """Strip currency, spaces, brackets and sign; return digits with their marks, and whether it is negative."""
    text = _CURRENCY.sub("", text.strip()).translate(_SPACES)
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1]
        text = _CURRENCY.sub("", text)
    if text[:1] in ("-", "−", "+"):
        negative, text = negative != (text[0] != "+"), text[1:]
    elif text.endswith(("-", "−")):
        negative, text = not negative, text[:-1]
    return text, negative


def number_evidence(text: str) -> NumberEvidence:
    """Tell what one value says about the decimal mark. "none" means that it is no number at all.

    "1,234" alone is ambiguous; "1,5", "0,125" and "1.234,5" say comma; "1,234,567" and "1,234.5" say point.
    """
    if text.isascii() and text.isdigit():
        return "neutral"
    if len(text) > _LONGEST:
        return "none"
    bare, _ = _bare(text)
    if not _SEPARATED.fullmatch(bare) or not any(char.isdigit() for char in bare):
        return "none"
    bare = re.split("[eE]", bare)[0]
    points, commas = bare.count("."), bare.count(",")
    if points == commas == 0:
        return "neutral"
    if points and commas:
        last: DecimalMark = "point" if bare.rfind(".") > bare.rfind(",") else "comma"
        return last if _MARKS[last].fullmatch(bare) else "none"
    mark = "." if points else ","
    as_decimal: DecimalMark = "point" if points else "comma"
    as_grouping: DecimalMark = "comma" if points else "point"
    if points + commas > 1:
        return as_grouping if _MARKS[as_grouping].fullmatch(bare) else "none"
    before, after = bare.split(mark)
    if len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0"):
        return "ambiguous"
    return as_decimal


def parse_number(value: Cell, mark: DecimalMark = "point") -> Decimal | None:
    """Return the exact decimal; None where the cell is blank. Raises BadValue.

    Workbook numbers are taken with 15 significant digits, as Excel shows them (0.1 + 0.2 is 0.3), and rounded half-up
    to a millionth, the smallest amount that is stored: nobody wrote the further digits of 4 / 3. In text somebody did.
    """
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and mark == "point":
            return _checked(Decimal(value))
        return _parse_text(value, mark)
    if isinstance(value, (bool, date, time, timedelta)):
        raise BadValue("A number is needed here.", "Correct the cell, or format the column as a number.")
    number = Decimal(float_text(float(value)))
    return _checked(number.quantize(_MILLIONTH, ROUND_HALF_UP) if abs(number) < LARGEST else number)


def _parse_text(text: str, mark: DecimalMark) -> Decimal | None:
    if text.strip().lower() in BLANK_WORDS:
        return None
    bare, negative = _bare(text[:_LONGEST])
    if len(text) > _LONGEST or not _MARKS[mark].fullmatch(bare) or not any(char.isdigit() for char in bare):
        other = number_evidence(text)
        if other in ("point", "comma", "ambiguous"):
            raise BadValue(
                f"This number does not use the decimal {mark} of its column.",
                "Correct the cell, or choose the other decimal mark for the file.",
            )
        raise BadValue("A number is needed here.", "Correct the cell or leave the row out.")
    if mark == "comma":
        bare = bare.replace(".", "").replace(",", ".")
    number = Decimal(bare.replace(",", ""))
    return _checked(-number if negative else number)


def _checked(number: Decimal) -> Decimal:
    if abs(number) >= LARGEST:
        raise BadValue("This number is too large.", "Amounts and quantities must be below 1,000,000,000,000.")
    if number != number.quantize(_MILLIONTH):
        raise BadValue("This number has more than six decimals.", "Round it to six decimals or leave the row out.")
    return number
