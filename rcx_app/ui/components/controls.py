"""Buttons, key caps and form fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx
from reflex.vars.base import Var

from rcx_app.ui.components.icons import icon as draw
from rcx_app.ui.components.text import Flag, Text, classes

Kind = Literal["", "primary", "ghost", "danger"]
_WORDS = {"mod": "Ctrl", "shift": "Shift", "alt": "Alt", "escape": "Esc", "enter": "Enter", "space": "Space"}


def key_text(key: str) -> str:
    """A declared key for people: `shift+a` as ``Shift A``."""
    parts = key.split()[0].split("+") if key else []
    return " ".join(_WORDS.get(part, part.upper() if len(part) == 1 else part) for part in parts)


def cap(key: str) -> rx.Component:
    """A key cap, hidden from screen readers (the button carries `aria-keyshortcuts`)."""
    return rx.el.kbd(key_text(key), aria_hidden="true")


def key_props(key: str, label: str = "") -> dict[str, Any]:
    """The attributes by which an element answers a key. See `rcx_app.ui.components.keys`."""
    if not key:
        return {}
    shortcut = key.split()[0].replace("mod+", "Control+").replace("shift+", "Shift+")
    named = {"data_key_label": label} if label else {}
    return {"data_key": key, "aria_keyshortcuts": shortcut, **named}


def button(
    *children: Any,
    kind: Kind = "",
    icon: str = "",
    key: str = "",
    key_label: str = "",
    size: Literal["", "tight", "lg"] = "",
    show_key: bool = True,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """A button. One `primary` a region; name money acts by their effect.

    `key` (`"a"`, `"shift+a"`, `"/"`, `"mod+enter"`) makes the key press it and shows the cap; `key_label` is what the
    list of keys says where the button's own words do not do.
    """
    props.setdefault("type", "button")
    return rx.el.button(
        *([draw(icon, 14)] if icon else []),
        *children,
        *([cap(key)] if key and show_key else []),
        class_name=classes("btn", kind, size, class_name),
        **key_props(key, key_label),
        **props,
    )


def icon_button(name: str, label: Text, *, key: str = "", class_name: str = "", **props: Any) -> rx.Component:
    """A square button that shows only an icon; `label` is its name and its hover text."""
    props.setdefault("type", "button")
    props.setdefault("title", label)
    return rx.el.button(
        draw(name), aria_label=label, class_name=classes("btn ghost icon", class_name), **key_props(key), **props
    )


def checkbox(
    label: Text, checked: Flag, on_change: Any, *, mixed: Flag = False, key: str = "", **props: Any
) -> rx.Component:
    """A check box named by `label` only (no words beside it): rows and table heads. `mixed` shows the dash."""
    return rx.el.input(
        type="checkbox",
        checked=checked,
        on_change=on_change,
        aria_label=label,
        data_mixed=mixed,
        class_name="check",
        **key_props(key, "Select the row" if key else ""),
        **props,
    )


def choice(text: Text, checked: Flag, on_change: Any, **props: Any) -> rx.Component:
    """A check box with its words beside it."""
    return rx.el.label(
        rx.el.input(type="checkbox", checked=checked, on_change=on_change, class_name="check", **props),
        rx.el.span(text),
        class_name="choice",
    )


def text_input(*, label: Text = "", large: bool = False, invalid: Flag = False, **props: Any) -> rx.Component:
    """A text field. Give `label` only where no `<label>` names it (a `field` does).

    What is typed belongs to the browser: give `default_value`, and `data_value` where the field follows the server
    while nobody types. ValueError for a `value` that each change asks the server for: a late answer takes letters back.
    """
    if {"value", "on_change"} <= props.keys():
        raise ValueError("A text field whose value comes back from the server loses letters; give default_value.")
    named = {"aria_label": label} if label else {}
    return rx.el.input(class_name=classes("input", "lg" if large else ""), aria_invalid=invalid, **named, **props)


def select(
    options: Sequence[tuple[str, str]] | Var[Any],
    value: Text,
    on_change: Any,
    *,
    label: Text,
    large: bool = False,
    **props: Any,
) -> rx.Component:
    """The browser's own select: (value, words) pairs, or a var of a list of objects with `value` and `label`."""
    if isinstance(options, Var):
        drawn: Any = rx.foreach(options, lambda item: rx.el.option(item.label, value=item.value, key=item.value))
    else:
        drawn = rx.fragment(*(rx.el.option(words, value=plain) for plain, words in options))
    return rx.el.select(
        drawn,
        value=value,
        on_change=on_change,
        aria_label=label,
        class_name=classes("input", "lg" if large else ""),
        **props,
    )


def field(label: Text, control: rx.Component, *, field_id: str, hint: Text = "", wrong: Text = "") -> rx.Component:
    """A labelled form field. Give `control` the same `id=field_id`; `wrong` is the message shown under it, if any."""
    notes: list[rx.Component] = []
    if isinstance(hint, Var) or hint:
        notes.append(rx.el.span(hint, class_name="hint", id=f"{field_id}-hint"))
    if isinstance(wrong, Var):
        notes.append(rx.cond(wrong != "", rx.el.span(wrong, class_name="wrong", role="alert"), rx.fragment()))
    elif wrong:
        notes.append(rx.el.span(wrong, class_name="wrong", role="alert"))
    return rx.el.div(rx.el.label(label, html_for=field_id), control, *notes, class_name="field")
