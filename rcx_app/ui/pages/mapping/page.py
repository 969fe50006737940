"""The mapping page: the queue at the left; the account in hand is drawn by `hand`, what floats by `dialogs`."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.mapping.schemas import Tab as QueueTab
from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button, cap, checkbox, icon_button
from rcx_app.ui.components.feedback import live, problem
from rcx_app.ui.components.filters import filter_bar, filter_menu, search_field
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.menu import menu, menu_trigger
from rcx_app.ui.components.numbers import confidence, grouped
from rcx_app.ui.components.panel import pane
from rcx_app.ui.components.selection import selection_bar
from rcx_app.ui.components.table import Column, cell, group_row, head_cell, load_more, row_of, table
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import hidden, link, outward, when
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.mapping import dialogs, hand
from rcx_app.ui.pages.mapping.nothing import nothing
from rcx_app.ui.pages.mapping.rows import QueueRow
from rcx_app.ui.pages.mapping.state import MappingRowsState as Rows
from rcx_app.ui.pages.mapping.state import MappingState as State

_TABS = (
    (QueueTab.REVIEW, "To review"),
    (QueueTab.UNMAPPED, "Unmapped"),
    (QueueTab.MAPPED, "Mapped"),
    (QueueTab.EXCLUDED, "Excluded"),
    (QueueTab.SNOOZED, "Snoozed"),
)
_TITLES = {tab.value: words for tab, words in _TABS}
_OPEN_COLUMNS = (
    Column(width="38px", label_hidden="Select"),
    Column("Account"),
    Column("Integration", width="112px"),
    Column("Seats", numeric=True, width="52px"),
    Column("Conf.", numeric=True, look="c-conf", title="Confidence of the best candidate"),
)
_DECIDED_COLUMNS = (
    Column(width="38px", label_hidden="Select"),
    Column("Account"),
    Column("Integration", width="112px"),
    Column("Decided", width="150px"),
)


def mapping() -> rx.Component:
    return page(
        rx.el.div(
            _queue(),
            hand.pane_in_hand(),
            class_name=rx.cond(State.is_loaded & (State.accounts == 0), "map alone", "map"),
        ),
        dialogs.all_dialogs(),
        active="mapping",
        title=_by_tab(_TITLES),
        crumbs=(("Clients", addresses.MAPPING),),
        two_pane=True,
        on_jobs_done=Rows.reload,
    )


def _by_tab(by_tab: dict[str, Any]) -> Any:
    return rx.match(State.tab, *by_tab.items(), by_tab["review"])


def _queue() -> rx.Component:
    return pane(
        page_head("Client mapping", _bulk_button(), _to_settings()),
        _tabs(),
        _filters(),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, Rows.reload), class_name="section grow"),
            _list(),
        ),
        _foot(),
        _selection(),
        label="Accounts to map",
    )


def _to_settings() -> rx.Component:
    return link(
        icon("gear"),
        href=addresses.MATCH_SETTINGS,
        class_name="btn ghost icon",
        aria_label="Match settings",
        title="Match settings",
    )


def _tabs() -> rx.Component:
    """Snoozed has a tab only while something is."""
    always = [_tab(tab, words) for tab, words in _TABS if tab is not QueueTab.SNOOZED]
    snoozed = _tab(QueueTab.SNOOZED, _TITLES["snoozed"])
    shown = (State.counts["snoozed"] > 0) | (State.tab == "snoozed")
    return rx.cond(shown, tabs(*always, snoozed, label="Queue"), tabs(*always, label="Queue"))


def _bulk_button() -> rx.Component:
    act = button(
        "Confirm ", State.confirmable_text, " at 0.95 and above", on_click=Rows.preview, key_label="Confirm many"
    )
    return rx.cond(State.may_map & (State.tab == "review") & (State.confirmable > 0), act, rx.fragment())


def _tab(tab: QueueTab, words: str) -> Tab:
    href = addresses.address(addresses.MAPPING, tab="" if tab is QueueTab.REVIEW else tab.value)
    return Tab(words, href, State.tab == tab.value, State.counts[tab.value])


def _filters() -> rx.Component:
    """In a narrow pane they take a second line."""
    return rx.el.div(_filter_bar(), style={"flex": "none", "& .filters": {"flexWrap": "wrap", "rowGap": "8px"}})


def _filter_bar() -> rx.Component:
    return filter_bar(
        search_field(State.text, Rows.filter_text, label="Filter accounts", key="f", grow=True),
        filter_menu(
            "Integration",
            State.integration,
            State.integrations,
            Rows.pick_integration,
            chosen_label=State.integration_label,
        ),
        rx.cond(
            _is_open_tab(),
            filter_menu("Confidence", State.band, State.bands, Rows.pick_band, chosen_label=State.band_text),
            rx.fragment(),
        ),
        rx.cond(
            (State.marks.length() > 0) | (State.mark != ""),
            filter_menu("Marked", State.mark, State.marks, Rows.pick_mark, chosen_label=State.mark_text),
            rx.fragment(),
        ),
        end=(_export(),),
    )


def _export() -> rx.Component:
    """The list exactly as it is filtered, all of it."""
    trigger = icon_button("download", "Export this list", **menu_trigger())
    choices = (
        outward("CSV", href=State.export_csv, role="menuitem", tab_index=-1, download=""),
        outward("Excel", href=State.export_xlsx, role="menuitem", tab_index=-1, download=""),
    )
    return menu(trigger, *choices, label="Export")


def _is_open_tab() -> Any:
    return (State.tab == "review") | (State.tab == "unmapped")


def _list() -> rx.Component:
    caption = (
        rx.Var.create("").to(str)
        + grouped(State.total)
        + " accounts, "
        + _by_tab(
            {
                "review": "surest suggestion first",
                "unmapped": "best candidate first",
                "mapped": "newest decision first",
                "excluded": "newest decision first",
                "snoozed": "next to return first",
            }
        ).to(str)
    )
    common = {
        "caption": caption,
        "label": "Queue",
        "open_row": State.open_id,
        "loading": ~State.is_loaded,
        "empty": nothing(_is_open_tab()),
        "foot": _more(),
        "keep_scroll": "queue",
    }
    return rx.cond(
        _is_open_tab(),
        table(_OPEN_COLUMNS, Rows.rows, _open_row, **common),
        table(_DECIDED_COLUMNS, Rows.rows, _decided_row, **common),
    )


def _more() -> rx.Component:
    return rx.cond(
        Rows.rows.length() > 0,
        load_more(
            grouped(Rows.rows.length()) + " of " + grouped(State.total),
            Rows.more,
            has_more=Rows.rows.length() < State.total,
            roomy=True,
        ),
        rx.fragment(),
    )


def _open_row(row: Any) -> rx.Component:
    return open_row(
        row=row, selected=State.selected.contains(row.id), may_map=State.may_map, key=row.id + "-" + row.heading
    )


def _decided_row(row: Any) -> rx.Component:
    return decided_row(
        row=row, tab=State.tab, selected=State.selected.contains(row.id), may_map=State.may_map, key=row.id
    )


@rx.memo
def open_row(row: rx.Var[QueueRow], selected: rx.Var[bool], may_map: rx.Var[bool], rest: rx.RestProp) -> rx.Component:
    select = checkbox("Select " + row.name, selected, lambda _: Rows.toggle(row.id), key="x")
    mark = rx.cond(row.badge != "", badge(row.badge, row.tone), rx.fragment())
    return rx.fragment(
        rx.cond(
            row.heading != "",
            group_row(row.heading, "· ", row.heading_count, columns=len(_OPEN_COLUMNS)),
            rx.fragment(),
        ),
        row_of(
            cell(rx.cond(may_map, select, rx.fragment())),
            head_cell(rx.el.div(rx.el.span(row.name, class_name="clip"), mark, class_name="row"), title=row.name),
            cell(row.integration, clip=True, class_name="muted", title=row.integration),
            cell(row.seats, numeric=True),
            cell(rx.cond(row.confidence != "", confidence(row.confidence, row.percent), hidden("none")), numeric=True),
            row_id=row.id,
            on_open=Rows.open_account(row.account_id),
            selected=selected,
        ),
        rest,
    )


@rx.memo
def decided_row(
    row: rx.Var[QueueRow], tab: rx.Var[str], selected: rx.Var[bool], may_map: rx.Var[bool], rest: rx.RestProp
) -> rx.Component:
    select = checkbox("Select " + row.name, selected, lambda _: Rows.toggle(row.id), key="x")
    below = rx.match(tab, ("mapped", row.client), ("excluded", row.note), row.note)
    moment = when(row.decided_iso, shown=row.decided)
    lines = rx.cond(
        tab == "snoozed",
        rx.fragment("Returns ", moment, rx.el.span(row.who, class_name="second")),
        rx.fragment(row.who, rx.el.span(row.how, " ", moment, class_name="second")),
    )
    return rx.fragment(
        row_of(
            cell(rx.cond(may_map, select, rx.fragment())),
            head_cell(row.name, second=below, title=row.name),
            cell(row.integration, clip=True, class_name="muted", title=row.integration),
            cell(lines, clip=True, title=row.who),
            row_id=row.id,
            on_open=Rows.open_account(row.account_id),
            selected=selected,
            tall=True,
        ),
        rest,
    )


def _foot() -> rx.Component:
    """What was just done, said in place, with undo."""
    said = State.said
    mark = rx.match(
        said.tone,
        ("ok", rx.el.span(icon("check", 14), class_name="ok")),
        ("fail", rx.el.span(icon("stop", 14), class_name="fail")),
        ("wait", rx.el.span(icon("clock", 14), class_name="muted")),
        rx.fragment(),
    )
    undo = button("Undo", kind="ghost", size="tight", key="z", key_label="Undo the last verdict", on_click=Rows.undo)
    done = rx.el.span(
        mark,
        rx.el.b(said.subject, class_name="clip"),
        rx.el.span(said.text, class_name="nowrap"),
        class_name="row grow clip",
        style={"gap": "6px"},
        title=said.whole,
    )
    refused = rx.el.span(mark, " ", rx.el.b(said.subject), " ", said.text, class_name="grow", role="alert")
    return rx.el.div(
        rx.cond(said.tone == "fail", refused, done),
        rx.cond(State.may_map, undo, rx.fragment()),
        rx.el.span(cap("j"), " ", cap("k"), " move", class_name="nowrap"),
        rx.cond(
            State.may_map,
            rx.el.span(cap("x"), " select", class_name="nowrap wide-only"),
            rx.fragment(),
        ),
        rx.el.span(cap("?"), " keys", class_name="nowrap"),
        live(rx.cond(said.tone == "ok", said.whole, "")),
        class_name=rx.cond(said.tone == "fail", "pane-foot said-wrong", "pane-foot"),
    )


def _selection() -> rx.Component:
    return selection_bar(
        State.selected.length(),
        rx.cond(
            State.tab == "review",
            button(
                "Confirm",
                kind="primary",
                key="shift+y",
                key_label="Confirm what is preselected of the selection",
                show_key=False,
                on_click=Rows.preview_selection,
            ),
            rx.fragment(),
        ),
        rx.cond(
            _is_open_tab(),
            rx.fragment(
                button("Exclude", key="shift+e", show_key=False, on_click=Rows.ask_reason_for_many),
                button("Snooze", key="shift+s", show_key=False, on_click=Rows.ask_day_for_many),
            ),
            button("Back to the queue", key="shift+b", show_key=False, on_click=Rows.take_back_many),
        ),
        on_clear=Rows.clear_selection,
        select_all=button("All ", Rows.rows.length(), kind="ghost", size="tight", on_click=Rows.select_shown),
        has_more=State.selected.length() < Rows.rows.length(),
    )


PAGE = Page(route="/clients", title="Client mapping", build=mapping, on_load=(Rows.load,))
