"""The bar that floats over a list while rows are selected. Give the list's foot `roomy=True`."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import icon_button
from rcx_app.ui.components.text import Text


def selection_bar(
    count: Any,
    *actions: rx.Component,
    on_clear: Any,
    total: Any = None,
    total_unit: Text = "",
    said: Any = None,
    select_all: rx.Component | None = None,
    has_more: Any = True,
) -> rx.Component:
    """ "14 selected +1,284.00 USD/month", what may be done with them (keys with Shift), and the cross.

    `said` is the count in words, where it can be large; `select_all` stands there while `has_more`. Shown while `count`
    is over 0. Place it last inside the `pane` of the list.
    """
    money = [rx.el.span(total, rx.el.span(total_unit, class_name="cur"), class_name="strong nowrap num")]
    more = [rx.cond(has_more, rx.fragment(rx.el.span(class_name="sep"), select_all), "")] if select_all else []
    return rx.cond(
        count > 0,
        rx.el.div(
            rx.el.strong(count if said is None else said, " selected", class_name="nowrap", role="status"),
            *(money if total is not None else []),
            *more,
            rx.el.span(class_name="sep"),
            *actions,
            icon_button("close", "Clear selection", on_click=on_clear),
            class_name="selbar",
            role="region",
            aria_label="Selection",
        ),
        rx.fragment(),
    )
