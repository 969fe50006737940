"""State of the review queue: what the address asks for here, the rows and all handlers in the rows' state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import groups
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.query import VIEWS, FindingQuery
from rcx_app.domain.reconcile.screens.schemas import FilterOption, FindingRow, FindingsHead
from rcx_app.domain.views import currencies
from rcx_app.domain.views.currency_schemas import Rates
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, read
from rcx_app.ui.components.table import toggle_sort
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history, parts, texts
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.pages.billing.texts import FindingLine, SumLine

Filter = Literal["kind", "direction", "integration", "service", "currency", "ready", "client"]
Sort = Literal["client", "service", "delta", "amount", "age"]
_NAMES = tuple(each.name for each in fields(FindingQuery))
_ORDERS = {
    "age": "newest last",
    "client": "by client",
    "service": "by service",
    "amount": "by amount",
    "delta": "by delta",
}


@dataclass
class Choice:
    """One entry of a filter's menu."""

    value: str
    label: str
    count: str


@dataclass(frozen=True, slots=True)
class _Everything:
    """`head` None: as it was."""

    head: FindingsHead | None
    options: dict[str, tuple[FilterOption, ...]]
    pages: list[Page[FindingRow]]
    rates: Rates


def _everything(session: Any, context: Context, query: FindingQuery, depth: int, known: datetime | None) -> _Everything:
    """The first `depth` pages, and the head and the menus unless they are of the run that ended at `known`."""
    pages = [screens.findings(session, context, query.filters(), query.order)]
    while len(pages) < depth and pages[-1].next_cursor:
        pages.append(screens.findings(session, context, query.filters(), query.order, pages[-1].next_cursor))
    rates = currencies.rates(session, context)
    if known is not None and known == screens.last_run_at(session, context):
        return _Everything(None, {}, pages, rates)
    options = groups.filter_options(session, context)
    return _Everything(groups.findings_head(session, context), options, pages, rates)


class QueueState(AppState):
    """What stands around the rows. `asked` holds every part of a `FindingQuery`, empty where nothing is asked."""

    asked: dict[str, str] = dict.fromkeys(_NAMES, "")
    order: str = ""
    has_run: bool = False
    is_loaded: bool = False
    is_busy: bool = False
    problem: str = ""
    remedy: str = ""
    sums: list[SumLine] = []
    sums_display: str = ""
    sums_display_of: str = ""
    counts: dict[str, str] = dict.fromkeys(VIEWS, "")
    hidden: int = 0
    reconciled: str = ""
    in_view: int = 0
    total: int = 0
    integrations: list[Choice] = []
    services: list[Choice] = []
    currencies: list[Choice] = []
    client_name: str = ""
    service_name: str = ""
    export_href: str = addresses.EXPORT_FINDINGS
    is_filtered: bool = False
    one_currency: str = ""
    _known: datetime | None = None
    _counts: dict[str, int] = {}
    _rates: Rates = Rates()

    @rx.var
    def total_text(self) -> str:
        return f"{self.total:,}" if self.total else ""

    @rx.var
    def caption(self) -> str:
        """What the table holds, for those who hear it."""
        field = self.order.removeprefix("-")
        turned = ", descending" if self.order.startswith("-") else ""
        return f"{words.count(self.total, 'finding')}, {_ORDERS.get(field, field)}{turned}"

    def _query(self) -> FindingQuery:
        return FindingQuery(**{name: self.asked.get(name, "") for name in _NAMES})

    def _ask(self, query: FindingQuery) -> None:
        self.asked = {name: getattr(query, name) for name in _NAMES}
        self.order = query.order
        self.is_filtered = query.is_filtered
        self.export_href = addresses.address(addresses.EXPORT_FINDINGS, query.params())
        self._name()

    def _name(self) -> None:
        """The words of what is chosen, and whether one currency holds for the whole list."""
        asked = self.asked
        self.service_name = next((each.label for each in self.services if each.value == asked["service"]), "")
        only = self.currencies[0].value if len(self.currencies) == 1 else ""
        self.one_currency = asked["currency"] or only

    def _head(self, head: FindingsHead, options: dict[str, tuple[FilterOption, ...]]) -> None:
        self.has_run, self._known = head.has_run, head.finished_at
        self.sums = texts.sum_lines(head.money)
        self.sums_display, self.sums_display_of = texts.display_sum(head.money, self._rates)
        self.counts = {view: f"{number:,}" for view, number in head.counts.items()}
        self._counts = dict(head.counts)
        self.hidden = head.hidden_accounts
        self.reconciled = f"{head.clients_reconciled:,} of {words.count(head.clients, 'client')} reconciled"
        self.integrations, self.services, self.currencies = (
            [Choice(each.value, each.label, f"{each.count:,}") for each in options[name]]
            for name in ("integration", "service", "currency")
        )
        self._name()


class QueueRowsState(QueueState):
    """The rows, in parts (see `billing.parts`), and the handlers."""

    part_0: list[FindingLine] = []
    part_1: list[FindingLine] = []
    part_2: list[FindingLine] = []
    part_3: list[FindingLine] = []
    part_4: list[FindingLine] = []
    part_5: list[FindingLine] = []
    part_6: list[FindingLine] = []
    part_7: list[FindingLine] = []
    has_more: bool = False
    last_number: int = 0
    first_number: int = 1
    _cursor: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> AsyncIterator[Any]:
        """Everything anew from the address; as deep as the same list was before, so that Back finds its place."""
        try:
            query = FindingQuery.from_params(self.router.url.query_parameters)
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return
        is_same = self.is_loaded and query == self._query() and self.first_number == 1
        depth = max(parts.used(self), 1) if is_same else 1
        self._ask(query)
        if not is_same:
            self._fill([])
            self.is_busy = True
            yield
        async for step in self._read(query, depth):
            yield step
        yield FindingState.arrive(parts.number_of(self, self.router.url.query_parameters.get("open", "")))

    @rx.event
    @requires(Permission.READ)
    async def again(self) -> AsyncIterator[Any]:
        """The same list anew: after a failure, or when a job has ended."""
        async for step in self._read(self._query(), max(parts.used(self), 1), trusts_head=False):
            yield step

    @rx.event
    @requires(Permission.READ)
    async def pick(self, name: Filter, value: str) -> AsyncIterator[Any]:
        """Set one filter; empty takes it off."""
        async for step in self._narrow({name: value}):
            yield step

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def search(self, text: str) -> AsyncIterator[Any]:
        async for step in self._narrow({"find": text.strip()}, replaces=True):
            yield step

    @rx.event
    @requires(Permission.READ)
    async def sort_by(self, field: Sort) -> AsyncIterator[Any]:
        async for step in self._narrow({"sort": toggle_sort(self.order, field)}, counts=False):
            yield step

    @rx.event
    @requires(Permission.READ)
    async def clear(self) -> AsyncIterator[Any]:
        """The whole view, in the order it has."""
        query = FindingQuery(view=self.asked["view"], sort=self.asked["sort"])
        async for step in self._list(query):
            yield step

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next page."""
        if not self._cursor:
            return
        query = self._query()
        page = await read(screens.findings, query.filters(), query.order, self._cursor)
        gone = parts.add(self, self._lines(page))
        self.first_number += gone
        self._follow(page)

    async def _narrow(
        self, changed: dict[str, str], *, replaces: bool = False, counts: bool = True
    ) -> AsyncIterator[Any]:
        query = FindingQuery.from_params({**self._query().params(), **changed})
        async for step in self._list(query, replaces=replaces, counts=counts):
            yield step

    async def _list(self, query: FindingQuery, *, replaces: bool = False, counts: bool = True) -> AsyncIterator[Any]:
        """The list of another query: its rows first, then how many there are."""
        self._ask(query)
        opened = (await self.get_state(FindingState)).open_id
        address = addresses.address(addresses.REVIEW, query.params(), open=opened)
        try:
            self._fill([await read(screens.findings, query.filters(), query.order)])
            self.problem = self.remedy = ""
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
        yield history.replace(address) if replaces else history.push(address)
        if counts:
            self.total = await read(screens.count_findings, query.filters())

    async def _read(self, query: FindingQuery, depth: int, *, trusts_head: bool = True) -> AsyncIterator[Any]:
        try:
            found = await read(_everything, query, depth, self._known if trusts_head else None)
            if found.rates != self._rates and found.head is None:
                found = await read(_everything, query, depth, None)
            self._rates = found.rates
            if found.head is not None:
                self._head(found.head, found.options)
            self.in_view = self._counts.get(query.view, 0)
            self._fill(found.pages)
            self.total = await read(screens.count_findings, query.filters()) if query.is_filtered else self.in_view
            self.problem = self.remedy = ""
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
        finally:
            self.is_loaded, self.is_busy = True, False
        yield

    def _fill(self, pages: list[Page[FindingRow]]) -> None:
        self.last_number, self.first_number = 0, 1
        filled = []
        for page in pages:
            filled.append(self._lines(page))
        parts.show(self, filled)
        self._follow(pages[-1] if pages else Page(()))

    def _lines(self, page: Page[FindingRow]) -> list[FindingLine]:
        now, before = clock.now(), self.last_number
        self.last_number += len(page.items)
        client = self.asked["client"]
        if client and page.items:
            self.client_name = page.items[0].client_name
        return [texts.finding_line(row, before + at, now, self._rates) for at, row in enumerate(page.items, start=1)]

    def _follow(self, page: Page[FindingRow]) -> None:
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)
