"""State of the held counts: the list, what is selected in it, and the question before some are confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.sync.falls import service
from rcx_app.domain.sync.falls.schemas import FallView
from rcx_app.ui import words
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.integrations.falls import rows
from rcx_app.ui.pages.integrations.falls.rows import ALL, Asked, FallRow
from rcx_app.ui.pages.integrations.rows import FILE
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState
from rcx_app.ui.shell import ShellState

_PAGE = 100
_MOST_IN_PANEL = 5


@dataclass(frozen=True, slots=True)
class _Held:
    """Held counts of the whole workspace, and the connections that a sync can be asked of."""

    falls: tuple[FallView, ...]
    readable: frozenset[int]


def _held(session: Any, context: Context) -> _Held:
    falls = service.held(session, context)
    connections = integrations.health(session, context) if falls else []
    readable = (each.id for each in connections if each.connector != FILE and each.is_enabled and each.is_connected)
    return _Held(falls, frozenset(readable))


class FallsState(AppState):
    """`number`: held in the workspace; `listed`: those that the list holds, of which `shown` are drawn.

    `filter` is what the address asks for: "" (no list), "all", or the connection whose counts are listed.
    `current`: the row that keys act on. `of_open`: the first of the open connection, `open_number` all of them.
    """

    number: int = 0
    headline: str = ""
    listed: int = 0
    filter: str = ""
    connection: str = ""
    shown: list[FallRow] = []
    of_open: list[FallRow] = []
    open_number: int = 0
    current: str = ""
    selected: list[int] = []
    asked: Asked = Asked()
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    _ids: list[int] = []
    _seen: dict[int, Decimal] = {}
    _depth: int = _PAGE

    @rx.var
    def is_all_selected(self) -> bool:
        return bool(self.listed) and len(self.selected) == self.listed

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Read the held counts for the page's address."""
        asked = self.router.url.query_parameters.get("held", "")
        asked = asked if asked == ALL or (asked.isdecimal() and len(asked) < 18) else ""
        if asked != self.filter:
            self.filter, self.selected, self._depth, self.current = asked, [], _PAGE, ""
        self._close()
        await self._load()

    @rx.event
    @requires(Permission.READ)
    async def reload(self) -> None:
        """Read them again; what is asked and selected stays where it is still held."""
        await self._load()

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """Draw the next ones."""
        self._depth += _PAGE
        await self._load()

    @rx.event
    @requires(Permission.READ)
    async def look(self, fall_id: int) -> None:
        """Take a row in hand: keys act on it."""
        self.current = str(fall_id)

    @rx.event
    @requires(Permission.READ)
    async def toggle(self, fall_id: int) -> None:
        """Select one of the list, or no longer."""
        if fall_id not in self._ids:
            raise NotFound("This count", remedy="Look at the list again.")
        rest = [each for each in self.selected if each != fall_id]
        self.selected = rest if len(rest) < len(self.selected) else [*rest, fall_id]

    @rx.event
    @requires(Permission.READ)
    async def toggle_all(self) -> None:
        """Select all of the list, also those that are not drawn; or none."""
        self.selected = [] if len(self.selected) == self.listed else list(self._ids)

    @rx.event
    @requires(Permission.READ)
    async def clear(self) -> None:
        self.selected = []

    @rx.event
    @requires(Permission.IMPORT)
    async def ask(self, fall_id: int) -> None:
        """Ask whether one count is right."""
        await self._ask([fall_id])

    @rx.event
    @requires(Permission.IMPORT)
    async def ask_selected(self) -> None:
        """Ask whether the selected counts are right."""
        if self.selected:
            await self._ask(self.selected)

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> None:
        self._close()

    @rx.event
    @requires(Permission.IMPORT)
    async def confirm(self) -> object:
        """Confirm what was asked about, with the numbers that were shown."""
        if not self._seen:
            return None
        try:
            confirmed = await write(service.confirm, list(self._seen), dict(self._seen))
        except RcxError as error:
            # The numbers in the question are no longer those that are held.
            self._close()
            await self._load()
            return notify(error.message, tone="fail", detail=error.remedy)
        self._close()
        await self._load()
        said = f"{words.count(confirmed, 'count')} confirmed"
        return [
            IntegrationsRowsState.reload,
            ShellState.watch,
            notify(said, detail="The findings are being compared again."),
        ]

    async def _ask(self, ids: Sequence[int]) -> None:
        held = {each.id: each for each in (await read(_held)).falls}
        views = [held[each] for each in ids if each in held]
        if len(views) < len(ids):
            raise NotFound("One of these counts" if len(ids) > 1 else "This count", remedy="Look at the list again.")
        self._seen = {each.id: each.after for each in views}
        self.asked = rows.asked(views)

    def _close(self) -> None:
        self.asked, self._seen = Asked(), {}

    async def _load(self) -> None:
        self.problem = self.remedy = ""
        try:
            found = await read(_held)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        listed = [each for each in found.falls if self.filter in ("", ALL, str(each.connection_id))]
        asked = self.router.url.query_parameters.get("connection", "")
        of_open = [each for each in found.falls if str(each.connection_id) == asked]
        self.number, self.listed, self._ids = len(found.falls), len(listed), [each.id for each in listed]
        self.headline = rows.headline(self.number) if self.number else ""
        self.connection = listed[0].connection if listed and self.filter not in ("", ALL) else ""
        drawn = listed[: self._depth] if self.filter else []
        self.shown = [rows.fall_row(each, found.readable) for each in drawn]
        self.of_open = [rows.fall_row(each, found.readable) for each in of_open[:_MOST_IN_PANEL]]
        self.open_number = len(of_open)
        self.selected = [each for each in self.selected if each in self._ids]
        self.is_loaded = True
