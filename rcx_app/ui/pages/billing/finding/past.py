"""What the panel shows of people's deeds: what stands, what came back and why, the history, and decisions like it."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.feedback import callout
from rcx_app.ui.components.panel import panel_section
from rcx_app.ui.components.text import link, when
from rcx_app.ui.pages.billing.finding.review_rows import HistoryLine, PastLine
from rcx_app.ui.pages.billing.finding.state import FindingState as State

REVIEW = State.review


def stands() -> rx.Component:
    """What another person just did, what is decided, and why it is open again."""
    clash = callout(State.notice, rx.el.p("It is shown as it is now."), tone="fail", icon="alert", alert=True)
    news = callout(State.notice, icon="users", tone="acc", alert=True)
    reason = rx.cond(REVIEW.reason != "", rx.el.p(REVIEW.reason), rx.fragment())
    jump = rx.el.div(
        rx.el.p(REVIEW.jump_words),
        rx.el.div(link(REVIEW.jump_text, href=REVIEW.jump_href, class_name="btn tight"), class_name="row"),
    )
    decided = callout(REVIEW.decided, reason, rx.cond(REVIEW.jump_href != "", jump, rx.fragment()), icon="ok")
    returned = callout(
        "It came back by itself", rx.el.p(REVIEW.returned, "."), tone="acc", icon="undo",
    )  # fmt: skip
    labels = rx.el.div(
        rx.cond(REVIEW.assignee != "", badge("With " + REVIEW.assignee, "acc", "person"), rx.fragment()),
        rx.cond(REVIEW.split_said != "", badge("Split: " + REVIEW.split_said, "", "columns"), rx.fragment()),
        rx.foreach(REVIEW.tags, lambda each: badge(each, "", "flag")),
        class_name="row wrap-tags",
    )
    has_labels = (REVIEW.assignee != "") | (REVIEW.tags.length() > 0) | (REVIEW.split_said != "")
    is_there = (State.notice != "") | (REVIEW.decided != "") | (REVIEW.returned != "") | has_labels
    return rx.cond(
        is_there,
        rx.el.section(
            rx.cond(State.notice != "", rx.cond(State.is_clash, clash, news), rx.fragment()),
            rx.cond(REVIEW.decided != "", decided, rx.cond(REVIEW.returned != "", returned, rx.fragment())),
            rx.cond(has_labels, labels, rx.fragment()),
            class_name="sec stack",
        ),
        rx.fragment(),
    )


def past() -> rx.Component:
    """The history of the finding, and what was decided on others like it."""
    nothing = rx.el.p("Nobody has done anything with it yet.", class_name="muted")
    like = panel_section(
        "Similar past decisions",
        rx.cond(REVIEW.past != "", rx.el.p(REVIEW.past, class_name="muted"), rx.fragment()),
        rx.el.ul(rx.foreach(State.past, _past), class_name="deeds"),
    )
    return rx.fragment(
        rx.cond((State.past.length() > 0) | (REVIEW.past != ""), like, rx.fragment()),
        panel_section(
            "History",
            rx.cond(
                State.history.length() > 0, rx.el.ol(rx.foreach(State.history, _deed), class_name="deeds"), nothing
            ),
        ),
    )


def _deed(line: rx.Var[HistoryLine]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.b(line.who), " ", line.did, rx.cond(line.is_undone, " (taken back)", ""),
            class_name=rx.cond(line.is_undone, "faint", ""),
        ),
        when(line.at, shown=line.at_text, class_name="faint nowrap"),
        rx.cond(line.text != "", rx.el.p(line.text, class_name="muted deed-text"), rx.fragment()),
        key=line.id,
    )  # fmt: skip


def _past(line: rx.Var[PastLine], index: rx.Var[int]) -> rx.Component:
    return rx.el.li(
        rx.el.span(line.said, rx.cond(line.where != "", ", " + line.where, "")),
        when(line.at, shown=line.at_text, class_name="faint nowrap"),
        rx.cond(line.reason != "", rx.el.p(line.reason, class_name="muted deed-text"), rx.fragment()),
        key=index,
    )
