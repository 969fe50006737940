"""The row of large numbers at a page's top, each a link to its filtered list where one exists."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars.base import Var

from rcx_app.ui.components.icons import icon as draw
from rcx_app.ui.components.numbers import currency, meter
from rcx_app.ui.components.text import Text, classes, link


def stats(*numbers: rx.Component, label: str, small: bool = False) -> rx.Component:
    """Numbers side by side between hairlines."""
    return rx.el.div(*numbers, class_name=classes("stats", "small" if small else ""), role="group", aria_label=label)


def _detail(detail: Any) -> rx.Component:
    """In two lines at most; all of it when pointed at."""
    whole = {"title": detail} if isinstance(detail, (str, Var)) else {}
    return rx.el.div(detail, class_name="d", **whole)


def stat(
    label: Text,
    value: Any,
    detail: Any = "",
    *,
    code: Text = "",
    href: Text = "",
    icon: str = "",
    tone: str = "",
    percent: Any = None,
    percent_label: Text = "",
) -> rx.Component:
    """One number: a quiet label, the value with its currency, a detail or a bar of `percent`."""
    suffix = [currency(code)] if isinstance(code, Var) or code else []
    under = meter(percent, tone="ok", label=percent_label, class_name="stat-bar") if percent is not None else None
    inner = (
        rx.el.span(*([draw(icon)] if icon else []), label, class_name=classes("k", tone)),
        rx.el.span(value, *suffix, class_name="v"),
        under if under is not None else _detail(detail),
    )
    return link(*inner, href=href) if isinstance(href, Var) or href else rx.el.div(*inner)
