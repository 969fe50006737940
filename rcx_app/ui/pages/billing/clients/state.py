"""State of the client table: search, filter and order as the address has them, and the rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import groups
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.schemas import ClientFilters, ClientRow
from rcx_app.domain.views import currencies
from rcx_app.domain.views.currency_schemas import Rates
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, read
from rcx_app.ui.components.table import toggle_sort
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history, parts, texts
from rcx_app.ui.pages.billing.clients import rows
from rcx_app.ui.pages.billing.clients.rows import ClientLine, Head

Sort = Literal["name", "seats", "services", "discrepancies", "amount"]
_SORTS = ("name", "seats", "services", "discrepancies", "amount")
_DEFAULT = "name"


@dataclass(frozen=True, slots=True)
class _Listed:
    pages: list[Page[ClientRow]]
    rates: Rates


def _listed(session: Any, context: Context, filters: ClientFilters, sort: str, depth: int) -> _Listed:
    pages = [screens.client_table(session, context, filters, sort)]
    while len(pages) < depth and pages[-1].next_cursor:
        pages.append(screens.client_table(session, context, filters, sort, pages[-1].next_cursor))
    return _Listed(pages, currencies.rates(session, context))


class ClientsState(AppState):
    """What stands around the rows. `find` and `open` (only clients with findings) are the filters."""

    find: str = ""
    only_open: bool = False
    sort: str = _DEFAULT
    head: Head = Head()
    clients: int = 0
    has_run: bool = False
    is_loaded: bool = False
    is_busy: bool = False
    problem: str = ""
    remedy: str = ""
    sums_display: str = ""
    sums_display_of: str = ""
    _rates: Rates = Rates()

    @rx.var
    def asked(self) -> dict[str, str]:
        """What the address asks for, for the export and saved views."""
        return {name: value for name, value in self._query().items() if value}

    @rx.var
    def export_href(self) -> str:
        return addresses.address(addresses.EXPORT_CLIENTS, self._query())

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.find or self.only_open)

    def _filters(self) -> ClientFilters:
        return ClientFilters(search=self.find, only_open=self.only_open)

    def _query(self) -> dict[str, str]:
        return {
            "find": self.find,
            "findings": "open" if self.only_open else "",
            "sort": "" if self.sort == _DEFAULT else self.sort,
        }

    def _address(self) -> str:
        return addresses.address(addresses.BILLING, self._query())


class ClientRowsState(ClientsState):
    """The rows, in parts (see `billing.parts`), and the handlers."""

    part_0: list[ClientLine] = []
    part_1: list[ClientLine] = []
    part_2: list[ClientLine] = []
    part_3: list[ClientLine] = []
    part_4: list[ClientLine] = []
    part_5: list[ClientLine] = []
    part_6: list[ClientLine] = []
    part_7: list[ClientLine] = []
    has_more: bool = False
    last_number: int = 0
    _cursor: str = ""
    _shown: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> AsyncIterator[Any]:
        """Everything anew from the address; as deep as the same list was before, so that Back finds its place."""
        asked = self.router.url.query_parameters
        sort = asked.get("sort", _DEFAULT)
        self.sort = sort if sort.removeprefix("-") in _SORTS else _DEFAULT
        self.find = asked.get("find", "")
        self.only_open = asked.get("findings", "") == "open"
        is_same = self.is_loaded and self._shown == self._address()
        depth = max(parts.used(self), 1) if is_same else 1
        if not is_same:
            self._fill([])
            self.is_busy = True
            yield
        async for step in self._read(depth):
            yield step

    @rx.event
    @requires(Permission.READ)
    async def again(self) -> AsyncIterator[Any]:
        """The same list anew: after a failure, or when a job has ended."""
        async for step in self._read(max(parts.used(self), 1)):
            yield step

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def search(self, text: str) -> Any:
        self.find = text.strip()
        await self._list()
        return history.replace(self._address())

    @rx.event
    @requires(Permission.READ)
    async def show_only_open(self, only_open: bool) -> Any:
        self.only_open = only_open
        await self._list()
        return history.push(self._address())

    @rx.event
    @requires(Permission.READ)
    async def sort_by(self, field: Sort) -> Any:
        self.sort = toggle_sort(self.sort, field)
        await self._list()
        return history.push(self._address())

    @rx.event
    @requires(Permission.READ)
    async def clear(self) -> Any:
        self.find, self.only_open = "", False
        await self._list()
        return history.push(self._address())

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next page."""
        if self._cursor:
            page = await read(screens.client_table, self._filters(), self.sort, self._cursor)
            parts.add(self, self._lines(page))
            self._follow(page)

    async def _list(self) -> None:
        try:
            self._fill([await read(screens.client_table, self._filters(), self.sort)])
            self.problem = self.remedy = ""
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy

    async def _read(self, depth: int) -> AsyncIterator[Any]:
        """The rows first: the numbers over them are added up from all findings."""
        try:
            found = await read(_listed, self._filters(), self.sort, depth)
            self._rates = found.rates
            self._fill(found.pages)
            self.problem = self.remedy = ""
            if found.pages[0].items:
                self.has_run = self.is_loaded = True
                self.is_busy = False
                yield
            head = await read(groups.findings_head)
            self.head = rows.head(head)
            self.sums_display, self.sums_display_of = texts.display_sum(head.money, self._rates)
            self.has_run, self.clients = head.has_run, head.clients
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
        finally:
            self.is_loaded, self.is_busy = True, False
        yield

    def _fill(self, pages: list[Page[ClientRow]]) -> None:
        self.last_number = 0
        self._shown = self._address()
        parts.show(self, [self._lines(page) for page in pages])
        self._follow(pages[-1] if pages else Page(()))

    def _lines(self, page: Page[ClientRow]) -> list[ClientLine]:
        before = self.last_number
        self.last_number += len(page.items)
        return [rows.client_line(row, before + at, self._rates) for at, row in enumerate(page.items, start=1)]

    def _follow(self, page: Page[ClientRow]) -> None:
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)

    @rx.var
    def foot(self) -> str:
        """How many of the clients are shown; how many fit a filter is known when all of them are."""
        if not self.last_number:
            return ""
        if self.is_filtered:
            return words.count(self.last_number, "client") + (" so far" if self.has_more else "")
        if not self.clients:
            return words.count(self.last_number, "client")
        return f"{self.last_number:,} of {words.count(self.clients, 'client')}"
