"""The three charts as inline SVG, each with its numbers as a table under it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.text import hidden
from rcx_app.ui.pages.match_settings.state import MatchSettingsState as State


def thresholds() -> rx.Component:
    """Precision with its band and recall over the thresholds; the wide one from 1600 px up."""
    return rx.el.div(
        _thresholds(State.narrow, 480, 468, "chart narrow-only"),
        _thresholds(State.wide, 800, 788, "chart wide-only"),
    )


def _thresholds(chart: Any, width: int, right: int, look: str) -> rx.Component:
    def mark(each: Any) -> rx.Component:
        points = rx.fragment(_point(each.x, each.precision_y, ""), _point(each.x, each.recall_y, "var(--ink-1)"))
        return rx.fragment(
            rx.el.path(d="M" + each.x.to(str) + " 20V188", class_name="th"),
            rx.el.text(each.text, x=each.text_x, y=each.text_y, text_anchor=each.anchor, class_name="s"),
            rx.cond(each.precision_y != "", points, rx.fragment()),
        )

    in_force = rx.fragment(
        rx.el.path(d="M" + chart.in_force.to(str) + " 32V188", class_name="ax", stroke_dasharray="2 3"),
        rx.el.text("in force", x=chart.in_force, y="181", text_anchor="middle"),
    )
    return rx.el.svg(
        _grid(chart, 36, right, 204.0),
        rx.el.path(d=chart.band, class_name="band"),
        rx.el.path(d=chart.first, class_name="ln a"),
        rx.el.path(d=chart.second, class_name="ln n"),
        rx.cond(chart.in_force != "", in_force, rx.fragment()),
        rx.foreach(chart.marks, mark),
        view_box=f"0 -14 {width} 224",
        role="img",
        aria_label="Precision and recall over the confidence threshold; the numbers are in the table below",
        class_name=look,
    )


def _point(x: Any, y: Any, stroke: str) -> rx.Component:
    return rx.el.circle(cx=x, cy=y, r="4", class_name="pt", style={"stroke": stroke} if stroke else {})


def _grid(chart: Any, left: int, right: int, axis_y: float) -> rx.Component:
    def row(tick: Any) -> rx.Component:
        return rx.fragment(
            rx.el.path(d="M" + rx.Var.create(str(left)).to(str) + " " + tick.at.to(str) + f"H{right}", class_name="g"),
            rx.el.text(tick.text, x=str(left - 8), y=tick.at, text_anchor="end", custom_attrs={"dy": "3.5"}),
        )

    return rx.fragment(
        rx.foreach(chart.rows, row),
        rx.foreach(
            chart.columns,
            lambda tick: rx.el.text(tick.text, x=tick.at, y=f"{axis_y:.0f}", text_anchor="middle"),
        ),
    )


def balance() -> rx.Component:
    """Precision over recall, the workspace's beside the bench's."""

    def mark(each: Any) -> rx.Component:
        return rx.fragment(
            rx.el.circle(cx=each.x, cy=each.precision_y, r="4", class_name="pt"),
            rx.el.text(each.text, x=each.text_x, y=each.text_y, text_anchor=each.anchor, class_name="s"),
        )

    chart = State.balance
    return rx.el.svg(
        _grid(chart, 30, 246, 166.0),
        rx.el.path(d=chart.second, class_name="ln dash"),
        rx.el.path(d=chart.first, class_name="ln a"),
        rx.foreach(chart.marks, mark),
        rx.el.text("Recall", x="138", y="183", text_anchor="middle"),
        view_box="0 0 260 186",
        role="img",
        aria_label="Precision against recall; the numbers are in the table below",
        class_name="chart",
    )


def reliability() -> rx.Component:
    """How often suggestions of about equal confidence were right."""

    def dot(each: Any) -> rx.Component:
        sure = rx.cond(each.is_sure, "var(--accent)", "var(--ink-1)")
        filled = rx.cond(each.is_sure, "var(--accent)", "var(--bg)")
        return rx.fragment(
            rx.el.path(d=each.bar, style={"fill": "none", "stroke": sure, "strokeWidth": "1"}),
            rx.el.circle(cx=each.x, cy=each.y, r="4", style={"fill": filled, "stroke": sure}),
        )

    axes = [("150", "0.0"), ("82", "0.5"), ("14", "1.0")]
    grid = [
        rx.fragment(
            rx.el.path(d=f"M30 {y}H246", class_name="g"),
            rx.el.text(words, x="24", y=str(float(y) + 3.5), text_anchor="end"),
        )
        for y, words in axes
    ]
    columns = [
        rx.el.text(words, x=x, y="166", text_anchor="middle")
        for x, words in (("30", "0.0"), ("138", "0.5"), ("246", "1.0"))
    ]
    return rx.el.svg(
        *grid,
        *columns,
        rx.el.path(d="M30 150L246 14", class_name="ln dash"),
        rx.foreach(State.known.dots, dot),
        rx.el.text("Stated confidence", x="138", y="183", text_anchor="middle"),
        view_box="0 0 260 186",
        role="img",
        aria_label="Share that was right against stated confidence; the numbers are in the table below",
        class_name="chart",
    )


def numbers(summary: str, caption: Any, heads: tuple[str, ...], lines: Any) -> rx.Component:
    """A chart's numbers, behind a line that opens them."""
    head_cells = [rx.el.th(head, scope="col", class_name="num" if n else "") for n, head in enumerate(heads)]
    return rx.el.details(
        rx.el.summary(summary, class_name="t12 muted"),
        rx.el.div(
            rx.el.table(
                rx.el.caption(caption, class_name="vh"),
                rx.el.thead(rx.el.tr(*head_cells)),
                rx.el.tbody(
                    rx.foreach(lines, _line),
                ),
                class_name="table flush slim t12",
            ),
            role="region",
            tab_index=0,
            aria_label=f"{summary}, scrollable",
            style={"overflowX": "auto"},
        ),
        class_name="numbers",
    )


def _line(line: Any) -> rx.Component:
    mark = rx.cond(line.is_level, hidden(", a threshold"), rx.fragment())
    return rx.el.tr(
        rx.el.th(line.cells[0], mark, scope="row"),
        rx.foreach(line.cells[1:], lambda value: rx.el.td(value, class_name="num")),
        class_name=rx.cond(line.is_level, "sel", ""),
    )
