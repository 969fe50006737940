"""The icons: one path each on a 16 px grid, drawn with the stroke of assets/ui.css. Names are by meaning, not by shape.

Every page carries the sprite once (`sprite()`, written by the layout); `icon()` points into it, so a name may be a var.
"""

from __future__ import annotations

import reflex as rx
from reflex.components.component import field
from reflex.vars.base import Var
from reflex_components_core.el.elements.base import BaseHTML

PATHS: dict[str, str] = {
    "alert": "M8 2.2l6.4 11.3H1.6zM8 6.4v3.3M8 11.5v.1",
    "arrow": "M2.8 8h10.2M9.2 4.2L13 8l-3.8 3.8",
    "attach": "M13 7.6l-5 5a3 3 0 0 1-4.3-4.3l5.3-5.3a2 2 0 0 1 2.9 2.9l-5.3 5.2a1 1 0 0 1-1.4-1.4l4.7-4.7",
    "bell": "M4 11.2V7a4 4 0 0 1 8 0v4.2l1.2 1.2H2.8zM6.6 14.2h2.8",
    "calculated": "M3.4 5.9h9.2M3.4 10.1h9.2",
    "calendar": "M2.5 3.6h11v10h-11zM2.5 6.9h11M5.3 2v2.8M10.7 2v2.8",
    "chart": "M2.2 13.6h11.6M4.4 11V8.2M8 11V3.6M11.6 11V6.4",
    "check": "M3.2 8.4l3.2 3.2 6.4-7",
    "clock": "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.7V8l2.3 1.5",
    "close": "M4 4l8 8M12 4l-8 8",
    "columns": "M2.3 3h11.4v10H2.3zM6.1 3v10M9.9 3v10",
    "down": "M4.2 6.2L8 10l3.8-3.8",
    "download": "M8 2.4v7.4M5 7l3 3 3-3M2.8 13.4h10.4",
    "estimated": "M2.4 9.3c1.5-2.9 3.5-2.9 5.6-1.3s4.1 1.6 5.6-1.3",
    "eye": (
        "M1.6 8S4 3.6 8 3.6 14.4 8 14.4 8 12 12.4 8 12.4 1.6 8 1.6 8zM8 6.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z"
    ),
    "file": "M4 1.8h5.2L12.2 5v9.2H4zM9 1.8V5.2h3.2",
    "filter": "M2.4 4h11.2M4.6 8h6.8M6.8 12h2.4",
    "flag": "M3.6 14.2V2.4h8.8L10.7 5.2l1.7 2.8H3.6",
    "gear": "M8 1.7l5.5 3.15v6.3L8 14.3l-5.5-3.15v-6.3zM8 5.9a2.1 2.1 0 1 1 0 4.2 2.1 2.1 0 0 1 0-4.2z",
    "grid": "M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z",
    "help": "M2.3 3h11.4v8.2H7.4L4.4 13.7v-2.5H2.3zM5.5 6h5M5.5 8.4h3",
    "invoice": "M3.5 1.8h9v12.4l-1.5-1-1.5 1-1.5-1-1.5 1-1.5-1-1.5 1zM6 5.3h4M6 8.3h4",
    "key": "M5.3 7.4a3.1 3.1 0 1 1 0 6.2 3.1 3.1 0 0 1 0-6.2zM7.6 8.3l5.9-5.9M11 5l1.9 1.9",
    "keyboard": "M1.8 4h12.4v8H1.8zM4.4 6.8v.1M6.8 6.8v.1M9.2 6.8v.1M11.6 6.8v.1M5 9.4h6",
    "left": "M9.8 4.2L6 8l3.8 3.8",
    "link": (
        "M6.8 9.2a2.4 2.4 0 0 0 3.4 0l2.4-2.4a2.4 2.4 0 0 0-3.4-3.4l-.9.9"
        "M9.2 6.8a2.4 2.4 0 0 0-3.4 0L3.4 9.2a2.4 2.4 0 0 0 3.4 3.4l.9-.9"
    ),
    "lock": "M3.5 7.2h9v6.3h-9zM5.6 7.2V5a2.4 2.4 0 0 1 4.8 0v2.2",
    "match": "M2 4.5h3l6 7h3M2 11.5h3l1.6-1.9M9.4 6.4L11 4.5h3",
    "minus": "M3 8h10",
    "moon": "M13.4 9.6A5.7 5.7 0 0 1 6.4 2.6a5.7 5.7 0 1 0 7 7z",
    "more": "M3.5 8v.1M8 8v.1M12.5 8v.1",
    "ok": "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM5.3 8.2l1.9 1.9 3.5-3.9",
    "out": "M6.4 2.8H3v10.4h3.4M10 5.2L12.8 8 10 10.8M12.8 8H6.4",
    "over": "M4.6 4.6l6.6 6.6M5.8 11.4h5.6V5.8",
    "overview": "M2.5 2.5H7v6H2.5zM9 2.5h4.5V6H9zM9 8h4.5v5.5H9zM2.5 10.5H7v3H2.5z",
    "person": "M8 2.6a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2zM3 13.4c.5-2.6 2.3-3.8 5-3.8s4.5 1.2 5 3.8",
    "plug": "M6 1.8v3.4M10 1.8v3.4M3.8 5.2h8.4v2.6a4.2 4.2 0 0 1-8.4 0zM8 12v2.4",
    "plus": "M8 3v10M3 8h10",
    "refresh": "M13.1 8a5.1 5.1 0 1 1-1.6-3.7M13.3 2v3h-3",
    "right": "M6.2 4.2L10 8l-3.8 3.8",
    "rules": (
        "M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6M10 2.9a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2z"
        "M6 9.9a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2z"
    ),
    "screen": "M2.2 3.2h11.6v7.6H2.2zM5.6 13.4h4.8M8 10.8v2.6",
    "search": "M7 2.6a4.4 4.4 0 1 1 0 8.8 4.4 4.4 0 0 1 0-8.8zM10.2 10.2l3.4 3.4",
    "sort": "M5.2 6.2L8 3.4l2.8 2.8M5.2 9.8L8 12.6l2.8-2.8",
    "stop": "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.9v3.6M8 10.9v.1",
    "sun": (
        "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM8 1.6v1.2M8 13.2v1.2M1.6 8h1.2M13.2 8h1.2"
        "M3.5 3.5l.8.8M11.7 11.7l.8.8M12.5 3.5l-.8.8M4.3 11.7l-.8.8"
    ),
    "unaccounted": (
        "M8 2a6 6 0 0 1 3 .8M13.2 5a6 6 0 0 1 .8 3M13.6 10.2A6 6 0 0 1 11.5 12.9M9 13.9a6 6 0 0 1-3.5-.5"
        "M3.4 11.9A6 6 0 0 1 2.1 9M2.3 6A6 6 0 0 1 4.2 3.4"
    ),
    "under": "M4.6 11.4l6.6-6.6M5.8 4.6h5.6v5.6",
    "undo": "M5.6 2.9L2.5 6l3.1 3.1M2.5 6h6.7a3.9 3.9 0 0 1 0 7.8H6",
    "unmapped": (
        "M7.2 4.6l1-1a2.9 2.9 0 0 1 4.1 4.1l-1 1M8.8 11.4l-1 1a2.9 2.9 0 0 1-4.1-4.1l1-1M3.2 3.2l2 2M12.8 12.8l-2-2"
    ),
    "up": "M4.2 9.8L8 6l3.8 3.8",
    "upload": "M8 10.2V2.8M5 5.6l3-3 3 3M2.8 13.4h10.4",
    "users": (
        "M6 3a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM1.6 13.3c.4-2.5 2-3.6 4.4-3.6s4 1.1 4.4 3.6"
        "M10.6 3.2a2.4 2.4 0 0 1 0 4.6M12 9.9c1.4.4 2.2 1.5 2.5 3.4"
    ),
}


class Use(BaseHTML):
    """`<use>`, which Reflex has no element for."""

    tag = "use"
    href: Var[str] = field(doc="The symbol's address, such as `#i-check`.")


class Symbol(BaseHTML):
    """`<symbol>`, which Reflex has no element for."""

    tag = "symbol"
    view_box: Var[str] = field(doc="The symbol's own coordinates.")


def icon(name: str | Var[str], size: int = 16, class_name: str = "") -> rx.Component:
    """One icon of 16, 14 or 12 px, hidden from screen readers: a word stands beside it, or `aria_label` on its button.

    Raises KeyError for a plain name that is not in PATHS; a var is not checked.
    """
    if isinstance(name, str) and name not in PATHS:
        raise KeyError(f"No icon is called {name!r}")
    reference: str | Var[str] = f"#i-{name}" if isinstance(name, str) else "#i-" + name.to(str)
    classes = " ".join(part for part in ("i", "" if size == 16 else f"i-{size}", class_name) if part)
    return rx.el.svg(Use.create(href=reference), view_box="0 0 16 16", aria_hidden="true", class_name=classes)


def sprite() -> rx.Component:
    """All icons as symbols, invisible. Once a page."""
    symbols = [Symbol.create(rx.el.path(d=path), id=f"i-{name}", view_box="0 0 16 16") for name, path in PATHS.items()]
    return rx.el.svg(*symbols, class_name="sprite", aria_hidden="true")


def sprite_markup() -> str:
    """The sprite as HTML, for pages that the server renders itself."""
    symbols = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 16 16"><path d="{path}"/></symbol>' for name, path in PATHS.items()
    )
    return f'<svg class="sprite" aria-hidden="true">{symbols}</svg>'
