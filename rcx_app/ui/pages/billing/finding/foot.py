"""The foot of the panel: what can be done with the open finding; and the foot of its list, where what was is said."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import button, cap, icon_button
from rcx_app.ui.components.feedback import job_bar, live
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.keys import hotkey
from rcx_app.ui.components.menu import item, menu, menu_trigger, separator
from rcx_app.ui.components.text import link
from rcx_app.ui.pages.billing.finding.deciding import DecidingState as State

REVIEW = State.review
ID = State.shown.id


def panel_foot() -> rx.Component:
    """For those who may decide; viewers see none."""
    is_there = State.may_review & (ID > 0) & (State.problem == "")
    return rx.cond(is_there, rx.fragment(_verdicts(), _more(), _keys()), rx.fragment())


def _verdicts() -> rx.Component:
    approve = button(
        REVIEW.approve,
        kind="primary",
        key="a",
        key_label="Approve",
        class_name="grow",
        on_click=State.approve(ID),
        disabled=REVIEW.refusal != "",
        title=rx.cond(REVIEW.refusal != "", REVIEW.refusal, REVIEW.effect + ", from " + _day()),
    )
    dismiss = button("Dismiss", key="d", on_click=State.ask("dismiss"))
    reopen = button("Reopen", key="r", class_name="grow", on_click=State.mark(ID, "reopen"))
    refused = rx.el.p(REVIEW.refusal, class_name="t12 muted foot-why")
    return rx.cond(
        REVIEW.state == "open",
        rx.fragment(
            rx.cond(REVIEW.refusal != "", refused, rx.fragment()),
            rx.el.div(approve, dismiss, class_name="row foot-acts"),
        ),
        rx.el.div(reopen, class_name="row foot-acts"),
    )


def _day() -> Any:
    return rx.cond(State.effective != "", State.effective_text, REVIEW.day_text)


def _more() -> rx.Component:
    from_day = button(
        "From ", _day(), kind="ghost", size="tight", key="e", key_label="Effective date", on_click=State.ask("date"),
        title=REVIEW.day_words,
    )  # fmt: skip
    return rx.el.div(
        rx.cond((REVIEW.state == "open") & (REVIEW.refusal == ""), from_day, rx.fragment()),
        button(
            "Assign", kind="ghost", size="tight", key="m", on_click=State.ask("assign"),
        ),
        button("Comment", kind="ghost", size="tight", key="c", on_click=State.ask("comment")),
        rx.el.span(class_name="push"),
        menu(
            icon_button("more", "More to do with it", **menu_trigger()),
            item("Snooze", icon="clock", key="s", on_click=State.ask("snooze")),
            item("Tags", icon="flag", key="t", on_click=State.ask("tags")),
            rx.cond(
                REVIEW.lines.length() > 0,
                item("Split the difference", icon="columns", key="p", on_click=State.ask("split")),
                rx.fragment(),
            ),
            separator(),
            item("Fix at the vendor", icon="plug", key="v", on_click=State.mark(ID, "at_vendor")),
            item("Mapping is wrong", icon="match", key="w", on_click=State.mark(ID, "wrong_mapping")),
            label="More to do with it",
        ),
        class_name="row foot-more",
    )  # fmt: skip


def _keys() -> rx.Component:
    """Where a decided finding shows no button for it, its key still works."""
    return rx.cond(
        REVIEW.state == "open",
        rx.fragment(),
        hotkey("d", "Dismiss", State.ask("dismiss")),
    )


def list_foot() -> rx.Component:
    """What was just done, said in place, with its undo; a deed on many while it is worked off."""
    said = State.said
    mark = rx.match(
        said.tone,
        ("ok", rx.el.span(icon("check", 14), class_name="ok")),
        ("fail", rx.el.span(icon("stop", 14), class_name="fail")),
        ("wait", rx.el.span(icon("clock", 14), class_name="muted")),
        rx.fragment(),
    )
    way = rx.cond(said.href != "", link(said.link, href=said.href, class_name="nowrap"), rx.fragment())
    done = rx.el.span(
        mark,
        rx.el.b(said.subject, class_name="clip"),
        rx.el.span(said.text, class_name="clip said-text"),
        way,
        class_name="row grow clip",
        title=said.subject + " " + said.text,
    )
    refused = rx.el.span(mark, " ", rx.el.b(said.subject), " ", said.text, class_name="grow", role="alert")
    undo = button("Undo", kind="ghost", size="tight", key="z", key_label="Undo your last deed", on_click=State.undo)
    running = rx.el.div(
        job_bar(
            State.run_title, State.run_done.to_string() + " of " + State.run_total.to_string(), done=State.run_done,
            total=State.run_total,
        ),
        class_name="pane-foot running",
    )  # fmt: skip
    foot = rx.el.div(
        rx.cond(said.tone == "fail", refused, done),
        undo,
        rx.el.span(cap("x"), " select", class_name="nowrap wide-only"),
        rx.el.span(cap("?"), " keys", class_name="nowrap"),
        live(rx.cond(said.tone == "ok", said.subject + ": " + said.text, "")),
        class_name=rx.cond(said.tone == "fail", "pane-foot said-wrong", "pane-foot"),
    )
    return rx.cond(State.may_review, rx.cond(State.run_total > 0, running, foot), rx.fragment())
