"""The page "Subscriptions": who pays what, tax, credit, the newest invoices, and their way to accounting."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import button
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.components.text import outward
from rcx_app.ui.layout import section
from rcx_app.ui.pages.plans.parts import CUSTOMERS, entry, frame
from rcx_app.ui.pages.plans.rows import BillLine, CustomerLine
from rcx_app.ui.pages.plans.state import CustomersState as State

_REST_MS = 600
_CUSTOMERS = (
    Column("Workspace"),
    Column("State", width="72px"),
    Column("Plan", width="150px"),
    Column("A month", numeric=True, width="122px"),
    Column("Clients", numeric=True, width="90px"),
    Column("Next", width="130px"),
    Column("Tax", width="84px"),
    Column("Credit", numeric=True, width="96px"),
    Column(label_hidden="Act", width="172px"),
)
_BILLS = (
    Column("Number", width="150px"),
    Column("Workspace"),
    Column("Kind", width="120px"),
    Column("Issued", width="120px"),
    Column("Total", numeric=True, width="150px"),
    Column("To be paid", numeric=True, width="150px"),
    Column(label_hidden="Act", width="200px"),
)


def customers() -> rx.Component:
    listed = section(
        "Subscriptions",
        table(
            _CUSTOMERS,
            State.customers,
            _customer,
            caption="Workspaces with a subscription, by name",
            label="Subscriptions",
            empty=empty("Nobody yet", "A workspace's trial begins with its guided setup."),
            look="fixed flush",
            skeleton_rows=0,
        ),
    )
    bills = section(
        "Newest invoices",
        table(
            _BILLS,
            State.bills,
            _bill,
            caption="The newest 50 invoices and credit notes",
            label="Invoices",
            empty=empty("No invoices yet", "The first is issued when a paid month begins."),
            look="fixed flush",
            skeleton_rows=0,
        ),
    )
    return frame(
        listed,
        bills,
        _export(),
        rx.match(State.dialog, ("tax", _tax()), ("credit", _credit()), ("note", _note()), rx.fragment()),
        current=CUSTOMERS,
        title="Subscriptions",
        is_loaded=State.is_loaded,
    )


def _customer(row: rx.Var[CustomerLine]) -> rx.Component:
    tax = button("Tax", size="tight", on_click=State.open("tax", row.id, row.name), aria_label="Tax of " + row.name)
    credit = button(
        "Give credit", size="tight", on_click=State.open("credit", row.id, row.name),
        aria_label="Give credit to " + row.name,
    )  # fmt: skip
    return row_of(
        head_cell(row.name, title=row.name),
        cell(row.state),
        cell(row.plan, clip=True, title=row.plan),
        cell(row.monthly, numeric=True),
        cell(row.clients, numeric=True),
        cell(row.next),
        cell(row.tax),
        cell(row.credit, numeric=True),
        cell(rx.el.div(tax, credit, class_name="row end")),
        row_id=row.id,
    )


def _bill(row: rx.Var[BillLine]) -> rx.Component:
    back = button(
        "Take back", size="tight", on_click=State.open("note", row.id, row.number), aria_label="Take back " + row.number
    )
    paper = outward("PDF", href=row.href, download="", aria_label="PDF of " + row.number, class_name="link")
    return row_of(
        head_cell(row.number),
        cell(row.workspace, clip=True, title=row.workspace),
        cell(row.kind),
        cell(row.issued),
        cell(row.total, numeric=True),
        cell(row.due, numeric=True),
        cell(rx.el.div(rx.cond(row.may_take_back, back, ""), paper, class_name="row end")),
        row_id=row.id,
    )


def _day(words: str, name: str, day: Any, on_change: Any) -> rx.Component:
    """A day of the export, told to the server once its typing rests."""
    rested = on_change.debounce(_REST_MS)
    return entry(words, name, form="export", type="date", default_value=day, data_value=day, on_change=rested)


def _export() -> rx.Component:
    days = rx.el.div(
        _day("Issued from", "first", State.first, State.from_day),
        _day("to", "last", State.last, State.to_day),
        outward("Invoices as CSV", href="/staff/plans/invoices.csv" + State.query, class_name="btn", download=""),
        outward("Lines as CSV", href="/staff/plans/lines.csv" + State.query, class_name="btn", download=""),
        class_name="plan-line",
    )
    return section("Export to accounting", days)


def _tax() -> rx.Component:
    return _dialog(
        "Tax of ",
        "Keep tax",
        entry("Name", "name", form="tax", max_length=40, placeholder="VAT"),
        entry("Percent", "percent", form="tax", input_mode="decimal", placeholder="19", hint="0 for none."),
        said="For invoices from now on; those that were issued keep theirs.",
    )


def _credit() -> rx.Component:
    return _dialog(
        "Credit for ",
        "Give credit",
        entry("Amount", "amount", form="credit", input_mode="decimal", placeholder="50.00"),
        entry("Reason", "reason", form="credit", max_length=200),
        said="In the workspace's currency. The next invoices take it first.",
    )


def _note() -> rx.Component:
    return _dialog(
        "Take back ",
        "Issue the credit note",
        entry("Reason", "reason", form="note", max_length=200, hint="It stands on the credit note."),
        said="A credit note over the whole invoice is issued, and its total becomes credit. Neither can be undone.",
    )


def _dialog(title: str, act: str, *fields: rx.Component, said: str) -> rx.Component:
    close = State.open("", 0, "")
    return dialog(
        title + State.acting_name,
        rx.el.form(
            rx.el.p(said, class_name="muted"),
            *fields,
            rx.cond(State.wrong != "", rx.el.p(State.wrong, class_name="wrong", role="alert"), ""),
            rx.el.div(
                button("Cancel", on_click=close), button(act, kind="primary", type="submit"), class_name="row end"
            ),
            on_submit=State.act,
            class_name="stack stack-4",
        ),
        on_close=close,
        label=act,
    )
