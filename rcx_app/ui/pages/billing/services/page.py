"""The markup of the findings by service: the services, and beside them one service's lines with their counts."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import dot, status, tag
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import empty, problem
from rcx_app.ui.components.filters import filter_bar, search_field
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import amount, currency, move
from rcx_app.ui.components.panel import pane, panel_head, panel_section, side_panel, split
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.layout import page
from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.head import CRUMB, billing_head, nothing_compared, open_sums
from rcx_app.ui.pages.billing.looks.parts import hides, looks, views_dialog
from rcx_app.ui.pages.billing.looks.state import LooksState
from rcx_app.ui.pages.billing.services.rows import ServiceLine
from rcx_app.ui.pages.billing.services.state import ServiceRowsState as Rows
from rcx_app.ui.pages.billing.services.state import ServicesState as State
from rcx_app.ui.pages.billing.texts import NOT_PRICED, FindingLine

OPENED = State.opened
COLUMNS = (
    Column("Service", "name"),
    Column("Clients", "clients", numeric=True, width="66px"),
    Column("Findings", "findings", numeric=True, width="74px"),
    Column("Billed to expected", numeric=True, width="128px", look="c-moved"),
    Column("Under-billed", numeric=True, width="116px", look="c-side"),
    Column("Over-billed", numeric=True, width="116px", look="c-side"),
    Column("Net/month", "impact", numeric=True, width="124px", title="Calculated and ready; ordered by what moves"),
    Column("In " + LooksState.quote, numeric=True, width="104px", title="For viewing only; hover for the rate"),
    Column("Apart", numeric=True, width="112px", title="Estimated, unmapped and not ready, a month"),
)


def services() -> rx.Component:
    return page(
        split(
            pane(
                billing_head("services", open_sums(State.sums, State.sums_display, State.sums_display_of)),
                views_dialog(),
                rx.cond(
                    State.is_loaded & ~State.has_run & (State.problem == ""),
                    nothing_compared(),
                    rx.fragment(_filters(), _body()),
                ),
                label="Services",
            ),
            _panel(),
            open_var=State.open_id != "",
            look="billing by-service",
        ),
        active="billing",
        title="By service",
        crumbs=(CRUMB,),
        two_pane=True,
        on_jobs_done=Rows.load,
    )


def _filters() -> rx.Component:
    return filter_bar(
        search_field(State.find, Rows.search, label="Find a service", key="/"),
        rx.cond(State.find != "", button("Clear", kind="ghost", size="tight", on_click=Rows.clear), rx.fragment()),
        end=looks("services", State.asked, State.export_href),
    )


def _body() -> rx.Component:
    filtered = empty(
        "No service fits",
        "Filters hide " + State.open_findings.to_string() + " findings.",
        button("Clear filters", on_click=Rows.clear),
        page=True,
    )
    none = empty("All reconciled", State.reconciled + ".", page=True)
    return rx.cond(
        State.problem != "",
        rx.el.div(problem(State.problem, State.remedy, Rows.load), class_name="section"),
        rx.el.div(
            table(
                COLUMNS,
                parts.joined(Rows),
                lambda row: service_row(row=row, key=row.id),
                caption="Services with open findings, " + Rows.foot,
                label="Services",
                open_row=State.open_id,
                sort=State.sort,
                on_sort=Rows.sort_by,
                loading=State.is_busy | ~State.is_loaded,
                empty=rx.cond(State.find != "", filtered, none),
                foot=load_more(Rows.foot, Rows.more, has_more=Rows.has_more),
                keep_scroll="services",
            ),
            class_name="fill grow " + hides("services"),
        ),
    )


@rx.memo
def service_row(row: rx.Var[ServiceLine], rest: rx.RestProp) -> rx.Component:
    """One service in one currency."""

    def money(text: Any, direction: str) -> Any:
        return rx.cond(text != "", amount(text, row.currency, direction=direction), hidden("none"))

    net = rx.cond(
        row.net != "",
        rx.el.span(row.net, currency(row.currency), class_name=rx.cond(row.net_of != "", "strong", "faint")),
        rx.el.span(NOT_PRICED, class_name="faint"),
    )
    apart = rx.cond(row.apart != "", rx.el.span(row.apart, currency(row.currency), class_name="faint"), hidden("none"))
    not_ready = rx.cond(
        row.not_ready != "",
        rx.el.span(icon("stop", 12), hidden(row.not_ready), class_name="fail", title=row.not_ready),
        rx.fragment(),
    )
    drawn = row_of(
        head_cell(row.name, second=row.second, title=row.name),
        cell(row.clients, numeric=True),
        cell(not_ready, " ", row.findings, numeric=True),
        cell(move(row.billed, row.expected), numeric=True, class_name="moved"),
        cell(money(row.under, "under"), numeric=True, class_name="side"),
        cell(money(row.over, "over"), numeric=True, class_name="side"),
        cell(net, numeric=True),
        cell(row.display, numeric=True, class_name="faint", title=row.display_of),
        cell(apart, numeric=True),
        row_id=row.id,
        on_open=Rows.open(row.id),
        tall=True,
    )
    return rx.fragment(drawn, rest)


def _panel() -> rx.Component:
    figures = rx.el.div(
        rx.el.p(rx.el.span(OPENED.net, currency(OPENED.currency)), class_name="figure"),
        rx.el.p(
            rx.cond(OPENED.under != "", amount(OPENED.under, direction="under"), ""), " ",
            rx.cond(OPENED.over != "", amount(OPENED.over, direction="over"), ""),
            class_name="push num",
        ),
        class_name="row panel-figures",
    )  # fmt: skip
    more = rx.cond(
        State.has_more_cards,
        panel_section("", button("Show more lines", size="tight", on_click=Rows.more_cards)),
        rx.fragment(),
    )
    lead = rx.el.span(OPENED.second, class_name="faint clip")
    return side_panel(
        rx.el.section(rx.el.ul(rx.foreach(State.cards, _card), class_name="cards"), class_name="sec"),
        more,
        label="Service: " + OPENED.name,
        header=panel_head(
            lead,
            rx.el.h2(OPENED.name),
            rx.cond(OPENED.net != "", figures, rx.fragment()),
            on_close=Rows.close,
        ),
        footer=rx.el.div(
            link("Open in the queue", href=OPENED.queue_href, class_name="btn grow"),
            class_name="row",
        ),
    )


def _card(line: rx.Var[FindingLine]) -> rx.Component:
    """One line beside its count: whose, billed and expected, the money, and the way to its finding."""
    money = rx.cond(
        line.amount != "",
        amount(line.amount, line.currency, direction=line.direction, quiet=line.quiet, word=line.said),
        rx.el.span(NOT_PRICED, class_name="faint"),
    )
    state = rx.cond(
        line.state_of == "not_ready",
        status(line.state, tone="fail", icon="stop"),
        status(line.state, mark=dot("hollow")),
    )
    href = addresses.REVIEW + "?open=" + line.id.to_string()
    name = rx.cond(line.client != "", line.client, line.service)
    return rx.el.li(
        link(name, href=href, class_name="clip medium", title=name),
        rx.el.span(move(line.billed, line.expected), class_name="num"),
        rx.el.span(tag(line.kind, line.kind_icon), " ", state, class_name="t12"),
        rx.el.span(money, class_name="num"),
        key=line.id,
    )


PAGE = Page(
    route="/billing/services", title="Findings by service", build=services, on_load=(LooksState.look, Rows.load)
)
