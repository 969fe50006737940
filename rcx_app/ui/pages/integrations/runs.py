"""The runs over a connection: one in full, and the list to choose another from."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.badges import dot, status
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout
from rcx_app.ui.components.panel import panel_section
from rcx_app.ui.components.text import link, when
from rcx_app.ui.pages.integrations.run_rows import FailureRow, RunRow, StreamLine
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState as Rows
from rcx_app.ui.pages.integrations.state import IntegrationsState as State

_HEADS = ("Records", "Read", "Added", "Changed", "Gone")


def runs() -> rx.Component:
    none = panel_section("Runs", rx.el.p("Nothing has run yet.", class_name="muted"))
    return rx.cond(Rows.runs.length() > 0, rx.fragment(_chosen(), panel_section("Runs", _list())), none)


def _chosen() -> rx.Component:
    """The chosen run by stream, with its remarks and failures; the latest where none was chosen."""
    run = State.run
    counts = rx.el.table(
        rx.el.caption("What the run did, by kind of record", class_name="vh"),
        rx.el.thead(
            rx.el.tr(*(rx.el.th(word, scope="col", class_name="num" if at else "") for at, word in enumerate(_HEADS)))
        ),
        rx.el.tbody(rx.foreach(run.lines, _line)),
        class_name="table flush slim",
    )
    return panel_section(
        "Run of " + run.title,
        rx.el.p(status(run.result, mark=dot(run.tone)), " ", rx.el.span(run.mode, class_name="muted")),
        rx.cond(State.is_run_told, rx.fragment(), rx.el.div(rx.foreach(run.failures, _failure), class_name="stack")),
        rx.cond(run.error != "", rx.el.p(run.error, class_name="muted"), rx.fragment()),
        rx.cond(run.again != "", rx.el.p(run.again, class_name="muted"), rx.fragment()),
        rx.cond(run.lines.length() > 0, counts, rx.fragment()),
        rx.cond(
            run.notes.length() > 0,
            rx.el.div(
                rx.el.h4("Remarks", class_name="sec-h", style={"marginTop": "10px"}),
                rx.el.ul(rx.foreach(run.notes, lambda text: rx.el.li(text)), class_name="how muted"),
            ),
            rx.fragment(),
        ),
    )


def _line(row: rx.Var[StreamLine]) -> rx.Component:
    numbers = (row.read, row.added, row.changed, row.removed)
    return rx.el.tr(
        rx.el.th(row.name, scope="row"), *(rx.el.td(each, class_name="num") for each in numbers), key=row.name
    )


def _failure(row: rx.Var[FailureRow]) -> rx.Component:
    return callout(
        row.message,
        rx.cond(row.what != "", rx.el.p("Stayed as it was: ", row.what, "."), rx.fragment()),
        rx.el.p(rx.cond(row.whose != "", rx.el.b(row.whose, ". "), rx.fragment()), row.remedy),
        tone="fail",
    )


def _list() -> rx.Component:
    heads = (("Started", ""), ("Result", ""), ("Took", "num"), ("Rows", "num"))
    return rx.fragment(
        rx.el.table(
            rx.el.caption("Runs, latest first", class_name="vh"),
            rx.el.thead(rx.el.tr(*(rx.el.th(word, scope="col", class_name=look) for word, look in heads))),
            rx.el.tbody(rx.foreach(Rows.runs, _run)),
            class_name="table flush",
        ),
        rx.cond(State.has_more_runs, button("Show more", size="tight", on_click=Rows.more_runs), rx.fragment()),
    )


def _run(row: rx.Var[RunRow]) -> rx.Component:
    started = link(when(row.at_iso, shown=row.at), href=row.href, title="Show this run",
                   aria_current=rx.cond(row.id == State.run.id, "true", None))  # fmt: skip
    return rx.el.tr(
        rx.el.th(started, scope="row"),
        rx.el.td(status(row.result, mark=dot(row.tone)), rx.el.span(row.changes, class_name="second")),
        rx.el.td(row.took, class_name="num"),
        rx.el.td(row.rows, class_name="num"),
        class_name="tall",
        key=row.id,
    )
