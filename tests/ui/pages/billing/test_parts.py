"""A long list in short vars: pages come and go without losing count."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rcx_app.ui.pages.billing import parts


@dataclass
class Row:
    id: int
    number: int


def empty() -> Any:
    return SimpleNamespace(**{f"part_{number}": [] for number in range(parts.PARTS)})


def held(state: Any) -> list[int]:
    return [row.number for number in range(parts.PARTS) for row in getattr(state, f"part_{number}")]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=40))
def test_what_is_held_is_always_the_end_of_the_list_without_a_gap(sizes: list[int]) -> None:
    state, last, gone = empty(), 0, 0
    for size in sizes:
        page = [Row(100 + last + at, last + at) for at in range(1, size + 1)]
        gone += parts.add(state, page)
        last += size
        assert held(state) == list(range(gone + 1, last + 1))
        assert 1 <= parts.used(state) <= parts.PARTS


def test_a_new_list_takes_the_place_of_the_old() -> None:
    state = empty()
    parts.show(state, [[Row(1, 1)], [Row(2, 2)]])
    parts.show(state, [[Row(9, 1)]])
    assert (held(state), parts.used(state)) == ([1], 1)
    parts.show(state, [])
    assert held(state) == []


def test_a_row_is_found_by_its_id() -> None:
    state = empty()
    parts.show(state, [[Row(7, 1)], [Row(8, 2)]])
    assert (parts.number_of(state, "8"), parts.number_of(state, "9"), parts.number_of(state, "")) == (2, 0, 0)
