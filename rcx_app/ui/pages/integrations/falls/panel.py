"""Held counts as they look: the note above the connections, the list, a connection's own, and the question."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.controls import button, checkbox, icon_button
from rcx_app.ui.components.dialog import confirm
from rcx_app.ui.components.feedback import callout, empty, problem
from rcx_app.ui.components.filters import filter_bar
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import move
from rcx_app.ui.components.panel import panel_section
from rcx_app.ui.components.selection import selection_bar
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import hidden, link, when
from rcx_app.ui.pages.integrations.falls import rows
from rcx_app.ui.pages.integrations.falls.rows import FallRow
from rcx_app.ui.pages.integrations.falls.state import FallsState as State
from rcx_app.ui.pages.integrations.sync_state import SyncsState as Syncs
from rcx_app.ui.shell import ShellState

IS_LISTED = State.filter != ""
_WHY = (
    "Each fell by more than half, and at least 5, in one sync. Its findings are not ready until somebody says that it "
    "is right, or most of it is back."
)


def held_note() -> rx.Component:
    """The note above the connections, where anything is held."""
    note = callout(
        State.headline,
        rx.el.span(
            " Their findings wait until somebody says that they are right, or most is back.", class_name="muted"
        ),
        icon="alert",
        end=link("Look at them", href=addresses.HELD_COUNTS, class_name="btn tight"),
    )
    return rx.cond(State.number > 0, rx.el.div(note, style={"padding": "0 var(--gutter) 8px"}), rx.fragment())


def held_list() -> rx.Component:
    """All held counts, in the place of the connections."""
    failed = rx.el.div(problem(State.problem, State.remedy, State.reload), class_name="section grow")
    return rx.fragment(rx.cond(State.problem != "", failed, rx.fragment(_head(), _table(), _selection())))


def held_of_connection(number: Any) -> rx.Component:
    """The open connection's own, the largest first."""
    listed = addresses.INTEGRATIONS + "?held=" + number.to_string()
    part = panel_section(
        "Held back",
        rx.el.p(_WHY, class_name="muted"),
        rx.el.ul(rx.foreach(State.of_open, _line), class_name="stack", style={"marginTop": "6px"}),
        end=link("All ", State.open_number, href=listed, aria_label="All held counts of this connection"),
    )
    return rx.cond(State.open_number > 0, part, rx.fragment())


def question() -> rx.Component:
    """The dialog before counts are confirmed; with it, out of sight, what reads the counts again after a sync."""
    asked = State.asked
    body = rx.el.div(
        rx.el.ul(
            rx.foreach(asked.named, lambda each: rx.el.li(each, key=each)),
            rx.cond(asked.more != "", rx.el.li(asked.more, class_name="faint"), rx.fragment()),
            class_name="stack",
        ),
        rx.el.p(asked.consequence),
        class_name="stack stack-4",
    )
    shown = confirm(asked.title, body, act=asked.act, on_confirm=State.confirm, on_close=State.close)
    fresh = rx.cond(ShellState.jobs_done > 0, _read_again(key=ShellState.jobs_done.to_string()), rx.fragment())
    return rx.fragment(fresh, rx.cond(asked.title != "", shown, rx.fragment()))


@rx.memo
def _read_again(rest: rx.RestProp) -> rx.Component:
    """Nothing to see. A component of its own, so that each end of the watched jobs mounts it anew and so runs it."""
    return rx.fragment(rx.el.span(hidden=True, on_mount=State.reload), rest)


def _head() -> rx.Component:
    every = button(
        rx.cond(State.is_all_selected, "Select none", rx.fragment("Select all ", State.listed)),
        kind="ghost",
        on_click=State.toggle_all,
    )
    of = rx.cond(State.connection != "", rx.el.span(" of ", rx.el.b(State.connection)), rx.fragment())
    here = State.filter == rows.ALL
    return rx.fragment(
        filter_bar(
            link(icon("left", 14), "Connections", href=addresses.INTEGRATIONS, class_name="btn ghost"),
            rx.el.span(rx.el.b("Held back"), of, class_name="nowrap"),
            rx.cond(
                here, rx.fragment(), link("Of all connections", href=addresses.HELD_COUNTS, class_name="btn ghost")
            ),
            end=(rx.cond(State.may_import & (State.listed > 0), every, rx.fragment()),),
        ),
        rx.cond(
            State.listed > 0,
            rx.el.p(_WHY, class_name="muted t12", style={"padding": "8px var(--gutter)"}),
            rx.fragment(),
        ),
    )


def _table() -> rx.Component:
    columns = (
        Column(width="36px", label_hidden="Select"),
        Column("Client and account"),
        Column("What fell"),
        Column("From, to", numeric=True, width="112px"),
        Column("When", width="104px"),
        Column("Connection", width="160px"),
        Column(width="128px", label_hidden="Act"),
    )
    nothing = empty(
        "Nothing is held back",
        "No count fell by more than half in one sync; or those that did are confirmed or back.",
        link("All connections", href=addresses.INTEGRATIONS, class_name="btn"),
    )
    foot = load_more(
        State.shown.length().to_string() + " of " + State.listed.to_string(),
        State.more,
        has_more=State.shown.length() < State.listed,
        roomy=True,
    )
    return table(
        columns,
        State.shown,
        lambda row: _row(row=row, selected=State.selected.contains(row.id), may_import=State.may_import, key=row.id),
        caption=State.listed.to_string() + " held counts, the largest fall first",
        label="Held counts",
        open_row=State.current,
        loading=~State.is_loaded,
        empty=nothing,
        foot=rx.cond(State.listed > 0, foot, rx.fragment()),
        keep_scroll="held",
    )


@rx.memo
def _row(row: rx.Var[FallRow], selected: rx.Var[bool], may_import: rx.Var[bool], rest: rx.RestProp) -> rx.Component:
    select = checkbox("Select " + _name(row), selected, lambda _: State.toggle(row.id), key="x")
    who = rx.cond(row.client != "", row.client, rx.el.span("No client yet", class_name="faint"))
    drawn = row_of(
        cell(rx.cond(may_import, select, rx.fragment())),
        head_cell(who, second=row.account, title=row.client + " " + row.account),
        cell(row.what, clip=True, title=row.what),
        cell(move(row.before, row.after), numeric=True),
        cell(when(row.at_iso, shown=row.at), class_name="nowrap"),
        cell(link(row.connection, href=row.connection_href), clip=True, title=row.connection),
        cell(rx.cond(may_import, _acts(row, True), rx.fragment()), class_name="num"),
        row_id=row.id,
        on_open=State.look(row.id),
        selected=selected,
        tall=True,
    )
    return rx.fragment(drawn, rest)


def _line(row: rx.Var[FallRow]) -> rx.Component:
    """One held count in a panel; its connection is read anew by the panel's own button."""
    who = rx.cond(row.client != "", row.client, row.account)
    return rx.el.li(
        rx.el.span(
            rx.el.span(who, class_name="medium"),
            rx.el.span(" ", row.what, " ", class_name="muted"),
            rx.el.span(move(row.before, row.after), class_name="nowrap"),
            style={"minWidth": "0", "flex": "1"},
        ),
        rx.cond(State.may_import, _acts(row, False), rx.fragment()),
        class_name="row",
        key=row.id,
    )


def _acts(row: Any, with_sync: bool) -> rx.Component:
    right = button(
        "It is right", size="tight", key="y", show_key=False, aria_label="It is right: " + _name(row),
        on_click=State.ask(row.id),
    )  # fmt: skip
    if not with_sync:
        return right
    # In full: where only changes are asked for, seats that came back unchanged would not be told.
    again = icon_button(
        "refresh", "Sync again: read all of " + row.connection, on_click=Syncs.sync(row.connection_id, True)
    )
    going = rx.el.span(icon("refresh", 14, "spin"), hidden("Syncing"), title="Syncing")
    sync = rx.cond(Syncs.lines.contains(row.connection_id.to_string()), going, again)
    return rx.el.span(
        right,
        rx.cond(row.may_sync, sync, rx.fragment()),
        class_name="row",
        style={"justifyContent": "flex-end", "gap": "0"},
    )


def _name(row: Any) -> Any:
    return row.what + " of " + row.account


def _selection() -> rx.Component:
    act = button("They are right", kind="primary", key="shift+y", on_click=State.ask_selected)
    return selection_bar(State.selected.length(), act, on_clear=State.clear)
