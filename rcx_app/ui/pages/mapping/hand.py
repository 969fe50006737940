"""The right pane of the mapping page: the account in hand, its candidates with their reasons, its history, the acts."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout, empty, skeleton_lines
from rcx_app.ui.components.keys import hotkey
from rcx_app.ui.components.marks import Piece
from rcx_app.ui.components.reasons import reasons_table
from rcx_app.ui.pages.mapping.hand_rows import AlarmView, CandidateView, Fact, HistoryView
from rcx_app.ui.pages.mapping.state import MappingRowsState as Rows
from rcx_app.ui.pages.mapping.state import MappingState as State

HAND = State.hand
_MOST_CANDIDATES = 5
_BELOW = {"marginBottom": "var(--s3)"}
_LEFT = {"textAlign": "left", "fontWeight": "inherit", "padding": "2px 12px 2px 0"}


def pane_in_hand() -> rx.Component:
    return rx.el.section(
        rx.cond(
            HAND.id == 0,
            rx.cond(
                State.is_loaded,
                rx.cond(
                    State.total > 0,
                    empty("No account is open", "Choose one from the list to see who it may be, and why."),
                    empty(
                        "No account in hand",
                        "The account you open stands here: who it may be, with the evidence for and against.",
                    ),
                ),
                rx.el.div(skeleton_lines(), class_name="section"),
            ),
            rx.cond(
                HAND.name == "",
                rx.el.div(skeleton_lines(), class_name="section grow"),
                rx.fragment(_head(), _body(), _acts()),
            ),
        ),
        class_name="fill",
        aria_label="Account in hand",
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h2(HAND.name, class_name="clip", title=HAND.name, style={"fontSize": "16px"}),
            badge(HAND.integration),
            rx.el.span(State.place, class_name="push t12 faint nowrap"),
            class_name="row",
        ),
        rx.el.dl(rx.foreach(HAND.facts, _fact), class_name="facts"),
        style={
            "padding": "var(--s4) var(--gutter) var(--s3)",
            "borderBottom": "1px solid var(--line-strong)",
            "flex": "none",
        },
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(rx.el.dt(fact.name), rx.el.dd(fact.value))


def _body() -> rx.Component:
    return rx.el.div(
        rx.cond(HAND.alarms.length() > 0, _alarms(), rx.fragment()),
        rx.cond(HAND.standing != "", _standing(), rx.fragment()),
        rx.cond(HAND.nobody != "", _nobody(), rx.fragment()),
        rx.cond(
            HAND.equal != "",
            rx.el.div(callout(HAND.equal, rx.el.p(HAND.equal_names, class_name="muted"), icon="alert"), style=_BELOW),
            rx.fragment(),
        ),
        rx.foreach(HAND.candidates, _candidate),
        rx.cond(
            HAND.candidates.length() == 0,
            empty(
                "No candidate",
                "No client of your PSA resembles this account. Search for one, exclude the account, or say that it has "
                "no match.",
            ),
            _note(),
        ),
        *(_choose_key(number) for number in range(1, _MOST_CANDIDATES + 1)),
        _provenance(),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label="Candidates, scrollable",
        style={"padding": "var(--s3) var(--gutter)"},
    )


def _standing() -> rx.Component:
    """A decided account says so before its candidates; taking that back stands beside it."""
    back = button(HAND.back, on_click=Rows.give(HAND.id, "reset"))
    note = rx.cond(HAND.standing_note != "", rx.el.p(HAND.standing_note, class_name="muted"), rx.fragment())
    alarm = callout(HAND.standing, note, tone="under", icon="alert")
    calm = callout(
        HAND.standing,
        note,
        icon="ok",
        end=rx.cond(State.may_map & (HAND.back != ""), back, rx.fragment()),
    )
    return rx.el.div(rx.cond(HAND.state == "client_gone", alarm, calm), style=_BELOW)


def _alarms() -> rx.Component:
    """Why the mapping makes no sense any more; "keep" lets exactly this stand."""
    keep = button(
        "Keep the mapping",
        key="m",
        title="Asks again only when these values change",
        on_click=Rows.give(HAND.id, "keep"),
    )
    listed = rx.el.table(
        rx.el.caption("What has changed", class_name="vh"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Change", scope="col"),
                rx.el.th("Account says", scope="col"),
                rx.el.th("Client says", scope="col"),
            ),
            class_name="vh",
        ),
        rx.el.tbody(rx.foreach(HAND.alarms, _alarm)),
        class_name="flush",
        style={"width": "100%", "marginTop": "6px"},
    )
    return rx.el.div(
        callout(
            "This mapping makes no sense any more",
            listed,
            tone="under",
            icon="alert",
            end=rx.cond(State.may_map, keep, rx.fragment()),
        ),
        style=_BELOW,
    )


def _alarm(alarm: rx.Var[AlarmView]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(alarm.text, scope="row", style=_LEFT),
        rx.el.td(rx.foreach(alarm.left, _piece), style=_LEFT),
        rx.el.td(rx.foreach(alarm.right, _piece), style=_LEFT),
        key=alarm.text,
    )


def _piece(piece: rx.Var[Piece]) -> rx.Component:
    return rx.cond(piece.differs, rx.el.mark(piece.text), rx.el.span(piece.text))


def _nobody() -> rx.Component:
    """It looks like nobody's: one key excludes it with that reason."""
    act = button(
        "Exclude: ",
        HAND.nobody,
        key="e",
        key_label="Exclude it for what it looks like",
        on_click=Rows.exclude_as(HAND.id),
    )
    return rx.el.div(
        callout(
            HAND.looks,
            rx.el.p("Its seats belong to no client. Nothing is chosen in advance.", class_name="muted"),
            icon="alert",
            end=rx.cond(State.may_map, act, rx.fragment()),
        ),
        style=_BELOW,
    )


def _candidate(card: rx.Var[CandidateView]) -> rx.Component:
    is_chosen = State.chosen == card.number
    score = rx.el.span(
        rx.cond(card.badge != "", badge(card.badge, "acc"), rx.fragment()),
        rx.cond(card.below != "", rx.el.span(card.below, class_name="t12 faint nowrap"), rx.fragment()),
        rx.el.span(
            rx.el.i(
                style={
                    "width": card.percent,
                    "background": rx.cond(card.below != "", "var(--ink-2)", "var(--accent)"),
                }
            ),
            class_name="bar thick",
            aria_hidden="true",
        ),
        rx.el.span(card.confidence, class_name="num"),
        class_name="score",
    )
    name = rx.cond(
        State.may_map,
        rx.el.button(
            card.name,
            type="button",
            class_name="plain name clip",
            title=card.name,
            aria_pressed=is_chosen,
            on_click=Rows.choose(card.number),
        ),
        rx.el.span(card.name, class_name="name clip", title=card.name),
    )
    return rx.el.article(
        rx.el.header(
            rx.el.kbd(card.number, aria_hidden="true"),
            name,
            rx.el.span(card.facts, class_name="faint t12 clip", title=card.facts),
            score,
        ),
        reasons_table(rx.fragment("Why ", card.name), "Account says", "Client says", card.reasons),
        class_name=rx.cond(is_chosen, "cand pick", "cand"),
        aria_label=card.label,
    )


def _note() -> rx.Component:
    return rx.el.p(
        rx.cond(HAND.marks, rx.fragment(rx.el.mark("Marked"), " where the two values differ. "), rx.fragment()),
        HAND.below,
        class_name="t12 muted",
        style={"marginTop": "10px"},
    )


def _choose_key(number: int) -> rx.Component:
    """1 to 5 choose, whatever has the focus."""
    return rx.cond(
        State.may_map & (HAND.candidates.length() >= number),
        hotkey(str(number), f"Choose candidate {number}", Rows.choose(number)),
        rx.fragment(),
    )


def _provenance() -> rx.Component:
    return rx.el.div(
        rx.el.h3("Provenance", class_name="sec-h"),
        rx.el.ul(
            rx.foreach(HAND.history, _entry),
            rx.cond(
                HAND.model != "",
                rx.el.li(
                    rx.el.span("Model", class_name="faint"), rx.el.span("Candidates by ", rx.el.b(HAND.model), ".")
                ),
                rx.el.li(rx.el.span(class_name="faint"), rx.el.span("No model has looked at it yet.")),
            ),
            class_name="log",
        ),
        class_name="prov",
    )


def _entry(entry: rx.Var[HistoryView]) -> rx.Component:
    words = rx.fragment(entry.text, rx.cond(entry.note != "", ": " + entry.note, ""))
    return rx.el.li(
        rx.el.time(entry.day, custom_attrs={"dateTime": entry.iso}, title=entry.iso),
        rx.cond(entry.is_undone, rx.el.span(rx.el.s(words, class_name="faint"), " taken back"), rx.el.span(words)),
    )


def _acts() -> rx.Component:
    shape = {"padding": "10px var(--gutter)", "borderTop": "1px solid var(--line-strong)", "flex": "none"}
    viewer = rx.el.div(
        "You can look at the mapping. Operators and above decide it.", class_name="row muted", style=shape
    )
    confirm = rx.cond(
        State.chosen_client > 0,
        button(
            "Confirm ",
            State.chosen,
            kind="primary",
            key="y",
            key_label="Confirm the chosen candidate",
            on_click=Rows.confirm(HAND.id, State.chosen_client),
        ),
        button("Confirm", key="y", disabled=True, title="Choose a candidate first"),
    )
    acts = rx.el.div(
        confirm,
        button("No match", key="n", on_click=Rows.give(HAND.id, "no_match")),
        button("Unsure", key="u", on_click=Rows.give(HAND.id, "unsure")),
        button("Snooze", key="s", title="Returns by itself on a day that you choose", on_click=Rows.ask_day),
        rx.cond(
            HAND.nobody != "",
            button("Exclude", kind="ghost", on_click=Rows.ask_reason),
            button("Exclude", kind="ghost", key="e", on_click=Rows.ask_reason),
        ),
        button("Another client", kind="ghost", icon="search", key="/", class_name="push", on_click=Rows.start_search),
        class_name="row",
        style=shape,
    )
    return rx.cond(State.may_map, acts, viewer)
