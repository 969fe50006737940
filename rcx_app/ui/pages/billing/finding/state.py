"""State of the open finding: which it is, what its panel says, and the seats behind the number that was asked for.

What is done with it is in `deciding`; what is read of the domain in `reading`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import detail
from rcx_app.domain.reconcile.screens.detail_schemas import SeatRow
from rcx_app.domain.reconcile.screens.query import VIEWS, fits, is_by_kind
from rcx_app.domain.review import service as review
from rcx_app.domain.review.schemas import Seen
from rcx_app.ui.base import AppState, current_context, read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history
from rcx_app.ui.pages.billing.finding import lists, reading, review_rows, rows
from rcx_app.ui.pages.billing.finding.marks import MarksState
from rcx_app.ui.pages.billing.finding.reading import Opened
from rcx_app.ui.pages.billing.finding.review_rows import HistoryLine, PastLine, ReviewView
from rcx_app.ui.pages.billing.finding.rows import Panel, SeatLine
from rcx_app.ui.pages.billing.finding.watching import START

Which = Literal["counted", "left_out"]
_LARGEST_ID = 2**63
# So near the end of the list its next page is asked for, so that J finds a row there.
_NEAR_END = 10


@dataclass
class Hand:
    """A finding as the panel shows it, ready to be drawn: the one in hand, or the one that comes next."""

    shown: Panel = field(default_factory=Panel)
    review: ReviewView = field(default_factory=ReviewView)
    history: list[HistoryLine] = field(default_factory=list)
    past: list[PastLine] = field(default_factory=list)
    seats: list[SeatLine] = field(default_factory=list)
    cursor: str = ""
    seen: Seen | None = None
    views: tuple[str, ...] = ()


def hand_of(opened: Opened) -> Hand:
    row = opened.found.row
    return Hand(
        rows.panel(opened.found, opened.held),
        review_rows.review_view(opened.found, opened.state, opened.similar),
        review_rows.history_lines(opened.history),
        review_rows.past_lines(opened.similar),
        rows.seats(opened.seats.items),
        opened.seats.next_cursor,
        opened.state.seen,
        tuple(
            view
            for view in VIEWS
            if is_by_kind(view) and fits(view, kind=row.kind, direction=row.direction, is_ready=row.is_ready)
        ),
    )


class FindingState(AppState):
    """`open_id` empty: the panel is closed. `number`: the finding's place in its list, 0 where it is not in it.

    `notice`: what another person just did with it. `_ids`: the list beside it, in its order, without what left it.
    """

    open_id: str = ""
    number: int = 0
    shown: Panel = Panel()
    review: ReviewView = ReviewView()
    history: list[HistoryLine] = []
    past: list[PastLine] = []
    which: str = "counted"
    seats: list[SeatLine] = []
    has_more: bool = False
    is_loading: bool = False
    problem: str = ""
    remedy: str = ""
    notice: str = ""
    is_clash: bool = False
    effective: str = ""
    _cursor: str = ""
    _seen: Seen | None = None
    _views: tuple[str, ...] = ()
    _ahead: Hand = Hand()
    _ids: list[int] = []
    _first: int = 1
    _leaves: bool = False
    _event_id: int = -1

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def open(self, finding_id: int, number: int = 0) -> AsyncIterator[Any]:
        """Show a finding. While it is read the one before stays, so that walking through a list does not flicker."""
        was_closed = not self.open_id
        self.open_id, self.number = str(finding_id), self._number(finding_id) or number
        self.problem = self.remedy = ""
        yield history.put("open", self.open_id)
        ready = self.get_value("_ahead")
        if ready.shown.id == finding_id:
            self._take(ready)
        elif was_closed:
            self.shown, self.is_loading = Panel(), True
        if was_closed or ready.shown.id == finding_id:
            yield
        await self._read(finding_id)
        yield
        await self._read_ahead()
        if finding_id in self.get_value("_ids")[-_NEAR_END:]:
            yield lists.filler(self.router.url.path)

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> Any:
        self._close()
        return history.put("open", "")

    @rx.event
    @requires(Permission.READ)
    async def arrive(self, number: int = 0) -> Any:
        """Show what the address names, or nothing, once a page has loaded; and begin to look what others do."""
        self._event_id = await read(review.newest_event)
        asked = self.router.url.query_parameters.get("open", "")
        watch = rx.call_script(START)
        if asked.isascii() and asked.isdecimal() and int(asked) < _LARGEST_ID:
            return [watch, FindingState.open(int(asked), number)]
        self._close()
        return watch

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

    @rx.event
    @requires(Permission.READ)
    async def look(self) -> Any:
        """What others decided since the last look: their verdicts on rows of the list, and on the open finding."""
        if self._event_id < 0:
            return None
        found = await read(review.changes, self._event_id)
        if not found:
            return None
        self._event_id = found[-1].event_id
        here, mine = set(self.get_value("_ids")), (await current_context()).user_id
        marks = await self.get_state(MarksState)
        is_flood = len(found) == review.CHANGES
        if is_flood:
            # Many at once: of those that are not told the rows themselves say what became of them.
            self._event_id = await read(review.newest_event)
            for finding_id, state in (await read(reading.states_of, here)).items():
                if state != "open" or str(finding_id) in marks.fresh:
                    marks._stay(finding_id, state)
        for change in found:
            if change.finding_id in here and change.deed not in ("comment", "tag", "assign", "split"):
                marks._stay(change.finding_id, change.state)
        opened = [each for each in found if str(each.finding_id) == self.open_id]
        if opened or (is_flood and self.open_id):
            seen = self.get_value("_seen")
            await self._read(int(self.open_id))
            if opened and self.get_value("_seen") != seen and opened[-1].user_id != mine:
                did = review_rows.DID_IT.get(opened[-1].deed, "changed it")
                self.notice, self.is_clash = f"{opened[-1].user_name} just {did}.", False
        path = self.router.url.path
        return [each for each in (lists.filler(path), lists.counter(path)) if each is not None]

    async def _read(self, finding_id: int) -> None:
        """The finding as it is now. Where it can't be read the panel says why."""
        try:
            self._take(hand_of(await read(reading.opened, finding_id)))
        except RcxError as error:
            self._take(Hand())
            self.problem, self.remedy = error.message, error.remedy
        finally:
            self.is_loading = False

    async def _read_ahead(self) -> None:
        """The one that comes next in the list, so that it stands there at once when this one is done."""
        following = await self._following(int(self.open_id or 0))
        found = await read(reading.ahead, following) if following else None
        self._ahead = hand_of(found) if found else Hand()

    def _take(self, hand: Hand) -> None:
        """Draw a finding that was read. What was said of another one goes."""
        if hand.shown.id != self.shown.id:
            self.notice, self.is_clash, self.effective, self.which = "", False, "", "counted"
        self.shown, self.review, self.history, self.past = hand.shown, hand.review, hand.history, hand.past
        if self.which == "counted":
            self.seats, self._cursor, self.has_more = hand.seats, hand.cursor, bool(hand.cursor)
        self._seen, self._views, self.is_loading = hand.seen, hand.views, False

    # --- the list beside it

    def _beside(self, ids: Sequence[int], *, first: int = 1, leaves: bool) -> None:
        """The list that stands beside the panel; `leaves`: what is decided belongs to it no more."""
        self._ids, self._first, self._leaves = list(ids), first, leaves
        if self.open_id:
            self.number = self._number(int(self.open_id))

    def _number(self, finding_id: int) -> int:
        ids = self.get_value("_ids")
        return ids.index(finding_id) + self._first if finding_id in ids else 0

    async def _following(self, finding_id: int) -> int:
        """The finding after this one, or else before it, that nobody decided meanwhile; 0 where there is no other."""
        ids = self.get_value("_ids")
        if finding_id not in ids:
            return 0
        at, marks = ids.index(finding_id), await self.get_state(MarksState)
        others = [*ids[at + 1 :], *reversed(ids[:at])]
        decided = set(marks._decided(others)) if self._leaves else set()
        return next((each for each in others if each not in decided), next(iter(others), 0))

    def _close(self) -> None:
        self._take(Hand())
        self.open_id, self.number, self._ahead = "", 0, Hand()
        self.problem = self.remedy = ""

    def _show(self, page: Page[SeatRow]) -> None:
        self.seats = rows.seats(page.items)
        self._follow(page)

    def _follow(self, page: Page[SeatRow]) -> None:
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)
