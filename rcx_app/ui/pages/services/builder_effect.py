"""What a draft comes to: the live numbers, findings before and after, the seats behind it, and the back-test."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.stats import stat
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.pages.services.builder_state import BuilderState as State
from rcx_app.ui.pages.services.effect import ChangeLine, MonthLine
from rcx_app.ui.pages.services.hand_rows import Number, SeatLine
from rcx_app.ui.pages.services.marks import state


def effect() -> rx.Component:
    """Everything under the form."""
    return rx.fragment(
        rx.cond(State.effect.is_known, _known(), rx.fragment()),
        rx.cond(State.tested.is_known, _tested(), rx.fragment()),
    )


def _known() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.foreach(State.effect.numbers, _number),
            class_name=rx.cond(State.is_valid, "stats small", "stats small faint"),
            role="group",
            aria_label="Live preview",
            aria_busy=State.looking,
            style={"borderTop": "1px solid var(--line)"},
        ),
        _changes(),
        rx.cond(State.effect.flags.length() > 0, _flags(), rx.fragment()),
        _seats(),
    )


def _number(number: rx.Var[Number]) -> rx.Component:
    return stat(number.name, rx.el.span(number.value, class_name=number.tone), number.detail)


def _changes() -> rx.Component:
    heads = (("Client", ""), ("Finding", ""), ("Before", "num"), ("After", "num"), ("A month", "num"), ("", ""))
    listed = rx.el.table(
        rx.el.caption("Findings that would appear, vanish or change", class_name="vh"),
        rx.el.colgroup(
            rx.el.col(), rx.el.col(), *(rx.el.col(custom_attrs={"width": each}) for each in ("64", "64", "112", "100"))
        ),
        rx.el.thead(
            rx.el.tr(*(rx.el.th(word or hidden("What happens"), scope="col", class_name=look) for word, look in heads))
        ),
        rx.el.tbody(rx.foreach(State.effect.changes, _change)),
        class_name="table fixed flush slim",
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Findings that would change"),
            rx.el.span(State.effect.changes_note, class_name="push t12 muted"),
            class_name="head",
        ),
        rx.cond(
            State.effect.changes.length() > 0, listed, rx.el.p("No finding would change today.", class_name="muted")
        ),
        class_name="section",
    )


def _change(line: rx.Var[ChangeLine]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(link(line.client, href=line.href), scope="row", class_name="c", title=line.client),
        rx.el.td(line.what, class_name="c muted", title=line.what),
        rx.el.td(rx.cond(line.before != "", line.before, hidden("none")), class_name="num"),
        rx.el.td(rx.cond(line.after != "", line.after, hidden("none")), class_name="num"),
        rx.el.td(rx.cond(line.money != "", line.money, hidden("no money")), class_name="num"),
        rx.el.td(
            state(line.word, line.tone, line.icon),
            rx.cond(line.not_ready != "", rx.el.span("not ready", class_name="second in under"), rx.fragment()),
            title=line.not_ready,
        ),
        key=line.id,
    )


def _flags() -> rx.Component:
    listed = rx.el.table(
        rx.el.caption("Flags that would appear or vanish", class_name="vh"),
        rx.el.colgroup(rx.el.col(custom_attrs={"width": "180"}), rx.el.col(), rx.el.col(custom_attrs={"width": "100"})),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Client", scope="col"),
                rx.el.th("What is said", scope="col"),
                rx.el.th(hidden("What happens"), scope="col"),
            )
        ),
        rx.el.tbody(rx.foreach(State.effect.flags, _flag)),
        class_name="table fixed flush slim",
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Flags that would change"),
            rx.el.span(State.effect.flags_note, class_name="push t12 muted"),
            class_name="head",
        ),
        listed,
        class_name="section",
    )


def _flag(line: rx.Var[ChangeLine]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(link(line.client, href=line.href), scope="row", class_name="c", title=line.client),
        rx.el.td(line.what, class_name="whole-text muted"),
        rx.el.td(state(line.word, line.tone, line.icon)),
        key=line.id,
    )


def _seats() -> rx.Component:
    heads = ("Seat", "What it is", "Client", "Last seen")
    listed = rx.el.table(
        rx.el.caption("Seats that the draft counts, the newest of each client", class_name="vh"),
        rx.el.colgroup(rx.el.col(), rx.el.col(), rx.el.col(), rx.el.col(custom_attrs={"width": "104"})),
        rx.el.thead(rx.el.tr(*(rx.el.th(word, scope="col") for word in heads))),
        rx.el.tbody(rx.foreach(State.effect.seats, _seat)),
        class_name="table fixed flush slim",
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Evidence"), rx.el.span(State.effect.seats_note, class_name="push t12 muted"), class_name="head"
        ),
        rx.cond(
            State.effect.seats.length() > 0,
            listed,
            rx.el.p("It counts no seat of a mapped account today.", class_name="muted"),
        ),
        class_name="section",
    )


def _seat(line: rx.Var[SeatLine]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(line.name, scope="row", class_name="c", title=line.name),
        rx.el.td(line.what, class_name="c muted", title=line.what),
        rx.el.td(line.client, class_name="c", title=line.client),
        rx.el.td(rx.cond(line.seen != "", line.seen, hidden("not told")), title=line.seen_iso),
    )


def _tested() -> rx.Component:
    view = State.tested
    chart = rx.el.svg(
        rx.el.path(d="M8 76.5H572", class_name="g"),
        rx.el.path(d=view.billed, class_name="ln n"),
        rx.el.path(d=view.expected, class_name="ln a"),
        rx.el.circle(cx=view.last_x, cy=view.last_billed, r="2.5", fill="var(--ink-1)"),
        rx.el.circle(cx=view.last_x, cy=view.last_expected, r="2.5", fill="var(--accent)"),
        rx.foreach(
            view.months,
            lambda month: rx.el.text(month.label, x=month.x, y="92", text_anchor="middle", key=month.id),
        ),
        view_box="0 0 600 96",
        role="img",
        aria_label=view.summary,
        class_name="chart",
        style={"maxWidth": "600px"},
    )
    heads = (("Month's end", ""), ("Billed", "num"), ("Expected", "num"), ("Difference", "num"), ("Clients", "num"))
    table = rx.el.table(
        rx.el.caption("The back-test by month", class_name="vh"),
        rx.el.thead(
            rx.el.tr(
                *(rx.el.th(word, scope="col", class_name=look) for word, look in heads),
                rx.el.th("A month", scope="col", class_name="num"),
            )
        ),
        rx.el.tbody(rx.foreach(view.months, _month)),
        class_name="table flush slim",
    )
    legend = rx.el.span(
        rx.el.span(rx.el.span(class_name="sw line n"), "Billed"),
        rx.el.span(rx.el.span(class_name="sw line a"), "Draft"),
        class_name="push legend",
    )
    return rx.el.section(
        rx.el.div(rx.el.h3("Back-test of the draft"), legend, class_name="head"),
        rx.cond(view.months.length() > 1, chart, rx.fragment()),
        rx.cond(view.months.length() > 0, table, rx.fragment()),
        rx.el.ul(
            rx.foreach(view.notes, lambda note: rx.el.li(note)), class_name="t12 muted", style={"marginTop": "8px"}
        ),
        class_name="section",
        aria_label="Back-test",
    )


def _month(month: rx.Var[MonthLine]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(month.day, scope="row"),
        rx.el.td(month.billed, class_name="num"),
        rx.el.td(month.expected, class_name="num"),
        rx.el.td(month.delta, class_name="num"),
        rx.el.td(month.differing, class_name="num"),
        rx.el.td(month.money, class_name="num"),
        key=month.id,
    )
