"""What the three pages of plans share: their frame and tabs, and a field of a form."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import field, text_input
from rcx_app.ui.components.feedback import skeleton_lines
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import Text
from rcx_app.ui.layout import page, page_head

PLANS = "/staff/plans"
CUSTOMERS = "/staff/plans/subscriptions"
ISSUER = "/staff/plans/issuer"


def frame(*children: Any, current: str, title: str, is_loaded: Any) -> rx.Component:
    """A page of plans. `current` is the address of its tab."""
    return page(
        page_head("Plans"),
        tabs(
            Tab("Plans and prices", PLANS, current == PLANS),
            Tab("Subscriptions", CUSTOMERS, current == CUSTOMERS),
            Tab("Issuer and accounting", ISSUER, current == ISSUER),
            label="Plans",
        ),
        rx.cond(is_loaded, rx.fragment(*children), rx.el.div(skeleton_lines(8), class_name="section")),
        active="plans",
        title=title,
        crumbs=(("Plans", PLANS),) if current != PLANS else (),
        area="staff",
    )


def entry(label: Text, name: str, *, form: str, hint: Text = "", wrong: Text = "", **props: Any) -> rx.Component:
    """A labelled text field of a form."""
    given = text_input(id=f"{form}-{name}", name=name, auto_complete="off", **props)
    return field(label, given, field_id=f"{form}-{name}", hint=hint, wrong=wrong)


def area(label: Text, name: str, *, form: str, hint: Text = "", rows: str = "3", **props: Any) -> rx.Component:
    """As `entry`, of several lines."""
    given = rx.el.textarea(id=f"{form}-{name}", name=name, rows=rows, class_name="input area", **props)
    return field(label, given, field_id=f"{form}-{name}", hint=hint)
