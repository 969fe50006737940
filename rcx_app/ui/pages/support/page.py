"""The pages /support, /support/tickets/<id>, /support/new and /support/faq. All work down to 375 px."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import callout, empty, problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.panel import pairs
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page
from rcx_app.ui.page import Page
from rcx_app.ui.pages.support import parts
from rcx_app.ui.pages.support.faq_page import faq
from rcx_app.ui.pages.support.faq_state import FaqState
from rcx_app.ui.pages.support.new import new_ticket
from rcx_app.ui.pages.support.new_state import NewTicketState
from rcx_app.ui.pages.support.rows import TicketRow
from rcx_app.ui.pages.support.state import TicketListState as Listed
from rcx_app.ui.pages.support.ticket_state import TicketState as State

NEW = "/support/new"
FAQ = "/support/faq"
MEETINGS = "/support/meetings"
TICKET = "/support/tickets/[ticket_id]"


def support(*middle: Any, at: str, title: Any, open_id: Any = -1, look: str = "") -> rx.Component:
    """The frame of all pages: tabs and tickets at the left, what is open beside them. `at`: tickets | faq | new."""
    crumbs = () if at == "tickets" else (("Support", addresses.SUPPORT),)
    return page(
        rx.el.div(_list(at, open_id), *middle, class_name=f"tk {look}".strip()),
        active="support",
        title=title,
        crumbs=crumbs,
        narrow=True,
    )


def _list(at: str, open_id: Any) -> rx.Component:
    heading = rx.el.h1 if at == "tickets" else rx.el.h2
    return rx.el.section(
        rx.el.div(
            heading("Support", class_name="title"),
            rx.el.span(class_name="push"),
            link(icon("plus"), "New ticket", href=NEW, class_name="btn primary"),
            class_name="page-head",
        ),
        tabs(
            Tab("Tickets", addresses.SUPPORT, at != "faq", Listed.live),
            Tab("Meetings", MEETINGS, False),
            Tab("FAQ", FAQ, at == "faq"),
            label="Support",
        ),
        _tickets(open_id),
        class_name="fill list",
        aria_label="Tickets",
    )


def _tickets(open_id: Any) -> rx.Component:
    listed = rx.fragment(
        rx.el.ul(rx.foreach(Listed.tickets, lambda row: _line(row, open_id)), class_name="tl"),
        rx.cond(
            Listed.has_more,
            rx.el.div(button("Show more", on_click=Listed.more, data_more=""), class_name="row more"),
            rx.fragment(),
        ),
    )
    nothing = empty(
        "No tickets yet",
        "Ask whatever holds you up. An agent answers here and by mail.",
        link("Look into the FAQ", href=FAQ),
    )
    found = rx.cond(Listed.tickets.length() > 0, listed, nothing)
    return rx.el.div(
        rx.cond(
            Listed.problem != "",
            problem(Listed.problem, Listed.remedy, Listed.load),
            rx.cond(Listed.is_loaded, found, rx.el.div(skeleton_lines(5), class_name="section")),
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label="Your tickets, scrollable",
    )


def _line(row: rx.Var[TicketRow], open_id: Any) -> rx.Component:
    back = button(
        "Reinstate", icon="undo", size="tight", on_click=Listed.reinstate(row.id, row.version), title=row.subject
    )
    return parts.ticket_line(row, open_id, rx.cond(row.may_reinstate, back, rx.fragment()))


# --- no ticket open


def index() -> rx.Component:
    return support(
        rx.el.section(
            empty(
                "Choose a ticket, or open a new one",
                "You follow each question here: who wrote last, whose turn it is, and what came of it.",
                link(icon("plus"), "New ticket", href=NEW, class_name="btn"),
                link("FAQ", href=FAQ, class_name="btn ghost"),
                page=True,
            ),
            class_name="fill thread",
            aria_label="No ticket is open",
        ),
        _side_of_all(),
        at="tickets",
        title="Support",
        look="at-list",
    )


def _side_of_all() -> rx.Component:
    return parts.side(_can_see(first=True), _rather_talk(), label="About support")


# --- a ticket


def ticket() -> rx.Component:
    return support(
        rx.el.section(
            rx.cond(
                State.problem != "",
                rx.el.div(
                    rx.el.h1("Ticket", class_name="vh"),
                    problem(State.problem, State.remedy, State.load),
                    class_name="section",
                ),
                rx.cond(State.ticket.id > 0, _open_ticket(), rx.el.div(skeleton_lines(8), class_name="section")),
            ),
            class_name="fill thread",
            aria_label="Ticket " + State.ticket.name,
        ),
        rx.cond(
            State.problem == "",
            parts.side(
                parts.side_head("About", first=True), _about(), _can_see(), _rather_talk(), label="About this ticket"
            ),
            _side_of_all(),
        ),
        at="ticket",
        title=rx.cond(State.ticket.name != "", State.ticket.name, "Ticket"),
        open_id=State.ticket.id,
    )


def _open_ticket() -> rx.Component:
    return rx.fragment(
        _head(),
        parts.thread(State.entries, label="Thread, scrollable"),
        rx.cond(State.ticket.may_write, _reply(), _no_reply()),
        parts.look_again(State.look),
        rx.cond(State.is_withdrawing, _withdrawing(), rx.fragment()),
    )


def _head() -> rx.Component:
    shown = State.ticket
    return rx.el.div(
        rx.el.div(
            rx.el.h1(shown.subject, class_name="t-title"),
            rx.el.span(class_name="push"),
            rx.cond(shown.may_withdraw, button("Withdraw ticket", on_click=State.ask_withdraw), rx.fragment()),
            rx.cond(shown.may_reinstate, button("Reinstate", icon="undo", on_click=State.reinstate), rx.fragment()),
            class_name="row top-row",
        ),
        rx.el.p(
            badge(shown.badge, shown.tone, shown.icon),
            rx.cond(shown.is_private, badge("Private", "", "lock"), rx.fragment()),
            rx.el.span(shown.opened),
            class_name="t12 muted row wrap sub",
        ),
        class_name="t-head",
    )


def _reply() -> rx.Component:
    named = rx.cond(State.ticket.reply_to != "", "Reply to " + State.ticket.reply_to, "Reply")
    return rx.el.form(
        rx.el.div(
            rx.el.input(type="hidden", name="once_key", value=State.once_key, read_only=True),
            parts.writing(
                "reply",
                label="Reply",
                draft=State.draft,
                key=State.once_key,
                on_type=State.keep,
                placeholder=named,
                aria_invalid=State.wrong != "",
                data_upload_drop="",
            ),
            parts.waiting_files(State.files, State.drop_file),
            rx.cond(State.wrong != "", rx.el.p(State.wrong, class_name="wrong", role="alert"), rx.fragment()),
            rx.el.div(
                button("Send", kind="primary", type="submit", key="mod+enter"),
                parts.attach(State.uploaded),
                rx.el.span(class_name="push"),
                rx.cond(State.ticket.may_solve, button("It is solved", icon="ok", on_click=State.solve), rx.fragment()),
                rx.cond(State.ticket.may_reopen, button("Reopen", icon="undo", on_click=State.reopen), rx.fragment()),
                class_name="row send-row",
            ),
            class_name="col",
        ),
        on_submit=State.send,
        class_name="reply",
        aria_label="Reply",
    )


def _no_reply() -> rx.Component:
    """Why nobody can write here now, and what to do."""
    withdrawn = callout(
        "This ticket was withdrawn",
        rx.el.p("It can be reinstated until ", State.ticket.back_until, "; then write on."),
        icon="close",
    )
    closed = callout(
        "This ticket is closed",
        rx.el.p("Open a new one and name ", State.ticket.name, "; we will find it."),
        icon="lock",
        end=link("New ticket", href=NEW, class_name="btn"),
    )
    return rx.el.div(rx.cond(State.ticket.may_reinstate, withdrawn, closed), class_name="reply")


def _withdrawing() -> rx.Component:
    return dialog(
        "Withdraw this ticket?",
        rx.el.form(
            rx.el.p("Nobody will answer it any more. You can reinstate it for 30 days, and it keeps its place."),
            rx.el.div(
                rx.el.label("Why (if you like)", html_for="withdraw-reason"),
                rx.el.textarea(
                    id="withdraw-reason", name="reason", rows="2", class_name="input area", data_autofocus=""
                ),
                rx.cond(State.wrong != "", rx.el.span(State.wrong, class_name="wrong", role="alert"), rx.fragment()),
                class_name="field",
            ),
            rx.el.div(
                button("Keep it open", on_click=State.stop_withdraw),
                button("Withdraw ticket", kind="primary", type="submit", key="mod+enter"),
                class_name="row end-row",
            ),
            on_submit=State.withdraw,
            class_name="stack stack-4",
        ),
        on_close=State.stop_withdraw,
    )


def _about() -> rx.Component:
    shown = State.ticket
    connection = rx.cond(
        shown.connection != "", link(shown.connection, href=shown.connection_href, class_name="linked"), "Nothing more"
    )
    return pairs(
        [
            ("Status", shown.word),
            ("Turn", shown.turn),
            ("First answer", shown.first_answer),
            ("Category", shown.category),
            ("Priority", shown.priority_words),
            ("About", connection),
        ]
    )


def _can_see(*, first: bool = False) -> rx.Component:
    seen = (
        ("check", "Health and run history"),
        ("check", "This thread and its files"),
        ("close", "Credentials, never"),
    )
    return rx.fragment(
        parts.side_head("Support can see", first=first),
        rx.el.ul(
            *(rx.el.li(icon(name, 14), words, class_name="row") for name, words in seen),
            class_name="stack stack-1 muted",
        ),
    )


def _rather_talk() -> rx.Component:
    return rx.fragment(
        parts.side_head("Rather talk?"),
        link(icon("calendar"), "Book a meeting", href=MEETINGS, class_name="btn"),
    )


PAGES = (
    Page(route=addresses.SUPPORT, title="Support", build=index, on_load=(Listed.load,), needs=Permission.SUPPORT),
    Page(
        route=TICKET,
        title=rx.cond(State.ticket.name != "", State.ticket.name, "Ticket"),
        build=ticket,
        on_load=(State.load, Listed.load),
        needs=Permission.SUPPORT,
    ),
    Page(
        route=NEW,
        title="New ticket",
        build=lambda: support(new_ticket(), _side_of_all(), at="new", title="New ticket"),
        on_load=(NewTicketState.load, Listed.load),
        needs=Permission.SUPPORT,
    ),
    Page(
        route=FAQ,
        title="FAQ",
        build=lambda: support(faq(), _side_of_all(), at="faq", title="FAQ"),
        on_load=(FaqState.load, Listed.load),
        needs=Permission.SUPPORT,
    ),
)
