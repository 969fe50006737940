"""The markup of columns, saved views and exports, for the end of a list's filter bar."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.views.schemas import LISTS
from rcx_app.ui.components.controls import button, choice, field, icon_button, text_input
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.menu import item, menu, menu_trigger, option, separator, title
from rcx_app.ui.components.text import hidden, outward
from rcx_app.ui.pages.billing.looks.rows import WORDS, ViewLine
from rcx_app.ui.pages.billing.looks.state import LooksState as State


def looks(page: str, query: Any, csv: Any, *, total: Any = "") -> tuple[rx.Component, ...]:
    """Views, columns and export of a list. `query`: var of what its address asks; `csv`: the address of its export."""
    return (_views(page, query), _columns(page), _export(csv, total))


def hides(page: str) -> Any:
    """The classes that leave out what nobody wants to see, for what stands around the table."""
    return State.hides[page]


def views_dialog() -> rx.Component:
    """The dialog over the list, while it is open. Once on every page with `looks`."""
    return rx.cond(State.editing != "", _dialog(), rx.fragment())


def _views(page: str, query: Any) -> rx.Component:
    trigger = rx.el.button(
        icon("filter", 14), rx.el.span("Views", class_name="word"), type="button", class_name="btn ghost",
        title="Saved views of this list", **menu_trigger(),
    )  # fmt: skip
    lines = State.lists[page].to(list[ViewLine])
    return menu(
        trigger,
        rx.cond(lines.length() > 0, rx.fragment(), title("No saved views yet")),
        rx.foreach(lines, lambda line: item(line.name, href=line.href, end=line.end)),
        separator(),
        item("Save or change views", icon="plus", on_click=State.edit(page, query)),
        label="Saved views",
    )


def _columns(page: str) -> rx.Component:
    shown = State.shown[page].to(dict[str, bool])

    def one(name: str) -> rx.Component:
        drawn = option(WORDS[name], checked=shown[name], on_click=State.toggle(page, name), several=True)
        return rx.cond(State.quote != "", drawn, rx.fragment()) if name == "display" else drawn

    trigger = rx.el.button(
        icon("columns", 14), hidden("Columns"), type="button", class_name="btn ghost icon", title="Columns",
        **menu_trigger(),
    )  # fmt: skip
    return menu(
        trigger,
        *(one(name) for name in LISTS[page]),
        separator(),
        item("As the list has them", icon="undo", on_click=State.own_columns(page)),
        label="Columns",
    )


def _export(csv: Any, total: Any) -> rx.Component:
    trigger = rx.el.button(
        icon("download", 14), rx.el.span("Export", class_name="word"), rx.el.span(total, class_name="wide-only num"),
        type="button", class_name="btn ghost", title="All that is filtered here, in its order, with these columns",
        **menu_trigger(),
    )  # fmt: skip

    def one(words: str, href: Any) -> rx.Component:
        return outward(icon("file"), rx.el.span(words), href=href, role="menuitem", tab_index=-1, download=True)

    xlsx = csv.to(str).replace(".csv", ".xlsx") if isinstance(csv, rx.Var) else str(csv).replace(".csv", ".xlsx")
    return menu(trigger, one("CSV", csv), one("Excel", xlsx), label="Export")


def _dialog() -> rx.Component:
    form = rx.el.form(
        field(
            "Save what the list shows now as",
            text_input(id="view-name", name="name", max_length=60, auto_complete="off", data_autofocus=""),
            field_id="view-name",
            hint="Filters and order; whoever opens it sees what fits them then.",
            wrong=State.wrong,
        ),
        rx.el.div(
            rx.cond(
                State.may_review,
                rx.el.label(
                    rx.el.input(type="checkbox", name="shared", class_name="check"),
                    rx.el.span("For everybody in the workspace"),
                    class_name="choice",
                ),
                rx.fragment(),
            ),
            rx.el.span(class_name="push"),
            button("Save view", kind="primary", type="submit"),
            class_name="row",
        ),
        on_submit=State.save,
        class_name="views-form",
    )
    own = rx.cond(
        State.own.length() > 0,
        rx.el.section(
            rx.el.h3("Your views of this list"),
            rx.el.ul(rx.foreach(State.own, _own), class_name="views-own"),
        ),
        rx.fragment(),
    )
    return dialog("Saved views", form, own, on_close=State.close)


def _own(line: rx.Var[ViewLine]) -> rx.Component:
    return rx.el.li(
        text_input(
            label="Name of the view", default_value=line.name, max_length=60,
            on_blur=lambda value: State.rename(line.id, value),
        ),
        rx.cond(
            State.may_review,
            choice("Shared", line.is_shared, State.share(line.id, ~line.is_shared)),
            rx.fragment(),
        ),
        icon_button("close", "Delete " + line.name, on_click=State.delete(line.id)),
        key=line.id,
    )  # fmt: skip
