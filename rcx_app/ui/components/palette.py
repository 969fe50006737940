"""The command palette (Ctrl or Cmd K): pages, what this page's keys do, and clients by name. Opened by the browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from rcx_app.ui.components.icons import icon as draw
from rcx_app.ui.components.text import Text, link


def palette(pages: Sequence[tuple[str, str, str]], *, hits: Any, on_find: Any) -> rx.Component:
    """The palette's dialog, once a page.

    pages: (words, address, icon). hits: var of a list with `name`, `detail`, `href`; on_find: handler of the text,
    told 200 ms after the last key. The page's own acts are added by the browser from the keys it declares.
    """
    return rx.el.dialog(
        rx.el.label(
            draw("search"),
            rx.el.input(
                type="text",
                role="combobox",
                placeholder="Find a client or a page, or do something",
                aria_label="Find or do",
                aria_expanded=True,
                aria_controls="palette-list",
                auto_complete="off",
                data_autofocus="",
                on_change=on_find.debounce(200),
            ),
            rx.el.kbd("Esc", aria_hidden="true"),
            class_name="ask",
        ),
        rx.el.div(
            _group("Clients", rx.foreach(hits, _hit)),
            _group("Pages", *(_page(*page) for page in pages)),
            _group("On this page", rx.el.div(data_palette_actions="", role="presentation")),
            id="palette-list",
            class_name="list",
            role="listbox",
            aria_label="Found",
        ),
        rx.el.p("Nothing is called that.", class_name="none", role="status", data_nothing="", hidden=True),
        id="palette",
        class_name="dialog palette",
        aria_label="Find or do",
        data_local="",
    )


def _group(title: Text, *options: Any) -> rx.Component:
    return rx.el.div(rx.el.div(title, class_name="grp", role="presentation"), *options, role="group", aria_label=title)


def _page(text: str, href: str, icon: str) -> rx.Component:
    return link(
        draw(icon), rx.el.span(text), href=href, role="option", aria_selected="false", class_name="opt", tab_index=-1
    )


def _hit(hit: Any) -> rx.Component:
    return link(
        draw("person"),
        rx.el.span(hit.name),
        rx.el.span(hit.detail, class_name="push faint t12"),
        href=hit.href,
        role="option",
        aria_selected="false",
        class_name="opt",
        tab_index=-1,
        data_found="",
        key=hit.href,
    )
