"""The dialogs of the integrations page: rename, and disconnect with what stays."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.controls import button, field, text_input
from rcx_app.ui.components.dialog import confirm, dialog
from rcx_app.ui.components.feedback import callout
from rcx_app.ui.pages.integrations.act_state import ActsState as Acts


def dialogs() -> rx.Component:
    return rx.match(Acts.dialog, ("rename", _rename()), ("disconnect", _disconnect()), rx.fragment())


def _rename() -> rx.Component:
    control = text_input(
        id="new-label", name="label", default_value=Acts.about.label, max_length=80, data_autofocus="",
        invalid=Acts.wrong != "",
    )  # fmt: skip
    return dialog(
        "Rename the connection",
        rx.el.form(
            field("Label", control, field_id="new-label", wrong=Acts.wrong,
                  hint="Rules may name a connection by its label."),
            rx.el.div(
                button("Cancel", on_click=Acts.close),
                button("Rename", kind="primary", type="submit"),
                class_name="row",
                style={"justifyContent": "flex-end", "marginTop": "12px"},
            ),
            on_submit=Acts.rename,
        ),
        on_close=Acts.close,
    )  # fmt: skip


def _disconnect() -> rx.Component:
    about = Acts.about
    return confirm(
        "Disconnect " + about.label,
        rx.el.p(
            "Its credentials are deleted here, and a sync that waits or runs is ended.", style={"marginBottom": "8px"}
        ),
        callout(
            "Stays",
            rx.el.p(
                rx.cond(about.rows_title != "", "What it has delivered: " + about.rows_title + ".",
                        "The connection itself; it has delivered nothing yet."),
                " Mappings, rules and findings stay too; findings that count it become not ready once it is too old.",
            ),
        ),
        rx.el.p("To read it again, enter credentials in its settings. Revoke the old ones at the vendor.",
                class_name="muted", style={"marginTop": "8px"}),
        act="Disconnect, keep its data",
        kind="danger",
        on_confirm=Acts.disconnect,
        on_close=Acts.close,
    )  # fmt: skip
