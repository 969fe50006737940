"""Advanced configuration at /integrations/configuration: one table of all that can be set up, and bulk acts on it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button, checkbox, field, text_input
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import empty, problem
from rcx_app.ui.components.filters import filter_bar, filter_menu, search_field
from rcx_app.ui.components.panel import pane
from rcx_app.ui.components.selection import selection_bar
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.configuration.rows import KINDS, ConfigLine
from rcx_app.ui.pages.configuration.state import TABS
from rcx_app.ui.pages.configuration.state import ConfigurationRowsState as Rows
from rcx_app.ui.pages.configuration.state import ConfigurationState as State


def _all() -> rx.Component:
    some, every = State.selected.length() > 0, State.selected.length() == Rows.last_number
    return checkbox("Select all rows shown", some, lambda _: Rows.select_shown(), mixed=some & ~every, key="shift+x")


COLUMNS = (
    Column(width="36px", label_hidden="Select", drawn=_all),
    Column("Account, service or line", "name"),
    Column("What", width="110px"),
    Column("Integration", "integration", width="170px"),
    Column("In use", "units", numeric=True, width="110px"),
    Column("Stands", width="180px"),
    Column("Client, rule or reason", width="240px"),
)


def configuration() -> rx.Component:
    return page(
        pane(
            page_head("Advanced configuration", sub="All accounts, services and billing lines, over all integrations"),
            tabs(
                *(
                    Tab(
                        said,
                        addresses.address(addresses.CONFIGURATION, status=name),
                        State.asked["status"] == name,
                        State.by_status[name],
                    )
                    for name, said in TABS
                ),
                label="Where things stand",
            ),
            _filters(),
            rx.cond(
                State.problem != "",
                rx.el.div(problem(State.problem, State.remedy, Rows.clear), class_name="section grow"),
                _table(),
            ),
            _selection(),
            label="Advanced configuration",
        ),
        rx.cond(State.dialog == "exclude", _exclude(), rx.fragment()),
        active="integrations",
        title="Advanced configuration",
        crumbs=(("Integrations", addresses.INTEGRATIONS),),
        two_pane=True,
        on_jobs_done=Rows.load,
    )


def _filters() -> rx.Component:
    asked = State.asked
    return filter_bar(
        search_field(asked["find"], Rows.search, label="Find by name or code", key="/"),
        filter_menu(
            "What",
            asked["kind"],
            [(kind.value, label) for kind, label in KINDS.items()],
            lambda value: Rows.pick("kind", value),
            chosen_label=State.kind_name,
        ),
        filter_menu(
            "Integration",
            asked["integration"],
            State.integrations,
            lambda value: Rows.pick("integration", value),
            chosen_label=State.integration_name,
        ),
        rx.cond(State.is_filtered, button("Clear", kind="ghost", size="tight", on_click=Rows.clear), rx.fragment()),
    )


def _table() -> rx.Component:
    none = empty(
        "Nothing to set up yet",
        "Accounts and services appear here once an integration has been read.",
        link("To the integrations", href=addresses.INTEGRATIONS, class_name="btn"),
        page=True,
    )
    hidden_ones = empty(
        "Filters hide all " + State.in_all.to_string(),
        "None of them fits all the filters at once.",
        button("Clear filters", on_click=Rows.clear),
        page=True,
    )
    return table(
        COLUMNS,
        parts.joined(Rows),
        lambda row: config_row(
            row=row,
            selected=State.selected.contains(row.id),
            may_choose=State.may_rule & State.may_map,
            key=row.id,
        ),
        caption=State.caption,
        label="Accounts, services and lines",
        sort=State.asked["sort"],
        on_sort=Rows.sort_by,
        loading=State.is_busy | ~State.is_loaded,
        empty=rx.cond(State.in_all > 0, hidden_ones, none),
        foot=load_more(Rows.foot, Rows.more, has_more=Rows.has_more, roomy=True),
        look="fixed",
        keep_scroll="configuration",
    )


@rx.memo
def config_row(
    row: rx.Var[ConfigLine], selected: rx.Var[bool], may_choose: rx.Var[bool], rest: rx.RestProp
) -> rx.Component:
    """One account, SKU, product or line; its name leads to where it is set up."""
    select = checkbox("Select " + row.name, selected, lambda _: Rows.toggle(row.id), key="x")
    drawn = row_of(
        cell(rx.cond(may_choose, select, rx.fragment())),
        head_cell(
            link(row.name, href=row.href, data_enter=""),
            rx.cond(row.code != "", rx.el.span(" ", row.code, class_name="faint"), rx.fragment()),
            rx.cond(row.second != "", rx.el.span(row.second, class_name="second"), rx.fragment()),
            title=row.name,
        ),
        cell(row.kind, class_name="muted"),
        cell(row.integration, clip=True, title=row.integration),
        cell(row.units, numeric=True),
        cell(badge(row.state, row.tone)),
        cell(
            row.target,
            rx.cond(row.who != "", rx.el.span(row.who, class_name="second clip"), rx.fragment()),
            clip=True,
            title=row.title,
        ),
        row_id=row.id,
        selected=selected,
        class_name=rx.cond((row.second != "") | (row.who != ""), "tall", ""),
    )
    return rx.fragment(drawn, rest)


def _selection() -> rx.Component:
    """Both acts where they fit all of what is selected; what is mixed says so."""
    mixed = rx.el.span("Some are excluded already: select one sort", class_name="muted nowrap")
    return selection_bar(
        State.selected.length(),
        rx.cond(
            State.none_excluded,
            button("Exclude ", State.selected.length(), key="shift+e", on_click=Rows.ask_reason),
            rx.cond(
                State.only_excluded,
                button(
                    "Take in again ",
                    State.selected.length(),
                    key="shift+i",
                    on_click=Rows.include,
                    disabled=State.is_writing,
                ),
                mixed,
            ),
        ),
        on_clear=Rows.clear_selection,
    )


def _exclude() -> rx.Component:
    number: Any = State.selected.length()
    return dialog(
        "Leave out of comparisons",
        rx.el.p(
            "They take no part in findings and flags until they are taken in again. Nothing is deleted.",
            class_name="muted",
            style={"marginBottom": "12px"},
        ),
        field(
            "Why",
            text_input(
                id="why",
                default_value=State.reason,
                on_change=Rows.enter_reason,
                max_length=500,
                invalid=State.wrong != "",
                custom_attrs={"data-autofocus": ""},
            ),
            field_id="why",
            wrong=State.wrong,
        ),
        on_close=Rows.close,
        footer=rx.fragment(
            button("Cancel", on_click=Rows.close),
            button(
                "Exclude ",
                number,
                kind="primary",
                key="mod+enter",
                on_click=Rows.exclude,
                disabled=State.is_writing | (State.reason.strip() == ""),
            ),
        ),
    )


PAGE = Page(route=addresses.CONFIGURATION, title="Advanced configuration", build=configuration, on_load=(Rows.load,))
