"""The fields of a deed, the same for one finding and for many: how long, until when, to whom, with which words."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import button
from rcx_app.ui.components.text import Text
from rcx_app.ui.pages.billing.finding.asking import Choice
from rcx_app.ui.pages.billing.finding.review_rows import SCOPES

_REASONS = ("Agreed with the client", "Included in the contract", "Billed elsewhere", "Below what is worth a change")


def deed_form(*fields: Any, act: Text, wrong: Any, on_submit: Any, on_close: Any, busy: Any = False) -> rx.Component:
    """A dialog's form: Enter, or Ctrl Enter in a text of several lines, does it."""
    return rx.el.form(
        *fields,
        rx.cond(wrong != "", rx.el.p(wrong, class_name="fail", role="alert"), rx.fragment()),
        rx.el.div(
            button("Cancel", on_click=on_close),
            button(act, kind="primary", type="submit", key="mod+enter", show_key=False, disabled=busy),
            class_name="row deed-acts",
        ),
        on_submit=on_submit,
        class_name="deed-form",
    )


def dismissal() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.label("Reason", html_for="deed-reason"),
            rx.el.input(
                id="deed-reason", name="reason", class_name="input", list="deed-reasons", max_length=500,
                auto_complete="off", placeholder="Why is it left as it is?", custom_attrs={"data-autofocus": ""},
            ),
            rx.el.datalist(*(rx.el.option(value=reason) for reason in _REASONS), id="deed-reasons"),
            class_name="field",
        ),
        rx.el.fieldset(
            rx.el.legend("It holds"),
            *(
                rx.el.label(
                    rx.el.input(type="radio", name="scope", value=value, default_checked=not at, class_name="radio"),
                    rx.el.span(said),
                    class_name="choice",
                )
                for at, (value, said) in enumerate(SCOPES)
            ),
            class_name="field",
        ),
    )  # fmt: skip


def until(days: Any) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("It comes back by itself"),
        rx.foreach(days, lambda each: _radio("until", each)),
        rx.el.div(
            rx.el.label("or on", html_for="deed-day"),
            rx.el.input(id="deed-day", name="day", type="date", class_name="input"),
            class_name="row",
        ),
        class_name="field",
    )


def assignee(people: Any) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Who looks after it"),
        rx.foreach(people, lambda each: _radio("person", each)),
        class_name="field people",
    )


def comment(names: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label("Comment", html_for="deed-text"),
        rx.el.textarea(
            id="deed-text", name="text", rows="4", max_length=4000, class_name="input area",
            custom_attrs={"data-autofocus": ""},
        ),
        rx.el.span("Mention people with @: ", names, class_name="hint"),
        class_name="field",
    )  # fmt: skip


def tags(kept: Text, known: Any = None) -> rx.Component:
    """`kept`: what the field begins with, by commas; `known`: tags that others bear."""
    used = rx.el.span("In use: ", known.join(", "), class_name="hint") if known is not None else rx.fragment()
    return rx.el.div(
        rx.el.label("Tags, with commas between", html_for="deed-tags"),
        rx.el.input(
            id="deed-tags", name="tags", default_value=kept, class_name="input", auto_complete="off",
            custom_attrs={"data-autofocus": ""},
        ),
        rx.cond(known.length() > 0, used, rx.fragment()) if known is not None else used,
        class_name="field",
    )  # fmt: skip


def effective(day: Any, first: Any, said: Any) -> rx.Component:
    """From when an approval holds: the day, the first that is not billed already, and both in words."""
    return rx.el.div(
        rx.el.label("The new quantity holds from", html_for="deed-from"),
        rx.el.input(
            id="deed-from", name="day", type="date", default_value=day, min=first, class_name="input",
            custom_attrs={"data-autofocus": ""},
        ),
        rx.el.span(said, class_name="hint"),
        class_name="field",
    )  # fmt: skip


def _radio(name: str, each: rx.Var[Choice]) -> rx.Component:
    first = rx.cond(each.is_first, "true", None)
    return rx.el.label(
        rx.el.input(
            type="radio", name=name, value=each.value, default_checked=each.is_first, class_name="radio",
            custom_attrs={"data-autofocus": first},
        ),
        rx.el.span(each.label),
        class_name="choice",
        key=each.value,
    )  # fmt: skip
