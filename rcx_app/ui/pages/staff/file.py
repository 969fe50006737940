"""One workspace as agents see it, at /staff/workspaces/<id>: intake with what changed, checklist, health, sessions,
notes. Never credentials, and none of its numbers."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui.components.badges import badge, dot
from rcx_app.ui.components.controls import button, field
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import callout, empty, problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import when
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.onboarding.rows import TaskRow
from rcx_app.ui.pages.staff.file_state import DEEDS
from rcx_app.ui.pages.staff.file_state import FileState as State
from rcx_app.ui.pages.staff.rows import EventRow, GroupRow, HealthRow, PairRow


def file() -> rx.Component:
    shown = rx.el.div(
        rx.el.div(_intake(), _notes(), class_name="file-main"),
        rx.el.div(_leave(), _tasks(), _health(), _meetings(), _people(), _steps(), class_name="file-side"),
        class_name="file-page",
    )
    return page(
        page_head(
            State.name,
            rx.foreach(State.deeds, _deed_button),
            sub=State.sub,
            beside=rx.el.span(badge(State.at_stage, State.tone), " ", State.since, class_name="nowrap muted"),
        ),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, "Look for it in the list of workspaces."), class_name="section"),
            rx.cond(State.is_loaded, shown, rx.el.div(skeleton_lines(8), class_name="section")),
        ),
        rx.cond(State.deed != "", _dialog(), rx.fragment()),
        active="workspaces",
        title=State.name,
        crumbs=(("Workspaces", "/staff/workspaces"),),
        area="staff",
    )


def _deed_button(deed: rx.Var[str]) -> rx.Component:
    said = rx.match(deed, *((key, words) for key, (_, _, words, _, _) in DEEDS.items()), "")
    look = rx.match(deed, ("finalise", "btn primary"), ("suspend", "btn danger"), "btn")
    return rx.el.button(said, type="button", class_name=look, on_click=State.ask(deed), key=deed)


def _dialog() -> rx.Component:
    def texts(at: int) -> Any:
        return rx.match(State.deed, *((key, str(parts[at])) for key, parts in DEEDS.items()), "")

    needs = rx.match(State.deed, *((key, parts[4]) for key, parts in DEEDS.items()), False)
    return dialog(
        texts(1),
        rx.el.form(
            rx.el.p(texts(3), class_name="muted"),
            field(
                rx.cond(needs, "Note for colleagues", "Note for colleagues (optional)"),
                rx.el.textarea(id="deed-note", name="note", rows="4", class_name="input area", data_autofocus=""),
                field_id="deed-note",
                hint="Kept with the change; the workspace's own audit log shows it too.",
                wrong=State.wrong,
            ),
            rx.el.div(
                button("Cancel", on_click=State.ask("")),
                button(texts(2), kind="primary", type="submit"),
                class_name="row end",
            ),
            on_submit=State.do,
            class_name="stack stack-4",
        ),
        on_close=State.ask(""),
        label="Change of stage",
    )


def _intake() -> rx.Component:
    return section(
        "Answers",
        rx.el.p(State.intake, class_name="muted"),
        rx.foreach(State.answers, _group),
        class_name="review-answers",
    )


def _group(row: rx.Var[GroupRow]) -> rx.Component:
    return rx.el.section(rx.el.h3(row.title), rx.el.dl(rx.foreach(row.pairs, _answer), class_name="qa"), key=row.title)


def _answer(row: rx.Var[PairRow]) -> rx.Component:
    changed = rx.fragment(
        rx.cond(row.before != "", rx.el.del_(row.before), rx.el.span("No answer", class_name="faint")),
        " ",
        rx.el.ins(row.value),
        " ",
        badge("Changed", "under"),
    )
    return rx.el.div(rx.el.dt(row.name), rx.el.dd(rx.cond(row.is_changed, changed, row.value)), key=row.name)


def _notes() -> rx.Component:
    form = rx.el.form(
        field(
            "Add a note",
            rx.el.textarea(id="note-text", name="text", rows="3", class_name="input area"),
            field_id="note-text",
            hint="Read by agents only.",
            wrong=State.wrong_note,
        ),
        rx.el.div(button("Keep note", type="submit"), class_name="row"),
        on_submit=State.add_note,
        class_name="stack stack-4",
        key=State.note_key.to_string(),
    )
    return section("Notes", form, rx.el.ul(rx.foreach(State.notes, _event), class_name="events"))


def _leave() -> rx.Component:
    given = callout(
        "You may work inside this workspace",
        rx.el.p(State.leave, " What you do there is in its audit log under your name."),
        tone="under",
        icon="key",
        end=rx.el.form(
            rx.el.input(type="hidden", name="workspace_id", value=State.id, read_only=True),
            button("Enter", type="submit"),
            method="post",
            action="/staff/enter",
            # Without this Reflex cancels the submission.
            on_submit=None,
        ),
    )
    none = rx.el.p(
        "The workspace gives no leave to work inside it. One of its admins can, under Settings, Network.",
        class_name="muted",
    )
    return section("Working inside", rx.cond(State.leave != "", given, none))


def _tasks() -> rx.Component:
    none = rx.el.p("Guided setup has not begun.", class_name="muted")
    return section(
        "Setup",
        rx.cond(State.tasks.length() > 0, rx.el.ul(rx.foreach(State.tasks, _task), class_name="ticks"), none),
    )


def _task(row: rx.Var[TaskRow]) -> rx.Component:
    mark = rx.cond(row.is_done, icon("ok", 14), icon("minus", 14))
    return rx.el.li(
        rx.el.span(mark, class_name=rx.cond(row.is_done, "okc", "faint"), aria_hidden="true"),
        rx.el.span(row.title, rx.el.span(rx.cond(row.is_done, "Done. ", ""), row.detail, class_name="t12 muted line")),
        key=row.title,
    )


def _health() -> rx.Component:
    none = rx.el.p("Nothing is connected yet.", class_name="muted")
    return section(
        "Integrations",
        rx.cond(State.health.length() > 0, rx.el.ul(rx.foreach(State.health, _connection), class_name="ticks"), none),
    )


def _connection(row: rx.Var[HealthRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(dot(row.tone)),
        rx.el.span(row.label, ": ", row.word, rx.el.span(row.why, class_name="t12 muted line")),
        key=row.key,
    )


def _meetings() -> rx.Component:
    none = rx.el.p("None yet.", class_name="muted")
    return section(
        "Sessions",
        rx.cond(State.meetings.length() > 0, rx.el.ul(rx.foreach(State.meetings, _event), class_name="events"), none),
    )


def _people() -> rx.Component:
    return section(
        "People",
        rx.el.ul(
            rx.foreach(
                State.people,
                lambda row: rx.el.li(row.name, rx.el.span(row.value, class_name="t12 muted line"), key=row.value),
            ),
            class_name="events",
        ),
    )


def _steps() -> rx.Component:
    none = empty("No change of stage yet", "It is where it began.")
    return section(
        "Way through the stages",
        rx.cond(State.steps.length() > 0, rx.el.ul(rx.foreach(State.steps, _event), class_name="events"), none),
    )


def _event(row: rx.Var[EventRow]) -> rx.Component:
    return rx.el.li(
        rx.el.b(row.title),
        rx.el.span(rx.cond(row.who != "", row.who + ", ", ""), when(row.at_iso, shown=row.at), class_name="t12 muted"),
        rx.cond(row.text != "", rx.el.p(row.text), rx.fragment()),
        key=row.key,
    )


PAGE = Page(
    route="/staff/workspaces/[workspace_id]",
    title=State.name,
    build=file,
    on_load=(State.load,),
    needs=Permission.AGENT,
)
