"""The list of connections: health, how each is read, the sync under way, and what may be done to one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge, dot, status
from rcx_app.ui.components.controls import button, icon_button
from rcx_app.ui.components.feedback import callout, empty, job_bar
from rcx_app.ui.components.filters import filter_bar, search_field
from rcx_app.ui.components.menu import item, menu, menu_trigger, separator
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import link, when
from rcx_app.ui.pages.integrations.act_state import ActsState as Acts
from rcx_app.ui.pages.integrations.form_state import FormState as Form
from rcx_app.ui.pages.integrations.rows import ConnectionRow
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState as Rows
from rcx_app.ui.pages.integrations.state import IntegrationsState as State
from rcx_app.ui.pages.integrations.sync_state import SyncsState as Syncs

_COLUMNS = (
    Column("Connection"),
    Column("Health", width="144px"),
    Column("Read by", width="118px"),
    Column("Last complete", width="128px"),
    Column("Next run", width="128px"),
    Column("Rows", numeric=True, width="84px", title="Lines of a PSA, seats of a vendor"),
    Column(width="92px", label_hidden="Act"),
)
CATALOGUE = addresses.address(addresses.INTEGRATIONS, tab="catalogue")


def connections() -> rx.Component:
    return rx.fragment(
        rx.cond(State.is_missing, _missing(), rx.fragment()),
        rx.cond(State.total > 0, _filters(), rx.fragment()),
        table(
            _COLUMNS,
            Rows.connections,
            lambda row: connection_row(row=row, may_import=State.may_import, may_connect=State.may_connect, key=row.id),
            caption="Connections, the PSA first",
            label="Connections",
            open_row=State.open.id,
            loading=~State.is_loaded,
            empty=_empty(),
            foot=rx.cond(
                Rows.connections.length() > 0,
                load_more(_shown(), Rows.more_connections, has_more=State.has_more_connections),
                rx.fragment(),
            ),
            keep_scroll="connections",
        ),
    )


def _shown() -> Any:
    """How many of those that fit are drawn."""
    return Rows.connections.length().to_string() + " of " + State.found.to_string() + " connections"


def _missing() -> rx.Component:
    note = callout("This connection was not found", rx.el.p("It is not there, or it is not yours."), tone="fail")
    return rx.el.div(note, style={"padding": "8px var(--gutter)"})


def _filters() -> rx.Component:
    return filter_bar(
        search_field(State.find, Rows.search, label="Find a connection", key="/"),
        end=(health_counts(),),
    )


def health_counts() -> rx.Component:
    def part(number: Any, tone: Any, word: Any) -> rx.Component:
        return rx.cond(number > 0, status(number.to_string() + " " + word, mark=dot(tone)), rx.fragment())

    return rx.el.span(
        part(State.healthy, "ok", "healthy"),
        part(State.syncing, "acc", "syncing"),
        part(State.attention, "under", rx.cond(State.attention == 1, "needs attention", "need attention")),
        part(State.failed, "fail", "failed"),
        class_name="row row-3 t12 muted",
    )


def _empty() -> rx.Component:
    connect = rx.cond(
        State.may_connect,
        link("See what can be connected", href=CATALOGUE, class_name="btn"),
        rx.fragment(),
    )
    nothing = rx.cond(
        State.waiting > 0,
        empty("Nothing is connected yet", "Review the file above; its import makes the first connection."),
        empty(
            "Nothing is connected yet",
            "Connect your PSA and what your clients use, by their APIs or by exports that you drop here: then clients "
            "and services are matched and billing is compared with usage.",
            connect,
        ),
    )
    hidden = empty(
        "No connection fits",
        rx.el.span("The search hides ", State.total, ". Nothing holds “", State.find, "”."),
        button("Show all", on_click=Rows.search("")),
    )
    return rx.cond(State.find != "", hidden, nothing)


@rx.memo
def connection_row(
    row: rx.Var[ConnectionRow], may_import: rx.Var[bool], may_connect: rx.Var[bool], rest: rx.RestProp
) -> rx.Component:
    drawn = row_of(
        head_cell(
            link(
                row.label,
                href=addresses.INTEGRATIONS + "?connection=" + row.id,
                data_enter="",
                style={"color": "inherit"},
            ),
            " ",
            rx.el.span(row.detail, class_name="faint", style={"fontWeight": "var(--fw-text)"}),
            title=row.label,
        ),
        cell(status(row.health, mark=dot(row.tone), tone=rx.match(row.tone, ("fail", "fail"), ("under", "under"), "")),
             title=row.error),
        cell(_how(row)),
        cell(rx.cond(row.last_iso != "", when(row.last_iso, shown=row.last), "never"), class_name="nowrap"),
        cell(_next(row), class_name="nowrap", title=row.next_why),
        cell(row.rows, numeric=True, title=row.rows_title),
        cell(_acts(row, may_import, may_connect), class_name="num"),
        row_id=row.id,
        on_open=Rows.open_connection(row.id),
        class_name=rx.cond(row.is_enabled, "", "off"),
    )  # fmt: skip
    return rx.fragment(drawn, rx.cond(row.is_running, sync_line(row=row, may_import=may_import), rx.fragment()), rest)


def _next(row: Any) -> rx.Component:
    """When it is read by itself; a file is brought by a person."""
    nothing = rx.cond(row.may_sync, rx.el.span("on request", class_name="faint"), rx.fragment())
    return rx.cond(row.next_iso != "", when(row.next_iso, shown=row.next), nothing)


def _how(row: Any) -> rx.Component:
    api = rx.el.span("API ", rx.cond(row.is_sandbox, badge("sandbox", "acc"), rx.fragment()), class_name="nowrap")
    return rx.cond(row.is_api, api, rx.el.span("Files", class_name="muted", title=row.last_file))


def _acts(row: Any, may_import: Any, may_connect: Any) -> rx.Component:
    can_sync = row.may_sync & may_import
    now = icon_button("refresh", "Sync " + row.label + " now", on_click=Syncs.sync(row.number, False))
    not_yet = icon_button("close", "Take " + row.label + " from the queue", on_click=Syncs.stop(row.number))
    act = rx.cond(row.is_syncing, rx.cond(row.is_running, rx.fragment(), not_yet), now)
    return rx.el.span(
        rx.cond(can_sync, act, rx.fragment()),
        rx.cond(can_sync | may_connect, row_menu(row, may_import, may_connect), rx.fragment()),
        class_name="row",
        style={"justifyContent": "flex-end", "gap": "0"},
    )


def row_menu(row: Any, may_import: Any, may_connect: Any) -> rx.Component:
    """All that may be done to a connection."""
    number = row.number
    here = addresses.INTEGRATIONS + "?connection=" + row.id
    trigger = icon_button("more", "Actions for " + row.label, **menu_trigger())
    sync = rx.fragment(
        item("Sync now: what changed", icon="refresh", on_click=Syncs.sync(number, False)),
        item("Sync in full: read everything", icon="refresh", on_click=Syncs.sync(number, True)),
        rx.cond(row.is_syncing, item("Stop the sync", icon="close", on_click=Syncs.stop(number)), rx.fragment()),
    )
    upload = item("Import a newer file", icon="upload", data_upload_pick="")
    api = rx.fragment(
        rx.cond(row.is_connected, item("Test", icon="plug", on_click=[Form.test_stored(number),
                                                                     Rows.open_connection(row.id)]), rx.fragment()),
        item(rx.cond(row.is_connected, "Change credentials", "Enter credentials"), icon="key",
             href=here + "&view=settings"),
    )  # fmt: skip
    change = rx.fragment(
        separator(),
        item("Rename", on_click=Acts.ask("rename", number)),
        rx.cond(
            row.is_enabled,
            item("Switch off", on_click=Acts.switch(number, False)),
            item("Switch on", on_click=Acts.switch(number, True)),
        ),
        rx.cond(
            row.is_api & row.is_connected,
            item("Disconnect", danger=True, on_click=Acts.ask("disconnect", number)),
            rx.fragment(),
        ),
    )
    return menu(
        trigger,
        rx.cond(row.may_sync & may_import, sync, rx.fragment()),
        rx.cond(row.is_api, rx.fragment(), rx.cond(may_import, upload, rx.fragment())),
        rx.cond(may_connect, rx.fragment(rx.cond(row.is_api, api, rx.fragment()), change), rx.fragment()),
        label="Actions for " + row.label,
    )


@rx.memo
def sync_line(row: rx.Var[ConnectionRow], may_import: rx.Var[bool]) -> rx.Component:
    """The second line of a connection that is read just now. Draws anew by itself while records come in."""
    return rx.el.tr(rx.el.td(sync_bar(row, may_import), col_span=len(_COLUMNS)), class_name="running")


def sync_bar(row: Any, may_stop: Any) -> rx.Component:
    """How far a connection's sync is; it goes on when the page is left."""
    line = Syncs.lines[row.id]
    return rx.cond(
        Syncs.lines.contains(row.id),
        job_bar(
            line.note,
            # It changes every second: not to be read out each time.
            rx.el.span(line.detail, aria_live="off"),
            done=line.done,
            total=line.total,
            on_stop=Syncs.stop(row.number),
            stoppable=may_stop,
        ),
        job_bar("Starting", "", done=rx.Var.create(0), total=rx.Var.create(0)),
    )
