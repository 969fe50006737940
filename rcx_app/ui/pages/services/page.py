"""The services page: the list at the left; what is in hand is drawn by `hand`, what floats by `dialogs`."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.controls import button, cap
from rcx_app.ui.components.feedback import empty, live, problem
from rcx_app.ui.components.filters import filter_bar, filter_menu, search_field
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.menu import item, menu, menu_trigger, separator
from rcx_app.ui.components.numbers import confidence, grouped
from rcx_app.ui.components.panel import pane
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.services import dialogs, gallery, hand, marks
from rcx_app.ui.pages.services.base import ServicesState as State
from rcx_app.ui.pages.services.builder import pane_builder
from rcx_app.ui.pages.services.builder_state import BuilderState
from rcx_app.ui.pages.services.gallery_state import GalleryState
from rcx_app.ui.pages.services.reading import ALL, ASIDE, REVIEW, UNACCOUNTED
from rcx_app.ui.pages.services.rows import Row
from rcx_app.ui.pages.services.state import ServicesRowsState as Rows

_TABS = ((REVIEW, "To review"), (ALL, "All products"), (UNACCOUNTED, "Unaccounted"), (ASIDE, "Set aside"))
_STATE_WIDTH = "122px"


def services() -> rx.Component:
    return page(
        rx.el.div(
            _list_pane(),
            rx.cond(BuilderState.is_open, pane_builder(), hand.pane_in_hand()),
            class_name=rx.cond(_is_bare(), "map svc alone", "map svc"),
        ),
        dialogs.all_dialogs(),
        gallery.all_dialogs(),
        active="services",
        title=rx.cond(State.hand.name != "", State.hand.name, rx.match(State.tab, *_TABS, "All products")),
        crumbs=(("Services", addresses.SERVICES),),
        two_pane=True,
        on_jobs_done=Rows.reload,
    )


def _is_bare() -> Any:
    """There is nothing that could be opened: the list, which says why, has the page to itself."""
    nothing_there = (State.counts[ALL] == 0) & (State.counts[ASIDE] == 0) & ~State.has_usage
    return State.is_loaded & (State.problem == "") & nothing_there & ~BuilderState.is_open


def _list_pane() -> rx.Component:
    return pane(
        page_head("Services", _bulk_button(), _more_acts()),
        _tabs(),
        _filters(),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, Rows.reload), class_name="section grow"),
            rx.fragment(_hidden_products(), _list()),
        ),
        _foot(),
        label="PSA products",
    )


def _bulk_button() -> rx.Component:
    act = button("Accept ", grouped(State.sure), " at 0.90 and above", on_click=Rows.preview, key_label="Accept many")
    return rx.cond(State.may_rule & (State.tab == REVIEW) & (State.sure > 0), act, rx.fragment())


def _more_acts() -> rx.Component:
    trigger = button("New", icon="plus", **menu_trigger())
    made = menu(
        trigger,
        item("New rule", icon="rules", on_click=BuilderState.begin("")),
        item("From presets", icon="grid", on_click=GalleryState.open_presets),
        separator(),
        item("Import rules", on_click=GalleryState.open_import),
        item("Export all rules", on_click=GalleryState.open_export),
        label="New rules",
    )
    return rx.cond(State.may_rule, made, rx.fragment())


def _tabs() -> rx.Component:
    """Set aside has a tab only while something is."""
    always = [_tab(tab, words) for tab, words in _TABS if tab != ASIDE]
    aside = _tab(ASIDE, "Set aside")
    shown = (State.counts[ASIDE] > 0) | (State.tab == ASIDE)
    return rx.cond(shown, tabs(*always, aside, label="Services"), tabs(*always, label="Services"))


def _tab(tab: str, words: str) -> Tab:
    return Tab(words, addresses.address(addresses.SERVICES, tab=tab), State.tab == tab, State.tab_counts[tab])


def _filters() -> rx.Component:
    by_state = filter_menu("State", State.state, State.states, Rows.pick_state, chosen_label=State.state_label)
    return filter_bar(
        search_field(State.text, Rows.filter_text, label="Search", key="/", grow=True),
        rx.cond(State.tab == ALL, by_state, rx.fragment()),
        filter_menu(
            "Integration",
            State.integration,
            State.integrations,
            Rows.pick_integration,
            chosen_label=State.integration_label,
        ),
    )


def _hidden_products() -> rx.Component:
    """What the contract view leaves out, and the way to see it, or to leave it out again."""
    said = rx.cond(State.hidden == 1, " product hidden: nothing counts it", " products hidden: nothing counts them")
    show = link("Show all", href=addresses.address(addresses.SERVICES, tab=ALL, lines="all"))
    less = link("Show only what is counted", href=addresses.address(addresses.SERVICES, tab=ALL, lines="mapped"))
    look: Any = {"class_name": "row t12 muted", "style": {"padding": "6px var(--gutter)"}}
    return rx.cond(
        State.tab != ALL,
        rx.fragment(),
        rx.cond(
            State.hidden > 0,
            rx.el.p(rx.el.span(grouped(State.hidden), said, class_name="grow"), show, **look),
            rx.cond(State.lines == "all", rx.el.p(rx.el.span(class_name="grow"), less, **look), rx.fragment()),
        ),
    )


def _list() -> rx.Component:
    money = rx.cond(State.currency != "", State.currency.to(str) + "/mo", "A month")
    number = grouped(State.total)
    common = {
        "label": "Services",
        "open_row": State.hand.id,
        "loading": ~State.is_loaded,
        "empty": _nothing(),
        "foot": _more(),
        "keep_scroll": "services",
    }
    numbers = (
        Column("PSA product"),
        Column("Billed", numeric=True, width="56px"),
        Column("Clients", numeric=True, width="58px"),
        Column(money, numeric=True, look="c-month"),
    )
    review = table(
        (*numbers, Column("Conf.", numeric=True, look="c-conf", title="Confidence of the suggested rule")),
        Rows.rows,
        lambda row: review_row(row=row, one=State.currency != "", key=row.id),
        caption=number + " products with a suggested rule, by name",
        **common,
    )
    products = table(
        (*numbers, Column("State", width=_STATE_WIDTH)),
        Rows.rows,
        lambda row: product_row(row=row, one=State.currency != "", key=row.id),
        caption=number + " products, by name",
        **common,
    )
    usage = table(
        (
            Column("Usage"),
            Column("Integration", width="128px"),
            Column("Seats", numeric=True, width="64px"),
            Column("Clients", numeric=True, width="72px"),
        ),
        Rows.rows,
        lambda row: usage_row(row=row, key=row.id),
        caption=number + " kinds of usage that no rule takes, most seats first",
        **common,
    )
    aside = table(
        (
            Column("Rule"),
            Column("Conf.", numeric=True, width="64px", title="Confidence when it was suggested"),
            Column("State", width=_STATE_WIDTH),
        ),
        Rows.rows,
        lambda row: aside_row(row=row, key=row.id),
        caption=number + " rules set aside, by name",
        **common,
    )
    return rx.match(State.tab, (UNACCOUNTED, usage), (ASIDE, aside), (REVIEW, review), products)


def _more() -> rx.Component:
    shown = load_more(
        Rows.foot,
        Rows.more,
        has_more=Rows.rows.length() < State.total,
    )
    return rx.cond((Rows.rows.length() > 0) & (Rows.rows.length() < State.total), shown, rx.fragment())


def _numbers(row: Any, one: Any) -> tuple[rx.Component, ...]:
    """The cells that the two lists of products share; `one`: the head names the currency of all, else it stands under
    the amount, with what comes in others."""
    others = rx.cond(row.more != "", ", " + row.more.to(str), "")
    code = rx.cond(one, "", row.currency.to(str) + others)
    below = rx.cond((row.money != "") & (code != ""), rx.el.span(code, class_name="second"), rx.fragment())
    amount = rx.cond(row.money != "", row.money, hidden("no price"))
    return (
        head_cell(row.name, second=row.second, title=row.name),
        cell(row.billed, numeric=True),
        cell(row.clients, numeric=True),
        cell(amount, below, numeric=True, title=row.money_note),
    )


@rx.memo
def review_row(row: rx.Var[Row], one: rx.Var[bool], rest: rx.RestProp) -> rx.Component:
    return rx.fragment(
        row_of(
            *_numbers(row, one),
            cell(confidence(row.confidence, row.percent), numeric=True),
            row_id=row.id,
            on_open=Rows.open_row(row.id),
            tall=True,
        ),
        rest,
    )


@rx.memo
def product_row(row: rx.Var[Row], one: rx.Var[bool], rest: rx.RestProp) -> rx.Component:
    sure = rx.cond(row.confidence != "", rx.el.span(row.confidence, class_name="second in"), rx.fragment())
    return rx.fragment(
        row_of(
            *_numbers(row, one),
            cell(marks.state(row.state, row.tone, row.icon), sure, title=row.note),
            row_id=row.id,
            on_open=Rows.open_row(row.id),
            tall=True,
        ),
        rest,
    )


@rx.memo
def usage_row(row: rx.Var[Row], rest: rx.RestProp) -> rx.Component:
    return rx.fragment(
        row_of(
            head_cell(row.name, second=row.second, title=row.name),
            cell(row.state, clip=True, class_name="muted", title=row.state),
            cell(row.billed, numeric=True),
            cell(row.clients, numeric=True),
            row_id=row.id,
            on_open=Rows.open_row(row.id),
            tall=True,
        ),
        rest,
    )


@rx.memo
def aside_row(row: rx.Var[Row], rest: rx.RestProp) -> rx.Component:
    return rx.fragment(
        row_of(
            head_cell(row.name, second=row.second, title=row.name),
            cell(rx.cond(row.confidence != "", row.confidence, hidden("written by hand")), numeric=True),
            cell(marks.state(row.state, row.tone, row.icon)),
            row_id=row.id,
            on_open=Rows.open_row(row.id),
            tall=True,
        ),
        rest,
    )


def _nothing() -> rx.Component:
    """Why the list is empty, and the next step."""
    to_integrations = link("Go to integrations", href=addresses.INTEGRATIONS, class_name="btn primary")
    to_all = link("Show all products", href=addresses.address(addresses.SERVICES, tab=ALL), class_name="btn primary")
    running = empty("Matching is running", "Rules are suggested when it is done; this page follows by itself.")
    no_usage = empty(
        "No usage to count",
        "The products are there, but no usage of a vendor. Connect one or import its export, and rules are suggested.",
        to_integrations,
    )
    reviewed = empty(
        "All suggestions are decided",
        rx.fragment(State.summary, ". New ones appear here after an import."),
        to_all,
    )
    return rx.cond(
        State.is_filtered & (State.in_tab > 0),
        empty(
            "Nothing fits the filters",
            rx.fragment("They hide ", grouped(State.in_tab), rx.cond(State.in_tab == 1, " row.", " rows.")),
            button("Clear filters", on_click=Rows.clear_filters),
        ),
        rx.match(
            State.tab,
            (
                UNACCOUNTED,
                rx.cond(
                    State.has_usage,
                    empty("All usage is accounted for", "Every seat of a mapped client is taken by a rule."),
                    empty("No usage yet", "Usage comes with the export of a vendor.", to_integrations),
                ),
            ),
            (ASIDE, empty("Nothing is set aside", "Rejected suggestions and retired rules stand here.")),
            rx.cond(
                State.counts[ALL] == 0,
                empty(
                    "No products yet",
                    "Products come with the agreement lines of your PSA. Import them, and RCX suggests what to count.",
                    to_integrations,
                ),
                rx.cond(State.is_matching, running, rx.cond(State.has_usage, reviewed, no_usage)),
            ),
        ),
    )


def _foot() -> rx.Component:
    """The numbers by state, or what was just done, said in place, with undo."""
    said = State.said
    mark = rx.match(
        said.tone,
        ("ok", rx.el.span(icon("check", 14), class_name="ok")),
        ("fail", rx.el.span(icon("stop", 14), class_name="fail")),
        ("wait", rx.el.span(icon("clock", 14), class_name="muted")),
        rx.fragment(),
    )
    undo = button("Undo", kind="ghost", size="tight", key="z", key_label="Undo the last decision", on_click=Rows.undo)
    done = rx.el.span(
        mark,
        rx.el.b(said.subject, class_name="clip"),
        rx.el.span(said.text, class_name="nowrap"),
        class_name="row grow clip",
        style={"gap": "6px"},
        title=said.whole,
    )
    refused = rx.el.span(mark, " ", rx.el.b(said.subject), " ", said.text, class_name="grow", role="alert")
    summary = rx.el.span(State.summary, class_name="grow clip", title=State.summary)
    return rx.el.div(
        rx.match(said.tone, ("fail", refused), ("", summary), done),
        rx.cond(State.may_rule & State.can_undo, undo, rx.fragment()),
        rx.el.span(cap("j"), " ", cap("k"), " move", class_name="nowrap"),
        rx.el.span(cap("?"), " keys", class_name="nowrap"),
        live(rx.cond(said.tone == "ok", said.whole, "")),
        class_name=rx.cond(said.tone == "fail", "pane-foot said-wrong", "pane-foot"),
    )


PAGE = Page(route="/services", title="Services", build=services, on_load=(Rows.load,))
