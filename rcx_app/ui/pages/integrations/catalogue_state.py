"""State of the catalogue: the connectors that fit what is looked for."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.domain.integrations.catalogue import catalogue
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, current_context, read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history
from rcx_app.ui.pages.integrations import about_rows, reading
from rcx_app.ui.pages.integrations.about_rows import CardRow


class CatalogueState(AppState):
    """Cards by side. `find` is what is looked for; `shown` how many fit."""

    find: str = ""
    psa: list[CardRow] = []
    usage: list[CardRow] = []
    shown: int = 0
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    _connected: dict[str, int] = {}

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Show the catalogue where the address asks for it."""
        query = self.router.url.query_parameters
        if query.get("tab") == "catalogue":
            self.find = query.get("find", "")[:80]
            await self._read()

    @rx.event
    @requires(Permission.READ)
    async def again(self) -> None:
        await self._read()

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def search(self, text: str) -> object:
        """Show the connectors that hold every word of what is typed."""
        self.find = text.strip()[:80]
        await self._list()
        return history.replace(addresses.address(addresses.INTEGRATIONS, tab="catalogue", find=self.find))

    async def _read(self) -> None:
        try:
            self._connected = await read(reading.connected)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.problem, self.remedy = "", ""
        await self._list()

    async def _list(self) -> None:
        entries = sorted(catalogue(await current_context()), key=lambda entry: fold(entry.name))
        fitting = [entry for entry in entries if about_rows.fits(entry, self.find)]
        self.psa = [about_rows.card(entry, self._connected) for entry in fitting if entry.side == "psa"]
        self.usage = [about_rows.card(entry, self._connected) for entry in fitting if entry.side != "psa"]
        self.shown, self.is_loaded = len(fitting), True
