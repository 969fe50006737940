"""The panel of a connection: its last runs in full, its settings, the rights it needs."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge, dot, status
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout, problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.panel import pairs, panel_head, panel_section, side_panel
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link, when
from rcx_app.ui.pages.integrations.about import guide_link, how_it_is_read, rights
from rcx_app.ui.pages.integrations.act_state import ActsState as Acts
from rcx_app.ui.pages.integrations.connections import row_menu
from rcx_app.ui.pages.integrations.falls.panel import held_of_connection
from rcx_app.ui.pages.integrations.form import form, only_admins
from rcx_app.ui.pages.integrations.form_state import FormState as Form
from rcx_app.ui.pages.integrations.outcome import outcome, waiting
from rcx_app.ui.pages.integrations.runs import runs
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState as Rows
from rcx_app.ui.pages.integrations.state import IntegrationsState as State
from rcx_app.ui.pages.integrations.sync_state import SyncsState as Syncs


def drawer() -> rx.Component:
    opened = State.open
    here = addresses.INTEGRATIONS + "?connection=" + opened.id
    views = tabs(
        Tab("Runs", here, State.view == ""),
        Tab("Settings", here + "&view=settings", State.view == "settings"),
        Tab("Rights", here + "&view=rights", State.view == "rights"),
        label="Of this connection",
    )
    return side_panel(
        rx.match(State.view, ("settings", _settings()), ("rights", _rights()), _overview()),
        label=opened.label,
        header=panel_head(
            rx.el.h2(opened.label, class_name="title clip"),
            rx.el.div(
                status(opened.health, mark=dot(opened.tone)),
                rx.cond(opened.detail != "", rx.el.span(opened.detail, class_name="muted"), rx.fragment()),
                rx.cond(opened.is_sandbox, badge("sandbox", "acc"), rx.fragment()),
                class_name="row row-3",
            ),
            on_close=Rows.close_connection,
            steps=False,
        ),
        tabs=rx.cond(opened.is_api, views, rx.fragment()),
        footer=rx.cond(State.may_import | State.may_connect, _footer(), rx.fragment()),
    )


def _footer() -> rx.Component:
    opened = State.open
    read = rx.fragment(
        button("Sync now", kind="primary", icon="refresh", on_click=Syncs.sync(opened.number, False)),
        button("Full sync", title="Read everything, not only what changed", on_click=Syncs.sync(opened.number, True)),
    )
    sync = rx.cond(
        State.may_import,
        rx.cond(
            opened.is_syncing,
            button("Stop the sync", on_click=Syncs.stop(opened.number)),
            rx.cond(opened.may_sync, read, rx.fragment()),
        ),
        rx.fragment(),
    )
    test = rx.cond(
        opened.is_api & opened.is_connected & State.may_connect,
        button("Test", disabled=Form.is_testing, on_click=Form.test_stored(opened.number)),
        rx.fragment(),
    )
    more = row_menu(opened, State.may_import, State.may_connect)
    return rx.el.div(sync, test, rx.el.span(class_name="push"), more, class_name="row")


def _overview() -> rx.Component:
    opened = State.open
    return rx.fragment(
        rx.cond(opened.is_syncing, panel_section("", _progress()), rx.fragment()),
        _test(),
        _attention(),
        held_of_connection(opened.number),
        panel_section("What is here", _facts()),
        runs(),
    )


def _progress() -> rx.Component:
    """How far the sync is, in words; the bar is in the list."""
    line = Syncs.lines[State.open.id]
    said = rx.cond(
        Syncs.lines.contains(State.open.id), rx.fragment(rx.el.b(line.note), " ", line.detail), "Waiting for its turn"
    )
    return rx.el.p(icon("refresh", 14, "spin"), " ", said)


def _test() -> rx.Component:
    """The test of this connection that runs or ran last."""
    is_this = Form.tested_subject == Form.subject
    return rx.fragment(
        rx.cond(Form.is_testing & is_this, panel_section("", waiting()), rx.fragment()),
        rx.cond(Form.has_outcome & ~Form.is_testing, panel_section("", outcome()), rx.fragment()),
    )


def _attention() -> rx.Component:
    """What is wrong, whose turn it is and what to do; or what comes first where nothing was read yet."""
    opened, failure = State.open, State.failure
    settings = addresses.INTEGRATIONS + "?connection=" + opened.id + "&view=settings"
    enter = rx.cond(
        opened.is_api & State.may_connect,
        rx.el.div(link(icon("key", 14), "Change credentials", href=settings, class_name="btn"), class_name="row"),
        rx.fragment(),
    )
    why = rx.cond(failure.message != "", failure.message, opened.error)
    failed = callout(
        rx.cond(opened.tone == "fail", "The last run failed", "Not everything was read"),
        rx.el.p(why),
        rx.cond(failure.what != "", rx.el.p("Stays as it was: ", failure.what, "."), rx.fragment()),
        rx.cond(
            failure.message != "",
            rx.el.p(rx.cond(failure.whose != "", rx.el.b(failure.whose, ". "), rx.fragment()), failure.remedy),
            rx.fragment(),
        ),
        rx.el.p("What was read before stands as it was.", class_name="muted"),
        enter,
        tone="fail",
    )
    gone = callout(
        "Its credentials were deleted",
        rx.el.p("What it has delivered stays. Enter credentials to read it again."),
        enter,
        tone="under",
    )
    fresh = callout("Nothing was read yet", rx.el.p("Sync it now; the first sync reads everything."), tone="acc")
    return rx.cond(
        opened.is_connected,
        rx.cond(
            opened.error != "",
            panel_section("", failed),
            rx.cond(opened.may_sync & opened.never_read & ~opened.is_syncing, panel_section("", fresh), rx.fragment()),
        ),
        panel_section("", gone),
    )


def _facts() -> rx.Component:
    opened = State.open
    last: Any = rx.cond(opened.last_iso != "", when(opened.last_iso, shown=opened.last), "never")
    rows = rx.el.span(rx.cond(opened.rows_title != "", opened.rows_title, "none"), style={"whiteSpace": "normal"})
    read = rx.cond(opened.is_sandbox, "API of the sandbox", "API")
    file = rx.cond(opened.last_file != "", opened.last_file, "none")
    return rx.cond(
        opened.is_api,
        pairs([("Side", opened.side), ("Read by", read), ("Last complete", last), ("Rows", rows)], left=True),
        pairs([("Side", opened.side), ("Last file", file), ("Last complete", last), ("Rows", rows)], left=True),
    )


def _settings() -> rx.Component:
    number = State.open.number
    leave = panel_section(
        "Disconnect",
        rx.el.p("Deletes the credentials and keeps what was read.", class_name="muted"),
        rx.el.div(
            button("Disconnect", kind="danger", on_click=Acts.ask("disconnect", number)),
            class_name="row",
            style={"marginTop": "6px"},
        ),
    )
    shown = rx.fragment(
        panel_section(
            rx.cond(Form.is_connected, "Credentials", "Enter credentials again"),
            rx.el.p(
                _let_in(),
                " The next sync after a change reads everything. ",
                guide_link("How to connect it"),
                class_name="muted",
            ),
            rx.el.div(form(is_new=False), style={"marginTop": "10px"}),
        ),
        rx.cond(Form.is_connected, leave, rx.fragment()),
    )
    return _opened(rx.cond(State.may_connect, shown, panel_section("", only_admins())))


def _let_in() -> rx.Component:
    """Whether what is stored has ever been let in by the vendor."""
    last = rx.fragment("Let in by the vendor ", when(Form.checked_iso, shown=Form.checked), ".")
    return rx.cond(Form.checked_iso != "", last, "Not let in by the vendor since it was saved.")


def _rights() -> rx.Component:
    how_to = panel_section("How to", rx.el.p(guide_link("Where to find each credential, step by step")))
    return _opened(rx.fragment(how_to, rights(), how_it_is_read()))


def _opened(shown: rx.Component) -> rx.Component:
    return rx.cond(
        Form.problem != "",
        panel_section("", problem(Form.problem, Form.remedy)),
        rx.cond(Form.is_loaded, shown, panel_section("", skeleton_lines(5))),
    )
