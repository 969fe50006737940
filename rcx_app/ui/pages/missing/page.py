"""The page for an address that no page has, within the shell so that the way on is at hand."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui import addresses
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.layout import page
from rcx_app.ui.page import Page


def missing() -> rx.Component:
    return page(
        rx.el.h1(hidden("Page not found")),
        empty(
            "There is no page at this address",
            "The link may be mistyped, or what it led to is gone. Nothing is lost: look for it in the navigation.",
            link("To the start", href=addresses.OVERVIEW, class_name="btn primary"),
            link("Ask support", href=addresses.SUPPORT, class_name="btn"),
            page=True,
        ),
        active="",
        title="Page not found",
        narrow=True,
    )


# The route is the name that Reflex has for it.
PAGE = Page(route="404", title="Page not found", build=missing, needs=Permission.SELF)
