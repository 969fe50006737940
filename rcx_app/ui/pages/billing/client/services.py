"""The tab "Services" of a client's page: lines beside counts, usage that no line bills, and flags."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.badges import dot, status, tag
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import amount, currency
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.pages.billing.client.rows import FlagLine, GapLine, Piece, ServiceLine
from rcx_app.ui.pages.billing.client.state import ClientState as State
from rcx_app.ui.pages.billing.finding.state import FindingState

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


def services() -> rx.Component:
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
