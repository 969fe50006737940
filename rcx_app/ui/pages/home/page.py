"""The page people land on."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.base import AppState
from rcx_app.ui.page import Page


def home() -> rx.Component:
    shown: rx.Component = rx.el.main(
        rx.el.h1(AppState.workspace_name),
        rx.el.p("Signed in as ", AppState.user_name, " (", AppState.role, ")"),
        rx.el.form(rx.el.button("Sign out", type="submit"), method="post", action="/sign-out", on_submit=None),
    )
    return shown


PAGE = Page(route="/", title="Overview", build=home)
