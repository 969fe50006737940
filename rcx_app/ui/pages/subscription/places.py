"""Clients that the plan has no room for: which they are, and the choice of whom it compares."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.controls import button, field
from rcx_app.ui.layout import section
from rcx_app.ui.pages.subscription.state import SubscriptionState as State


def waiting() -> rx.Component:
    """Clients that are not compared; owners may give one the place of another."""
    return rx.cond(
        State.left_out.length() > 0,
        section(
            "Clients that are not compared",
            rx.el.p(
                "The plan has no room for them, so no run counts or compares them. Nothing of theirs is deleted: with "
                "a larger plan, or a place of their own, they are back after the next run.",
                class_name="muted",
            ),
            rx.el.ul(rx.foreach(State.left_out, lambda each: rx.el.li(each.label, key=each.value)), class_name="names"),
            rx.cond(State.may_change & (State.inside.length() > 0), _exchange(), rx.fragment()),
            end=rx.cond(
                State.facts.left_out > State.left_out.length(),
                "The first " + State.left_out.length().to_string() + " of " + State.facts.left_out.to_string(),
                "",
            ),
        ),
        rx.fragment(),
    )


def _exchange() -> rx.Component:
    return rx.el.form(
        field("Compare", _one_of("place-in", "client", State.left_out), field_id="place-in"),
        field(
            "instead of",
            _one_of("place-out", "instead_of", State.inside),
            field_id="place-out",
            wrong=State.wrong_place,
        ),
        rx.el.div(button("Give it the place", type="submit"), class_name="row"),
        on_submit=State.exchange,
        class_name="data-form",
        key=State.facts.left_out.to_string() + State.left_out[0].value,
    )


def _one_of(field_id: str, name: str, choices: rx.Var) -> rx.Component:
    return rx.el.select(
        rx.foreach(choices, lambda each: rx.el.option(each.label, value=each.value, key=each.value)),
        id=field_id,
        name=name,
        class_name="input",
    )
