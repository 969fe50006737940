"""The agents' first page at /staff: workspaces by stage."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.domain.booking import calendars
from rcx_app.domain.staff import board as staff
from rcx_app.ui import addresses
from rcx_app.ui.across import read_across
from rcx_app.ui.base import AppState
from rcx_app.ui.components.feedback import skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import link
from rcx_app.ui.guard import requires
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.staff.rows import CardRow, ColumnRow, column_row


class BoardState(AppState):
    """Read when the page opens."""

    columns: list[ColumnRow] = []
    is_loaded: bool = False

    @rx.event
    @requires(Permission.AGENT)
    async def load(self) -> None:
        zone = await read_across(calendars.zone_of)
        self.columns = [column_row(each, zone) for each in await read_across(staff.board)]
        self.is_loaded = True


def board() -> rx.Component:
    return page(
        page_head("Onboarding board", link("All workspaces", href="/staff/workspaces", class_name="btn")),
        rx.cond(
            BoardState.is_loaded,
            rx.el.div(rx.foreach(BoardState.columns, _column), class_name="board"),
            rx.el.div(skeleton_lines(8), class_name="section"),
        ),
        active="board",
        title="Onboarding board",
        area="staff",
    )


def _column(row: rx.Var[ColumnRow]) -> rx.Component:
    none = rx.el.p("Nobody", class_name="faint")
    return rx.el.section(
        rx.el.h2(row.title, rx.el.span(row.count, class_name="n")),
        rx.cond(row.count > 0, rx.el.ul(rx.foreach(row.cards, _card)), none),
        rx.cond(row.more != "", rx.el.p(row.more, class_name="t12 faint"), rx.fragment()),
        class_name="lane",
        key=row.title,
    )


def _card(row: rx.Var[CardRow]) -> rx.Component:
    progress = rx.el.div(
        rx.el.div(rx.el.i(style={"width": row.percent}), class_name="bar", aria_hidden="true"),
        rx.el.span(row.done, " of ", row.tasks, " set up", class_name="t12 muted"),
        class_name="progress",
    )
    return rx.el.li(
        link(rx.el.b(row.name), href=row.href),
        rx.cond(row.about != "", rx.el.span(row.about, class_name="t12 muted"), rx.fragment()),
        rx.cond(row.tasks > 0, progress, rx.fragment()),
        rx.cond(row.session != "", rx.el.span(icon("calendar", 12), " ", row.session, class_name="t12"), rx.fragment()),
        rx.el.span(
            icon("clock", 12),
            " In this stage: ",
            row.days,
            class_name=rx.cond(row.is_late, "t12 late", "t12 faint"),
        ),
        key=row.id,
    )


PAGE = Page(
    route=addresses.STAFF,
    title="Onboarding board",
    build=board,
    on_load=(BoardState.load,),
    needs=Permission.AGENT,
)
