"""Choosing a plan and add-ons, with what that would cost beside it."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout
from rcx_app.ui.components.panel import sum_line, sum_table
from rcx_app.ui.components.text import hidden
from rcx_app.ui.layout import section
from rcx_app.ui.pages.subscription.rows import MoneyLine, OfferLine
from rcx_app.ui.pages.subscription.state import SubscriptionState as State


def choosing() -> rx.Component:
    """Tiers and add-ons at the left, what is due at the right."""
    tiers = rx.el.fieldset(
        rx.el.legend("Plan", class_name="sub-h"),
        rx.foreach(State.tiers, _tier),
        class_name="plan-list",
    )
    addons = rx.el.fieldset(
        rx.el.legend("Add-ons", class_name="sub-h"),
        rx.foreach(State.addons, _addon),
        class_name="plan-list",
    )
    return section(
        "Plan and add-ons",
        rx.el.div(rx.el.div(tiers, addons, class_name="stack stack-4"), _beside(), class_name="plan-choice"),
        end=rx.fragment("Prices a month, without tax, in ", State.facts.currency),
    )


def _tier(row: rx.Var[OfferLine]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="tier",
            value=row.plan_id.to_string(),
            checked=State.picked == row.plan_id,
            on_change=State.pick(row.plan_id),
            disabled=~State.may_change | ~State.has_begun,
        ),
        rx.el.span(
            rx.el.b(row.name, " ", _held(row)),
            rx.el.span(row.about, class_name="muted"),
            class_name="what",
        ),
        rx.el.span(row.clients, class_name="room num"),
        _price(row),
        class_name="plan-row",
        key=row.plan_id,
    )


def _addon(row: rx.Var[OfferLine]) -> rx.Component:
    name = rx.fragment(hidden("Number of "), row.name)
    count = rx.el.input(
        # A number field would send a number, or nothing that can be told from one.
        type="text",
        input_mode="numeric",
        max_length=5,
        default_value=row.units.to_string(),
        on_blur=lambda text: State.set_units(row.plan_id, text),
        class_name="input units",
        id="units-" + row.plan_id.to_string(),
        key=row.plan_id.to_string() + "-" + row.units.to_string(),
        disabled=~State.may_change | ~State.has_begun,
    )
    return rx.el.div(
        count,
        rx.el.span(
            rx.el.label(rx.el.b(name), html_for="units-" + row.plan_id.to_string()),
            rx.el.span(row.about, class_name="muted"),
            class_name="what",
        ),
        rx.el.span(row.clients, class_name="room num"),
        _price(row),
        class_name="plan-row",
        key=row.plan_id,
    )


def _held(row: rx.Var[OfferLine]) -> rx.Component:
    return rx.cond(row.is_held, rx.el.span("yours", class_name="badge acc"), rx.fragment())


def _price(row: rx.Var[OfferLine]) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.price, class_name="amt"),
        rx.cond(row.old_price != "", rx.el.span(row.old_price, class_name="faint old"), rx.fragment()),
        class_name="price num",
    )


def _beside() -> rx.Component:
    """What the choice costs; without one, the next bill."""
    chosen = rx.fragment(
        rx.el.h3(State.today_title),
        sum_table("Due today", rx.foreach(State.today, _line)),
        rx.el.h3(State.next_title),
        sum_table("The next bill", rx.foreach(State.next, _line)),
        rx.foreach(State.notes, lambda note: callout(note, tone="under")),
        rx.el.div(
            button(State.act, kind="primary", on_click=State.apply, disabled=State.stamp == ""),
            button("Leave as it is", kind="ghost", on_click=State.leave),
            class_name="stack",
        ),
    )
    nothing = rx.cond(
        State.next_title != "",
        rx.fragment(rx.el.h3(State.next_title), sum_table("The next bill", rx.foreach(State.next, _line))),
        rx.fragment(
            rx.el.h3("Nothing to be billed"),
            rx.el.p(
                rx.cond(State.may_change, "Choose a plan to see what it costs.", "Owners of this workspace see bills."),
                class_name="muted",
            ),
        ),
    )
    wrong = rx.cond(State.wrong != "", rx.el.p(State.wrong, class_name="wrong", role="alert"), rx.fragment())
    return rx.el.div(
        wrong,
        rx.cond(State.is_changed & (State.stamp != ""), chosen, nothing),
        class_name="plan-bill",
        role="region",
        aria_label="What it costs",
        aria_live="polite",
    )


def _line(row: rx.Var[MoneyLine]) -> rx.Component:
    return sum_line("", row.text, row.amount, why=row.why, total=row.is_total, key=row.text + row.why)
