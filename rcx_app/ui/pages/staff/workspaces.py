"""The list of all workspaces at /staff/workspaces, with search, for agents."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.staff import board as staff
from rcx_app.ui import addresses
from rcx_app.ui.across import read_across
from rcx_app.ui.base import AppState
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.filters import filter_bar, filter_menu, search_field
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import link
from rcx_app.ui.guard import requires
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.staff.rows import STAGES, ListRow, list_row

ROUTE = "/staff/workspaces"
_COLUMNS = (
    Column("Workspace"),
    Column("Stage", width="130px"),
    Column("For", width="90px"),
    Column("Joined", width="120px"),
    Column("People", numeric=True, width="90px"),
    Column("Integrations", numeric=True, width="110px"),
    Column("Clients", numeric=True, width="90px"),
    Column("Leave to work inside", width="170px"),
)
_STAGES = [(stage.value, words) for stage, words in STAGES.items()]


class WorkspacesState(AppState):
    """What is looked for stands in the address."""

    text: str = ""
    wanted: str = ""
    rows: list[ListRow] = []
    has_more: bool = False
    is_loaded: bool = False
    _cursor: str = ""

    @rx.event
    @requires(Permission.AGENT)
    async def load(self) -> None:
        asked = self.router.url.query_parameters
        self.text = asked.get("q", "")
        self.wanted = asked.get("stage", "") if asked.get("stage", "") in set(Stage) else ""
        await self._read("")

    @rx.event(supersedes=True)
    @requires(Permission.AGENT)
    async def find(self, text: str) -> Any:
        self.text = text
        await self._read("")
        return self._show()

    @rx.event
    @requires(Permission.AGENT)
    async def pick(self, stage: str) -> Any:
        self.wanted = stage if stage in set(Stage) else ""
        await self._read("")
        return self._show()

    @rx.event
    @requires(Permission.AGENT)
    async def more(self) -> None:
        if self._cursor:
            await self._read(self._cursor)

    async def _read(self, cursor: str) -> None:
        found = await read_across(staff.workspaces, self.text, self.wanted, cursor)
        rows = [list_row(each) for each in found.items]
        self.rows = [*self.rows, *rows] if cursor else rows
        self._cursor, self.has_more, self.is_loaded = found.next_cursor, bool(found.next_cursor), True

    def _show(self) -> Any:
        """The address says what is looked for, without another entry in the way back."""
        target = addresses.address(ROUTE, q=self.text, stage=self.wanted)
        return rx.call_script(f"history.replaceState(history.state, '', {target!r})")

    @rx.var
    def stage_words(self) -> str:
        return STAGES[Stage(self.wanted)] if self.wanted else ""


def workspaces() -> rx.Component:
    none = empty("No workspace found", "Look for a part of its name, or of the address of one of its people.")
    return page(
        page_head("Workspaces"),
        filter_bar(
            search_field(WorkspacesState.text, WorkspacesState.find, label="Find a workspace", key="/"),
            filter_menu(
                "Stage",
                WorkspacesState.wanted,
                _STAGES,
                WorkspacesState.pick,
                chosen_label=WorkspacesState.stage_words,
            ),
        ),
        table(
            _COLUMNS,
            WorkspacesState.rows,
            _row,
            caption="Workspaces, the newest first",
            label="Workspaces",
            loading=~WorkspacesState.is_loaded,
            empty=none,
            foot=load_more("", WorkspacesState.more, has_more=WorkspacesState.has_more),
        ),
        active="workspaces",
        title="Workspaces",
        area="staff",
    )


def _row(row: rx.Var[ListRow]) -> rx.Component:
    return row_of(
        head_cell(link(row.name, href=row.href)),
        cell(badge(row.stage, row.tone)),
        cell(row.days),
        cell(row.joined),
        cell(row.people, numeric=True),
        cell(row.connections, numeric=True),
        cell(row.clients, numeric=True),
        cell(rx.cond(row.has_access, badge("Given", "under", "key"), "")),
        row_id=row.id,
    )


PAGE = Page(route=ROUTE, title="Workspaces", build=workspaces, on_load=(WorkspacesState.load,), needs=Permission.AGENT)
