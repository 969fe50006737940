"""State of the page "Writing" of the settings. What is typed as credentials goes through a handler and is forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations.catalogue import CatalogueEntry, catalogue
from rcx_app.domain.sync.opening import FieldsInvalid
from rcx_app.domain.writeback import access, trial
from rcx_app.domain.writeback.schemas import Policy, Writable
from rcx_app.ui.base import AppState, current_context, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history
from rcx_app.ui.pages.integrations.form_rows import entered, marked
from rcx_app.ui.pages.settings_writing.rows import Form, PsaRow, Tried, form_of, psa_row, tried


@dataclass(frozen=True, slots=True)
class _Everything:
    psas: tuple[Writable, ...]
    policy: Policy


def _everything(session: Any, context: Context) -> _Everything:
    return _Everything(access.writable(session, context), access.policy(session, context))


def _one(session: Any, context: Context, connection_id: str) -> tuple[Writable, CatalogueEntry | None] | None:
    """A connection with what its connector declares; in a thread, since the first look loads the connectors."""
    found = next((each for each in access.writable(session, context) if str(each.connection_id) == connection_id), None)
    if found is None:
        return None
    return found, next((each for each in catalogue(context) if each.id == found.connector), None)


class WritingState(AppState):
    """`chosen` is the connection whose panel is open; `as_own`: other credentials for writing are being entered."""

    psas: list[PsaRow] = []
    four_eyes: bool = False
    one_click: bool = False
    open_id: str = ""
    chosen: PsaRow = PsaRow()
    form: Form = Form()
    as_own: bool = False
    wrong: str = ""
    wrong_policy: str = ""
    form_key: int = 0
    is_testing: bool = False
    tried: Tried = Tried()
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        await self._load()
        await self._open(self.router.url.query_parameters.get("open", ""))

    @rx.event
    @requires(Permission.SECURE)
    async def choose(self, four_eyes: bool, one_click: bool) -> Any:
        """How changes are approved. One click and four eyes exclude each other: the newer choice wins."""
        try:
            await write(access.choose_policy, Policy(four_eyes=four_eyes, one_click=one_click))
        except RcxError as error:
            self.wrong_policy = f"{error.message} {error.remedy}"
            return None
        self.wrong_policy = ""
        await self._load()
        return notify("Saved")

    @rx.event
    @requires(Permission.READ)
    async def open_psa(self, connection_id: str) -> Any:
        await self._open(connection_id)
        return history.put("open", self.open_id)

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> Any:
        self.open_id, self.chosen, self.form = "", PsaRow(), Form()
        return history.put("open", "")

    @rx.event
    @requires(Permission.CONNECT)
    async def use_own(self, on: bool) -> None:
        self.as_own = on

    @rx.event
    @requires(Permission.CONNECT)
    async def enable(self, form: dict[str, Any]) -> Any:
        """Allow writing to the open connection; with what is typed as another user, where that is chosen."""
        values = entered(form, [row.name for row in self.form.fields]) if self.as_own else {}
        self.wrong, self.form = "", replace(self.form, fields=marked(self.form.fields, {}))
        if self.as_own and not any(value.strip() for value in values.values()):
            self.wrong = "Enter the credentials for writing, or let RCX write with those it reads with."
            return None
        try:
            await write(access.enable_writing, self.chosen.id, values)
        except FieldsInvalid as error:
            self.form = replace(self.form, fields=marked(self.form.fields, error.fields))
            self.wrong = " ".join(said for name, said in error.fields.items() if name not in values)
            return None
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}".strip()
            return None
        label = self.chosen.label
        await self._again()
        return notify(f"RCX may write to {label}", detail="Only what a person approved.")

    @rx.event(background=True)
    @requires(Permission.CONNECT)
    async def test(self, form: dict[str, Any]) -> None:
        """Sign in as who would write and read as before a write; nothing is sent. One at a time."""
        async with self:
            if self.is_testing or not self.chosen.id:
                return
            connection_id, self.is_testing, self.wrong, self.tried = self.chosen.id, True, "", Tried()
            values = entered(form, [row.name for row in self.form.fields]) if self.as_own else {}
            self.form = replace(self.form, fields=marked(self.form.fields, {}))
        context, found, wrong = await current_context(), Tried(), dict[str, str]()
        try:
            found = tried(await asyncio.to_thread(trial.try_writing, context, connection_id, values))
        except FieldsInvalid as error:
            wrong = dict(error.fields)
        except RcxError as error:
            found = Tried("fail", error.message, error.remedy)
        finally:
            async with self:
                self.is_testing = False
                if self.chosen.id == connection_id:
                    self.tried = found
                    self.form = replace(self.form, fields=marked(self.form.fields, wrong))

    @rx.event
    @requires(Permission.CONNECT)
    async def disable(self) -> Any:
        """Write nothing more to the open connection."""
        label = self.chosen.label
        await write(access.disable_writing, self.chosen.id)
        await self._again()
        return notify(f"RCX writes nothing more to {label}", detail="Credentials for writing were deleted.")

    async def _again(self) -> None:
        self.form_key += 1
        await self._load()
        await self._open(self.open_id)

    async def _load(self) -> None:
        try:
            found = await read(_everything)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.psas = [psa_row(each) for each in found.psas]
        self.four_eyes, self.one_click = found.policy.four_eyes, found.policy.one_click
        self.problem, self.remedy, self.is_loaded = "", "", True

    async def _open(self, connection_id: str) -> None:
        self.as_own, self.wrong, self.tried = False, "", Tried()
        found = await read(_one, connection_id)
        if found is None:
            self.open_id, self.chosen, self.form = "", PsaRow(), Form()
            return
        writable, entry = found
        self.open_id, self.chosen = connection_id, psa_row(writable)
        self.form = form_of(writable, entry) if entry is not None else Form()
