"""When an agent can be booked: the hours of the week, and the days that differ."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.booking import zones
from rcx_app.ui.components.controls import button, field, icon_button, text_input
from rcx_app.ui.components.feedback import callout, empty
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.layout import section
from rcx_app.ui.pages.calendar.rows import WEEKDAYS, ExceptionRow
from rcx_app.ui.pages.calendar.state import CalendarState as State

_COLUMNS = (
    Column("Days", width="300px"),
    Column("Times", width="140px"),
    Column("What", width="120px"),
    Column("Name"),
    Column(label_hidden="Remove", width="60px"),
)
_TEXT: dict[str, Any] = {"auto_complete": "off", "spell_check": False}


def hours() -> rx.Component:
    form = rx.el.form(
        _when(),
        _how(),
        on_submit=State.save_hours,
        class_name="cal-form",
        key=State.agent_id.to_string() + State.is_saved.to_string() + State.zone,
    )  # fmt: skip
    return section("When visitors can book", form)


def _when() -> rx.Component:
    zone = rx.el.select(
        *(
            rx.el.option(f"{zones.place(name)} ({name})" if "/" in name else name, value=name)
            for name in zones.listed()
        ),
        id="time-zone",
        name="time_zone",
        default_value=State.zone,
        class_name="input",
    )
    week = [
        field(
            name,
            text_input(
                id=f"hours-{day}", name=f"hours_{day}", default_value=State.hours[day], placeholder="Not there", **_TEXT
            ),
            field_id=f"hours-{day}",
        )
        for day, name in enumerate(WEEKDAYS)
    ]
    return rx.el.div(
        field("Your time zone", zone, field_id="time-zone", hint="Hours are by the clock there."),
        rx.el.fieldset(
            rx.el.legend("Hours of the week"),
            rx.el.p("Several parts are divided by commas: 09:00-12:00, 13:00-17:00.", class_name="hint"),
            *week,
            class_name="cal-hours",
        ),
        class_name="stack stack-4",
    )


def _how() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _number("onboarding_min", "Onboarding, minutes", "0: you hold none."),
            _number("meeting_min", "Meeting, minutes", "0: you hold none."),
            _number("buffer_before_min", "Kept free before, minutes"),
            _number("buffer_after_min", "Kept free after, minutes"),
            _number("notice_hours", "Notice, hours", "Nobody books you sooner than this ahead."),
            _number("ahead_days", "Days ahead", "How far ahead you can be booked."),
            class_name="cal-numbers",
        ),
        field(
            "Meeting link",
            text_input(
                id="meeting_link",
                name="meeting_link",
                default_value=State.fields["meeting_link"],
                type="url",
                placeholder="https://",
                **_TEXT,
            ),
            field_id="meeting_link",
            hint="Goes into every invitation.",
        ),
        rx.el.label(
            rx.el.input(type="checkbox", name="is_offered", default_checked=State.is_offered, class_name="check"),
            rx.el.span("Offer my times to visitors"),
            class_name="choice",
        ),
        rx.cond(State.wrong != "", callout(State.wrong, tone="fail", alert=True), rx.fragment()),
        rx.el.div(button("Save the hours", kind="primary", type="submit"), class_name="row"),
        class_name="stack stack-4",
    )


def days() -> rx.Component:
    kinds = [rx.el.option("Away", value="away"), rx.el.option("There besides the hours", value="extra")]
    kind = rx.el.select(
        *kinds,
        rx.cond(State.is_platform, rx.el.option("Holiday of all agents", value="holiday"), rx.fragment()),
        id="ex-kind",
        name="kind",
        class_name="input",
    )
    form = rx.el.form(
        field("What", kind, field_id="ex-kind"),
        field("First day", text_input(id="ex-first", name="first", type="date", required=True), field_id="ex-first"),
        field("Last day", text_input(id="ex-last", name="last", type="date"), field_id="ex-last"),
        field("From", text_input(id="ex-starts", name="starts", type="time", step="900"), field_id="ex-starts"),
        field("Until", text_input(id="ex-ends", name="ends", type="time", step="900"), field_id="ex-ends"),
        rx.el.div(
            field("Name", text_input(id="ex-name", name="name", max_length=80, **_TEXT), field_id="ex-name"),
            class_name="cal-ex-name",
        ),
        button("Add", kind="primary", type="submit"),
        on_submit=State.add_exception,
        class_name="cal-ex-form",
        key=State.form_key.to_string(),
    )
    listed = table(
        _COLUMNS,
        State.exceptions,
        _exception,
        caption="Days on which the usual hours do not hold, in order",
        label="Days that differ",
        empty=empty("Every week is like the other", "Add holidays and days on which you are away, or there besides."),
        skeleton_rows=0,
    )
    return section(
        "Days that differ",
        rx.el.p(
            "Without times it is the whole day. What is booked on such a day stays, and is shown to you.",
            class_name="muted",
        ),
        form,
        rx.cond(State.wrong != "", callout(State.wrong, tone="fail", alert=True), rx.fragment()),
        listed,
    )


def _exception(row: rx.Var[ExceptionRow]) -> rx.Component:
    remove = rx.cond(
        row.may_remove,
        icon_button("close", "Remove " + row.kind + " " + row.days, on_click=State.remove_exception(row.id)),
        "",
    )
    return row_of(
        head_cell(row.days), cell(row.times), cell(row.kind), cell(row.name), cell(remove), row_id=row.id
    )  # fmt: skip


def _number(name: str, words: str, hint: str = "") -> rx.Component:
    given = text_input(
        id=name, name=name, default_value=State.fields[name], input_mode="numeric", max_length=5, **_TEXT
    )  # fmt: skip
    return field(words, given, field_id=name, hint=hint)
