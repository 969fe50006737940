"""The thresholds to be moved: sliders on the chart's axis, fields, the aim; and what they would do."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import button, select
from rcx_app.ui.components.feedback import callout, live
from rcx_app.ui.components.text import link
from rcx_app.ui.pages.match_settings.state import MatchSettingsState as State
from rcx_app.ui.pages.match_settings.state import Threshold

_THREE: tuple[tuple[Threshold, str], ...] = (
    ("suggest", "Suggest"),
    ("preselect", "Preselect"),
    ("auto", "Auto-confirm"),
)
_WAYS = [("", "Set by hand"), ("precision", "Aim at a precision"), ("cost", "Weigh a wrong link")]


def sliders() -> rx.Component:
    """Three sliders under the chart, on the same axis. Without the right to change them they stand still."""
    return rx.el.div(
        *(_slider(name, words) for name, words in _THREE), class_name="sliders", role="group", aria_label="Thresholds"
    )


def _slider(name: Threshold, words: str) -> rx.Component:
    value = getattr(State.draft, name)
    return rx.el.div(
        rx.el.label(words, html_for=f"slide-{name}"),
        rx.el.div(rx.el.i(), class_name="track", style={"--v": value}),
        rx.el.input(
            type="range",
            id=f"slide-{name}",
            min="0",
            max="1",
            step="0.005",
            default_value=value,
            data_value=value,
            disabled=~State.may_settle,
            on_change=lambda entered: State.slide(name, entered).debounce(60),
            aria_valuetext=value,
        ),
        class_name="slider live",
    )


def fields() -> rx.Component:
    """The same three as numbers, and the way they are set."""
    return rx.el.div(
        *(_field(name, words) for name, words in _THREE),
        rx.cond(State.may_settle, _way(), rx.fragment()),
        class_name="levels",
    )


def _field(name: Threshold, words: str) -> rx.Component:
    value, wrong = getattr(State.draft, name), State.wrong[name]
    return rx.el.div(
        rx.el.label(words, html_for=f"level-{name}"),
        rx.el.input(
            id=f"level-{name}",
            input_mode="decimal",
            auto_complete="off",
            default_value=value,
            data_value=value,
            on_change=lambda entered: State.enter_number(name, entered).debounce(250),
            disabled=~State.may_settle,
            aria_invalid=State.wrong.contains(name),
            aria_describedby=f"wrong-{name}",
            class_name="input num",
        ),
        rx.el.span(
            rx.cond(State.wrong.contains(name), wrong, ""), class_name="wrong", id=f"wrong-{name}", role="alert"
        ),
        class_name="field",
    )


def _way() -> rx.Component:
    number = rx.el.span(
        rx.el.input(
            id="aim",
            input_mode="decimal",
            auto_complete="off",
            default_value=State.aim_text,
            data_value=State.aim_text,
            on_change=lambda entered: State.enter_aim(entered).debounce(250),
            aria_label=rx.cond(State.way == "cost", "Look-ups that one wrong link costs", "Precision in percent"),
            aria_invalid=State.aim_wrong != "",
            class_name="input num",
        ),
        rx.el.span(rx.cond(State.way == "cost", "look-ups each", "%"), class_name="faint t12"),
        class_name="row",
    )
    return rx.el.div(
        rx.el.label("How", html_for="way"),
        rx.el.div(
            select(_WAYS, State.way, State.choose_way, label="How the thresholds are set", id="way"),
            rx.cond(State.way != "", number, rx.fragment()),
            class_name="row",
        ),
        rx.el.span(State.aim_wrong, class_name="wrong", role="alert"),
        class_name="field grow",
    )


def aim_said() -> rx.Component:
    """What the aim leads to, or what is missing."""
    met = rx.el.p(rx.el.b(State.aim_said), class_name="t12 ok", style={"marginTop": "6px"})
    unmet = rx.el.p(rx.el.b(State.aim_said), class_name="t12 under", style={"marginTop": "6px"})
    return rx.el.div(rx.cond(State.aim_said != "", rx.cond(State.is_met, met, unmet), rx.fragment()), role="status")


def effect() -> rx.Component:
    """What the draft would make of the queue, against now."""
    effect = State.effect
    return rx.fragment(
        rx.el.table(
            rx.el.caption("The queue with the thresholds in force and with the draft", class_name="vh"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Accounts", scope="col"),
                    rx.el.th("In force", scope="col", class_name="num"),
                    rx.el.th("Draft", scope="col", class_name="num"),
                    rx.el.th("Wrong, expected", scope="col", class_name="num"),
                )
            ),
            rx.el.tbody(rx.foreach(effect.rows, _fate)),
            class_name="table flush",
        ),
        rx.cond(
            effect.waiting > 0,
            rx.el.div(_bar("In force", "now"), _bar("Draft", "then"), class_name="stack stack-1 bars"),
            rx.fragment(),
        ),
        rx.el.p(effect.wrong, " ", effect.saved, class_name="t12 muted", style={"marginTop": "10px"}),
        rx.cond(
            State.known.since_run != "",
            rx.el.p(State.known.since_run, class_name="t12 faint", style={"marginTop": "4px"}),
            rx.fragment(),
        ),
        live(effect.said),
        _moves(),
        _save(),
    )


def _fate(row: Any) -> rx.Component:
    moved = row.now != row.then
    return rx.el.tr(
        rx.el.th(
            rx.el.span(rx.el.span(class_name="sw", style={"background": row.ink}), row.name, class_name="st"),
            scope="row",
        ),
        rx.el.td(row.now, class_name="num"),
        rx.el.td(row.then, class_name=rx.cond(moved, "num strong", "num")),
        rx.el.td(row.wrong, " ", rx.el.span(row.was, class_name="faint"), class_name="num"),
    )


def _bar(words: str, which: str) -> rx.Component:
    def part(row: Any) -> rx.Component:
        flex = row.now_flex if which == "now" else row.then_flex
        return rx.cond(
            flex != "0", rx.el.i(style={"flexGrow": flex, "flexBasis": "0", "background": row.ink}), rx.fragment()
        )

    return rx.el.div(
        rx.el.span(words, class_name="muted", style={"width": "56px"}),
        rx.el.span(rx.foreach(State.effect.rows, part), class_name="stackbar"),
        class_name="row t12",
        aria_hidden="true",
    )


def _moves() -> rx.Component:
    effect = State.effect
    listed = rx.el.details(
        rx.el.summary(
            rx.cond(effect.moving == 1, "1 account would move", effect.moving.to_string() + " accounts would move"),
            rx.cond(effect.moving > 50, ", the 50 surest are listed", ""),
        ),
        rx.el.div(
            rx.el.table(
                rx.el.caption("Accounts that would become something else", class_name="vh"),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th("Account", scope="col", style={"width": "36%"}),
                        rx.el.th("Best candidate", scope="col"),
                        rx.el.th("Conf.", scope="col", class_name="num", style={"width": "64px"}),
                        rx.el.th("Becomes", scope="col", style={"width": "128px"}),
                    )
                ),
                rx.el.tbody(rx.foreach(effect.moves, _moved)),
                class_name="table flush fixed",
            ),
            role="region",
            tab_index=0,
            aria_label="Accounts that would move, scrollable",
            class_name="moves",
        ),
        class_name="numbers",
    )
    return rx.cond(effect.moving > 0, listed, rx.fragment())


def _moved(row: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            link(row.name, href=row.href),
            rx.el.span(row.integration, class_name="second"),
            scope="row",
            class_name="c",
            title=row.name,
        ),
        rx.el.td(row.client, class_name="c", title=row.client),
        rx.el.td(row.confidence, class_name="num"),
        rx.el.td(row.after, rx.el.span("was ", row.before, class_name="second"), class_name="c"),
        class_name="tall",
        key=row.id,
    )


def _save() -> rx.Component:
    """Save is named by what it puts in force."""
    ready = (State.act != "") & (State.way == "") | State.is_met & (State.act != "")
    acts = rx.el.div(
        button(rx.cond(State.act != "", State.act, "Save"), kind="primary", disabled=~ready, on_click=State.save),
        button("Back to what is in force", kind="ghost", on_click=State.back),
        rx.el.span("Goes to the audit log", class_name="push t12 faint nowrap"),
        class_name="row",
        style={"marginTop": "14px"},
    )
    refused = rx.el.div(
        callout("It was not saved", rx.el.p(State.conflict), tone="fail", alert=True), style={"marginTop": "12px"}
    )
    still = rx.el.p(
        rx.cond(
            State.may_settle,
            "Move a threshold to see what it would do. Nothing changes before you save.",
            "Only an admin can change the thresholds.",
        ),
        class_name="t12 faint",
        style={"marginTop": "14px"},
    )
    return rx.fragment(
        rx.cond(State.conflict != "", refused, rx.fragment()),
        rx.cond(State.is_changed & State.may_settle, acts, still),
    )
