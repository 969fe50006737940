"""The markup of a client's page: its head, numbers and tabs, each of which has a module of its own."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.feedback import problem, skeleton, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.panel import pane, split
from rcx_app.ui.components.stats import stat, stats
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link
from rcx_app.ui.layout import page
from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing.client import past
from rcx_app.ui.pages.billing.client.past_state import ClientPastState as Past
from rcx_app.ui.pages.billing.client.seats import integrations, seats
from rcx_app.ui.pages.billing.client.services import services
from rcx_app.ui.pages.billing.client.state import ClientSeatsState as Seats
from rcx_app.ui.pages.billing.client.state import ClientState as State
from rcx_app.ui.pages.billing.finding.dialogs import finding_dialogs
from rcx_app.ui.pages.billing.finding.foot import list_foot
from rcx_app.ui.pages.billing.finding.panel import finding_panel
from rcx_app.ui.pages.billing.finding.rows import Fact
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.pages.billing.finding.watching import watched
from rcx_app.ui.pages.billing.head import CRUMB

VIEW = State.view


def client() -> rx.Component:
    failed = rx.el.div(
        rx.el.h1("Client", class_name="vh"),
        problem(State.problem, State.remedy),
        rx.el.p(link("All clients", href=addresses.BILLING)),
        class_name="section stack",
    )
    return page(
        split(
            pane(
                rx.cond(State.problem != "", failed, rx.cond(State.is_loaded, _whole(), _waiting())),
                list_foot(),
                label="Client",
            ),
            finding_panel(steps=True),
            open_var=FindingState.open_id != "",
            look="client billing",
        ),
        finding_dialogs(),
        watched(FindingState.look),
        active="billing",
        title=rx.cond(VIEW.name != "", VIEW.name, "Client"),
        crumbs=(CRUMB, ("Clients", addresses.BILLING)),
        two_pane=True,
        on_jobs_done=Seats.load,
    )


def _whole() -> rx.Component:
    return rx.fragment(
        _head(),
        _numbers(),
        tabs(
            Tab("Services", State.base, State.tab == "services", VIEW.lines.length()),
            Tab("Seats", State.base + "?tab=seats", State.tab == "seats", VIEW.seats.value),
            Tab(
                "Integrations", State.base + "?tab=integrations", State.tab == "integrations",
                VIEW.integrations.length(),
            ),
            Tab("Invoices", State.base + "?tab=invoices", State.tab == "invoices", Past.invoice_count),
            Tab("History", State.base + "?tab=history", State.tab == "history"),
            label="Client",
        ),
        rx.match(
            State.tab, ("seats", seats()), ("integrations", integrations()), ("invoices", past.invoices()),
            ("history", past.history()), services(),
        ),
    )  # fmt: skip


def _head() -> rx.Component:
    review = link("Review ", VIEW.open_findings, " open", href=VIEW.review_href, class_name="btn primary")
    return rx.el.div(
        rx.el.div(
            rx.el.h1(VIEW.name),
            rx.el.dl(rx.foreach(VIEW.facts, _fact), class_name="facts"),
        ),
        rx.el.span(class_name="push"),
        rx.el.a(icon("download", 14), "Export", href=VIEW.export_href, class_name="btn", title="The findings, as CSV"),
        rx.cond(VIEW.open_findings > 0, review, rx.fragment()),
        class_name="page-head client-head",
    )  # fmt: skip


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(rx.el.dt(fact.name), rx.el.dd(fact.value, title=fact.value), key=fact.name)


def _numbers() -> rx.Component:
    under = VIEW.review_href + "&view=under"
    over = VIEW.review_href + "&view=over"
    return stats(
        stat("Billed a month", VIEW.billed.value, VIEW.billed.detail, code=VIEW.billed.currency, href=State.base),
        stat("Seats counted", VIEW.seats.value, VIEW.seats.detail, href=State.base + "?tab=seats"),
        stat(
            "Under-billed", VIEW.under.value, VIEW.under.detail, code=VIEW.under.currency, icon="under", tone="under",
            href=under,
        ),
        stat(
            "Over-billed", VIEW.over.value, VIEW.over.detail, code=VIEW.over.currency, icon="over", tone="over",
            href=over,
        ),
        stat("Open findings", VIEW.findings.value, VIEW.findings.detail, href=VIEW.review_href),
        label="Client numbers",
        small=True,
    )  # fmt: skip


def _waiting() -> rx.Component:
    bones = [rx.el.div(skeleton("84px"), rx.el.br(), skeleton("120px", "16px")) for _ in range(5)]
    return rx.fragment(
        rx.el.div(skeleton("240px", "18px"), class_name="page-head later", aria_hidden="true"),
        rx.el.div(*bones, class_name="stats small later", aria_hidden="true"),
        rx.el.div(skeleton_lines(8), class_name="section", aria_hidden="true"),
        rx.el.span("Loading", class_name="vh", role="status"),
    )


PAGE = Page(
    route="/billing/clients/[client_id]",
    title=rx.cond(VIEW.name != "", VIEW.name, "Client"),
    build=client,
    on_load=(Seats.load, Past.load),
)
