"""What stands at the top of the three groupings alike: the title, the segments and the sums."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.feedback import empty, job_bar
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import amount, sparkline
from rcx_app.ui.components.tabs import Tab, segments
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.layout import page_head
from rcx_app.ui.pages.billing.texts import SumLine
from rcx_app.ui.shell import ShellState

CRUMB = ("Billing & invoices", addresses.BILLING)


def billing_head(grouping: str, *end: Any) -> rx.Component:
    """The title line. `grouping`: clients | services | queue | flagged."""
    groupings = (
        ("clients", "By client", addresses.BILLING),
        ("services", "By service", addresses.BY_SERVICE),
        ("queue", "Queue", addresses.REVIEW),
        ("flagged", "Flagged", addresses.FLAGGED),
    )
    return page_head(
        "Billing & invoices",
        *end,
        beside=segments(
            *(Tab(words, href, name == grouping) for name, words, href in groupings), label="How findings are grouped"
        ),
    )


def open_sums(sums: Any, display: Any = "", display_of: Any = "") -> rx.Component:
    """ "Open, calculated, a month: +3,846.50 −1,120.75 USD", and so on for each further currency.

    `display` is all of it in the display currency, `display_of` by which rates.
    """
    shown = rx.cond(display != "", rx.el.span("in all ", display, title=display_of, class_name="faint"), rx.fragment())
    return rx.cond(
        sums.length() > 0,
        rx.el.div(rx.el.span("Open, calculated, a month:"), rx.foreach(sums, _sum), shown, class_name="open-sums"),
        rx.fragment(),
    )


def trend_of(row: Any, direction: Any = None) -> rx.Component:
    """A row's sparkline with its words; a dash where there is no month before."""
    drawn = sparkline(
        row.trend, row.trend_due, row.trend_x, row.trend_y, direction=row.direction if direction is None else direction
    )
    none = rx.el.span("\N{EN DASH}", aria_hidden="true", class_name="faint")
    return rx.fragment(rx.cond(row.trend != "", drawn, none), hidden(row.trend_said))


def _sum(line: rx.Var[SumLine]) -> rx.Component:
    return rx.el.span(
        amount(line.under, direction="under"), " ", amount(line.over, direction="over"), " ", line.currency,
        key=line.currency,
    )  # fmt: skip


def nothing_compared() -> rx.Component:
    """There was no run yet: what is under way, or how to begin."""
    running = rx.el.div(
        rx.el.b("Still reconciling"),
        rx.el.span("The findings appear here by themselves as soon as this is done."),
        rx.foreach(
            ShellState.jobs,
            lambda job: rx.el.div(job_bar(job.title, job.detail, done=job.done, total=job.total), key=job.id),
        ),
        class_name="empty page wide",
        role="status",
    )
    nothing = empty(
        "Nothing is compared yet",
        "Import one export of your PSA's agreement lines and one of a vendor's usage. RCX matches the clients, infers "
        "the rules and lists here what is billed too little or too much.",
        link(icon("upload", 14), "Import files", href=addresses.INTEGRATIONS, class_name="btn primary"),
        page=True,
    )
    return rx.cond(ShellState.jobs.length() > 0, running, nothing)
