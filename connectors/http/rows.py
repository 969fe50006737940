"""Reads fields of vendors' JSON without guessing: exact numbers, aware times, ids as text; what can't be read is named.

Vendors leave fields out, send null, numbers as text, times in many forms. What is missing is empty or None; a number
that is none is an error (a wrong quantity is worse than none); a time that can't be read is unknown, with a remark.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.errors import shorten
from connectors.http.failures import ApiFailure
from connectors.wire import Wire

_MILLISECONDS_FROM = 10**11
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}): ?(\d{2})(?:: ?(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_NEVER = 1900
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0", ""}


class Row:
    """One object of an answer, with the name of what it is for messages."""

    __slots__ = ("data", "noun", "vendor", "wire")

    def __init__(self, data: object, noun: str, vendor: str, wire: Wire) -> None:
        """Raises ApiFailure (unexpected_shape) where `data` is no JSON object."""
        self.noun, self.vendor, self.wire = noun, vendor, wire
        if not isinstance(data, dict):
            raise self._odd("", data, "an object")
        self.data: dict[str, Any] = data

    def has(self, key: str) -> bool:
        """Whether the field is there and not null."""
        return self.data.get(key) is not None

    def text(self, key: str, default: str = "") -> str:
        """A field as text, trimmed; numbers and flags in JSON's spelling. Raises ApiFailure for lists and objects."""
        return _plain(value) if _is_plain(value := self.data.get(key)) else self._raise(key, value, "text", default)

    def need(self, key: str) -> str:
        """The same for a field without which the record is nothing, such as its id. Raises ApiFailure if empty."""
        found = self.text(key)
        if not found:
            raise self._odd(key, self.data.get(key), "a value")
        return found

    def exact(self, key: str) -> Decimal | None:
        """A number, None where the field is missing or empty. Raises ApiFailure for what is no finite number."""
        value = self.data.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
            raise self._odd(key, value, "a number")
        try:
            number = Decimal(value.strip() if isinstance(value, str) else value)
        except InvalidOperation:
            raise self._odd(key, value, "a number") from None
        if not number.is_finite():
            raise self._odd(key, value, "a number")
        return number

    def need_exact(self, key: str) -> Decimal:
        """A number that must be there: never read as 0 because it is missing."""
        found = self.exact(key)
        if found is None:
            raise self._odd(key, self.data.get(key), "a number")
        return found

    def flag(self, key: str, default: bool = False) -> bool:
        """A truth value, also as text or 0/1. Raises ApiFailure for anything else."""
        value = self.data.get(key)
        if value is None:
            return default
        word = str(value).strip().casefold()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
        raise self._odd(key, value, "true or false")

    def moment(self, key: str) -> datetime | None:
        """A time in UTC: ISO with or without zone (without: UTC), or seconds or milliseconds since 1970.

        None where it is missing, or stands for "never" (year 1, 0), or can't be read (with a remark).
        """
        value = self.data.get(key)
        if value is None or value == "":
            return None
        try:
            return _moment(value)
        except (ValueError, OverflowError, OSError):
            self.wire.note(
                f"{self.noun.capitalize()}: {key} holds “{shorten(value)}”, which is no time; taken as unknown."
            )
            return None

    def day(self, key: str) -> date | None:
        """The date as written (no zone applied); None where it is missing or stands for "never".

        Raises ApiFailure for what is no date: dates decide what is billed.
        """
        value = self.data.get(key)
        if value is None or value == "":
            return None
        found = _ISO.match(str(value).strip())
        if found is None:
            moment = self.moment(key)
            if moment is None:
                raise self._odd(key, value, "a date")
            return moment.date()
        year, month, day = (int(part) for part in found.groups()[:3])
        if year < _NEVER:
            return None
        try:
            return date(year, month, day)
        except ValueError:
            raise self._odd(key, value, "a date") from None

    def row(self, key: str, noun: str = "") -> Row:
        """A nested object, an empty one where it is missing. Raises ApiFailure for anything else."""
        value = self.data.get(key)
        return Row({} if value is None else value, noun or f"{self.noun} {key}", self.vendor, self.wire)

    def rows(self, key: str, noun: str = "") -> list[Row]:
        """A nested list of objects, [] where it is missing."""
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._odd(key, value, "a list")
        return [Row(each, noun or self.noun, self.vendor, self.wire) for each in value]

    def need_rows(self, key: str, noun: str = "") -> list[Row]:
        """A nested list that must be there: a missing one is never read as an empty one."""
        if not isinstance(self.data.get(key), list):
            raise self._odd(key, self.data.get(key), "a list")
        return self.rows(key, noun)

    def texts(self, key: str) -> tuple[str, ...]:
        """A nested list of plain values as text, () where it is missing."""
        value = self.data.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._odd(key, value, "a list")
        return tuple(_plain(each) for each in value if _is_plain(each) and each is not None)

    def attributes(self, taken: Collection[str] = ()) -> Mapping[str, str]:
        """Every plain field that is not empty and has no place of its own, as text; nested ones as `outer.inner`."""
        return dict(_flat(self.data, "", frozenset(taken)))

    def _raise(self, key: str, value: object, wanted: str, default: str) -> str:
        if value is None:
            return default
        raise self._odd(key, value, wanted)

    def _odd(self, key: str, value: object, wanted: str) -> ApiFailure:
        place = f"{self.noun}, {key}" if key else self.noun
        held = "nothing" if value is None else f"“{shorten(value)}”"
        return ApiFailure("unexpected_shape", self.vendor, f"{place} holds {held}, not {wanted}")


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, Decimal)) and value is not None


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def _flat(data: Mapping[str, Any], before: str, taken: frozenset[str]) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        name = f"{before}{key}"
        if name in taken:
            continue
        if isinstance(value, dict) and not before:
            yield from _flat(value, f"{key}.", taken)
        elif _is_plain(value) and (text := _plain(value)):
            yield name, text


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, (int, Decimal)) or (isinstance(value, str) and re.fullmatch(r"\d{9,13}(\.\d+)?", value)):
        seconds = Decimal(value)
        if abs(seconds) >= _MILLISECONDS_FROM:
            seconds /= 1000
        return datetime.fromtimestamp(float(seconds), UTC) if seconds > 0 else None
    found = _ISO.fullmatch(str(value).strip())
    if found is None:
        raise ValueError
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if year < _NEVER:
        return None
    fraction = (found[7] or "").ljust(6, "0")[:6]
    zone = (found[8] or "Z").upper().replace("Z", "+0000").replace(":", "")
    base = datetime(year, month, day, hour, minute, second, int(fraction or 0), tzinfo=UTC)
    offset = datetime.strptime(zone, "%z").utcoffset()
    assert offset is not None
    return base - offset


def domain_of(website: str) -> str:
    """The domain of a web address, however it is written: ``https://www.Acme.example/x`` is ``acme.example``."""
    host = website.partition("://")[2] or website
    return host.partition("/")[0].removeprefix("www.").casefold()
