"""State of the findings by service: the table, and the lines of the service that is open beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Literal

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import groups
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.schemas import FindingFilters, FindingsHead, ServiceRow
from rcx_app.domain.views import currencies
from rcx_app.domain.views.currency_schemas import Rates
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, read
from rcx_app.ui.components.table import toggle_sort
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history, parts, texts
from rcx_app.ui.pages.billing.services import rows
from rcx_app.ui.pages.billing.services.rows import ServiceLine
from rcx_app.ui.pages.billing.texts import FindingLine, SumLine

Sort = Literal["impact", "name", "findings", "clients"]
_SORTS = ("impact", "name", "findings", "clients")
_DEFAULT = "-impact"


def _head(session: Any, context: Context) -> tuple[FindingsHead, Rates]:
    return groups.findings_head(session, context), currencies.rates(session, context)


class ServicesState(AppState):
    """What stands around the rows, and the open service (`open_id` empty: none)."""

    find: str = ""
    sort: str = _DEFAULT
    sums: list[SumLine] = []
    has_run: bool = False
    open_findings: int = 0
    reconciled: str = ""
    is_loaded: bool = False
    is_busy: bool = False
    problem: str = ""
    remedy: str = ""
    open_id: str = ""
    opened: ServiceLine = ServiceLine("", 0, "", "", "", "", "", "", "", "", "", "", "", "", "", "")
    cards: list[FindingLine] = []
    has_more_cards: bool = False
    sums_display: str = ""
    sums_display_of: str = ""
    _cards_cursor: str = ""
    _rates: Rates = Rates()

    @rx.var
    def asked(self) -> dict[str, str]:
        """What the address asks for, for the export and saved views."""
        return {name: value for name, value in self._query().items() if value}

    @rx.var
    def export_href(self) -> str:
        return addresses.address(addresses.EXPORT_SERVICES, self._query())

    def _query(self) -> dict[str, str]:
        return {"find": self.find, "sort": "" if self.sort == _DEFAULT else self.sort}

    def _address(self) -> str:
        return addresses.address(addresses.BY_SERVICE, self._query(), open=self.open_id)


class ServiceRowsState(ServicesState):
    """The rows, in parts (see `billing.parts`), and the handlers."""

    part_0: list[ServiceLine] = []
    part_1: list[ServiceLine] = []
    part_2: list[ServiceLine] = []
    part_3: list[ServiceLine] = []
    part_4: list[ServiceLine] = []
    part_5: list[ServiceLine] = []
    part_6: list[ServiceLine] = []
    part_7: list[ServiceLine] = []
    has_more: bool = False
    last_number: int = 0
    _cursor: str = ""

    @rx.var
    def foot(self) -> str:
        return words.count(self.last_number, "row") + (" so far" if self.has_more else "") if self.last_number else ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> AsyncIterator[Any]:
        """Everything anew from the address."""
        asked = self.router.url.query_parameters
        sort = asked.get("sort", _DEFAULT)
        self.sort = sort if sort.removeprefix("-") in _SORTS else _DEFAULT
        self.find = asked.get("find", "")
        if not self.is_loaded:
            self.is_busy = True
            yield
        try:
            head, self._rates = await read(_head)
            self.sums_display, self.sums_display_of = texts.display_sum(head.money, self._rates)
            self.has_run, self.sums = head.has_run, texts.sum_lines(head.money)
            self.open_findings = head.counts[""]
            self.reconciled = f"{head.clients_reconciled:,} of {words.count(head.clients, 'client')} reconciled"
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
        await self._list()
        self.is_loaded, self.is_busy = True, False
        yield
        await self._open(asked.get("open", ""))

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def search(self, text: str) -> Any:
        self.find = text.strip()
        await self._list()
        return history.replace(self._address())

    @rx.event
    @requires(Permission.READ)
    async def sort_by(self, field: Sort) -> Any:
        self.sort = toggle_sort(self.sort, field)
        await self._list()
        return history.push(self._address())

    @rx.event
    @requires(Permission.READ)
    async def clear(self) -> Any:
        self.find = ""
        await self._list()
        return history.push(self._address())

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next page."""
        if self._cursor:
            page = await read(groups.services, self.find, self.sort, self._cursor)
            parts.add(self, self._lines(page))
            self._follow(page)

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def open(self, key: str) -> Any:
        """Show the lines of one service beside the table."""
        await self._open(key)
        return history.put("open", self.open_id)

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> Any:
        await self._open("")
        return history.put("open", "")

    @rx.event
    @requires(Permission.READ)
    async def more_cards(self) -> None:
        """The next lines of the open service."""
        if self._cards_cursor:
            page = await read(screens.findings, _filters(self.open_id), "-amount", self._cards_cursor)
            self.cards = [*self.cards, *_cards(page, len(self.cards))]
            self._cards_cursor, self.has_more_cards = page.next_cursor, bool(page.next_cursor)

    async def _open(self, key: str) -> None:
        every = [row for number in range(parts.PARTS) for row in getattr(self, f"part_{number}")]
        found = next((row for row in every if row.id == key), None)
        if found is None:
            self.open_id, self.cards, self.has_more_cards = "", [], False
            return
        page = await read(screens.findings, _filters(key), "-amount")
        self.open_id, self.opened = key, found
        self.cards = _cards(page, 0)
        self._cards_cursor, self.has_more_cards = page.next_cursor, bool(page.next_cursor)

    async def _list(self) -> None:
        try:
            page = await read(groups.services, self.find, self.sort)
            self.last_number = 0
            parts.show(self, [self._lines(page)])
            self._follow(page)
            self.problem = self.remedy = ""
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy

    def _lines(self, page: Page[ServiceRow]) -> list[ServiceLine]:
        before = self.last_number
        self.last_number += len(page.items)
        return [rows.service_line(row, before + at, self._rates) for at, row in enumerate(page.items, start=1)]

    def _follow(self, page: Page[ServiceRow]) -> None:
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)


def _filters(key: str) -> FindingFilters:
    """What findings stand behind a row, by its id (`rows.key_of`)."""
    scope, currency, value = key.split("|", 2)
    if scope == "account":
        return FindingFilters(states=("open",), kinds=("unmapped",), integration=value, scope="account")
    return FindingFilters(states=("open",), service_key=value, currency=currency)


def _cards(page: Page[Any], before: int) -> list[FindingLine]:
    now = clock.now()
    return [texts.finding_line(row, before + at, now) for at, row in enumerate(page.items, start=1)]
