"""The page "Writing" of the settings: how changes are approved, and each PSA with whether RCX writes there."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge, dot, status
from rcx_app.ui.components.controls import button, choice
from rcx_app.ui.components.feedback import callout, empty, problem, skeleton_lines
from rcx_app.ui.components.panel import pane, panel_head, panel_section, side_panel, split
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.components.text import hidden, link, outward
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.integrations.about_rows import RightRow
from rcx_app.ui.pages.integrations.form_rows import FieldRow
from rcx_app.ui.pages.settings_writing.rows import PsaRow
from rcx_app.ui.pages.settings_writing.state import WritingState as State
from rcx_app.ui.settings import settings_tabs

CHOSEN = State.chosen
_FORM = "writing-form"
# What is typed goes to the server as the argument of a handler, and nowhere else.
_READ = f"Object.fromEntries(new FormData(document.getElementById('{_FORM}')))"
COLUMNS = (
    Column("PSA", width="220px"),
    Column("Writing", width="100px"),
    Column("As whom", width="210px"),
    Column("Enabled by", width="200px"),
    Column("What to know"),
)


def settings_writing() -> rx.Component:
    shown = rx.cond(
        State.is_loaded, rx.fragment(_policy(), _psas()), rx.el.div(skeleton_lines(8), class_name="section")
    )
    return page(
        split(
            pane(
                page_head("Settings"),
                settings_tabs("writing"),
                rx.cond(
                    State.problem != "",
                    rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section"),
                    shown,
                ),
                label="Writing",
            ),
            _panel(),
            open_var=State.open_id != "",
        ),
        active="settings",
        title="Writing",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
    )


def _policy() -> rx.Component:
    locked = ~State.may_secure
    return section(
        "How changes are approved",
        rx.el.div(
            choice(
                "Four eyes: whoever prepares a change set can't approve it",
                State.four_eyes,
                State.choose(~State.four_eyes, State.one_click & State.four_eyes),
                disabled=locked,
            ),
            choice(
                "One click: an approver may write a single line at once; it is recorded as any other change",
                State.one_click,
                State.choose(State.four_eyes & State.one_click, ~State.one_click),
                disabled=locked,
            ),
            rx.el.p(
                "They exclude each other: choosing one takes the other back. What the PSA warns of waits for a second "
                "look in any case.",
                class_name="hint",
            ),
            rx.cond(State.wrong_policy != "", rx.el.span(State.wrong_policy, class_name="wrong", role="alert"), ""),
            rx.cond(locked, rx.el.p("Admins and owners may change this.", class_name="muted"), rx.fragment()),
            class_name="stack",
        ),
    )


def _psas() -> rx.Component:
    none = empty(
        "No PSA is connected",
        "RCX writes only where it also reads the agreements.",
        link("To the integrations", href=addresses.INTEGRATIONS, class_name="btn"),
        page=True,
    )
    return table(
        COLUMNS,
        State.psas,
        _row,
        caption="PSA connections and whether RCX writes there",
        label="PSAs",
        open_row=State.open_id,
        empty=none,
        skeleton_rows=0,
    )


def _row(row: rx.Var[PsaRow]) -> rx.Component:
    return row_of(
        head_cell(row.label, second=rx.cond(row.system != row.label, row.system, ""), title=row.label),
        cell(status(row.state, mark=rx.cond(row.tone == "", dot("hollow"), dot(row.tone)))),
        cell(row.as_whom, clip=True),
        cell(row.enabled, clip=True, title=row.enabled),
        cell(row.why, clip=True, title=row.why, class_name="muted"),
        row_id=row.id,
        on_open=State.open_psa(row.id.to_string()),
        tall=True,
    )


def _panel() -> rx.Component:
    why = rx.cond(CHOSEN.why != "", callout(CHOSEN.why, tone="under"), rx.fragment())
    return side_panel(
        panel_section("", why, rx.el.p(State.form.writes)),
        _rights(),
        rx.cond(State.may_secure, _form(), panel_section("", callout("Only an admin can change this", icon="lock"))),
        label="Writing to " + CHOSEN.label,
        header=panel_head(
            badge(CHOSEN.state, CHOSEN.tone),
            rx.el.h2("Writing to " + CHOSEN.label, class_name="title"),
            on_close=State.close,
        ),
    )


def _rights() -> rx.Component:
    def right(row: rx.Var[RightRow]) -> rx.Component:
        return rx.el.li(rx.el.b(row.name), rx.el.p(row.why, class_name="muted"), key=row.name)

    guide = outward("Step by step", hidden(" (in a new tab)"), href=State.form.guide, target="_blank", rel="noopener")
    return rx.cond(
        State.form.rights.length() > 0,
        panel_section(
            "Rights that writing needs",
            rx.el.ul(rx.foreach(State.form.rights, right), class_name="stack"),
            end=guide,
        ),
        rx.fragment(),
    )


def _form() -> rx.Component:
    """Enable, change or disable. What is typed reaches the server only as the argument of the submitted form."""
    own = rx.el.div(
        rx.foreach(State.form.fields, _field),
        rx.el.p("What is left empty is as RCX reads with. The address stays the connection's.", class_name="hint"),
        class_name="stack stack-4",
    )
    switch = rx.cond(
        State.form.fields.length() > 0,
        choice("Write as another user of the PSA", State.as_own, State.use_own),
        rx.fragment(),
    )
    enable = rx.cond(
        CHOSEN.may_enable,
        button(rx.cond(CHOSEN.is_on, "Enable anew", "Enable writing"), kind="primary", type="submit"),
        rx.fragment(),
    )
    test = button(
        rx.cond(State.is_testing, "Testing", "Test connection"),
        icon="plug",
        disabled=State.is_testing,
        on_click=rx.call_script(_READ, callback=State.test),
    )
    disable = rx.cond(CHOSEN.is_on, button("Disable writing", kind="danger", on_click=State.disable), rx.fragment())
    drawn = rx.el.form(
        rx.cond(CHOSEN.may_enable, rx.fragment(switch, rx.cond(State.as_own, own, rx.fragment())), rx.fragment()),
        rx.cond(State.wrong != "", callout("It was not enabled", rx.el.p(State.wrong), tone="fail", alert=True), ""),
        rx.cond(State.tried.tone != "", _tried(), rx.fragment()),
        rx.el.div(enable, rx.cond(CHOSEN.may_enable, test, rx.fragment()), disable, class_name="row wrap"),
        id=_FORM,
        on_submit=State.enable,
        method="post",
        auto_complete="off",
        no_validate=True,
        class_name="stack stack-4",
    )
    return panel_section(
        rx.cond(CHOSEN.is_on, "Change it", "Switch it on"),
        rx.fragment(drawn, key=State.open_id + State.form_key.to_string()),
    )


def _tried() -> rx.Component:
    """How the test ended; read out, as it comes by itself."""
    found = State.tried
    said = (rx.el.p(found.text), rx.cond(found.detail != "", rx.el.p(found.detail, class_name="muted"), rx.fragment()))
    drawn = rx.match(
        found.tone,
        ("ok", callout(found.title, *said, icon="ok")),
        ("under", callout(found.title, *said, tone="under")),
        callout(found.title, *said, tone="fail"),
    )
    return rx.el.div(drawn, role="status")


def _field(row: rx.Var[FieldRow]) -> rx.Component:
    typed = rx.el.input(
        type=rx.cond(row.is_secret, "password", "text"),
        id=row.id,
        name=row.name,
        placeholder=row.placeholder,
        auto_complete="new-password",
        spell_check=False,
        aria_invalid=row.wrong != "",
        aria_describedby=row.id + "-hint",
        class_name="input",
    )
    return rx.el.div(
        rx.el.label(row.label, html_for=row.id),
        typed,
        rx.el.span(row.help, class_name="hint", id=row.id + "-hint"),
        rx.cond(row.wrong != "", rx.el.span(row.wrong, class_name="wrong", role="alert"), rx.fragment()),
        class_name="field",
        key=row.name,
    )


PAGE = Page(route=addresses.WRITING_SETTINGS, title="Writing", build=settings_writing, on_load=(State.load,))
