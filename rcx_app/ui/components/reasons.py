"""Why something was suggested: signed pieces of evidence with both raw values, weighed against each other by bars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import reflex as rx

from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.marks import Piece, marked, plain
from rcx_app.ui.components.text import Text, hidden

MINUS = "−"
# Log-odds that fill half of the weight column; a stronger reason beside it stretches the scale.
FULL_WEIGHT = 3.2


class Evidence(NamedTuple):
    """A reason: its text, the two raw values, its weight. `is_compared`: what differs between them is marked."""

    text: str
    left: str
    right: str
    weight: float
    is_compared: bool = True


@dataclass
class ReasonView:
    """One piece of evidence: both raw values in pieces, its signed weight, and the bar's width in percent.

    `is_repeated`: a reason above shows the same two values.
    """

    text: str
    icon: str
    tone: str
    left: list[Piece]
    right: list[Piece]
    is_repeated: bool
    weight: str
    against: str
    for_it: str


def reason_views(found: Iterable[Evidence], full: float = FULL_WEIGHT) -> list[ReasonView]:
    """Reasons ready to draw; `full` is the weight that fills half of the column."""
    seen: set[tuple[str, str]] = set()
    views = []
    for each in found:
        values = (each.left, each.right)
        views.append(_view(each, full, is_repeated=values != ("", "") and values in seen))
        seen.add(values)
    return views


def _view(reason: Evidence, full: float, *, is_repeated: bool) -> ReasonView:
    text, left, right, weight, is_compared = reason
    ours, theirs = marked(left, right) if is_compared else (plain(left), plain(right))
    width = f"{min(100, round(abs(weight) / full * 100))}%"
    return ReasonView(
        text=text,
        icon="plus" if weight > 0 else "minus" if weight < 0 else "alert",
        tone="sig p" if weight > 0 else "sig m",
        left=ours,
        right=theirs,
        is_repeated=is_repeated,
        weight=weight_text(weight),
        against=width if weight < 0 else "0%",
        for_it=width if weight > 0 else "0%",
    )


def weight_text(weight: float) -> str:
    """``+2.6``, ``−0.8``; ``0.0`` for a reason that only stops the machine."""
    shown = f"{abs(weight):.1f}"
    if shown == "0.0":
        return shown
    return ("+" if weight > 0 else MINUS) + shown


def reasons_table(caption: Any, left: Text, right: Text, reasons: Any) -> rx.Component:
    """The table of a var of `ReasonView`s; `left` and `right` are the heads of the two raw values."""
    return rx.el.table(
        rx.el.caption(caption, class_name="vh"),
        rx.el.colgroup(
            rx.el.col(custom_attrs={"width": "29%"}),
            rx.el.col(custom_attrs={"width": "27.5%"}),
            rx.el.col(custom_attrs={"width": "27.5%"}),
            rx.el.col(),
        ),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Evidence", scope="col"),
                rx.el.th(left, scope="col"),
                rx.el.th(right, scope="col"),
                rx.el.th("Weight", scope="col"),
            )
        ),
        rx.el.tbody(rx.foreach(reasons, _reason)),
        class_name="reasons",
    )


def _reason(reason: rx.Var[ReasonView]) -> rx.Component:
    half = {"display": "contents"}
    return rx.el.tr(
        rx.el.td(
            rx.el.span(icon(reason.icon, 12), class_name=reason.tone),
            " ",
            reason.text,
            class_name="raw",
            title=reason.text,
        ),
        _raw(reason.left, reason.is_repeated),
        _raw(reason.right, reason.is_repeated),
        rx.el.td(
            rx.el.span(
                rx.el.span(
                    rx.el.span(rx.el.i(class_name="l", style={"width": reason.against}), class_name="h"),
                    rx.el.span(rx.el.i(class_name="r", style={"width": reason.for_it}), class_name="h"),
                    style=half,
                    aria_hidden="true",
                ),
                rx.el.span(reason.weight),
                class_name="wt",
            )
        ),
    )


def _raw(pieces: Any, is_repeated: Any) -> rx.Component:
    shown = rx.cond(pieces.length() > 0, rx.foreach(pieces, _piece), hidden("nothing"))
    return rx.el.td(rx.cond(is_repeated, rx.el.span("as above", class_name="faint"), shown), class_name="raw")


def _piece(piece: rx.Var[Piece]) -> rx.Component:
    return rx.cond(piece.differs, rx.el.mark(piece.text), rx.el.span(piece.text))
