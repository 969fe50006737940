"""Handlers of the queue's list: opening, moving, paging, filters, and what is selected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import reflex as rx

from rcx_app.core.errors import NotFound, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.mapping.schemas import AccountDetail, Tab
from rcx_app.ui.base import read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.mapping import hand_rows, reading, rows
from rcx_app.ui.pages.mapping.base import PAGE, MappingState
from rcx_app.ui.pages.mapping.hand_rows import HandView
from rcx_app.ui.pages.mapping.reading import Everything
from rcx_app.ui.pages.mapping.rows import QueueRow

_MOST_ROWS = 500


class Listing(MappingState, mixin=True):
    """The list, apart from what changes while moving through it."""

    rows: list[QueueRow] = []

    # --- opening

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Build the page from its address."""
        account_id = self._read_address()
        self.dialog, self.selected = "", []
        self.problem = self.remedy = ""
        await self._load(account_id, PAGE)

    @rx.event
    @requires(Permission.READ)
    async def reload(self) -> None:
        """Read the same view again, with as many rows as were shown."""
        await self._load(self.hand.id, max(PAGE, len(self.rows)))

    async def _load(self, account_id: int, size: int) -> None:
        try:
            found = await read(reading.everything, self._wanted(account_id, min(size, _MOST_ROWS)))
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return
        await self._take(found)
        if found.is_missing:
            self._fail(NotFound("The account in this address", remedy="Another one is shown."))

    async def _take(self, found: Everything) -> None:
        await self._count(found.numbers)
        self.integrations = rows.integration_choices(found.integrations)
        self.rows = self._headed(rows.queue_rows(found.page.items, found.numbers.bands))
        self.total = found.page.total or 0
        self._cursor = found.page.next_cursor
        self._show(view(found.hand))
        self._ahead = view(found.ahead)
        self.is_matching = found.is_matching
        self.accounts, self.clients = found.standing.accounts, found.standing.clients
        self.is_loaded = True
        self._say_place()

    @rx.event
    @requires(Permission.READ)
    async def open_account(self, account_id: int) -> Any:
        """Take an account of the list in hand, and read the next one ahead."""
        return await self._open(account_id)

    async def _open(self, account_id: int) -> Any:
        hand, after = await read(reading.two, account_id, self._neighbour(account_id))
        self._show(view(hand))
        self._ahead = view(after)
        self._say_place()
        return self._write_address()

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next page of the list."""
        await self._more()

    async def _more(self) -> None:
        if not self._cursor:
            return
        page = await read(reading.rows, self._wanted(), tuple(self._known_bands), self._cursor)
        here = {row.id for row in self.rows}
        fresh = [row for row in rows.queue_rows(page.items, self._known_bands) if row.id not in here]
        self.rows = self._headed([*plain(self.rows), *fresh])
        self._cursor = page.next_cursor
        self.total = page.total or 0
        self._say_place()

    # --- filters: they live in the address, so each is a step that "back" takes back

    @rx.event
    @requires(Permission.READ)
    async def pick_integration(self, value: str) -> Any:
        return rx.redirect(self._address(integration=value))

    @rx.event
    @requires(Permission.READ)
    async def pick_band(self, value: str) -> Any:
        return rx.redirect(self._address(band=value))

    @rx.event
    @requires(Permission.READ)
    async def pick_mark(self, value: str) -> Any:
        return rx.redirect(self._address(mark=value))

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def filter_text(self, text: str) -> Any:
        """Narrow the list while typing; the address follows without a step of its own."""
        self.text = text
        await self._load(0, PAGE)
        return self._write_address()

    @rx.event
    @requires(Permission.READ)
    async def clear_filters(self) -> Any:
        return rx.redirect(self._address(integration="", band="", mark="", q=""))

    # --- the list

    def _headed(self, found: Sequence[QueueRow]) -> list[QueueRow]:
        has_bands = self.tab in (Tab.REVIEW.value, Tab.UNMAPPED.value)
        return rows.with_headings(found, self.get_value("_known_bands")) if has_bands else list(found)

    def _neighbour(self, account_id: int, step: int = 1) -> int:
        """The account beside this one in the list; 0 where there is none."""
        ids = [row.id for row in plain(self.rows)]
        at = ids.index(str(account_id)) + step if str(account_id) in ids else 0
        return int(ids[at]) if 0 <= at < len(ids) and ids[at] != str(account_id) else 0

    def _say_place(self) -> None:
        ids = [row.id for row in plain(self.rows)]
        here = str(self.hand.id)
        self.place = f"{ids.index(here) + 1:,} of {self.total:,}" if here in ids else ""

    def _write_address(self) -> Any:
        address = self._address(account=self.hand.id or "")
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(address)})")


def view(found: AccountDetail | None) -> HandView:
    """The account as the hand shows it; nothing where there is none."""
    return hand_rows.hand(found) if found is not None else HandView()


def plain(found: Any) -> Any:
    """A state's list without Reflex's tracking around it and its items."""
    return getattr(found, "__wrapped__", found)
