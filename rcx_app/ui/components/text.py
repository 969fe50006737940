"""Small pieces of text markup shared by the parts: links, hidden words, times. Numbers are in numbers.py."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars.base import Var
from reflex_components_core.el.elements.inline import A
from reflex_components_core.react_router.dom import ReactRouterLink

Text = str | Var[str]
Flag = bool | Var[bool]


def classes(*parts: str | Var[str]) -> str | Var[str]:
    """Class names joined by spaces; empty plain ones are left out, so the result stays plain where it can."""
    plain = " ".join(part for part in parts if isinstance(part, str) and part)
    joined: str | Var[str] = plain
    for part in parts:
        if isinstance(part, Var):
            joined = (Var.create(joined).to(str) + " " + part.to(str)) if joined is not None else part
    return joined


def link(*children: Any, href: Text, **props: Any) -> rx.Component:
    """An `<a>` to a page of the app, followed without loading it anew (`rx.el.a` is the same)."""
    return ReactRouterLink.create(*children, to=href, **props)


def outward(*children: Any, href: Text, **props: Any) -> rx.Component:
    """An `<a>` that the browser follows itself: downloads, the server's own pages, other sites, places on this page."""
    return A.create(*children, href=href, **props)


def hidden(text: Text) -> rx.Component:
    """Words for screen readers only."""
    return rx.el.span(text, class_name="vh")


def when(iso: Text, *, shown: Text = "", class_name: str = "") -> rx.Component:
    """A moment told relative to now ("6 min ago", refreshed in the browser), exact on hover.

    `iso` is an aware UTC time in ISO 8601; `shown` is what stands there until the browser has counted, best the date.
    """
    words = shown if isinstance(shown, Var) or shown else iso
    return rx.el.time(words, custom_attrs={"dateTime": iso, "data-relative": ""}, class_name=class_name)
