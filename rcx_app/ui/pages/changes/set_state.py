"""State of one change set's page: its head, its changes in pages, the one that is open, and what is done with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound, RcxError
from rcx_app.core.pagination import PAGE_SIZE, Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.writeback import handoff, listing, service, undoing
from rcx_app.domain.writeback.listing import Only
from rcx_app.domain.writeback.schemas import ChangeView, SetHead, SetState
from rcx_app.domain.writeback.sending_request import KIND
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import answer, requires
from rcx_app.ui.pages.billing import history
from rcx_app.ui.pages.changes.rows import name_of
from rcx_app.ui.pages.changes.set_rows import ChangeLine, Head, change_line, head_row
from rcx_app.ui.shell import ShellState

ONLY: dict[str, Only] = {"problems": "problems", "warned": "warned"}
_LONGEST_ID = 18
_POLL_S = 1.0
_FOLLOWER_LOST_S = 10.0


def _head_and_work(session: Any, context: Context, set_id: int) -> tuple[SetHead, bool]:
    """The set, and whether a job of its connection is under way."""
    head = listing.head(session, context, set_id)
    found = jobs.open_jobs(session, context, [KIND])
    return head, any(each.args.get("connection_id") == head.connection_id for each in found)


class ChangeSetState(AppState):
    """`ticket` is the set as text, for those who type it in; `asked` names what is to be confirmed."""

    head: Head = Head()
    lines: list[ChangeLine] = []
    shown: ChangeLine = ChangeLine()
    open_id: str = ""
    only: Only = ""
    has_more: bool = False
    ticket: str = ""
    asked: str = ""
    is_working: bool = False
    is_loaded: bool = False
    is_missing: bool = False
    problem: str = ""
    remedy: str = ""
    _cursor: str = ""
    _stage: str = SetState.DRAFT.value
    _followed_at: float = 0.0

    @rx.var
    def may_approve(self) -> bool:
        return self._may(Permission.APPROVE)

    @rx.var
    def foot(self) -> str:
        whole = {"problems": self.head.bad, "warned": self.head.warned_count}.get(self.only, self.head.total)
        return f"{len(self.lines):,} of {whole:,}" if self.lines else ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> AsyncIterator[Any]:
        """The set that the address names."""
        params = self.router.url.query_parameters
        self.only, self.asked = ONLY.get(params.get("show", ""), ""), ""
        self.problem, self.remedy, self.is_missing = "", "", False
        try:
            set_id = self._asked_id()
            if set_id != self.head.id:
                self.head, self.lines, self.shown, self.is_loaded = Head(), [], ChangeLine(), False
                yield
            await self._load(set_id)
            await self._open(params.get("open", ""))
        except RcxError as error:
            self.head = Head()
            self.problem, self.remedy = error.message, error.remedy
            self.is_missing = isinstance(error, NotFound)
        self.is_loaded = True
        yield ChangeSetState.follow

    @rx.event
    @requires(Permission.READ)
    async def again(self) -> None:
        """Jobs have ended: the same, as it is now."""
        if self.head.id:
            await self._load(self.head.id)
            await self._open(self.open_id)

    @rx.event(background=True)
    @requires(Permission.READ)
    async def follow(self) -> None:
        """Show how far planning and sending are, until nothing is under way. One follower a tab."""
        async with self:
            set_id = self.head.id
            if not set_id or time.time() - self._followed_at < _FOLLOWER_LOST_S:
                return
            self._followed_at = time.time()
        while True:
            head, is_working = await read(_head_and_work, set_id)
            async with self:
                if self.head.id != set_id or not is_working:
                    self.is_working, self._followed_at = False, 0.0
                    break
                self.is_working, self._followed_at = True, time.time()
                self._show(head)
                if len(self.lines) <= PAGE_SIZE:
                    self._follow_on(await read(listing.changes, set_id, only=self.only), [])
            await asyncio.sleep(_POLL_S)
        async with self:
            if self.head.id == set_id:
                await self._load(set_id)
                await self._open(self.open_id)

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next changes."""
        if self._cursor:
            page = await read(listing.changes, self.head.id, only=self.only, cursor=self._cursor)
            self._follow_on(page, self.lines)

    @rx.event
    @requires(Permission.READ)
    async def open_change(self, change_id: str) -> Any:
        await self._open(change_id)
        return history.put("open", self.open_id)

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> Any:
        self.open_id, self.shown = "", ChangeLine()
        return history.put("open", "")

    @rx.event
    @requires(Permission.READ)
    async def show_only(self, what: Only) -> Any:
        """Only what was refused, failed or is unclear; or only what there is something to know of before."""
        self.only = what
        self._follow_on(await read(listing.changes, self.head.id, only=what), [])
        return history.put("show", what)

    @rx.event
    @requires(Permission.READ)
    async def ask(self, what: str) -> None:
        """Show the dialog before a deed: write | cancel | undo; empty closes it."""
        self.asked = what if what in ("write", "cancel", "undo") else ""

    @rx.event
    @requires(Permission.REVIEW)
    async def submit(self) -> Any:
        refused = await self._do(service.submit, self.head.id)
        return refused or [notify(f"{self.head.name} waits for approval"), ShellState.load]

    @rx.event
    @requires(Permission.APPROVE)
    async def approve(self, revision: int) -> Any:
        """Approve what is shown as `revision`; a draft of one's own is submitted with it."""
        self.asked = ""
        deed = service.submit_and_approve if self._stage == SetState.DRAFT else service.approve
        refused = await self._do(deed, self.head.id, revision=revision)
        return [*refused, ShellState.load, ShellState.watch, ChangeSetState.follow]

    @rx.event
    @requires(Permission.REVIEW)
    async def cancel(self) -> Any:
        self.asked = ""
        return [*await self._do(service.cancel, self.head.id), ShellState.load]

    @rx.event
    @requires(Permission.REVIEW)
    async def go_on(self) -> Any:
        """Send again what had to wait, or have the PSA asked again."""
        refused = await self._do(service.send_again, self.head.id)
        return [*refused, ShellState.watch, ChangeSetState.follow]

    @rx.event
    @requires(Permission.REVIEW)
    async def drop(self, change_id: int) -> Any:
        """Take a change out."""
        if refused := await self._do(service.drop, change_id):
            return refused
        self.open_id, self.shown = "", ChangeLine()
        return history.put("open", "")

    @rx.event
    @requires(Permission.REVIEW)
    async def look_again(self, change_id: int) -> Any:
        refused = await self._do(service.look_again, change_id)
        return [*refused, ShellState.watch, ChangeSetState.follow]

    @rx.event
    @requires(Permission.APPROVE)
    async def undo(self, change_id: int) -> Any:
        """Take one change back."""
        return await self._undone(undoing.undo, change_id)

    @rx.event
    @requires(Permission.APPROVE)
    async def undo_all(self) -> Any:
        """Take back all of the set that can be."""
        self.asked = ""
        return await self._undone(undoing.undo_set, self.head.id)

    def _asked_id(self) -> int:
        """The set that the address names. Raises NotFound."""
        text = self.router.url.path.rstrip("/").rpartition("/")[2]
        if not (text.isascii() and text.isdecimal() and len(text) < _LONGEST_ID):
            raise NotFound("This change set")
        return int(text)

    async def _do(self, deed: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """The deed, and the set as it is then. Where it is refused, what says so: the page shows what it missed."""
        refused: list[Any] = []
        try:
            await write(deed, *args, **kwargs)
        except RcxError as error:
            refused = [answer(error)]
        await self._load(self.head.id)
        await self._open(self.open_id)
        return refused

    async def _undone(self, deed: Any, number: int) -> list[Any]:
        try:
            made = await write(deed, number)
        except RcxError as error:
            await self._load(self.head.id)
            await self._open(self.open_id)
            return [answer(error)]
        await self._load(self.head.id)
        said = notify(
            f"{name_of(made)} takes it back", detail="The PSA is asked first; once it has invoiced, it refuses."
        )
        return [rx.redirect(addresses.change_set(made)), said, ShellState.watch]

    async def _load(self, set_id: int) -> None:
        head = await read(listing.head, set_id)
        self._show(head)
        self._follow_on(await read(listing.changes, set_id, only=self.only), [])
        self.ticket = await read(handoff.ticket_text, set_id) if head.is_handoff else ""

    def _show(self, head: SetHead) -> None:
        self.head, self._stage = head_row(head), head.state.value

    def _follow_on(self, page: Page[ChangeView], before: list[ChangeLine]) -> None:
        self.lines = [
            *before,
            *(change_line(each, SetState(self._stage), is_handoff=self.head.is_handoff) for each in page.items),
        ]
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)

    async def _open(self, change_id: str) -> None:
        self.shown = next((each for each in self.lines if str(each.id) == change_id), ChangeLine())
        self.open_id = change_id if self.shown.id else ""
