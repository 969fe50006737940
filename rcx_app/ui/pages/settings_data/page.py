"""The page "Data" of the settings: display currency, contract view, inactive seats, rates."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.views.settings import MOST_DAYS
from rcx_app.ui import addresses
from rcx_app.ui.components.controls import button, field, icon_button, text_input
from rcx_app.ui.components.feedback import callout, empty, problem, skeleton_lines
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.settings_data.state import DataSettingsState as State
from rcx_app.ui.pages.settings_data.state import RateLine
from rcx_app.ui.settings import settings_tabs

RATES = (
    Column("Currency", width="110px"),
    Column("From", width="150px"),
    Column("Worth", numeric=True, width="150px"),
    Column("Entered"),
    Column(label_hidden="Delete", width="60px"),
)


def settings_data() -> rx.Component:
    shown = rx.cond(
        State.is_loaded, rx.fragment(_choices(), _rates()), rx.el.div(skeleton_lines(8), class_name="section")
    )
    return page(
        page_head(
            "Settings",
            link("Automatic sync", href=addresses.INTEGRATIONS, class_name="btn"),
        ),
        settings_tabs("data"),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section"),
            shown,
        ),
        active="settings",
        title="Data",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
    )


def _choices() -> rx.Component:
    locked = ~State.may_settle
    view = rx.el.select(
        rx.el.option("All lines", value="all"),
        rx.el.option("Only mapped and integrated lines", value="mapped"),
        id="contract-view",
        name="contract_view",
        default_value=State.contract_view,
        class_name="input",
        disabled=locked,
    )
    form = rx.el.form(
        field(
            "Display currency",
            text_input(
                id="display-currency", name="display_currency", default_value=State.display_currency, max_length=3,
                placeholder="None", auto_complete="off", disabled=locked,
            ),
            field_id="display-currency",
            hint="For viewing only, beside native amounts; never in the PSA, in files or in sums that are signed.",
        ),
        field(
            "Lines that a client's page shows first",
            view,
            field_id="contract-view",
            hint="What is hidden is counted on the page, with a way to show it.",
        ),
        field(
            "A seat is inactive after (days)",
            text_input(
                id="inactive-days", name="inactive_days", default_value=State.inactive_days, type="number", min=1,
                max=MOST_DAYS, disabled=locked,
            ),
            field_id="inactive-days",
            hint="Without a sign of life; another number asks for a reconciliation.",
            wrong=State.wrong,
        ),
        rx.cond(
            State.may_settle,
            rx.el.div(button("Save", kind="primary", type="submit"), class_name="row"),
            rx.el.p("Admins and owners may change this.", class_name="muted"),
        ),
        on_submit=State.save,
        class_name="data-form",
        key=State.display_currency + State.contract_view + State.inactive_days,
    )  # fmt: skip
    return section("Data", form)


def _rates() -> rx.Component:
    missing = rx.cond(
        State.rateless != "",
        callout(
            "Currencies without a rate: " + State.rateless,
            rx.el.p("Their amounts are shown as they are billed, and sums in the display currency leave them out."),
            tone="under",
        ),
        rx.fragment(),
    )
    none = empty("No rates yet", "Enter one, or paste a file with the columns currency, day and rate.")
    listed = table(
        RATES,
        State.rates,
        _rate,
        caption="Rates into " + State.display_currency + ", newest first",
        label="Rates",
        empty=none,
        foot=load_more("", State.more, has_more=State.has_more),
        skeleton_rows=0,
    )
    forms = rx.cond(State.may_settle, rx.el.div(_one(), _file(), class_name="rate-forms", key=State.form_key), "")
    whole = rx.el.div(missing, forms, listed, class_name="whole")
    off = rx.el.p("Choose a display currency first. Lines are billed in ", State.billed, ".", class_name="muted")
    return section("Rates", rx.cond(State.display_currency != "", whole, off))


def _one() -> rx.Component:
    def one(label: str, name: str, **props: Any) -> rx.Component:
        given = text_input(id=f"rate-{name}", name=name, auto_complete="off", **props)
        return field(label, given, field_id=f"rate-{name}")

    return rx.el.form(
        one("Currency", "currency", placeholder="EUR", max_length=3),
        one("From", "day", type="date"),
        one("Worth in " + State.display_currency, "rate", placeholder="1.0842", input_mode="decimal"),
        button("Keep rate", type="submit"),
        rx.el.span(State.wrong_rate, class_name="wrong", role="alert"),
        on_submit=State.enter,
        class_name="rate-form",
    )


def _file() -> rx.Component:
    return rx.el.form(
        field(
            "Or paste a CSV",
            rx.el.textarea(
                id="rate-csv", name="csv", class_name="input area", rows="3", placeholder="EUR,2026-11-01,1.0842"
            ),
            field_id="rate-csv",
            hint="currency, day, rate. All rows are kept, or none.",
            wrong=State.wrong_file,
        ),
        rx.el.div(button("Keep rates", type="submit"), class_name="row"),
        on_submit=State.paste,
    )


def _rate(row: rx.Var[RateLine]) -> rx.Component:
    delete = rx.cond(
        State.may_settle,
        icon_button("close", "Delete the rate of " + row.currency + " of " + row.day, on_click=State.delete(row.id)),
        "",
    )
    return row_of(
        head_cell(row.currency),
        cell(row.day),
        cell(row.rate, numeric=True),
        cell(row.source),
        cell(delete),
        row_id=row.id,
    )


PAGE = Page(route="/settings/data", title="Data", build=settings_data, on_load=(State.load,))
