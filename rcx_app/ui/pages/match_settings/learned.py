"""The models of the workspace, the history of the settings, and auto-confirm by integration."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.dialog import confirm
from rcx_app.ui.components.feedback import job_bar
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import when
from rcx_app.ui.pages.match_settings.state import MatchSettingsState as State
from rcx_app.ui.shell import ShellState


def models() -> rx.Component:
    """What is in use, what the newest training came to, and what can be done."""
    return rx.fragment(
        rx.cond(State.compared.length() > 0, _compared(), _none()),
        rx.cond(State.models.length() > 0, _reason(), rx.fragment()),
        rx.cond(State.training > 0, _training(), rx.fragment()),
        rx.cond(State.may_settle, _acts(), rx.fragment()),
        rx.cond(State.models.length() > 1, _list(), rx.fragment()),
    )


def _none() -> rx.Component:
    return rx.el.p(
        "The shipped model is in use. It was trained on public lists; your verdicts teach it how much each kind of "
        "evidence counts here. A retrained model is used only where it is better on verdicts that were held out.",
        class_name="muted",
    )


def _compared() -> rx.Component:
    def measure(row: Any) -> rx.Component:
        arrow = rx.match(row.tone, ("ok", icon("under", 12)), ("under", icon("over", 12)), rx.fragment())
        return rx.el.tr(
            rx.el.th(row.name, scope="row"),
            rx.el.td(row.before, class_name="num"),
            rx.el.td(row.after, class_name="num"),
            rx.el.td(arrow, " ", row.change, class_name="num " + row.tone.to(str)),
        )

    return rx.el.table(
        rx.el.caption("The newest model beside the one before it", class_name="vh"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Measure", scope="col"),
                rx.el.th("Before", scope="col", class_name="num"),
                rx.el.th("Model ", State.models[0].number, scope="col", class_name="num"),
                rx.el.th("Change", scope="col", class_name="num"),
            )
        ),
        rx.el.tbody(rx.foreach(State.compared, measure)),
        class_name="table flush",
    )


def _reason() -> rx.Component:
    newest = State.models[0]
    return rx.el.p(
        "Model ", newest.number, ", ", newest.state, ". ", newest.reason, class_name="t12 muted",
        style={"marginTop": "10px"},
    )  # fmt: skip


def _training() -> rx.Component:
    running = rx.foreach(
        ShellState.jobs,
        lambda job: rx.cond(
            job.id == State.training,
            job_bar("Retraining", job.detail, done=job.done, total=job.total),
            rx.fragment(),
        ),
    )
    return rx.el.div(running, style={"marginTop": "10px"})


def _acts() -> rx.Component:
    why = rx.el.span(State.why_not_train, class_name="t12 faint")
    return rx.el.div(
        button("Retrain", icon="refresh", disabled=~State.may_train, on_click=State.train),
        rx.cond(
            ~State.is_shipped, button("Back to the model before", kind="ghost", on_click=State.roll_back), rx.fragment()
        ),
        rx.cond(State.why_not_train != "", why, rx.fragment()),
        class_name="row wrap",
        style={"marginTop": "12px"},
    )


def _list() -> rx.Component:
    def entry(row: Any) -> rx.Component:
        again = button(
            "Use again",
            kind="ghost",
            size="tight",
            on_click=State.adopt(row.number.to(int)),
            aria_label="Use model " + row.number.to(str) + " again",
        )
        return rx.el.li(
            when(row.made_iso, shown=row.made),
            rx.el.span(
                rx.el.b("Model ", row.number),
                " ",
                row.state,
                rx.cond(row.can_adopt & State.may_settle, again, rx.fragment()),
            ),
        )

    return rx.el.details(
        rx.el.summary("All models", class_name="t12 muted"),
        rx.el.ul(rx.foreach(State.models, entry), class_name="log vers"),
        class_name="numbers",
    )


def history() -> rx.Component:
    """Who changed what, with what was expected and what came of it."""

    def entry(row: Any) -> rx.Component:
        back = button(
            "Put back", kind="ghost", size="tight", on_click=State.put_back(row.change_id),
            aria_label="Put back what stood before: " + row.what.to(str),
        )  # fmt: skip
        told = rx.el.span(
            row.expected, rx.cond((row.expected != "") & (row.since != ""), "; ", ""), row.since, class_name="second"
        )
        return rx.el.li(
            rx.el.time(row.day, date_time=row.iso),
            rx.el.div(
                rx.el.span(
                    rx.el.span(rx.el.b(row.what), ", ", row.who),
                    rx.cond(row.can_put_back & State.may_settle, back, rx.fragment()),
                    class_name="row",
                ),
                told,
            ),
        )  # fmt: skip

    return rx.cond(
        State.history.length() > 0,
        rx.el.ul(rx.foreach(State.history, entry), class_name="log vers changes"),
        rx.el.p("Nobody has changed the thresholds yet; they are the shipped ones.", class_name="t12 faint"),
    )


def integrations() -> rx.Component:
    """Precision by integration, and whether its sure suggestions are mapped without a person."""

    def row(each: Any) -> rx.Component:
        switched = rx.cond(
            each.is_auto,
            button("Switch off", size="tight", on_click=State.switch_auto(each.connection_id, False),
                   aria_label="Switch auto-confirm off for " + each.label.to(str)),
            button("Switch on", size="tight", disabled=each.why_not != "", on_click=State.ask_auto(each.connection_id),
                   aria_label="Switch auto-confirm on for " + each.label.to(str)),
        )  # fmt: skip
        below = rx.cond(
            each.mapped != "",
            each.mapped,
            rx.cond(each.is_auto, "On; nothing was mapped by it yet.", each.why_not),
        )
        return rx.el.tr(
            rx.el.th(each.label, rx.el.span(below, class_name="second wraps"), scope="row"),
            rx.el.td(
                each.precision,
                " ",
                rx.el.span(each.of, class_name="faint"),
                rx.cond(each.bounds != "", rx.el.span(each.bounds, class_name="second"), rx.fragment()),
                class_name="num",
            ),
            rx.el.td(
                rx.cond(each.is_auto, badge("On", "acc"), rx.el.span("off", class_name="faint")),
                rx.cond(State.may_settle, rx.fragment(" ", switched), rx.fragment()),
                class_name="num",
            ),
            key=each.id,
        )

    return rx.cond(
        State.auto.length() > 0,
        rx.el.table(
            rx.el.caption("Precision and auto-confirm by integration", class_name="vh"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Integration", scope="col"),
                    rx.el.th("Precision", scope="col", class_name="num"),
                    rx.el.th("Auto-confirm", scope="col", class_name="num"),
                )
            ),
            rx.el.tbody(rx.foreach(State.auto, row)),
            class_name="table flush byints",
        ),
        rx.el.p("No integration delivers accounts yet. Connect one under Integrations.", class_name="t12 faint"),
    )


def dialogs() -> rx.Component:
    """Auto-confirm is switched on with its numbers in view."""
    asked = State.asked
    number = rx.cond(
        asked.maps == 1, "1 account that waits now is", asked.maps.to_string() + " accounts that wait now are"
    )
    return rx.cond(
        asked,
        confirm(
            rx.Var.create("Let RCX map ").to(str) + asked.label.to(str) + " by itself?",
            rx.el.p(
                number, " mapped at once, and from then on every preselected account at or above ",
                rx.el.b(State.in_force.auto), ", without anybody looking.",
            ),
            rx.el.p(
                "Such links of ", asked.label, " are known to be right in ", rx.el.b(asked.wrong),
                ". What people decided stays, each is listed under Mapped, and you can switch it off at any time.",
                class_name="muted",
            ),
            act=rx.Var.create("Switch on for ").to(str) + asked.label.to(str),
            on_confirm=State.switch_auto(asked.connection_id, True),
            on_close=State.close_dialog,
        ),
        rx.fragment(),
    )  # fmt: skip
