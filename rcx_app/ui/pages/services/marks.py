"""Small marks that the panes of the services page share."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.icons import icon


def state(word: Any, tone: Any, mark: Any) -> rx.Component:
    """A state in a row: its icon in its colour, then the word."""
    return rx.el.span(rx.el.span(icon(mark, 14), class_name=tone), word, class_name="st")
