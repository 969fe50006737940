"""The flagged page's markup: tabs by group of kinds, filters, and rows that lead to their line or seats."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import empty, problem
from rcx_app.ui.components.filters import filter_bar, filter_chip, filter_menu, search_field
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.panel import pane
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page
from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.head import CRUMB, billing_head, nothing_compared
from rcx_app.ui.pages.billing.looks.parts import hides, looks, views_dialog
from rcx_app.ui.pages.billing.looks.state import LooksState
from rcx_app.ui.pages.flagged.rows import FlagLine
from rcx_app.ui.pages.flagged.state import FlaggedRowsState as Rows
from rcx_app.ui.pages.flagged.state import FlaggedState as State

TABS = (
    ("", "All"),
    ("services", "Flagged services"),
    ("inactive", "Inactive seats"),
    ("duplicates", "Duplicate seats"),
    ("licences", "Licences and ghosts"),
)
COLUMNS = (
    Column("Client", width="232px"),
    Column("Kind", width="248px"),
    Column("Product or seat", width="152px"),
    Column("What is said"),
    Column("Integration", width="160px"),
)


def flagged() -> rx.Component:
    return page(
        pane(
            billing_head("flagged", rx.el.span("Worth a look, no verdicts", class_name="t12 muted")),
            views_dialog(),
            rx.cond(State.is_loaded & ~State.has_run & (State.problem == ""), nothing_compared(), _list()),
            label="Flags",
        ),
        active="billing",
        title="Flagged",
        crumbs=(CRUMB,),
        two_pane=True,
        on_jobs_done=Rows.load,
    )


def _list() -> rx.Component:
    asked = State.asked
    filters = filter_bar(
        search_field(asked["find"], Rows.search, label="Find", key="/"),
        rx.cond(
            asked["client"] != "",
            filter_chip("Client", rx.cond(State.client_name != "", State.client_name, "one"), Rows.pick("client", "")),
            rx.fragment(),
        ),
        _menu("Kind", "kind", State.kinds, State.kind_name),
        _menu("Integration", "integration", State.integrations, State.integration_name),
        rx.cond(State.is_filtered, button("Clear", kind="ghost", size="tight", on_click=Rows.clear), rx.fragment()),
        end=looks("flagged", asked, State.export_href),
    )
    return rx.fragment(
        tabs(
            *(
                Tab(said, addresses.address(addresses.FLAGGED, group=name), asked["group"] == name, State.counts[name])
                for name, said in TABS
            ),
            label="Groups of flags",
        ),
        filters,
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, Rows.clear), class_name="section"),
            _table(),
        ),
    )


def _menu(label: str, name: str, options: Any, chosen: Any) -> rx.Component:
    return filter_menu(label, State.asked[name], options, lambda value: Rows.pick(name, value), chosen_label=chosen)


def _table() -> rx.Component:
    hidden_ones = empty(
        "Filters hide " + State.in_group.to_string() + rx.cond(State.in_group == 1, " flag", " flags"),
        "None of this group fits all the filters at once.",
        button("Clear filters", on_click=Rows.clear),
        page=True,
    )
    none = empty(
        "Nothing flagged here",
        "The last run met no line and no seat of this sort.",
        link("To the findings", href=addresses.REVIEW, class_name="btn"),
        page=True,
    )
    return rx.el.div(
        table(
            COLUMNS,
            parts.joined(Rows),
            lambda row: flag_row(row=row, key=row.id),
            caption=State.caption,
            label="Flags",
            open_row="",
            loading=State.is_busy | ~State.is_loaded,
            empty=rx.cond(State.is_filtered & (State.in_group > 0), hidden_ones, none),
            foot=load_more(Rows.foot, Rows.more, has_more=Rows.has_more),
            look="fixed",
            keep_scroll="flagged",
        ),
        class_name="fill grow " + hides("flagged"),
    )


@rx.memo
def flag_row(row: rx.Var[FlagLine], rest: rx.RestProp) -> rx.Component:
    """One flag; Enter and a click open its line or its seats."""
    client = rx.cond(row.client != "", row.client, "No client yet")
    drawn = row_of(
        head_cell(link(client, href=row.href, data_enter=""), title=row.client),
        cell(icon("flag", 12, "under"), " ", row.kind, clip=True, title=row.kind),
        cell(row.what, clip=True, title=row.what),
        cell(row.message, clip=True, title=row.message),
        cell(row.integration, clip=True, title=row.integration),
        row_id=row.id,
    )
    return rx.fragment(drawn, rest)


PAGE = Page(route="/billing/flagged", title="Flagged", build=flagged, on_load=(LooksState.look, Rows.load))
