"""Reads dates and times as exports write them, and tells whether a column puts the day or the month first."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal

from connectors.files.cells import BLANK_WORDS, BadValue
from connectors.files.read import Cell

DateOrder = Literal["ymd", "dmy", "mdy"]
DateEvidence = Literal["dmy", "mdy", "ambiguous", "neutral", "none"]

_TIME = (
    r"(?:[T,]?\s*(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?\s*(?P<ap>[AaPp]\.?[Mm]\.?)?)?"
)
_ZONE = r"\s*\(?(?P<z>Z|[+-]\d{2}:?\d{2}|[A-Z]{3,4}(?:[+-]\d{1,2}(?::?\d{2})?)?)?\)?"
_DAY_NAME = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?\s+)?"
_ISO = re.compile(rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}{_ZONE}")
_NUMERIC = re.compile(rf"(?P<a>\d{{1,2}})(?P<sep>[-/.])(?P<b>\d{{1,2}})(?P=sep)(?P<y>\d{{4}}|\d{{2}}){_TIME}{_ZONE}")
_DAY_MONTH = re.compile(
    rf"{_DAY_NAME}(?P<d>\d{{1,2}})[-\s.]+(?P<mon>[A-Za-z]{{3,9}})[-\s.,]+(?P<y>\d{{4}}|\d{{2}}){_TIME}{_ZONE}"
)
_MONTH_DAY = re.compile(
    rf"{_DAY_NAME}(?P<mon>[A-Za-z]{{3,9}})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}}){_TIME}{_ZONE}"
)
_EPOCH = re.compile(r"1\d{9}(?:\.\d+)?|1\d{12}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BLANK = BLANK_WORDS | frozenset(("never", "no end date", "ongoing", "open", "unknown", "not available", "never seen"))
# Dates by which programs say "none".
_NULL_DATES = frozenset((date(1, 1, 1), date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)))
# Minutes east of UTC. Abbreviations are not unique in the world; these are what the exports write.
_ZONES = {
    "UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180, "EST": -300, "EDT": -240,
    "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AEST": 600, "AEDT": 660,
    "ACST": 570, "AWST": 480, "NZST": 720, "NZDT": 780,
}  # fmt: skip
_LONGEST = 80
_REMEDY = "Write it as YYYY-MM-DD, or leave the row out."


def date_evidence(text: str) -> DateEvidence:
    """Tell what one value says about the order of day and month. "neutral" dates are clear either way."""
    text = text.strip()
    if len(text) > _LONGEST:
        return "none"
    found = _NUMERIC.fullmatch(text)
    if found is None:
        return "neutral" if any(p.fullmatch(text) for p in (_ISO, _DAY_MONTH, _MONTH_DAY)) else "none"
    first, second = int(found["a"]), int(found["b"])
    if first > 12:
        return "dmy" if 1 <= second <= 12 and first <= 31 else "none"
    if second > 12:
        return "mdy" if first >= 1 and second <= 31 else "none"
    return "neutral" if first == second else "ambiguous"


def parse_date(value: Cell, order: DateOrder = "ymd") -> date | None:
    """Return the date as written (a time beside it is ignored); None where blank or a program's null date.

    `order` "ymd" takes ISO dates only; the others take ISO, numeric in that order, and dates with month names.
    Raises BadValue.
    """
    found = _parse(value, order)
    return found.date() if isinstance(found, datetime) else found


def parse_moment(value: Cell, order: DateOrder = "ymd") -> datetime | None:
    """Return an aware UTC time. Without a zone UTC is assumed; a date alone is its midnight. Raises BadValue."""
    if isinstance(value, str) and _EPOCH.fullmatch(value.strip()):
        seconds = float(value) if len(value.strip().split(".")[0]) == 10 else int(value) / 1000
        return datetime.fromtimestamp(seconds, UTC)
    if isinstance(value, float) and 1e9 <= value < 2e9:
        return datetime.fromtimestamp(value, UTC)
    found = _parse(value, order)
    if found is None:
        return None
    if not isinstance(found, datetime):
        return datetime.combine(found, time(), UTC)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _parse(value: Cell, order: DateOrder) -> datetime | date | None:
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in _BLANK:
            return None
        found = _parse_text(text, order)
    elif isinstance(value, date):
        found = value
    else:
        raise BadValue("A date is needed here, but the cell holds a number or a time.", "Format the column as a date.")
    day = found.date() if isinstance(found, datetime) else found
    if day in _NULL_DATES:
        return None
    if not 1970 <= day.year <= 9999:
        raise BadValue("This date is before 1970.", _REMEDY)
    return found


def _parse_text(text: str, order: DateOrder) -> datetime | date:
    if len(text) > _LONGEST:
        raise BadValue("A date is needed here.", _REMEDY)
    found = _ISO.fullmatch(text)
    if found is not None:
        return _build(found, int(found["m"]), int(found["d"]))
    numeric = _NUMERIC.fullmatch(text)
    if order == "ymd":
        if numeric or _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text):
            raise BadValue("This date is not written as YYYY-MM-DD.", _REMEDY)
        raise BadValue("A date is needed here.", _REMEDY)
    if numeric is not None:
        first, second = int(numeric["a"]), int(numeric["b"])
        day, month = (first, second) if order == "dmy" else (second, first)
        if month > 12:
            shown = "the day" if order == "dmy" else "the month"
            raise BadValue(
                f"This date does not fit a column that puts {shown} first.",
                "Correct the cell, or choose the other order of day and month for the file.",
            )
        return _build(numeric, month, day)
    named = _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text)
    if named is None:
        raise BadValue("A date is needed here.", _REMEDY)
    name = named["mon"].lower()
    if name[:3] not in _MONTHS:
        raise BadValue(f'"{named["mon"]}" is not an English month name.', _REMEDY)
    return _build(named, _MONTHS.index(name[:3]) + 1, int(named["d"]))


def _build(found: re.Match[str], month: int, day: int) -> datetime | date:
    year = int(found["y"])
    if len(found["y"]) == 2:
        year += 2000
    try:
        if found["h"] is None:
            return date(year, month, day)
        hour = int(found["h"])
        if found["ap"]:
            if not 1 <= hour <= 12:
                raise ValueError
            hour = hour % 12 + (12 if found["ap"][0] in "pP" else 0)
        micro = int((found["f"] or "0")[:6].ljust(6, "0"))
        return datetime(year, month, day, hour, int(found["mi"]), int(found["s"] or 0), micro, tzinfo=_zone(found["z"]))
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadValue):
            raise
        raise BadValue("There is no such date or time.", _REMEDY) from None


def _zone(name: str | None) -> timezone | None:
    if not name:
        return None
    if name == "Z":
        return UTC
    if name[0] in "+-":
        minutes = int(name[1:3]) * 60 + int(name[-2:])
        return timezone(timedelta(minutes=-minutes if name[0] == "-" else minutes))
    base, sign, offset = name.partition("+") if "+" in name else name.partition("-")
    if base not in _ZONES:
        raise BadValue(f'The time zone "{name}" is not known.', "Write times in UTC or with an offset such as +02:00.")
    minutes = _ZONES[base]
    if offset:
        hours, _, rest = offset.partition(":")
        extra = int(hours) * 60 + int(rest or 0)
        minutes += -extra if sign == "-" else extra
    return timezone(timedelta(minutes=minutes))
