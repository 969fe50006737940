"""The overview's markup."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import dot, status
from rcx_app.ui.components.bars import bars
from rcx_app.ui.components.feedback import empty, problem, skeleton, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.numbers import currency
from rcx_app.ui.components.stats import stat, stats
from rcx_app.ui.components.text import link, when
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.match_settings.charts import numbers
from rcx_app.ui.pages.overview.rows import FlagLine, HealthLine, KindRow, StepRow, TopRow
from rcx_app.ui.pages.overview.state import OverviewState as State

VIEW = State.view
_KIND_HEADS = ("Findings", "Under-billed", "Over-billed")


def overview() -> rx.Component:
    return page(
        page_head(
            "Overview",
            rx.cond(VIEW.has_run, _unit(), rx.fragment()),
            sub=VIEW.subtitle,
        ),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section"),
            rx.cond(State.is_loaded, rx.cond(VIEW.has_run, _numbers(), _nothing_yet()), _waiting()),
        ),
        active="overview",
        title="Overview",
        on_jobs_done=State.load,
    )


def _unit() -> rx.Component:
    return rx.el.span(
        "Amounts in ", VIEW.currency, " a month, calculated only. Reconciled ",
        when(VIEW.as_of, shown=VIEW.as_of_text), ".", class_name="t12 muted",
    )  # fmt: skip


def _numbers() -> rx.Component:
    return rx.fragment(
        stats(
            stat(
                "Under-billed", VIEW.under, VIEW.under_detail, code=VIEW.currency, icon="under", tone="under",
                href=addresses.address(addresses.REVIEW, view="under"),
            ),
            stat(
                "Over-billed", VIEW.over, VIEW.over_detail, code=VIEW.currency, icon="over", tone="over",
                href=addresses.address(addresses.REVIEW, view="over"),
            ),
            stat("Open discrepancies", VIEW.open_findings, VIEW.open_detail, href=addresses.REVIEW),
            stat(
                "Unmapped", VIEW.unmapped, VIEW.unmapped_detail, icon="unmapped",
                href=addresses.address(addresses.REVIEW, kind="unmapped"),
            ),
            stat(
                "Clients reconciled",
                rx.fragment(VIEW.reconciled, rx.el.span(" of ", VIEW.clients, class_name="of")),
                icon="check", percent=VIEW.reconciled_percent, href=addresses.BILLING,
                percent_label=VIEW.reconciled + " of " + VIEW.clients,
            ),
            label="Five numbers",
        ),
        rx.el.div(
            rx.el.div(
                _by_month(),
                rx.el.div(
                    _top("Services", VIEW.services, VIEW.services_rest, addresses.SERVICES),
                    _top("Clients", VIEW.top_clients, VIEW.clients_rest, addresses.BILLING),
                    class_name="cols pair",
                ),
                _kinds(),
            ),
            rx.el.div(_next(), _health(), _flags()),
            class_name="cols over-grid rest",
        ),
    )  # fmt: skip


def _by_month() -> rx.Component:
    legend = rx.el.span(
        rx.el.span(rx.el.span(class_name="sw under"), "Under-billed"),
        rx.el.span(rx.el.span(class_name="sw over"), "Over-billed"),
        link("Reports", href=addresses.REPORTS),
        class_name="legend",
    )
    return rx.cond(
        VIEW.has_months,
        section(
            "Impact by month",
            bars(VIEW.months, up="under", down="over", label=VIEW.months_label),
            numbers("Show table", VIEW.months_label, ("Month", "Under-billed", "Over-billed"), VIEW.months_lines),
            rx.el.p(
                "At each month's end; what is approved and not billed yet is in it, what was dismissed is not.",
                class_name="t12 muted",
            ),
            end=legend,
        ),
        rx.fragment(),
    )


def _top(title: str, rows: Any, rest: Any, href: str) -> rx.Component:
    total = rx.el.li(rx.el.span("Net, calculated"), rx.el.span(), rx.el.span(), _amount(VIEW.net), class_name="tot")
    others = rx.el.li(rx.el.span("All others"), rx.el.span(), rx.el.span(), _amount(rest), class_name="faint")
    return section(
        title,
        rx.cond(
            rows.length() > 0,
            rx.el.ul(rx.foreach(rows, _top_row), rx.cond(rest != "", others, rx.fragment()), total, class_name="top5"),
            rx.el.p("No calculated finding is open.", class_name="muted"),
        ),
        end=link("All", href=href, aria_label=f"All {title.lower()}"),
    )


def _top_row(row: rx.Var[TopRow]) -> rx.Component:
    bar = rx.el.span(
        rx.el.i(class_name="under-part", style={"width": row.under_width}),
        rx.el.i(class_name="over-part", style={"width": row.over_width}),
        class_name="bar both",
        aria_hidden="true",
    )
    return rx.el.li(
        link(row.name, href=row.href, class_name="clip", title=row.name),
        rx.el.span(row.detail, class_name="t12 faint clip"),
        bar,
        _amount(row.amount),
        key=row.href,
    )


def _amount(text: Any) -> rx.Component:
    return rx.el.span(text, currency(VIEW.currency), class_name="num")


def _kinds() -> rx.Component:
    heads = [rx.el.th("Kind", scope="col"), *(rx.el.th(text, scope="col", class_name="num") for text in _KIND_HEADS)]
    return section(
        "Findings by kind",
        rx.el.table(
            rx.el.caption("Open findings of each kind, with their money a month", class_name="vh"),
            rx.el.thead(rx.el.tr(*heads)),
            rx.el.tbody(rx.foreach(VIEW.kinds, _kind)),
            class_name="table flush kinds",
        ),
        end="kinds are never added together",
        class_name="kinds-section",
    )


def _kind(row: rx.Var[KindRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            link(icon(row.icon, 14), row.word, href=row.href, class_name="tag"),
            rx.el.span(row.note, class_name="t12 faint"),
            scope="row",
        ),
        rx.el.td(row.findings, class_name="num"),
        rx.el.td(_money(row.under), class_name="num"),
        rx.el.td(_money(row.over), class_name="num"),
        key=row.word,
    )


def _money(text: Any) -> rx.Component:
    return rx.cond(text != "", rx.fragment(text, currency(VIEW.currency)), rx.el.span("none", class_name="faint"))


def _next() -> rx.Component:
    return section(
        "What to do next",
        rx.cond(
            VIEW.steps.length() > 0,
            rx.el.ol(rx.foreach(VIEW.steps, _step), class_name="next"),
            empty(
                "Nothing waits for you",
                "Every account is mapped, every finding is decided, and all data is fresh.",
                link("Look at the reports", href=addresses.REPORTS, class_name="btn"),
            ),
        ),
        end=rx.cond(VIEW.steps.length() > 1, "in this order", ""),
    )


def _step(step: rx.Var[StepRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(step.number, class_name="n"),
        rx.el.div(rx.el.b(step.title), rx.el.span(step.detail)),
        link(step.act, href=step.href, class_name=rx.cond(step.is_main, "btn primary", "btn"), title=step.title),
        key=step.title,
    )


def _health() -> rx.Component:
    return rx.cond(
        VIEW.health.length() > 0,
        section(
            "Integration health",
            rx.el.ul(
                rx.foreach(VIEW.health, _connection),
                rx.cond(VIEW.health_rest != "", rx.el.li(VIEW.health_rest, class_name="faint"), rx.fragment()),
                class_name="lights",
            ),
            end=link("All", href=addresses.INTEGRATIONS, aria_label="All integrations"),
        ),
        rx.fragment(),
    )


def _connection(line: rx.Var[HealthLine]) -> rx.Component:
    fetched = rx.cond(line.at != "", when(line.at, shown=line.at_text), "never")
    return rx.el.li(
        link(line.label, href=line.href, class_name="clip", title=line.label),
        status(line.word, mark=dot(line.tone)),
        rx.el.span(fetched, class_name="faint num"),
        rx.cond(
            line.why != "",
            rx.el.p(
                line.why,
                rx.cond(line.whose != "", rx.fragment(" ", rx.el.b(line.whose, ".")), rx.fragment()),
                rx.cond(line.remedy != "", rx.fragment(" ", line.remedy), rx.fragment()),
                class_name="why",
            ),
            rx.fragment(),
        ),
        key=line.href,
    )


def _flags() -> rx.Component:
    return rx.cond(
        VIEW.flags.length() > 0,
        section(
            "Flags",
            rx.el.ul(rx.foreach(VIEW.flags, _flag), class_name="flags"),
            end="context, not findings",
        ),
        rx.fragment(),
    )


def _flag(line: rx.Var[FlagLine]) -> rx.Component:
    return rx.el.li(icon("flag", 14), line.text, key=line.text)


def _nothing_yet() -> rx.Component:
    """Before the first reconciliation: nothing is connected, or what is has not been read and compared."""
    return rx.cond(VIEW.is_connected, _first_sync(), _not_connected())


def _first_sync() -> rx.Component:
    return rx.fragment(
        empty(
            "Your systems are being read",
            "The first sync takes minutes to hours, depending on the vendor. Accounts are matched as they come in; "
            "once a PSA and a vendor are read, the first comparison runs by itself and its numbers stand here.",
            link("Follow the syncs", href=addresses.INTEGRATIONS, class_name="btn primary"),
            link("Map clients meanwhile", href=addresses.MAPPING, class_name="btn"),
            page=True,
        ),
        _health(),
    )


def _not_connected() -> rx.Component:
    return empty(
        "Nothing is compared yet",
        "Connect your PSA and one vendor, or import an export of the PSA's agreement lines and one of the vendor's "
        "usage. RCX matches the clients, infers the rules and shows here what is billed too little or too much.",
        link(icon("plug", 14), "Connect or import", href=addresses.INTEGRATIONS, class_name="btn primary"),
        page=True,
    )


def _waiting() -> rx.Component:
    bones = [rx.el.div(skeleton("84px"), rx.el.br(), skeleton("120px", "16px")) for _ in range(5)]
    return rx.fragment(
        rx.el.div(*bones, class_name="stats later", aria_hidden="true"),
        rx.el.div(skeleton_lines(8), class_name="section", aria_hidden="true"),
        rx.el.span("Loading", class_name="vh", role="status"),
    )


PAGE = Page(route="/", title="Overview", build=overview, on_load=(State.load,))
