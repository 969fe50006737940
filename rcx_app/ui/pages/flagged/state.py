"""State of the flagged page: what the address asks for, and the rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import flag_list
from rcx_app.domain.reconcile.screens.flag_list import FlaggedRow
from rcx_app.domain.reconcile.screens.flag_query import GROUPS, FlagQuery, by_group, group_of
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history, parts
from rcx_app.ui.pages.flagged.rows import FlagLine, flag_line

Filter = Literal["kind", "integration", "client"]


@dataclass
class Choice:
    """One entry of a filter's menu."""

    value: str
    label: str
    count: str


class FlaggedState(AppState):
    """What stands around the rows. `asked` holds every part of a `FlagQuery`, empty where nothing is asked."""

    asked: dict[str, str] = {"group": "", "kind": "", "client": "", "integration": "", "find": ""}
    counts: dict[str, str] = dict.fromkeys(("", *GROUPS), "")
    in_group: int = 0
    total: int = 0
    kinds: list[Choice] = []
    integrations: list[Choice] = []
    kind_name: str = ""
    integration_name: str = ""
    client_name: str = ""
    has_run: bool = False
    is_filtered: bool = False
    is_loaded: bool = False
    is_busy: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.var
    def export_href(self) -> str:
        return addresses.address(addresses.EXPORT_FLAGS, self.asked)

    @rx.var
    def caption(self) -> str:
        return words.count(self.total, "flag") + ", by kind"

    def _query(self) -> FlagQuery:
        return FlagQuery(**self.asked)

    def _head(self, head: flag_list.FlaggedHead, query: FlagQuery) -> None:
        self.has_run, self.client_name = head.has_run, head.client_name
        groups = by_group(head.numbers)
        self.counts = {group: f"{number:,}" for group, number in groups.items()}
        self.in_group = groups[query.group]
        self.kinds = [
            Choice(kind, words.flag(kind), f"{number:,}")
            for kind, number in sorted(head.numbers.items(), key=lambda each: (-each[1], each[0]))
            if not query.group or group_of(kind) == query.group
        ]
        self.integrations = [Choice(each.value, each.label, "") for each in head.integrations]

    def _ask(self, query: FlagQuery) -> None:
        self.asked = {"group": "", "kind": "", "client": "", "integration": "", "find": "", **query.params()}
        self.is_filtered = query.is_filtered
        self.kind_name = words.flag(query.kind) if query.kind else ""
        labels = {each.value: each.label for each in self.integrations}
        self.integration_name = labels.get(query.integration, query.integration)


class FlaggedRowsState(FlaggedState):
    """The rows, in parts (see `billing.parts`), and the handlers."""

    part_0: list[FlagLine] = []
    part_1: list[FlagLine] = []
    part_2: list[FlagLine] = []
    part_3: list[FlagLine] = []
    part_4: list[FlagLine] = []
    part_5: list[FlagLine] = []
    part_6: list[FlagLine] = []
    part_7: list[FlagLine] = []
    has_more: bool = False
    last_number: int = 0
    _cursor: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> AsyncIterator[Any]:
        """Everything anew from the address."""
        try:
            query = FlagQuery.from_params(self.router.url.query_parameters)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        if query != self._query() or not self.is_loaded:
            parts.show(self, [])
            self.is_busy = True
            yield
        try:
            head = await read(flag_list.head, query)
            self._head(head, query)
            self._ask(query)
            await self._list(query)
        finally:
            self.is_loaded, self.is_busy = True, False

    @rx.event
    @requires(Permission.READ)
    async def pick(self, name: Filter, value: str) -> Any:
        """Set one filter; empty takes it off."""
        query = FlagQuery.from_params({**self._query().params(), name: value})
        self._ask(query)
        await self._list(query)
        return history.push(addresses.address(addresses.FLAGGED, query.params()))

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def search(self, text: str) -> Any:
        query = FlagQuery.from_params({**self._query().params(), "find": text.strip()})
        self._ask(query)
        await self._list(query)
        return history.replace(addresses.address(addresses.FLAGGED, query.params()))

    @rx.event
    @requires(Permission.READ)
    async def clear(self) -> Any:
        """The whole group."""
        query = FlagQuery(group=self.asked["group"])
        self._ask(query)
        await self._list(query)
        return history.push(addresses.address(addresses.FLAGGED, query.params()))

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next page."""
        if self._cursor:
            page = await read(flag_list.flagged, self._query(), self._cursor)
            parts.add(self, self._lines(page))

    async def _list(self, query: FlagQuery) -> None:
        try:
            page = await read(flag_list.flagged, query)
            self.last_number, self.total = 0, page.total or 0
            parts.show(self, [self._lines(page)])
            self.problem = self.remedy = ""
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy

    def _lines(self, page: Page[FlaggedRow]) -> list[FlagLine]:
        self.last_number += len(page.items)
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)
        return [flag_line(row) for row in page.items]

    @rx.var
    def foot(self) -> str:
        return f"{self.last_number:,} of {words.count(self.total, 'flag')}" if self.last_number else ""
