"""The integrations page: connections, the catalogue, files; the form of a new connection; the import of one file."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.controls import button, icon_button
from rcx_app.ui.components.feedback import problem
from rcx_app.ui.components.menu import item, menu, menu_trigger
from rcx_app.ui.components.panel import pane, split
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.integrations.catalogue import catalogue
from rcx_app.ui.pages.integrations.catalogue_state import CatalogueState
from rcx_app.ui.pages.integrations.connections import CATALOGUE, connections
from rcx_app.ui.pages.integrations.dialogs import dialogs
from rcx_app.ui.pages.integrations.drawer import drawer
from rcx_app.ui.pages.integrations.falls.panel import IS_LISTED, held_list, held_note, question
from rcx_app.ui.pages.integrations.falls.state import FallsState
from rcx_app.ui.pages.integrations.files import drop_zone, files, on_the_way, upload_machinery
from rcx_app.ui.pages.integrations.form import new_connection
from rcx_app.ui.pages.integrations.form_state import FormState
from rcx_app.ui.pages.integrations.schedule.panel import automatic_sync
from rcx_app.ui.pages.integrations.schedule.state import ScheduleState
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState as Rows
from rcx_app.ui.pages.integrations.state import IntegrationsState as State
from rcx_app.ui.pages.integrations.sync_state import SyncsState as Syncs
from rcx_app.ui.pages.integrations.wizard import wizard
from rcx_app.ui.pages.integrations.wizard_state import ImportRowsState
from rcx_app.ui.pages.integrations.wizard_state import ImportState as Import

_FILES = addresses.address(addresses.INTEGRATIONS, tab="files")


def integrations() -> rx.Component:
    listed = rx.match(State.tab, ("files", "Files"), ("catalogue", "Catalogue"), "Connected")
    adding = rx.cond(FormState.about.name != "", "Connect " + FormState.about.name, "Add a connection")
    return page(
        upload_machinery(),
        rx.cond(State.import_id > 0, wizard(), rx.cond(State.adding != "", new_connection(), _lists())),
        dialogs(),
        question(),
        active="integrations",
        title=rx.cond(State.import_id > 0, Import.head.filename, rx.cond(State.adding != "", adding, listed)),
        crumbs=(("Integrations", addresses.INTEGRATIONS),),
        two_pane=True,
        on_jobs_done=Rows.reload,
    )


def _lists() -> rx.Component:
    return split(_main(), drawer(), open_var=State.open.id != "")


def _main() -> rx.Component:
    shown = rx.match(
        State.tab,
        ("files", files()),
        ("catalogue", catalogue()),
        rx.cond(
            IS_LISTED,
            held_list(),
            rx.fragment(drop_zone(), held_note(), automatic_sync(), on_the_way(), connections()),
        ),
    )
    return pane(
        page_head(
            "Integrations",
            link("Advanced configuration", href=addresses.CONFIGURATION, class_name="btn ghost"),
            rx.cond(State.may_import & State.can_sync, _sync_all(), rx.fragment()),
            rx.cond(
                State.may_import,
                button("Import files", icon="upload", key="i", data_upload_pick=""),
                rx.fragment(),
            ),
            rx.cond(
                State.may_connect,
                link("Add a connection", href=CATALOGUE, class_name="btn primary"),
                rx.fragment(),
            ),
            sub=rx.cond(State.is_loaded, State.total.to_string() + " connected", ""),
        ),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, Rows.reload), class_name="section grow"),
            rx.fragment(
                tabs(
                    Tab("Connected", addresses.INTEGRATIONS, State.tab == "", State.total),
                    Tab("Catalogue", CATALOGUE, State.tab == "catalogue", State.connectors),
                    Tab("Files", _FILES, State.tab == "files", Rows.files.length()),
                    label="Integrations",
                ),
                shown,
            ),
        ),
        label="Integrations",
    )


def _sync_all() -> rx.Component:
    more = menu(
        icon_button("down", "Other ways to sync all", **menu_trigger()),
        item("Sync all in full: read everything", icon="refresh", on_click=Syncs.sync_all(True)),
        label="Other ways to sync all",
    )
    return rx.el.span(
        button("Sync all", icon="refresh", title="What changed, of every connection", on_click=Syncs.sync_all(False)),
        more,
        class_name="row",
        style={"gap": "0"},
    )


PAGE = Page(
    route="/integrations",
    title="Integrations",
    build=integrations,
    on_load=(
        FallsState.load,
        Rows.load,
        CatalogueState.load,
        FormState.load,
        ImportRowsState.load,
        ScheduleState.load,
        Syncs.follow,
    ),
)
