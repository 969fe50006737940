"""Beside the import of one file: what it will do, the doubts a person must settle, and what comes next."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge, status
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout
from rcx_app.ui.components.panel import panel_head, panel_section, side_panel
from rcx_app.ui.components.text import link
from rcx_app.ui.pages.integrations.wizard_state import ImportRowsState as Rows
from rcx_app.ui.pages.integrations.wizard_state import ImportState as State


def outlook() -> rx.Component:
    """The panel beside the import."""
    head = State.head
    return side_panel(
        rx.match(
            head.stage,
            ("done", _next_steps()),
            ("failed", panel_section("", rx.el.p("Nothing of this file was imported.", class_name="muted"))),
            _outlook(),
        ),
        label="What this import does",
        header=panel_head(
            rx.el.h2(
                rx.match(head.stage, ("done", "Imported"), ("failed", "Not imported"), "What this import does"),
                class_name="title",
            ),
            steps=False,
        ),
        footer=rx.cond(State.may_import, _acts(), rx.fragment()),
    )


def _outlook() -> rx.Component:
    verdict = State.verdict
    return rx.fragment(
        rx.cond(
            (State.head.error != "") & ~State.is_checking,
            panel_section("", callout("The last try failed", rx.el.p(State.head.error), tone="fail")),
            rx.fragment(),
        ),
        rx.cond(verdict.is_checked, _found(), _not_checked()),
        rx.cond(
            State.head.same_as != "",
            panel_section(
                "",
                callout(
                    "This file was imported before",
                    rx.el.p("On ", State.head.same_as, ". Importing it again changes nothing that is still so."),
                ),
            ),
            rx.fragment(),
        ),
        rx.cond(State.questions.length() > 0, _doubts(), rx.fragment()),
    )


def _not_checked() -> rx.Component:
    return rx.cond(
        State.is_checking,
        rx.fragment(),
        panel_section(
            "Something is missing",
            rx.el.ul(
                rx.foreach(Rows.problems, lambda row: rx.el.li(row.message, " ", row.remedy, key=row.id)),
                class_name="how",
            ),
        ),
    )


def _found() -> rx.Component:
    verdict = State.verdict
    integrations = rx.cond(
        verdict.integrations != "",
        rx.el.p("For ", rx.el.b(verdict.integrations), ", a connection each.", class_name="muted"),
        rx.cond(
            State.head.label != "",
            rx.el.p("For ", rx.el.b(State.head.label), rx.cond(State.is_new_target, ", a new connection.", ".")),
            rx.fragment(),
        ),
    )
    return rx.fragment(
        panel_section(
            "What is in it",
            rx.el.div(verdict.rows, rx.el.small("rows"), class_name="figure"),
            rx.el.p(rx.foreach(verdict.counted, lambda text: badge(text)), class_name="row wrap"),
            integrations,
            rx.el.p(
                "What is there already is updated by its id; what this file no longer holds is marked as gone.",
                class_name="muted",
            ),
        ),
        rx.cond(
            State.head.needs_target,
            panel_section(
                "",
                callout(
                    "Where does it come from?",
                    rx.el.p("Choose the connection, or name a new one after the system, such as NinjaOne."),
                    tone="acc",
                ),
            ),
            rx.fragment(),
        ),
        rx.cond(
            verdict.errors > 0,
            panel_section(
                "",
                callout(
                    verdict.refused,
                    rx.el.p("Correct them in the file and upload it again, or leave these rows out: they then count "
                            "as not in the file."),
                    tone="fail",
                ),
            ),
            panel_section("", status("Every row can be read", tone="ok", icon="ok")),
        ),
        rx.cond(
            verdict.warnings != "",
            panel_section("", status(verdict.warnings + ", see the list", tone="under", icon="alert")),
            rx.fragment(),
        ),
    )  # fmt: skip


def _doubts() -> rx.Component:
    return panel_section(
        "",
        callout(
            "Is this the right file?",
            rx.el.ul(rx.foreach(State.questions, lambda text: rx.el.li(text)), class_name="how"),
            rx.el.p("Nothing has changed yet. Import it only if this is meant."),
            tone="under",
            alert=True,
        ),
    )


def _acts() -> rx.Component:
    verdict, ready = State.verdict, State.verdict.may_start & ~State.is_checking
    withdraw = button("Withdraw", kind="ghost", on_click=Rows.withdraw)
    without_bad = button(
        verdict.act_without, kind="primary", key="mod+enter", on_click=Rows.start(True), disabled=~ready
    )
    whole = button(
        rx.cond(State.questions.length() > 0, "Yes, import it", verdict.act),
        kind="primary",
        key="mod+enter",
        on_click=Rows.start(False),
        disabled=~ready,
    )
    back = link("Back to integrations", href=addresses.INTEGRATIONS, class_name="btn")
    return rx.match(
        State.head.stage,
        ("done", back),
        ("importing", rx.el.span("You may leave this page; the import goes on.", class_name="muted t12")),
        ("failed", rx.el.div(back, withdraw, class_name="row")),
        rx.el.div(
            rx.cond(verdict.is_checked, rx.cond(verdict.errors > 0, without_bad, whole), rx.fragment()),
            withdraw,
            class_name="row",
        ),
    )


def _next_steps() -> rx.Component:
    steps = (
        (addresses.MAPPING, "Review clients", "Which account is which client"),
        (addresses.SERVICES, "Services", "What is counted against which product"),
        (addresses.BILLING, "Billing & invoices", "What differs, client by client"),
    )
    return panel_section(
        "Next",
        rx.el.ul(
            *(
                rx.el.li(link(words, href=href, class_name="linked medium"), rx.el.p(why, class_name="muted"))
                for href, words, why in steps
            ),
            class_name="stack stack-4",
        ),
    )
