"""State of the configuration page: what the address asks for, the rows, what is selected and what is done with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from rcx_app.core.errors import Invalid, RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.configuration import service
from rcx_app.domain.configuration.schemas import ConfigQuery, ConfigRow, Status
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.components.table import toggle_sort
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history, parts
from rcx_app.ui.pages.configuration.rows import KINDS, STATUSES, ConfigLine, chosen, config_line
from rcx_app.ui.shell import ShellState

Filter = Literal["kind", "status", "integration"]
_NOTHING = {"kind": "", "status": "", "integration": "", "find": "", "sort": "name"}


@dataclass
class Option:
    """One entry of a filter's menu."""

    value: str
    label: str
    count: str


class ConfigurationState(AppState):
    """What stands around the rows. `asked` holds every part of a `ConfigQuery`. `dialog`: exclude, or empty."""

    asked: dict[str, str] = dict(_NOTHING)
    by_status: dict[str, str] = dict.fromkeys(("", *Status), "")
    in_all: int = 0
    total: int = 0
    integrations: list[Option] = []
    integration_name: str = ""
    is_filtered: bool = False
    is_loaded: bool = False
    is_busy: bool = False
    problem: str = ""
    remedy: str = ""
    selected: list[str] = []
    excluded_selected: int = 0
    dialog: str = ""
    reason: str = ""
    wrong: str = ""
    is_writing: bool = False

    @rx.var
    def caption(self) -> str:
        return words.count(self.total, "thing") + " to set up"

    @rx.var
    def kind_name(self) -> str:
        return next((label for kind, label in KINDS.items() if kind == self.asked["kind"]), "")

    @rx.var
    def only_excluded(self) -> bool:
        """Whether all that is selected can be taken in again."""
        return bool(self.selected) and self.excluded_selected == len(self.selected)

    @rx.var
    def none_excluded(self) -> bool:
        """Whether all that is selected can be left out."""
        return bool(self.selected) and self.excluded_selected == 0

    def _query(self) -> ConfigQuery:
        return ConfigQuery(**self.asked)

    def _ask(self, query: ConfigQuery) -> None:
        self.asked = {**_NOTHING, **query.params()}
        self.is_filtered = query.is_filtered
        labels = {each.value: each.label for each in self.integrations}
        self.integration_name = labels.get(query.integration, query.integration)


class ConfigurationRowsState(ConfigurationState):
    """The rows, in parts (see `billing.parts`), and the handlers."""

    part_0: list[ConfigLine] = []
    part_1: list[ConfigLine] = []
    part_2: list[ConfigLine] = []
    part_3: list[ConfigLine] = []
    part_4: list[ConfigLine] = []
    part_5: list[ConfigLine] = []
    part_6: list[ConfigLine] = []
    part_7: list[ConfigLine] = []
    has_more: bool = False
    last_number: int = 0
    _cursor: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> AsyncIterator[Any]:
        """Everything anew from the address."""
        try:
            query = ConfigQuery.from_params(self.router.url.query_parameters)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        if query != self._query() or not self.is_loaded:
            parts.show(self, [])
            self.is_busy = True
            yield
        self.dialog, self.wrong = "", ""
        try:
            await self._around()
            self._ask(query)
            await self._list(query)
        finally:
            self.is_loaded, self.is_busy = True, False

    @rx.event
    @requires(Permission.READ)
    async def pick(self, name: Filter, value: str) -> Any:
        """Set one filter; empty takes it off."""
        return await self._go({name: value})

    @rx.event
    @requires(Permission.READ)
    async def sort_by(self, field: str) -> Any:
        return await self._go({"sort": toggle_sort(self.asked["sort"], field)})

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def search(self, text: str) -> Any:
        query = ConfigQuery.from_params({**self._query().params(), "find": text.strip()[:200]})
        self._ask(query)
        await self._list(query)
        return history.replace(addresses.address(addresses.CONFIGURATION, query.params()))

    @rx.event
    @requires(Permission.READ)
    async def clear(self) -> Any:
        """Everything there is."""
        query = ConfigQuery()
        self._ask(query)
        await self._list(query)
        return history.push(addresses.CONFIGURATION)

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next page."""
        if self._cursor:
            page = await read(service.page, self._query(), self._cursor)
            parts.add(self, self._lines(page))

    # --- the selection

    @rx.event
    @requires(Permission.READ)
    async def toggle(self, row_id: str) -> None:
        """Select a row, or not."""
        now = list(self.selected)
        self._select([each for each in now if each != row_id] if row_id in now else [*now, row_id])

    @rx.event
    @requires(Permission.READ)
    async def select_shown(self) -> None:
        """Select every row that is shown, or none if all are."""
        shown = [row.id for row in self._shown()][: service.MOST_AT_ONCE]
        self._select([] if set(shown) <= set(self.selected) else shown)

    @rx.event
    @requires(Permission.READ)
    async def clear_selection(self) -> None:
        self._select([])

    @rx.event
    @requires(Permission.RULES)
    async def ask_reason(self) -> None:
        """Ask why what is selected takes no part."""
        if self.none_excluded:
            self.dialog, self.reason, self.wrong = "exclude", "", ""

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> None:
        self.dialog, self.wrong = "", ""

    @rx.event
    @requires(Permission.RULES)
    async def enter_reason(self, text: str) -> None:
        self.reason, self.wrong = text[:500], ""

    @rx.event
    @requires(Permission.RULES)
    async def exclude(self) -> AsyncIterator[Any]:
        """Leave what is selected out of comparisons."""
        async for step in self._do(service.exclude, self.reason, said="left out"):
            yield step

    @rx.event
    @requires(Permission.RULES)
    async def include(self) -> AsyncIterator[Any]:
        """Let what is selected take part again."""
        async for step in self._do(service.include, said="taken in again"):
            yield step

    async def _do(self, deed: Any, *args: Any, said: str) -> AsyncIterator[Any]:
        if self.is_writing or not self.selected:
            return
        self.is_writing, self.wrong = True, ""
        yield
        try:
            try:
                wanted = [chosen(each) for each in self.selected]
            except ValueError as error:
                raise Invalid("A selected row is not known.", remedy="Choose the rows again.") from error
            done = await write(deed, wanted, *args)
        except RcxError as error:
            text = f"{error.message} {error.remedy}".strip()
            if self.dialog:
                self.wrong = text
            else:
                yield notify(error.message, tone="fail", detail=error.remedy)
            return
        finally:
            self.is_writing = False
        self.dialog = ""
        self._select([])
        await self._around()
        await self._list(self._query())
        yield notify(f"{words.count(done, 'thing')} {said}")
        yield ShellState.watch

    # --- reading

    def _select(self, ids: list[str]) -> None:
        excluded = {row.id for row in self._shown() if row.is_excluded}
        self.selected, self.excluded_selected = ids, sum(each in excluded for each in ids)

    def _shown(self) -> list[ConfigLine]:
        return [row for number in range(parts.PARTS) for row in getattr(self, f"part_{number}")]

    async def _go(self, changed: dict[str, str]) -> Any:
        query = ConfigQuery.from_params({**self._query().params(), **changed})
        self._ask(query)
        await self._list(query)
        return history.push(addresses.address(addresses.CONFIGURATION, query.params()))

    async def _around(self) -> None:
        head = await read(service.head)
        numbers = {status.value: 0 for status in Status}
        for (_, status), number in head.numbers.items():
            numbers[status] += number
        self.in_all = sum(numbers.values())
        self.by_status = {"": f"{self.in_all:,}", **{status: f"{number:,}" for status, number in numbers.items()}}
        self.integrations = [Option(str(key), label, "") for key, label in head.integrations]

    async def _list(self, query: ConfigQuery) -> None:
        self._select([])
        try:
            page = await read(service.page, query)
            self.last_number, self.total = 0, page.total or 0
            parts.show(self, [self._lines(page)])
            self.problem = self.remedy = ""
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy

    def _lines(self, page: Page[ConfigRow]) -> list[ConfigLine]:
        self.last_number += len(page.items)
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)
        return [config_line(row) for row in page.items]

    @rx.var
    def foot(self) -> str:
        return f"{self.last_number:,} of {words.count(self.total, 'thing')}" if self.last_number else ""


TABS = (("", "All"), *((status.value, label) for status, label in STATUSES.items()))
