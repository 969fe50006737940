"""What floats over the mapping page: the bulk preview, the reason for an exclusion, the search for another client."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.controls import button
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.icons import icon
from rcx_app.ui.pages.mapping.rows import BulkRow, Choice, HitRow
from rcx_app.ui.pages.mapping.state import MappingRowsState as Rows
from rcx_app.ui.pages.mapping.state import MappingState as State

_REASONS = ("Our own tenant", "Demo or test", "Left us", "Not billed to anyone")


def all_dialogs() -> rx.Component:
    return rx.match(
        State.dialog,
        ("bulk", _bulk()),
        ("exclude", _exclude()),
        ("snooze", _snooze()),
        ("search", _search()),
        rx.fragment(),
    )


def _wrong() -> rx.Component:
    return rx.cond(
        State.dialog_wrong != "",
        rx.el.p(State.dialog_wrong, class_name="fail", role="alert", style={"marginTop": "8px"}),
        rx.fragment(),
    )


def _bulk() -> rx.Component:
    listed = rx.el.table(
        rx.el.caption("What will be confirmed", class_name="vh"),
        rx.el.colgroup(
            rx.el.col(), rx.el.col(custom_attrs={"width": "110"}), rx.el.col(), rx.el.col(custom_attrs={"width": "56"})
        ),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Account", scope="col"),
                rx.el.th("Integration", scope="col"),
                rx.el.th("Client", scope="col"),
                rx.el.th("Conf.", scope="col", class_name="num"),
            )
        ),
        rx.el.tbody(rx.foreach(State.bulk, _bulk_row)),
        class_name="table fixed flush",
    )
    nothing = State.bulk.length() == 0
    return dialog(
        State.bulk_title,
        rx.cond(State.bulk_note != "", rx.el.p(State.bulk_note, class_name="muted"), rx.fragment()),
        _wrong(),
        rx.cond(nothing, rx.el.p("Nothing here is preselected, so there is nothing to confirm at once."), listed),
        on_close=Rows.close,
        footer=rx.fragment(
            button("Cancel", on_click=Rows.close),
            button(
                State.bulk_act,
                kind="primary",
                key="mod+enter",
                on_click=Rows.confirm_bulk,
                disabled=State.is_busy | nothing,
                custom_attrs={"data-autofocus": ""},
            ),
        ),
        wide=True,
    )


def _bulk_row(row: rx.Var[BulkRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.name, scope="row", class_name="c", title=row.name),
        rx.el.td(row.integration, class_name="c muted"),
        rx.el.td(row.client, class_name="c", title=row.client),
        rx.el.td(row.confidence, class_name="num"),
        key=row.id,
    )


def _exclude() -> rx.Component:
    """The reason is required: exclusions are listed with it."""
    return dialog(
        rx.cond(State.on_many, _selected("Exclude "), rx.fragment("Exclude ", State.hand.name)),
        rx.el.p("What belongs to no client is not counted. You can include it again at any time."),
        rx.el.form(
            rx.el.div(
                rx.el.label("Reason", html_for="reason"),
                rx.el.input(
                    id="reason",
                    name="reason",
                    class_name="input",
                    list="reasons",
                    max_length=500,
                    auto_complete="off",
                    placeholder="Our own tenant, a demo, ...",
                    custom_attrs={"data-autofocus": ""},
                ),
                rx.el.datalist(*(rx.el.option(value=reason) for reason in _REASONS), id="reasons"),
                class_name="field",
            ),
            _wrong(),
            rx.el.div(
                button("Cancel", on_click=Rows.close),
                button(rx.cond(State.on_many, "Exclude them", "Exclude this account"), kind="primary", type="submit"),
                class_name="row",
                style={"justifyContent": "flex-end", "marginTop": "16px"},
            ),
            on_submit=Rows.exclude,
            style={"marginTop": "12px"},
        ),
        on_close=Rows.close,
        label="Exclude",
    )


def _selected(act: str) -> rx.Component:
    number = State.selected.length()
    return rx.fragment(act, number, rx.cond(number == 1, " account", " accounts"))


def _snooze() -> rx.Component:
    """Enter puts off for a week; the arrows move to another day."""
    return dialog(
        rx.cond(State.on_many, _selected("Snooze "), rx.fragment("Snooze ", State.hand.name)),
        rx.el.form(
            rx.el.fieldset(
                rx.el.legend("It comes back by itself"),
                rx.foreach(State.snooze_days, _day),
                rx.el.div(
                    rx.el.label("or on", html_for="snooze-day"),
                    rx.el.input(id="snooze-day", name="day", type="date", class_name="input"),
                    class_name="row",
                    style={"marginTop": "8px"},
                ),
                class_name="field",
                style={"border": "0", "padding": "0"},
            ),
            _wrong(),
            rx.el.div(
                button("Cancel", on_click=Rows.close),
                button("Snooze", kind="primary", type="submit"),
                class_name="row",
                style={"justifyContent": "flex-end", "marginTop": "16px"},
            ),
            on_submit=Rows.snooze,
        ),
        on_close=Rows.close,
        label="Snooze",
    )


def _day(day: rx.Var[Choice]) -> rx.Component:
    is_first = day.value == State.snooze_first
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="until",
            value=day.value,
            default_checked=is_first,
            custom_attrs={"data-autofocus": rx.cond(is_first, "", rx.Var.create(None))},
        ),
        rx.el.span(day.label),
        rx.el.span(day.count, class_name="push muted num"),
        class_name="choice",
        key=day.value,
    )


def _search() -> rx.Component:
    """Enter maps to the first client found; the others are buttons."""
    return dialog(
        rx.fragment("Another client for ", State.hand.name),
        rx.el.form(
            rx.el.label(
                icon("search", 14),
                rx.el.input(
                    name="client",
                    type="text",
                    placeholder="Name or PSA id",
                    aria_label="Client",
                    auto_complete="off",
                    on_change=Rows.find.debounce(120),
                    custom_attrs={"data-autofocus": ""},
                ),
                class_name="search grow",
            ),
            on_submit=Rows.map_to_first,
        ),
        rx.cond(
            State.hits.length() > 0,
            rx.el.ul(rx.foreach(State.hits, _hit), class_name="hits"),
            rx.cond(
                State.sought != "",
                rx.el.p("No client is called so, and none has this PSA id.", class_name="muted", role="status"),
                rx.el.p("Enter maps this account to the first client found.", class_name="muted"),
            ),
        ),
        _wrong(),
        on_close=Rows.close,
        label="Another client",
    )


def _hit(hit: rx.Var[HitRow], index: rx.Var[int]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(hit.name, class_name="medium clip"),
            rx.el.span(hit.detail, class_name="second clip"),
            rx.cond(index == 0, rx.el.kbd("Enter", aria_hidden="true"), rx.fragment()),
            type="button",
            class_name="hit",
            on_click=Rows.map_to(hit.client_id),
        ),
        key=hit.client_id.to_string(),
    )
