"""State of the integrations page: the lists here, the open import in `wizard_state`."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import imports, syncing, uploads
from rcx_app.domain.integrations.schemas import ConnectionView
from rcx_app.domain.jobs.schemas import JobView
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.schemas import SyncRunView
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history
from rcx_app.ui.pages.integrations import reading, rows
from rcx_app.ui.pages.integrations.rows import ConnectionRow, FileRow
from rcx_app.ui.pages.integrations.run_rows import FailureRow, RunDetail, RunRow, failure_row, run_detail, run_row
from rcx_app.ui.shell import ShellState

_POLL_S = 0.8
_WATCHER_LOST_S = 10.0
# Going from one connection to the next does not read the whole list again.
_LIST_GOOD_S = 30.0


class IntegrationsState(AppState):
    """What stands around the lists.

    `failure` is the first of the last run's; `is_run_told`: it is the only one of the run that is shown in full.
    `tab`: "" (connections) | catalogue | files; `adding`: the connector a new connection is made to; `view` of the open
    connection: "" (runs) | settings | rights.
    """

    tab: str = ""
    adding: str = ""
    view: str = ""
    import_id: int = 0
    is_loaded: bool = False
    is_missing: bool = False
    problem: str = ""
    remedy: str = ""
    find: str = ""
    total: int = 0
    connectors: int = 0
    healthy: int = 0
    syncing: int = 0
    attention: int = 0
    failed: int = 0
    waiting: int = 0
    sure: int = 0
    can_sync: bool = False
    has_more: bool = False
    has_more_connections: bool = False
    found: int = 0
    has_more_runs: bool = False
    open: ConnectionRow = ConnectionRow()
    failure: FailureRow = FailureRow()
    run: RunDetail = RunDetail()
    is_run_told: bool = False
    _cursor: str = ""
    _runs_cursor: str = ""
    _run_id: str = ""
    _asked_id: int = 0
    _sure_ids: list[int] = []
    _found_by: str = ""
    _connections_cursor: str = ""
    _names: dict[str, str] = {}
    _next_at: datetime | None = None
    _beside: list[ConnectionRow] = []
    _failures: dict[int, FailureRow] = {}
    _tries: dict[int, datetime] = {}
    _listed_at: float = 0.0
    _watched_at: float = 0.0

    def _read_address(self) -> int:
        """Take the view from the address; returns the open connection's id, or 0."""
        query = self.router.url.query_parameters
        self.tab = _one_of(query.get("tab", ""), ("catalogue", "files"))
        self.view = _one_of(query.get("view", ""), ("settings", "rights"))
        self.adding = query.get("add", "")[:80]
        self.find = query.get("find", "")[:80]
        self.import_id = _number(query.get("import", ""))
        self._run_id = query.get("run", "")
        self._asked_id = _number(query.get("connection", ""))
        return self._asked_id

    def _list_shown(self) -> tuple[object, ...]:
        return self.tab, self.import_id, self.adding, self.find


class IntegrationsRowsState(IntegrationsState):
    """The lists themselves, and their handlers."""

    connections: list[ConnectionRow] = []
    files: list[FileRow] = []
    on_the_way: list[FileRow] = []
    runs: list[RunRow] = []

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> object:
        """Build the page from its address."""
        before = self._list_shown(), (self._asked_id, self.view, self._run_id)
        connection_id = self._read_address()
        is_same_list = before[0] == self._list_shown() and before[1] != (connection_id, self.view, self._run_id)
        self.problem, self.remedy = "", ""
        if self.import_id or self.adding:
            self.is_loaded = True
            return None
        if self.tab == "catalogue" and self._listed_at:
            self._show(0)
            return None
        if self.open.id != str(connection_id or ""):
            # Nothing of another connection may stand in the panel, not even while this one is read.
            self.open, self.runs, self.run, self.failure = ConnectionRow(), [], RunDetail(), FailureRow()
        known = [row.number for row in self.connections]
        if is_same_list and connection_id in (0, *known) and time.time() - self._listed_at < _LIST_GOOD_S:
            await self._open(connection_id)
            return None
        await self._load(connection_id)
        return IntegrationsRowsState.follow if any(row.is_open for row in self.on_the_way) else None

    @rx.event
    @requires(Permission.READ)
    async def reload(self) -> None:
        """Read the lists again."""
        if not (self.import_id or self.adding):
            await self._load(self._asked_id)

    async def _load(self, connection_id: int) -> None:
        try:
            size = len(self.connections) if self.find == self._found_by else 0
            found = await read(reading.lists, connection_id, find=self.find, size=size)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self._take(found, connection_id)
        self._take_runs(found.runs)

    async def _open(self, connection_id: int) -> None:
        """Another connection of the list that stands on the page: only its runs are read."""
        runs = await read(sync.runs, connection_id) if connection_id else Page(())
        self.is_missing = False
        self._show(connection_id)
        self._take_runs(runs)

    def _take(self, found: reading.Lists, connection_id: int) -> None:
        every, self._names, self._tries = found.connections.every, dict(found.names), dict(found.tries)
        self._next_at, self._found_by, self._failures = found.next_at, self.find, {}
        self.total, self.connectors, self.found = len(every), found.connectors, found.connections.found
        self.connections = self._rows(found.connections.items, found.syncs)
        self._connections_cursor = found.connections.next_cursor
        self.has_more_connections = bool(self._connections_cursor)
        self.files = [rows.file_row(view) for view in found.files.items]
        self.on_the_way = [row for row in self.files if row.needs_you or row.is_open]
        self.waiting = len(self.on_the_way)
        self._sure_ids = [view.id for view in found.files.items if view.is_sure]
        self.sure = len(self._sure_ids)
        self._cursor, self.has_more = found.files.next_cursor, bool(found.files.next_cursor)
        tones = Counter(rows.tone_of(each, is_syncing=each.id in found.syncs) for each in every)
        self.healthy, self.syncing, self.attention, self.failed = (
            tones[tone] for tone in ("ok", "acc", "under", "fail")
        )
        self.can_sync = any(each.is_enabled and each.is_connected and each.connector != rows.FILE for each in every)
        self._beside = self._rows([found.opened] if found.opened is not None else [], found.syncs)
        self._show(connection_id)
        self.is_missing, self.is_loaded, self._listed_at = found.is_missing, True, time.time()

    def _rows(self, views: Iterable[ConnectionView], syncs: Mapping[int, JobView]) -> list[ConnectionRow]:
        """Connections as rows, and what is known of why one was not read."""
        made = []
        for view in views:
            if view.error and view.failure is not None:
                self._failures[view.id] = failure_row(view.failure)
            made.append(
                rows.connection_row(
                    view, self._names, syncs.get(view.id), next_at=self._next_at, try_at=self._tries.get(view.id)
                )
            )
        return made

    def _show(self, connection_id: int) -> None:
        known = [*self._beside, *self.connections]
        self.open = next((row for row in known if row.number == connection_id), ConnectionRow())
        self.failure = self._failures.get(connection_id, FailureRow())

    def _take_runs(self, found: Page[SyncRunView]) -> None:
        self.runs = [run_row(view) for view in found.items]
        self._runs_cursor, self.has_more_runs = found.next_cursor, bool(found.next_cursor)
        chosen = [view for view in found.items if str(view.id) == self._run_id] or list(found.items[:1])
        is_last = bool(chosen) and chosen[0] is found.items[0]
        try_at = self._tries.get(self._asked_id) if is_last else None
        self.run = run_detail(chosen[0], try_at) if chosen else RunDetail()
        self.is_run_told = self.run.failures == [self.failure] and is_last

    @rx.event(background=True)
    @requires(Permission.READ)
    async def follow(self) -> None:
        """Follow files under way until none is. One follower a tab; a second call returns at once."""
        async with self:
            if time.time() - self._watched_at < _WATCHER_LOST_S:
                return
        going = True
        while going:
            async with self:
                asked, find, size = self._asked_id, self.find, len(self.connections)
            found = await read(reading.lists, asked, find=find, size=size)
            async with self:
                if self.import_id or find != self.find:
                    break
                self._watched_at = time.time()
                self._take(found, self._asked_id)
                going = any(row.is_open for row in self.on_the_way)
            if going:
                await asyncio.sleep(_POLL_S)
        async with self:
            self._watched_at = 0.0

    @rx.event
    @requires(Permission.IMPORT)
    async def uploaded(self, ids: list[int]) -> list[object]:
        """Files have arrived: a single one is opened, several are listed and followed."""
        if len(ids) == 1:
            return [rx.redirect(addresses.address(addresses.INTEGRATIONS, {"import": ids[0]})), ShellState.watch]
        if self.import_id:
            return [rx.redirect(addresses.INTEGRATIONS), ShellState.watch]
        await self._load(self._asked_id)
        return [IntegrationsRowsState.follow, ShellState.watch]

    @rx.event
    @requires(Permission.READ)
    async def more_files(self) -> None:
        """The next page of files."""
        if not self._cursor:
            return
        page = await read(imports.imports, self._cursor)
        self.files = [*self.files, *(rows.file_row(view) for view in page.items)]
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)

    @rx.event
    @requires(Permission.READ)
    async def more_connections(self) -> None:
        """The next page of connections."""
        if not self._connections_cursor:
            return
        found = await read(reading.more, self._connections_cursor, self.find)
        syncs = await read(syncing.open_syncs)
        self.connections = [*self.connections, *self._rows(found.items, syncs)]
        self._connections_cursor, self.has_more_connections = found.next_cursor, bool(found.next_cursor)

    @rx.event
    @requires(Permission.READ)
    async def open_connection(self, connection_id: str) -> object:
        """Show a connection beside the list; the address names it."""
        return rx.redirect(addresses.address(addresses.INTEGRATIONS, connection=connection_id, find=self.find))

    @rx.event
    @requires(Permission.READ)
    async def close_connection(self) -> object:
        return rx.redirect(addresses.address(addresses.INTEGRATIONS, find=self.find))

    @rx.event
    @requires(Permission.IMPORT)
    async def withdraw(self, import_id: int) -> object:
        """Take back a file that was not imported."""
        await write(uploads.withdraw, import_id)
        await self._load(self._asked_id)
        return notify("The file was withdrawn and deleted")

    @rx.event
    @requires(Permission.IMPORT)
    async def import_sure(self) -> object:
        """Import every file that was recognised for certain and has no bad row."""
        started = await write(imports.start_sure, list(self._sure_ids))
        await self._load(self._asked_id)
        if not started:
            return notify("Nothing to import: look at the files one by one", tone="under")
        return [IntegrationsRowsState.follow, ShellState.watch]

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def search(self, text: str) -> object:
        """Show the connections whose name or vendor holds what is typed."""
        self.find = text.strip()[:80]
        await self._load(self._asked_id)
        query = {"connection": self.open.id, "find": self.find}
        return history.replace(addresses.address(addresses.INTEGRATIONS, query))

    @rx.event
    @requires(Permission.READ)
    async def more_runs(self) -> None:
        """The next page of the open connection's runs."""
        if not self._runs_cursor or not self.open.id:
            return
        page = await read(sync.runs, int(self.open.id), self._runs_cursor)
        self.runs = [*self.runs, *(run_row(view) for view in page.items)]
        self._runs_cursor, self.has_more_runs = page.next_cursor, bool(page.next_cursor)


def _one_of(text: str, known: tuple[str, ...]) -> str:
    return text if text in known else ""


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0
