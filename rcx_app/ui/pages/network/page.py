"""The page /settings/network: where RCX calls from, what each integration asks for, and leave for RCX's agents."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button, field, text_input
from rcx_app.ui.components.feedback import callout, empty, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.network.state import LASTS, EgressRow, IntegrationRow, LeaveRow, RightRow
from rcx_app.ui.pages.network.state import NetworkState as State
from rcx_app.ui.settings import settings_tabs


def network() -> rx.Component:
    return page(
        page_head("Settings"),
        settings_tabs("network"),
        rx.cond(
            State.is_loaded,
            rx.fragment(_addresses(), _access(), _integrations(), _browsers()),
            rx.el.div(skeleton_lines(8), class_name="section"),
        ),
        active="settings",
        title="Network",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
    )


def _addresses() -> rx.Component:
    none = empty(
        "RCX calls from no fixed address here",
        "Whoever runs this RCX has entered none. Where a vendor asks for a list of addresses, ask under Support.",
    )
    return section(
        "Where RCX calls from",
        rx.cond(
            State.addresses.length() > 0,
            rx.fragment(
                rx.el.p(
                    "If your PSA or a vendor only lets listed addresses in, list these. Admins are told in the app "
                    "when they change.",
                    class_name="muted",
                ),
                rx.el.ul(rx.foreach(State.addresses, _address), class_name="address-list"),
            ),
            none,
        ),
    )


def _address(row: rx.Var[EgressRow]) -> rx.Component:
    return rx.el.li(
        rx.el.code(row.network),
        rx.el.span(rx.cond(row.note != "", row.note + ", ", ""), "since ", row.since, class_name="muted"),
        key=row.id,
    )


def _access() -> rx.Component:
    given = callout(
        "Agents of RCX may work in this workspace",
        rx.el.p(State.in_force, ". What they do is in your audit log as done by an agent of RCX."),
        tone="under",
        icon="key",
        end=rx.cond(State.may_let_in, button("End it now", kind="danger", on_click=State.end), rx.fragment()),
    )
    closed = rx.el.p(
        "Nobody of RCX can work in this workspace unless you let them, and never sees credentials.", class_name="muted"
    )
    return section(
        "Help from RCX inside your workspace",
        rx.cond(State.in_force != "", given, closed),
        rx.cond(State.may_let_in & (State.in_force == ""), _grant(), rx.fragment()),
        rx.cond(
            State.leaves.length() > 0,
            rx.el.ul(rx.foreach(State.leaves, _leave), class_name="events", aria_label="Leave given so far"),
            rx.fragment(),
        ),
    )


def _grant() -> rx.Component:
    return rx.el.form(
        field(
            "They may",
            rx.el.select(
                rx.el.option("look at everything (viewer)", value="viewer"),
                rx.el.option("look and change things (admin)", value="admin"),
                id="leave-role",
                name="role",
                class_name="input",
            ),
            field_id="leave-role",
            hint="Never: approve what is written to the PSA, close a month, manage people, or change the plan.",
        ),
        field(
            "For",
            rx.el.select(
                *(rx.el.option(text, value=key) for key, text, _ in LASTS),
                id="leave-lasts",
                name="lasts",
                class_name="input",
            ),
            field_id="leave-lasts",
            hint="You can end it at any moment; sessions that agents have here are over with it.",
        ),
        field(
            "What for (optional)",
            text_input(id="leave-reason", name="reason", max_length=300, auto_complete="off"),
            field_id="leave-reason",
            wrong=State.wrong,
        ),
        rx.el.div(button("Let agents in", kind="primary", type="submit"), class_name="row"),
        on_submit=State.grant,
        class_name="data-form",
        key=State.form_key.to_string(),
    )


def _leave(row: rx.Var[LeaveRow]) -> rx.Component:
    return rx.el.li(
        rx.el.b(row.said), rx.el.span(row.state, class_name="t12 muted"), rx.el.p("Given ", row.given), key=row.id
    )


def _integrations() -> rx.Component:
    return section(
        "What each integration asks for",
        rx.el.p(
            "The least that RCX needs, named as the vendor names it. Rights for writing are needed only where an admin "
            "allows writing.",
            class_name="muted",
        ),
        rx.el.div(rx.foreach(State.integrations, _integration), class_name="rights"),
    )


def _integration(row: rx.Var[IntegrationRow]) -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            icon("right", 12),
            rx.el.b(row.name),
            rx.cond(row.is_yours, badge("No fixed address", "under"), rx.fragment()),
            rx.el.span("Calls ", row.calls, class_name="muted clip"),
        ),
        rx.el.ul(rx.foreach(row.rights, _right)),
        key=row.key,
    )


def _right(row: rx.Var[RightRow]) -> rx.Component:
    return rx.el.li(
        rx.el.b(row.name),
        rx.cond(row.mark != "", rx.el.span(" (", row.mark, ")", class_name="faint"), rx.fragment()),
        rx.el.span(row.why, class_name="muted line"),
        key=row.name,
    )


def _browsers() -> rx.Component:
    return section(
        "Browsers",
        rx.el.p(
            "RCX is made for browsers of the Chromium family (Chrome, Edge, Brave and others) of the last two years. "
            "Others may work; we don't promise it. Working pages need a window of 1200 px; signing in, getting started "
            "and support work on a phone too.",
            class_name="muted",
        ),
    )


PAGE = Page(route=addresses.NETWORK, title="Network", build=network, on_load=(State.load,), needs=Permission.TEAM)
