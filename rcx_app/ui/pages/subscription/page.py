"""The page "Subscription" of the settings: what RCX costs this workspace, and what it includes."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui import addresses
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout, problem, skeleton_lines
from rcx_app.ui.components.numbers import meter
from rcx_app.ui.components.stats import stat, stats
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.subscription.bills import details, invoices, renewal
from rcx_app.ui.pages.subscription.choosing import choosing
from rcx_app.ui.pages.subscription.places import waiting
from rcx_app.ui.pages.subscription.state import SubscriptionState as State
from rcx_app.ui.settings import settings_tabs


def subscription() -> rx.Component:
    owners = rx.fragment(invoices(), rx.el.div(details(), renewal(), class_name="cols plan-cols"))
    begun = rx.fragment(
        _numbers(), _said(), choosing(), waiting(), rx.cond(State.may_change, owners, rx.fragment())
    )  # fmt: skip
    before = rx.fragment(
        rx.el.div(
            callout(
                "Your trial has not begun",
                rx.el.p(
                    "It begins by itself with guided setup (where all is open already, within minutes) and lasts ",
                    State.trial_days,
                    " days. Nothing is billed before you choose a plan.",
                ),
                tone="acc",
            ),
            class_name="section",
        ),
        choosing(),
    )
    loaded = rx.cond(State.has_begun, begun, before)
    return page(
        page_head("Settings"),
        settings_tabs("subscription"),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section"),
            rx.cond(State.is_loaded, loaded, rx.el.div(skeleton_lines(8), class_name="section")),
        ),
        active="settings",
        title="Subscription",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
    )


def _numbers() -> rx.Component:
    facts = State.facts
    used = rx.fragment(facts.used, rx.el.span(" of " + facts.allowed, class_name="of"))
    plan = stat("A month", facts.monthly, facts.plan, code=facts.currency)
    clients = stat(
        "Client accounts",
        used,
        meter(
            facts.percent,
            tone=rx.cond(facts.warning != "", "under", "ok"),
            label=facts.used + " of " + facts.allowed + " client accounts",
            class_name="stat-bar",
        ),
    )
    bill = stat(
        "Next bill",
        rx.cond(facts.next_amount != "", facts.next_amount, "None"),
        facts.next_words,
        code=rx.cond(facts.next_amount != "", facts.currency, ""),
    )
    credit = stat("Credit", facts.credit, "Pays the next bills first", code=facts.currency)
    return rx.cond(
        State.may_change,
        stats(plan, clients, bill, credit, label="Subscription"),
        stats(plan, clients, label="Subscription"),
    )


def _said() -> rx.Component:
    """What a person should know before anything else."""
    facts = State.facts
    warning = callout(facts.warning, rx.el.p(facts.warning_more), tone="under")
    trial = callout(
        "Trial until " + facts.ends,
        rx.el.p("Nothing is billed before it ends. Choose a plan to go on afterwards."),
        tone="acc",
        end=rx.cond(
            State.may_change & (State.picked > 0),
            button("Look at what going on costs", on_click=State.pick(State.picked)),
            rx.fragment(),
        ),
    )
    ended = callout(
        "The subscription has ended",
        rx.el.p("Nothing was deleted, and no new clients are included. Choose a plan to go on."),
        tone="fail",
    )
    ends = callout(facts.next_words, rx.el.p("What is paid for stays yours until then."), tone="under")
    return rx.el.div(
        rx.cond((facts.warning != "") & (facts.state != "ended"), warning, rx.fragment()),
        rx.cond(State.is_untaken, trial, rx.fragment()),
        rx.cond(facts.state == "ended", ended, rx.fragment()),
        rx.cond((facts.state == "active") & ~State.renews, ends, rx.fragment()),
        class_name="plan-said",
    )


PAGE = Page(
    route="/settings/subscription",
    title="Subscription",
    build=subscription,
    on_load=(State.load,),
    needs=Permission.TEAM,
)
