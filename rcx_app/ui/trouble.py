"""What a person sees where a page can't go on by itself: the connection is lost, or the browser failed to draw it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex_components_core.base.error_boundary import error_boundary
from reflex_components_core.core.banner import has_connection_errors

from rcx_app.ui import addresses
from rcx_app.ui.components.text import outward

Wrap = Callable[[bool], rx.Component | None]


def wraps() -> dict[tuple[int, str], Wrap]:
    """Around the whole app, in place of what Reflex would show; the keys are its own."""
    return {(55, "ErrorBoundary"): _boundary, (5, "Overlay"): _overlay}


def _overlay(has_state: bool) -> rx.Component | None:
    return rx.fragment(rx.memo(connection_lost)()) if has_state else None


def connection_lost() -> rx.Component:
    """A line over every page until the server answers again; the style sheet waits a moment before it shows it."""
    return rx.el.div(
        rx.cond(
            has_connection_errors,
            rx.el.div(
                rx.el.b("Connection lost."),
                " RCX tries again by itself. Look afterwards whether your last step was taken.",
                class_name="offline",
            ),
            rx.fragment(),
        ),
        role="status",
    )


def _boundary(_: bool) -> rx.Component:
    props: dict[str, Any] = {"fallback_render": rx.Var.create(not_drawn())}
    return error_boundary(**props)


def not_drawn() -> rx.Component:
    """In place of a page that the browser could not draw. The error itself is in the server's log."""
    return rx.el.main(
        rx.el.h1("This page could not be shown"),
        rx.el.p(
            "Something went wrong on our side; what you saved is safe. Load the page again. If it happens again, go "
            "back to the start and tell support what you were doing.",
            class_name="muted",
        ),
        rx.el.div(
            rx.el.button("Load again", type="button", class_name="btn primary", data_reload=""),
            outward("To the start", href=addresses.OVERVIEW, class_name="btn"),
            class_name="row",
        ),
        class_name="not-drawn",
        role="alert",
    )
