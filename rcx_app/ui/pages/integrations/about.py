"""What a connector asks for and does, beside its form and in the panel of a connection."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.panel import panel_section
from rcx_app.ui.components.text import hidden, outward
from rcx_app.ui.pages.integrations.about_rows import RightRow, StreamRow
from rcx_app.ui.pages.integrations.form_state import FormState as State

_LIST = {"display": "grid", "gap": "8px"}


def rights() -> rx.Component:
    """The least privileges, with what each is for; those for writing apart."""
    about = State.about
    return rx.fragment(
        panel_section(
            "Rights it needs",
            rx.cond(
                about.rights.length() > 0,
                rx.el.ul(rx.foreach(about.rights, _right), style=_LIST),
                rx.el.p("Any user of the API will do.", class_name="muted"),
            ),
            end="Give no more than these",
        ),
        rx.cond(
            about.write_rights.length() > 0,
            panel_section(
                "Only for writing quantities back",
                rx.el.ul(rx.foreach(about.write_rights, _right), style=_LIST),
                rx.el.p("Writing is off until an admin switches it on.", class_name="muted t12"),
            ),
            rx.fragment(),
        ),
    )


def guide_link(words: str) -> rx.Component:
    """The connector's guide, in a tab of its own, so that what is typed in the form stays."""
    return outward(words, hidden(" (in a new tab)"), href=State.about.guide, target="_blank", rel="noopener")


def _right(row: rx.Var[RightRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.el.b(row.name), " ", rx.cond(row.is_optional, badge("optional"), rx.fragment())),
        rx.el.p(row.why, class_name="muted"),
        key=row.name,
    )


def how_it_is_read() -> rx.Component:
    """Streams, limits, writing, proof, and where more is written."""
    about = State.about
    streams = rx.el.table(
        rx.el.caption("What is read, and how", class_name="vh"),
        rx.el.thead(rx.el.tr(rx.el.th("Read", scope="col"), rx.el.th("In later syncs", scope="col"))),
        rx.el.tbody(rx.foreach(about.streams, _stream)),
        class_name="table flush slim",
    )
    return rx.fragment(
        panel_section("What is read", streams),
        panel_section("How fast", rx.foreach(about.limits, lambda text: rx.el.p(text, class_name="muted"))),
        panel_section("Writing", rx.el.p(about.writes, class_name="muted")),
        panel_section(
            "How far this is proven",
            rx.el.p(about.proof, class_name="muted"),
        ),
    )


def _stream(row: rx.Var[StreamRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.name, " ", rx.cond(row.is_optional, badge("optional"), rx.fragment()), scope="row"),
        rx.el.td(row.how, class_name="muted"),
        key=row.name,
    )
