"""What both booking pages are made of: the week to choose from, what is chosen, what is booked, what was."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.booking import zones
from rcx_app.domain.booking.schemas import Kind
from rcx_app.domain.booking.service import LONGEST_TEXT
from rcx_app.ui.components.controls import button, field
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import callout, empty, live, problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import hidden, link, outward
from rcx_app.ui.pages.booking.rows import BookingRow, Cell, DayColumn, TimeRow
from rcx_app.ui.pages.booking.state import BookingState as State

# The weekday columns are drawn for the lot of them, the time's own one is as wide as a time with its offset.
_TIME_WIDTH = "64px"


def whole(title: str, booked: str, lead: rx.Component, retry: Any) -> rx.Component:
    """The main part of a booking page: what is booked, then what is free. `booked`: its title where no more can be."""
    named = rx.cond(State.moving, "Choose another time", rx.cond(State.is_full, booked, title))
    shown = rx.fragment(
        rx.el.h1(named),
        rx.cond(State.coming.length() > 0, rx.fragment(), lead),
        rx.foreach(State.coming, _booking),
        rx.cond(State.is_full & ~State.moving, rx.fragment(), _free()),
        _past(),
        rx.cond(State.cancelling, _cancel(), rx.fragment()),
    )
    failed = rx.el.div(problem(State.problem, State.remedy, retry), class_name="book-problem")
    return rx.cond(
        State.is_loaded, rx.cond(State.problem != "", failed, shown), rx.el.div(skeleton_lines(8), class_name="stack")
    )


def side(kind: Kind, bring: rx.Component) -> rx.Component:
    """What is chosen, with the button that books it; then what to bring."""
    what = "Your session" if kind is Kind.ONBOARDING else "Your meeting"
    nothing = rx.el.p("Choose a time; nothing is booked until you say so here.", class_name="muted")
    shown = rx.cond(
        State.moving, rx.cond(State.has_choice, _move(), _still()), rx.cond(State.has_choice, _book(kind), nothing)
    )
    done = rx.el.p("Nothing more to do here: you find it in your mailbox and your calendar.", class_name="muted")
    full = State.is_full & ~State.moving.bool()
    return rx.fragment(
        rx.el.h2(what, class_name="sec-h"),
        rx.cond(State.is_loaded, rx.cond(full, done, shown), skeleton_lines(3)),
        rx.cond(State.wrong != "", callout(State.wrong, tone="fail", alert=True), rx.fragment()),
        bring,
    )


def bring_list(texts: Any) -> rx.Component:
    """What to bring, as a list."""
    return rx.el.ul(
        rx.foreach(texts, lambda text: rx.el.li(icon("check"), rx.el.span(text), key=text)), class_name="bring"
    )


# --- booked


def _booking(row: rx.Var[BookingRow]) -> rx.Component:
    new = rx.match(
        row.id,
        (State.just_booked, _done("Booked. The invitation")),
        (State.just_moved, _done("Moved. The new invitation")),
        rx.fragment(),
    )
    return rx.el.section(
        new,
        rx.el.h2(row.words, class_name="when"),
        rx.el.p(row.zone, ". ", row.theirs, class_name="muted"),
        rx.el.p(
            "With ",
            rx.el.b(row.agent),
            " of RCX, booked by ",
            row.person,
            ".",
            rx.cond(row.topic != "", " About: " + row.topic, ""),
        ),
        rx.el.div(
            rx.cond(
                row.link != "",
                outward(
                    icon("screen", 14),
                    "Join",
                    href=row.link,
                    target="_blank",
                    rel="noopener noreferrer",
                    class_name="btn primary",
                ),
                rx.el.span("The agent sends you the link to join.", class_name="muted"),
            ),
            outward(icon("download", 14), "Calendar file", href=row.file, class_name="btn", download=True),
            outward("Google Calendar", href=row.google, target="_blank", rel="noopener noreferrer", class_name="btn"),
            outward("Outlook", href=row.outlook, target="_blank", rel="noopener noreferrer", class_name="btn"),
            class_name="row wrap",
        ),
        _changes(row),
        class_name="booked",
        aria_label=row.words,
        key=row.id,
    )


def _changes(row: rx.Var[BookingRow]) -> rx.Component:
    return rx.cond(
        row.may_change,
        rx.el.div(
            button("Move", icon="clock", on_click=State.start_moving(row.id), aria_label="Move " + row.words),
            button("Cancel", icon="close", on_click=State.ask_cancel(row.id), aria_label="Cancel " + row.words),
            rx.el.span("Until 2 hours before.", class_name="t12 faint"),
            class_name="row wrap",
        ),
        rx.el.p(row.why_not, class_name="t12 muted"),
    )


def _done(words: str) -> rx.Component:
    return rx.el.p(
        icon("ok"),
        rx.el.span(words, " is on its way to ", rx.el.b(State.user_email), "."),
        class_name="ok-line",
        role="status",
    )


def _cancel() -> rx.Component:
    row = State.cancelling
    form = rx.el.form(
        rx.el.p(row.words, ", with ", row.agent, ". The time becomes free for others at once.", class_name="t14"),
        field(
            "Why, for the agent (may be empty)",
            rx.el.textarea(
                id="cancel-reason", name="reason", class_name="input area", rows="2", max_length=LONGEST_TEXT
            ),
            field_id="cancel-reason",
            wrong=State.wrong,
        ),
        rx.el.div(
            button("Keep it", on_click=State.keep),
            button("Cancel it", kind="danger", type="submit"),
            class_name="row end",
        ),
        on_submit=State.cancel,
        class_name="stack stack-4",
    )
    return dialog("Cancel this booking?", form, on_close=State.keep)


def _past() -> rx.Component:
    one = rx.foreach(
        State.past,
        lambda row: rx.el.li(
            rx.el.span(row.words, class_name="tab"),
            rx.el.span(row.agent, class_name="muted"),
            rx.el.span(row.state, rx.cond(row.reason != "", ": " + row.reason, ""), class_name="muted clip"),
            key=row.id,
        ),
    )
    return rx.cond(
        State.past.length() > 0,
        rx.el.section(rx.el.h2("Before", class_name="sec-h"), rx.el.ul(one, class_name="past")),
        rx.fragment(),
    )


# --- free


def _free() -> rx.Component:
    return rx.el.section(
        rx.cond(
            (State.coming.length() > 0) & ~State.moving.bool(),
            rx.el.h2("Book another", class_name="sec-h"),
            rx.fragment(),
        ),
        _bar(),
        rx.cond(
            State.zone_note != "",
            rx.el.p(State.zone_note, class_name="t12 muted zone-note", role="status"),
            rx.fragment(),
        ),
        rx.cond(State.times.length() > 0, _table(), _none()),
        rx.cond(State.holidays != "", rx.el.p(State.holidays, class_name="t12 muted wk"), rx.fragment()),
        _narrow(),
        live(State.week),
        aria_label="Free times",
    )


def _bar() -> rx.Component:
    listed = [
        rx.el.option(f"{zones.place(name)} ({name})" if "/" in name else name, value=name) for name in zones.listed()
    ]
    zone = rx.el.label(
        icon("clock", 14),
        hidden("Time zone"),
        rx.el.select(*listed, value=State.zone, on_change=State.choose_zone),
        rx.el.span(State.zone_words, class_name="faint nowrap"),
        class_name="input zone-pick",
    )
    return rx.el.div(
        zone,
        rx.el.span(
            _step("left", "Earlier week", State.earlier),
            rx.el.b(State.week, class_name="nowrap"),
            _step("right", "Later week", State.later),
            class_name="push row weeks",
        ),
        class_name="zone row wrap",
    )


def _step(name: str, label: str, href: rx.Var[str]) -> rx.Component:
    return rx.cond(
        href != "",
        link(icon(name), href=href, class_name="btn icon", aria_label=label, title=label),
        rx.el.button(icon(name), type="button", class_name="btn icon", aria_label=label, disabled=True),
    )


def _table() -> rx.Component:
    return rx.el.table(
        rx.el.caption("Free times, ", State.week, ", ", State.zone, class_name="vh"),
        rx.el.colgroup(rx.el.col(style={"width": _TIME_WIDTH})),
        rx.el.thead(
            rx.el.tr(
                rx.el.th(hidden("Time"), scope="col"),
                rx.foreach(
                    State.days,
                    lambda day: rx.el.th(
                        day.weekday, " ", rx.el.b(day.number), scope="col", title=day.title, key=day.iso
                    ),
                ),
            )
        ),
        rx.el.tbody(rx.foreach(State.times, _row)),
        class_name="week",
    )


def _row(row: rx.Var[TimeRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.label, scope="row"),
        rx.foreach(row.cells, lambda cell: rx.el.td(rx.cond(cell.at != "", _slot(cell), _nothing()))),
        class_name=rx.cond(row.is_after_gap, "noon", ""),
        key=row.label,
    )


def _slot(cell: rx.Var[Cell]) -> rx.Component:
    return rx.el.button(
        cell.text,
        type="button",
        class_name="slot",
        aria_pressed=rx.cond(State.choice.at == cell.at, "true", "false"),
        aria_label=cell.label,
        title=cell.label,
        on_click=State.choose(cell.at),
    )


def _nothing() -> rx.Component:
    return rx.el.span(class_name="none", aria_hidden="true")


def _narrow() -> rx.Component:
    """The same on a phone: a day, then its times."""
    return rx.fragment(
        rx.el.div(rx.foreach(State.days, _day), class_name="days", role="group", aria_label="Day"),
        rx.el.div(
            rx.foreach(State.cells, lambda cell: rx.fragment(_slot(cell), key=cell.at)),
            class_name="mob",
            role="group",
            aria_label="Free times of the day",
        ),
    )


def _day(day: rx.Var[DayColumn]) -> rx.Component:
    return rx.el.button(
        rx.el.span(day.weekday),
        rx.el.b(day.number),
        rx.el.span(rx.cond(day.free > 0, day.free.to_string(), "none"), class_name="t11"),
        type="button",
        class_name="day",
        aria_pressed=rx.cond(State.day == day.iso, "true", "false"),
        aria_label=day.title + rx.cond(day.free > 0, ", " + day.free.to_string() + " free", ", none free"),
        disabled=day.free == 0,
        on_click=State.show_day(day.iso),
        key=day.iso,
    )


def _none() -> rx.Component:
    return rx.cond(
        State.next_week != "",
        empty(
            "Nothing free in this week",
            "The next free time is on " + State.next_words + ".",
            link("Show that week", href=State.next_week, class_name="btn"),
        ),
        empty(
            "No free times at the moment",
            "Our calendar is full or closed. Write to us under Support and we find a time with you.",
        ),
    )


# --- chosen


def _chosen() -> rx.Component:
    return rx.el.div(
        rx.el.p(rx.el.b(State.choice.words), class_name="t14"),
        rx.el.p(State.choice.zone, ". ", State.choice.theirs, class_name="muted"),
        rx.el.p("With ", rx.el.b(State.choice.agent_name), " of RCX.", class_name="muted"),
    )


def _book(kind: Kind) -> rx.Component:
    about = "What it is about" if kind is Kind.MEETING else "Anything to prepare (may be empty)"
    return rx.el.form(
        _chosen(),
        field(
            about,
            rx.el.textarea(id="topic", name="topic", class_name="input area", rows="2", max_length=LONGEST_TEXT),
            field_id="topic",
        ),
        button("Book ", State.choice.short, kind="primary", size="lg", type="submit", class_name="book"),
        rx.el.p(
            "You get an e-mail with a calendar file. Move or cancel it until 2 hours before.", class_name="t12 faint"
        ),
        on_submit=State.book,
        class_name="stack stack-4",
        aria_label="Book the chosen time",
    )


def _move() -> rx.Component:
    return rx.el.div(
        rx.el.p("Instead of ", State.moving.words, ":", class_name="muted"),
        _chosen(),
        button("Move to ", State.choice.short, kind="primary", size="lg", class_name="book", on_click=State.move),
        button("Leave it where it is", size="lg", class_name="book", on_click=State.stop_moving),
        class_name="stack stack-4",
    )


def _still() -> rx.Component:
    return rx.el.div(
        rx.el.p(rx.el.b(State.moving.words), class_name="t14"),
        rx.el.p("It stays there until you choose another time and say so here.", class_name="muted"),
        button("Leave it where it is", size="lg", class_name="book", on_click=State.stop_moving),
        class_name="stack stack-4",
    )
