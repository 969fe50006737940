"""The page of one's own account."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui.components.badges import badge, status
from rcx_app.ui.components.controls import button, field, text_input
from rcx_app.ui.components.dialog import confirm
from rcx_app.ui.components.feedback import callout, problem, skeleton_lines
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.components.text import outward, when
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.account.state import AccountState as State
from rcx_app.ui.pages.account.state import BrowserRow, PlaceRow

BROWSERS = (
    Column("Browser", width="230px"),
    Column("Address", width="150px"),
    Column("Workspace"),
    Column("Signed in by", width="140px"),
    Column("Last seen", width="130px"),
    Column(label_hidden="Sign out", width="110px"),
)
WORKSPACES = (Column("Workspace"), Column("Your role", width="160px"), Column(label_hidden="What to do", width="150px"))


def account() -> rx.Component:
    parts = rx.fragment(
        rx.cond(
            State.done != "",
            rx.el.div(callout(State.done, tone="ok"), class_name="section", role="status"),
            rx.fragment(),
        ),
        _profile(),
        _ways_in(),
        _browsers(),
        _workspaces(),
    )
    shown = rx.cond(State.is_loaded, parts, rx.el.div(skeleton_lines(10), class_name="section"))
    failed = rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section")
    return page(
        page_head("Your account", sub=State.user_email),
        rx.cond(State.problem != "", failed, shown),
        rx.cond(State.is_leaving, _leaving(), rx.fragment()),
        active="account",
        title="Your account",
        narrow=True,
    )


def _profile() -> rx.Component:
    form = rx.el.form(
        field(
            "Name",
            text_input(id="account-name", name="name", default_value=State.name, max_length=100, auto_complete="name"),
            field_id="account-name",
            hint="Colleagues see it beside what you decide.",
            wrong=State.wrong,
        ),
        rx.el.div(button("Save name", type="submit"), class_name="row"),
        on_submit=State.rename,
        class_name="data-form",
        key=State.name,
    )
    return section("Profile", form)


def _ways_in() -> rx.Component:
    two_factor = rx.cond(
        State.two_factor_on,
        _way("Two-factor sign-in", State.two_factor + ", " + State.codes + " left", "Manage", "/account/two-factor"),
        _way(
            "Two-factor sign-in",
            "Off. A code of an app on your phone protects the account even when the password is known.",
            "Set up",
            "/account/two-factor",
        ),
    )
    return section(
        "Signing in",
        rx.el.ul(
            _way("E-mail address", State.user_email, "Change", "/account/email"),
            _way("Password", State.password, "Change", "/account/password"),
            two_factor,
            class_name="ways",
        ),
    )


def _way(title: str, says: Any, act: str, href: str) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.b(title), rx.el.span(says, class_name="muted")),
        outward(act, href=href, class_name="btn", aria_label=f"{act}: {title.lower()}"),
    )


def _browsers() -> rx.Component:
    all_out = rx.cond(
        State.others > 0, button("Sign all others out", on_click=State.end_others, size="tight"), rx.fragment()
    )
    note = rx.cond(
        State.is_guest,
        rx.el.p("You signed in with your company's account, so only its workspace's are shown.", class_name="muted"),
        rx.fragment(),
    )
    listed = table(
        BROWSERS,
        State.browsers,
        _browser,
        caption="Browsers that are signed in to your account, last seen first",
        label="Signed-in browsers",
        look="stacks",
        skeleton_rows=0,
    )
    return section("Signed-in browsers", note, listed, end=all_out)


def _browser(row: rx.Var[BrowserRow]) -> rx.Component:
    out = rx.cond(
        row.is_this,
        badge("This one", "ok"),
        button("Sign out", size="tight", on_click=State.end(row.id), aria_label="Sign out " + row.device),
    )
    return row_of(
        head_cell(row.device),
        cell(row.address, data_label="Address"),
        cell(row.workspace, data_label="Workspace"),
        cell(rx.el.span(row.method, title="Since " + row.begun), data_label="Signed in by"),
        cell(when(row.seen, shown=row.seen_text), data_label="Last seen"),
        cell(out),
        row_id=row.id,
    )


def _workspaces() -> rx.Component:
    listed = table(
        WORKSPACES,
        State.places,
        _workspace,
        caption="Workspaces that you are in, in the order in which you joined",
        label="Workspaces",
        look="stacks",
        skeleton_rows=0,
    )
    return section("Workspaces", listed)


def _workspace(row: rx.Var[PlaceRow]) -> rx.Component:
    switch = rx.el.form(
        rx.el.input(type="hidden", name="workspace_id", value=row.id, read_only=True),
        rx.el.button("Switch to it", type="submit", class_name="btn tight"),
        method="post",
        action="/workspace",
        # Without this Reflex cancels the submission.
        on_submit=None,
    )
    leave = button("Leave", size="tight", on_click=State.ask_to_leave)
    return row_of(
        head_cell(row.name, rx.cond(row.is_this, rx.el.span(" ", badge("You are here")), rx.fragment())),
        cell(status(row.role), data_label="Your role"),
        cell(rx.cond(row.is_this, leave, switch)),
        row_id=row.id,
    )


def _leaving() -> rx.Component:
    return confirm(
        "Leave " + State.workspace_name + "?",
        rx.el.p("You are signed out, and come back only by an invitation. What you decided there stays."),
        rx.cond(
            State.places.length() > 1,
            rx.fragment(),
            rx.el.p("You are in no other workspace. Your account stays: when you sign in again you can make your own."),
        ),
        act="Leave workspace",
        kind="danger",
        on_confirm=State.leave,
        on_close=State.stay,
    )


PAGE = Page(route="/account", title="Your account", build=account, on_load=(State.load,), needs=Permission.SELF)
