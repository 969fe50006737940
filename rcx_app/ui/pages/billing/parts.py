"""A long list as several short vars, so that the next page sends its own rows only and not the whole list again.

A state declares `part_0` to `part_7` (lists of one row type) and sums them up for the table with `joined(State)`.
When all are full the older half goes; the list then begins further down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

PARTS = 8
_NAMES = tuple(f"part_{number}" for number in range(PARTS))


def joined(state: type[rx.State]) -> Any:
    """The whole list, put together in the browser."""
    first, *others = (getattr(state, name) for name in _NAMES)
    whole = first
    for other in others:
        whole = whole + other
    return whole


def show(state: rx.State, pages: Sequence[list[Any]]) -> None:
    """These pages and nothing else."""
    for number, name in enumerate(_NAMES):
        page = pages[number] if number < len(pages) else []
        if page or getattr(state, name):
            setattr(state, name, page)


def used(state: rx.State) -> int:
    """How many parts hold rows."""
    return sum(bool(getattr(state, name)) for name in _NAMES)


def add(state: rx.State, page: list[Any]) -> int:
    """One more page at the end; returns how many rows at the beginning went for it."""
    gone = 0
    if used(state) == PARTS:
        pages = [list(getattr(state, name)) for name in _NAMES]
        gone = sum(len(each) for each in pages[: PARTS // 2])
        show(state, pages[PARTS // 2 :])
    setattr(state, _NAMES[used(state)], page)
    return gone


def ids(state: rx.State) -> list[Any]:
    """The ids of all rows, in order."""
    return [row.id for name in _NAMES for row in state.get_value(name)]


def number_of(state: rx.State, row_id: str) -> int:
    """The number in the list of the row with this id; 0 where it is not in it."""
    return next((row.number for name in _NAMES for row in getattr(state, name) if str(row.id) == row_id), 0)
