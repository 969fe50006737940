"""State of the catalogue: the connectors that fit what is looked for."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read
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

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Show the catalogue where the address asks for it."""
        query = self.router.url.query_parameters
        if query.get("tab") == "catalogue":
            self.find = query.get("find", "")[:80]
            await self._list()

    @rx.event
    @requires(Permission.READ)
    async def again(self) -> None:
        await self._list()

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def search(self, text: str) -> object:
        """Show the connectors that hold every word of what is typed."""
        self.find = text.strip()[:80]
        await self._list()
        return history.replace(addresses.address(addresses.INTEGRATIONS, tab="catalogue", find=self.find))

    async def _list(self) -> None:
        try:
            entries, connected = await read(reading.cards)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        by_name = sorted(entries, key=lambda entry: fold(entry.name))
        fitting = [entry for entry in by_name if about_rows.fits(entry, self.find)]
        self.psa = [about_rows.card(entry, connected) for entry in fitting if entry.side == "psa"]
        self.usage = [about_rows.card(entry, connected) for entry in fitting if entry.side != "psa"]
        self.shown, self.is_loaded, self.problem, self.remedy = len(fitting), True, "", ""
