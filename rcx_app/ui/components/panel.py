"""The side panel beside a list, with the evidence markup inside it, and the two-pane page that holds both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex.vars.base import Var

from rcx_app.ui.components.controls import icon_button
from rcx_app.ui.components.text import Text, classes, hidden


def split(main: rx.Component, panel: rx.Component | None, *, open_var: Any = None, look: str = "") -> rx.Component:
    """List and panel side by side. With `open_var` the list takes the whole width while nothing is open."""
    if open_var is None:
        return rx.el.div(main, *([panel] if panel is not None else []), class_name=classes("split", look))
    shape = rx.cond(open_var, "split", "split one-pane")
    return rx.el.div(main, rx.cond(open_var, panel, rx.fragment()), class_name=classes(look, shape))


def pane(*children: Any, label: Text) -> rx.Component:
    """The list's side of a split: a column whose table scrolls and whose heads stand."""
    return rx.el.section(*children, class_name="fill", aria_label=label)


def side_panel(
    *sections: rx.Component,
    label: Text,
    header: rx.Component,
    tabs: rx.Component | None = None,
    footer: rx.Component | None = None,
) -> rx.Component:
    """The panel: a standing header and footer, `panel_section`s scrolling between them. `label` names what is open."""
    return rx.el.aside(
        rx.el.header(header),
        *([tabs] if tabs is not None else []),
        rx.el.div(*sections, class_name="scroll", role="region", tab_index=0, aria_label="Evidence, scrollable"),
        *([rx.el.footer(footer)] if footer is not None else []),
        class_name="panel slides",
        aria_label=label,
    )


def panel_head(
    lead: rx.Component, *below: Any, place: Text = "", on_close: Any = None, steps: bool = True
) -> rx.Component:
    """A panel's first line: what it belongs to, "12 of 132", down, up, close (Escape); then title and figures."""
    walk = [
        icon_button("down", "Next, key J", data_step="1"),
        icon_button("up", "Previous, key K", data_step="-1"),
    ]
    return rx.fragment(
        rx.el.div(
            lead,
            rx.el.span(place, class_name="push t12 faint nowrap"),
            rx.el.span(
                *(walk if steps else []),
                *(
                    [icon_button("close", "Close panel", key="escape", on_click=on_close)]
                    if on_close is not None
                    else []
                ),
                class_name="panel-steps",
            ),
            class_name="row",
            style={"height": "28px"},
        ),
        *below,
    )


def panel_section(title: Text = "", *children: Any, end: Any = None) -> rx.Component:
    """One part of the evidence under a small heading; `end` stands at the heading's right."""
    side = [rx.el.span(end, class_name="push")] if end is not None else []
    head = [rx.el.h3(title, *side)] if isinstance(title, Var) or title else []
    return rx.el.section(*head, *children, class_name="sec")


def facts(pairs: Sequence[tuple[Text, Any]]) -> rx.Component:
    """Facts in a line under a page's title."""
    return rx.el.dl(
        *(rx.el.div(rx.el.dt(name), rx.el.dd(value)) for name, value in pairs),
        class_name="facts",
    )


def pairs(items: Sequence[tuple[Text, Any]], *, left: bool = False) -> rx.Component:
    """Names and values in two columns, values at the right."""
    lines = [part for name, value in items for part in (rx.el.dt(name), rx.el.dd(value))]
    return rx.el.dl(*lines, class_name=classes("kv", "left" if left else ""))


def sum_table(caption: Text, *lines: rx.Component) -> rx.Component:
    """The arithmetic line by line; give it `sum_line`s or one `rx.foreach` over rows that draws them."""
    return rx.el.table(rx.el.caption(caption, class_name="vh"), rx.el.tbody(*lines), class_name="sum")


def sum_line(
    operator: Text, label: Text, value: Any, *, why: Text = "", total: Any = False, tone: Text = "", **props: Any
) -> rx.Component:
    """One line: `−` `Sign-in blocked` *left out by the rule* `2`. `total` draws the line above it."""
    look = rx.cond(total, "total", "") if isinstance(total, Var) else ("total" if total else "")
    return rx.el.tr(
        rx.el.td(operator, class_name="op"),
        rx.el.th(label, " ", rx.el.span(why, class_name="why"), scope="row"),
        rx.el.td(value, class_name=classes("v", tone)),
        class_name=look,
        **props,
    )


def seat_line(mark: rx.Component, word: Text, name: Text, detail: Text, end: Any) -> rx.Component:
    """One seat in `.seats`: the mark (added, gone), its word for screen readers, the name, its identity, the date."""
    return rx.el.li(
        rx.el.span(mark, hidden(word)),
        rx.el.span(name, " ", rx.el.span(detail, class_name="faint"), class_name="clip"),
        rx.el.span(end, class_name="faint nowrap"),
    )
