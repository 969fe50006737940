"""The page of one change set: how it stands, what it comes to, its changes, and the deeds that are possible now."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.writeback.schemas import SetState
from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge, dot, status
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.dialog import confirm
from rcx_app.ui.components.feedback import callout, empty, job_bar, problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import amount, move
from rcx_app.ui.components.panel import facts, pane, split
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import link, outward
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.changes.set_panel import change_panel
from rcx_app.ui.pages.changes.set_rows import ChangeLine
from rcx_app.ui.pages.changes.set_state import ChangeSetState as State

HEAD = State.head
_LIST = {"paddingLeft": "18px", "listStyle": "disc"}
COLUMNS = (
    Column("Client", width="24%"),
    Column("Quantity", numeric=True, width="132px"),
    Column("What is sent"),
    Column("Per invoice", numeric=True, width="148px", title="Of the line's billing cycle, once the change holds"),
    Column("State", width="150px"),
)
DRAFT, WAITING, APPROVED = SetState.DRAFT.value, SetState.WAITING.value, SetState.APPROVED.value
SENDING, DONE = SetState.SENDING.value, SetState.DONE.value


def change_set() -> rx.Component:
    whole = pane(_head(), _numbers(), _notices(), _changes(), label="Change set")
    return page(
        rx.cond(
            State.problem != "",
            pane(
                page_head("Change set"),
                rx.el.div(
                    rx.cond(
                        State.is_missing,
                        empty(
                            "There is no such change set",
                            "The address is mistyped, or it belongs to another workspace.",
                            link("All change sets", href=addresses.CHANGES, class_name="btn"),
                            page=True,
                        ),
                        problem(State.problem, State.remedy, State.load),
                    ),
                    class_name="section grow",
                ),
                label="Change set",
            ),
            split(whole, change_panel(), open_var=State.open_id != ""),
        ),
        _dialogs(),
        active="changes",
        title=rx.cond(HEAD.name != "", HEAD.name, "Change set"),
        crumbs=(("Change sets", addresses.CHANGES),),
        two_pane=True,
        on_jobs_done=State.again,
    )


def _head() -> rx.Component:
    return page_head(
        rx.cond(HEAD.name != "", HEAD.name, "Change set"),
        _acts(),
        beside=rx.cond(HEAD.state != "", badge(HEAD.state, HEAD.tone), rx.fragment()),
    )


def _acts() -> rx.Component:
    stage = HEAD.stage
    cancel = button("Cancel the set", kind="ghost", on_click=State.ask("cancel"))
    submit = button("Submit for approval", on_click=State.submit, disabled=HEAD.planned == 0)
    approve = button(HEAD.act, kind="primary", icon="upload", key="shift+a", on_click=State.ask("write"),
                     disabled=HEAD.planned == 0)  # fmt: skip
    may_write = (HEAD.says_no == "") & (HEAD.wanted == 0)
    again = button("Try again", icon="refresh", on_click=State.go_on)
    undo = button("Take all back", icon="undo", on_click=State.ask("undo"))
    is_early = (stage == DRAFT) | (stage == WAITING) | (stage == APPROVED)
    waits_for_retry = (HEAD.error != "") & ~HEAD.is_handoff & ((stage == APPROVED) | (stage == DRAFT))
    return rx.el.div(
        rx.cond(State.may_review & is_early, cancel, rx.fragment()),
        rx.cond(State.may_review & (stage == SENDING), button("Stop sending", on_click=State.ask("cancel")), ""),
        rx.cond(State.may_review & (stage == DRAFT) & (HEAD.wanted == 0), submit, rx.fragment()),
        rx.cond(may_write & ((stage == DRAFT) | (stage == WAITING)), approve, rx.fragment()),
        rx.cond(State.may_review & waits_for_retry & ~State.is_working, again, rx.fragment()),
        rx.cond(State.may_approve & (stage == DONE) & (HEAD.undoable > 0), undo, rx.fragment()),
        class_name="row",
    )


def _numbers() -> rx.Component:
    """The set in a line of facts, which wraps where there are several currencies."""
    result = rx.cond(HEAD.result != "", HEAD.result, "nothing yet")
    known = facts(
        [
            ("For", rx.cond(HEAD.label == HEAD.system, HEAD.system, HEAD.system + ", " + HEAD.label)),
            ("Changes", HEAD.changes),
            ("Came of it", result),
            ("A month", rx.el.b(HEAD.month)),
            ("This month", HEAD.this),
            ("Prepared", HEAD.prepared),
            ("Approved", rx.cond(HEAD.approved != "", HEAD.approved, "not yet")),
        ]
    )
    return rx.el.div(
        rx.cond(HEAD.name != "", known, skeleton_lines(2)),
        rx.cond(HEAD.note != "", rx.el.p(HEAD.note, class_name="muted"), rx.fragment()),
        style={"padding": "0 var(--gutter) var(--s4)", "borderBottom": "1px solid var(--line)", "flex": "none"},
    )


def _notices() -> rx.Component:
    """What stands against going on, what is under way, and the warnings of all changes together."""
    early = (HEAD.stage == DRAFT) | (HEAD.stage == WAITING)
    warned = callout(
        "To know before it is approved",
        rx.el.ul(rx.foreach(HEAD.warned, lambda said: rx.el.li(said, key=said)), style=_LIST),
        tone="under",
    )
    says_no = callout("You can't approve this set", rx.el.p(HEAD.says_no), icon="lock")
    waits = callout("It waits", rx.el.p(HEAD.error), tone="fail")
    planning = rx.cond(HEAD.wanted > 0, "Asking the PSA what each change would be", "Writing to " + HEAD.system)
    counted = HEAD.done.to_string() + " of " + HEAD.total.to_string()
    done = rx.cond(HEAD.wanted > 0, HEAD.total - HEAD.wanted, HEAD.done)
    going = job_bar(planning, rx.cond(HEAD.wanted > 0, "", counted), done=done, total=HEAD.total)
    has_any = (
        (early & ((HEAD.warned.length() > 0) | (HEAD.says_no != ""))) | (HEAD.error != "") | State.is_working
        | HEAD.is_handoff
    )  # fmt: skip
    return rx.cond(
        has_any,
        rx.el.div(
            rx.cond(State.is_working & (HEAD.total > 0), going, rx.fragment()),
            rx.cond((HEAD.error != "") & ~State.is_working, waits, rx.fragment()),
            rx.cond(early & (HEAD.says_no != ""), says_no, rx.fragment()),
            rx.cond(early & (HEAD.warned.length() > 0), warned, rx.fragment()),
            rx.cond(HEAD.is_handoff, _by_hand(), rx.fragment()),
            class_name="section stack",
        ),
        rx.fragment(),
    )


def _by_hand() -> rx.Component:
    """For those who type it in: the files, and the text of a ticket."""
    files = rx.el.span(
        outward(icon("download", 14), "CSV", href=HEAD.csv, class_name="btn tight", download=""),
        outward(icon("download", 14), "Excel", href=HEAD.xlsx, class_name="btn tight", download=""),
        button("Copy as a ticket's text", icon="file", size="tight", on_click=rx.set_clipboard(State.ticket)),
        class_name="row",
    )
    return callout(
        "People type this into the PSA",
        rx.el.p(
            rx.cond(
                (HEAD.stage == DRAFT) | (HEAD.stage == WAITING),
                "Not before it is approved; the files and the text say so until then. ",
                "",
            ),
            "RCX sends nothing of it. What the next syncs show with the new quantity is marked as typed in.",
        ),
        icon="person",
        end=files,
    )


def _changes() -> rx.Component:
    def chip(what: str, text: str, number: Any) -> rx.Component:
        is_on = State.only == what
        drawn = rx.el.button(
            text, " ", number, rx.cond(is_on, icon("close", 12), rx.fragment()), type="button",
            class_name=rx.cond(is_on, "chip on", "chip"), aria_pressed=rx.cond(is_on, "true", "false"),
            on_click=State.show_only(rx.cond(is_on, "", what)),
        )  # fmt: skip
        return rx.cond((number > 0) | is_on, drawn, rx.fragment())

    chips = (chip("warned", "Only with a warning", HEAD.warned_count), chip("problems", "Only problems", HEAD.bad))
    has_any = (HEAD.bad > 0) | (HEAD.warned_count > 0) | (State.only != "")
    none = rx.cond(
        State.only == "",
        empty("No change is left in this set", "All of them were taken out.", page=True),
        empty(
            "None of these is left",
            "What they waited for has been decided meanwhile.",
            button("Show all changes", on_click=State.show_only("")),
            page=True,
        ),
    )
    return rx.fragment(
        rx.cond(has_any, rx.el.div(*chips, class_name="filters"), rx.fragment()),
        table(
            COLUMNS,
            State.lines,
            lambda row: change_row(row=row, key=row.id),
            caption="Changes in the order of sending, " + State.foot,
            label="Changes",
            open_row=State.open_id,
            loading=~State.is_loaded,
            empty=none,
            foot=load_more(State.foot, State.more, has_more=State.has_more),
            keep_scroll="change-set",
        ),
    )


@rx.memo
def change_row(row: rx.Var[ChangeLine], rest: rx.RestProp) -> rx.Component:
    """One change; a click and Enter open it beside the list."""
    warned = rx.cond(
        row.warned != "", rx.el.span(icon("alert", 12), " ", row.warned, class_name="second under"), rx.fragment()
    )
    drawn = row_of(
        head_cell(row.client, second=row.product, title=row.client + ", " + row.product),
        cell(move(row.before, row.after), rx.el.span(row.day_words, class_name="second"), numeric=True),
        cell(row.operation, warned, clip=True, title=row.operation),
        cell(
            _money(row.following, row),
            rx.cond(row.this != "", rx.el.span(row.this, " this month", class_name="second"), rx.fragment()),
            numeric=True,
        ),
        cell(
            status(row.state, mark=rx.cond(row.tone == "", dot("hollow"), dot(row.tone))),
            rx.cond(row.why != "", rx.el.span(row.why, class_name="second"), rx.fragment()),
            title=row.message,
        ),
        row_id=row.id,
        on_open=State.open_change(row.id.to_string()),
        tall=True,
    )
    return rx.fragment(drawn, rest)


def _money(text: Any, row: Any) -> rx.Component:
    return rx.cond(
        text != "", amount(text, row.currency, direction=row.direction), rx.el.span("not priced", class_name="faint")
    )


def _dialogs() -> rx.Component:
    """Before what moves money, with its numbers."""
    warned = rx.el.ul(rx.foreach(HEAD.warned, lambda said: rx.el.li(said, key=said)), style=_LIST)
    write = confirm(
        HEAD.act + "?",
        rx.el.p(rx.el.b(HEAD.month), " a month, ", rx.el.b(HEAD.this), " of it this month."),
        rx.cond(
            HEAD.is_handoff,
            rx.el.p("RCX sends nothing: people type it in, and the next syncs show what they did."),
            rx.el.p("Each line is read again, sent once and read back. What moved since review is refused."),
        ),
        rx.cond(HEAD.warned.length() > 0, warned, rx.fragment()),
        act=HEAD.act,
        on_confirm=State.approve(HEAD.revision),
        on_close=State.ask(""),
    )
    cancel = confirm(
        rx.cond(HEAD.stage == SENDING, "Stop sending " + HEAD.name + "?", "Cancel " + HEAD.name + "?"),
        rx.el.p("Nothing more of it is sent. What was written stays, and can be taken back."),
        act=rx.cond(HEAD.stage == SENDING, "Stop sending", "Cancel the set"),
        kind="danger",
        on_confirm=State.cancel,
        on_close=State.ask(""),
    )
    undo = confirm(
        "Take back what " + HEAD.name + " wrote?",
        rx.el.p("A change set of its own sets up to ", rx.el.b(HEAD.undoable), " lines back to what they were."),
        rx.el.p("The PSA is asked first: once it has made an invoice since, it is refused."),
        act="Take all back",
        on_confirm=State.undo_all,
        on_close=State.ask(""),
    )
    return rx.match(State.asked, ("write", write), ("cancel", cancel), ("undo", undo), rx.fragment())


PAGE = Page(
    route="/changes/[change_set_id]",
    title=rx.cond(HEAD.name != "", HEAD.name, "Change set"),
    build=change_set,
    on_load=(State.load,),
)
