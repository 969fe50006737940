"""The bar over what is selected in the queue, and the dialog that shows what a deed on it touches."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import button, icon_button
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import callout, skeleton_lines
from rcx_app.ui.components.menu import item, menu, menu_trigger
from rcx_app.ui.components.numbers import amount
from rcx_app.ui.components.selection import selection_bar
from rcx_app.ui.pages.billing.finding import fields
from rcx_app.ui.pages.billing.queue.many import ManyState as State
from rcx_app.ui.pages.billing.queue.many import SumRow


def picked_bar() -> rx.Component:
    """ "14 selected, +1,284.00 USD/month", and what may be done with them, by Shift and the key."""
    title = "All that the filter leaves"
    every = button("All ", State.total_text, kind="ghost", title=title, size="tight", on_click=State.pick_all)

    def act(words: Any, key: str, deed: str, **props: Any) -> rx.Component:
        return button(words, key=f"shift+{key}", on_click=State.ask_many(deed), **props)

    def more(words: str, icon: str, key: str, deed: str) -> rx.Component:
        said = f"Selection: {words[0].lower()}{words[1:]}"
        return item(words, icon=icon, key=f"shift+{key}", key_label=said, on_click=State.ask_many(deed))

    return selection_bar(
        State.picked_count,
        rx.el.span(act("Date", "e", "approve", key_label="Selection: approve from a day"), class_name="wide-only"),
        act("Dismiss", "d", "dismiss", key_label="Selection: dismiss"),
        menu(
            icon_button("more", "More to do with the selection", **menu_trigger()),
            more("Assign", "person", "m", "assign"),
            more("Snooze", "clock", "s", "snooze"),
            more("Tag", "flag", "t", "tag"),
            more("Comment", "file", "c", "comment"),
            more("At the vendor", "plug", "v", "at_vendor"),
            more("Wrong mapping", "match", "w", "wrong_mapping"),
            more("Reopen", "undo", "r", "reopen"),
            label="More to do with the selection",
        ),
        act(
            rx.fragment("Approve ", State.picked_text),
            "a",
            "approve",
            kind="primary",
            key_label="Selection: approve",
        ),
        on_clear=State.clear_picked,
        said=State.picked_text,
        total=State.picked_sum,
        total_unit=rx.cond(State.picked_sum != "", " a month", ""),
        select_all=every,
        has_more=~State.is_all & (State.picked.length() < State.total),
    )


def many_dialog() -> rx.Component:
    return rx.cond(State.deed != "", _dialog(), rx.fragment())


def _dialog() -> rx.Component:
    nothing = callout("None of what is selected can take this", icon="alert")
    return dialog(
        State.title,
        rx.cond(State.is_counting, skeleton_lines(3), rx.cond(State.nothing_fits, nothing, _touched())),
        rx.cond(State.left_out.length() > 0, _left_out(), rx.fragment()),
        _forms(),
        on_close=State.close_many,
        label="Decide on many",
    )


def _form(*parts: rx.Component) -> rx.Component:
    return fields.deed_form(
        *parts,
        act=State.act,
        wrong=State.many_wrong,
        on_submit=State.apply,
        on_close=State.close_many,
        busy=State.is_applying | State.is_counting | State.nothing_fits,
    )


def _forms() -> rx.Component:
    """A form for each deed: Reflex sends the fields of all that stand in one, also of those that are not shown."""
    words = "The first of next month, unless you choose another day. A line that is billed beyond it refuses."
    return rx.match(
        State.deed,
        ("approve", _form(fields.effective(State.day, State.first_day, words))),
        ("dismiss", _form(fields.dismissal())),
        ("snooze", _form(fields.until(State.days))),
        ("assign", _form(fields.assignee(State.whom))),
        ("tag", _form(fields.tags(""))),
        ("comment", _form(fields.comment(State.names))),
        _form(),
    )


def _touched() -> rx.Component:
    return rx.el.table(
        rx.el.caption("What it touches, a month", class_name="vh"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Direction", scope="col"),
                rx.el.th("Findings", scope="col", class_name="num"),
                rx.el.th("A month", scope="col", class_name="num"),
            )
        ),
        rx.el.tbody(rx.foreach(State.sums_of, _sum)),
        class_name="table flush many-sums",
    )


def _sum(row: rx.Var[SumRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.direction, scope="row"),
        rx.el.td(row.count, class_name="num"),
        rx.el.td(amount(row.amount, row.currency, direction=row.tone), class_name="num"),
        key=row.key,
    )


def _left_out() -> rx.Component:
    return rx.el.div(
        rx.el.b("Left as they are"),
        rx.el.ul(rx.foreach(State.left_out, lambda each: rx.el.li(each, key=each))),
        class_name="left-out",
    )
