"""The markup of a client's page."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import dot, status, tag
from rcx_app.ui.components.feedback import empty, problem, skeleton, skeleton_lines
from rcx_app.ui.components.filters import filter_bar, search_field
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import amount, currency
from rcx_app.ui.components.panel import pane, split
from rcx_app.ui.components.stats import stat, stats
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import hidden, link, when
from rcx_app.ui.layout import page
from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.client import past
from rcx_app.ui.pages.billing.client.past_state import ClientPastState as Past
from rcx_app.ui.pages.billing.client.rows import FlagLine, GapLine, IntegrationLine, Piece, ServiceLine
from rcx_app.ui.pages.billing.client.state import ClientSeatsState as Seats
from rcx_app.ui.pages.billing.client.state import ClientState as State
from rcx_app.ui.pages.billing.finding.dialogs import finding_dialogs
from rcx_app.ui.pages.billing.finding.foot import list_foot
from rcx_app.ui.pages.billing.finding.panel import finding_panel
from rcx_app.ui.pages.billing.finding.rows import Fact, SeatLine
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.pages.billing.finding.watching import watched
from rcx_app.ui.pages.billing.head import CRUMB

VIEW = State.view
LINES = (
    Column("PSA line", look="c-line"),
    Column("Rule", look="c-rule"),
    Column("Billed", numeric=True, width="54px"),
    Column("Count", numeric=True, width="58px"),
    Column("Expected", numeric=True, width="68px"),
    Column("Delta", numeric=True, width="50px"),
    Column("Unit", numeric=True, width="70px"),
    Column("Amount/month", numeric=True, width="116px"),
    Column("Kind", look="c-kind"),
    Column("State", width="134px"),
)
SEATS = (
    Column("Name"),
    Column("Identity", width="26%"),
    Column("Integration", width="16%"),
    Column("Kind", width="22%"),
    Column("Last seen", numeric=True, width="130px"),
)
INTEGRATIONS = (
    Column("Integration", width="220px"),
    Column("Accounts"),
    Column("Seats", numeric=True, width="90px"),
    Column("Health", width="140px"),
    Column("Last import", width="200px"),
)


def client() -> rx.Component:
    failed = rx.el.div(
        rx.el.h1("Client", class_name="vh"),
        problem(State.problem, State.remedy),
        rx.el.p(link("All clients", href=addresses.BILLING)),
        class_name="section stack",
    )
    return page(
        split(
            pane(
                rx.cond(State.problem != "", failed, rx.cond(State.is_loaded, _whole(), _waiting())),
                list_foot(),
                label="Client",
            ),
            finding_panel(steps=True),
            open_var=FindingState.open_id != "",
            look="client billing",
        ),
        finding_dialogs(),
        watched(FindingState.look),
        active="billing",
        title=rx.cond(VIEW.name != "", VIEW.name, "Client"),
        crumbs=(CRUMB, ("Clients", addresses.BILLING)),
        two_pane=True,
        on_jobs_done=Seats.load,
    )


def _whole() -> rx.Component:
    return rx.fragment(
        _head(),
        _numbers(),
        tabs(
            Tab("Services", State.base, State.tab == "services", VIEW.lines.length()),
            Tab("Seats", State.base + "?tab=seats", State.tab == "seats", VIEW.seats.value),
            Tab(
                "Integrations", State.base + "?tab=integrations", State.tab == "integrations",
                VIEW.integrations.length(),
            ),
            Tab("Invoices", State.base + "?tab=invoices", State.tab == "invoices", Past.invoice_count),
            Tab("History", State.base + "?tab=history", State.tab == "history"),
            label="Client",
        ),
        rx.match(
            State.tab, ("seats", _seats()), ("integrations", _integrations()), ("invoices", past.invoices()),
            ("history", past.history()), _services(),
        ),
    )  # fmt: skip


def _head() -> rx.Component:
    review = link("Review ", VIEW.open_findings, " open", href=VIEW.review_href, class_name="btn primary")
    return rx.el.div(
        rx.el.div(
            rx.el.h1(VIEW.name),
            rx.el.dl(rx.foreach(VIEW.facts, _fact), class_name="facts"),
        ),
        rx.el.span(class_name="push"),
        rx.el.a(icon("download", 14), "Export", href=VIEW.export_href, class_name="btn", title="The findings, as CSV"),
        rx.cond(VIEW.open_findings > 0, review, rx.fragment()),
        class_name="page-head client-head",
    )  # fmt: skip


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(rx.el.dt(fact.name), rx.el.dd(fact.value, title=fact.value), key=fact.name)


def _numbers() -> rx.Component:
    under = VIEW.review_href + "&view=under"
    over = VIEW.review_href + "&view=over"
    return stats(
        stat("Billed a month", VIEW.billed.value, VIEW.billed.detail, code=VIEW.billed.currency, href=State.base),
        stat("Seats counted", VIEW.seats.value, VIEW.seats.detail, href=State.base + "?tab=seats"),
        stat(
            "Under-billed", VIEW.under.value, VIEW.under.detail, code=VIEW.under.currency, icon="under", tone="under",
            href=under,
        ),
        stat(
            "Over-billed", VIEW.over.value, VIEW.over.detail, code=VIEW.over.currency, icon="over", tone="over",
            href=over,
        ),
        stat("Open findings", VIEW.findings.value, VIEW.findings.detail, href=VIEW.review_href),
        label="Client numbers",
        small=True,
    )  # fmt: skip


def _services() -> rx.Component:
    none = rx.cond(
        VIEW.lines_hidden > 0,
        empty("Every line is hidden", "No rule counts them, or their integration has no account of this client."),
        empty("No active line", "The PSA bills this client nothing at present."),
    )
    total = rx.el.tr(
        rx.el.th(
            "Open and calculated",
            rx.cond(
                VIEW.lines_apart != "",
                rx.el.span(" · apart: ", VIEW.lines_apart, class_name="faint apart"),
                rx.fragment(),
            ),
            scope="row", col_span=7,
        ),
        cell(rx.el.span(VIEW.lines_net, class_name="strong"), currency(VIEW.lines_currency), numeric=True),
        cell(),
        cell(),
    )  # fmt: skip
    return rx.el.div(
        _hidden_lines(),
        table(
            LINES,
            VIEW.lines,
            service_line,
            caption="What is billed line by line, beside what the rules count",
            label="Services",
            open_row=FindingState.open_id,
            empty=none,
            table_foot=total,
            look="lines tight",
        ),
        rx.el.div(_gaps(), _flags(), class_name="cols two-up"),
        class_name="scroll whole",
        custom_attrs={"data-keep-scroll": "client"},
    )


def _hidden_lines() -> rx.Component:
    """How many lines are left out and the way to show them; or the way to leave them out, where there are any."""
    said = VIEW.lines_hidden.to_string() + rx.cond(VIEW.lines_hidden == 1, " line hidden", " lines hidden")
    why = rx.el.span(said, ": not counted by a rule, or without an account. The sums are of all lines.")
    return rx.cond(
        VIEW.lines_apart_ones > 0,
        rx.el.p(
            rx.cond(
                VIEW.lines_hidden > 0,
                rx.fragment(why, " ", link("Show all lines", href=State.base + "?lines=all")),
                link("Show only mapped and integrated lines", href=State.base + "?lines=mapped"),
            ),
            class_name="lines-shown t12 muted",
        ),
        rx.fragment(),
    )


def service_line(line: rx.Var[ServiceLine]) -> rx.Component:
    flags = rx.foreach(
        line.flags,
        lambda words: rx.el.span(
            icon("flag", 14), hidden("Flag: " + words), class_name="under", title=words, key=words
        ),
    )
    state = rx.match(
        line.state_of,
        ("ok", status(line.state, mark=rx.el.span(icon("check", 14), class_name="ok"))),
        ("open", status(line.state, mark=dot("hollow"))),
        ("not_ready", status(line.state, tone="fail", icon="stop")),
        ("decided", status(line.state, icon="check")),
        rx.el.span(line.state, class_name="faint"),
    )
    rule = rx.cond(line.rule_text != "", rx.el.span(line.rule_text, class_name="faint"), rx.foreach(line.rule, _piece))
    money = rx.cond(
        line.amount != "",
        amount(line.amount, line.currency, direction=line.direction, quiet=line.quiet),
        hidden("none"),
    )
    name = rx.cond(
        line.opens > 0,
        rx.el.button(line.name, type="button", class_name="plain", on_click=FindingState.open(line.opens, 0)),
        line.name,
    )
    delta = rx.cond(line.delta == "0", rx.el.span("0", class_name="faint"), line.delta)
    below = rx.cond(VIEW.several_agreements, line.code + ", " + line.agreement, line.code)
    opener = rx.cond(
        line.opens > 0,
        rx.el.button(type="button", hidden=True, data_open="", on_click=FindingState.open(line.opens, 0)),
        rx.fragment(),
    )
    return row_of(
        head_cell(
            name, " ", flags, opener, rx.el.div(below, class_name="t12 faint clip", title=below),
            clip=True, title=line.name,
        ),
        cell(rule, class_name="muted rule"),
        cell(line.billed, numeric=True),
        cell(line.count, numeric=True),
        cell(line.expected, numeric=True, class_name="strong"),
        cell(delta, numeric=True),
        cell(line.unit, numeric=True),
        cell(money, numeric=True),
        cell(rx.cond(line.kind_icon != "", tag(line.kind, line.kind_icon), "")),
        cell(state, clip=True),
        row_id=rx.cond(line.opens > 0, line.opens.to_string(), "line-" + line.id.to_string()),
        class_name=rx.cond(line.opens > 0, "", "still"),
    )  # fmt: skip


def _piece(piece: rx.Var[Piece], index: Any) -> rx.Component:
    return rx.match(
        piece.look,
        ("strong", rx.el.strong(piece.text, key=index)),
        ("cond", rx.el.span(piece.text, class_name="cond", key=index)),
        rx.el.span(piece.text, key=index),
    )


def _gaps() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Usage without a line", class_name="sec-h"),
        rx.cond(
            VIEW.gaps.length() > 0,
            rx.el.ul(rx.foreach(VIEW.gaps, _gap), class_name="gaps"),
            rx.el.p("None: a line bills all that is counted, and a rule takes all that is used.", class_name="muted"),
        ),
    )


def _gap(gap: rx.Var[GapLine]) -> rx.Component:
    money = rx.cond(
        gap.amount != "", amount(gap.amount, gap.currency, direction="under", quiet=gap.quiet), rx.fragment()
    )
    return rx.el.li(
        rx.el.span(icon(gap.kind_icon, 14), hidden(gap.kind), class_name="faint", title=gap.kind),
        rx.el.div(
            rx.el.button(
                gap.name, type="button", class_name="plain strong", on_click=FindingState.open(gap.opens, 0)
            ),
            rx.el.div(gap.said, class_name="t12 muted"),
        ),
        rx.el.span(money, class_name="num"),
        rx.cond(gap.act != "", link(gap.act, href=gap.act_href, class_name="btn tight"), rx.fragment()),
        key=gap.opens,
    )  # fmt: skip


def _flags() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Flags", rx.el.span("context, not findings", class_name="push"), class_name="sec-h"),
        rx.cond(
            VIEW.flags.length() > 0,
            rx.el.ul(rx.foreach(VIEW.flags, _flag), class_name="flags"),
            rx.el.p("None.", class_name="muted"),
        ),
        rx.cond(VIEW.more_flags != "", rx.el.p(VIEW.more_flags, class_name="faint t12"), rx.fragment()),
    )


def _flag(flag: rx.Var[FlagLine]) -> rx.Component:
    return rx.el.li(
        icon("flag", 14), rx.el.span(rx.el.b(flag.kind), ": ", flag.message, title=flag.message), key=flag.id
    )


def _seats() -> rx.Component:
    none = empty(
        rx.cond(State.find != "", "No seat fits", "No seats"),
        rx.cond(
            State.find != "", "No live seat's name or identity holds this text.", "No account is mapped to this client."
        ),
    )
    foot = rx.cond(Seats.shown > 0, Seats.shown.to_string() + " of " + VIEW.seats.value, "")
    searched = rx.cond(Seats.shown > 0, Seats.shown.to_string() + " found", "")
    return rx.fragment(
        filter_bar(search_field(State.find, Seats.search, label="Name or identity", key="/")),
        table(
            SEATS,
            parts.joined(Seats),
            lambda row: seat_row(row=row, key=row.id),
            caption="The live seats of this client's accounts, by name",
            label="Seats",
            empty=none,
            foot=load_more(rx.cond(State.find != "", searched, foot), Seats.more, has_more=Seats.has_more),
            keep_scroll="seats",
        ),
    )


@rx.memo
def seat_row(row: rx.Var[SeatLine], rest: rx.RestProp) -> rx.Component:
    """One named unit."""
    seen = rx.cond(row.seen != "", when(row.seen, shown=row.seen_text), rx.el.span("not reported", class_name="faint"))
    drawn = row_of(
        head_cell(row.name, title=row.name),
        cell(row.identity, clip=True, title=row.identity, class_name="muted"),
        cell(row.integration, clip=True, title=row.integration),
        cell(row.where, clip=True, title=row.where),
        cell(seen, numeric=True),
        row_id=row.id,
    )
    return rx.fragment(drawn, rest)


def _integrations() -> rx.Component:
    return table(
        INTEGRATIONS,
        VIEW.integrations,
        _integration,
        caption="Integrations in which this client has accounts",
        label="Integrations",
        empty=empty(
            "No account is mapped to this client",
            "Its usage can't be counted until one is.",
            link("Map accounts", href=addresses.MAPPING, class_name="btn"),
        ),
    )


def _integration(row: rx.Var[IntegrationLine]) -> rx.Component:
    fetched = rx.cond(row.fetched != "", when(row.fetched, shown=row.fetched_text), rx.el.span("never"))
    return row_of(
        head_cell(row.label, title=row.label),
        cell(row.accounts, clip=True, title=row.accounts),
        cell(row.seats, numeric=True),
        cell(status(row.health, mark=dot(row.tone))),
        cell(fetched),
        row_id=row.id,
    )


def _waiting() -> rx.Component:
    bones = [rx.el.div(skeleton("84px"), rx.el.br(), skeleton("120px", "16px")) for _ in range(5)]
    return rx.fragment(
        rx.el.div(skeleton("240px", "18px"), class_name="page-head later", aria_hidden="true"),
        rx.el.div(*bones, class_name="stats small later", aria_hidden="true"),
        rx.el.div(skeleton_lines(8), class_name="section", aria_hidden="true"),
        rx.el.span("Loading", class_name="vh", role="status"),
    )


PAGE = Page(
    route="/billing/clients/[client_id]",
    title=rx.cond(VIEW.name != "", VIEW.name, "Client"),
    build=client,
    on_load=(Seats.load, Past.load),
)
