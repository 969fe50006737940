"""The services page's list and every handler of the page; what stands around it is in `base`.

A decision on a suggestion moves on at once and waits for the server behind, as on the mapping page.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Literal

import reflex as rx

from rcx_app.core.errors import Conflict, NotFound, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.service_rules import saving
from rcx_app.domain.service_rules import service as rules
from rcx_app.domain.service_rules.saving import Saved
from rcx_app.domain.service_rules.schemas import Step
from rcx_app.ui import words
from rcx_app.ui.base import read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.services import hand_rows, reading, rows
from rcx_app.ui.pages.services.base import PAGE_SIZE, ServicesState
from rcx_app.ui.pages.services.hand_rows import HandView
from rcx_app.ui.pages.services.reading import ALL, Everything, Hand
from rcx_app.ui.pages.services.rows import Row, Said
from rcx_app.ui.shell import ShellState

_MOST_ROWS = 500
_EVERY_CLIENT = 100_000
_MOST_UNDO = 50
Verdict = Literal["accept", "reject", "retire"]
_DECIDE = {"accept": rules.accept, "reject": rules.reject, "retire": rules.retire}


class ServicesRowsState(ServicesState):
    """The list, apart from what changes while moving through it, and every handler of the page."""

    rows: list[Row] = []

    @rx.var
    def foot(self) -> str:
        return f"{len(self.rows):,} of {self.total:,}"

    # --- opening

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Build the page from its address."""
        open_id = self._read_address()
        self.dialog = self.problem = self.remedy = ""
        await self._load(open_id, PAGE_SIZE)

    @rx.event
    @requires(Permission.READ)
    async def reload(self) -> None:
        """Read the same view again, with as many rows as were shown."""
        self.problem = self.remedy = ""
        await self._load(self.hand.id, max(PAGE_SIZE, len(self.rows)), is_asked=False)

    async def _load(self, open_id: str, size: int, *, is_asked: bool = True) -> None:
        try:
            found = await read(reading.everything, self._wanted(open_id, min(size, _MOST_ROWS)))
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return
        await self._take(found)
        if found.is_missing and is_asked:
            self._fail(NotFound("What this address opens", remedy="Another row is shown."))

    async def _take(self, found: Everything) -> None:
        self.tab = found.tab
        await self._count(found.numbers)
        self.integrations = rows.integration_choices(found.integrations)
        self._list(rows.listed_rows(found.listed))
        self.total, self.hidden = found.listed.total, found.listed.hidden
        self._cursor = found.listed.next_cursor
        self.hand = _view(found.hand)
        self._ahead = _view(found.ahead)
        self.is_matching, self.has_usage = found.is_matching, found.has_usage
        self.is_loaded = True
        self._say_place()

    def _list(self, found: list[Row]) -> None:
        self.rows = found
        self.currency = rows.one_currency(found)

    @rx.event
    @requires(Permission.READ)
    async def open_row(self, row_id: str) -> Any:
        """Take a row of the list in hand, and read the next one ahead."""
        hand, after = await read(reading.two, self.tab, row_id, self._neighbour(row_id))
        self.hand = _view(hand)
        self._ahead = _view(after)
        self._say_place()
        return self._write_address()

    @rx.event
    @requires(Permission.READ)
    async def all_clients(self) -> None:
        """Show every client of the product in hand."""
        found = await read(reading.hand, self.tab, self.hand.id)
        if found is not None:
            self.hand = hand_rows.hand(found, most=_EVERY_CLIENT)

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next page of the list."""
        await self._more()

    async def _more(self) -> None:
        if not self._cursor:
            return
        listed = await read(reading.listed, self.tab, self._wanted(), self._cursor)
        here = {row.id for row in _plain(self.rows)}
        fresh = [row for row in rows.listed_rows(listed) if row.id not in here]
        self._list([*_plain(self.rows), *fresh])
        self._cursor = listed.next_cursor
        self.total = listed.total
        self._say_place()

    # --- filters: they live in the address, so each is a step that "back" takes back

    @rx.event
    @requires(Permission.READ)
    async def pick_state(self, value: str) -> Any:
        return rx.redirect(self._address(state=value))

    @rx.event
    @requires(Permission.READ)
    async def pick_integration(self, value: str) -> Any:
        return rx.redirect(self._address(integration=value))

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def filter_text(self, text: str) -> Any:
        """Narrow the list while typing; the address follows without a step of its own."""
        self.text = text
        await self._load("", PAGE_SIZE)
        return self._write_address()

    @rx.event
    @requires(Permission.READ)
    async def clear_filters(self) -> Any:
        return rx.redirect(self._address(state="", integration="", q=""))

    # --- decisions

    @rx.event
    @requires(Permission.RULES)
    async def decide(self, rule_id: int, verdict: Verdict) -> AsyncIterator[Any]:
        """Decide on the rule in hand. What was drawn is what is meant: the id of another rule does nothing."""
        hand: HandView = self.get_value("hand")
        if not rule_id or rule_id != hand.rule_id or self.is_busy:
            return
        before = list(_plain(self.rows))
        self._leave(hand)
        self.said = replace(rows.said(verdict, hand.rule_name), tone="wait")
        yield self._write_address()
        try:
            done = await write(_DECIDE[verdict], rule_id, seen=hand.rule_version)
        except RcxError as error:
            self._list(before)
            await self._refresh(hand.id)
            self._fail(error)
            yield self._write_address()
            return
        self._remember(hand.rule_name, hand.id, done.steps)
        self.said = rows.said(verdict, hand.rule_name)
        await self._refresh(self.hand.id)
        if self.tab == ALL:
            await self._redraw(hand.id)
        elif self._cursor and len(self.rows) < PAGE_SIZE // 2:
            await self._more()
        yield ShellState.watch

    def _leave(self, hand: HandView) -> None:
        """Where the decision takes the row off this tab: put the next one into the hand."""
        if self.tab == ALL:
            return
        nearby = self._neighbour(hand.id) or self._neighbour(hand.id, -1)
        self._list([row for row in _plain(self.rows) if row.id != hand.id])
        self.total = max(0, self.total - 1)
        ahead: HandView = self.get_value("_ahead")
        self.hand = ahead if ahead.id == nearby else HandView(id=nearby)
        self._say_place()

    async def _refresh(self, open_id: str) -> None:
        """The truth after a decision: numbers, what is in hand and the one after it."""
        numbers, hand, after = await read(reading.around, self._wanted(open_id), self._neighbour(open_id))
        await self._count(numbers)
        view = _view(hand)
        if view != self.get_value("hand"):
            self.hand = view
        self._ahead = _view(after)
        self._say_place()

    async def _redraw(self, row_id: str) -> None:
        """One row as it is now, where it stands."""
        listed = await read(reading.one, row_id)
        now = {row.id: row for row in rows.listed_rows(listed)}
        self._list([now.get(row.id, row) for row in _plain(self.rows)])

    def _remember(self, subject: str, open_id: str, steps: tuple[Step, ...] | tuple[Saved, ...]) -> None:
        if steps:
            self._done = [*self.get_value("_done"), (subject, open_id, steps)][-_MOST_UNDO:]
        self.can_undo = bool(self._done)

    @rx.event
    @requires(Permission.RULES)
    async def undo(self) -> AsyncIterator[Any]:
        """Take back the newest decision or change made on this page."""
        done = list(self.get_value("_done"))
        if not done or self.is_busy:
            return
        subject, open_id, steps = done.pop()
        try:
            await write(saving.undo, steps)
        except RcxError as error:
            if isinstance(error, Conflict | NotFound):
                self._done, self.can_undo = done, bool(done)
            self._fail(error)
            return
        self._done, self.can_undo = done, bool(done)
        await self._load(open_id, max(PAGE_SIZE, len(self.rows) + 1), is_asked=False)
        self.said = Said(subject, "taken back", f"{subject}: taken back", "ok")
        yield self._write_address()
        yield ShellState.watch

    # --- many at once

    @rx.event
    @requires(Permission.RULES)
    async def preview(self) -> None:
        """Show what "accept all at 0.90 and above" would accept."""
        found = await read(reading.sure, self.integration)
        self._previewed = [(each.rule_id, each.version) for each in found]
        self.bulk = rows.bulk_rows(found)
        number = words.count(len(found), "rule")
        self.bulk_title = f"{number} at {reading.SURE} and above"
        self.bulk_act = f"Accept {number}"
        self.dialog, self.dialog_wrong = "bulk", ""

    @rx.event
    @requires(Permission.RULES)
    async def accept_bulk(self) -> AsyncIterator[Any]:
        """Accept exactly what the preview showed."""
        chosen = [(int(rule_id), int(version)) for rule_id, version in self.get_value("_previewed")]
        if not chosen or self.is_busy:
            return
        self.is_busy, self.dialog_wrong = True, ""
        yield
        try:
            done = await write(rules.accept_listed, chosen)
        except RcxError as error:
            self.dialog_wrong = f"{error.message} {error.remedy}".strip()
            return
        finally:
            self.is_busy = False
        self.dialog, self._previewed = "", []
        subject = words.count(len(done.steps), "rule")
        self._remember(subject, "", done.steps)
        await self._load("", PAGE_SIZE)
        self.said = Said(subject, "accepted", f"{subject} accepted", "ok")
        yield self._write_address()
        yield ShellState.watch

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> None:
        """Close the dialog that is open."""
        self.dialog = ""

    async def _after_saving(self, product_key: str) -> None:
        """The list as it is now, with the product of the saved rule open."""
        self.tab, self.state, self.integration, self.text = ALL, "", "", ""
        await self._load(product_key, max(PAGE_SIZE, len(self.rows)), is_asked=False)

    # --- the list

    def _neighbour(self, row_id: str, step: int = 1) -> str:
        """The row beside this one in the list; empty where there is none."""
        ids = [row.id for row in _plain(self.rows)]
        at = ids.index(row_id) + step if row_id in ids else 0
        return ids[at] if 0 <= at < len(ids) and ids[at] != row_id else ""

    def _say_place(self) -> None:
        ids = [row.id for row in _plain(self.rows)]
        here = self.hand.id
        self.place = f"{ids.index(here) + 1:,} of {self.total:,}" if here in ids else ""

    def _write_address(self) -> Any:
        address = self._address(open=self.hand.id)
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(address)})")


def _view(found: Hand | None) -> HandView:
    return hand_rows.hand(found) if found is not None else HandView()


def _plain(found: Any) -> Any:
    """A state's list without Reflex's tracking around it and its items."""
    return getattr(found, "__wrapped__", found)
