"""The reports' markup: each chart with its table and its files."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.reports.schemas import MONTHS
from rcx_app.ui import addresses
from rcx_app.ui.components.badges import dot, status
from rcx_app.ui.components.bars import bars
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import empty, problem, skeleton, skeleton_lines
from rcx_app.ui.components.filters import filter_bar, filter_menu
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import meter
from rcx_app.ui.components.stats import stat, stats
from rcx_app.ui.components.text import hidden, link, outward, when
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.match_settings.charts import numbers
from rcx_app.ui.pages.reports.rows import Change, Impact, Margin
from rcx_app.ui.pages.reports.state import ReportsState as State

VIEW = State.view
_SPANS = [(each, f"{each} months") for each in MONTHS]


def reports() -> rx.Component:
    return page(
        page_head(
            "Reports",
            rx.cond(VIEW.has_run, _unit(), rx.fragment()),
            sub=VIEW.subtitle,
        ),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, State.clear), class_name="section"),
            rx.cond(State.is_loaded, rx.cond(VIEW.has_run, _all(), _nothing_yet()), _waiting()),
        ),
        active="reports",
        title="Reports",
        on_jobs_done=State.load,
    )


def _unit() -> rx.Component:
    return rx.el.span(
        "Amounts in ", VIEW.currency, " a month, calculated only",
        rx.cond(
            VIEW.display != "", rx.el.span(". Now about ", VIEW.display, title=VIEW.display_of), rx.fragment()
        ),
        class_name="t12 muted",
    )  # fmt: skip


def _all() -> rx.Component:
    return rx.fragment(
        _filters(),
        _numbers(),
        rx.el.div(_by_month(), _recovered(), class_name="cols pair reports"),
        rx.el.div(
            _impacts("Services", "services", VIEW.services, "Service"),
            _impacts("Clients", "clients", VIEW.top_clients, "Client"),
            class_name="cols pair reports",
        ),
        rx.el.div(_coverage(), _margins(), class_name="cols pair reports"),
        _integrations(),
    )


def _filters() -> rx.Component:
    return filter_bar(
        filter_menu("Months", State.asked["months"], _SPANS, _pick("months"), chosen_label=State.months_words),
        filter_menu("Integration", State.asked["integration"], State.integrations, _pick("integration")),
        filter_menu("Currency", State.asked["currency"], State.currencies, _pick("currency")),
        rx.cond(State.is_filtered, button("Clear", kind="ghost", size="tight", on_click=State.clear), rx.fragment()),
        end=[rx.el.span(VIEW.begins, class_name="t12 muted")],
    )


def _pick(name: str) -> Any:
    return lambda value: State.pick(name, value)


def _numbers() -> rx.Component:
    return stats(
        stat(
            "Under-billed now", VIEW.now_under, VIEW.now_detail, code=VIEW.currency, icon="under", tone="under",
            href=addresses.address(addresses.REVIEW, view="under"),
        ),
        stat(
            "Over-billed now", VIEW.now_over, "dismissed findings are left out", code=VIEW.currency, icon="over",
            tone="over", href=addresses.address(addresses.REVIEW, view="over"),
        ),
        stat("Recovered", VIEW.recovered, VIEW.recovered_detail, code=VIEW.currency, icon="check"),
        stat(
            "Approved, not billed yet", VIEW.waiting, VIEW.waiting_detail, code=VIEW.currency,
            href=addresses.address(addresses.REVIEW, view="decided", state="approved"),
        ),
        stat(
            "Clients reconciled",
            rx.fragment(VIEW.reconciled, rx.el.span(" of ", VIEW.clients, class_name="of")),
            icon="check", percent=VIEW.reconciled_percent, href=addresses.BILLING,
            percent_label=VIEW.reconciled + " of " + VIEW.clients,
        ),
        label="Where it stands",
    )  # fmt: skip


def _files(part: str, title: str) -> rx.Component:
    """Downloads of one report, as it is filtered."""
    paths = VIEW.exports[part]
    return rx.el.span(
        icon("download", 14),
        outward("CSV", hidden(f" of {title}"), href=paths.csv),
        outward("Excel", hidden(f" of {title}"), href=paths.xlsx),
        class_name="files",
    )


def _head(part: str, title: str, *legend: tuple[str, str]) -> rx.Component:
    marks = [rx.el.span(rx.el.span(class_name=f"sw {look}"), words) for look, words in legend]
    return rx.el.span(*marks, _files(part, title), class_name="legend")


def _by_month() -> rx.Component:
    title = "Out of line by month"
    heads = ("Month", "Under-billed", "Over-billed", "Net", "Estimated under", "Estimated over")
    return section(
        title,
        rx.cond(
            VIEW.has_impact,
            rx.fragment(
                bars(VIEW.impact, up="under", down="over", label=VIEW.impact_label, half=True),
                numbers("Show table", VIEW.impact_label, heads, VIEW.impact_lines),
            ),
            _no_history(),
        ),
        end=_head("months", title, ("under", "Under-billed"), ("over", "Over-billed")),
    )


def _recovered() -> rx.Component:
    title = "Recovered by month"
    heads = ("Month", "Written by RCX", "Typed in by people", "Corrected in the PSA", "Recovered", "Given back")
    return section(
        title,
        rx.cond(
            VIEW.has_back,
            rx.fragment(
                bars(VIEW.back, up="ok", down="quiet", label=VIEW.back_label, half=True),
                numbers("Show table", VIEW.back_label, heads, VIEW.back_lines),
            ),
            empty(
                "Nothing was put right yet",
                "Have approved findings written, or correct quantities in the PSA: the next sync shows it here.",
                link("Review findings", href=addresses.REVIEW, class_name="btn"),
            ),
        ),
        rx.el.p(
            "What billing was put right by, as money a month from then on: changes that took effect, and findings that "
            "are gone because the PSA's quantity moved towards the count. What went away by itself is not in it.",
            class_name="t12 muted",
        ),
        end=_head("recovered", title, ("ok", "Recovered"), ("quiet", "Given back")),
    )


def _coverage() -> rx.Component:
    title = "Clients reconciled"
    heads = ("Month", "Without a discrepancy", "With discrepancies", "Share")
    return section(
        title,
        rx.cond(
            VIEW.has_coverage,
            rx.fragment(
                bars(VIEW.coverage, up="ok", behind="quiet", label=VIEW.coverage_label, half=True),
                numbers("Show table", VIEW.coverage_label, heads, VIEW.coverage_lines),
            ),
            _no_history(),
        ),
        rx.el.p("Over all integrations and currencies.", class_name="t12 muted"),
        end=_head("coverage", title, ("ok", "Without a discrepancy"), ("quiet", "With")),
    )


def _no_history() -> rx.Component:
    return empty("No month was reconciled yet", "Each month is kept from the first reconciliation on.")


def _impacts(title: str, part: str, rows: Any, one: str) -> rx.Component:
    heads = [
        rx.el.th(one, scope="col"),
        rx.el.th(hidden("Share"), scope="col"),
        *(rx.el.th(head, scope="col", class_name="num") for head in ("Under-billed", "Over-billed", "Net", "Open now")),
    ]
    return section(
        f"{title} by money out of line",
        rx.cond(
            rows.length() > 0,
            rx.el.table(
                rx.el.caption(f"{title} with their months' calculated money, the largest first", class_name="vh"),
                rx.el.thead(rx.el.tr(*heads)),
                rx.el.tbody(rx.foreach(rows, _impact)),
                class_name="table flush impacts",
            ),
            rx.el.p("No calculated finding stood in these months.", class_name="muted"),
        ),
        end=rx.el.span("each month's amount added up", _files(part, title), class_name="legend"),
    )


def _impact(row: rx.Var[Impact]) -> rx.Component:
    bar = rx.el.span(
        rx.el.i(class_name="under-part", style={"width": row.under_width}),
        rx.el.i(class_name="over-part", style={"width": row.over_width}),
        class_name="bar both",
        aria_hidden="true",
    )
    return rx.el.tr(
        rx.el.th(link(row.name, href=row.href, class_name="clip", title=row.name), scope="row"),
        rx.el.td(bar),
        *(rx.el.td(text, class_name="num") for text in (row.under, row.over, row.net, row.findings)),
        key=row.href,
    )


def _margins() -> rx.Component:
    heads = [rx.el.th("Service", scope="col"), rx.el.th(hidden("Share of revenue"), scope="col")]
    heads += [rx.el.th(head, scope="col", class_name="num") for head in ("Revenue", "Cost", "Margin", "Share")]
    return section(
        "Margin where cost is known",
        rx.cond(
            VIEW.margins.length() > 0,
            rx.el.table(
                rx.el.caption("Services by revenue a month, with cost and margin, as billed now", class_name="vh"),
                rx.el.thead(rx.el.tr(*heads)),
                rx.el.tbody(rx.foreach(VIEW.margins, _margin)),
                class_name="table flush impacts",
            ),
            empty(
                "No margin can be told",
                "Margins need lines with a price and a cost. Enter costs in your PSA, or connect one that has them.",
            ),
        ),
        rx.el.p(VIEW.margins_note, class_name="t12 muted"),
        end=_head("margins", "Margin where cost is known"),
    )


def _margin(row: rx.Var[Margin]) -> rx.Component:
    name = rx.el.span(row.name, class_name="clip", title=rx.cond(row.note != "", row.name + ", " + row.note, row.name))
    return rx.el.tr(
        rx.el.th(name, scope="row"),
        rx.el.td(meter(row.percent, tone=row.tone)),
        *(rx.el.td(text, class_name="num") for text in (row.revenue, row.cost, row.margin, row.share)),
        key=row.name,
    )


def _integrations() -> rx.Component:
    return section(
        "Integrations",
        rx.el.p(VIEW.health, ". ", link("Open integrations", href=addresses.INTEGRATIONS), class_name="muted"),
        rx.cond(
            VIEW.changes.length() > 0,
            rx.el.table(
                rx.el.caption("How integrations did, newest first", class_name="vh"),
                rx.el.thead(
                    rx.el.tr(*(rx.el.th(head, scope="col") for head in ("Integration", "Became", "When", "Why")))
                ),
                rx.el.tbody(rx.foreach(VIEW.changes, _change)),
                class_name="table flush alarms",
            ),
            rx.el.p("Nothing has changed with any integration so far.", class_name="muted"),
        ),
        end=_head("health", "Integrations"),
    )


def _change(row: rx.Var[Change]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(link(row.label, href=row.href), scope="row"),
        rx.el.td(status(row.word, mark=dot(row.tone))),
        rx.el.td(when(row.at, shown=row.at_text), class_name="muted"),
        rx.el.td(row.why, class_name="muted"),
        key=row.href + row.at,
    )


def _nothing_yet() -> rx.Component:
    return empty(
        "There is nothing to report yet",
        "Reports are made of reconciliations: connect your PSA and a vendor, or import their files, and the first "
        "month is kept.",
        link(icon("plug", 14), "Connect", href=addresses.INTEGRATIONS, class_name="btn primary"),
        page=True,
    )


def _waiting() -> rx.Component:
    bones = [rx.el.div(skeleton("84px"), rx.el.br(), skeleton("120px", "16px")) for _ in range(5)]
    return rx.fragment(
        rx.el.div(*bones, class_name="stats later", aria_hidden="true"),
        rx.el.div(skeleton_lines(8), class_name="section", aria_hidden="true"),
        rx.el.span("Loading", class_name="vh", role="status"),
    )


PAGE = Page(route=addresses.REPORTS, title="Reports", build=reports, on_load=(State.load,))
