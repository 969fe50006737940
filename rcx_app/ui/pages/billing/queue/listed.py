"""One row of the queue, as it is by now, and the box over all of them."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.badges import avatar, dot, status, tag
from rcx_app.ui.components.controls import checkbox
from rcx_app.ui.components.numbers import amount, currency, move
from rcx_app.ui.components.table import cell, head_cell, row_of
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.pages.billing.finding.marks import MarksState
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.pages.billing.head import trend_of
from rcx_app.ui.pages.billing.queue.base import QueueState as State
from rcx_app.ui.pages.billing.queue.many import ManyState as Many
from rcx_app.ui.pages.billing.queue.state import QueueRowsState as Rows
from rcx_app.ui.pages.billing.texts import NOT_PRICED, FindingLine


def pick_shown() -> rx.Component:
    """Selects what is listed; nothing for those who only look."""
    count = Many.picked.length()
    box = checkbox(
        "Select all that are listed", (count > 0) & (count == Rows.last_number - Rows.first_number + 1),
        lambda _: Many.pick_shown(), mixed=count > 0,
    )  # fmt: skip
    return rx.cond(State.may_review, box, hidden("Select"))


def row_by_now(row: rx.Var[FindingLine]) -> rx.Component:
    """A row as it is by now: what was decided since the list was read is gone from it, or says its new state."""
    key = row.id.to_string()
    is_fresh = MarksState.fresh.contains(key)
    drawn = finding_row(
        row=row,
        state=rx.cond(is_fresh, MarksState.fresh[key][0], row.state),
        state_of=rx.cond(is_fresh, MarksState.fresh[key][1], row.state_of),
        picked=Many.picked.contains(row.id),
        may_review=State.may_review,
        key=row.id,
    )
    return rx.cond(MarksState.gone.contains(row.id), rx.fragment(), drawn)


@rx.memo
def finding_row(
    row: rx.Var[FindingLine],
    state: rx.Var[str],
    state_of: rx.Var[str],
    picked: rx.Var[bool],
    may_review: rx.Var[bool],
    rest: rx.RestProp,
) -> rx.Component:
    """One finding."""
    money = rx.cond(
        row.amount != "",
        amount(row.amount, row.currency, direction=row.direction, quiet=row.quiet, word=row.said),
        rx.el.span(NOT_PRICED, class_name="faint"),
    )
    said = rx.match(
        state_of,
        ("not_ready", status(state, tone="fail", icon="stop")),
        ("open", status(state, mark=dot("hollow"))),
        ("waits", status(state, icon="match")),
        ("returned", status(state, tone="acc", icon="undo")),
        ("assigned", status(state, mark=avatar(row.initials, small=True))),
        status(state, icon="check"),
    )
    to_map = (row.map_href != "") & (state_of == "open")
    select = checkbox("Select " + row.client + " " + row.service, picked, lambda _: Many.toggle(row.id), key="x")
    client = rx.cond(row.client != "", row.client, rx.el.span("No client yet", class_name="faint"))
    drawn = row_of(
        cell(rx.cond(may_review, select, rx.fragment())),
        head_cell(client, title=row.client),
        cell(row.service, clip=True, title=row.service + ", " + row.second),
        cell(move(row.billed, row.expected), numeric=True),
        cell(row.delta, numeric=True),
        cell(row.price, rx.cond(row.price != "", currency(row.currency), ""), numeric=True),
        cell(money, numeric=True),
        cell(row.display, numeric=True, class_name="faint", title=row.display_of),
        cell(tag(row.kind, row.kind_icon)),
        cell(row.integration, clip=True, title=row.integration),
        cell(row.age, numeric=True, title=row.found_on),
        cell(trend_of(row), title=row.trend_said),
        cell(
            rx.cond(to_map, link("Map account", href=row.map_href), said), clip=True,
            title=rx.cond(row.state_said != "", row.state_said, state),
        ),
        row_id=row.id,
        selected=picked,
        on_open=FindingState.open(row.id, row.number),
    )  # fmt: skip
    return rx.fragment(drawn, rest)
