"""The page "Issuer and accounting": what stands on every invoice, the terms, and where events are sent."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.badges import dot
from rcx_app.ui.components.controls import button, field
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.components.text import when
from rcx_app.ui.layout import section
from rcx_app.ui.pages.plans.parts import ISSUER, area, entry, frame
from rcx_app.ui.pages.plans.rows import EventLine
from rcx_app.ui.pages.plans.state import IssuerState as State

_EVENTS = (
    Column("Event", width="180px"),
    Column("Workspace"),
    Column("State", width="120px"),
    Column("Tries", numeric=True, width="70px"),
    Column("When", width="130px"),
    Column("Answer", width="300px"),
    Column(label_hidden="Act", width="120px"),
)


def issuer() -> rx.Component:
    events = section(
        "Events sent",
        table(
            _EVENTS,
            State.events,
            _event,
            caption="The newest 50 events, newest first",
            label="Events",
            empty=empty("No events yet", "Once an address is set, every invoice and every change is sent there."),
            look="fixed flush",
            skeleton_rows=0,
        ),
    )
    forms = section("Issuer and terms", _form())
    return frame(
        forms,
        section("Events for accounting", _webhook()),
        events,
        current=ISSUER,
        title="Issuer and accounting",
        is_loaded=State.is_loaded,
    )


def _form() -> rx.Component:
    values = State.values
    plan = rx.el.select(
        rx.foreach(State.tiers, lambda row: rx.el.option(row.name, value=row.plan_id.to_string(), key=row.plan_id)),
        id="issuer-trial_plan_id",
        name="trial_plan_id",
        default_value=values["trial_plan_id"],
        class_name="input",
    )

    def number(label: str, name: str, most: int) -> rx.Component:
        return entry(label, name, form="issuer", type="number", min=0, max=most, default_value=values[name])

    who = rx.el.div(
        entry("Name", "name", form="issuer", default_value=values["name"], max_length=120),
        area("Address", "address", form="issuer", default_value=values["address"]),
        entry("Tax id", "tax_id", form="issuer", default_value=values["tax_id"], max_length=60),
        entry("Mail address for questions", "email", form="issuer", default_value=values["email"], max_length=120),
        area("Bank line", "bank", form="issuer", rows="2", default_value=values["bank"]),
        class_name="data-form",
    )
    terms = rx.el.div(
        entry(
            "Beginning of invoice numbers", "prefix", form="issuer", default_value=values["prefix"], max_length=12,
            hint="Next: " + values["next_number"] + ". Numbers go on without gaps.",
        ),
        number("Days to pay", "payment_days", 120),
        number("Days of a trial", "trial_days", 365),
        field("Plan that is tried", plan, field_id="issuer-trial_plan_id"),
        number("Warn from percent of the clients", "warn_percent", 100),
        class_name="data-form",
    )  # fmt: skip
    return rx.el.form(
        rx.el.div(who, terms, class_name="plan-forms"),
        rx.cond(State.wrong != "", rx.el.p(State.wrong, class_name="wrong", role="alert"), ""),
        rx.el.div(button("Save", kind="primary", type="submit"), class_name="row"),
        on_submit=State.save,
        class_name="stack stack-4",
        key=State.form_key,
    )


def _webhook() -> rx.Component:
    kept = rx.cond(State.has_secret, "One is kept. Leave empty to keep it.", "16 to 200 letters; make a random one.")
    form = rx.el.form(
        entry(
            "Address", "url", form="webhook", default_value=State.webhook_url, type="url", max_length=500,
            placeholder="https://books.example.com/rcx", hint="Empty: nothing is sent. Private networks are refused.",
        ),
        entry("Secret", "secret", form="webhook", type="password", max_length=200, hint=kept),
        rx.cond(State.wrong_webhook != "", rx.el.p(State.wrong_webhook, class_name="wrong", role="alert"), ""),
        rx.el.div(button("Save", type="submit"), class_name="row"),
        on_submit=State.save_webhook,
        class_name="data-form",
        key=State.form_key,
    )  # fmt: skip
    said = rx.el.p(
        "invoice.issued and subscription.changed are sent as JSON, signed in the header X-RCX-Signature, and sent "
        "again until they are taken. An event may arrive twice, always under the same id.",
        class_name="muted",
    )
    return rx.el.div(said, form, class_name="stack stack-4")


def _event(row: rx.Var[EventLine]) -> rx.Component:
    again = button(
        "Send again", size="tight", on_click=State.send_again(row.id), aria_label="Send " + row.kind + " again"
    )
    return row_of(
        head_cell(row.kind, title=row.id),
        cell(row.workspace, clip=True),
        cell(dot(row.tone), " ", row.state),
        cell(row.tries, numeric=True),
        cell(when(row.at)),
        cell(row.answer, clip=True, title=row.answer),
        cell(rx.cond(row.may_retry, again, "")),
        row_id=row.id,
    )
