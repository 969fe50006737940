"""The page "Security" of the settings."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui import addresses
from rcx_app.ui.components.badges import status
from rcx_app.ui.components.controls import choice
from rcx_app.ui.components.feedback import callout, problem, skeleton_lines
from rcx_app.ui.components.text import link, outward
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.people.company import company
from rcx_app.ui.pages.people.company_state import CompanyState
from rcx_app.ui.pages.people.security_state import SecurityState as State
from rcx_app.ui.settings import settings_tabs

_CONFIRM = "/account/confirm?next=%2Fsettings%2Fsecurity"


def security() -> rx.Component:
    shown = rx.cond(
        State.is_loaded,
        rx.fragment(_proof(), _two_factor(), company()),
        rx.el.div(skeleton_lines(8), class_name="section"),
    )
    failed = rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section")
    return page(
        page_head("Settings"),
        settings_tabs("security"),
        rx.cond(State.problem != "", failed, shown),
        active="settings",
        title="Security",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
        narrow=True,
    )


def _proof() -> rx.Component:
    """These settings open for a quarter of an hour after the person has proven himself."""
    asked = rx.el.div(
        callout(
            "Confirm that it is you before you change these settings",
            rx.el.p("By your password, or by a code where you have two-factor sign-in. It lasts for 15 minutes."),
            icon="lock",
            end=outward("Confirm that it is you", href=_CONFIRM, class_name="btn"),
        ),
        class_name="section",
    )
    return rx.cond(State.may_secure & ~State.is_proven, asked, rx.fragment())


def _two_factor() -> rx.Component:
    switch = choice(
        "Everybody needs two-factor sign-in",
        State.needs_two_factor,
        State.ask_two_factor,
        disabled=~State.may_secure | ~State.is_proven | (~State.has_two_factor & ~State.needs_two_factor),
        id="needs-two-factor",
    )
    missing = rx.el.div(
        rx.el.p(
            rx.cond(
                State.needs_two_factor,
                "Who has not set it up yet is led there when signing in, and can do nothing else here:",
                "Who has not set it up yet would be signed out, and led there when signing in:",
            ),
            class_name="muted",
        ),
        rx.el.ul(
            rx.foreach(State.without, lambda name: rx.el.li(status(name, icon="person"), key=name)),
            class_name="plain-list",
        ),
    )
    own = rx.cond(
        State.may_secure & ~State.has_two_factor,
        rx.el.p(
            "To ask it of others, ",
            outward("set it up for yourself", href="/account/two-factor"),
            " first.",
            class_name="muted",
        ),
        rx.fragment(),
    )
    reader = rx.cond(
        State.may_secure,
        rx.fragment(),
        rx.el.p("Admins and owners of the workspace may change this.", class_name="muted"),
    )
    everybody = rx.el.p(status("Everybody in the team has it.", tone="ok", icon="ok"))
    return section(
        "Two-factor sign-in",
        switch,
        own,
        reader,
        rx.cond(State.without.length() > 0, missing, everybody),
        rx.el.p(
            "People who sign in with their company's account are asked by that. Your own is in ",
            link("your account", href="/account"),
            ".",
            class_name="muted",
        ),
        class_name="prose",
    )


PAGE = Page(
    route="/settings/security",
    title="Security",
    build=security,
    on_load=(State.load, CompanyState.load),
    needs=Permission.TEAM,
)
