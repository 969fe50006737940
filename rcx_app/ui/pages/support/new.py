"""The form of a new ticket."""

from __future__ import annotations

import reflex as rx

from rcx_app.domain.support.schemas import CATEGORIES, MAX_SUBJECT, PRIORITIES
from rcx_app.ui.components.controls import button, choice, field, select
from rcx_app.ui.components.feedback import skeleton_lines
from rcx_app.ui.pages.support import parts
from rcx_app.ui.pages.support.new_state import NewTicketState as State

_CATEGORIES = [(key.value, words) for key, words in CATEGORIES.items()]
_PRIORITIES = [(key.value, words) for key, words in PRIORITIES.items()]


def new_ticket() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h1("New ticket", class_name="t-title"), class_name="t-head"),
        rx.el.div(
            rx.cond(State.is_loaded, _form(), rx.el.div(skeleton_lines(6), class_name="section")),
            class_name="scroll",
        ),
        class_name="fill thread new",
        aria_label="New ticket",
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="once_key", value=State.once_key, read_only=True),
        field(
            "Subject",
            rx.el.input(
                id="subject",
                name="subject",
                default_value=State.subject,
                on_change=State.typed_subject.debounce(500),
                class_name="input lg",
                auto_complete="off",
                aria_invalid=State.wrong_subject != "",
                placeholder="In a few words",
            ),
            field_id="subject",
            hint=f"Up to {MAX_SUBJECT} characters.",
            wrong=State.wrong_subject,
        ),
        field(
            "What happened, and what did you expect?",
            rx.el.textarea(
                id="text",
                name="text",
                rows="8",
                default_value=State.text,
                on_change=State.typed_text.debounce(500),
                class_name="input",
                aria_invalid=State.wrong_text != "",
                data_upload_drop="",
            ),
            field_id="text",
            hint=f"{parts.too_long()} Never write passwords or keys: nobody here needs them.",
            wrong=State.wrong_text,
        ),
        rx.el.div(
            field("About", _select("category", _CATEGORIES, State.category), field_id="category"),
            field("Priority", _select("priority", _PRIORITIES, State.priority), field_id="priority"),
            field("Connection", _select("connection", State.connections, State.connection), field_id="connection"),
            class_name="three",
        ),
        choice(
            "Private: only you, your admins and our agents can read it",
            State.is_private,
            lambda checked: State.chose("private", rx.cond(checked, "yes", "no")),
        ),
        parts.waiting_files(State.files, State.drop_file),
        rx.cond(State.wrong != "", rx.el.p(State.wrong, class_name="wrong", role="alert"), rx.fragment()),
        rx.el.div(
            button("Send", kind="primary", type="submit", key="mod+enter"),
            parts.attach(State.uploaded),
            rx.el.span(class_name="push"),
            rx.el.span("What you type is kept until it is sent.", class_name="t12 faint"),
            class_name="row send-row",
        ),
        on_submit=State.send,
        class_name="stack stack-4 col",
        key=State.once_key,
        aria_label="New ticket",
    )


def _select(name: str, options: object, value: object) -> rx.Component:
    return select(
        options,  # type: ignore[arg-type]
        value,  # type: ignore[arg-type]
        lambda chosen: State.chose(name, chosen),
        label=name.capitalize(),
        id=name,
        name=name,
    )
