"""The pages /onboarding/booking and /support/meetings. Both work down to 375 px."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.domain.booking.letters import BRING
from rcx_app.domain.booking.letters import PAGES as AT
from rcx_app.domain.booking.schemas import Kind
from rcx_app.ui import addresses
from rcx_app.ui.components.icons import icon
from rcx_app.ui.layout import page
from rcx_app.ui.page import Page
from rcx_app.ui.pages.booking import parts
from rcx_app.ui.pages.booking.state import BookingState as State
from rcx_app.ui.pages.onboarding.way import WayState, way


def onboarding_booking() -> rx.Component:
    lead = rx.el.p(
        State.length.to_string(),
        " minutes with ",
        rx.cond(State.agent_words != "", rx.el.b(State.agent_words), rx.el.b("one of us")),
        " from RCX support. You connect the PSA together and see the first findings.",
        class_name="t14 muted lead",
    )
    bring = rx.fragment(
        rx.el.h2("What to bring", class_name="sec-h bring-h"),
        rx.cond(WayState.bring.length() > 0, parts.bring_list(WayState.bring), _bring(Kind.ONBOARDING)),
    )
    return way(
        parts.whole("Book your onboarding session", "Your onboarding session", lead, State.load_onboarding),
        current="booking",
        title="Your session",
        side=(parts.side(Kind.ONBOARDING, bring),),
    )


def meetings() -> rx.Component:
    lead = rx.el.p(
        State.length.to_string(),
        " minutes by video with ",
        rx.cond(State.agent_words != "", rx.el.b(State.agent_words), rx.el.b("one of us")),
        " from RCX support, where writing takes longer than talking.",
        class_name="t14 muted lead",
    )
    bring = rx.fragment(rx.el.h2("What to bring", class_name="sec-h bring-h"), _bring(Kind.MEETING))
    return page(
        rx.el.div(
            rx.el.div(parts.whole("Book a meeting", "Your meetings", lead, State.load_meetings), class_name="obmain"),
            rx.el.aside(parts.side(Kind.MEETING, bring), class_name="obside", aria_label="Your meeting"),
            class_name="ob meet",
        ),
        active="support",
        title="Meetings",
        crumbs=(("Support", addresses.SUPPORT),),
        narrow=True,
    )


def _bring(kind: Kind) -> rx.Component:
    return rx.el.ul(*(rx.el.li(icon("check"), rx.el.span(text)) for text in BRING[kind]), class_name="bring")


PAGES = (
    Page(
        route=AT[Kind.ONBOARDING],
        title="Book your onboarding session",
        build=onboarding_booking,
        on_load=(WayState.load, State.load_onboarding),
        needs=Permission.ONBOARD,
    ),
    Page(
        route=AT[Kind.MEETING],
        title="Meetings",
        build=meetings,
        on_load=(State.load_meetings,),
        needs=Permission.SUPPORT,
    ),
)
