"""State of the review queue: its rows and all handlers of the list; what stands around it is in `base`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any, Literal

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import groups
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.query import FindingQuery
from rcx_app.domain.reconcile.screens.schemas import FindingRow
from rcx_app.ui import addresses, words
from rcx_app.ui.base import read
from rcx_app.ui.components.table import toggle_sort
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history, parts, texts
from rcx_app.ui.pages.billing.finding import lists
from rcx_app.ui.pages.billing.finding.deciding import DecidingState
from rcx_app.ui.pages.billing.finding.marks import MarksState
from rcx_app.ui.pages.billing.finding.said import Said
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.pages.billing.queue import reading
from rcx_app.ui.pages.billing.queue.base import QueueState
from rcx_app.ui.pages.billing.texts import FindingLine
from rcx_app.ui.shell import ShellState

Filter = Literal[
    "kind", "direction", "integration", "service", "currency", "ready", "client", "assignee", "tag", "returned", "age",
    "state",
]  # fmt: skip
Sort = Literal["client", "service", "delta", "amount", "age"]
_FEW_ROWS = 20


class QueueRowsState(QueueState):
    """The rows, in parts (see `billing.parts`), and the handlers.

    `picked`: selected rows; `is_all`: all that the filter leaves is, also what is not listed yet. See `many`.
    """

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
    picked: list[int] = []
    is_all: bool = False
    _money: dict[int, tuple[str, Decimal]] = {}

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

    @rx.event
    @requires(Permission.READ)
    async def all_or_few(self) -> None:
        """Show the filters that are seldom used, or put them away, where room is short."""
        self.all_filters = not self.all_filters

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
        await self._more()

    async def _more(self) -> None:
        if not self._cursor:
            return
        query = self._query()
        page = await read(screens.findings, query.filters(), query.order, self._cursor)
        gone = parts.add(self, self._lines(page))
        self.first_number += gone
        self._follow(page)
        await self._stand_beside(is_new=False)

    @rx.event
    @requires(Permission.READ)
    async def left(self) -> None:
        """A finding was decided: the numbers around the list follow, and the list is filled up."""
        deciding = await self.get_state(DecidingState)
        moved, deciding._moved = dict(deciding.get_value("_moved")), {}
        if not moved:
            async for _ in self._read(self._query(), max(parts.used(self), 1), trusts_head=False):
                pass
            return
        self._count({view: max(0, number + moved.get(view, 0)) for view, number in self._counts.items()})
        self.in_view, self.total = max(0, self.in_view - 1), max(0, self.total - 1)
        shell = await self.get_state(ShellState)
        shell.billing_count = max(0, shell.billing_count - 1)
        if self.has_more and len(deciding.get_value("_ids")) < _FEW_ROWS:
            await self._more()
        elif not deciding.get_value("_ids"):
            # The last one: what stands there now is said by the list itself.
            async for _ in self._read(self._query(), 1, trusts_head=False):
                pass

    @rx.event
    @requires(Permission.READ)
    async def refill(self) -> AsyncIterator[Any]:
        """Keep rows ahead of who walks through the list: its next page comes before its end is reached.

        Where others decided nearly all that is listed, that goes for what is left of the view.
        """
        deciding = await self.get_state(DecidingState)
        listed = deciding.get_value("_ids")
        # A person's own deed on many reads the list anew when it is over.
        if not listed or deciding.run_total:
            return
        left = await self._make_room(deciding, listed)
        listed, opened = deciding.get_value("_ids"), int(deciding.open_id or 0)
        ahead = len(listed) - (listed.index(opened) if opened in listed else 0)
        if self.has_more and min(left, ahead) < _FEW_ROWS:
            await self._more()
        if not left and not self.has_more and deciding.get_value("_ids") == listed:
            # Nothing is left of it but what is in hand, and nothing came: the list itself says what that means.
            async for step in self._read(self._query(), 1, trusts_head=False):
                yield step

    async def _make_room(self, deciding: DecidingState, listed: Sequence[int]) -> int:
        """Take out of the list what others decided, but what is in hand, once few others are left; how many are."""
        marks = await self.get_state(MarksState)
        taken = marks._decided(listed) if self.asked["view"] != "decided" else []
        left = len(listed) - len(taken)
        if not taken or left >= _FEW_ROWS or (left and not self.has_more):
            return left
        away = [each for each in taken if not self.has_more or str(each) != deciding.open_id]
        marks._leave(*away)
        self.picked = [each for each in self.get_value("picked") if each not in away]
        if away:
            gone = words.count(len(away), "finding")
            deciding.said = Said(gone, "decided by others, no longer listed", "", deciding.said.batch)
            await self._stand_beside(is_new=False)
        return left

    @rx.event(background=True)
    @requires(Permission.READ)
    async def count_anew(self) -> None:
        """The sums and counts over the list; nobody's key waits for them."""
        async with self:
            query = self._query()
        head = await read(groups.findings_head)
        total = await read(screens.count_findings, query.filters()) if query.is_filtered else None
        async with self:
            self._head_only(head)
            if self._query() == query:
                self.in_view = self._counts.get(query.view, 0)
                self.total = self.in_view if total is None else total

    async def _stand_beside(self, *, is_new: bool = True) -> None:
        """Tell the panel which list stands beside it; a list that was read anew holds nothing that left it."""
        marks, finding = await self.get_state(MarksState), await self.get_state(FindingState)
        if is_new:
            marks._forget()
        gone = set(marks.gone)
        ids = [
            row.id for number in range(parts.PARTS) for row in self.get_value(f"part_{number}") if row.id not in gone
        ]
        finding._beside(ids, first=self.first_number, leaves=self.asked["view"] != "decided")

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
            await self._stand_beside()
            self.problem = self.remedy = ""
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
        yield history.replace(address) if replaces else history.push(address)
        if counts:
            self.total = await read(screens.count_findings, query.filters())

    async def _read(self, query: FindingQuery, depth: int, *, trusts_head: bool = True) -> AsyncIterator[Any]:
        """The rows first, then what is counted over them: that takes several times as long, and nobody came for it."""
        try:
            found = await read(reading.listed, query, depth)
            is_same = found.rates == self._rates
            self._rates = found.rates
            self._fill(found.pages)
            await self._stand_beside()
            self.problem = self.remedy = ""
            if found.pages[0].items:
                self.has_run = self.is_loaded = True
                self.is_busy = False
                yield
            self._surround(await read(reading.around, self.get_value("_known") if trusts_head and is_same else None))
            self.in_view = self._counts.get(query.view, 0)
            self.total = await read(screens.count_findings, query.filters()) if query.is_filtered else self.in_view
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
        finally:
            self.is_loaded, self.is_busy = True, False
        yield

    def _surround(self, found: reading.Around) -> None:
        self._known = found.known
        if found.head is not None:
            self._head(found.head, found.options)
        self._choose(found.people, found.tags)

    def _fill(self, pages: list[Page[FindingRow]]) -> None:
        self.last_number, self.first_number = 0, 1
        filled = []
        for page in pages:
            filled.append(self._lines(page))
        parts.show(self, filled)
        listed, self.is_all = set(parts.ids(self)), False
        self.picked = [each for each in self.get_value("picked") if each in listed]
        self._follow(pages[-1] if pages else Page(()))

    def _lines(self, page: Page[FindingRow]) -> list[FindingLine]:
        now, before = clock.now(), self.last_number
        self.last_number += len(page.items)
        self._money = {
            **({} if not before else self.get_value("_money")),
            **{row.finding_id: (row.currency, row.monthly_amount or Decimal(0)) for row in page.items},
        }
        client = self.asked["client"]
        if client and page.items:
            self.client_name = page.items[0].client_name
        return [texts.finding_line(row, before + at, now, self._rates) for at, row in enumerate(page.items, start=1)]

    def _follow(self, page: Page[FindingRow]) -> None:
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)


lists.follow(addresses.REVIEW, QueueRowsState.left, count=QueueRowsState.count_anew, fill=QueueRowsState.refill)
