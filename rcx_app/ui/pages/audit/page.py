"""The page "Audit log" at /settings/audit: the trail newest first, and the open entry beside it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.domain.audit import tags
from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button, icon_button, text_input
from rcx_app.ui.components.feedback import empty, problem
from rcx_app.ui.components.filters import filter_bar, filter_menu
from rcx_app.ui.components.menu import menu, menu_trigger
from rcx_app.ui.components.panel import pairs, pane, panel_head, panel_section, side_panel, split
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import outward, when
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.audit.rows import ChangeLine, EntryRow
from rcx_app.ui.pages.audit.state import AuditState as State
from rcx_app.ui.settings import settings_tabs

_COLUMNS = (
    Column("When (UTC)", width="170px"),
    Column("Who", width="150px"),
    Column("What", width="240px"),
    Column("About", width="130px"),
    Column("Detail"),
)
_GROUPS = [(key, words) for key, (words, _) in tags.GROUPS.items()]
_REST_MS = 600
_SUBJECTS = sorted(tags.SUBJECTS.items(), key=lambda each: each[1])


def audit_log() -> rx.Component:
    return page(
        rx.cond(State.is_closed, _closed(), split(_list(), _panel(), open_var=State.open_id != "", look="audit")),
        active="audit",
        title="Audit log",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
    )


def _closed() -> rx.Component:
    why = "It shows who signed in, and who changed which setting."
    return rx.el.div(
        rx.el.h1("Audit log", class_name="vh"),
        empty("The audit log is for admins and owners", f"{why} Ask an admin of this workspace.", page=True),
        class_name="fill",
    )


def _list() -> rx.Component:
    return pane(
        page_head("Audit log", _export(), beside=_chain()),
        settings_tabs("audit"),
        _filters(),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section grow"),
            table(
                _COLUMNS,
                State.entries,
                _row,
                caption=State.so_far + ", newest first",
                label="Audit log",
                open_row=State.open_id,
                loading=~State.is_loaded,
                empty=_empty(),
                foot=rx.cond(
                    State.entries.length() > 0,
                    load_more(State.so_far, State.more, has_more=State.has_more),
                    rx.fragment(),
                ),
                keep_scroll="audit",
            ),
        ),
        label="What was recorded",
    )


def _chain() -> rx.Component:
    """What a look at the newest page of the chain says."""
    return rx.cond(
        State.chain != "",
        rx.cond(State.chain_holds, badge(State.chain, "ok", "ok"), badge(State.chain, "fail", "stop")),
        rx.fragment(),
    )


def _filters() -> rx.Component:
    return filter_bar(
        filter_menu("Who", State.asked["who"], State.people, _pick("who"), chosen_label=State.who_words),
        filter_menu("What", State.asked["what"], _GROUPS, _pick("what"), chosen_label=State.what_words),
        filter_menu("About", State.asked["about"], _SUBJECTS, _pick("about"), chosen_label=State.about_words),
        _day("From", "since"),
        _day("To", "until"),
        rx.cond(State.is_filtered, button("Clear", kind="ghost", size="tight", on_click=State.clear), rx.fragment()),
    )


def _pick(name: str) -> Any:
    return lambda value: State.pick(name, value)


def _day(words: str, name: str) -> rx.Component:
    """A day of the filter. While it is typed it belongs to the browser: a year half written is nothing to look for."""
    return rx.el.label(
        rx.el.span(words, class_name="t12 muted"),
        text_input(
            type="date",
            default_value=State.asked[name],
            data_value=State.asked[name],
            on_change=lambda value: State.pick(name, value).debounce(_REST_MS),
            style={"width": "132px", "height": "26px"},
        ),
        class_name="row",
        style={"gap": "6px"},
    )


def _export() -> rx.Component:
    """The entries exactly as they are filtered, all of them."""
    trigger = icon_button("download", "Export these entries", **menu_trigger())
    choices = (
        outward("CSV", href=State.export_csv, role="menuitem", tab_index=-1, download=""),
        outward("Excel", href=State.export_xlsx, role="menuitem", tab_index=-1, download=""),
    )
    return menu(trigger, *choices, label="Export")


def _row(row: rx.Var[EntryRow]) -> rx.Component:
    return row_of(
        cell(row.at, class_name="nowrap"),
        cell(row.who, clip=True, title=row.who),
        head_cell(row.what, title=row.what),
        cell(row.about, clip=True, title=row.about),
        cell(row.said, clip=True, title=row.said, class_name="muted"),
        row_id=row.id,
        on_open=State.open_entry(row.id),
    )


def _empty() -> rx.Component:
    return rx.cond(
        State.is_filtered,
        empty(
            "Nothing like that was recorded",
            "The filters leave no entry.",
            button("Clear filters", on_click=State.clear),
        ),
        empty("Nothing is recorded yet", "Sign-ins and changes of settings, mappings and rules will stand here."),
    )


def _panel() -> rx.Component:
    shown = State.shown
    same = button("Everything about this", size="tight", on_click=State.only_this, style={"marginTop": "8px"})
    return side_panel(
        panel_section(
            "",
            pairs(
                [
                    ("Who", shown.who),
                    ("When", rx.el.span(shown.at, " UTC")),
                    ("About", rx.cond(shown.about != "", shown.about, "the workspace")),
                    ("Entry", shown.id),
                ]
            ),
            rx.cond((shown.about_type != "") & (shown.about_id != ""), same, rx.fragment()),
        ),
        rx.cond(
            shown.lines.length() > 0,
            panel_section("What it says", _lines(shown.lines)),
            panel_section("What it says", rx.el.p("Nothing beyond the deed itself.", class_name="muted")),
        ),
        panel_section(
            "In the chain",
            rx.el.p(rx.el.code(shown.tag), class_name="t12"),
            rx.el.p(rx.el.code(shown.hash, style={"overflowWrap": "anywhere"}), class_name="t12 muted"),
        ),
        label="Entry: " + shown.what,
        header=panel_head(when(shown.iso, shown=shown.at), rx.el.h2(shown.what), on_close=State.close),
    )


def _lines(lines: Any) -> rx.Component:
    def line(each: rx.Var[ChangeLine]) -> rx.Component:
        return rx.el.tr(
            rx.el.th(each.name, scope="row"),
            rx.cond(
                each.is_change,
                rx.el.td(rx.el.del_(each.before, class_name="muted"), " → ", rx.el.b(each.after)),
                rx.el.td(each.after),
            ),
            key=each.name,
        )

    return rx.el.table(
        rx.el.caption("What this entry says", class_name="vh"),
        rx.el.tbody(rx.foreach(lines, line)),
        class_name="table flush said",
    )


PAGE = Page(route=addresses.AUDIT, title="Audit log", build=audit_log, on_load=(State.load,))
