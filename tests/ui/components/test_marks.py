"""The differing parts of two values, whatever the values."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcx_app.ui.components.marks import Piece, marked


def shown(pieces: list[Piece]) -> str:
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (
            "Stonebridge Care Hm - Elm House",
            "Stonebridge Care Homes Ltd",
            ("Stonebridge Care [Hm - Elm House]", "Stonebridge Care [Homes Ltd]"),
        ),
        (
            "Stonebridge Care Hm - Elm House",
            "Elm House Primary Academy",
            ("[Stonebridge Care Hm] - Elm House", "Elm House [Primary Academy]"),
        ),
        ("EX4 4QJ", "EX1 2RB", ("EX[4 4QJ]", "EX[1 2RB]")),
        ("38", "9", ("[38]", "[9]")),
        ("ACME ltd", "Acme Ltd", ("ACME ltd", "Acme Ltd")),
        ("acme.example", "acme.co.example", ("acme.example", "acme.[co].example")),
        ("Acme Dental", "acmedental.example", ("Acme Dental", "acmedental.example")),
        ("", "Acme", ("", "Acme")),
        ("Acme (Builders)", "Acme Builders", ("Acme (Builders)", "Acme Builders")),
    ],
)
def test_what_differs_is_marked(left: str, right: str, expected: tuple[str, str]) -> None:
    found_left, found_right = marked(left, right)
    assert (shown(found_left), shown(found_right)) == expected


_values = st.text(alphabet="ab1 -.É(", max_size=24) | st.text(max_size=24)


@given(_values, _values)
def test_the_pieces_are_the_value_and_neighbours_differ_in_kind(left: str, right: str) -> None:
    for value, pieces in zip((left, right), marked(left, right), strict=True):
        assert "".join(piece.text for piece in pieces) == value
        assert all(piece.text for piece in pieces)
        assert all(one.differs != other.differs for one, other in pairwise(pieces))


@given(_values)
def test_equal_values_have_no_mark(value: str) -> None:
    assert not any(
        piece.differs for side in marked(value, value.upper().lower()) for piece in side if value == value.lower()
    )
    assert not any(piece.differs for side in marked(value, value) for piece in side)


@given(_values, _values)
def test_the_order_of_the_sides_does_not_matter_where_nothing_is_marked(left: str, right: str) -> None:
    none_one = not any(piece.differs for side in marked(left, right) for piece in side)
    none_other = not any(piece.differs for side in marked(right, left) for piece in side)
    assert none_one == none_other
