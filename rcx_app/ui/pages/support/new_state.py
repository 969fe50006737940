"""State of the form of a new ticket at /support/new: what is typed is kept, and sent once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.support import drafts, files, service
from rcx_app.domain.support.schemas import Category, Choice, FileView, NewTicket, Priority
from rcx_app.domain.support.texts import FieldInvalid
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.support import rows
from rcx_app.ui.pages.support.rows import FileRow

Choosing = Literal["category", "priority", "connection", "private"]


def _started(session: Any, context: Context) -> tuple[dict[str, str], tuple[FileView, ...], tuple[Choice, ...]]:
    return (
        drafts.kept(session, context, drafts.NEW),
        files.loose(session, context),
        service.connections(session, context),
    )


@dataclass
class Option:
    """One entry of a select."""

    value: str
    label: str


class NewTicketState(AppState):
    """`wrong_*` stand at their fields; `wrong` at the button. `once_key` names the form."""

    subject: str = ""
    text: str = ""
    category: str = Category.QUESTION.value
    priority: str = Priority.NORMAL.value
    connection: str = ""
    is_private: bool = False
    connections: list[Option] = []
    files: list[FileRow] = []
    once_key: str = ""
    wrong_subject: str = ""
    wrong_text: str = ""
    wrong: str = ""
    is_loaded: bool = False
    _typed: dict[str, str] = {}

    @rx.event
    @requires(Permission.SUPPORT)
    async def load(self) -> None:
        """An empty form, or what was typed and not sent."""
        kept, loose, connections = await read(_started)
        self._typed = kept
        self.subject, self.text = kept.get("subject", ""), kept.get("text", "")
        self.category = _one_of(Category, kept.get("category", ""), Category.QUESTION)
        self.priority = _one_of(Priority, kept.get("priority", ""), Priority.NORMAL)
        self.is_private = kept.get("private", "") == "yes"
        self.connections = [
            Option("", "None in particular"),
            *(Option(str(each.id), each.name) for each in connections),
        ]
        about = self.router.url.query_parameters.get("connection", "") or kept.get("connection", "")
        self.connection = about if about in {each.value for each in self.connections} else ""
        self.files = [rows.file_row(each) for each in loose]
        self.wrong_subject = self.wrong_text = self.wrong = ""
        self.once_key, self.is_loaded = secrets.token_urlsafe(12), True

    # A handler for each field of text: the browser waits for a pause in typing by the handler's name.
    @rx.event
    @requires(Permission.SUPPORT)
    async def typed_subject(self, value: str) -> None:
        """Keep the subject that is being typed. The field is the browser's own meanwhile."""
        self.wrong_subject = ""
        await self._keep("subject", value)

    @rx.event
    @requires(Permission.SUPPORT)
    async def typed_text(self, value: str) -> None:
        """Keep the text that is being typed."""
        self.wrong_text = ""
        await self._keep("text", value)

    @rx.event
    @requires(Permission.SUPPORT)
    async def chose(self, name: Choosing, value: str) -> None:
        """Keep what was chosen."""
        if name == "private":
            self.is_private = value == "yes"
        else:
            setattr(self, name, value)
        await self._keep(name, value)

    async def _keep(self, name: str, value: str) -> None:
        self._typed = {**self._typed, name: value}
        await write(drafts.keep, drafts.NEW, self._typed)

    @rx.event
    @requires(Permission.SUPPORT)
    async def uploaded(self, ids: list[int]) -> None:
        """Files have arrived for the new ticket."""
        self.files = [rows.file_row(each) for each in await write(files.put_to, ids)]

    @rx.event
    @requires(Permission.SUPPORT)
    async def drop_file(self, file_id: int) -> None:
        """Take a file back that was not sent yet."""
        await write(files.remove, file_id)
        self.files = [each for each in self.files if each.id != file_id]

    @rx.event
    @requires(Permission.SUPPORT)
    async def send(self, form: dict[str, Any]) -> Any:
        """Open the ticket. A second click sends the same form, which makes one ticket."""
        self.wrong_subject = self.wrong_text = self.wrong = ""
        asked = NewTicket(
            subject=str(form.get("subject", "")),
            text=str(form.get("text", "")),
            once_key=str(form.get("once_key", "")),
            category=Category(_one_of(Category, self.category, Category.QUESTION)),
            priority=Priority(_one_of(Priority, self.priority, Priority.NORMAL)),
            is_private=self.is_private,
            connection_id=int(self.connection) if self.connection.isdecimal() else None,
            files=tuple(each.id for each in self.files),
        )
        try:
            ticket_id = await write(service.open_ticket, asked)
        except FieldInvalid as error:
            said = str(error)
            self.wrong_subject, self.wrong_text = (said, "") if error.field == "subject" else ("", said)
            return None
        except RcxError as error:
            self.wrong = str(error)
            return None
        return [rx.redirect(f"/support/tickets/{ticket_id}"), notify("Sent. The answer comes here and by mail.")]


def _one_of(kind: type[StrEnum], value: str, otherwise: StrEnum) -> str:
    return value if value in {each.value for each in kind} else otherwise.value
