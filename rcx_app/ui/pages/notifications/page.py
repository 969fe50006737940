"""The list of all notices, and the settings page that says how a person is told."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.domain.notifications.schemas import Frequency
from rcx_app.ui import addresses
from rcx_app.ui.components.controls import button, choice, field, text_input
from rcx_app.ui.components.feedback import empty, problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.table import load_more
from rcx_app.ui.components.tabs import Tab, segments
from rcx_app.ui.components.text import hidden, link, when
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.notifications.rows import NoticeRow
from rcx_app.ui.pages.notifications.state import KindRow, NoticeSettingsState, NoticesState
from rcx_app.ui.settings import settings_tabs

_FREQUENCIES = (
    (Frequency.DAILY, "Each morning", "One mail with all that is new; none where nothing is."),
    (Frequency.WEEKLY, "Each Monday morning", "The same, once a week."),
    (Frequency.OFF, "No digest", "The bell goes on showing what is new."),
)


def notifications() -> rx.Component:
    state = NoticesState
    return page(
        page_head(
            "Notifications",
            button("Mark all as read", on_click=state.read_all),
            link("Settings", href=addresses.NOTIFICATION_SETTINGS, class_name="btn"),
            beside=segments(
                Tab("All", addresses.NOTIFICATIONS, ~state.unread_only),
                Tab("Unread", addresses.address(addresses.NOTIFICATIONS, show="unread"), state.unread_only),
                label="Which notifications",
            ),
        ),
        rx.cond(
            state.problem != "",
            rx.el.div(problem(state.problem, state.remedy, state.load), class_name="section"),
            rx.cond(state.is_loaded, _list(), rx.el.div(skeleton_lines(8), class_name="section")),
        ),
        active="notifications",
        title="Notifications",
        narrow=True,
    )


def _list() -> rx.Component:
    state = NoticesState
    return rx.cond(
        state.notices.length() > 0,
        rx.el.div(
            rx.el.ul(rx.foreach(state.notices, _notice), class_name="notices", aria_label="Notifications"),
            load_more("", state.more, has_more=state.has_more),
            class_name="section",
        ),
        rx.cond(
            state.unread_only,
            empty("Nothing is unread", "You have seen all of it.", page=True),
            empty(
                "Nothing so far",
                "New findings, what is given to you, mentions, change sets that wait for you, and trouble with "
                "integrations are told here, and by mail in the morning.",
                link("Choose what you are told of", href=addresses.NOTIFICATION_SETTINGS, class_name="btn"),
                page=True,
            ),
        ),
    )


def _notice(row: rx.Var[NoticeRow]) -> rx.Component:
    return rx.el.li(
        icon(row.icon, 16),
        rx.el.div(
            rx.el.button(
                row.title,
                rx.cond(row.is_read, rx.fragment(), hidden(", new")),
                type="button",
                class_name=rx.cond(row.is_read, "plain", "plain new"),
                on_click=NoticesState.open(row.id),
            ),
            rx.cond(row.detail != "", rx.el.span(row.detail), rx.fragment()),
            rx.foreach(row.lines, lambda line: rx.el.span(line, class_name="t12 muted")),
            rx.el.span(row.kind, ", ", when(row.at, shown=row.at_text), class_name="t12 faint"),
        ),
        rx.cond(
            row.is_read,
            rx.fragment(),
            button(
                "Mark as read", hidden(": "), hidden(row.title), kind="ghost", size="tight",
                on_click=NoticesState.read_one(row.id),
            ),
        ),
        key=row.id,
    )  # fmt: skip


def notification_settings() -> rx.Component:
    state = NoticeSettingsState
    return page(
        page_head("Settings"),
        settings_tabs("notifications"),
        rx.cond(
            state.problem != "",
            rx.el.div(problem(state.problem, state.remedy, state.load), class_name="section"),
            rx.cond(state.is_loaded, _form(), rx.el.div(skeleton_lines(8), class_name="section")),
        ),
        active="settings",
        title="Notifications",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
        narrow=True,
    )


def _form() -> rx.Component:
    state = NoticeSettingsState
    form = rx.el.form(
        rx.el.fieldset(
            rx.el.legend("What you are told of"),
            rx.foreach(state.kinds, _kind),
            class_name="question",
        ),
        field(
            "New findings from this amount a month on",
            text_input(
                id="min-amount", name="min_amount", default_value=state.min_amount, max_length=12,
                input_mode="decimal", auto_complete="off", invalid=state.wrong_amount != "",
            ),
            field_id="min-amount",
            hint="In each finding's own currency, under- or over-billed.",
            wrong=state.wrong_amount,
        ),
        rx.el.fieldset(
            rx.el.legend("Digest by mail"),
            *(
                _option(words, what, state.frequency == each.value, NoticeSettingsState.choose_frequency(each))
                for each, words, what in _FREQUENCIES
            ),
            rx.el.p(
                "Sent at ", state.morning, " to ", state.email,
                rx.cond(state.next_text != "", rx.fragment(". The next one is due ", state.next_text), ""), ".",
                class_name="t12 muted",
            ),
            class_name="question",
        ),
        rx.cond(state.tells_alarms, _alarms(), rx.fragment()),
        rx.el.div(button("Save", kind="primary", type="submit"), class_name="row"),
        on_submit=NoticeSettingsState.save,
        class_name="told-form",
        key=state.min_amount,
    )  # fmt: skip
    return section(
        "How you are told",
        rx.el.p("Only for you, and only in this workspace.", class_name="muted"),
        form,
    )


def _kind(row: rx.Var[KindRow]) -> rx.Component:
    return rx.el.div(
        choice(row.name, row.is_on, NoticeSettingsState.switch(row.value)),
        rx.el.span(row.what, class_name="t12 muted"),
        class_name="told",
        key=row.value,
    )


def _alarms() -> rx.Component:
    state = NoticeSettingsState
    return rx.el.fieldset(
        rx.el.legend("Mail at once"),
        rx.el.div(
            choice("Trouble with integrations", state.alarm_mail, state.switch_alarms),
            rx.el.span(
                "At most one mail an hour, while it is news. It is not repeated in the digest.", class_name="t12 muted"
            ),
            class_name="told",
        ),
        class_name="question",
    )


def _option(words: str, what: str, is_chosen: rx.Var[bool], on_pick: object) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.input(type="radio", name="frequency", checked=is_chosen, on_change=on_pick, class_name="radio"),
            rx.el.span(words),
            class_name="choice",
        ),
        rx.el.span(what, class_name="t12 muted"),
        class_name="told",
    )


PAGES = (
    Page(
        route=addresses.NOTIFICATIONS,
        title="Notifications",
        build=notifications,
        on_load=(NoticesState.load,),
        needs=Permission.SELF,
    ),
    Page(
        route=addresses.NOTIFICATION_SETTINGS,
        title="Notifications",
        build=notification_settings,
        on_load=(NoticeSettingsState.load,),
        needs=Permission.SELF,
    ),
)
