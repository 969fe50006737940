"""One change beside the list: what is sent in the PSA's words, what to know before, and what came of it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout
from rcx_app.ui.components.numbers import amount, move
from rcx_app.ui.components.panel import pairs, panel_head, panel_section, side_panel
from rcx_app.ui.components.text import link
from rcx_app.ui.pages.changes.set_rows import Note
from rcx_app.ui.pages.changes.set_state import ChangeSetState as State

SHOWN = State.shown
_LIST = {"paddingLeft": "18px", "display": "grid", "gap": "6px", "listStyle": "decimal"}


def change_panel() -> rx.Component:
    """The panel of the change that is open."""
    return side_panel(
        _notes(),
        _facts(),
        _operations(),
        _outcome(),
        label="Change: " + SHOWN.client,
        header=panel_head(
            link(SHOWN.client, href=SHOWN.client_href, class_name="clip"),
            rx.el.h2(SHOWN.product, class_name="title clip", title=SHOWN.product),
            rx.el.div(
                rx.el.span(move(SHOWN.before, SHOWN.after), class_name="figure"),
                rx.el.span(class_name="push"),
                _money(SHOWN.following),
                class_name="row panel-figures",
            ),
            rx.el.div(
                badge(rx.cond(SHOWN.why != "", SHOWN.state + ": " + SHOWN.why, SHOWN.state), SHOWN.tone),
                class_name="row panel-badges",
            ),
            on_close=State.close,
        ),
        footer=_acts(),
    )


def _money(text: Any) -> rx.Component:
    return rx.cond(
        text != "",
        rx.el.span(
            amount(text, SHOWN.currency, direction=SHOWN.direction), rx.el.span(" a ", SHOWN.cycle, class_name="cur")
        ),
        rx.el.span("not priced", class_name="faint"),
    )


def _notes() -> rx.Component:
    def note(each: rx.Var[Note]) -> rx.Component:
        return rx.el.div(callout(each.kind, rx.el.p(each.text), tone="under"), key=each.text)

    return rx.cond(
        SHOWN.warnings.length() > 0,
        panel_section("To know before", rx.el.div(rx.foreach(SHOWN.warnings, note), class_name="stack")),
        rx.fragment(),
    )


def _facts() -> rx.Component:
    this = rx.cond(SHOWN.this != "", rx.fragment(SHOWN.this, " ", SHOWN.currency), "not known")
    following = rx.cond(SHOWN.following != "", rx.fragment(SHOWN.following, " ", SHOWN.currency), "not priced")
    return panel_section(
        "What changes",
        pairs(
            [
                ("Agreement", SHOWN.agreement),
                ("Quantity", rx.fragment(SHOWN.before, " to ", SHOWN.after)),
                ("Effective", SHOWN.day),
                ("This month", this),
                ("Then a " + SHOWN.cycle, following),
            ]
        ),
        end=rx.cond(SHOWN.finding_href != "", link("The finding", href=SHOWN.finding_href), rx.fragment()),
    )


def _operations() -> rx.Component:
    def one(said: rx.Var[str]) -> rx.Component:
        return rx.el.li(said, key=said)

    return panel_section(
        "What is sent, in this order",
        rx.cond(
            SHOWN.says.length() > 0,
            rx.el.ol(rx.foreach(SHOWN.says, one), style=_LIST),
            rx.el.p(
                rx.cond(State.head.is_handoff, "Nothing: people type it in.", "Nothing yet: the PSA was not asked."),
                class_name="muted",
            ),
        ),
    )


def _outcome() -> rx.Component:
    seen = pairs([("Read back", SHOWN.read_back), ("Approved", SHOWN.after)])
    return rx.cond(
        (SHOWN.message != "") | (SHOWN.read_back != ""),
        panel_section(
            "What came of it",
            rx.cond(SHOWN.message != "", rx.el.p(SHOWN.message), rx.fragment()),
            rx.cond(SHOWN.read_back != "", seen, rx.fragment()),
        ),
        rx.fragment(),
    )


def _acts() -> rx.Component:
    drop = button("Take out of the set", icon="close", on_click=State.drop(SHOWN.id), class_name="grow")
    look = button("Look again", icon="refresh", on_click=State.look_again(SHOWN.id), class_name="grow")
    undo = button("Take back ", SHOWN.after, " to ", SHOWN.before, icon="undo", on_click=State.undo(SHOWN.id),
                  class_name="grow")  # fmt: skip
    may_drop, may_look = SHOWN.can_drop & State.may_review, SHOWN.can_look & State.may_review
    may_undo = SHOWN.can_undo & State.may_approve
    acts = rx.el.div(
        rx.cond(may_drop, drop, rx.fragment()),
        rx.cond(may_look, look, rx.fragment()),
        rx.cond(may_undo, undo, rx.fragment()),
        class_name="row",
    )
    return rx.cond(may_drop | may_look | may_undo, acts, rx.fragment())
