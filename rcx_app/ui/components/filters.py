"""The one filter bar: a search field, filter chips with their menus, what is hidden, and acts at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx
from reflex.vars.base import Var

from rcx_app.ui.components.controls import cap, key_props
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.menu import item, menu, menu_trigger, option, separator
from rcx_app.ui.components.text import Text, classes, hidden


def filter_bar(*filters: Any, end: Sequence[rx.Component] = ()) -> rx.Component:
    """The row of filters above a list; `end` stands at its right (hidden count, columns, export)."""
    at_end = [rx.el.span(*end, class_name="filters-end")] if end else []
    return rx.el.div(*filters, *at_end, class_name="filters", role="group", aria_label="Filters")


def search_field(
    value: Text, on_change: Any, *, label: str, key: str = "", grow: bool = False, delay_ms: int = 200
) -> rx.Component:
    """A search field that tells `on_change` (a handler) after `delay_ms` of rest. Mark that handler `supersedes=True`.

    What is being typed belongs to the browser: a late answer of the server never takes letters back. The field follows
    `value` as soon as it has not the focus (filters cleared, way back).
    """
    return rx.el.label(
        icon("search", 14),
        rx.el.input(
            type="search",
            default_value=value,
            data_value=value,
            on_change=on_change.debounce(delay_ms),
            placeholder=label,
            aria_label=label,
            auto_complete="off",
            **key_props(key),
        ),
        *([cap(key)] if key else []),
        class_name=classes("search", "grow" if grow else ""),
    )


def filter_menu(
    name: str, chosen: Any, options: Sequence[tuple[str, str]] | Any, on_pick: Any, *, chosen_label: Text | None = None
) -> rx.Component:
    """A chip that opens a menu of one choice. Off it says its name, on "Kind **Calculated**" in accent colours.

    options: (value, words) pairs, or a var of a list of objects with `value`, `label` and `count`.
    chosen: var with the value, empty for no filter; chosen_label: its words (default: the value itself).
    on_pick: handler that takes the value; it gets "" for "Any".
    """
    active = chosen != ""
    if isinstance(options, Var):
        drawn: Any = rx.foreach(
            options,
            lambda each: option(each.label, checked=chosen == each.value, on_click=on_pick(each.value), end=each.count),
        )
    else:
        drawn = rx.fragment(
            *(option(words, checked=chosen == value, on_click=on_pick(value)) for value, words in options)
        )
    trigger = rx.el.button(
        name,
        rx.cond(active, rx.el.b(chosen if chosen_label is None else chosen_label), rx.fragment()),
        icon("down", 12),
        type="button",
        class_name=rx.cond(active, "chip on", "chip"),
        **menu_trigger(),
    )
    return menu(
        trigger,
        drawn,
        rx.cond(active, rx.fragment(separator(), item("Any", on_click=on_pick(""))), rx.fragment()),
        label=name,
    )


def filter_chip(name: Text, value: Text, on_clear: Any) -> rx.Component:
    """A filter in force, taken away by a click."""
    return rx.el.button(
        name,
        " ",
        rx.el.b(value),
        icon("close", 12),
        hidden(" Remove filter"),
        type="button",
        class_name="chip on",
        on_click=on_clear,
    )
