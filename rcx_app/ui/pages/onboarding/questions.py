"""The page /onboarding/questions: a group of questions a page, and the review before sending."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout, problem
from rcx_app.ui.components.text import link
from rcx_app.ui.page import Page
from rcx_app.ui.pages.onboarding.rows import QUESTIONS_AT, AnswerRow, FieldRow, OptionRow, ReviewRow
from rcx_app.ui.pages.onboarding.state import QuestionsState as State
from rcx_app.ui.pages.onboarding.way import WayState, way


def questions() -> rx.Component:
    return way(
        rx.el.h1(State.title),
        rx.cond(State.why != "", rx.el.p(State.why, class_name="t14 muted lead"), rx.fragment()),
        rx.cond(State.may_answer, rx.fragment(), _only_read()),
        rx.cond(State.problem != "", problem(State.problem, State.remedy), rx.fragment()),
        rx.cond(State.group == "review", _review(), _form()),
        current=State.group,
        title="Questions",
    )


def _only_read() -> rx.Component:
    return callout("You can read this", rx.el.p("Operators, approvers, admins and owners answer the questions."))


def _form() -> rx.Component:
    back = rx.cond(
        State.before != "", link("Back", href=QUESTIONS_AT + "?group=" + State.before, class_name="btn lg"), ""
    )
    on = rx.cond(
        State.may_answer,
        button("Save and go on", kind="primary", size="lg", type="submit"),
        link("Go on", href=QUESTIONS_AT + "?group=" + State.after, class_name="btn lg"),
    )
    return rx.el.form(
        rx.el.fieldset(
            rx.foreach(State.fields, _field), disabled=~State.may_answer, class_name="questions", key=State.group
        ),
        rx.el.div(back, rx.el.span(class_name="push"), on, class_name="row obfoot"),
        on_submit=State.go_on,
        no_validate=True,
    )


def _field(row: rx.Var[FieldRow]) -> rx.Component:
    return rx.el.div(
        rx.match(
            row.look,
            ("radio", _several(row, is_one=True)),
            ("boxes", _several(row, is_one=False)),
            ("select", _labelled(row, _select(row))),
            ("area", _labelled(row, _area(row))),
            _labelled(row, _text(row)),
        ),
        key=row.key,
        class_name="question",
    )


def _asked(row: rx.Var[FieldRow]) -> tuple[rx.Component, ...]:
    return (row.text, rx.cond(row.is_required, "", rx.el.span(" optional", class_name="t12 faint")))


def _notes(row: rx.Var[FieldRow]) -> rx.Component:
    return rx.fragment(
        rx.cond(row.help != "", rx.el.span(row.help, class_name="hint", id=row.key + "-help"), rx.fragment()),
        rx.cond(
            row.wrong != "",
            rx.el.span(row.wrong, class_name="wrong", role="alert", id=row.key + "-wrong"),
            rx.fragment(),
        ),
    )


def _labelled(row: rx.Var[FieldRow], control: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.label(*_asked(row), html_for=row.key), control, _notes(row), class_name="field")


def _told(row: rx.Var[FieldRow]) -> dict[str, object]:
    return {
        "aria_invalid": rx.cond(row.wrong != "", "true", "false"),
        "aria_describedby": row.key + "-help " + row.key + "-wrong",
    }


def _text(row: rx.Var[FieldRow]) -> rx.Component:
    return rx.el.input(
        id=row.key,
        name=row.key,
        default_value=row.value,
        type=rx.match(row.kind, ("email", "email"), "text"),
        input_mode=rx.match(row.kind, ("number", "numeric"), ("day", "numeric"), ("email", "email"), "text"),
        auto_complete=rx.cond(row.kind == "email", "email", "off"),
        on_blur=lambda value: State.answer(row.key, value),
        class_name=rx.match(row.kind, ("number", "input lg short"), ("day", "input lg short"), "input lg"),
        **_told(row),
    )


def _area(row: rx.Var[FieldRow]) -> rx.Component:
    return rx.el.textarea(
        id=row.key,
        name=row.key,
        default_value=row.value,
        rows="4",
        on_blur=lambda value: State.answer(row.key, value),
        class_name="input area",
        **_told(row),
    )


def _select(row: rx.Var[FieldRow]) -> rx.Component:
    return rx.el.select(
        rx.foreach(row.options, lambda each: rx.el.option(each.label, value=each.value, key=each.value)),
        id=row.key,
        name=row.key,
        value=row.value,
        on_change=lambda value: State.answer(row.key, value),
        class_name="input lg",
        **_told(row),
    )


def _several(row: rx.Var[FieldRow], *, is_one: bool) -> rx.Component:
    def option(each: rx.Var[OptionRow]) -> rx.Component:
        props = {"name": row.key, "value": each.value, "checked": each.is_chosen, **_told(row)}
        box = (
            rx.el.input(type="radio", class_name="radio", on_change=State.answer(row.key, each.value), **props)
            if is_one
            else rx.el.input(
                type="checkbox",
                class_name="check",
                on_change=lambda chosen: State.toggle(row.key, each.value, chosen),
                **props,
            )
        )
        return rx.el.label(box, rx.el.span(each.label), class_name="choice pick", key=each.value)

    return rx.el.fieldset(
        rx.el.legend(*_asked(row)),
        rx.el.div(rx.foreach(row.options, option), class_name="picks" if is_one else "picks many"),
        _notes(row),
        class_name="field",
    )


def _review() -> rx.Component:
    sent = rx.cond(
        WayState.was_sent & ~State.is_open,
        callout(
            "These answers are sent",
            rx.el.p("You can change them at any time; changes count once you send them again."),
            tone="ok",
        ),
        rx.fragment(),
    )
    send = rx.cond(
        State.may_answer & State.is_open,
        button(
            rx.cond(WayState.was_sent, "Send the changes", "Send the answers"),
            kind="primary",
            size="lg",
            on_click=State.send,
            disabled=State.lacks > 0,
        ),
        rx.fragment(),
    )
    lacks = rx.cond(
        State.lacks > 0,
        callout(
            rx.cond(
                State.lacks == 1, "One answer needs another look", State.lacks.to_string() + " answers need a look"
            ),
            rx.el.p("They are marked below. Everything else is saved."),
            tone="under",
        ),
        rx.fragment(),
    )
    return rx.el.div(
        sent,
        lacks,
        rx.foreach(State.review, _page),
        rx.el.div(rx.el.span(class_name="push"), send, class_name="row obfoot"),
        class_name="stack review-answers",
    )


def _page(row: rx.Var[ReviewRow]) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(row.title), link("Change", href=row.href, class_name="push", aria_label="Change " + row.title),
            class_name="head",
        ),
        rx.el.dl(rx.foreach(row.answers, _answer), class_name="qa"),
        key=row.key,
    )  # fmt: skip


def _answer(row: rx.Var[AnswerRow]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(row.text),
        rx.el.dd(row.answer, rx.cond(row.wrong != "", rx.el.span(row.wrong, class_name="wrong"), rx.fragment())),
    )


PAGE = Page(
    route=QUESTIONS_AT,
    title=State.title,
    build=questions,
    on_load=(WayState.load, State.load),
    needs=Permission.TEAM,
)
