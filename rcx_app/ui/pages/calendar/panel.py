"""The booking that is open: with whom, when, what to do, what was done."""

from __future__ import annotations

import reflex as rx

from rcx_app.domain.booking.service import LONGEST_TEXT
from rcx_app.ui.components.controls import button, field, text_input
from rcx_app.ui.components.feedback import callout
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.panel import panel_head, panel_section, side_panel
from rcx_app.ui.components.text import outward
from rcx_app.ui.pages.calendar.state import CalendarState as State

_REST_MS = 600


def booking() -> rx.Component:
    row = State.opened
    head = panel_head(
        rx.el.span(row.title, class_name="t12 muted"),
        rx.el.h2(row.workspace),
        rx.el.p(rx.el.b(row.words)),
        rx.el.p(row.zone, rx.cond(row.theirs != "", ". " + row.theirs, ""), class_name="t12 muted"),
        place=row.state,
        on_close=State.close,
        steps=False,
    )
    return side_panel(
        rx.cond(
            row.conflict != "",
            panel_section("", callout(row.conflict, rx.el.p("It stands until you move or cancel it."), tone="under")),
            rx.fragment(),
        ),
        panel_section(
            "Who comes",
            rx.el.p(rx.el.b(row.person), " ", outward(row.email, href="mailto:" + row.email)),
            rx.cond(row.topic != "", rx.el.p("About: ", row.topic), rx.fragment()),
            rx.cond(row.reason != "", rx.el.p("Reason: ", row.reason), rx.fragment()),
            rx.cond(
                row.link != "",
                outward(
                    icon("screen", 14),
                    "Join",
                    href=row.link,
                    target="_blank",
                    rel="noopener noreferrer",
                    class_name="btn",
                ),
                rx.el.p("No meeting link; set one under Hours.", class_name="muted"),
            ),
        ),
        _to_do(),
        _history(),
        label=row.title + " with " + row.workspace,
        header=head,
    )


def _history() -> rx.Component:
    return panel_section(
        "What was done",
        rx.el.ol(
            rx.foreach(
                State.events,
                lambda event: rx.el.li(
                    rx.el.span(event.at, class_name="t12 faint tab"),
                    rx.el.span(event.text, rx.cond(event.said != "", ": " + event.said, "")),
                    key=event.at + event.text,
                ),
            ),
            class_name="cal-log",
        ),
    )


def _to_do() -> rx.Component:
    row = State.opened
    coming = rx.match(
        State.mode,
        ("move", _move()),
        ("cancel", _cancel()),
        rx.el.div(
            button("Move", icon="clock", on_click=State.ask("move")),
            button("Cancel", icon="close", on_click=State.ask("cancel")),
            class_name="row",
        ),
    )
    marks = rx.el.div(
        button(
            "It took place",
            icon="check",
            on_click=State.mark("kept"),
            aria_pressed=rx.cond(row.is_kept, "true", "false"),
        ),
        button(
            "Nobody came",
            icon="close",
            on_click=State.mark("no_show"),
            aria_pressed=rx.cond(row.is_no_show, "true", "false"),
        ),
        class_name="row",
    )
    wrong = rx.cond(State.wrong != "", callout(State.wrong, tone="fail", alert=True), rx.fragment())
    return rx.fragment(
        rx.cond(row.is_to_come, panel_section("Change it", coming, wrong), rx.fragment()),
        rx.cond(row.may_mark, panel_section("Did they come?", marks, wrong), rx.fragment()),
    )


def _move() -> rx.Component:
    times = rx.cond(
        State.move_times.length() > 0,
        rx.el.select(
            rx.foreach(State.move_times, lambda item: rx.el.option(item.label, value=item.value, key=item.value)),
            id="move-at",
            name="at",
            class_name="input",
        ),
        rx.el.p("Nothing free on that day.", class_name="muted", id="move-at"),
    )
    return rx.el.form(
        field(
            "Day",
            # What is typed belongs to the browser until it rests; the day chosen comes back from the server.
            text_input(
                id="move-day",
                name="day",
                type="date",
                default_value=State.move_day,
                data_value=State.move_day,
                on_change=State.choose_day.debounce(_REST_MS),
            ),
            field_id="move-day",
        ),
        rx.el.div(rx.el.label("Time, in " + State.zone, html_for="move-at"), times, class_name="field"),
        _message("move-message", "message", "A word with it (may be empty)"),
        rx.el.div(
            button("Move it and tell both", kind="primary", type="submit", disabled=State.move_times.length() == 0),
            button("Leave it", on_click=State.ask("")),
            class_name="row",
        ),
        on_submit=State.move,
        class_name="stack stack-4",
        key="move-form",
    )


def _cancel() -> rx.Component:
    return rx.el.form(
        _message("cancel-reason", "reason", "Why; the visitor reads it"),
        rx.el.div(
            button("Cancel it and tell both", kind="danger", type="submit"),
            button("Leave it", on_click=State.ask("")),
            class_name="row",
        ),
        on_submit=State.cancel,
        class_name="stack stack-4",
        key="cancel-form",
    )


def _message(field_id: str, name: str, words: str) -> rx.Component:
    box = rx.el.textarea(id=field_id, name=name, class_name="input area", rows="2", max_length=LONGEST_TEXT)
    return field(words, box, field_id=field_id)
