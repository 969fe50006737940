"""The agents' page of reply templates at /staff/templates."""

from __future__ import annotations

import reflex as rx

from rcx_app.domain.support.templates import MAX_NAME, PLACES
from rcx_app.ui.components.controls import button, field
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.pages.tickets_desk.queue_state import ROUTE as TICKETS
from rcx_app.ui.pages.tickets_desk.template_state import NEW, TemplateRow
from rcx_app.ui.pages.tickets_desk.template_state import TemplatesState as State

ROUTE = "/staff/templates"
_COLUMNS = (
    Column("Name", width="240px"),
    Column("Text"),
    Column("Changed", width="220px"),
    Column(width="100px", label_hidden="Act"),
)


def reply_templates() -> rx.Component:
    new = button("New template", icon="plus", kind="primary", on_click=State.open(NEW))
    return page(
        page_head("Reply templates", new),
        table(
            _COLUMNS,
            State.rows,
            _row,
            caption="Reply templates by name",
            label="Reply templates",
            loading=~State.is_loaded,
            empty=empty("No templates yet", "Keep what you answer often; agents take it over with a click."),
        ),
        rx.cond(State.open_id != 0, _editing(), rx.fragment()),
        active="tickets",
        title="Reply templates",
        crumbs=(("Tickets", TICKETS),),
        area="staff",
    )


def _row(row: rx.Var[TemplateRow]) -> rx.Component:
    return row_of(
        head_cell(row.name),
        cell(row.text, clip=True, class_name="muted"),
        cell(row.changed, clip=True),
        cell(button("Change", size="tight", on_click=State.open(row.id), title=row.name)),
        row_id=row.id,
    )


def _editing() -> rx.Component:
    is_new = State.open_id == NEW
    known = ", ".join(f"{{{{{name}}}}} {meaning}" for name, meaning in PLACES.items())
    return dialog(
        rx.cond(is_new, "New template", "Change the template"),
        rx.el.form(
            field(
                "Name",
                rx.el.input(
                    id="template-name",
                    name="name",
                    default_value=State.name,
                    max_length=MAX_NAME,
                    class_name="input",
                    auto_complete="off",
                    data_autofocus="",
                ),
                field_id="template-name",
                wrong=State.wrong_name,
            ),
            field(
                "Text",
                rx.el.textarea(
                    id="template-text", name="text", default_value=State.text, rows="10", class_name="input"
                ),
                field_id="template-text",
                hint=f"Filled in: {known}.",
                wrong=State.wrong_text,
            ),
            rx.el.div(
                rx.cond(is_new, rx.fragment(), button("Delete", kind="ghost", on_click=State.delete)),
                rx.el.span(class_name="push"),
                button("Cancel", on_click=State.close),
                button("Keep", kind="primary", type="submit", key="mod+enter"),
                class_name="row",
            ),
            on_submit=State.save,
            class_name="stack stack-4",
        ),
        on_close=State.close,
        wide=True,
        label="Template",
    )
