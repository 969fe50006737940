"""The markup of a client's invoices and history."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.badges import badge, tag
from rcx_app.ui.components.feedback import empty, problem, skeleton_lines
from rcx_app.ui.components.numbers import currency
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import link, when
from rcx_app.ui.pages.billing.client.past_state import BilledLine, InvoiceLines, PastLine
from rcx_app.ui.pages.billing.client.past_state import ClientPastState as Past

_HISTORY = (
    Column("When", width="150px"),
    Column("What", width="140px"),
    Column("About", width="240px"),
    Column("Happened"),
    Column("Who", width="150px"),
)


def invoices() -> rx.Component:
    """Each invoice as the PSA issued it, with the quantity that its line bills today beside the invoiced one."""
    none = empty(
        "No invoices of this client",
        "The PSA connection reads them where it may, or they come with an imported file.",
        page=True,
    )
    listed = rx.el.div(
        rx.foreach(Past.invoices, lambda row: _invoice(row)),
        load_more(
            Past.invoices.length().to_string() + " of " + Past.invoice_count.to_string() + " invoices",
            Past.older_invoices,
            has_more=Past.more_invoices,
        ),
        class_name="scroll",
        role="region",
        tab_index=0,
        aria_label="Invoices, scrollable",
    )
    return _shown(rx.cond(Past.invoices.length() > 0, listed, none))


def history() -> rx.Component:
    """All that happened to the client, newest first."""
    none = empty("Nothing has happened yet", "Findings, verdicts and changes of lines will stand here.", page=True)
    return _shown(
        table(
            _HISTORY,
            Past.happened,
            lambda row: _happened(row=row, key=row.id),
            caption="What happened, newest first",
            label="History",
            empty=none,
            foot=rx.cond(
                Past.happened.length() > 0,
                load_more(Past.happened.length().to_string() + " shown", Past.earlier, has_more=Past.more_happened),
                rx.fragment(),
            ),
            keep_scroll="client-history",
        )
    )


def _shown(whole: rx.Component) -> rx.Component:
    return rx.cond(
        Past.past_problem != "",
        rx.el.div(problem(Past.past_problem, Past.past_remedy, Past.load), class_name="section grow"),
        rx.cond(Past.is_read, whole, rx.el.div(skeleton_lines(), class_name="section grow")),
    )


def _invoice(row: rx.Var[InvoiceLines]) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(row.number),
            rx.el.span(row.day, class_name="muted"),
            rx.el.span(row.integration, class_name="faint"),
            rx.el.span(rx.el.b(row.total, class_name="num"), currency(row.currency), class_name="push"),
            class_name="head",
        ),
        rx.el.table(
            rx.el.caption("Lines of invoice ", row.number, class_name="vh"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Product", scope="col"),
                    rx.el.th("Invoiced", scope="col", class_name="num"),
                    rx.el.th("Billed today", scope="col", class_name="num"),
                    rx.el.th("Unit", scope="col", class_name="num"),
                    rx.el.th("Amount", scope="col", class_name="num"),
                )
            ),
            rx.el.tbody(rx.foreach(row.lines, _billed)),
            class_name="table flush",
        ),
        class_name="section",
        key=row.id,
    )


def _billed(line: rx.Var[BilledLine]) -> rx.Component:
    now = rx.cond(line.differs, badge(line.now, "acc"), rx.cond(line.now != "", line.now, "none"))
    return rx.el.tr(
        rx.el.th(
            line.product,
            rx.cond(line.code != "", rx.el.span(" ", line.code, class_name="faint"), rx.fragment()),
            scope="row",
        ),
        rx.el.td(line.quantity, class_name="num"),
        rx.el.td(now, class_name=rx.cond(line.now != "", "num", "num faint")),
        rx.el.td(line.price, class_name="num"),
        rx.el.td(line.amount, class_name="num"),
    )


@rx.memo
def _happened(row: rx.Var[PastLine], rest: rx.RestProp) -> rx.Component:
    about = rx.cond(row.href != "", link(row.about, href=row.href, data_enter=""), row.about)
    drawn = row_of(
        cell(when(row.at, shown=row.at_text)),
        cell(tag(row.word, row.icon)),
        head_cell(about, title=row.about),
        cell(row.text, clip=True, title=row.text),
        cell(row.who, clip=True, class_name="muted"),
        row_id=row.id,
    )
    return rx.fragment(drawn, rest)
