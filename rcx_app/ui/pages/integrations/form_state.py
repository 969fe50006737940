"""State of the form of a connection: what is asked, a test, and saving.

No secret is ever held here. What is typed stays in the browser until the form is submitted, goes through the handler
as its argument and is forgotten when the handler ends; of what is stored only "is set" is shown.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from rcx_app.core.errors import Conflict, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import alerts_expiry, api, sandbox, saving
from rcx_app.domain.sync.opening import FieldsInvalid
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, current_context, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.integrations import about_rows, form_rows, reading
from rcx_app.ui.pages.integrations.about_rows import About
from rcx_app.ui.pages.integrations.form_rows import FieldRow, Outcome
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState

_TELL_EVERY_S = 1.0
_TESTER_LOST_S = 10.0


class FormState(AppState):
    """The form that is open: of a new connection (`connection_id` 0), or of one that is there.

    `subject` names what it is about; an outcome is shown only where it is about the same. `is_touched`: something was
    typed since the test. `checked`: when what is stored was last let in.
    """

    subject: str = ""
    connection_id: int = 0
    about: About = About()
    fields: list[FieldRow] = []
    label: str = ""
    label_wrong: str = ""
    wrong: str = ""
    is_loaded: bool = False
    is_connected: bool = True
    checked: str = ""
    checked_iso: str = ""
    problem: str = ""
    remedy: str = ""
    expires: str = ""
    expires_wrong: str = ""
    has_sandbox: bool = False
    is_sandbox: bool = False
    revealed: list[str] = []
    outcome: Outcome = Outcome()
    is_touched: bool = False
    is_testing: bool = False
    tested_subject: str = ""
    test_seconds: int = 0
    _tested_at: float = 0.0

    @rx.var
    def has_outcome(self) -> bool:
        """Whether the last test was about what is open."""
        return bool(self.subject) and self.outcome.subject == self.subject

    @rx.var
    def is_proven(self) -> bool:
        """Whether what stands in the form has been tested and let in."""
        return self.has_outcome and self.outcome.tone in ("ok", "under") and not self.is_touched

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Open the form that the address names, if it names one."""
        query = self.router.url.query_parameters
        connector_id, text = query.get("add", "")[:80], query.get("connection", "")
        connection_id = int(text) if text.isdecimal() and len(text) < 18 and not connector_id else 0
        view = query.get("view", "")
        asked = form_rows.subject(connection_id, connector_id, is_form=view == "settings")
        self.subject, self.connection_id = asked if connector_id or connection_id else "", connection_id
        self._forget()
        if connector_id or (connection_id and view in ("settings", "rights")):
            await self._open(connection_id, connector_id)

    def _forget(self) -> None:
        """A form that opens is empty: nothing of another one may stand there, not even while this one is read."""
        self.about, self.fields, self.label, self.label_wrong = About(), [], "", ""
        self.is_loaded, self.is_connected, self.is_sandbox, self.is_touched = False, True, False, True
        self.problem, self.remedy, self.wrong, self.revealed = "", "", "", []
        self.expires, self.expires_wrong = "", ""
        if form_rows.is_of_form(self.outcome.subject):
            self.outcome = Outcome()

    async def _open(self, connection_id: int, connector_id: str) -> None:
        try:
            if connection_id:
                found = await read(reading.form_of, connection_id)
            else:
                found = await read(reading.new_form, connector_id)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.about = about_rows.about(found.entry)
        may_change = (await current_context()).allows(Permission.CONNECT)
        self.fields = form_rows.field_rows(found.entry, found.settings) if may_change else []
        self.has_sandbox = sandbox.is_there()
        if found.settings is not None:
            self.is_sandbox, self.is_connected = found.settings.is_sandbox, found.settings.is_connected
            at = found.settings.checked_at
            self.expires = found.settings.expires_on.isoformat() if found.settings.expires_on else ""
            self.checked, self.checked_iso = (words.moment(at), at.isoformat()) if at else ("", "")
        elif not connection_id:
            self.label = form_rows.free_label(found.entry.name, found.labels)
        self.revealed, self.problem, self.remedy, self.is_loaded = [], "", "", True

    @rx.event
    @requires(Permission.CONNECT)
    async def reveal(self, name: str) -> None:
        """Show, or hide again, what is typed into a secret's field."""
        known = [row.name for row in self.fields if row.is_secret]
        self.revealed = [each for each in known if (each in self.revealed) != (each == name)]

    @rx.event(supersedes=True)
    @requires(Permission.CONNECT)
    async def touch(self) -> None:
        """Something was typed: the last test no longer speaks of it."""
        self.is_touched = True

    @rx.event
    @requires(Permission.CONNECT)
    async def use_sandbox(self, on: bool) -> None:
        """Connect to the sandbox in place of the vendor."""
        self.is_sandbox, self.is_touched = on and self.has_sandbox, True

    @rx.event
    @requires(Permission.CONNECT)
    async def fill_in(self) -> list[object]:
        """Fill the fields with what gets into the sandbox."""
        values = await asyncio.to_thread(sandbox.credentials, await current_context(), self.about.id)
        self.is_touched = True
        return [rx.call_script(form_rows.filling({row.name: values.get(row.name, "") for row in self.fields}))]

    @rx.event
    @requires(Permission.CONNECT)
    async def save(self, form: dict[str, Any]) -> object:
        """Add the connection, or change what was entered for it."""
        values = form_rows.entered(form, [row.name for row in self.fields])
        label, is_new = form_rows.label_of(form), not self.connection_id
        if not (self.subject and self.about.id):
            return _expired()
        self.label_wrong, self.wrong, self.fields = "", "", form_rows.marked(self.fields, {})
        self.expires_wrong = ""
        if is_new and not 0 < len(label) <= form_rows.LABEL_LIMIT:
            self.label_wrong = f"Give it a label of 1 to {form_rows.LABEL_LIMIT} characters."
            return None
        try:
            connection_id = await self._save(label, values, form)
        except FieldsInvalid as error:
            self.fields = form_rows.marked(self.fields, error.fields)
            return None
        except alerts_expiry.DayInvalid as error:
            self.expires_wrong = f"{error.message} {error.remedy}"
            return None
        except RcxError as error:
            said = f"{error.message} {error.remedy}".strip()
            self.label_wrong, self.wrong = (said, "") if is_new and isinstance(error, Conflict) else ("", said)
            return None
        word = f"{label} is connected" if is_new else "The credentials are changed"
        detail = "" if self.is_proven else "They were not tested."
        if self.is_proven:
            self.outcome = replace(self.outcome, subject=form_rows.subject(connection_id))
        self.is_touched, self.revealed = True, []
        here = addresses.address(addresses.INTEGRATIONS, connection=connection_id)
        return [rx.redirect(here), IntegrationsRowsState.reload, notify(word, detail=detail)]

    async def _save(self, label: str, values: dict[str, str], form: dict[str, Any]) -> int:
        expires_on = form_rows.expiry_of(form)
        if self.connection_id:
            await write(saving.change, self.connection_id, values, expires_on)
            return self.connection_id
        return await write(
            saving.connect,
            connector_id=self.about.id,
            label=label,
            values=values,
            is_sandbox=self.is_sandbox,
            expires_on=expires_on,
        )

    @rx.event(background=True)
    @requires(Permission.CONNECT)
    async def test(self, form: dict[str, Any]) -> object:
        """Sign in at the vendor with what stands in the form; it may be left meanwhile."""
        async with self:
            values = form_rows.entered(form, [row.name for row in self.fields])
            asked, about, connection_id = self.subject, self.about, self.connection_id
            is_sandbox, self.is_touched, self.wrong = self.is_sandbox, False, ""
            self.fields = form_rows.marked(self.fields, {})
        if not (asked and about.id):
            return _expired()
        await _test(self, asked, about.id, about.name, values, connection_id=connection_id, is_sandbox=is_sandbox)
        return None

    @rx.event(background=True)
    @requires(Permission.CONNECT)
    async def test_stored(self, connection_id: int) -> None:
        """Sign in at the vendor with what is stored for a connection."""
        entry = (await read(reading.form_of, connection_id)).entry
        asked = form_rows.subject(connection_id)
        await _test(self, asked, entry.id, entry.name, {}, connection_id=connection_id)


def _expired() -> EventSpec:
    """What is said where the server no longer knows which form was open."""
    return notify("This form has expired", tone="fail", detail="Nothing was saved. Reload the page and enter it again.")


async def _test(
    state: FormState,
    asked: str,
    connector_id: str,
    name: str,
    values: dict[str, str],
    *,
    connection_id: int,
    is_sandbox: bool | None = None,
) -> None:
    """Test, telling the seconds. One test a tab at a time."""
    context = await current_context()
    async with state:
        if state.is_testing and time.time() - state._tested_at < _TESTER_LOST_S:
            return
        state.is_testing, state.tested_subject, state.test_seconds = True, asked, 0
        state.outcome, state._tested_at = Outcome(), time.time()
    began = time.monotonic()
    work = asyncio.create_task(
        asyncio.to_thread(
            api.test, context, connector_id, values, connection_id=connection_id or None, is_sandbox=is_sandbox
        )
    )
    while not work.done():
        await asyncio.wait({work}, timeout=_TELL_EVERY_S)
        async with state:
            state.test_seconds, state._tested_at = int(time.monotonic() - began), time.time()
    wrong: dict[str, str] = {}
    outcome = Outcome()
    try:
        outcome = form_rows.outcome(asked, name, work.result())
    except FieldsInvalid as error:
        wrong = error.fields
    except RcxError as error:
        outcome = form_rows.refusal(asked, error)
    finally:
        async with state:
            state.is_testing, state.outcome = False, outcome
            if wrong and state.subject == asked:
                state.fields = form_rows.marked(state.fields, wrong)
