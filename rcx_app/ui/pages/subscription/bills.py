"""Invoices, who they are made out to, and the end of a subscription: what owners see below the plan."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.controls import button, field, text_input
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import outward
from rcx_app.ui.layout import section
from rcx_app.ui.pages.subscription.rows import InvoiceLine
from rcx_app.ui.pages.subscription.state import SubscriptionState as State

_INVOICES = (
    Column("Number", width="150px"),
    Column("Kind", width="120px"),
    Column("Issued", width="120px"),
    Column("For", width="170px"),
    Column("Total", numeric=True, width="150px"),
    Column("To be paid", numeric=True, width="150px"),
    Column("By", width="120px"),
    Column(label_hidden="Download"),
)


def invoices() -> rx.Component:
    """The list, newest first."""
    none = empty("No invoices yet", "The first is issued when a paid month begins.")
    return section(
        "Invoices",
        table(
            _INVOICES,
            State.bills,
            _invoice,
            caption="Invoices and credit notes, newest first",
            label="Invoices",
            empty=none,
            foot=load_more("", State.more, has_more=State.has_more),
            look="fixed flush",
            skeleton_rows=0,
        ),
    )


def _invoice(row: rx.Var[InvoiceLine]) -> rx.Component:
    return row_of(
        head_cell(row.number),
        cell(row.kind),
        cell(row.issued),
        cell(row.period),
        cell(row.total, numeric=True),
        cell(row.due, numeric=True),
        cell(row.due_on),
        cell(outward("PDF", href=row.href, download="", aria_label="PDF of " + row.number, class_name="link")),
        row_id=row.id,
    )


def details() -> rx.Component:
    """The form of who future invoices are made out to."""
    currency = rx.el.select(
        rx.foreach(State.currencies, lambda code: rx.el.option(code, value=code, key=code)),
        id="bill-currency",
        name="currency",
        default_value=State.facts.currency,
        class_name="input",
        disabled=State.is_currency_fixed,
    )
    form = rx.el.form(
        field(
            "Name",
            text_input(id="bill-name", name="name", default_value=State.bill_name, max_length=200),
            field_id="bill-name",
        ),
        field(
            "Address",
            rx.el.textarea(
                id="bill-address", name="address", default_value=State.bill_address, rows="3", class_name="input area"
            ),
            field_id="bill-address",
        ),
        field(
            "Tax id",
            text_input(id="bill-tax", name="tax_id", default_value=State.tax_id, max_length=60),
            field_id="bill-tax",
            hint=rx.cond(State.tax != "", "Taxed with " + State.tax + ".", "No tax is added."),
        ),
        field(
            "Currency",
            currency,
            field_id="bill-currency",
            hint="Fixed by the first invoice.",
            wrong=State.wrong_details,
        ),
        rx.el.div(button("Save", type="submit"), class_name="row"),
        on_submit=State.save_details,
        class_name="data-form",
        key=State.bill_name + State.bill_address + State.tax_id + State.facts.currency,
    )
    return section("Invoices are made out to", form)


def renewal() -> rx.Component:
    """Whether it goes on, and the way to end it."""
    goes_on = rx.el.div(
        rx.el.p(
            "Renews by itself on the first of each month. Ending it takes effect on ",
            State.facts.ends,
            "; until then everything works.",
        ),
        rx.el.div(button("End the subscription", on_click=State.ask_to_cancel(True)), class_name="row"),
        class_name="stack stack-4",
    )
    ends = rx.el.div(
        rx.el.p("Does not renew: it ends on ", rx.el.b(State.facts.ends), ". What is paid for stays yours until then."),
        rx.el.div(button("Let it go on", kind="primary", on_click=State.resume), class_name="row"),
        class_name="stack stack-4",
    )
    shown = rx.match(
        State.facts.state,
        ("active", rx.cond(State.renews, goes_on, ends)),
        (
            "trial",
            rx.cond(
                State.renews,
                goes_on,
                rx.el.p("The trial ends by itself on ", rx.el.b(State.facts.ends), " unless you choose a plan."),
            ),
        ),
        rx.el.p("It has ended. Choose a plan above to begin again; nothing was deleted."),
    )
    return rx.fragment(section("Renewal", shown), rx.cond(State.is_cancelling, _cancel(), rx.fragment()))


def _cancel() -> rx.Component:
    return dialog(
        "End the subscription?",
        rx.el.form(
            rx.el.p(
                "It ends on ", State.facts.ends, ". Nothing is deleted, and you can take this back until that day."
            ),
            field(
                "Why (if you like to say)",
                rx.el.textarea(id="cancel-reason", name="reason", rows="3", max_length=500, class_name="input area"),
                field_id="cancel-reason",
            ),
            rx.el.div(
                button("Keep it", on_click=State.ask_to_cancel(False)),
                button("End on ", State.facts.ends, kind="danger", type="submit"),
                class_name="row end",
            ),
            on_submit=State.cancel,
            class_name="stack stack-4",
        ),
        on_close=State.ask_to_cancel(False),
        label="End the subscription",
    )


__all__ = ["details", "invoices", "renewal"]
