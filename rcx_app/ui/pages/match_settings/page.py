"""The page "Match settings" at /settings/matching."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.feedback import callout, problem, skeleton_lines
from rcx_app.ui.components.filters import filter_menu
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.match_settings import charts, draft, learned
from rcx_app.ui.pages.match_settings.state import MatchSettingsState as State
from rcx_app.ui.settings import settings_tabs

_CURVE = ("Threshold", "Precision", "95 % bounds", "Recall", "Verdicts")
_BOTH = ("Threshold", "Your precision", "Your recall", "Bench precision", "Bench recall")
_BANDS = ("Confidence", "Stated", "Right", "95 % bounds", "Verdicts")


def match_settings() -> rx.Component:
    return page(
        page_head(
            "Match settings",
            filter_menu(
                "Integration",
                State.integration,
                State.integrations,
                State.pick_integration,
                chosen_label=State.integration_label,
            ),
            link("Client mapping", href=addresses.MAPPING, class_name="btn"),
            sub=State.known.sub,
        ),
        settings_tabs("matching"),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section"),
            rx.cond(
                State.is_loaded,
                rx.fragment(_notes(), _charts(), _below(), learned.dialogs()),
                rx.el.div(skeleton_lines(8), class_name="section"),
            ),
        ),
        active="settings",
        title="Match settings",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
        on_jobs_done=State.reload,
    )


def _notes() -> rx.Component:
    """Said before any number: what it stands on, where that is little."""
    few = callout(
        rx.cond(State.known.judged == 0, "Nobody has judged a suggestion here yet", "Too few verdicts to say"),
        rx.el.p(
            "From 30 verdicts on the curves are your own. Until then they are those of the shipped bench: public "
            "lists, not MSP data."
        ),
        tone="under",
    )
    stale = callout(
        "The bench was measured with an earlier model",
        rx.el.p("Your own verdicts are not touched by that."),
        tone="under",
    )
    return rx.fragment(
        rx.cond(State.known.is_own, rx.fragment(), rx.el.div(few, class_name="note")),
        rx.cond(State.known.is_stale, rx.el.div(stale, class_name="note"), rx.fragment()),
    )


def _charts() -> rx.Component:
    whose = rx.cond(State.known.is_own, "your verdicts", "the shipped bench")
    legend = rx.el.span(
        rx.el.span(rx.el.span(class_name="sw line a"), "Precision, 95 % band"),
        rx.el.span(rx.el.span(class_name="sw line n"), "Recall"),
        class_name="push legend",
    )
    return rx.el.div(
        rx.el.section(
            rx.el.div(rx.el.h2("Thresholds"), legend, class_name="head"),
            charts.thresholds(),
            draft.sliders(),
            draft.fields(),
            draft.aim_said(),
            rx.el.p(
                "Confidence, 0 to 1, by ",
                whose,
                ". ",
                State.known.bias,
                " Auto-confirm is off until an admin turns it on for an integration.",
                class_name="t12 faint",
                style={"marginTop": "6px"},
            ),
            charts.numbers("Numbers", "Precision and recall by threshold", _CURVE, State.known.points),
            class_name="section",
        ),
        section(
            "Precision and recall",
            charts.balance(),
            rx.el.p(
                rx.cond(
                    State.known.is_own,
                    rx.el.span(rx.el.span(class_name="sw line a"), "Yours"),
                    rx.fragment(),
                ),
                rx.el.span(rx.el.span(class_name="sw line"), "Shipped bench"),
                class_name="legend",
                style={"marginTop": "8px"},
            ),
            charts.numbers("Numbers", "Precision and recall, yours and the bench's", _BOTH, State.known.both),
        ),
        section(
            "Reliability",
            charts.reliability(),
            rx.el.p(
                rx.el.span(rx.el.span(class_name="dot acc"), "30 verdicts or more"),
                rx.el.span(rx.el.span(class_name="dot hollow"), "too few to say"),
                class_name="legend",
                style={"marginTop": "8px"},
            ),
            charts.numbers("Numbers", "Share that was right by stated confidence", _BANDS, State.known.bands),
            end=State.known.error,
        ),
        class_name="cols g3",
    )


def _below() -> rx.Component:
    waiting = rx.cond(State.known.waiting == 1, "1 account waits", State.known.waiting.to_string() + " accounts wait")
    return rx.el.div(
        section("What the draft does to the queue", draft.effect(), end=waiting),
        rx.el.section(
            rx.el.div(
                rx.el.h2("Model"),
                badge(rx.Var.create("in use: ").to(str) + State.model_name, "acc"),
                rx.el.span(State.held_out, class_name="push faint nowrap"),
                class_name="head",
            ),
            learned.models(),
            class_name="section",
        ),
        rx.el.section(
            rx.el.div(rx.el.div(rx.el.h2("History"), class_name="head"), learned.history(), class_name="two-l"),
            rx.el.div(
                rx.el.div(
                    rx.el.h2("By integration"),
                    rx.el.span("at ", State.in_force.preselect, ", of n verdicts", class_name="push faint"),
                    class_name="head byint",
                ),
                learned.integrations(),
                class_name="two-l",
            ),
            class_name="section hist",
        ),
        class_name="cols g2 ruled",
    )


PAGE = Page(route=addresses.MATCH_SETTINGS, title="Match settings", build=match_settings, on_load=(State.load,))
