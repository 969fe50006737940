"""Bars by month as inline SVG: what goes up, what goes down, and what stands behind. Geometry is worked out here.

Each chart is drawn twice, for narrow and for wide windows, and needs its numbers as a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

import reflex as rx

from rcx_app.ui.components.text import Text

_LEFT, _RIGHT, _TOP, _FOOT = 52, 8, 16, 34
_MOST_TICKS = 5
_WIDEST = 22
_NARROWEST_LABEL = 34


@dataclass(frozen=True, slots=True)
class Column:
    """One month: `up` and `behind` are 0 or more, `down` 0 or less; `is_known` False draws nothing."""

    label: str
    up: Decimal = Decimal(0)
    down: Decimal = Decimal(0)
    behind: Decimal = Decimal(0)
    is_known: bool = True


@dataclass
class Tick:
    """A line of the grid, and its words."""

    at: str
    text: str


@dataclass
class Bar:
    """A month's rectangles as text; a height of "0" is not drawn. `look` is the label's class."""

    x: str
    width: str
    up_y: str
    up: str
    down_y: str
    down: str
    behind_y: str
    behind: str
    label_x: str
    label: str
    look: str


@dataclass
class BarChart:
    """A whole chart. `end_up`, `end_down`: the last month's numbers, written at its bars."""

    bars: list[Bar] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    zero: str = "0"
    label_y: str = "0"
    end_x: str = "0"
    end_up: str = ""
    end_up_y: str = "0"
    end_down: str = ""
    end_down_y: str = "0"


@dataclass
class Bars:
    """The same chart for both sizes of window."""

    narrow: BarChart = field(default_factory=BarChart)
    wide: BarChart = field(default_factory=BarChart)


# As wide as the room there is at 1280 and at 1920, so that their words keep their size.
_WHOLE, _HALF = ((640, 220), (1100, 300)), ((504, 200), (808, 280))


def layout(columns: Sequence[Column], *, end_up: str = "", end_down: str = "", half: bool = False) -> Bars:
    """Lay the months out; `end_up` and `end_down` are the words at the last one's bars. `half`: see `bars`."""
    return Bars(*(_layout(columns, end_up, end_down, *size) for size in (_HALF if half else _WHOLE)))


def _layout(columns: Sequence[Column], end_up: str, end_down: str, width: int, height: int) -> BarChart:
    high = max((max(each.up, each.behind) for each in columns), default=Decimal(0))
    low = min((each.down for each in columns), default=Decimal(0))
    if not columns or high == low:
        return BarChart()
    step = _step(high - low)
    top, bottom = _up_to(high, step), -_up_to(-low, step)
    room = Decimal(height - _TOP - _FOOT)

    def y(value: Decimal) -> Decimal:
        return _TOP + (top - value) / (top - bottom) * room

    slot = Decimal(width - _LEFT - _RIGHT) / len(columns)
    wide = min(Decimal(_WIDEST), slot * Decimal("0.62"))
    every = 1 if slot >= _NARROWEST_LABEL else 2
    bars = []
    for at, each in enumerate(columns):
        middle, is_last = _LEFT + slot * at + slot / 2, at == len(columns) - 1
        label = each.label if (len(columns) - 1 - at) % every == 0 else ""
        bars.append(_bar(each, middle, wide, y, label, "s" if is_last else ""))
    last = columns[-1]
    return BarChart(
        bars=bars,
        ticks=[Tick(f"{y(value):.1f}", _number(value)) for value in _between(bottom, top, step)],
        zero=f"{y(Decimal(0)):.1f}",
        label_y=str(height - 10),
        end_x=str(width - _RIGHT),
        end_up=end_up if last.is_known and last.up else "",
        end_up_y=f"{y(max(last.up, last.behind)) - 6:.1f}",
        end_down=end_down if last.is_known and last.down else "",
        end_down_y=f"{y(last.down) + 14:.1f}",
    )


def _bar(each: Column, middle: Decimal, wide: Decimal, y: Any, label: str, look: str) -> Bar:
    def tall(value: Decimal) -> str:
        # A thin line for what is there but small; nothing for what is not.
        return f"{max(abs(y(value) - y(Decimal(0))), Decimal(1)):.1f}" if value and each.is_known else "0"

    return Bar(
        x=f"{middle - wide / 2:.1f}",
        width=f"{wide:.1f}",
        up_y=f"{y(each.up):.1f}",
        up=tall(each.up),
        down_y=f"{y(Decimal(0)):.1f}",
        down=tall(each.down),
        behind_y=f"{y(each.behind):.1f}",
        behind=tall(each.behind),
        label_x=f"{middle:.1f}",
        label=label,
        look=look,
    )


def _step(spread: Decimal) -> Decimal:
    """A round distance of grid lines, so that there are few of them."""
    size = Decimal(10) ** ((spread / _MOST_TICKS).adjusted() - 1)
    while True:
        for times in (1, 2, 5):
            if spread / (size * times) <= _MOST_TICKS:
                return size * times
        size *= 10


def _up_to(value: Decimal, step: Decimal) -> Decimal:
    """The first grid line at or beyond `value` (0 or more)."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def _between(low: Decimal, high: Decimal, step: Decimal) -> list[Decimal]:
    found, each = [], low
    while each <= high:
        found.append(each)
        each += step
    return found


def _number(value: Decimal) -> str:
    plain = value.normalize()
    digits = f"{abs(plain):,f}"
    return f"\N{MINUS SIGN}{digits}" if plain < 0 else digits


def bars(chart: Any, *, up: str, down: str = "", behind: str = "", label: Text, half: bool = False) -> rx.Component:
    """Draw a `Bars` kept in a var. `up`, `down`, `behind`: classes of the style sheet; `label` says what is seen.

    `half`: one of two charts side by side. It must be laid out so too.
    """
    narrow, wide = _HALF if half else _WHOLE
    return rx.el.div(
        _draw(chart.narrow, *narrow, up, down, behind, label, "chart narrow-only"),
        _draw(chart.wide, *wide, up, down, behind, label, "chart wide-only"),
    )


def _draw(chart: Any, width: int, height: int, up: str, down: str, behind: str, label: Text, look: str) -> rx.Component:
    def tick(each: Any) -> rx.Component:
        return rx.fragment(
            rx.el.path(d=f"M{_LEFT} " + each.at.to(str) + f"H{width - _RIGHT}", class_name="g"),
            rx.el.text(each.text, x=str(_LEFT - 8), y=each.at, text_anchor="end", custom_attrs={"dy": "3.5"}),
        )

    def month(each: Any) -> rx.Component:
        def part(y: Any, tall: Any, name: str) -> rx.Component:
            drawn = rx.el.rect(x=each.x, y=y, width=each.width, height=tall, rx="2", class_name=name)
            return rx.cond(tall != "0", drawn, rx.fragment())

        return rx.fragment(
            *([part(each.behind_y, each.behind, behind)] if behind else []),
            part(each.up_y, each.up, up),
            *([part(each.down_y, each.down, down)] if down else []),
            rx.el.text(each.label, x=each.label_x, y=chart.label_y, text_anchor="middle", class_name=each.look),
        )

    def end(text: Any, y: Any) -> rx.Component:
        return rx.cond(
            text != "", rx.el.text(text, x=chart.end_x, y=y, text_anchor="end", class_name="s"), rx.fragment()
        )

    return rx.el.svg(
        rx.foreach(chart.ticks, tick),
        rx.el.path(d=f"M{_LEFT} " + chart.zero.to(str) + f"H{width - _RIGHT}", class_name="ax"),
        rx.foreach(chart.bars, month),
        end(chart.end_up, chart.end_up_y),
        end(chart.end_down, chart.end_down_y),
        view_box=f"0 0 {width} {height}",
        role="img",
        aria_label=label,
        class_name=look,
    )
