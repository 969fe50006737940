"""The client table's markup."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import status
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import empty, problem
from rcx_app.ui.components.filters import filter_bar, search_field
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import amount, currency
from rcx_app.ui.components.panel import pane
from rcx_app.ui.components.stats import stat, stats
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.layout import page
from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.clients.rows import ClientLine
from rcx_app.ui.pages.billing.clients.state import ClientRowsState as Rows
from rcx_app.ui.pages.billing.clients.state import ClientsState as State
from rcx_app.ui.pages.billing.head import billing_head, nothing_compared, trend_of
from rcx_app.ui.pages.billing.looks.parts import hides, looks, views_dialog
from rcx_app.ui.pages.billing.looks.state import LooksState

HEAD = State.head
COLUMNS = (
    Column("Client", "name"),
    Column("Seats", "seats", numeric=True, width="68px"),
    Column("Services", "services", numeric=True, width="76px"),
    Column("Findings", "discrepancies", numeric=True, width="112px"),
    Column("Flags", numeric=True, width="58px"),
    Column("Under-billed", numeric=True, width="118px"),
    Column("Over-billed", numeric=True, width="118px"),
    Column("At stake", numeric=True, width="118px", title="Under- and over-billed together, whatever its sign"),
    Column("Net/month", "amount", numeric=True, width="132px", title="Calculated and ready, in the client's currency"),
    Column("In " + LooksState.quote, numeric=True, width="104px", title="For viewing only; hover for the rate"),
    Column("6 months", width="76px", title="Net a month, as far back as it is known"),
    Column("Billed", width="92px"),
)


def clients() -> rx.Component:
    return page(
        pane(
            billing_head("clients", _beside()),
            views_dialog(),
            rx.cond(
                State.is_loaded & ~State.has_run & (State.problem == ""),
                nothing_compared(),
                rx.fragment(_numbers(), _filters(), _body()),
            ),
            label="Clients",
        ),
        active="billing",
        title="Billing & invoices",
        two_pane=True,
        on_jobs_done=Rows.again,
    )


def _beside() -> rx.Component:
    """How many are reconciled, and the calculated sums in the display currency, where there is one."""
    shown = rx.el.span("in all ", State.sums_display, title=State.sums_display_of, class_name="faint")
    return rx.el.div(
        rx.cond(State.sums_display != "", shown, rx.fragment()), rx.el.span(HEAD.reconciled), class_name="open-sums"
    )


def _numbers() -> rx.Component:
    def one(label: str, value: Any, view: str, look: str = "", tone: str = "") -> rx.Component:
        return stat(
            label, value.value, value.detail, code=value.currency, icon=look, tone=tone,
            href=addresses.address(addresses.REVIEW, view=view),
        )  # fmt: skip

    numbers = stats(
        one("Under-billed, calculated", HEAD.under, "under", "under", "under"),
        one("Over-billed, calculated", HEAD.over, "over", "over", "over"),
        one("Estimated, apart", HEAD.estimated, "estimated", "estimated"),
        one("Unmapped, apart", HEAD.unmapped, "unmapped", "unmapped"),
        one("Not ready, apart", HEAD.not_ready, "not_ready", "stop"),
        label="Open money a month",
        small=True,
    )
    return rx.el.div(numbers, class_name="wraps")


def _filters() -> rx.Component:
    return filter_bar(
        search_field(State.find, Rows.search, label="Find a client", key="/"),
        rx.el.button(
            "With findings",
            rx.cond(State.only_open, icon("close", 12), rx.fragment()),
            type="button",
            class_name=rx.cond(State.only_open, "chip on", "chip"),
            aria_pressed=rx.cond(State.only_open, "true", "false"),
            on_click=Rows.show_only_open(~State.only_open),
        ),
        rx.cond(State.is_filtered, button("Clear", kind="ghost", size="tight", on_click=Rows.clear), rx.fragment()),
        end=looks("clients", State.asked, State.export_href),
    )


def _body() -> rx.Component:
    filtered = empty(
        "No client fits",
        rx.cond(
            State.only_open & (State.find == ""),
            "Every client is reconciled.",
            "Filters hide " + State.clients.to_string() + " clients.",
        ),
        button("Clear filters", on_click=Rows.clear),
        page=True,
    )
    none = empty("No clients yet", "The last run met no client with lines or seats.", page=True)
    return rx.cond(
        State.problem != "",
        rx.el.div(problem(State.problem, State.remedy, Rows.again), class_name="section"),
        rx.el.div(
            table(
                COLUMNS,
                parts.joined(Rows),
                lambda row: client_row(row=row, key=row.id),
                caption="Clients with what is billed too little and too much, " + Rows.foot,
                label="Clients",
                open_row="",
                sort=State.sort,
                on_sort=Rows.sort_by,
                loading=State.is_busy | ~State.is_loaded,
                empty=rx.cond(State.is_filtered, filtered, none),
                foot=load_more(Rows.foot, Rows.more, has_more=Rows.has_more),
                look="fixed",
                keep_scroll="clients",
            ),
            class_name="fill grow " + hides("clients"),
        ),
    )


@rx.memo
def client_row(row: rx.Var[ClientLine], rest: rx.RestProp) -> rx.Component:
    """One client; Enter and a click open it."""

    def money(text: Any, direction: str) -> Any:
        return rx.cond(text != "", amount(text, row.currency, direction=direction), hidden("none"))

    findings = rx.cond(
        row.discrepancies > 0,
        rx.el.span(row.discrepancies, class_name="strong"),
        status("Reconciled", mark=rx.el.span(icon("check", 14), class_name="ok")),
    )
    net = rx.el.span(
        row.net,
        rx.el.span(row.currency, class_name="cur"),
        rx.cond(
            row.others != "", rx.el.span(hidden(row.others), "+", class_name="faint", title=row.others), rx.fragment()
        ),
        class_name=rx.cond(row.net_of != "", "strong", "faint"),
        title=row.apart,
    )
    drawn = row_of(
        head_cell(link(row.name, href=row.href, data_enter=""), title=row.name),
        cell(row.seats, numeric=True),
        cell(row.services, numeric=True),
        cell(findings, numeric=True),
        cell(rx.cond(row.flags != "", rx.el.span(icon("flag", 12, "under"), " ", row.flags), ""), numeric=True),
        cell(money(row.under, "under"), numeric=True),
        cell(money(row.over, "over"), numeric=True),
        cell(row.at_stake, rx.cond(row.at_stake != "", currency(row.currency), ""), numeric=True),
        cell(net, numeric=True),
        cell(row.display, numeric=True, class_name="faint", title=row.display_of),
        cell(trend_of(row), title=row.trend_said),
        cell(row.cycle, clip=True, title=row.cycle),
        row_id=row.id,
    )  # fmt: skip
    return rx.fragment(drawn, rest)


PAGE = Page(route="/billing", title="Billing & invoices", build=clients, on_load=(LooksState.look, Rows.load))
