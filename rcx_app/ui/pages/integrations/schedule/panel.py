"""Automatic syncs as they look: one line above the connections, and the dialog with the form behind it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import button, choice, select
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import callout
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import when
from rcx_app.ui.pages.integrations.schedule import rows
from rcx_app.ui.pages.integrations.schedule.rows import FULL, PLACES, QUICK, WEEKDAYS, Part
from rcx_app.ui.pages.integrations.schedule.state import ScheduleState as State
from rcx_app.ui.pages.integrations.state import IntegrationsState

_WEEKDAYS = [(str(number), name) for number, name in enumerate(WEEKDAYS)]
_PLACES = [(str(number), name) for number, name in enumerate(PLACES, start=1)]
_DATES = [(str(number), rows.ordinal(number)) for number in range(1, 32)]
_NOT_EVERY_MONTH = ["29", "30", "31"]
_BY = [("date", "date"), ("weekday", "weekday")]
_HOW = [(QUICK, "Read what changed"), (FULL, "Read everything")]


def automatic_sync() -> rx.Component:
    """The line that says when, where there is anything to read; and its dialog."""
    return rx.fragment(
        rx.cond((IntegrationsState.can_sync | State.plan.is_on) & State.is_loaded, _line(), rx.fragment()),
        rx.cond(State.is_open, _dialog(), rx.fragment()),
    )


def _line() -> rx.Component:
    upcoming = rx.cond(
        State.plan.is_on,
        rx.el.span(" Next: ", State.plan.next.said, class_name="nowrap"),
        rx.fragment(),
    )
    words = rx.cond(State.may_connect, rx.cond(State.plan.is_on, "Change", "Choose"), "Details")
    once_a_week = "Read what changed once a week, at 07:00 UTC"
    offer = button(State.plan.offer, size="tight", title=once_a_week, on_click=State.accept)
    line = rx.el.div(
        icon("calendar"),
        rx.el.div(rx.el.b("Automatic sync"), " ", rx.el.span(State.plan.sentence, upcoming, class_name="muted")),
        rx.el.div(
            rx.el.div(
                rx.cond(State.may_connect & (State.plan.offer != ""), offer, rx.fragment()),
                button(
                    words,
                    size="tight",
                    on_click=State.show,
                    aria_label=words + rx.cond(State.plan.is_on, " the automatic sync", " when to sync by itself"),
                ),
                style={"display": "flex", "gap": "8px"},
            ),
            class_name="end",
        ),
        class_name=rx.cond(State.plan.is_on, "callout", "callout under"),
        style={"alignItems": "center"},
    )
    # Under the place to drop files, where there is one.
    above = rx.cond(State.may_import, "0", "8px")
    return rx.el.div(line, style={"padding": above + " var(--gutter) 8px"})


def _dialog() -> rx.Component:
    buttons = rx.fragment(
        button("Cancel", on_click=State.close), button("Save", kind="primary", key="mod+enter", on_click=State.save)
    )
    return dialog(
        "Automatic sync",
        rx.el.div(
            rx.el.p(
                "Reads every connection that is switched on, without anybody asking, at 07:00 UTC or a few minutes "
                "later. What was missed while RCX was down is made up for once.",
                class_name="muted",
            ),
            rx.cond(State.may_connect, _form(), _facts()),
            rx.cond(State.plan.last != "", _last(), rx.fragment()),
            class_name="stack stack-4",
        ),
        on_close=State.close,
        footer=rx.cond(State.may_connect, buttons, button("Close", on_click=State.close)),
    )


def _form() -> rx.Component:
    draft = State.draft
    weekly = rx.el.div(
        rx.el.span("On"),
        _select("weekday", _WEEKDAYS, draft.weekday, "Weekday"),
        _select("weekly_how", _HOW, draft.weekly_how, "What the weekly sync reads"),
        class_name="row wrap",
    )
    day = rx.cond(
        draft.month_by == "date",
        _select("month_day", _DATES, draft.month_day, "Date"),
        rx.el.span(
            _select("month_nth", _PLACES, draft.month_nth, "Which one of the month"),
            _select("month_weekday", _WEEKDAYS, draft.month_weekday, "Weekday of the month"),
            class_name="row",
        ),
    )
    monthly = rx.el.div(
        rx.el.span("By"),
        _select("month_by", _BY, draft.month_by, "How the day of the month is named"),
        rx.el.span("on the"),
        day,
        _select("monthly_how", _HOW, draft.monthly_how, "What the monthly sync reads"),
        class_name="row wrap",
    )
    short = rx.cond(
        (draft.month_by == "date") & rx.Var.create(_NOT_EVERY_MONTH).contains(draft.month_day),
        "In a month without this date: on its last day.",
        "",
    )
    return rx.fragment(
        _part("Every week", draft.is_weekly, lambda on: State.switch("is_weekly", on), weekly,
              State.draft_weekly, data_autofocus=""),
        _part("Every month", draft.is_monthly, lambda on: State.switch("is_monthly", on), monthly,
              State.draft_monthly, short),
        rx.cond(State.wrong != "", callout("It was not saved", rx.el.p(State.wrong), tone="fail", alert=True)),
    )  # fmt: skip


def _part(words: str, is_on: Any, on_switch: Any, fields: Any, upcoming: Any, note: Any = "", **props: Any) -> Any:
    """One of the two: the box that switches it on, its fields, and when it starts next."""
    inside = rx.el.div(
        fields,
        rx.el.span(
            rx.el.span("Next: ", upcoming.said, ". ", role="status"),
            note,
            class_name="hint",
            style={"display": "block"},
        ),
        class_name="stack",
        style={"paddingLeft": "24px", "marginTop": "4px"},
    )
    return rx.el.fieldset(
        rx.el.legend(words, class_name="vh"),
        choice(words, is_on, on_switch, **props),
        rx.cond(is_on, inside, rx.fragment()),
    )


def _select(part: Part, options: list[tuple[str, str]], value: Any, label: str) -> rx.Component:
    return select(options, value, lambda chosen: State.change(part, chosen), label=label)


def _facts() -> rx.Component:
    plan = State.plan

    def told(name: str, said: Any, upcoming: Any) -> rx.Component:
        on = rx.fragment(rx.el.p(said, "."), rx.el.p("Next: ", upcoming.said, ".", class_name="hint"))
        return rx.cond(said != "", rx.el.div(on), rx.el.p(f"Nothing {name}.", class_name="muted"))

    return rx.fragment(
        told("every week", plan.weekly, plan.next_weekly),
        told("every month", plan.monthly, plan.next_monthly),
        rx.el.p("Only an admin can change it.", class_name="hint"),
    )


def _last() -> rx.Component:
    """What the last automatic sync came to, with what it passed over."""
    plan = State.plan
    return rx.el.div(
        rx.el.p(rx.el.b("Last time "), when(plan.last_iso), ": ", plan.last, "."),
        rx.cond(
            plan.left_out.length() > 0,
            rx.el.div(
                rx.el.p("Left out:"),
                rx.el.ul(rx.foreach(plan.left_out, lambda why: rx.el.li(why)), style={"paddingLeft": "16px"}),
                class_name="muted",
            ),
            rx.fragment(),
        ),
    )
