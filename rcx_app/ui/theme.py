"""What the whole app looks like before any page is drawn: style sheets, font, colour mode, toasts, script.

No Radix Themes: our own tokens and classes do all of it, so its style sheet is not loaded.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import trouble
from rcx_app.ui.components.feedback import toaster

STYLESHEETS = ["/tokens.css", "/ui.css"]
FONT = "/fonts/inter-latin-wght-normal.woff2"


def head() -> list[rx.Component]:
    """The head of every page: the colour mode is set before the first paint, so no page flashes in the wrong one."""
    return [
        rx.el.script(src="/theme.js"),
        rx.el.link(rel="preload", href=FONT, custom_attrs={"as": "font", "type": "font/woff2", "crossOrigin": ""}),
        rx.el.script(src="/keys.js", defer=True),
        rx.el.script(src="/upload.js", defer=True),
    ]


def app_options() -> dict[str, Any]:
    """Arguments for `rx.App`: ``rx.App(**app_options(), ...)``."""
    return {
        "stylesheets": STYLESHEETS,
        "reset_style": False,
        "head_components": head(),
        "toaster": toaster(),
        "app_wraps": trouble.wraps(),
        "html_lang": "en",
    }
