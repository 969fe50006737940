"""The outcome of a test, and the wait for it: green, amber with each missing right, red with whose turn it is."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.feedback import callout
from rcx_app.ui.components.icons import icon
from rcx_app.ui.pages.integrations.form_state import FormState as State
from rcx_app.ui.pages.integrations.run_rows import FailureRow

_GREEN = {"background": "var(--ok-bg)", "borderColor": "var(--ok-line)"}


def waiting() -> rx.Component:
    """A test under way; it goes on when the page is left."""
    seconds = rx.cond(State.test_seconds > 0, State.test_seconds.to_string() + " s", "")
    return rx.el.div(
        icon("refresh", 16, "spin"),
        rx.el.div(
            rx.el.b("Testing ", rx.el.span(seconds, aria_live="off")),
            rx.el.p("Signing in and reading one record of each kind. You may leave this page.", class_name="muted"),
        ),
        class_name="callout",
        role="status",
    )


def outcome() -> rx.Component:
    """How the last test ended. Read out, as it comes by itself."""
    found = State.outcome
    good = rx.el.div(
        rx.el.span(icon("ok"), class_name="ok"),
        rx.el.div(rx.el.b(found.title), rx.el.p(found.message), _notes()),
        class_name="callout",
        style=_GREEN,
    )
    part = callout(
        found.title,
        rx.el.ul(rx.foreach(found.missing, _missing), class_name="stack", style={"marginTop": "6px"}),
        _notes(),
        tone="under",
    )
    bad = callout(
        found.title,
        rx.cond(found.message != "", rx.el.p(found.message), rx.fragment()),
        rx.el.p(
            rx.cond(found.whose != "", rx.el.b(found.whose, ". "), rx.fragment()),
            found.remedy,
        ),
        tone="fail",
    )
    return rx.el.div(rx.match(found.tone, ("ok", good), ("under", part), bad), role="status")


def _notes() -> rx.Component:
    return rx.cond(
        State.outcome.notes.length() > 0,
        rx.el.ul(rx.foreach(State.outcome.notes, lambda text: rx.el.li(text)), class_name="how muted"),
        rx.fragment(),
    )


def _missing(row: rx.Var[FailureRow]) -> rx.Component:
    return rx.el.li(rx.el.b(row.message), rx.el.p(rx.cond(row.whose != "", row.whose + ". ", ""), row.remedy))
