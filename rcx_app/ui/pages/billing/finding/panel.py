"""The panel's markup."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button, key_props
from rcx_app.ui.components.feedback import callout, problem, skeleton, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import currency
from rcx_app.ui.components.panel import panel_head, panel_section, side_panel, sum_line, sum_table
from rcx_app.ui.components.text import Text, hidden, link, when
from rcx_app.ui.pages.billing.finding.foot import panel_foot
from rcx_app.ui.pages.billing.finding.past import past, stands
from rcx_app.ui.pages.billing.finding.rows import Fact, PendingLine, Record, SeatLine, StepLine
from rcx_app.ui.pages.billing.finding.state import FindingState as State

SHOWN = State.shown
IS_OPEN = State.open_id != ""


def finding_panel(total: Text = "", *, steps: bool = True) -> rx.Component:
    """The side panel of the open finding. `total`: how many findings its list has, as text (empty: not said)."""
    place = rx.cond(
        (State.number > 0) & (rx.Var.create(total).to(str) != ""), State.number.to_string() + " of " + total, ""
    )
    body = rx.fragment(
        stands(), _sentence(), _arithmetic(), _seats(), _records(), _flags(), past(),
    )  # fmt: skip
    return side_panel(
        rx.cond(
            State.problem != "",
            panel_section("", problem(State.problem, State.remedy)),
            rx.cond(State.is_loading, panel_section("", skeleton_lines(6)), body),
        ),
        label="Finding: " + SHOWN.client + " " + SHOWN.title,
        header=panel_head(_lead(), _title(), place=place, on_close=State.close, steps=steps),
        footer=panel_foot(),
    )


def _lead() -> rx.Component:
    to_client = link(
        SHOWN.client, href=SHOWN.client_href, class_name="clip medium", **key_props("o", "Open the client")
    )
    return rx.cond(
        SHOWN.client_href != "",
        to_client,
        rx.el.span(rx.cond(State.is_loading | (SHOWN.id == 0), "", "No client yet"), class_name="faint"),
    )


def _title() -> rx.Component:
    arrow = rx.match(SHOWN.direction, ("under", icon("under")), ("over", icon("over")), rx.fragment())
    unit = rx.cond(SHOWN.unit != "", rx.el.span(SHOWN.unit, class_name="cur"), rx.fragment())
    tone = rx.cond(SHOWN.is_ready & (SHOWN.unit != ""), SHOWN.direction, "faint")
    figures = rx.el.div(
        rx.el.p(
            rx.el.span(SHOWN.billed, class_name="muted"),
            icon("arrow"),
            hidden("billed, to"),
            rx.el.span(SHOWN.expected),
            hidden(" expected"),
            class_name="figure",
        ),
        rx.el.p(
            rx.el.span(rx.cond(SHOWN.unit != "", arrow, rx.fragment()), " ", SHOWN.amount, unit, class_name=tone),
            class_name="push num panel-money",
        ),
        class_name="row panel-figures",
    )  # fmt: skip
    badges = rx.el.div(
        rx.cond(
            SHOWN.direction_word != "",
            badge(SHOWN.direction_word, SHOWN.direction, SHOWN.direction),
            rx.fragment(),
        ),
        badge(SHOWN.kind, "", SHOWN.kind_icon),
        rx.cond(SHOWN.is_ready, badge("Ready", "ok", "ok"), badge("Not ready", "fail", "stop")),
        rx.cond(SHOWN.code != "", rx.el.span(SHOWN.code, class_name="t12 faint clip"), rx.fragment()),
        class_name="row panel-badges",
    )
    waiting = rx.el.div(skeleton("60%", "14px"), rx.el.br(), skeleton("40%", "18px"))
    known = rx.cond(
        SHOWN.id > 0, rx.fragment(rx.el.h2(SHOWN.title), figures, badges), rx.el.h2("This finding is not shown")
    )
    return rx.cond(State.is_loading, waiting, known)


def _sentence() -> rx.Component:
    newer = "Bring newer data in, and it is compared again by itself."
    held = "Say whether what fell is right, or sync again."
    to_held = link(SHOWN.held, href=addresses.HELD_COUNTS, class_name="btn tight")
    not_ready = callout(
        "This can't be trusted yet",
        rx.el.p(SHOWN.not_ready, ". ", rx.cond(SHOWN.held != "", held, newer), " Until then it enters no sum."),
        rx.el.div(
            rx.cond(SHOWN.held != "", to_held, rx.fragment()),
            link("Open integrations", href=addresses.INTEGRATIONS, class_name="btn tight"),
            class_name="row",
        ),
        tone="fail",
    )
    to_map = callout(
        "This account has no client yet",
        rx.el.p("Map it, and its seats are compared with that client's lines; or exclude it."),
        rx.el.div(link("Map this account", href=SHOWN.map_href, class_name="btn tight"), class_name="row"),
        tone="acc",
        icon="match",
    )
    inferred = rx.el.div(
        rx.el.b("What was inferred"),
        rx.el.ul(rx.foreach(SHOWN.inferred, lambda each: rx.el.li(icon("estimated", 14), each, key=each))),
        class_name="inferred",
    )
    return rx.el.section(
        rx.el.p(SHOWN.sentence),
        rx.cond(SHOWN.inferred.length() > 0, inferred, rx.fragment()),
        rx.cond(SHOWN.not_ready != "", not_ready, rx.fragment()),
        rx.cond(SHOWN.map_href != "", to_map, rx.fragment()),
        rx.cond(SHOWN.pending.length() > 0, _pending(), rx.fragment()),
        class_name="sec stack",
    )


def _pending() -> rx.Component:
    return callout(
        SHOWN.pending_title,
        rx.el.ul(rx.foreach(SHOWN.pending, _pending_line), class_name="pending"),
        rx.el.p(SHOWN.pending_note),
        tone="acc",
        icon="match",
    )


def _pending_line(line: rx.Var[PendingLine]) -> rx.Component:
    return rx.el.li(link(line.name, href=line.href), " ", rx.el.span(line.detail, class_name="nowrap"), key=line.href)


def _arithmetic() -> rx.Component:
    rule = rx.cond(
        SHOWN.rule_href != "",
        link(rx.cond(SHOWN.rule != "", SHOWN.rule, SHOWN.rule_act), href=SHOWN.rule_href, class_name="push acc clip"),
        rx.fragment(),
    )
    return rx.el.section(
        rx.el.h3("Arithmetic", rule),
        sum_table("How the numbers are worked out", rx.foreach(SHOWN.steps, _step)),
        class_name="sec",
    )


def _step(step: rx.Var[StepLine], index: Any) -> rx.Component:
    code = rx.cond(step.unit != "", currency(step.unit), rx.fragment())
    opens = rx.el.button(
        step.value,
        type="button",
        class_name="plain linked",
        aria_label=step.opens,
        aria_pressed=rx.cond(State.which == step.evidence, "true", "false"),
        on_click=State.show(step.evidence),
    )
    value = rx.cond(step.evidence != "", opens, rx.fragment(step.value, code))
    return sum_line(step.op, step.label, value, why=step.note, total=step.is_total, tone=step.tone, key=index)


def _seats() -> rx.Component:
    def tab(which: str, words: str, number: Any) -> rx.Component:
        return rx.el.button(
            words,
            " ",
            rx.el.span(number, class_name="n"),
            type="button",
            aria_pressed=rx.cond(State.which == which, "true", "false"),
            on_click=State.show(which),
        )

    choose = rx.cond(
        SHOWN.left_out != "",
        rx.el.span(
            tab("counted", "Counted", SHOWN.counted),
            tab("left_out", "Left out", SHOWN.left_out),
            class_name="seg push",
            role="group",
            aria_label="Which seats",
        ),
        rx.el.span(SHOWN.counted, " counted", class_name="push"),
    )
    nothing = rx.el.p("No seat stands behind this number.", class_name="muted")
    return rx.el.section(
        rx.el.h3("Seats", choose),
        rx.cond(
            State.seats.length() > 0,
            rx.el.ul(rx.foreach(State.seats, _seat), class_name="seats named"),
            nothing,
        ),
        rx.cond(
            State.has_more,
            rx.el.div(button("Show more seats", size="tight", on_click=State.more), class_name="more-seats"),
            rx.fragment(),
        ),
        class_name="sec",
    )


def _seat(seat: rx.Var[SeatLine]) -> rx.Component:
    left_out = rx.el.span("left out by the rule because ", seat.reason, class_name="why-out")
    return rx.el.li(
        rx.cond(
            seat.reason != "",
            rx.el.span(icon("minus", 12), hidden("Left out"), class_name="faint"),
            rx.el.span(icon("check", 12), hidden("Counted"), class_name="ok"),
        ),
        rx.el.span(
            rx.el.span(
                seat.name, " ", rx.el.span(rx.cond(seat.identity != "", seat.identity, seat.where), class_name="faint"),
                class_name="clip", title=seat.where,
            ),
            rx.cond(seat.reason != "", left_out, rx.fragment()),
            class_name="who",
        ),
        rx.cond(
            seat.seen != "",
            rx.el.span(hidden("Last seen "), when(seat.seen, shown=seat.seen_text), class_name="faint nowrap"),
            rx.el.span("not reported", class_name="faint nowrap"),
        ),
        key=seat.id,
    )  # fmt: skip


def _records() -> rx.Component:
    none = rx.el.div(
        rx.el.p(icon("invoice", 14), "No line", class_name="src"),
        rx.el.p("Nothing in the PSA bills this.", class_name="muted t12"),
    )
    return panel_section(
        "Source records, as fetched",
        rx.el.div(
            rx.el.div(
                rx.cond(SHOWN.lines.length() > 0, rx.foreach(SHOWN.lines, lambda each: _record(each, "invoice")), none),
            ),
            rx.el.div(rx.foreach(SHOWN.accounts, lambda each: _record(each, "users"))),
            class_name="records",
        ),
        rx.cond(SHOWN.more_records != "", rx.el.p(SHOWN.more_records, class_name="faint t12"), rx.fragment()),
    )


def _record(record: rx.Var[Record], look: str) -> rx.Component:
    return rx.el.div(
        rx.el.p(icon(look, 14), rx.el.span(record.source, class_name="clip"), class_name="src"),
        rx.el.p(record.fetched_text, class_name="at"),
        rx.el.dl(rx.foreach(record.facts, _fact), class_name="kv"),
        key=record.id,
        class_name="record",
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.fragment(rx.el.dt(fact.name), rx.el.dd(fact.value, title=fact.value), key=fact.name)


def _flags() -> rx.Component:
    return rx.cond(
        SHOWN.flags.length() > 0,
        panel_section(
            "Flags",
            rx.el.ul(
                rx.foreach(SHOWN.flags, lambda each: rx.el.li(icon("flag", 14), rx.el.span(each), key=each)),
                class_name="flags",
            ),
            end="context, not findings",
        ),
        rx.fragment(),
    )
