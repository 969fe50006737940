"""State of the open finding: which it is, what its panel says, and the seats behind the number that was asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import detail
from rcx_app.domain.reconcile.screens.detail_schemas import FindingDetail, SeatRow
from rcx_app.domain.sync.falls import service as falls
from rcx_app.ui.base import AppState, read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history
from rcx_app.ui.pages.billing.finding import rows
from rcx_app.ui.pages.billing.finding.rows import Panel, SeatLine

Which = Literal["counted", "left_out"]
_LARGEST_ID = 2**63


@dataclass(frozen=True, slots=True)
class _Opened:
    """A finding with the first page of the seats that it counts, and how many counts of its client are held."""

    found: FindingDetail
    seats: Page[SeatRow]
    held: int


def _opened(session: Any, context: Context, finding_id: int) -> _Opened:
    found = detail.finding(session, context, finding_id)
    client_id = found.row.client_id
    held = 0
    if not found.row.is_ready and client_id is not None:
        held = sum(each.client_id == client_id for each in falls.held(session, context))
    return _Opened(found, detail.evidence(session, context, finding_id, "counted"), held)


class FindingState(AppState):
    """`open_id` empty: the panel is closed. `number`: the finding's place in its list, 0 where it is not in it."""

    open_id: str = ""
    number: int = 0
    shown: Panel = Panel()
    which: str = "counted"
    seats: list[SeatLine] = []
    has_more: bool = False
    is_loading: bool = False
    problem: str = ""
    remedy: str = ""
    _cursor: str = ""

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def open(self, finding_id: int, number: int = 0) -> AsyncIterator[Any]:
        """Show a finding. While it is read the one before stays, so that walking through a list does not flicker."""
        was_closed = not self.open_id
        self.open_id, self.number = str(finding_id), number
        self.problem = self.remedy = ""
        yield history.put("open", self.open_id)
        if was_closed:
            self.shown, self.is_loading = Panel(), True
            yield
        try:
            opened = await read(_opened, finding_id)
        except RcxError as error:
            self.shown = Panel()
            self._show(Page(()))
            self.problem, self.remedy = error.message, error.remedy
        else:
            self.shown = rows.panel(opened.found, opened.held)
            self.which = "counted"
            self._show(opened.seats)
        finally:
            self.is_loading = False

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> Any:
        self._close()
        return history.put("open", "")

    @rx.event
    @requires(Permission.READ)
    async def arrive(self, number: int = 0) -> Any:
        """Show what the address names, or nothing, once a page has loaded."""
        asked = self.router.url.query_parameters.get("open", "")
        if asked.isascii() and asked.isdecimal() and int(asked) < _LARGEST_ID:
            return FindingState.open(int(asked), number)
        self._close()
        return None

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def show(self, which: Which) -> None:
        """The seats that count, or those that the rule leaves out."""
        if self.open_id:
            self.which = which
            self._show(await read(detail.evidence, int(self.open_id), which))

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next seats."""
        if not self.open_id or not self._cursor:
            return
        page = await read(detail.evidence, int(self.open_id), self.which, self._cursor)
        self.seats = [*self.seats, *rows.seats(page.items)]
        self._follow(page)

    def _close(self) -> None:
        self.open_id, self.number, self.shown, self.seats = "", 0, Panel(), []
        self.problem = self.remedy = self._cursor = ""
        self.has_more = self.is_loading = False

    def _show(self, page: Page[SeatRow]) -> None:
        self.seats = rows.seats(page.items)
        self._follow(page)

    def _follow(self, page: Page[SeatRow]) -> None:
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)
