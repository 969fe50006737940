"""The pages of what platform admins keep: /staff/notices (read by all agents), /staff/agents, /staff/network."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui.base import AppState
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button, field, text_input
from rcx_app.ui.components.dialog import confirm
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.staff.platform_state import AgentsState, EgressState, NoticesState
from rcx_app.ui.pages.staff.rows import AddressLine, AgentLine, NoticeLine

_NOTICES = (
    Column("Notice"),
    Column("Written", width="190px"),
    Column("By", width="150px"),
    Column("Read", width="170px"),
    Column(label_hidden="Take back", width="110px"),
)
_AGENTS = (
    Column("Name"),
    Column("Address"),
    Column("What", width="150px"),
    Column("Two-factor", width="100px"),
    Column(label_hidden="Remove", width="100px"),
)
_ADDRESSES = (
    Column("Address", width="220px"),
    Column("What for"),
    Column("Since", width="130px"),
    Column(label_hidden="Remove", width="100px"),
)


def notices() -> rx.Component:
    form = rx.el.form(
        _text("Title", "title", max_length=120),
        field(
            "Text",
            rx.el.textarea(id="body", name="body", rows="4", class_name="input area", max_length=2000),
            field_id="body",
            hint="Admins and owners of all workspaces see it above every page until they have read it.",
            wrong=NoticesState.wrong,
        ),
        rx.el.div(button("Tell all workspaces", kind="primary", type="submit"), class_name="row"),
        on_submit=NoticesState.publish,
        class_name="data-form",
        key=NoticesState.form_key.to_string(),
    )
    is_platform = AppState.opens.contains(Permission.PLATFORM.value)
    return page(
        page_head("Notices"),
        rx.cond(is_platform, section("Write a notice", form), rx.fragment()),
        table(
            _NOTICES,
            NoticesState.rows,
            _notice,
            caption="Notices, the newest first",
            label="Notices",
            loading=~NoticesState.is_loaded,
            empty=empty("No notices yet", "Changed addresses write one by themselves."),
        ),
        active="notices",
        title="Notices",
        area="staff",
    )


def _notice(row: rx.Var[NoticeLine]) -> rx.Component:
    take_back = rx.cond(
        AppState.opens.contains(Permission.PLATFORM.value),
        button("Take back", size="tight", on_click=NoticesState.withdraw(row.id)),
        "",
    )
    return row_of(
        head_cell(row.title, rx.el.span(row.body, class_name="second", title=row.body)),
        cell(row.at),
        cell(row.who),
        cell(row.readers),
        cell(rx.cond(row.is_out, take_back, badge("Taken back"))),
        row_id=row.id,
        tall=True,
    )


def agents() -> rx.Component:
    form = rx.el.form(
        _text("E-mail address of the account", "email", type="email", auto_complete="off", wrong=AgentsState.wrong),
        field(
            "As",
            rx.el.select(
                rx.el.option("Agent", value="agent"),
                rx.el.option("Platform admin", value="platform_admin"),
                id="staff",
                name="staff",
                class_name="input",
            ),
            field_id="staff",
            hint="Platform admins also keep agents, plans, notices and addresses.",
        ),
        rx.el.div(button("Add", kind="primary", type="submit"), class_name="row"),
        on_submit=AgentsState.add,
        class_name="data-form",
        key=AgentsState.form_key.to_string(),
    )
    ask = confirm(
        "Remove " + AgentsState.leaving_name + " from RCX's agents?",
        rx.el.p("All of his or her sessions end at once."),
        act="Remove",
        kind="danger",
        on_confirm=AgentsState.remove,
        on_close=AgentsState.ask(0),
    )
    return page(
        page_head("Agents"),
        section("Add somebody", form),
        table(
            _AGENTS,
            AgentsState.rows,
            _agent,
            caption="Agents and platform admins, by name",
            label="Agents",
            loading=~AgentsState.is_loaded,
        ),
        rx.cond(AgentsState.leaving > 0, ask, rx.fragment()),
        active="agents",
        title="Agents",
        area="staff",
    )


def _agent(row: rx.Var[AgentLine]) -> rx.Component:
    return row_of(
        head_cell(row.name),
        cell(row.email),
        cell(row.staff),
        cell(row.two_factor),
        cell(button("Remove", size="tight", on_click=AgentsState.ask(row.id), aria_label="Remove " + row.name)),
        row_id=row.id,
    )


def network() -> rx.Component:
    form = rx.el.form(
        _text("Address or network", "network", placeholder="203.0.113.7 or 203.0.113.0/28", wrong=EgressState.wrong),
        _text("What for (optional)", "note", max_length=120),
        rx.el.div(button("Add and tell all", kind="primary", type="submit"), class_name="row"),
        on_submit=EgressState.add,
        class_name="data-form",
        key=EgressState.form_key.to_string(),
    )
    ask = confirm(
        "Remove " + EgressState.going_network + "?",
        rx.el.p("Do this once RCX no longer calls from there. All workspaces' admins are told."),
        act="Remove and tell all",
        kind="danger",
        on_confirm=EgressState.remove,
        on_close=EgressState.ask(0),
    )
    return page(
        page_head("Network", sub="The addresses that RCX calls vendors from, as workspaces see them"),
        section("Add an address", form),
        table(
            _ADDRESSES,
            EgressState.rows,
            _address,
            caption="Addresses in use",
            label="Addresses",
            loading=~EgressState.is_loaded,
            empty=empty("No addresses yet", "Workspaces are told that RCX calls from changing addresses."),
        ),
        rx.cond(EgressState.going > 0, ask, rx.fragment()),
        active="network",
        title="Network",
        area="staff",
    )


def _address(row: rx.Var[AddressLine]) -> rx.Component:
    return row_of(
        head_cell(row.network),
        cell(row.note),
        cell(row.since),
        cell(button("Remove", size="tight", on_click=EgressState.ask(row.id), aria_label="Remove " + row.network)),
        row_id=row.id,
    )


def _text(label: str, name: str, *, wrong: Any = "", **props: Any) -> rx.Component:
    return field(label, text_input(id=name, name=name, **props), field_id=name, wrong=wrong)


PAGES = (
    Page(route="/staff/notices", title="Notices", build=notices, on_load=(NoticesState.load,), needs=Permission.AGENT),
    Page(route="/staff/agents", title="Agents", build=agents, on_load=(AgentsState.load,), needs=Permission.PLATFORM),
    Page(
        route="/staff/network", title="Network", build=network, on_load=(EgressState.load,), needs=Permission.PLATFORM
    ),
)
