"""The page /onboarding: what comes next for the workspace, at every stage, and the setup checklist."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission, Stage
from rcx_app.ui import addresses
from rcx_app.ui.components.feedback import callout, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import link
from rcx_app.ui.page import Page
from rcx_app.ui.pages.onboarding import questions
from rcx_app.ui.pages.onboarding.rows import BOOKING_AT, QUESTIONS_AT, REVIEW, TaskRow
from rcx_app.ui.pages.onboarding.way import WayState as State
from rcx_app.ui.pages.onboarding.way import way
from rcx_app.ui.places import has


def next_steps() -> rx.Component:
    at = State.at_stage
    shown = rx.match(
        at,
        (Stage.QUESTIONNAIRE.value, _welcome()),
        (Stage.BOOKING.value, _book()),
        (Stage.SUSPENDED.value, _suspended()),
        _set_up(),
    )
    return way(
        rx.cond(State.is_known, shown, skeleton_lines(6)),
        current=State.now,
        title="What to bring",
        side=(_bring(),),
    )


def _welcome() -> rx.Component:
    first = rx.cond(State.saved != "", "Go on with the questions", "Begin with the questions")
    return rx.fragment(
        rx.el.h1("Welcome to RCX"),
        rx.el.p(
            "Three steps and all of RCX is yours: some questions about how you bill, a session with one of us, and a "
            "guided setup with your own data. What you answer is saved as you go.",
            class_name="t14 muted lead",
        ),
        rx.el.div(link(first, href=QUESTIONS_AT, class_name="btn primary lg"), class_name="row obfoot"),
    )


def _book() -> rx.Component:
    booked = rx.fragment(
        rx.el.p("Your session is booked for ", rx.el.b(State.booked), ".", class_name="t14 lead"),
        rx.el.p("You can move or cancel it until 2 hours before.", class_name="muted"),
    )
    wait = rx.el.p(
        "We connect your PSA together and look at the first findings. Choose a time that suits you.",
        class_name="t14 muted lead",
    )
    choose = (
        link(
            rx.cond(State.booked != "", "See or move the session", "Choose a time"),
            href=BOOKING_AT,
            class_name="btn primary lg",
        )
        if has(BOOKING_AT)
        else rx.el.p("We write to you with times.", class_name="muted")
    )
    return rx.fragment(
        rx.el.h1(rx.cond(State.booked != "", "Your onboarding session", "Book your onboarding session")),
        rx.cond(State.booked != "", booked, wait),
        rx.el.div(choose, _answers_link(), class_name="row wrap obfoot"),
    )


def _suspended() -> rx.Component:
    return rx.fragment(
        rx.el.h1("This workspace is suspended"),
        rx.el.p(
            "Everything can be read and exported, nothing changed. Ask us under Support what it takes to go on.",
            class_name="t14 muted lead",
        ),
        *(
            [rx.el.div(link("Ask us", href=addresses.SUPPORT, class_name="btn primary lg"), class_name="row obfoot")]
            if has(addresses.SUPPORT)
            else []
        ),
    )


def _set_up() -> rx.Component:
    open_now = callout(
        "All of RCX is open to you",
        rx.el.p("This list stays in the menu behind your initials, for whatever is still to be done."),
        tone="ok",
    )
    waits = rx.el.p(
        "This list ticks itself from what is there. When it is done, we look through it with you and open everything: "
        "writing to your PSA and closing a month come then.",
        class_name="t14 muted lead",
    )
    return rx.fragment(
        rx.el.h1("Guided setup"),
        rx.cond(State.is_open_now, open_now, waits),
        rx.cond(
            (State.booked != "") & ~State.is_open_now,
            rx.el.p("Your session with us: ", rx.el.b(State.booked), ".", class_name="t14 lead"),
            rx.fragment(),
        ),
        rx.el.ol(rx.foreach(State.tasks, _task), class_name="todo"),
        rx.el.div(_answers_link(), class_name="row obfoot"),
    )


def _task(row: rx.Var[TaskRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.cond(row.is_done, icon("check", 14), ""), class_name="n", aria_hidden="true"),
        rx.el.span(
            rx.el.b(row.title),
            rx.el.span(rx.cond(row.is_done, "Done. ", ""), row.detail, class_name="t12 muted line"),
        ),
        rx.cond(
            row.is_done,
            link("Look", href=row.href, class_name="btn ghost", aria_label="Look: " + row.title),
            link("Do it", href=row.href, class_name="btn", aria_label="Do it: " + row.title),
        ),
        class_name=rx.cond(row.is_done, "done", ""),
        key=row.title,
    )


def _answers_link() -> rx.Component:
    return link("Your answers", href=f"{QUESTIONS_AT}?group={REVIEW}", class_name="btn lg")


def _bring() -> rx.Component:
    shown = rx.fragment(
        rx.el.h2("What to bring to the session", class_name="sec-h"),
        rx.el.ul(
            rx.foreach(State.bring, lambda text: rx.el.li(icon("check"), rx.el.span(text), key=text)),
            class_name="bring",
        ),
    )
    return rx.cond(State.at_stage == Stage.SUSPENDED.value, rx.fragment(), shown)


PAGE = Page(
    route=addresses.ONBOARDING,
    title="Getting started",
    build=next_steps,
    on_load=(State.load,),
    needs=Permission.TEAM,
)
PAGES = (PAGE, questions.PAGE)
