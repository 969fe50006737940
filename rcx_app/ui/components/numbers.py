"""Money, quantities and their small pictures. Text comes formatted from `rcx_app.core.money`; nothing is computed here.

The currency rule: an amount carries its ISO code (88.00 USD), except in a column whose head names the one currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import reflex as rx
from reflex.vars.base import Var
from reflex.vars.sequence import StringVar

from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import Flag, Text, classes, hidden

_WIDTH, _HEIGHT = 56, 18


def grouped(count: Var[int]) -> StringVar[Any]:
    """A count as people read it: 10,155."""
    return Var(_js_expr=f"{count!s}?.toLocaleString('en')", _var_data=count._get_all_var_data()).to(str)


def currency(code: Text) -> rx.Component:
    """The small ISO code after an amount."""
    return rx.el.span(code, class_name="cur")


def money(text: Text, code: Text = "") -> rx.Component:
    """A plain amount such as a price: `22.00` and its currency. Put it into a numeric cell."""
    return rx.el.span(text, *_code(code), class_name="amt")


def amount(text: Text, code: Text = "", *, direction: Text = "", quiet: Flag = False, word: Text = "") -> rx.Component:
    """A difference in money: signed text, its currency, arrow and colour by `direction` (`under`, `over`, or empty).

    `quiet` greys it out where it must not be taken for calculated and ready (say so in `word`, read out after the
    direction: "not ready", "estimated").
    """
    return rx.el.span(
        _by(direction, icon("under", 12), icon("over", 12)),
        _by(direction, hidden("Under-billed "), hidden("Over-billed ")),
        *([hidden(word), hidden(" ")] if isinstance(word, Var) or word else []),
        text,
        *_code(code),
        class_name=classes("amt", _tone(direction, quiet)),
    )


def move(before: Text, after: Text) -> rx.Component:
    """Billed and expected: 20 -> 24."""
    return rx.el.span(
        rx.el.span(before, class_name="from"),
        icon("arrow", 12),
        hidden("to"),
        rx.el.span(after, class_name="to"),
        class_name="move",
    )


def meter(percent: Any, *, tone: Text = "", label: Text = "", class_name: str = "") -> rx.Component:
    """A thin bar filled to `percent` (0 to 100). With `label` it is an image with that name, else decoration."""
    named = {"role": "img", "aria_label": label} if isinstance(label, Var) or label else {"aria_hidden": "true"}
    width = f"{percent}%" if not isinstance(percent, Var) else percent.to_string() + "%"
    return rx.el.div(rx.el.i(style={"width": width}), class_name=classes("bar", tone, class_name), **named)


def confidence(text: Text, percent: Any) -> rx.Component:
    """A confidence with its bar: 0.86."""
    return rx.el.span(meter(percent), text, class_name="conf")


@dataclass(frozen=True, slots=True)
class Spark:
    """A sparkline's geometry as text, cheap to hold in a row: billed steps, expected line, height of its last point."""

    billed: str = ""
    expected: str = ""
    end_x: str = "0"
    end_y: str = "0"


def spark(billed: Sequence[Decimal], expected: Sequence[Decimal]) -> Spark:
    """Lay `billed` (stepped) and `expected` (straight) over the same 56 x 18 px; empty with under two points."""
    points = max(len(billed), len(expected))
    if points < 2:
        return Spark()
    low, high = min([*billed, *expected]), max([*billed, *expected])
    spread = (high - low) or Decimal(1)

    def at(index: int, value: Decimal) -> tuple[str, str]:
        x = Decimal(1) + Decimal(_WIDTH - 4) * index / (points - 1)
        y = Decimal(_HEIGHT - 2) - (value - low) / spread * (_HEIGHT - 4)
        return f"{x:.1f}", f"{y:.1f}"

    steps, line = [], []
    for index, value in enumerate(billed):
        x, y = at(index, value)
        steps.append(f"M{x} {y}" if index == 0 else f"H{x}V{y}")
    for index, value in enumerate(expected):
        x, y = at(index, value)
        line.append(f"{'M' if index == 0 else 'L'}{x} {y}")
    end = at(len(expected) - 1, expected[-1]) if expected else ("0", "0")
    return Spark("".join(steps), "".join(line), *end)


def sparkline(billed: Text, expected: Text, end_x: Text, end_y: Text, *, direction: Text = "") -> rx.Component:
    """Draw a `Spark` kept in a row. Decoration: the numbers it stands for are in the side panel."""
    letter = _by(direction, "u", "o", "k")
    letter = Var.create(letter) if isinstance(letter, str) else letter
    return rx.el.svg(
        rx.el.path(d=billed, class_name="b"),
        rx.el.path(d=expected, class_name=letter),
        rx.el.circle(cx=end_x, cy=end_y, r="2", class_name="p" + letter.to(str)),
        width=str(_WIDTH),
        height=str(_HEIGHT),
        view_box=f"0 0 {_WIDTH} {_HEIGHT}",
        aria_hidden="true",
        class_name="spark",
    )


def _code(code: Text) -> list[rx.Component]:
    if isinstance(code, Var):
        return [rx.cond(code != "", currency(code), rx.fragment())]
    return [currency(code)] if code else []


def _tone(direction: Text, quiet: Flag) -> Text:
    tone = _by(direction, "under", "over", "")
    if isinstance(quiet, Var):
        return rx.cond(quiet, "faint", tone)
    return "faint" if quiet else tone


def _by(direction: Text, under: Any, over: Any, neither: Any = None) -> Any:
    """Pick by direction, at once where it is plain text, in the browser where it is a var."""
    if neither is None:
        neither = "" if isinstance(under, str) else rx.fragment()
    if isinstance(direction, Var):
        return rx.match(direction, ("under", under), ("over", over), neither)
    return {"under": under, "over": over}.get(direction, neither)
