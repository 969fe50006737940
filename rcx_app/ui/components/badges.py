"""Words with a meaning colour: badges, kinds, states, dots, avatars. Never colour alone: each has its word."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx
from reflex.vars.base import Var

from rcx_app.ui.components.icons import icon as draw
from rcx_app.ui.components.text import Text, classes, hidden

Tone = Literal["", "ok", "under", "over", "fail", "acc"]


def badge(text: Text, tone: Tone | Var[str] = "", icon: Text = "") -> rx.Component:
    """A small filled label."""
    return rx.el.span(*_icon(icon), text, class_name=classes("badge", tone))


def tag(text: Text, icon: Text) -> rx.Component:
    """A finding's kind: the icon, and the word where there is room (`.review` hides it on narrow screens)."""
    return rx.el.span(draw(icon, 14), rx.el.span(text, class_name="word"), class_name="tag", title=text)


def dot(tone: Tone | Literal["hollow"] | Var[str] = "") -> rx.Component:
    """A coloured dot. Put its word beside it."""
    return rx.el.span(class_name=classes("dot", tone), aria_hidden="true")


def status(text: Text, *, tone: Tone | Var[str] = "", icon: Text = "", mark: Any = None) -> rx.Component:
    """A state in a row: an icon, a dot (`mark=dot("hollow")`) or an avatar, then the word."""
    before = [mark] if mark is not None else _icon(icon)
    return rx.el.span(*before, rx.el.span(text), class_name=classes("st", tone))


def avatar(initials: Text, name: Text = "", *, small: bool = False) -> rx.Component:
    """A person's initials. Without `name` it is decoration beside the written name."""
    look = classes("avatar", "sm" if small else "")
    if isinstance(name, Var) or name:
        return rx.el.span(initials, role="img", aria_label=name, class_name=look)
    return rx.el.span(initials, aria_hidden="true", class_name=look)


def count(number: Any, word: Text = "") -> rx.Component:
    """A quiet number beside a word, as in tabs."""
    return rx.el.span(number, *([hidden(word)] if isinstance(word, Var) or word else []), class_name="n")


def _icon(name: Text) -> list[rx.Component]:
    if isinstance(name, Var):
        return [rx.cond(name != "", draw(name, 14), rx.fragment())]
    return [draw(name, 14)] if name else []
