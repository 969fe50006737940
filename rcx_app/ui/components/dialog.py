"""Dialogs over the browser's own `<dialog>`: it keeps the focus inside, the page behind it inert, and Escape closes it.

Render one only while it is open: `rx.cond(State.is_confirming, confirm(...))`. The browser shows it as soon as it
stands in the page, and gives the focus back when it goes.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import Kind, button, icon_button
from rcx_app.ui.components.text import Text, classes


def dialog(
    title: Text, *body: Any, on_close: Any, footer: Any = None, wide: bool = False, label: str = ""
) -> rx.Component:
    """A modal dialog. `on_close` runs for the cross, Escape and a click outside."""
    return rx.el.dialog(
        rx.el.header(
            rx.el.h2(title),
            rx.el.span(class_name="push"),
            icon_button("close", "Close", on_click=on_close, data_close=""),
        ),
        # Long content scrolls here, so the keyboard must be able to reach it.
        rx.el.div(*body, class_name="body", role="region", tab_index=0, aria_label=label or title),
        *([rx.el.footer(footer)] if footer is not None else []),
        class_name=classes("dialog", "wide" if wide else ""),
        aria_label=label or title,
        data_modal="",
    )


def confirm(
    title: Text, *body: Any, act: Text, on_confirm: Any, on_close: Any, kind: Kind = "primary", busy: Any = False
) -> rx.Component:
    """A dialog before an act that moves money or can't be undone. `act` names the effect: "Confirm 38 matches"."""
    return dialog(
        title,
        *body,
        on_close=on_close,
        footer=rx.fragment(
            button("Cancel", on_click=on_close, disabled=busy),
            button(act, kind=kind, on_click=on_confirm, key="mod+enter", disabled=busy, data_autofocus=""),
        ),
    )
