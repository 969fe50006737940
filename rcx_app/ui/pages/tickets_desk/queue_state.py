"""State of the agents' queue at /staff/tickets. The address holds the filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.support import desk
from rcx_app.domain.support.schemas import CATEGORIES, PRIORITIES, Category, Choice, Priority, QueueFilters, TicketLine
from rcx_app.domain.support.states import ENDED, LIVE, WAITS_FOR_US, Status
from rcx_app.ui import words
from rcx_app.ui.across import read_across
from rcx_app.ui.addresses import address
from rcx_app.ui.base import AppState
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history
from rcx_app.ui.pages.support import rows
from rcx_app.ui.pages.support.rows import TicketRow

ROUTE = "/staff/tickets"
Filter = Literal["state", "priority", "whose", "age", "category", "workspace"]
_FILTERS = ("state", "priority", "whose", "age", "category", "workspace", "find")
# What "state" may say: its words and the statuses.
STATES: dict[str, tuple[str, tuple[Status, ...]]] = {
    "": ("Waits for us", WAITS_FOR_US),
    "theirs": ("Waits for them", (Status.WAITING_YOU,)),
    "live": ("All that is open", LIVE),
    "solved": ("Solved", (Status.SOLVED,)),
    "withdrawn": ("Withdrawn", (Status.WITHDRAWN,)),
    "ended": ("Ended", ENDED),
    "all": ("All", ()),
}
WHOSE = {"mine": "Mine", "nobody": "Nobody's"}
AGES = {"1": "over a day", "3": "over 3 days", "7": "over a week"}
_LONGEST = 100


@dataclass
class Option:
    """One entry of a menu or select."""

    value: str
    label: str
    count: str = ""


def filters_of(asked: dict[str, str]) -> QueueFilters:
    """What an address asks for; what makes no sense is left out."""
    priority, category, workspace = asked.get("priority", ""), asked.get("category", ""), asked.get("workspace", "")
    return QueueFilters(
        statuses=STATES.get(asked.get("state", ""), STATES[""])[1],
        priorities=(Priority(priority),) if priority in PRIORITIES else (),
        category=Category(category) if category in CATEGORIES else None,
        unassigned=asked.get("whose") == "nobody",
        mine=asked.get("whose") == "mine",
        older_than_days=int(asked["age"]) if asked.get("age", "") in AGES else 0,
        workspace_id=int(workspace) if workspace.isascii() and workspace.isdecimal() and len(workspace) < 18 else None,
        find=asked.get("find", "")[:_LONGEST],
    )


def _queue(
    session: Any, context: Context, filters: QueueFilters
) -> tuple[Page[TicketLine], int, int, tuple[Choice, ...]]:
    return (
        desk.queue(session, context, filters),
        desk.count(session, context, filters),
        desk.count_waiting(session, context),
        desk.workspaces(session, context),
    )


class QueueState(AppState):
    """`asked`: the filters as the address has them, empty where nothing is asked."""

    asked: dict[str, str] = dict.fromkeys(_FILTERS, "")
    tickets: list[TicketRow] = []
    total: int = 0
    waiting: int = 0
    workspaces: list[Option] = []
    workspace_words: str = ""
    has_more: bool = False
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    _cursor: str = ""

    @rx.var
    def so_far(self) -> str:
        return f"{len(self.tickets):,} of {words.count(self.total, 'ticket')}"

    @rx.var
    def waiting_words(self) -> str:
        return "" if not self.is_loaded else "1 waits for us" if self.waiting == 1 else f"{self.waiting:,} wait for us"

    @rx.var
    def is_filtered(self) -> bool:
        return any(self.asked.values())

    @rx.event
    @requires(Permission.AGENT)
    async def load(self) -> None:
        """What the address asks for."""
        given = self.router.url.query_parameters
        self.asked = {name: given.get(name, "")[:_LONGEST] for name in _FILTERS}
        await self._list()

    @rx.event
    @requires(Permission.AGENT)
    async def pick(self, name: Filter, value: str) -> Any:
        """Set one filter; empty takes it off."""
        self.asked = {**self.asked, name: value}
        await self._list()
        return history.push(address(ROUTE, self.asked))

    @rx.event(supersedes=True)
    @requires(Permission.AGENT)
    async def find(self, text: str) -> Any:
        """Look for tickets, as the field changes."""
        self.asked = {**self.asked, "find": text[:_LONGEST]}
        await self._list()
        return history.replace(address(ROUTE, self.asked))

    @rx.event
    @requires(Permission.AGENT)
    async def clear(self) -> Any:
        """All filters off."""
        self.asked = dict.fromkeys(_FILTERS, "")
        await self._list()
        return history.push(ROUTE)

    @rx.event
    @requires(Permission.AGENT)
    async def more(self) -> None:
        """The next page."""
        if self._cursor:
            self._follow(await read_across(desk.queue, filters_of(self.asked), self._cursor), self.tickets)

    async def _list(self) -> None:
        try:
            page, self.total, self.waiting, workspaces = await read_across(_queue, filters_of(self.asked))
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.problem = self.remedy = ""
        self.workspaces = [Option(str(each.id), each.name) for each in workspaces]
        chosen = self.asked["workspace"]
        self.workspace_words = next((each.label for each in self.workspaces if each.value == chosen), chosen)
        self._follow(page, [])
        self.is_loaded = True

    def _follow(self, page: Page[TicketLine], before: list[TicketRow]) -> None:
        self.tickets = [*before, *(rows.ticket_row(each, for_staff=True) for each in page.items)]
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)
