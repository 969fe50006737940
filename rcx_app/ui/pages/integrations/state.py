"""State of the integrations page: the lists here, the open import in `wizard_state`."""

from __future__ import annotations

import asyncio
import time

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import imports, service, uploads
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.integrations import reading, rows
from rcx_app.ui.pages.integrations.rows import ConnectionRow, FileRow, RunRow
from rcx_app.ui.shell import ShellState

_POLL_S = 0.8
_WATCHER_LOST_S = 10.0


class IntegrationsState(AppState):
    """What stands around the lists. `tab`: "" (connections) | files. `dialog`: "" | rename."""

    tab: str = ""
    import_id: int = 0
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    healthy: int = 0
    attention: int = 0
    failed: int = 0
    waiting: int = 0
    sure: int = 0
    has_more: bool = False
    open: ConnectionRow = ConnectionRow()
    dialog: str = ""
    dialog_wrong: str = ""
    new_label: str = ""
    is_busy: bool = False
    _cursor: str = ""
    _sure_ids: list[int] = []
    _watched_at: float = 0.0

    def _read_address(self) -> int:
        """Take the view from the address; returns the open connection's id, or 0."""
        query = self.router.url.query_parameters
        self.tab = "files" if query.get("tab") == "files" else ""
        self.import_id = _number(query.get("import", ""))
        return _number(query.get("connection", ""))


class IntegrationsRowsState(IntegrationsState):
    """The lists themselves, and the page's handlers."""

    connections: list[ConnectionRow] = []
    files: list[FileRow] = []
    on_the_way: list[FileRow] = []
    runs: list[RunRow] = []

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> object:
        """Build the page from its address."""
        connection_id = self._read_address()
        self.dialog, self.problem, self.remedy = "", "", ""
        if self.import_id:
            self.is_loaded = True
            return None
        await self._load(connection_id)
        return IntegrationsRowsState.follow if any(row.is_open for row in self.on_the_way) else None

    @rx.event
    @requires(Permission.READ)
    async def reload(self) -> None:
        """Read the lists again."""
        if not self.import_id:
            await self._load(int(self.open.id or 0))

    async def _load(self, connection_id: int) -> None:
        try:
            found = await read(reading.lists, connection_id)
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return
        self._take(found, connection_id)

    def _take(self, found: reading.Lists, connection_id: int) -> None:
        self.connections = [rows.connection_row(view) for view in found.connections]
        self.files = [rows.file_row(view) for view in found.files.items]
        self.on_the_way = [row for row in self.files if row.needs_you or row.is_open]
        self.waiting = len(self.on_the_way)
        self._sure_ids = [view.id for view in found.files.items if view.is_sure]
        self.sure = len(self._sure_ids)
        self._cursor, self.has_more = found.files.next_cursor, bool(found.files.next_cursor)
        self.healthy, self.attention, self.failed = (
            sum(1 for row in self.connections if row.tone == tone) for tone in ("ok", "under", "fail")
        )
        chosen = [row for row in self.connections if row.id == str(connection_id)]
        self.open = chosen[0] if chosen else ConnectionRow()
        self.runs = [rows.run_row(view) for view in found.runs]
        self.is_loaded = True

    @rx.event(background=True)
    @requires(Permission.READ)
    async def follow(self) -> None:
        """Follow files under way until none is. One follower a tab; a second call returns at once."""
        async with self:
            if time.time() - self._watched_at < _WATCHER_LOST_S:
                return
        going = True
        while going:
            found = await read(reading.lists)
            async with self:
                if self.import_id:
                    break
                self._watched_at = time.time()
                open_id = int(self.open.id or 0)
                runs = self.runs
                self._take(found, open_id)
                self.runs = runs
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
        await self._load(int(self.open.id or 0))
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
    async def open_connection(self, connection_id: str) -> object:
        """Show a connection beside the list; the address names it."""
        return rx.redirect(addresses.address(addresses.INTEGRATIONS, connection=connection_id))

    @rx.event
    @requires(Permission.READ)
    async def close_connection(self) -> object:
        return rx.redirect(addresses.INTEGRATIONS)

    @rx.event
    @requires(Permission.IMPORT)
    async def withdraw(self, import_id: int) -> object:
        """Take back a file that was not imported."""
        await write(uploads.withdraw, import_id)
        await self._load(int(self.open.id or 0))
        return notify("The file was withdrawn and deleted")

    @rx.event
    @requires(Permission.IMPORT)
    async def import_sure(self) -> object:
        """Import every file that was recognised for certain and has no bad row."""
        started = await write(imports.start_sure, list(self._sure_ids))
        await self._load(int(self.open.id or 0))
        if not started:
            return notify("Nothing to import: look at the files one by one", tone="under")
        return [IntegrationsRowsState.follow, ShellState.watch]

    @rx.event
    @requires(Permission.CONNECT)
    async def ask_name(self) -> None:
        self.dialog, self.dialog_wrong, self.new_label = "rename", "", self.open.label

    @rx.event
    @requires(Permission.CONNECT)
    async def close_dialog(self) -> None:
        self.dialog = ""

    @rx.event
    @requires(Permission.CONNECT)
    async def note_label(self, text: str) -> None:
        """What stands in the dialog's field."""
        self.new_label = text

    @rx.event
    @requires(Permission.CONNECT)
    async def rename(self) -> None:
        """Call the open connection what the dialog's field says."""
        try:
            await write(service.rename, int(self.open.id or 0), self.new_label)
        except RcxError as error:
            self.dialog_wrong = f"{error.message} {error.remedy}"
            return
        self.dialog = ""
        await self._load(int(self.open.id))

    @rx.event
    @requires(Permission.CONNECT)
    async def toggle_enabled(self) -> None:
        """Switch the open connection on or off."""
        await write(service.set_enabled, int(self.open.id or 0), enabled=not self.open.is_enabled)
        await self._load(int(self.open.id))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0
