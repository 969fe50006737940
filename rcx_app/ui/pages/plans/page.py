"""The page "Plans and prices": every version of every plan, and the forms of new ones."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui.components.controls import button, field
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.layout import section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.plans.customers import customers
from rcx_app.ui.pages.plans.issuer import issuer
from rcx_app.ui.pages.plans.parts import CUSTOMERS, ISSUER, PLANS, area, entry, frame
from rcx_app.ui.pages.plans.rows import VersionLine
from rcx_app.ui.pages.plans.state import CustomersState, IssuerState
from rcx_app.ui.pages.plans.state import PlansState as State

_VERSIONS = (
    Column("Plan", width="150px"),
    Column("Kind", width="80px"),
    Column("Version", numeric=True, width="80px"),
    Column("From", width="106px"),
    Column("Clients", numeric=True, width="80px"),
    Column("Most", numeric=True, width="70px"),
    Column("Prices a month"),
    Column("Offered", width="130px"),
)


def plans() -> rx.Component:
    listed = section(
        "Plans",
        table(
            _VERSIONS,
            State.versions,
            _version,
            caption="Every version of every plan, newest first",
            label="Plans",
            empty=empty("No plans", "Add one below; without a plan no trial begins."),
            look="fixed flush",
            skeleton_rows=0,
        ),
        end="Subscriptions keep the version they were bought at until they change",
    )
    forms = section(
        "New prices, new plans", rx.el.div(_price_form(), _plan_form(), class_name="plan-forms", key=State.form_key)
    )
    return frame(listed, forms, current=PLANS, title="Plans", is_loaded=State.is_loaded)


def _version(row: rx.Var[VersionLine]) -> rx.Component:
    words = rx.cond(row.is_offered, "Stop offering", "Offer again")
    offer = button(
        words,
        size="tight",
        on_click=State.offer(row.plan_id, row.name, row.about, ~row.is_offered),
        aria_label=words + ": " + row.name,
    )
    return row_of(
        head_cell(rx.cond(row.is_first, row.name, rx.el.span(row.name, class_name="faint")), title=row.about),
        cell(row.kind),
        cell(row.version, numeric=True),
        cell(row.valid_from),
        cell(row.clients, numeric=True),
        cell(row.most, numeric=True),
        cell(row.prices, class_name="wraps"),
        cell(rx.cond(row.is_first, offer, "")),
        row_id=row.id,
    )


def _price_form() -> rx.Component:
    choices = rx.foreach(
        State.versions,
        lambda row: rx.cond(row.is_first, rx.el.option(row.name, value=row.plan_id.to_string(), key=row.id), ""),
    )
    plan = rx.el.select(choices, id="price-plan", name="plan_id", class_name="input")
    return rx.el.form(
        rx.el.h3("New prices of a plan"),
        field("Plan", plan, field_id="price-plan"),
        *_terms("price"),
        rx.cond(State.wrong_price != "", rx.el.p(State.wrong_price, class_name="wrong", role="alert"), ""),
        rx.el.div(button("Keep prices", type="submit"), class_name="row"),
        on_submit=State.add_version,
        class_name="data-form",
    )


def _plan_form() -> rx.Component:
    kind = rx.el.select(
        rx.el.option("Tier", value="tier"),
        rx.el.option("Add-on", value="addon"),
        id="plan-kind",
        name="kind",
        class_name="input",
    )
    return rx.el.form(
        rx.el.h3("New plan"),
        entry("Name", "name", form="plan", max_length=60),
        entry(
            "Key", "key", form="plan", max_length=40, placeholder="more-clients", hint="For accounting; never changes."
        ),
        field("Kind", kind, field_id="plan-kind"),
        entry("What it is", "about", form="plan", max_length=200),
        *_terms("plan"),
        rx.cond(State.wrong_plan != "", rx.el.p(State.wrong_plan, class_name="wrong", role="alert"), ""),
        rx.el.div(button("Add plan", type="submit"), class_name="row"),
        on_submit=State.add_plan,
        class_name="data-form",
    )


def _terms(form: str) -> tuple[rx.Component, ...]:
    """What every version has."""
    return (
        entry("Holds from", "valid_from", form=form, type="date", default_value=State.today),
        entry("Client accounts a unit includes", "clients", form=form, type="number", min=0, default_value="0"),
        entry("Most units", "most", form=form, type="number", min=1, default_value="1", hint="Of a tier one is taken."),
        area(
            "Prices a month, one a line",
            "prices",
            form=form,
            rows="4",
            placeholder="USD 249.00",
            hint="A currency and a price, such as USD 249.00.",
        ),
    )


PAGES = (
    Page(route=PLANS, title="Plans", build=plans, on_load=(State.load,), needs=Permission.PLATFORM),
    Page(
        route=CUSTOMERS,
        title="Subscriptions",
        build=customers,
        on_load=(CustomersState.load,),
        needs=Permission.PLATFORM,
    ),
    Page(
        route=ISSUER,
        title="Issuer and accounting",
        build=issuer,
        on_load=(IssuerState.load,),
        needs=Permission.PLATFORM,
    ),
)
