"""What floats over the services page: the preview of accepting many suggestions at once."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.controls import button
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.pages.services.base import ServicesState as State
from rcx_app.ui.pages.services.rows import BulkRow
from rcx_app.ui.pages.services.state import ServicesRowsState as Rows


def all_dialogs() -> rx.Component:
    return rx.cond(State.dialog == "bulk", _bulk(), rx.fragment())


def _bulk() -> rx.Component:
    listed = rx.el.table(
        rx.el.caption("What will be accepted", class_name="vh"),
        rx.el.colgroup(rx.el.col(), rx.el.col(custom_attrs={"width": "56"})),
        rx.el.thead(rx.el.tr(rx.el.th("Rule", scope="col"), rx.el.th("Conf.", scope="col", class_name="num"))),
        rx.el.tbody(rx.foreach(State.bulk, _row)),
        class_name="table fixed flush",
    )
    wrong = rx.el.p(State.dialog_wrong, class_name="fail", role="alert", style={"marginTop": "8px"})
    blocked = State.is_busy | (State.bulk.length() == 0)
    return dialog(
        State.bulk_title,
        rx.el.p("They count from the next reconciliation on. You can undo this.", class_name="muted"),
        rx.cond(State.dialog_wrong != "", wrong, rx.fragment()),
        rx.cond(
            State.bulk.length() > 0,
            rx.el.div(listed, class_name="scroll", tab_index=0, role="region", aria_label="Preview, scrollable"),
            rx.el.p("No suggestion is this sure any more, so there is nothing to accept at once."),
        ),
        on_close=Rows.close,
        footer=rx.fragment(
            button("Cancel", on_click=Rows.close, disabled=State.is_busy),
            button(
                State.bulk_act,
                kind="primary",
                on_click=Rows.accept_bulk,
                key="mod+enter",
                disabled=blocked,
                data_autofocus="",
            ),
        ),
        wide=True,
        label="Accept many rules",
    )


def _row(row: rx.Var[BulkRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.name, rx.el.span(row.sentence, class_name="second"), scope="row", class_name="whole-text"),
        rx.el.td(row.confidence, class_name="num"),
        class_name="tall",
        key=row.id,
    )
