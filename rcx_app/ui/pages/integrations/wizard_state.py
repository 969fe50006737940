"""State of the import of one file: what was recognised, what a person settles, progress, result.

Every change is settled at once and checked by a job, which this state follows; so leaving the page loses nothing.
"""

from __future__ import annotations

import asyncio
import time
from datetime import date
from typing import Any, Literal

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import imports, uploads
from rcx_app.domain.integrations.schemas import ImportView
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.integrations import reading, wizard_rows
from rcx_app.ui.pages.integrations.wizard_rows import (
    NEW_CONNECTION,
    Choice,
    ColumnRow,
    Head,
    OptionValues,
    PreviewLine,
    ProblemRow,
    ResultRow,
    Verdict,
)
from rcx_app.ui.shell import ShellState

_POLL_S = 0.6
_WATCHER_LOST_S = 10.0
Option = Literal["date_order", "decimal", "currency", "account_from", "account_name", "as_of"]
Switch = Literal["sum_by_sku", "keep_unlicensed"]


class ImportState(AppState):
    """The open import, apart from its tables."""

    head: Head = Head()
    options: OptionValues = OptionValues()
    verdict: Verdict = Verdict()
    questions: list[str] = []
    is_loaded: bool = False
    is_new_target: bool = False
    problem: str = ""
    remedy: str = ""
    wrong: str = ""
    job_title: str = ""
    job_done: int = 0
    job_total: int = 0
    shapes: list[Choice] = []
    fields: list[Choice] = []
    targets: list[Choice] = []
    said: str = ""
    _watched_at: float = 0.0
    _watched_id: int = 0

    @rx.var
    def job_detail(self) -> str:
        """Where the running job stands."""
        return f"{self.job_done:,} of {self.job_total:,}" if self.job_total else ""

    @rx.var
    def is_checking(self) -> bool:
        return self.head.stage in ("reading", "importing")


class ImportRowsState(ImportState):
    """The tables of the open import, and all its handlers."""

    columns: list[ColumnRow] = []
    preview_headers: list[str] = []
    preview: list[PreviewLine] = []
    problems: list[ProblemRow] = []
    results: list[ResultRow] = []
    next_offset: int = 0
    problems_left: bool = False
    _problems_cursor: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> object:
        """Open the import that the address names, if it names one."""
        text = self.router.url.query_parameters.get("import", "")
        import_id = int(text) if text.isdecimal() and len(text) < 18 else 0
        if import_id != self.head.id:
            self._forget()
        if not import_id:
            return None
        self.wrong = self.problem = self.remedy = ""
        return await self._load(import_id)

    @rx.event
    @requires(Permission.READ)
    async def reload(self) -> object:
        return await self._load(self.head.id) if self.head.id else None

    def _forget(self) -> None:
        """Nothing of another import may stand on the page, not even while this one is read."""
        self.head, self.options, self.verdict = Head(), OptionValues(), Verdict()
        self.questions, self.is_loaded, self.is_new_target, self.said = [], False, False, ""
        self.columns, self.preview_headers, self.preview = [], [], []
        self.problems, self.results, self.next_offset, self.problems_left = [], [], 0, False

    async def _load(self, import_id: int) -> object:
        try:
            found = await read(reading.open_import, import_id)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return None
        self._take(found)
        return ImportRowsState.follow if self.head.stage in ("reading", "importing") else None

    def _take(self, found: reading.OpenImport) -> None:
        view, shapes = found.view, imports.shapes()
        self._take_head(view)
        self.options = wizard_rows.options_of(view)
        self.verdict = wizard_rows.verdict_of(view, found.problem_file)
        self.questions = [question.text for question in view.questions]
        self.shapes = wizard_rows.shape_choices(shapes)
        self.fields = wizard_rows.field_choices(shapes, view.shape)
        self.targets = wizard_rows.target_choices(found.connections, view.side)
        self.is_new_target = view.connection_id is None
        self.columns = wizard_rows.column_rows(view)
        self.preview_headers = list(found.preview.headers)
        self.preview = wizard_rows.preview_lines(found.preview)
        self.next_offset = found.preview.next_offset
        self.problems = wizard_rows.problem_rows(found.problems.items)
        self._problems_cursor = found.problems.next_cursor
        self.problems_left = bool(found.problems.next_cursor)
        self.results = wizard_rows.result_rows(view)
        self.said = wizard_rows.result_sentence(view)
        self.is_loaded = True

    def _take_head(self, view: ImportView) -> None:
        self.head = wizard_rows.head_of(view)
        is_open = view.job is not None and view.job.is_open
        self.job_title = (view.job.note if view.job and is_open else "") or "Waiting for its turn"
        self.job_done = view.job.done if view.job and is_open else 0
        self.job_total = view.job.total if view.job and is_open else 0

    @rx.event(background=True)
    @requires(Permission.READ)
    async def follow(self) -> None:
        """Follow the file's job until it has ended. One follower a tab and import."""
        async with self:
            import_id = self.head.id
            if self._watched_id == import_id and time.time() - self._watched_at < _WATCHER_LOST_S:
                return
            self._watched_id, self._watched_at = import_id, time.time()
        while import_id:
            view = await read(imports.view, import_id)
            is_going = wizard_rows.stage_of(view) in ("reading", "importing")
            found = None if is_going else await read(reading.open_import, import_id)
            async with self:
                if self.head.id != import_id:
                    return
                self._watched_at = time.time() if is_going else 0.0
                if found is None:
                    self._take_head(view)
                else:
                    self._take(found)
            if not is_going:
                return
            await asyncio.sleep(_POLL_S)

    async def _settle(self, **changed: Any) -> object:
        self.wrong = ""
        try:
            await write(reading.change, self.head.id, **changed)
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}".strip()
            return None
        return await self._load(self.head.id)

    async def _look_again(self, **forced: Any) -> object:
        self.wrong = ""
        await write(imports.look_again, self.head.id, **forced)
        return await self._load(self.head.id)

    @rx.event
    @requires(Permission.IMPORT)
    async def set_shape(self, shape: str) -> object:
        """Read the file as another kind of export."""
        return await self._look_again(shape=shape, sheet=self.head.sheet, header_row=_row(self.head.header_row))

    @rx.event
    @requires(Permission.IMPORT)
    async def set_sheet(self, sheet: str) -> object:
        return await self._look_again(sheet=sheet)

    @rx.event
    @requires(Permission.IMPORT)
    async def set_header_row(self, text: str) -> object:
        """The row number at which the header stands, as a person sees it."""
        if text == self.head.header_row:
            return None
        if not _row(text):
            self.wrong = "The header row is a number from 1 on."
            return None
        return await self._look_again(sheet=self.head.sheet, header_row=_row(text))

    @rx.event
    @requires(Permission.IMPORT)
    async def set_column(self, header: str, field: str) -> object:
        """Let a column feed a field; the column that fed it before becomes an attribute."""
        fed = {column.header: column.field for column in self.columns}
        return await self._settle(columns=reading.take_field(fed, header, field))

    @rx.event
    @requires(Permission.IMPORT)
    async def set_option(self, name: Option, value: str) -> object:
        if getattr(self.options, name) == value.strip():
            return None
        chosen: Any = value.strip()
        if name == "as_of":
            try:
                chosen = date.fromisoformat(value) if value else None
            except ValueError:
                self.wrong = "The as-of date is written like 2026-11-20."
                return None
        return await self._settle(options={name: chosen})

    @rx.event
    @requires(Permission.IMPORT)
    async def set_switch(self, name: Switch, value: bool) -> object:
        return await self._settle(options={name: value})

    @rx.event
    @requires(Permission.IMPORT)
    async def set_target(self, value: str) -> object:
        """The connection the file goes to, or a new one, whose label is then asked for."""
        if value == NEW_CONNECTION:
            self.is_new_target = True
            self.head.target, self.head.label = NEW_CONNECTION, ""
            return None
        return await self._settle(connection_id=int(value) if value.isdecimal() else None, label="")

    @rx.event
    @requires(Permission.IMPORT)
    async def set_label(self, label: str) -> object:
        """The name of a new connection."""
        if " ".join(label.split()) == self.head.label:
            return None
        return await self._settle(connection_id=None, label=label, vendor="")

    @rx.event
    @requires(Permission.IMPORT)
    async def start(self, leave_out: bool) -> list[object]:
        """Import. Questions that stand on the page count as answered by the press of the button under them."""
        self.wrong = ""
        try:
            await write(imports.start, self.head.id, confirmed=bool(self.questions), leave_out_bad_rows=leave_out)
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}".strip()
            return []
        return [await self._load(self.head.id), ShellState.watch]

    @rx.event
    @requires(Permission.IMPORT)
    async def stop(self) -> object:
        """Stop what is under way; nothing of it remains."""
        await write(imports.cancel, self.head.id)
        return await self._load(self.head.id)

    @rx.event
    @requires(Permission.IMPORT)
    async def withdraw(self) -> list[object]:
        """Take the file back and leave its page."""
        await write(uploads.withdraw, self.head.id)
        return [rx.redirect(addresses.INTEGRATIONS), notify("The file was withdrawn and deleted")]

    @rx.event
    @requires(Permission.READ)
    async def more_preview(self) -> None:
        """The next rows of the preview."""
        if not self.next_offset:
            return
        preview = await read(imports.preview, self.head.id, self.next_offset)
        self.preview = [*self.preview, *wizard_rows.preview_lines(preview)]
        self.next_offset = preview.next_offset

    @rx.event
    @requires(Permission.READ)
    async def more_problems(self) -> None:
        """The next problems of the list."""
        if not self._problems_cursor:
            return
        page = await read(imports.problems, self.head.id, self._problems_cursor)
        self.problems = [*self.problems, *wizard_rows.problem_rows(page.items, len(self.problems))]
        self._problems_cursor = page.next_cursor
        self.problems_left = bool(page.next_cursor)


def _row(text: str) -> int:
    plain = text.strip()
    return int(plain) if plain.isdecimal() and len(plain) < 7 else 0
