"""State of what is done to one connection beside reading it: rename, switch on and off, disconnect."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import api, service
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.integrations import rows
from rcx_app.ui.pages.integrations.rows import ConnectionRow
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState

Act = Literal["rename", "disconnect"]


class ActsState(AppState):
    """The dialog that is open ("" for none), and the connection it is about."""

    dialog: str = ""
    about: ConnectionRow = ConnectionRow()
    wrong: str = ""

    @rx.event
    @requires(Permission.CONNECT)
    async def ask(self, act: Act, connection_id: int) -> None:
        """Open the dialog of an act."""
        found = await read(service.connection, connection_id)
        self.about, self.dialog, self.wrong = rows.connection_row(found, {}), act, ""

    @rx.event
    @requires(Permission.CONNECT)
    async def close(self) -> None:
        self.dialog = ""

    @rx.event
    @requires(Permission.CONNECT)
    async def rename(self, form: dict[str, Any]) -> object:
        """Call the connection what the form says."""
        try:
            await write(service.rename, int(self.about.id or 0), str(form.get("label", "")))
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}".strip()
            return None
        self.dialog = ""
        return IntegrationsRowsState.reload

    @rx.event
    @requires(Permission.CONNECT)
    async def switch(self, connection_id: int, on: bool) -> list[object]:
        """Switch a connection on or off."""
        await write(service.set_enabled, connection_id, enabled=on)
        said = "Switched on" if on else "Switched off: it is no longer read"
        return [IntegrationsRowsState.reload, notify(said)]

    @rx.event
    @requires(Permission.CONNECT)
    async def disconnect(self) -> list[object]:
        """Delete the credentials of the connection the dialog is about."""
        await write(api.disconnect, int(self.about.id or 0))
        self.dialog = ""
        return [IntegrationsRowsState.reload, notify(f"{self.about.label} is disconnected", detail="Its data stays.")]
