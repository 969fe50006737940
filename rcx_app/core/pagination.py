"""Keyset pages: a cursor names the last row seen by its sort values, so a page costs the same at any depth."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, false, or_

from rcx_app.core.errors import Invalid

Item = TypeVar("Item")
Result = TypeVar("Result")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page. `next_cursor` is empty on the last one. `total` is None where it was not asked for."""

    items: tuple[Item, ...]
    next_cursor: str = ""
    total: int | None = None

    def map(self, transform: Callable[[Item], Result]) -> Page[Result]:
        return Page(tuple(transform(item) for item in self.items), self.next_cursor, self.total)


def encode_cursor(values: Sequence[Any]) -> str:
    """Sort values of the last row as URL-safe text."""
    return base64.urlsafe_b64encode(json.dumps([_pack(value) for value in values]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *, length: int) -> list[Any]:
    """The values behind `cursor`. Raises Invalid where it was tampered with."""
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [_unpack(kind, value) for kind, value in raw]
    except (ValueError, TypeError, ArithmeticError, KeyError, AttributeError) as error:
        raise Invalid("This page address is broken.", remedy="Open the list anew.") from error
    if len(values) != length:
        raise Invalid("This page address belongs to another list.", remedy="Open the list anew.")
    return values


def after(columns: Sequence[tuple[Any, bool]], values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition "sorts after `values`" for `columns` of (column, descending). Columns must not be null."""
    branches: list[ColumnElement[bool]] = []
    for index, (column, descending) in enumerate(columns):
        equal = [earlier == values[at] for at, (earlier, _) in enumerate(columns[:index])]
        branches.append(and_(*equal, column < values[index] if descending else column > values[index]))
    return or_(false(), *branches)


def _pack(value: Any) -> list[Any]:
    if isinstance(value, Decimal):
        return ["n", str(value)]
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    return ["v", value]


def _unpack(kind: str, value: Any) -> Any:
    readers: dict[str, Callable[[Any], Any]] = {
        "n": Decimal,
        "t": datetime.fromisoformat,
        "d": date.fromisoformat,
        "v": lambda plain: plain if isinstance(plain, str | int | bool) or plain is None else str(plain),
    }
    return readers[kind](value)
