"""The page "Workspace" of the settings: name, time zone, currency, and how far it is on its way in."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.controls import button, field, text_input
from rcx_app.ui.components.feedback import problem, skeleton_lines
from rcx_app.ui.components.panel import facts
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.people.workspace_state import WorkspaceState as State
from rcx_app.ui.settings import settings_tabs


def workspace() -> rx.Component:
    shown = rx.cond(State.is_loaded, _settings(), rx.el.div(skeleton_lines(8), class_name="section"))
    failed = rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section")
    return page(
        page_head("Settings"),
        settings_tabs("workspace"),
        rx.cond(State.problem != "", failed, shown),
        active="settings",
        title="Workspace",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
        narrow=True,
    )


def _settings() -> rx.Component:
    locked = ~State.may_settle
    zones = rx.el.select(
        rx.foreach(State.zones, lambda zone: rx.el.option(zone, value=zone, key=zone)),
        id="ws-zone",
        name="time_zone",
        default_value=State.time_zone,
        class_name="input",
        disabled=locked,
    )
    currency = text_input(
        id="ws-currency", name="currency", default_value=State.currency, max_length=3, auto_complete="off",
        disabled=locked | State.currency_stands,
    )  # fmt: skip
    name = text_input(
        id="ws-name", name="name", default_value=State.name, max_length=100, auto_complete="organization",
        disabled=locked,
    )  # fmt: skip
    form = rx.el.form(
        field("Company", name, field_id="ws-name", hint="Stands in the navigation, in reports and in invitations."),
        field("Time zone", zones, field_id="ws-zone", hint="Days begin and months end by it."),
        field(
            "Currency",
            currency,
            field_id="ws-currency",
            hint=rx.cond(
                State.currency_stands,
                "Stands since amounts have been read. To view others, choose a display currency under Data.",
                "Of amounts whose source names none. Can't change once amounts have been read.",
            ),
            wrong=State.wrong,
        ),
        rx.cond(
            State.may_settle,
            rx.el.div(button("Save", kind="primary", type="submit"), class_name="row"),
            rx.el.p("Admins and owners may change this.", class_name="muted"),
        ),
        on_submit=State.save,
        class_name="data-form",
        key=State.name + State.time_zone + State.currency,
    )
    about = facts((("Access", State.stage_words), ("Since", State.since)))
    return rx.fragment(section("Workspace", about), section("About the company", form))


PAGE = Page(route=addresses.WORKSPACE_SETTINGS, title="Workspace", build=workspace, on_load=(State.load,))
