"""The agents' pages /staff/tickets and /staff/tickets/<id>."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.domain.support.schemas import CATEGORIES, PRIORITIES
from rcx_app.ui.components.badges import badge, dot, status
from rcx_app.ui.components.controls import button, select
from rcx_app.ui.components.dialog import confirm
from rcx_app.ui.components.feedback import callout, empty, problem, skeleton_lines
from rcx_app.ui.components.filters import filter_bar, filter_menu, search_field
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.menu import item, menu, menu_trigger
from rcx_app.ui.components.panel import pairs
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import hidden, link, when
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.support import parts
from rcx_app.ui.pages.support.rows import TicketRow
from rcx_app.ui.pages.tickets_desk.queue_state import AGES, ROUTE, STATES, WHOSE
from rcx_app.ui.pages.tickets_desk.queue_state import QueueState as Queue
from rcx_app.ui.pages.tickets_desk.template_state import TemplatesState
from rcx_app.ui.pages.tickets_desk.templates import ROUTE as TEMPLATES
from rcx_app.ui.pages.tickets_desk.templates import reply_templates
from rcx_app.ui.pages.tickets_desk.ticket_state import DeskTicketState as State

_COLUMNS = (
    Column("Ticket"),
    Column("Workspace", width="170px"),
    Column("State", width="140px"),
    Column("Priority", width="96px"),
    Column("With", width="140px"),
    Column("Waits since", width="110px"),
)
_SHORT = [(key.value, text.partition(":")[0]) for key, text in PRIORITIES.items()]


# --- the queue


def queue() -> rx.Component:
    return page(
        page_head(
            "Tickets",
            link("Reply templates", href=TEMPLATES, class_name="btn"),
            sub=Queue.waiting_words,
        ),
        _filters(),
        rx.cond(
            Queue.problem != "",
            rx.el.div(problem(Queue.problem, Queue.remedy, Queue.load), class_name="section grow"),
            table(
                _COLUMNS,
                Queue.tickets,
                _row,
                caption=Queue.so_far + ", the most urgent first, then who has waited longest",
                label="Tickets",
                loading=~Queue.is_loaded,
                empty=_nothing(),
                foot=load_more(Queue.so_far, Queue.more, has_more=Queue.has_more),
                keep_scroll="tickets",
            ),
        ),
        active="tickets",
        title="Tickets",
        area="staff",
    )


def _filters() -> rx.Component:
    def pick(name: str) -> Any:
        return lambda value: Queue.pick(name, value)

    def menu_of(words: str, name: str, options: Any, chosen: Any) -> rx.Component:
        return filter_menu(words, Queue.asked[name], options, pick(name), chosen_label=chosen)

    def words_of(name: str, known: list[tuple[str, str]]) -> Any:
        return rx.match(Queue.asked[name], *known, "")

    states = [(key, words) for key, (words, _) in STATES.items() if key]
    categories = [(key.value, words) for key, words in CATEGORIES.items()]
    whose, ages = list(WHOSE.items()), list(AGES.items())
    return filter_bar(
        search_field(Queue.asked["find"], Queue.find, label="Find a ticket", key="/"),
        menu_of("State", "state", states, words_of("state", states)),
        menu_of("Whose", "whose", whose, words_of("whose", whose)),
        menu_of("Priority", "priority", _SHORT, words_of("priority", _SHORT)),
        menu_of("Waits", "age", ages, words_of("age", ages)),
        menu_of("About", "category", categories, words_of("category", categories)),
        menu_of("Workspace", "workspace", Queue.workspaces, Queue.workspace_words),
        rx.cond(Queue.is_filtered, button("Clear", kind="ghost", size="tight", on_click=Queue.clear), rx.fragment()),
    )


def _row(row: rx.Var[TicketRow]) -> rx.Component:
    pressing = rx.cond(row.is_pressing, badge(row.priority, "fail", "alert"), rx.el.span(row.priority))
    return row_of(
        head_cell(
            link(row.subject, href=row.href, data_enter=""),
            second=row.name + ", " + row.asker + ", " + row.category,
            title=row.subject,
        ),
        cell(row.workspace, clip=True, title=row.workspace),
        cell(status(row.word, mark=dot(row.tone)), class_name="nowrap"),
        cell(pressing),
        cell(rx.cond(row.assignee != "", row.assignee, rx.el.span("Nobody", class_name="faint")), clip=True),
        cell(when(row.at, shown=row.at_words), class_name="nowrap"),
        row_id=row.id,
        tall=True,
    )


def _nothing() -> rx.Component:
    return rx.cond(
        Queue.is_filtered,
        empty("No ticket fits", "The filters leave none.", button("Clear filters", on_click=Queue.clear)),
        empty("Nobody waits for us", "New tickets and answers of people will stand here."),
    )


# --- one ticket


def ticket() -> rx.Component:
    return page(
        rx.el.div(
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
            rx.cond(State.problem == "", _side(), rx.fragment()),
            class_name="tk desk",
            on_unmount=State.leave,
        ),
        active="tickets",
        title=rx.cond(State.ticket.name != "", State.ticket.name, "Ticket"),
        crumbs=(("Tickets", ROUTE),),
        area="staff",
        two_pane=True,
    )


def _open_ticket() -> rx.Component:
    shown = State.ticket
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                rx.el.h1(shown.subject, class_name="t-title"),
                rx.el.span(class_name="push"),
                rx.cond(shown.may_solve, button("Solve", icon="ok", on_click=State.end("solve")), rx.fragment()),
                rx.cond(shown.may_reopen, button("Reopen", icon="undo", on_click=State.end("reopen")), rx.fragment()),
                rx.cond(
                    shown.may_close, button("Close for good", kind="ghost", on_click=State.ask_close), rx.fragment()
                ),
                class_name="row top-row",
            ),
            rx.el.p(
                badge(shown.badge, shown.tone, shown.icon),
                rx.cond(shown.is_private, badge("Private", "", "lock"), rx.fragment()),
                rx.el.span(shown.opened),
                class_name="t12 muted row wrap sub",
            ),
            class_name="t-head",
        ),
        rx.cond(
            State.lookers != "",
            rx.el.div(callout(State.lookers, tone="under", icon="eye"), class_name="lookers", role="status"),
            rx.fragment(),
        ),
        parts.thread(State.entries, label="Thread, scrollable"),
        _write(),
        parts.look_again(State.look),
        rx.cond(State.is_closing, _closing(), rx.fragment()),
    )


def _closing() -> rx.Component:
    return confirm(
        "Close " + State.ticket.name + " for good?",
        rx.el.p(
            "Nobody can write in it or open it again, and the people are told. To end it with a way back, solve it."
        ),
        act="Close the ticket",
        on_confirm=State.end("close"),
        on_close=State.stop_close,
    )


def _write() -> rx.Component:
    is_note = State.mode == "note"
    modes = rx.el.div(
        button("Answer", size="tight", aria_pressed=~is_note, on_click=State.choose_mode("answer")),
        button("Note", size="tight", icon="lock", aria_pressed=is_note, on_click=State.choose_mode("note")),
        rx.el.span(
            rx.cond(is_note, "Read by agents only, never by the customer.", "Goes to the people, here and by mail."),
            class_name="t12 faint",
        ),
        class_name="row modes",
        role="group",
        aria_label="What to write",
    )
    closed = callout("Nobody can answer now", rx.el.p("Notes can still be written."), icon="lock")
    may = is_note | State.ticket.may_write
    return rx.el.form(
        rx.el.div(
            modes,
            rx.cond(may, _field(), closed),
            rx.cond(State.wrong != "", rx.el.p(State.wrong, class_name="wrong", role="alert"), rx.fragment()),
            rx.cond(may, _acts(), rx.fragment()),
            class_name="col",
        ),
        on_submit=State.send,
        class_name=rx.cond(is_note, "reply inner", "reply"),
        aria_label="Write",
    )


def _field() -> rx.Component:
    is_note = State.mode == "note"
    named = rx.cond(is_note, "Note for agents", "Answer to " + State.ticket.reply_to)
    return rx.fragment(
        parts.writing(
            "answer",
            label=named,
            draft=State.draft,
            key=State.form_key,
            on_type=State.keep,
            rows=4,
            placeholder=named,
            aria_invalid=State.wrong != "",
            data_upload_drop="",
        ),
        rx.cond(is_note, rx.fragment(), parts.waiting_files(State.files, State.drop_file)),
    )


def _acts() -> rx.Component:
    is_note = State.mode == "note"
    taken = menu(
        button("Template", icon="file", kind="ghost", **menu_trigger()),
        rx.foreach(State.templates, lambda each: item(each.label, on_click=State.take_template(each.value))),
        label="Templates",
    )
    for_answer = rx.fragment(
        parts.attach(State.uploaded),
        rx.cond(State.templates.length() > 0, taken, rx.fragment()),
        rx.el.span(class_name="push"),
        rx.cond(State.ticket.may_solve, button("Send and solve", on_click=State.send_and_solve), rx.fragment()),
    )
    return rx.el.div(
        button(rx.cond(is_note, "Keep note", "Send"), kind="primary", type="submit", key="mod+enter"),
        rx.cond(is_note, rx.fragment(), for_answer),
        class_name="row send-row",
    )


def _side() -> rx.Component:
    shown = State.ticket
    return parts.side(
        parts.side_head("Handled by", first=True),
        select(State.agents, shown.assignee_id, State.assign, label="Handled by"),
        rx.cond(
            (shown.id > 0) & (shown.assignee == ""),
            rx.el.div(
                button("Take it", size="tight", icon="person", on_click=State.take), class_name="row under-field"
            ),
            rx.fragment(),
        ),
        parts.side_head("Priority"),
        select(_SHORT, shown.priority, State.prioritise, label="Priority"),
        parts.side_head("About"),
        pairs(
            [
                ("State", shown.word),
                ("Turn", shown.turn),
                ("First answer", shown.first_answer),
                ("Category", shown.category),
                ("Connection", rx.cond(shown.connection != "", shown.connection, "None")),
            ]
        ),
        parts.side_head("Who asks"),
        rx.el.p(State.asker, class_name="t12 who-asks"),
        rx.el.p(
            link(
                icon("grid", 14), State.workspace, hidden(", its page"), href=State.workspace_href, class_name="linked"
            ),
            class_name="t12",
        ),
        label="About this ticket",
    )


PAGES = (
    Page(route=ROUTE, title="Tickets", build=queue, on_load=(Queue.load,), needs=Permission.AGENT),
    Page(
        route=f"{ROUTE}/[ticket_id]",
        title=rx.cond(State.ticket.name != "", State.ticket.name, "Ticket"),
        build=ticket,
        on_load=(State.load,),
        needs=Permission.AGENT,
    ),
    Page(
        route=TEMPLATES,
        title="Reply templates",
        build=reply_templates,
        on_load=(TemplatesState.load,),
        needs=Permission.AGENT,
    ),
)
