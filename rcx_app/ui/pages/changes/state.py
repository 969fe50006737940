"""State of the page of all change sets: the sets, and what is approved and waits to be prepared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import PAGE_SIZE, Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.writeback import listing, ready
from rcx_app.domain.writeback.schemas import ReadyPsa, SetHead
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.changes import rows
from rcx_app.ui.pages.changes.rows import PsaRow, ReadyRow, SetLine
from rcx_app.ui.shell import ShellState

TABS = ("sets", "ready")


@dataclass(frozen=True, slots=True)
class _Everything:
    sets: Page[SetHead]
    ready: tuple[ReadyPsa, ...]


def _everything(session: Any, context: Context) -> _Everything:
    return _Everything(listing.listed(session, context), ready.ready(session, context))


class ChangesState(AppState):
    """`psas` says what waits for each PSA; `lines` what is ready, as far as it is shown."""

    tab: str = "sets"
    sets: list[SetLine] = []
    total: int = 0
    psas: list[PsaRow] = []
    lines: list[ReadyRow] = []
    ready_count: int = 0
    has_more: bool = False
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    _cursor: str = ""

    @rx.var
    def more_lines(self) -> bool:
        return len(self.lines) < self.ready_count

    @rx.var
    def sets_foot(self) -> str:
        return f"{len(self.sets):,} of {self.total:,}" if self.sets else ""

    @rx.var
    def ready_foot(self) -> str:
        return f"{len(self.lines):,} of {self.ready_count:,}" if self.lines else ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Everything anew; the address names the tab."""
        asked = self.router.url.query_parameters.get("tab", TABS[0])
        self.tab = asked if asked in TABS else TABS[0]
        await self._load()

    @rx.event
    @requires(Permission.READ)
    async def again(self) -> None:
        """Jobs have ended: the same, as it is now."""
        await self._load()

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """Older sets."""
        if self._cursor:
            page = await read(listing.listed, self._cursor)
            self.sets = [*self.sets, *(rows.set_line(each) for each in page.items)]
            self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)

    @rx.event
    @requires(Permission.READ)
    async def more_ready(self) -> None:
        """More of what is ready."""
        self._show_ready(await read(ready.ready), len(self.lines) + PAGE_SIZE)

    @rx.event
    @requires(Permission.REVIEW)
    async def prepare(self, connection_id: int, is_handoff: bool) -> list[Any]:
        """A change set of all that is ready for a PSA; `is_handoff`: to be typed in by people."""
        made = await write(ready.prepare_approved, connection_id, is_handoff=is_handoff)
        return [rx.redirect(addresses.change_set(made)), ShellState.watch]

    async def _load(self) -> None:
        try:
            found = await read(_everything)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.sets = [rows.set_line(each) for each in found.sets.items]
        self.total = found.sets.total or 0
        self._cursor, self.has_more = found.sets.next_cursor, bool(found.sets.next_cursor)
        self._show_ready(found.ready, max(PAGE_SIZE, len(self.lines)))
        self.problem, self.remedy, self.is_loaded = "", "", True

    def _show_ready(self, found: tuple[ReadyPsa, ...], limit: int) -> None:
        self.psas = [rows.psa_row(each) for each in found if each.lines]
        self.ready_count = sum(len(each.lines) for each in found)
        every = ((line, psa) for psa in found for line in psa.lines)
        self.lines = [rows.ready_row(line, psa) for _, (line, psa) in zip(range(limit), every, strict=False)]
