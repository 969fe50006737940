"""State of the audit log: what the address asks for, the entries, the one that is open, the state of the chain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from typing import Any, Literal

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.audit import tags, verify
from rcx_app.domain.audit.query import BY_SYSTEM, AuditQuery
from rcx_app.domain.audit.schemas import AuditEntry, ChainState
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, current_context, read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.audit import rows
from rcx_app.ui.pages.audit.rows import EntryDetail, EntryRow
from rcx_app.ui.pages.billing import history

Filter = Literal["who", "what", "about", "since", "until"]
_NAMES = tuple(each.name for each in fields(AuditQuery))


@dataclass
class Choice:
    """One entry of a filter's menu."""

    value: str
    label: str
    count: str = ""


@dataclass(frozen=True, slots=True)
class _Everything:
    page: Page[AuditEntry]
    total: int
    people: list[tuple[int, str]]
    chain: ChainState


def _everything(session: Any, context: Context, query: AuditQuery) -> _Everything:
    return _Everything(
        audit.entries(session, context, query.chosen()),
        audit.count(session, context, query.chosen()),
        audit.people(session, context),
        verify.newest(session, context),
    )


class AuditState(AppState):
    """`asked` holds every part of an `AuditQuery`, empty where nothing is asked."""

    asked: dict[str, str] = dict.fromkeys(_NAMES, "")
    entries: list[EntryRow] = []
    total: int = 0
    has_more: bool = False
    is_loaded: bool = False
    is_closed: bool = False
    is_filtered: bool = False
    problem: str = ""
    remedy: str = ""
    people: list[Choice] = []
    who_words: str = ""
    what_words: str = ""
    about_words: str = ""
    chain: str = ""
    chain_holds: bool = True
    open_id: str = ""
    shown: EntryDetail = EntryDetail()
    export_csv: str = ""
    export_xlsx: str = ""
    _cursor: str = ""

    @rx.var
    def so_far(self) -> str:
        return f"{len(self.entries):,} of {words.count(self.total, 'entry', 'entries')}"

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> AsyncIterator[Any]:
        """Everything anew from the address; for those who may not see it, the closed page."""
        self.is_closed = not (await current_context()).allows(Permission.SETTINGS)
        if self.is_closed:
            self.entries, self.shown, self.open_id, self.is_loaded = [], EntryDetail(), "", True
            return
        params = self.router.url.query_parameters
        await self._list(AuditQuery.from_params(params))
        await self._open(params.get("open", ""))
        yield

    @rx.event
    @requires(Permission.SETTINGS)
    async def pick(self, name: Filter, value: str) -> AsyncIterator[Any]:
        """Set one filter; empty takes it off."""
        changed = {name: value} if name != "about" else {name: value, "about_id": ""}
        async for step in self._go({**self._query().params(), **changed}):
            yield step

    @rx.event
    @requires(Permission.SETTINGS)
    async def only_this(self) -> AsyncIterator[Any]:
        """Everything that happened to what the open entry is about."""
        async for step in self._go({"about": self.shown.about_type, "about_id": self.shown.about_id}):
            yield step

    @rx.event
    @requires(Permission.SETTINGS)
    async def clear(self) -> AsyncIterator[Any]:
        async for step in self._go({}):
            yield step

    @rx.event
    @requires(Permission.SETTINGS)
    async def more(self) -> None:
        """The next page."""
        if self._cursor:
            page = await read(audit.entries, self._query().chosen(), self._cursor)
            self._follow(page, self.entries)

    @rx.event
    @requires(Permission.SETTINGS)
    async def open_entry(self, number: str) -> AsyncIterator[Any]:
        await self._open(number)
        yield history.put("open", self.open_id)

    @rx.event
    @requires(Permission.SETTINGS)
    async def close(self) -> AsyncIterator[Any]:
        self.open_id = ""
        yield history.put("open", "")

    def _query(self) -> AuditQuery:
        return AuditQuery(**{name: self.asked.get(name, "") for name in _NAMES})

    async def _go(self, params: dict[str, str]) -> AsyncIterator[Any]:
        query = AuditQuery.from_params(params)
        self.open_id = ""
        await self._list(query)
        yield history.push(addresses.address(addresses.AUDIT, query.params()))

    async def _list(self, query: AuditQuery) -> None:
        self.asked = {name: getattr(query, name) for name in _NAMES}
        self.is_filtered = query.is_filtered
        self.export_csv = addresses.address("/exports/audit.csv", query.params())
        self.export_xlsx = addresses.address("/exports/audit.xlsx", query.params())
        try:
            found = await read(_everything, query)
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
        else:
            self.problem = self.remedy = ""
            self.total = found.total
            self.people = [
                *(Choice(str(number), name) for number, name in found.people),
                Choice(BY_SYSTEM, "RCX itself"),
            ]
            self.chain, self.chain_holds = rows.chain_words(found.chain, clock.now())
            self._follow(found.page, [])
            self._name()
        self.is_loaded = True

    def _name(self) -> None:
        """The words of what is chosen."""
        asked = self.asked
        self.who_words = next((each.label for each in self.people if each.value == asked["who"]), asked["who"])
        what = asked["what"]
        self.what_words = tags.GROUPS[what][0] if what in tags.GROUPS else tags.words(what)
        self.about_words = tags.about(asked["about"], int(asked["about_id"]) if asked["about_id"] else None)

    def _follow(self, page: Page[AuditEntry], before: list[EntryRow]) -> None:
        self.entries = [*before, *(rows.entry_row(each) for each in page.items)]
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)

    async def _open(self, number: str) -> None:
        self.open_id = ""
        if number.isascii() and number.isdecimal() and len(number) < 18:
            self.shown = rows.entry_detail(await read(audit.one, int(number)))
            self.open_id = number
