"""The form of a connection, generated from what its connector declares: for a new one, and to change credentials.

Its fields are the browser's own: no field's value is bound to a state, and what is typed reaches the server only as
the argument of a submitted form.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button, choice, text_input
from rcx_app.ui.components.feedback import callout, problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.panel import pane, panel_head, side_panel, split
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.layout import page_head
from rcx_app.ui.pages.integrations.about import guide_link, how_it_is_read, rights
from rcx_app.ui.pages.integrations.connections import CATALOGUE
from rcx_app.ui.pages.integrations.form_rows import EXPIRES, LABEL, LABEL_LIMIT, FieldRow, Option
from rcx_app.ui.pages.integrations.form_state import FormState as State
from rcx_app.ui.pages.integrations.outcome import outcome, waiting

_FORM = "connection-form"
# What stands in the form, handed to a handler; nothing of it is part of the script.
_READ = f"Object.fromEntries(new FormData(document.getElementById('{_FORM}')))"
_WIDTH = {"maxWidth": "560px"}


def new_connection() -> rx.Component:
    """The page of a new connection: the form, and beside it what the connector asks for."""
    return rx.cond(
        State.problem != "",
        pane(
            page_head("Add a connection", link("Back to the catalogue", href=CATALOGUE, class_name="btn")),
            rx.el.div(problem(State.problem, State.remedy), class_name="section grow"),
            label="Add a connection",
        ),
        split(_main(), _beside()),
    )


def _main() -> rx.Component:
    return pane(
        page_head(
            rx.cond(State.is_loaded, "Connect " + State.about.name, "Add a connection"),
            link("Back to the catalogue", href=CATALOGUE, class_name="btn"),
            beside=rx.cond(State.is_loaded, badge(State.about.category), rx.fragment()),
        ),
        rx.el.div(
            rx.cond(
                State.is_loaded,
                rx.el.div(
                    rx.el.p(
                        State.about.summary,
                        " ",
                        guide_link("How to connect it, step by step"),
                        class_name="muted",
                        style=_WIDTH,
                    ),
                    rx.cond(State.may_connect, form(is_new=True), only_admins()),
                    class_name="section stack stack-4",
                ),
                rx.el.div(skeleton_lines(6), class_name="section"),
            ),
            class_name="scroll",
            role="region",
            tab_index=0,
            aria_label="The form, scrollable",
        ),
        label="Add a connection",
    )


def _beside() -> rx.Component:
    return side_panel(
        rx.cond(State.is_loaded, rx.fragment(rights(), how_it_is_read()), rx.fragment()),
        label="What it asks for",
        header=panel_head(rx.el.h2("What it asks for", class_name="title"), steps=False),
    )


def only_admins() -> rx.Component:
    return callout(
        "Only an admin can enter credentials",
        rx.el.p("Ask an admin or the owner of this workspace to connect it. Files can be imported by operators too."),
    )


def form(*, is_new: bool) -> rx.Component:
    """The form itself. Enter tests; saving is a button of its own."""
    label = text_input(
        id=LABEL, name=LABEL, default_value=State.label, max_length=LABEL_LIMIT, auto_complete="off",
        invalid=State.label_wrong != "", aria_describedby=f"{LABEL}-hint", aria_required=True,
    )  # fmt: skip
    drawn = rx.el.form(
        *(
            [
                _labelled("Label", label, LABEL, "What you call it, such as “" + State.about.name + " EU”. Rules may "
                          "name it.", State.label_wrong, True),
                _sandbox(),
            ]
            if is_new
            else []
        ),
        rx.foreach(State.fields, _field),
        _expiry(),
        rx.cond(State.wrong != "", callout("It was not saved", rx.el.p(State.wrong), tone="fail", alert=True)),
        rx.cond(State.is_testing & (State.tested_subject == State.subject), waiting(), rx.fragment()),
        rx.cond(State.has_outcome & ~State.is_testing, outcome(), rx.fragment()),
        _buttons(is_new=is_new),
        id=_FORM,
        on_submit=State.test,
        # Should the browser ever submit it by itself, nothing typed may get into an address.
        method="post",
        auto_complete="off",
        no_validate=True,
        class_name="stack stack-4",
        style=_WIDTH,
    )  # fmt: skip
    return rx.fragment(drawn, key=State.subject)


def _expiry() -> rx.Component:
    """Until when the credentials last: vendors seldom tell, so a person says it."""
    day = text_input(
        type="date", id=EXPIRES, name=EXPIRES, default_value=State.expires, invalid=State.expires_wrong != "",
        aria_describedby=f"{EXPIRES}-hint", style={"maxWidth": "200px"},
    )  # fmt: skip
    hint = "The last day on which they work, if the vendor names one. Admins are warned 30, 14, 7 days and 1 day ahead."
    return _labelled("Credentials end on", day, EXPIRES, hint, State.expires_wrong, False)


def _sandbox() -> rx.Component:
    """The switch to the sandbox, only where this server has one."""
    fill = button("Fill in its credentials", size="tight", on_click=State.fill_in)
    return rx.cond(
        State.has_sandbox,
        rx.el.div(
            choice("Use the sandbox in place of " + State.about.name, State.is_sandbox, State.use_sandbox),
            rx.cond(
                State.is_sandbox,
                rx.el.div(
                    rx.el.span("A made MSP with made clients; good for trying RCX.", class_name="hint"),
                    fill,
                    class_name="row row-3 wrap",
                ),
                rx.fragment(),
            ),
            class_name="stack",
        ),
        rx.fragment(),
    )


def _field(row: rx.Var[FieldRow]) -> rx.Component:
    control = rx.cond(row.options.length() > 0, _select(row), rx.cond(row.is_secret, _secret(row), _plain(row)))
    return _labelled(row.label, control, row.id, row.help, row.wrong, row.is_required, key=row.name)


def _labelled(
    words: Any, control: rx.Component, field_id: Any, hint: Any, wrong: Any, is_required: Any, **props: Any
) -> rx.Component:
    mark = rx.cond(is_required, " required", " optional")
    return rx.el.div(
        rx.el.label(
            words, rx.el.span(mark, class_name="faint", style={"fontWeight": "var(--fw-text)"}), html_for=field_id
        ),
        control,
        rx.el.span(hint, class_name="hint", id=field_id + "-hint"),
        rx.cond(wrong != "", rx.el.span(wrong, class_name="wrong", role="alert"), rx.fragment()),
        class_name="field",
        **props,
    )


def _props(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "placeholder": row.placeholder,
        "invalid": row.wrong != "",
        "aria_describedby": row.id + "-hint",
        "aria_required": row.is_required,
        "spell_check": False,
        "on_change": lambda _: State.touch(),
    }


def _plain(row: Any) -> rx.Component:
    return text_input(default_value=row.value, auto_complete="off", **_props(row))


def _secret(row: Any) -> rx.Component:
    """Dots; what is typed now can be shown. What is stored never comes here."""
    is_shown = State.revealed.contains(row.name)
    reveal = rx.el.button(
        icon("eye"),
        hidden(rx.cond(is_shown, "Hide ", "Show ") + row.label),
        type="button",
        aria_pressed=rx.cond(is_shown, "true", "false"),
        title=rx.cond(is_shown, "Hide what is typed", "Show what is typed"),
        on_click=State.reveal(row.name),
        class_name="btn icon",
    )
    props = _props(row)
    typed = rx.el.input(
        type=rx.cond(is_shown, "text", "password"),
        auto_complete="new-password",
        class_name="input grow",
        aria_invalid=props.pop("invalid"),
        **props,
    )
    return rx.el.div(typed, reveal, class_name="row")


def _select(row: Any) -> rx.Component:
    def option(each: rx.Var[Option]) -> rx.Component:
        return rx.el.option(each.label, value=each.value, key=each.value)

    return rx.el.select(
        rx.foreach(row.options, option),
        id=row.id,
        name=row.name,
        default_value=row.value,
        aria_invalid=row.wrong != "",
        aria_describedby=row.id + "-hint",
        on_change=lambda _: State.touch(),
        class_name="input",
    )


def _buttons(*, is_new: bool) -> rx.Component:
    word = rx.cond(State.is_proven, "Save", "Save without a test")
    test = rx.el.button(
        icon("plug", 14), "Test connection", type="submit", disabled=State.is_testing,
        class_name=rx.cond(State.is_proven | State.is_testing, "btn", "btn primary"),
    )  # fmt: skip
    save = rx.el.button(
        word,
        type="button",
        on_click=rx.call_script(_READ, callback=State.save),
        class_name=rx.cond(State.is_proven, "btn primary", "btn"),
    )
    cancel = [link("Cancel", href=CATALOGUE, class_name="btn ghost")] if is_new else []
    return rx.el.div(test, save, *cancel, class_name="row wrap")
