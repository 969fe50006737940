"""The page of all change sets: what waits to be prepared, the sets, and the approved quantities that are in none."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import dot, status
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout, empty, problem
from rcx_app.ui.components.numbers import amount, move
from rcx_app.ui.components.panel import pane
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.changes.one_click import OneClickState, write_now
from rcx_app.ui.pages.changes.rows import PsaRow, ReadyRow, SetLine
from rcx_app.ui.pages.changes.state import ChangesState as State

SETS = (
    Column("Change set", width="150px"),
    Column("PSA", width="190px"),
    Column("State", width="170px"),
    Column("Lines", numeric=True, width="64px"),
    Column("Amount/month", numeric=True, width="150px"),
    Column("Prepared", width="150px"),
    Column("Approved", width="150px"),
    Column("What came of it"),
)
READY = (
    Column("Client", width="190px"),
    Column("Service"),
    Column("Quantity", numeric=True, width="104px"),
    Column("Amount/month", numeric=True, width="138px"),
    Column("From", width="104px"),
    Column("Approved by", width="130px"),
    Column("PSA", width="124px"),
    Column(label_hidden="What can be done", width="196px"),
)


def changes() -> rx.Component:
    is_sets = State.tab == "sets"
    return page(
        pane(
            page_head(
                "Change sets",
                link("How writing is set up", href=addresses.WRITING_SETTINGS, class_name="btn ghost"),
                sub="What goes into the PSAs: approved by a person, sent once, read back",
            ),
            tabs(
                Tab("Change sets", addresses.CHANGES, is_sets, State.total),
                Tab("Ready to write", addresses.CHANGES + "?tab=ready", ~is_sets, State.ready_count),
                label="Change sets",
            ),
            rx.cond(
                State.problem != "",
                rx.el.div(problem(State.problem, State.remedy, State.again), class_name="section"),
                rx.fragment(_waiting(), rx.cond(is_sets, _sets(), _ready())),
            ),
            label="Change sets",
        ),
        active="changes",
        title="Change sets",
        two_pane=True,
        on_jobs_done=State.again,
    )


def _waiting() -> rx.Component:
    """What is approved, by PSA, each with its button."""
    return rx.cond(
        State.psas.length() > 0,
        rx.el.div(rx.foreach(State.psas, _psa), class_name="section stack"),
        rx.fragment(),
    )


def _psa(row: rx.Var[PsaRow]) -> rx.Component:
    by_hand = button("For typing in", size="tight", on_click=State.prepare(row.id, True))
    send = button(row.act, kind="primary", size="tight", icon="plus", on_click=State.prepare(row.id, ~row.is_written))
    acts = rx.el.span(rx.cond(row.is_written, by_hand, rx.fragment()), send, style={"display": "flex", "gap": "8px"})
    return rx.el.div(
        callout(
            row.words,
            rx.cond(row.money != "", rx.el.span(": ", row.money, class_name="num"), rx.fragment()),
            rx.cond(row.left_out != "", rx.el.span(", ", row.left_out, class_name="muted"), rx.fragment()),
            rx.cond(row.said != "", rx.el.p(row.said, class_name="muted"), rx.fragment()),
            tone="acc",
            icon="upload",
            end=rx.cond(State.may_review & (row.act != ""), acts, rx.fragment()),
        ),
        key=row.id,
    )


def _sets() -> rx.Component:
    none = empty(
        "No change set yet",
        "Approve findings in the review queue; then they are prepared here, approved as a set, and written.",
        link("To the review queue", href=addresses.REVIEW, class_name="btn"),
        page=True,
    )
    return table(
        SETS,
        State.sets,
        lambda row: set_row(row=row, key=row.id),
        caption="Change sets, newest first, " + State.sets_foot,
        label="Change sets",
        open_row="",
        loading=~State.is_loaded,
        empty=none,
        foot=load_more(State.sets_foot, State.more, has_more=State.has_more),
        keep_scroll="changes",
    )


@rx.memo
def set_row(row: rx.Var[SetLine], rest: rx.RestProp) -> rx.Component:
    """One set; a click and Enter open it."""
    money = rx.cond(row.money != "", amount(row.money, row.currency), rx.el.span("not priced", class_name="faint"))
    drawn = row_of(
        head_cell(link(row.name, href=row.href, data_enter=""), second=row.note, title=row.note),
        cell(
            row.system,
            rx.cond(row.label != row.system, rx.el.span(row.label, class_name="second"), rx.fragment()),
            clip=True,
            title=row.label,
        ),
        cell(status(row.state, mark=_dot(row.tone))),
        cell(row.changes, numeric=True),
        cell(
            money,
            rx.cond(
                row.more_money != "",
                rx.el.span(row.more_money, class_name="second", title=row.more_money),
                rx.fragment(),
            ),
            numeric=True,
        ),
        cell(row.prepared, rx.el.span(row.prepared_at, class_name="second"), clip=True, title=row.prepared),
        cell(row.approved, rx.el.span(row.approved_at, class_name="second"), clip=True, title=row.approved),
        cell(row.result, clip=True, title=row.result, class_name=row.result_tone),
        row_id=row.id,
        tall=True,
    )
    return rx.fragment(drawn, rest)


def _ready() -> rx.Component:
    none = empty(
        "Nothing waits to be written",
        "What is approved in the review queue stands here until it is in a change set.",
        link("To the review queue", href=addresses.REVIEW, class_name="btn"),
        page=True,
    )
    return table(
        READY,
        State.lines,
        lambda row: ready_line(row=row, key=row.id),
        caption="Approved quantities that are in no change set, " + State.ready_foot,
        label="Ready to write",
        open_row="",
        loading=~State.is_loaded,
        empty=none,
        foot=load_more(State.ready_foot, State.more_ready, has_more=State.more_lines),
        keep_scroll="ready",
    )


@rx.memo
def ready_line(row: rx.Var[ReadyRow], rest: rx.RestProp) -> rx.Component:
    """One approved quantity; a click and Enter open its finding."""
    money = rx.cond(
        row.money != "",
        amount(row.money, row.currency, direction=row.direction),
        rx.el.span("not priced", class_name="faint"),
    )
    said = rx.el.span(row.said, class_name="muted clip", title=row.said)
    drawn = row_of(
        head_cell(link(row.client, href=row.href, data_enter=""), title=row.client),
        cell(row.product, clip=True, title=row.product),
        cell(move(row.before, row.after), numeric=True),
        cell(money, numeric=True),
        cell(row.day),
        cell(row.approver, clip=True, title=row.approved),
        cell(row.psa, clip=True, title=row.psa),
        cell(
            rx.cond(row.is_possible & (row.said == ""), write_now(row.finding_id, row.after, row.psa), said), clip=True
        ),
        row_id=row.id,
    )
    return rx.fragment(drawn, rest)


def _dot(tone: rx.Var[str]) -> rx.Component:
    return rx.cond(tone == "", dot("hollow"), dot(tone))


PAGE = Page(route=addresses.CHANGES, title="Change sets", build=changes, on_load=(State.load, OneClickState.look))
