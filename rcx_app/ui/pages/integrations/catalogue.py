"""The catalogue: every connector as a card, the PSAs apart from what clients use, and files as a way of their own."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge, status
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import empty, live, problem, skeleton_lines
from rcx_app.ui.components.filters import filter_bar, search_field
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import section
from rcx_app.ui.pages.integrations.about_rows import CardRow
from rcx_app.ui.pages.integrations.catalogue_state import CatalogueState as State

_GRID = {"display": "grid", "gridTemplateColumns": "repeat(auto-fill, minmax(272px, 1fr))", "gap": "12px"}
_CARD = {
    "border": "1px solid var(--line-strong)",
    "borderRadius": "var(--r)",
    "padding": "12px",
    "display": "flex",
    "flexDirection": "column",
    "gap": "6px",
}


def catalogue() -> rx.Component:
    return rx.fragment(
        filter_bar(
            search_field(State.find, State.search, label="Find a vendor or a kind of system", key="/", grow=True)
        ),
        live(State.shown.to_string() + " connectors shown"),
        rx.el.div(
            rx.cond(
                State.problem != "",
                rx.el.div(problem(State.problem, State.remedy, State.again), class_name="section"),
                rx.cond(State.is_loaded, _cards(), rx.el.div(skeleton_lines(6), class_name="section")),
            ),
            class_name="scroll",
            role="region",
            tab_index=0,
            aria_label="Catalogue, scrollable",
            data_keep_scroll="catalogue",
        ),
    )


def _cards() -> rx.Component:
    return rx.cond(
        State.shown > 0,
        rx.fragment(
            rx.cond(State.psa.length() > 0, section("PSA: what you bill", _grid(State.psa)), rx.fragment()),
            rx.cond(State.usage.length() > 0, section("Usage: what clients have", _grid(State.usage)), rx.fragment()),
            rx.cond(State.find == "", section("Anything else", rx.el.ul(_files(), style=_GRID)), rx.fragment()),
        ),
        rx.fragment(_nothing(), section("Anything else", rx.el.ul(_files(), style=_GRID))),
    )


def _grid(cards: Any) -> rx.Component:
    return rx.el.ul(rx.foreach(cards, lambda row: connector_card(row=row, key=row.id)), style=_GRID)


@rx.memo
def connector_card(row: rx.Var[CardRow], rest: rx.RestProp) -> rx.Component:
    drawn = rx.el.li(
        rx.el.div(
            rx.el.h3(link(row.name, href=row.href, class_name="linked t14")),
            badge(row.category),
            class_name="row wrap",
        ),
        rx.el.p(row.summary),
        rx.el.div(
            rx.el.p(row.reads),
            rx.el.p(row.writes),
            rx.el.p(row.proof, title=row.proof_title),
            rx.cond(row.connected != "", status(row.connected, icon="ok", tone="ok"), rx.fragment()),
            class_name="t12 muted stack stack-1",
            style={"marginTop": "auto", "paddingTop": "4px"},
        ),
        style=_CARD,
    )
    return rx.fragment(drawn, rest)


def _files() -> rx.Component:
    """Files lead to the import wizard."""
    choose = button("Choose files", icon="upload", size="tight", data_upload_pick="")
    return rx.el.li(
        rx.el.div(rx.el.h3("Files", class_name="t14"), badge("CSV, XLSX"), class_name="row"),
        rx.el.p(
            "An export of any system, also of one that is not listed here. RCX shows what it recognised and remembers "
            "it for next month."
        ),
        rx.cond(
            State.may_import,
            rx.el.div(
                choose,
                link("Files so far", href=addresses.address(addresses.INTEGRATIONS, tab="files"), class_name="t12"),
                class_name="row row-3",
                style={"marginTop": "auto", "paddingTop": "4px"},
            ),
            rx.fragment(),
        ),
        style=_CARD,
    )


def _nothing() -> rx.Component:
    return empty(
        "No connector fits",
        rx.el.span("Nothing in the catalogue holds “", State.find, "”. Its export can be imported as a file."),
        button("Show all connectors", on_click=State.search("")),
    )  # fmt: skip
