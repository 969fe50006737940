"""Menus and pop-up panels over the browser's own popover: the trigger and its menu stand side by side in the markup."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars.base import Var

from rcx_app.ui.components.controls import cap, key_props
from rcx_app.ui.components.icons import icon as draw
from rcx_app.ui.components.text import Text, classes, link


def menu(trigger: rx.Component, *items: Any, label: Text) -> rx.Component:
    """A menu. `trigger` is a `button(..., **menu_trigger())`; the arrows, Home, End and Escape work by themselves."""
    return rx.fragment(
        trigger, rx.el.div(*items, role="menu", aria_label=label, class_name="menu", custom_attrs=_popover())
    )


def popup(trigger: rx.Component, *children: Any, label: Text) -> rx.Component:
    """A small panel with fields. `trigger` is a `button(..., **menu_trigger("dialog"))`."""
    return rx.fragment(
        trigger,
        rx.el.div(*children, role="dialog", aria_label=label, class_name="menu padded", custom_attrs=_popover()),
    )


def menu_trigger(opens: str = "menu") -> dict[str, Any]:
    """The attributes that make a button open the menu after it."""
    return {"data_menu": "", "aria_haspopup": opens}


def item(
    text: Text,
    *,
    on_click: Any = None,
    href: Text = "",
    icon: str = "",
    key: str = "",
    key_label: str = "",
    danger: bool = False,
    end: Any = None,
    **props: Any,
) -> rx.Component:
    """One act, or one link when `href` is given. `key_label`: what the list of keys says, if not the text."""
    inner = (
        *([draw(icon)] if icon else []),
        rx.el.span(text),
        *([rx.el.span(end, class_name="push faint")] if end is not None else []),
        *([cap(key)] if key else []),
    )
    look = "danger" if danger else ""
    if isinstance(href, Var) or href:
        return link(*inner, href=href, role="menuitem", tab_index=-1, class_name=look, **props)
    return rx.el.button(
        *inner,
        type="button",
        role="menuitem",
        tab_index=-1,
        on_click=on_click,
        class_name=look,
        **key_props(key, key_label),
        **props,
    )


def option(text: Text, *, checked: Any, on_click: Any, several: bool = False, end: Any = None) -> rx.Component:
    """A choice with a tick: one of a set, or with `several` any of a set (the menu then stays open)."""
    role = "menuitemcheckbox" if several else "menuitemradio"
    stay = {"data_stay": ""} if several else {}
    return rx.el.button(
        draw("check", 14, "tick"),
        rx.el.span(text),
        *([rx.el.span(end, class_name="push faint num")] if end is not None else []),
        type="button",
        role=role,
        tab_index=-1,
        aria_checked=rx.cond(checked, "true", "false") if isinstance(checked, Var) else str(bool(checked)).lower(),
        on_click=on_click,
        **stay,
    )


def separator() -> rx.Component:
    """A line between groups of items."""
    return rx.el.div(role="separator")


def title(name: Text, detail: Text = "", class_name: str = "") -> rx.Component:
    """Words at a menu's top that are no item: who is signed in."""
    return rx.el.div(rx.el.b(name), detail, class_name=classes("title", class_name), role="presentation")


def _popover() -> dict[str, str]:
    """A dictionary of its own each time: Reflex writes an element's aria attributes into the one it is given."""
    return {"popover": "auto"}
