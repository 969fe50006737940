"""Tabs and segments. Both are links, as the URL holds the view; the current one carries `aria-current`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.vars.number import NumberVar

from rcx_app.ui.components.numbers import grouped
from rcx_app.ui.components.text import Text, link


@dataclass(frozen=True, slots=True)
class Tab:
    """One view: its words, its address, whether it is the current one (bool or var), its count (None: no count;
    a number is grouped: 10,155).

    `is_shown`: a var where it isn't there for everybody.
    """

    label: Text
    href: Text
    current: Any
    count: Any = None
    is_shown: Any = True


def tabs(*items: Tab, label: str, end: Any = None) -> rx.Component:
    """A row of views under a page's title."""
    side = [rx.el.span(class_name="push"), end] if end is not None else []
    return rx.el.nav(*(_link(tab) for tab in items), *side, class_name="tabs", aria_label=label)


def segments(*items: Tab, label: str) -> rx.Component:
    """Two or three ways to look at the same page, beside its title."""
    return rx.el.nav(*(_link(tab) for tab in items), class_name="seg", aria_label=label)


def _link(tab: Tab) -> rx.Component:
    count = grouped(tab.count) if isinstance(tab.count, NumberVar) else tab.count
    number = [rx.el.span(count, class_name="n")] if count is not None else []
    drawn = link(tab.label, *number, href=tab.href, aria_current=rx.cond(tab.current, "page", None))
    return drawn if tab.is_shown is True else rx.cond(tab.is_shown, drawn, rx.fragment())
