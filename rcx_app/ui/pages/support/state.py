"""State of the list of tickets at /support, which stands beside the open one too."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.support import service
from rcx_app.domain.support.schemas import TicketLine
from rcx_app.domain.support.states import LIVE, Status
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.support import rows
from rcx_app.ui.pages.support.rows import TicketRow


def _listed(session: Any, context: Context, cursor: str) -> tuple[Page[TicketLine], dict[Status, int]]:
    return service.listing(session, context, (), cursor), service.counts(session, context)


class TicketListState(AppState):
    """`total` counts all tickets the person may see; `live` those that have not ended; `answered` his turn."""

    tickets: list[TicketRow] = []
    total: int = 0
    live: int = 0
    has_more: bool = False
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    _cursor: str = ""

    @rx.event
    @requires(Permission.SUPPORT)
    async def load(self) -> None:
        """The list anew."""
        try:
            page, counts = await read(_listed, "")
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.problem = self.remedy = ""
        self.total, self.live = sum(counts.values()), sum(counts.get(each, 0) for each in LIVE)
        self._follow(page, [])
        self.is_loaded = True

    @rx.event
    @requires(Permission.SUPPORT)
    async def more(self) -> None:
        """The next page."""
        if self._cursor:
            page = await read(service.listing, (), self._cursor)
            self._follow(page, self.tickets)

    @rx.event
    @requires(Permission.SUPPORT)
    async def reinstate(self, ticket_id: int, version: int) -> Any:
        """Bring a withdrawn ticket back, from the list."""
        await write(service.reinstate, ticket_id, version=version)
        return [TicketListState.load, rx.redirect(f"/support/tickets/{ticket_id}"), notify("The ticket is back.")]

    def _follow(self, page: Page[TicketLine], before: list[TicketRow]) -> None:
        self.tickets = [*before, *(rows.ticket_row(each) for each in page.items)]
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)
