"""The page /staff/calendar: an agent's week, his hours, and the days that differ."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui.components.controls import select
from rcx_app.ui.components.feedback import callout, problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.calendar import forms, panel
from rcx_app.ui.pages.calendar.rows import Block, Day, DeskRow
from rcx_app.ui.pages.calendar.state import AT
from rcx_app.ui.pages.calendar.state import CalendarState as State


def calendar() -> rx.Component:
    shown = rx.fragment(
        _head(),
        rx.cond(
            State.problem != "", rx.el.div(problem(State.problem, State.remedy, State.load), class_name="cal-note"), ""
        ),
        rx.match(State.tab, ("hours", forms.hours()), ("days", forms.days()), _week()),
    )
    return page(
        rx.cond(
            State.is_loaded,
            shown,
            rx.fragment(page_head("Calendar"), rx.el.div(skeleton_lines(8), class_name="section")),
        ),
        active="calendar",
        title="Calendar",
        area="staff",
    )


def _head() -> rx.Component:
    whose = rx.cond(
        State.agents.length() > 1,
        select(State.agents, State.agent_id.to_string(), State.choose_agent, label="Agent"),
        rx.fragment(),
    )

    def tab(words: str, name: str) -> Tab:
        return Tab(words, AT + "?" + _whose() + f"tab={name}", State.tab == name)

    return rx.fragment(
        page_head(
            rx.cond(State.agents.length() > 1, "Calendar of " + State.agent_name, "Calendar"),
            whose,
            sub=State.zone_words,
        ),
        tabs(tab("Week", "week"), tab("Hours", "hours"), tab("Days that differ", "days"), label="Calendar"),
    )


def _whose() -> rx.Var[str]:
    return rx.cond(State.is_platform, "agent=" + State.agent_id.to_string() + "&", "")


def _week() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _notes(),
            rx.el.div(
                link(
                    icon("left"),
                    href=State.earlier,
                    class_name="btn icon",
                    aria_label="Earlier week",
                    title="Earlier week",
                ),
                link(
                    icon("right"), href=State.later, class_name="btn icon", aria_label="Later week", title="Later week"
                ),
                link("Today", href=State.today, class_name="btn"),
                rx.el.h2(State.week, class_name="cal-week"),
                rx.el.span(class_name="push"),
                rx.el.span(rx.el.i(class_name="cal-key"), "cannot be booked", class_name="t12 muted cal-legend"),
                class_name="row cal-bar",
            ),
            _grid(),
            class_name="cal-main",
        ),
        rx.cond(State.opened, panel.booking(), rx.fragment()),
        class_name=rx.cond(State.opened, "cal with-panel", "cal"),
    )


def _notes() -> rx.Component:
    """What waits for the agent: no hours yet, what no longer fits, what is to be marked."""
    return rx.fragment(
        rx.cond(
            ~State.is_saved,
            callout(
                "Nobody can book " + State.agent_name + " yet",
                rx.el.p("Once the hours are set, visitors see free times at once."),
                tone="acc",
                end=link("Set the hours", href=AT + "?" + _whose() + "tab=hours", class_name="btn primary"),
            ),
            rx.cond(
                ~State.is_offered,
                callout(
                    State.agent_name + " is not offered to anybody at the moment",
                    rx.el.p("What is booked stays."),
                    tone="under",
                ),
                rx.fragment(),
            ),
        ),
        rx.cond(
            State.conflicts.length() > 0,
            callout(
                rx.cond(
                    State.conflicts.length() == 1,
                    "1 booking no longer fits the calendar",
                    State.conflicts.length().to_string() + " bookings no longer fit the calendar",
                ),
                rx.el.p("They stand as they are. Move or cancel them, or leave them if you will be there."),
                rx.el.ul(rx.foreach(State.conflicts, lambda row: _listed(row, row.conflict)), class_name="cal-list"),
                tone="under",
            ),
            rx.fragment(),
        ),
        rx.cond(
            State.waiting.length() > 0,
            callout(
                rx.cond(
                    State.waiting.length() == 1,
                    "1 booking is over and not marked",
                    State.waiting.length().to_string() + " bookings are over and not marked",
                ),
                rx.el.ul(rx.foreach(State.waiting, lambda row: _listed(row, "did they come?")), class_name="cal-list"),
            ),
            rx.fragment(),
        ),
    )


def _listed(row: rx.Var[DeskRow], why: rx.Var[str] | str) -> rx.Component:
    return rx.el.li(
        link(row.workspace, href=_open_at(row.id), class_name="strong"), " ", row.words, ": ", why, key=row.id
    )


def _open_at(booking_id: rx.Var[int]) -> rx.Var[str]:
    return State.here + "booking=" + booking_id.to_string()


def _grid() -> rx.Component:
    side = rx.el.div(
        rx.foreach(State.marks, lambda mark: rx.el.span(mark.label, style={"top": mark.top}, key=mark.label)),
        class_name="cal-side",
        style={"height": State.height},
        aria_hidden="true",
    )
    return rx.el.div(
        rx.el.div(rx.el.div(class_name="cal-top"), side, class_name="cal-axis"),
        rx.foreach(State.days, _day),
        class_name="cal-grid",
        role="region",
        tab_index=0,
        aria_label="The week, scrollable",
    )


def _day(day: rx.Var[Day]) -> rx.Component:
    body = rx.el.div(
        rx.foreach(State.marks, lambda mark: rx.el.i(class_name="cal-line", style={"top": mark.top}, key=mark.label)),
        rx.foreach(
            day.open,
            lambda span: rx.el.i(class_name="cal-open", style={"top": span.top, "height": span.height}, key=span.top),
        ),
        rx.el.ol(rx.foreach(day.bookings, _block)),
        class_name="cal-body",
        style={"height": State.height},
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h3(day.weekday, " ", rx.el.b(day.number)),
            rx.foreach(day.notes, lambda note: rx.el.span(note, class_name="t11 clip", title=note, key=note)),
            class_name="cal-top",
        ),
        body,
        class_name=rx.cond(day.is_today, "cal-day is-today", "cal-day"),
        aria_label=day.title,
        key=day.iso,
    )


def _block(block: rx.Var[Block]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.b(block.time),
            " ",
            block.title,
            href=_open_at(block.id),
            aria_label=block.label,
            title=block.label,
            class_name="cal-block " + block.look.to(str),
            aria_current=rx.cond(State.opened_id == block.id, "true", None),
        ),
        style={"top": block.top, "height": block.height},
        key=block.id,
    )


PAGE = Page(route=AT, title="Calendar", build=calendar, on_load=(State.load,), needs=Permission.AGENT)
