"""State of an open ticket at /support/tickets/<id>: its thread, the reply with its draft and files, and its deeds."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import NotFound, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.support import drafts, files, service
from rcx_app.domain.support.schemas import FileView, TicketView
from rcx_app.domain.support.texts import FieldInvalid
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.support import rows
from rcx_app.ui.pages.support.rows import EntryRow, FileRow, Shown
from rcx_app.ui.pages.support.state import TicketListState

_LARGEST_ID = 2**63


def ticket_id_of(path: str) -> int:
    """The ticket that an address names. Raises NotFound."""
    text = path.rstrip("/").rpartition("/")[2]
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < _LARGEST_ID):
        raise NotFound("This ticket")
    return int(text)


def _opened(session: Any, context: Context, ticket_id: int) -> tuple[TicketView, dict[str, str], tuple[FileView, ...]]:
    return (
        service.view(session, context, ticket_id),
        drafts.kept(session, context, drafts.reply_to(ticket_id)),
        files.loose(session, context, ticket_id),
    )


class TicketState(AppState):
    """`once_key` names the form of the reply: it changes when one is sent, which also empties the field.

    `wrong`: why the reply was refused. `is_withdrawing`: the dialog is open. `files`: uploaded for the reply.
    """

    ticket: Shown = Shown()
    entries: list[EntryRow] = []
    files: list[FileRow] = []
    draft: str = ""
    once_key: str = ""
    wrong: str = ""
    is_withdrawing: bool = False
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    _version: int = 0

    @rx.event
    @requires(Permission.SUPPORT)
    async def load(self) -> None:
        """The ticket that the address names, with what was typed and not sent."""
        self.wrong, self.is_withdrawing = "", False
        try:
            view, kept, loose = await read(_opened, ticket_id_of(self.router.url.path))
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded, self.ticket = error.message, error.remedy, True, Shown()
            return
        if view.line.id != self.ticket.id or not self.once_key:
            self.draft, self.once_key = kept.get("text", ""), secrets.token_urlsafe(12)
        self.files = [rows.file_row(each) for each in loose]
        self._show(view)

    @rx.event
    @requires(Permission.SUPPORT)
    async def look(self) -> Any:
        """Look whether somebody has written meanwhile. What is being typed stays."""
        if not self.ticket.id or self.is_withdrawing:
            return None
        view = await read(service.view, self.ticket.id)
        if view.version == self._version:
            return None
        self._show(view)
        return TicketListState.load

    @rx.event(supersedes=True)
    @requires(Permission.SUPPORT)
    async def keep(self, text: str) -> None:
        """Keep what is being typed."""
        if self.ticket.id:
            await write(drafts.keep, drafts.reply_to(self.ticket.id), {"text": text})

    @rx.event
    @requires(Permission.SUPPORT)
    async def send(self, form: dict[str, Any]) -> Any:
        """Send the reply. A second click sends the same form, which stands in the thread once."""
        try:
            await write(
                service.reply,
                self.ticket.id,
                str(form.get("text", "")),
                once_key=str(form.get("once_key", "")),
                attached=[each.id for each in self.files],
            )
        except FieldInvalid as error:
            self.wrong = str(error)
            return None
        except RcxError as error:
            self.wrong = str(error)
            await self._again()
            return None
        self.draft, self.once_key, self.wrong, self.files = "", secrets.token_urlsafe(12), "", []
        await self._again()
        return TicketListState.load

    @rx.event
    @requires(Permission.SUPPORT)
    async def uploaded(self, ids: list[int]) -> None:
        """Files have arrived for the reply."""
        self.files = [rows.file_row(each) for each in await write(files.put_to, ids, self.ticket.id)]

    @rx.event
    @requires(Permission.SUPPORT)
    async def drop_file(self, file_id: int) -> None:
        """Take a file back that was not sent yet."""
        await write(files.remove, file_id)
        self.files = [each for each in self.files if each.id != file_id]

    @rx.event
    @requires(Permission.SUPPORT)
    async def ask_withdraw(self) -> None:
        """Open the dialog that withdraws."""
        self.wrong, self.is_withdrawing = "", True

    @rx.event
    @requires(Permission.SUPPORT)
    async def stop_withdraw(self) -> None:
        """Close the dialog; nothing is withdrawn."""
        self.wrong, self.is_withdrawing = "", False

    @rx.event
    @requires(Permission.SUPPORT)
    async def withdraw(self, form: dict[str, Any]) -> Any:
        """Take the ticket back."""
        said = "Withdrawn. You can reinstate it for 30 days."
        return await self._do(service.withdraw, said, reason=str(form.get("reason", "")))

    @rx.event
    @requires(Permission.SUPPORT)
    async def reinstate(self) -> Any:
        """Bring the ticket back."""
        return await self._do(service.reinstate, "The ticket is back, at its old place in the queue.")

    @rx.event
    @requires(Permission.SUPPORT)
    async def solve(self) -> Any:
        """Say that it is solved."""
        return await self._do(service.solve, "Marked as solved. Thank you.")

    @rx.event
    @requires(Permission.SUPPORT)
    async def reopen(self) -> Any:
        """Say that it is not solved."""
        return await self._do(service.reopen, "The ticket is open again.")

    async def _do(self, deed: Any, said: str, **more: str) -> Any:
        try:
            await write(deed, self.ticket.id, version=self._version, **more)
        except RcxError as error:
            self.wrong = str(error)
            await self._again()
            return notify(error.message, tone="fail", detail=error.remedy) if not self.is_withdrawing else None
        self.is_withdrawing = False
        await self._again()
        return [TicketListState.load, notify(said)]

    async def _again(self) -> None:
        self._show(await read(service.view, self.ticket.id))

    def _show(self, view: TicketView) -> None:
        self.ticket = rows.shown(view)
        self.entries = [rows.entry_row(each) for each in view.entries]
        self._version = view.version
        self.problem = self.remedy = ""
        self.is_loaded = True
