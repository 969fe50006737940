"""Parts of a ticket that the people's pages and the agents' page share: the thread, files, the field to write in."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.support.kinds import ACCEPT, ALLOWED
from rcx_app.domain.support.schemas import MAX_TEXT
from rcx_app.ui.components.badges import avatar, badge, dot
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import Text, classes, hidden, link, outward, when
from rcx_app.ui.pages.support.rows import EntryRow, FileRow, TicketRow


def thread(entries: Any, *, label: Text) -> rx.Component:
    """The messages and events, oldest first, scrolling by themselves where the window is wide."""
    return rx.el.div(
        rx.el.div(rx.foreach(entries, entry), class_name="col"),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=label,
    )


def entry(row: rx.Var[EntryRow]) -> rx.Component:
    """A message, a note or an event."""
    return rx.cond(row.said != "", _event(row), _message(row))


def _message(row: rx.Var[EntryRow]) -> rx.Component:
    marks = rx.fragment(
        rx.cond(
            row.is_note, badge("Note, agents only", "under"), rx.cond(row.is_staff, badge("Support"), rx.fragment())
        ),
        rx.cond(row.by_mail, rx.el.span("by mail", class_name="faint t12"), rx.fragment()),
    )
    return rx.el.article(
        avatar(row.initials),
        rx.el.div(
            rx.el.div(
                rx.el.b(row.author), marks, when(row.at, shown=row.at_words, class_name="faint t12"), class_name="who"
            ),
            rx.foreach(row.paragraphs, lambda text: rx.el.p(text)),
            rx.cond(
                row.files.length() > 0, rx.el.div(rx.foreach(row.files, _sent_file), class_name="files"), rx.fragment()
            ),
        ),
        class_name=rx.cond(row.is_note, "msg inner", "msg"),
        key=row.key,
    )


def _event(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.el.div(
        icon(row.icon, 14),
        rx.el.span(row.said, " ", when(row.at, shown=row.at_words)),
        class_name=rx.cond(row.is_note, "event inner", "event"),
        key=row.key,
    )


def _sent_file(row: rx.Var[FileRow]) -> rx.Component:
    return outward(
        icon("attach", 14),
        rx.el.span(row.name, class_name="clip"),
        rx.el.span(row.size, class_name="faint"),
        href=row.href,
        class_name="chip",
        download=row.name,
        key=row.id,
    )


def waiting_files(files: Any, on_drop: Any) -> rx.Component:
    """Files that were uploaded for what is being written, each with a way back, and those still on their way."""

    def shown(row: rx.Var[FileRow]) -> rx.Component:
        return rx.el.span(
            icon("attach", 14),
            rx.el.span(row.name, class_name="clip"),
            rx.el.span(row.size, class_name="faint"),
            rx.el.button(
                icon("close", 12),
                hidden("Take out "),
                hidden(row.name),
                type="button",
                class_name="out",
                on_click=on_drop(row.id),
            ),
            class_name="chip",
            key=row.id,
        )

    return rx.fragment(
        rx.el.div(data_upload_list=""),
        rx.cond(files.length() > 0, rx.el.div(rx.foreach(files, shown), class_name="files"), rx.fragment()),
    )


def attach(on_uploaded: Any) -> rx.Component:
    """The button that chooses files, and what assets/upload.js needs to send them."""
    return rx.fragment(
        button("Attach", icon="attach", kind="ghost", data_upload_pick="", title=f"Allowed are {ALLOWED}"),
        rx.el.input(
            type="file",
            multiple=True,
            accept=ACCEPT,
            hidden=True,
            data_upload_input="",
            data_upload_to="/attachments",
            tab_index=-1,
            aria_label="Files to attach",
        ),
        rx.el.button(
            "Show what was uploaded",
            type="button",
            hidden=True,
            data_uploads_done="",
            on_click=rx.call_script("rcxUploaded()", callback=on_uploaded),
        ),
    )


def writing(
    field_id: str, *, label: Text, draft: Any, key: Any, on_type: Any, rows: int = 3, **props: Any
) -> rx.Component:
    """A field of text that belongs to the browser while one types, and begins anew when `key` changes."""
    return rx.fragment(
        rx.el.label(label, html_for=field_id, class_name="vh"),
        rx.el.textarea(
            id=field_id,
            name="text",
            rows=str(rows),
            default_value=draft,
            on_change=on_type.debounce(500),
            class_name="input",
            key=key,
            **props,
        ),
    )


def ticket_line(row: rx.Var[TicketRow], open_id: Any, *below: rx.Component) -> rx.Component:
    """A ticket in the list at the left."""
    is_open = row.id == open_id
    return rx.el.li(
        link(
            rx.el.span(row.subject, class_name="clip medium"),
            rx.el.span(when(row.at, shown=row.at_words), class_name="t12 faint nowrap"),
            rx.el.span(
                dot(row.tone),
                row.word,
                rx.cond(row.is_private, rx.el.span(icon("lock", 12), hidden("Private")), rx.fragment()),
                class_name="st t12",
            ),
            rx.el.span(row.name, class_name="t12 faint"),
            href=row.href,
            aria_current=rx.cond(is_open, "true", None),
        ),
        *below,
        class_name=rx.cond(is_open, "on", ""),
        key=row.id,
    )


def look_again(on_look: Any) -> rx.Component:
    """Nothing to see; the browser presses it every 20 s while the page is looked at."""
    return rx.el.button("Look again", type="button", hidden=True, data_tick="", on_click=on_look)


def too_long() -> str:
    """What fits into a text."""
    return f"Up to {MAX_TEXT:,} characters; more goes as a file."


def side(*children: Any, label: Text) -> rx.Component:
    """The column at the right of a ticket."""
    return rx.el.aside(*children, class_name="side", aria_label=label)


def side_head(text: Text, *, first: bool = False) -> rx.Component:
    return rx.el.h2(text, class_name=classes("sec-h", "" if first else "next"))
