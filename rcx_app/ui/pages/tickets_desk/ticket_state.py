"""State of one ticket at /staff/tickets/<id>: thread with notes, answer, templates, assignment, who else is there."""

from __future__ import annotations

import secrets
from typing import Any, Literal

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.support import desk, drafts, files, templates
from rcx_app.domain.support.schemas import PRIORITIES, Choice, DeskView, FileView, Looker, Priority, TemplateView
from rcx_app.domain.support.states import Deed
from rcx_app.ui.across import read_across, write_across
from rcx_app.ui.base import AppState
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.support import rows
from rcx_app.ui.pages.support.rows import EntryRow, FileRow, Shown
from rcx_app.ui.pages.support.ticket_state import ticket_id_of
from rcx_app.ui.pages.tickets_desk.queue_state import Option

Mode = Literal["answer", "note"]
_SAID = {Deed.SOLVE: "Solved.", Deed.CLOSE: "Closed.", Deed.REOPEN: "Open again."}
_Opened = tuple[DeskView, tuple[Choice, ...], tuple[TemplateView, ...], tuple[FileView, ...], dict[str, dict[str, str]]]


def _opened(session: Any, context: Context, ticket_id: int) -> _Opened:
    kept = {"answer": drafts.reply_to(ticket_id), "note": drafts.note_on(ticket_id)}
    return (
        desk.view(session, context, ticket_id),
        desk.agents(session, context),
        templates.listing(session, context),
        files.loose(session, context, ticket_id),
        {mode: drafts.kept(session, context, place) for mode, place in kept.items()},
    )


class DeskTicketState(AppState):
    """`mode`: what is being written, an answer or a note. `form_key` changes to begin the field anew with `draft`.

    `is_closing`: the dialog that closes the ticket is open.
    """

    ticket: Shown = Shown()
    workspace: str = ""
    workspace_href: str = ""
    asker: str = ""
    entries: list[EntryRow] = []
    lookers: str = ""
    agents: list[Option] = []
    templates: list[Option] = []
    files: list[FileRow] = []
    mode: str = "answer"
    draft: str = ""
    form_key: str = ""
    wrong: str = ""
    is_closing: bool = False
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    _version: int = 0
    _seen: int = 0
    _typed: str = ""
    _once: dict[str, str] = {}
    _kept: dict[str, str] = {}
    _texts: dict[str, str] = {}
    _view: DeskView | None = None

    @rx.event
    @requires(Permission.AGENT)
    async def load(self) -> Any:
        """The ticket that the address names."""
        self.wrong, self.mode, self.is_closing = "", "answer", False
        try:
            view, agents, kept_templates, loose, kept = await read_across(_opened, ticket_id_of(self.router.url.path))
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded, self.ticket = error.message, error.remedy, True, Shown()
            return None
        self.agents = [Option("", "Nobody"), *(Option(str(each.id), each.name) for each in agents)]
        self.templates = [Option(str(each.id), each.name) for each in kept_templates]
        self._texts = {str(each.id): each.text for each in kept_templates}
        self._kept = {mode: fields.get("text", "") for mode, fields in kept.items()}
        self._once = {"answer": secrets.token_urlsafe(12), "note": secrets.token_urlsafe(12)}
        self._typed = ""
        self.files = [rows.file_row(each) for each in loose]
        self._begin(self._kept.get("answer", ""))
        self._show(view)
        return DeskTicketState.look

    @rx.event
    @requires(Permission.AGENT)
    async def look(self) -> None:
        """Say that one is here, and see who else is and whether anything is new. What is being typed stays."""
        if not self.ticket.id:
            return
        writes = bool(self._typed.strip())
        lookers, version = await write_across(desk.look, self.ticket.id, is_writing=writes)
        self._name(lookers)
        if version != self._version:
            self._show(await read_across(desk.view, self.ticket.id))

    @rx.event
    @requires(Permission.AGENT)
    async def leave(self) -> None:
        """The page is left."""
        if self.ticket.id:
            await write_across(desk.leave, self.ticket.id)
            self.ticket = Shown()

    @rx.event
    @requires(Permission.AGENT)
    async def choose_mode(self, mode: Mode) -> None:
        """Write an answer or a note; what was typed in the other stays its draft."""
        self._kept = {**self._kept, self.mode: self._typed or self._kept.get(self.mode, "")}
        self.mode, self.wrong = mode, ""
        self._begin(self._kept.get(mode, ""))

    @rx.event(supersedes=True)
    @requires(Permission.AGENT)
    async def keep(self, text: str) -> None:
        """Keep what is being typed."""
        if self.ticket.id:
            self._typed = text
            await write_across(drafts.keep, self._place(), {"text": text})

    @rx.event
    @requires(Permission.AGENT)
    async def take_template(self, template_id: str) -> None:
        """Put a template into the answer, below what stands there."""
        text = self._texts.get(template_id, "")
        if not text or self._view is None:
            return
        filled = templates.fill(text, self._view, self.user_name)
        before = self._typed or self._kept.get(self.mode, "")
        whole = f"{before.rstrip()}\n\n{filled}" if before.strip() else filled
        self._begin(whole)
        self._typed = whole
        await write_across(drafts.keep, self._place(), {"text": whole})

    @rx.event
    @requires(Permission.AGENT)
    async def send(self, form: dict[str, Any]) -> Any:
        """Send the answer, or keep the note. A second click sends the same form, which stands there once."""
        return await self._send(str(form.get("text", "")), solve=False)

    @rx.event
    @requires(Permission.AGENT)
    async def send_and_solve(self) -> Any:
        """Send the answer as it was typed last, and say that it is solved."""
        return await self._send(self._typed or self._kept.get("answer", ""), solve=True)

    @rx.event
    @requires(Permission.AGENT)
    async def uploaded(self, ids: list[int]) -> None:
        """Files have arrived for the answer."""
        self.files = [rows.file_row(each) for each in await write_across(files.put_to, ids, self.ticket.id)]

    @rx.event
    @requires(Permission.AGENT)
    async def drop_file(self, file_id: int) -> None:
        """Take a file back that was not sent yet."""
        await write_across(files.remove, file_id)
        self.files = [each for each in self.files if each.id != file_id]

    @rx.event
    @requires(Permission.AGENT)
    async def assign(self, agent_id: str) -> Any:
        """Give the ticket to an agent, or to nobody."""
        chosen = int(agent_id) if agent_id.isascii() and agent_id.isdecimal() and len(agent_id) < 18 else None
        return await self._change(desk.assign, chosen)

    @rx.event
    @requires(Permission.AGENT)
    async def take(self) -> Any:
        """Take the ticket oneself."""
        own = next((each.value for each in self.agents if each.label == self.user_name), "")
        return await self._change(desk.assign, int(own)) if own else None

    @rx.event
    @requires(Permission.AGENT)
    async def prioritise(self, priority: str) -> Any:
        """Say how urgent it is."""
        return await self._change(desk.prioritise, Priority(priority)) if priority in PRIORITIES else None

    @rx.event
    @requires(Permission.AGENT)
    async def ask_close(self) -> None:
        """Open the dialog that closes the ticket."""
        self.is_closing = True

    @rx.event
    @requires(Permission.AGENT)
    async def stop_close(self) -> None:
        """Close the dialog; the ticket stays as it is."""
        self.is_closing = False

    @rx.event
    @requires(Permission.AGENT)
    async def end(self, deed: Literal["solve", "close", "reopen"]) -> Any:
        """Solve, close or reopen the ticket; the people are told."""
        self.is_closing = False
        done = await self._change(desk.end, Deed(deed))
        return notify(_SAID[Deed(deed)]) if done is None else done

    async def _send(self, text: str, *, solve: bool) -> Any:
        once = self._once.get(self.mode, "")
        try:
            if self.mode == "note":
                await write_across(desk.note, self.ticket.id, text, once_key=once)
            else:
                await write_across(
                    desk.answer,
                    self.ticket.id,
                    text,
                    once_key=once,
                    seen=self._seen,
                    solve=solve,
                    attached=[each.id for each in self.files],
                )
        except RcxError as error:
            self.wrong = str(error)
            await self._again()
            return None
        if self.mode == "answer":
            self.files = []
        self._once = {**self._once, self.mode: secrets.token_urlsafe(12)}
        self._kept, self._typed, self.wrong = {**self._kept, self.mode: ""}, "", ""
        self._begin("")
        await self._again()
        return None

    async def _change(self, service: Any, *args: Any) -> Any:
        try:
            await write_across(service, self.ticket.id, *args, version=self._version)
        except RcxError as error:
            await self._again()
            return notify(error.message, tone="fail", detail=error.remedy)
        await self._again()
        return None

    async def _again(self) -> None:
        self._show(await read_across(desk.view, self.ticket.id))

    def _place(self) -> str:
        return drafts.note_on(self.ticket.id) if self.mode == "note" else drafts.reply_to(self.ticket.id)

    def _begin(self, text: str) -> None:
        self.draft, self.form_key = text, secrets.token_urlsafe(6)

    def _name(self, lookers: tuple[Looker, ...]) -> None:
        said = [f"{each.name} is {'writing' if each.is_writing else 'here too'}" for each in lookers]
        self.lookers = ", ".join(said)

    def _show(self, view: DeskView) -> None:
        self._view = view
        self.ticket = rows.shown(view.ticket, for_staff=True)
        self.workspace, self.workspace_href = view.workspace, f"/staff/workspaces/{view.workspace_id}"
        self.asker = f"{view.ticket.line.asker} <{view.asker_email}>"
        self.entries = [rows.entry_row(each) for each in view.ticket.entries]
        self._version, self._seen = view.ticket.version, view.ticket.seen
        self._name(view.lookers)
        self.problem = self.remedy = ""
        self.is_loaded = True
