"""The dialogs over the open finding, one for each deed that needs more than its key."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import Text, hidden
from rcx_app.ui.pages.billing.finding import fields
from rcx_app.ui.pages.billing.finding.deciding import DecidingState as State
from rcx_app.ui.pages.billing.finding.review_rows import SplitLine

REVIEW = State.review


def finding_dialogs() -> rx.Component:
    """Once on every page with the panel."""
    return rx.match(
        State.dialog,
        ("dismiss", _one("Dismiss", fields.dismissal(), act="Dismiss", on_submit=State.dismiss)),
        ("snooze", _one("Snooze", fields.until(State.days), act="Snooze", on_submit=State.snooze)),
        ("assign", _one("Assign", fields.assignee(State.people), act="Assign", on_submit=State.assign)),
        ("comment", _one("Comment", fields.comment(State.names), act="Comment", on_submit=State.comment)),
        ("tags", _one("Tags", _tags(), act="Save", on_submit=State.retag)),
        ("date", _one("Effective date", _day(), act="Use this day", on_submit=State.keep_day)),
        ("split", _one("Split the difference", _split(), act="Save the split", on_submit=State.split)),
        rx.fragment(),
    )  # fmt: skip


def _one(title: str, *parts: Any, act: Text, on_submit: Any) -> rx.Component:
    about = rx.el.p(
        rx.el.b(State.shown.client), rx.cond(State.shown.client != "", ", ", ""), State.shown.title, ": ",
        REVIEW.effect, class_name="muted",
    )  # fmt: skip
    form = fields.deed_form(*parts, act=act, wrong=State.wrong, on_submit=on_submit, on_close=State.close_dialog)
    return dialog(title, about, form, on_close=State.close_dialog)


def _tags() -> rx.Component:
    return fields.tags(REVIEW.tags.join(", "), State.tags_known)


def _day() -> rx.Component:
    chosen = rx.cond(State.effective != "", State.effective, REVIEW.day)
    return fields.effective(chosen, REVIEW.first_day, REVIEW.day_words)


def _split() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "The parts add up to the whole difference. Approving changes each line by its part.", class_name="hint"
        ),
        rx.foreach(State.split_of, _part),
        rx.el.p(State.split_left, class_name="split-left strong", role="status"),
        class_name="field split-lines",
    )


def _part(line: rx.Var[SplitLine], at: rx.Var[int]) -> rx.Component:
    return rx.el.label(
        rx.el.span(
            rx.el.span(line.name), rx.el.span(line.agreement, class_name="t12 faint clip block"),
            class_name="clip", title=line.agreement,
        ),
        rx.el.span("bills ", line.quantity, class_name="faint nowrap"),
        rx.el.input(
            name="line-" + line.id.to_string(), default_value=line.change, input_mode="decimal", auto_complete="off",
            max_length=40, class_name="input num", on_change=lambda text: State.part(line.id, text),
            custom_attrs={"data-autofocus": rx.cond(at == 0, "true", None)},
        ),
        hidden("Change of this line, which then bills "),
        rx.el.span(icon("arrow", 12), " ", rx.cond(line.becomes != "", line.becomes, "?"), class_name="num nowrap"),
        key=line.id,
    )  # fmt: skip
