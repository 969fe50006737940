"""The import of one file: what was recognised, its columns, a preview with the problems marked, and its result."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge, status
from rcx_app.ui.components.controls import button, choice, field, select, text_input
from rcx_app.ui.components.feedback import callout, job_bar, problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.panel import pane, split
from rcx_app.ui.components.text import hidden, link, outward
from rcx_app.ui.layout import page_head, section
from rcx_app.ui.pages.integrations.wizard_panel import outlook
from rcx_app.ui.pages.integrations.wizard_rows import (
    ColumnRow,
    PreviewCell,
    PreviewLine,
    ProblemRow,
    ResultRow,
)
from rcx_app.ui.pages.integrations.wizard_state import ImportRowsState as Rows
from rcx_app.ui.pages.integrations.wizard_state import ImportState as State

_DATE_ORDERS = (("auto", "As the file shows"), ("dmy", "Day, month, year"), ("mdy", "Month, day, year"),
                ("ymd", "Year, month, day"))  # fmt: skip
_DECIMALS = (("auto", "As the file shows"), ("point", "1,234.50"), ("comma", "1.234,50"))
_ACCOUNTS = (
    ("column", "A column of the file"),
    ("constant", "One account for the whole file"),
    ("upn_domain", "The domain of the user name"),
)
_WRAP = {"overflowX": "auto", "margin": "0 calc(var(--gutter) * -1)"}


def wizard() -> rx.Component:
    return rx.cond(
        State.problem != "",
        pane(
            page_head("Import", link("Back to integrations", href=addresses.INTEGRATIONS, class_name="btn")),
            rx.el.div(problem(State.problem, State.remedy, Rows.reload), class_name="section grow"),
            label="Import",
        ),
        split(_main(), outlook()),
    )


def _main() -> rx.Component:
    head = State.head
    return pane(
        page_head(
            rx.cond(State.is_loaded, head.filename, "Import"),
            beside=rx.cond(head.recognised != "", badge(head.recognised, "acc"), rx.fragment()),
            sub=head.detail,
        ),
        rx.cond(State.is_checking, rx.el.div(_job(), style={"padding": "0 var(--gutter) 8px"}), rx.fragment()),
        rx.el.div(
            rx.match(
                head.stage,
                ("done", _result()),
                ("failed", _failed()),
                rx.cond(head.has_guess, _settling(), rx.el.div(skeleton_lines(5), class_name="section")),
            ),
            class_name="scroll",
            role="region",
            tab_index=0,
            aria_label="The import, scrollable",
        ),
        label="Import",
    )


def _job() -> rx.Component:
    """What is under way for this file; it goes on when the page is left."""
    return job_bar(
        State.job_title,
        State.job_detail,
        done=State.job_done,
        total=State.job_total,
        on_stop=Rows.stop,
        stoppable=State.may_import,
    )


def _settling() -> rx.Component:
    return rx.fragment(
        section("How it is read", _reading(), class_name="stack"),
        section("Columns", _columns(), end=State.head.columns_used),
        section("Preview", _preview(), end="First rows, and rows with problems"),
        rx.cond(State.verdict.problem_count > 0, _problems(), rx.fragment()),
    )


def _grid(*children: Any) -> rx.Component:
    return rx.el.div(
        *children,
        style={"display": "grid", "gridTemplateColumns": "repeat(auto-fill, minmax(220px, 1fr))", "gap": "12px 16px"},
    )


def _fixed() -> Any:
    return ~State.may_import | (State.head.stage == "importing")


def _reading() -> rx.Component:
    head, options = State.head, State.options
    shape = select(State.shapes, head.shape, Rows.set_shape, label="Format", id="shape", disabled=_fixed())
    sheet = select(head.sheets, head.sheet, Rows.set_sheet, label="Sheet", id="sheet", disabled=_fixed())
    header = _text("header_row", head.header_row, Rows.set_header_row, input_mode="numeric")
    dates = select(
        _DATE_ORDERS, options.date_order, lambda value: Rows.set_option("date_order", value), label="Dates", id="dates",
        disabled=_fixed(),
    )  # fmt: skip
    decimal = select(
        _DECIMALS, options.decimal, lambda value: Rows.set_option("decimal", value), label="Numbers", id="numbers",
        disabled=_fixed(),
    )  # fmt: skip
    currency = _text("currency", options.currency, lambda text: Rows.set_option("currency", text), max_length=3)
    as_of = _text("as_of", options.as_of, lambda text: Rows.set_option("as_of", text), type="date")
    psa = rx.cond(
        head.side == "PSA", field("Currency where none is given", currency, field_id="currency"), rx.fragment()
    )
    return rx.fragment(
        rx.cond(State.wrong != "", callout("This can't be kept", rx.el.p(State.wrong), tone="fail", alert=True)),
        _grid(
            field("Format", shape, field_id="shape"),
            rx.cond(head.sheets.length() > 1, field("Sheet", sheet, field_id="sheet"), rx.fragment()),
            field("Header row", header, field_id="header_row"),
            _target(),
            field("Dates", dates, field_id="dates"),
            field("Numbers", decimal, field_id="numbers"),
            field("As-of date", as_of, field_id="as_of"),
            psa,
            rx.cond(head.side == "Usage", _account(), rx.fragment()),
        ),
        rx.cond(head.side == "Usage", _switches(), rx.fragment()),
    )


def _text(name: str, value: Any, on_blur: Any, **props: Any) -> rx.Component:
    """A field that is kept when it is left; drawn anew when its value changes elsewhere."""
    drawn = text_input(id=name, default_value=value, on_blur=on_blur, disabled=_fixed(), **props)
    return rx.fragment(drawn, key=name + "-" + value)


def _target() -> rx.Component:
    """Where the file goes: a connection that is there, or the name of a new one."""
    head = State.head
    which = select(State.targets, head.target, Rows.set_target, label="Connection", id="target", disabled=_fixed())
    name = _text("new_label", head.label, Rows.set_label, placeholder="NinjaOne", max_length=80)
    return rx.cond(
        head.has_target,
        rx.fragment(
            field("Connection", which, field_id="target"),
            rx.cond(
                State.is_new_target, field("Name of the new connection", name, field_id="new_label"), rx.fragment()
            ),
        ),
        rx.fragment(),
    )


def _account() -> rx.Component:
    options = State.options
    origin = select(
        _ACCOUNTS, options.account_from, lambda value: Rows.set_option("account_from", value), label="Account from",
        id="account_from", disabled=_fixed(),
    )  # fmt: skip
    name = _text("account_name", options.account_name, lambda text: Rows.set_option("account_name", text))
    return rx.fragment(
        field("Account from", origin, field_id="account_from"),
        rx.cond(options.account_from == "constant", field("Account", name, field_id="account_name"), rx.fragment()),
    )


def _switches() -> rx.Component:
    options = State.options
    return rx.el.div(
        choice(
            "Sum by SKU: one count for each account and SKU instead of named seats",
            options.sum_by_sku,
            lambda value: Rows.set_switch("sum_by_sku", value),
            disabled=_fixed(),
        ),
        rx.cond(
            State.head.shape == "m365_users",
            choice(
                "Keep users without a licence",
                options.keep_unlicensed,
                lambda value: Rows.set_switch("keep_unlicensed", value),
                disabled=_fixed(),
            ),
            rx.fragment(),
        ),
        class_name="stack",
        style={"marginTop": "8px"},
    )


def _columns() -> rx.Component:
    heads = (("Column", "22%"), ("Holds", ""), ("Feeds", "260px"), ("Confidence", "96px"))
    return rx.el.div(
        rx.el.table(
            rx.el.caption("Columns of the file and what they feed", class_name="vh"),
            rx.el.colgroup(*(rx.el.col(style={"width": width} if width else {}) for _, width in heads)),
            rx.el.thead(rx.el.tr(*(rx.el.th(words, scope="col") for words, _ in heads))),
            rx.el.tbody(rx.foreach(Rows.columns, _column)),
            class_name="table fixed",
        ),
        style=_WRAP,
    )


def _column(row: rx.Var[ColumnRow]) -> rx.Component:
    return column_row(row=row, fields=State.fields, is_fixed=_fixed(), key=row.header)


@rx.memo
def column_row(
    row: rx.Var[ColumnRow], fields: rx.Var[list[Any]], is_fixed: rx.Var[bool], rest: rx.RestProp
) -> rx.Component:
    feeds = rx.el.select(
        rx.foreach(fields.to(list[dict[str, str]]), lambda item: rx.el.option(item["label"], value=item["value"])),
        value=row.field,
        on_change=lambda value: Rows.set_column(row.header, value),
        aria_label="What the column " + row.header + " feeds",
        class_name="input",
        disabled=is_fixed,
        style={"width": "100%"},
    )
    return rx.el.tr(
        rx.el.th(row.header, scope="row", class_name="c", title=row.header),
        rx.el.td(row.samples, class_name="c muted", title=row.samples),
        rx.el.td(feeds),
        rx.el.td(
            rx.cond(row.confidence != "", status(row.confidence, tone=row.tone), hidden("attribute")),
            title=row.reason,
        ),
        rest,
    )


def _preview() -> rx.Component:
    more = button("Show more", size="tight", on_click=Rows.more_preview)
    return rx.el.div(
        rx.el.div(
            rx.el.table(
                rx.el.caption("Rows of the file; cells with a problem are marked", class_name="vh"),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th("Row", scope="col", class_name="num", style={"width": "64px"}),
                        rx.foreach(Rows.preview_headers, lambda text: rx.el.th(text, scope="col")),
                    )
                ),
                rx.el.tbody(rx.foreach(Rows.preview, _line)),
                class_name="table",
            ),
            style=_WRAP,
            role="region",
            tab_index=0,
            aria_label="Preview, scrollable",
        ),
        rx.cond(State.is_loaded & (Rows.next_offset > 0), more, rx.fragment()),
        class_name="stack",
    )


def _line(row: rx.Var[PreviewLine]) -> rx.Component:
    mark = rx.cond(row.tone != "", rx.el.span(icon("alert", 12), hidden(row.message), class_name=row.tone))
    return rx.el.tr(
        rx.el.th(mark, " ", row.row, scope="row", class_name="num faint", title=row.message),
        rx.foreach(row.cells, _cell),
        key=row.row,
    )


def _cell(cell: rx.Var[PreviewCell]) -> rx.Component:
    mark = rx.fragment(icon("alert", 12), " ", hidden(cell.message + " "))
    return rx.el.td(
        rx.cond(cell.tone != "", mark, rx.fragment()),
        cell.text,
        class_name="nowrap " + cell.tone,
        title=rx.cond(cell.message != "", cell.message, cell.text),
        style={
            "maxWidth": "220px",
            "overflow": "hidden",
            "textOverflow": "ellipsis",
            "background": rx.match(cell.tone, ("fail", "var(--fail-bg)"), ("under", "var(--under-bg)"), "transparent"),
        },
    )


def _problems() -> rx.Component:
    verdict = State.verdict
    download = rx.cond(
        verdict.problem_file != "",
        outward("Download all ", verdict.problem_count, href="/exports/" + verdict.problem_file, download=""),
        rx.fragment(),
    )
    heads = (("Row", "72px"), ("Column", "16%"), ("Value", "18%"), ("What is wrong, and what to do", ""))
    return section(
        "Problems",
        rx.el.div(
            rx.el.table(
                rx.el.caption("Problems in the file's order", class_name="vh"),
                rx.el.colgroup(*(rx.el.col(style={"width": width} if width else {}) for _, width in heads)),
                rx.el.thead(rx.el.tr(*(rx.el.th(words, scope="col") for words, _ in heads))),
                rx.el.tbody(rx.foreach(Rows.problems, _problem)),
                class_name="table fixed",
            ),
            style=_WRAP,
        ),
        rx.cond(Rows.problems_left, button("Show more", size="tight", on_click=Rows.more_problems), rx.fragment()),
        end=download,
    )


def _problem(row: rx.Var[ProblemRow]) -> rx.Component:
    tone = rx.cond(row.is_error, "fail", "under")
    word = rx.cond(row.is_error, "Error", "Warning")
    return rx.el.tr(
        rx.el.th(rx.el.span(icon("alert", 12), hidden(word), class_name=tone), " ", row.place, scope="row"),
        rx.el.td(row.column, class_name="c", title=row.column),
        rx.el.td(row.value, class_name="c", title=row.value),
        rx.el.td(row.message, " ", rx.el.span(row.remedy, class_name="muted"), style={"padding": "6px"}),
        key=row.id,
    )


def _failed() -> rx.Component:
    return rx.el.div(
        callout("This file can't be read", rx.el.p(State.head.error), tone="fail", alert=True), class_name="section"
    )


def _result() -> rx.Component:
    heads = ("Records", "Read", "Added", "Changed", "Unchanged", "Gone")
    counts = rx.el.table(
        rx.el.caption("What became of the file's records", class_name="vh"),
        rx.el.thead(
            rx.el.tr(*(rx.el.th(words, scope="col", class_name="num" if at else "") for at, words in enumerate(heads)))
        ),
        rx.el.tbody(rx.foreach(Rows.results, _result_row)),
        class_name="table",
    )
    return rx.fragment(
        section("Result", rx.el.p(status(State.said, tone="ok", icon="ok"), role="status")),
        rx.cond(Rows.results.length() > 0, rx.el.div(counts), rx.fragment()),
        rx.cond(State.verdict.problem_count > 0, _problems(), rx.fragment()),
    )


def _result_row(row: rx.Var[ResultRow]) -> rx.Component:
    numbers = (row.read, row.added, row.changed, row.unchanged, row.removed)
    return rx.el.tr(
        rx.el.th(row.stream, " ", rx.el.span(row.connection, class_name="faint"), scope="row"),
        *(rx.el.td(number, class_name="num") for number in numbers),
        key=row.id,
    )
