"""State of a client's page: the view, its tab, and the named seats with their search."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from rcx_app.core.errors import NotFound, RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import client as screens
from rcx_app.domain.reconcile.screens import detail
from rcx_app.domain.reconcile.screens.detail_schemas import SeatRow
from rcx_app.domain.views import settings
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history, parts
from rcx_app.ui.pages.billing.client import rows
from rcx_app.ui.pages.billing.client.rows import View
from rcx_app.ui.pages.billing.finding import lists
from rcx_app.ui.pages.billing.finding.rows import SeatLine, seats
from rcx_app.ui.pages.billing.finding.state import FindingState

TABS = ("services", "seats", "integrations", "invoices", "history")
_LARGEST_ID = 2**63


class ClientState(AppState):
    """What the page shows. `find` searches the seats."""

    view: View = View()
    tab: str = "services"
    find: str = ""
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.var
    def base(self) -> str:
        """The page's own address, for its tabs."""
        return addresses.client(self.view.id) if self.view.id else addresses.BILLING

    def _asked_id(self) -> int:
        """The client that the address names. Raises NotFound."""
        text = self.router.url.path.rstrip("/").rpartition("/")[2]
        if not (text.isascii() and text.isdecimal() and int(text) < _LARGEST_ID):
            raise NotFound("This client")
        return int(text)


class ClientSeatsState(ClientState):
    """The seats, in parts (see `billing.parts`), and the handlers."""

    part_0: list[SeatLine] = []
    part_1: list[SeatLine] = []
    part_2: list[SeatLine] = []
    part_3: list[SeatLine] = []
    part_4: list[SeatLine] = []
    part_5: list[SeatLine] = []
    part_6: list[SeatLine] = []
    part_7: list[SeatLine] = []
    has_more: bool = False
    shown: int = 0
    _cursor: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> AsyncIterator[Any]:
        """The client and the tab that the address names."""
        asked = self.router.url.query_parameters
        tab = asked.get("tab", TABS[0])
        self.tab, self.find = (tab if tab in TABS else TABS[0]), asked.get("find", "")
        self.problem = self.remedy = ""
        try:
            client_id = self._asked_id()
            if client_id != self.view.id:
                self.view, self.is_loaded = View(), False
                self._show(Page(()))
                yield
            await self._read(client_id)
            if self.tab == "seats":
                self._show(await read(detail.client_seats, client_id, self.find))
        except RcxError as error:
            self.view = View()
            self.problem, self.remedy = error.message, error.remedy
        self.is_loaded = True
        yield FindingState.arrive

    @rx.event
    @requires(Permission.READ)
    async def again(self) -> None:
        """The numbers anew: a finding of this client was decided."""
        if self.view.id:
            await self._read(self.view.id)

    async def _read(self, client_id: int) -> None:
        shown = self.router.url.query_parameters.get("lines", "")
        if shown not in settings.CONTRACT_VIEWS:
            shown = await read(settings.contract_view)
        self.view = rows.view(await read(screens.client_page, client_id), shown)
        listed = [each.opens for each in (*self.view.lines, *self.view.gaps) if each.opens]
        (await self.get_state(FindingState))._beside(list(dict.fromkeys(listed)), leaves=False)

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def search(self, text: str) -> Any:
        """Seats by name or identity."""
        self.find = text.strip()
        self._show(await read(detail.client_seats, self._asked_id(), self.find))
        return history.put("find", self.find)

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next seats."""
        if self._cursor:
            page = await read(detail.client_seats, self._asked_id(), self.find, self._cursor)
            parts.add(self, seats(page.items))
            self.shown += len(page.items)
            self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)

    def _show(self, page: Page[SeatRow]) -> None:
        parts.show(self, [seats(page.items)])
        self.shown = len(page.items)
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)


lists.follow(f"{addresses.CLIENT}/", ClientSeatsState.again)
