"""Common questions: a search, the questions that fit, and the answer of the open one."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import empty, live
from rcx_app.ui.components.filters import search_field
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import link
from rcx_app.ui.pages.support.faq_state import BlockRow, FaqState, QuestionRow, SpanRow

State = FaqState


def faq() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h1("Common questions", class_name="t-title"),
            search_field(State.find, State.look_for, label="Search the FAQ", key="/", grow=True),
            class_name="t-head",
        ),
        rx.el.div(
            rx.el.div(rx.cond(State.slug != "", _answer(), _questions()), class_name="col faq"),
            class_name="scroll",
            tab_index=0,
            role="region",
            aria_label="Questions, scrollable",
        ),
        class_name="fill thread faq-page",
        aria_label="FAQ",
    )


def _questions() -> rx.Component:
    nothing = empty(
        "No question fits",
        "Try other words, or ask us.",
        link(icon("plus"), "New ticket", href="/support/new", class_name="btn"),
        button("Clear search", kind="ghost", on_click=State.look_for("")),
    )
    return rx.fragment(
        live(State.questions.length().to_string() + " questions"),
        rx.cond(
            State.is_missing,
            rx.el.p("This question is not there any more. These are:", class_name="muted"),
            rx.fragment(),
        ),
        rx.cond(
            State.questions.length() > 0,
            rx.el.ul(rx.foreach(State.questions, _question), class_name="questions-list"),
            nothing,
        ),
    )


def _question(row: rx.Var[QuestionRow]) -> rx.Component:
    return rx.el.li(link(rx.el.span(row.question), icon("right", 14), href=row.href), key=row.slug)


def _answer() -> rx.Component:
    return rx.el.article(
        link(icon("left", 14), "All questions", href="/support/faq", class_name="back t12"),
        rx.el.h2(State.question),
        rx.foreach(State.blocks, _block),
        rx.el.p(
            "Not answered? ",
            link("Open a ticket", href="/support/new", class_name="linked"),
            class_name="muted after",
        ),
    )


def _block(row: rx.Var[BlockRow]) -> rx.Component:
    spans = rx.foreach(row.spans, _span)
    return rx.match(
        row.kind,
        ("h", rx.el.h3(spans, key=row.key)),
        ("li", rx.el.p(spans, class_name="li", key=row.key)),
        ("ol", rx.el.p(spans, class_name="li ol", key=row.key)),
        rx.el.p(spans, key=row.key),
    )


def _span(row: rx.Var[SpanRow]) -> rx.Component:
    return rx.match(
        row.look,
        ("bold", rx.el.b(row.text)),
        ("code", rx.el.code(row.text)),
        ("em", rx.el.em(row.text)),
        ("link", link(row.text, href=row.href, class_name="linked")),
        rx.el.span(row.text),
    )
