"""The reasons table's rows: sign, bar, both values, and what is not said twice."""

from __future__ import annotations

from rcx_app.ui.components.reasons import MINUS, Evidence, reason_views, weight_text


def test_a_reason_for_and_one_against_point_to_their_sides() -> None:
    pro, con = reason_views([Evidence("Shared words", "A", "B", 3.2), Evidence("Other class", "C", "D", -1.6)])
    assert (pro.icon, pro.weight, pro.for_it, pro.against) == ("plus", "+3.2", "100%", "0%")
    assert (con.icon, con.weight, con.for_it, con.against) == ("minus", f"{MINUS}1.6", "0%", "50%")


def test_values_that_stood_above_are_not_drawn_again() -> None:
    views = reason_views([Evidence("One", "A", "B", 1), Evidence("Two", "A", "B", 1), Evidence("Three", "", "", 1)])
    assert [each.is_repeated for each in views] == [False, True, False]


def test_only_compared_values_are_marked() -> None:
    compared, plain = reason_views(
        [
            Evidence("Words", "Acronis Cyber", "Acronis backup", 1),
            Evidence("Name", "Acronis", "Acronis backup", 1, False),
        ]
    )
    assert any(piece.differs for piece in compared.left + compared.right)
    assert not any(piece.differs for piece in plain.left + plain.right)


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert [weight_text(each) for each in (0.04, -0.04, 0.06, -0.06)] == ["0.0", "0.0", "+0.1", f"{MINUS}0.1"]
