"""Handlers of a person's verdicts on the account in hand.

A verdict moves on at once and waits for the server behind: the next account is drawn from what was read ahead, then
the verdict is written, and where it was refused the list is put right and the reason said.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any, Literal

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import Tab, Verdict
from rcx_app.ui import words
from rcx_app.ui.base import read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.mapping import reading, rows
from rcx_app.ui.pages.mapping.base import PAGE
from rcx_app.ui.pages.mapping.hand_rows import HandView
from rcx_app.ui.pages.mapping.listing import Listing, plain, view
from rcx_app.ui.pages.mapping.rows import Said

# The tab in which an account stands after a verdict; unsure keeps it where it is, in "to review".
_GOES_TO = {
    Verdict.CONFIRM: Tab.MAPPED,
    Verdict.NO_MATCH: Tab.UNMAPPED,
    Verdict.UNSURE: Tab.REVIEW,
    Verdict.SNOOZE: Tab.SNOOZED,
    Verdict.EXCLUDE: Tab.EXCLUDED,
    Verdict.KEEP: Tab.MAPPED,
}
Given = Literal["no_match", "unsure", "snooze", "reset", "keep"]


class Deciding(Listing, mixin=True):
    """Verdicts on one account, their undo, and the dialogs that ask for more."""

    # --- verdicts

    @rx.event
    @requires(Permission.MAP)
    async def choose(self, number: int) -> None:
        """Choose a candidate of the account in hand."""
        if 0 < number <= len(self.hand.candidates):
            self.chosen = number

    @rx.event
    @requires(Permission.MAP)
    async def confirm(self, account_id: int, client_id: int) -> AsyncIterator[Any]:
        """Map the account in hand. What was drawn is what is meant: ids of another account do nothing."""
        name = next((card.name for card in self.hand.candidates if card.client_id == client_id), "")
        if name:
            async for step in self._give(account_id, Verdict.CONFIRM, client_id=client_id, client=name):
                yield step

    @rx.event
    @requires(Permission.MAP)
    async def give(self, account_id: int, verdict: Given) -> AsyncIterator[Any]:
        """One of the verdicts that need nothing more."""
        async for step in self._give(account_id, Verdict(verdict)):
            yield step

    @rx.event
    @requires(Permission.MAP)
    async def exclude_as(self, account_id: int) -> AsyncIterator[Any]:
        """Exclude the account in hand for the reason that it looks like."""
        reason = self.get_value("hand").nobody
        if reason:
            async for step in self._give(account_id, Verdict.EXCLUDE, note=reason):
                yield step

    @rx.event
    @requires(Permission.MAP)
    async def snooze(self, form: dict[str, str]) -> AsyncIterator[Any]:
        """Put off until the day that was chosen: the account in hand, or what is selected."""
        try:
            until = date.fromisoformat((form.get("day") or form.get("until") or "").strip())
        except ValueError:
            self.dialog_wrong = "Choose the day on which it comes back."
            return
        if self.on_many:
            await self._decide_many(Verdict.SNOOZE, until=until)
            return
        self.dialog = ""
        async for step in self._give(self.hand.id, Verdict.SNOOZE, until=until):
            yield step

    @rx.event
    @requires(Permission.MAP)
    async def exclude(self, form: dict[str, str]) -> AsyncIterator[Any]:
        """Exclude with the reason that was written: the account in hand, or what is selected."""
        if not form.get("reason", "").strip():
            self.dialog_wrong = "Write why this account is not billed to any client."
            return
        if self.on_many:
            await self._decide_many(Verdict.EXCLUDE, note=form["reason"])
            return
        self.dialog = ""
        async for step in self._give(self.hand.id, Verdict.EXCLUDE, note=form["reason"]):
            yield step

    @rx.event
    @requires(Permission.MAP)
    async def map_to(self, client_id: int) -> AsyncIterator[Any]:
        """Map the account in hand to a client that was searched."""
        name = next((hit.name for hit in self.hits if hit.client_id == client_id), "")
        if name:
            self.dialog = ""
            async for step in self._give(self.hand.id, Verdict.CONFIRM, client_id=client_id, client=name):
                yield step

    @rx.event
    @requires(Permission.MAP)
    async def map_to_first(self, form: dict[str, str]) -> AsyncIterator[Any]:
        """Enter in the search field: the first client found for what stands there."""
        text = form.get("client", "").strip()
        if text and text != self.sought:
            self.hits = rows.hit_rows(await read(mapping.search_clients, text))
            self.sought = text
        if self.hits:
            hit, self.dialog = self.hits[0], ""
            async for step in self._give(self.hand.id, Verdict.CONFIRM, client_id=hit.client_id, client=hit.name):
                yield step

    async def _decide_many(self, verdict: Verdict, *, note: str = "", until: date | None = None) -> None:
        """Decide what is selected, as one; where it is refused, the open dialog or the foot says why."""
        chosen = set(self.selected)
        seen = [(row.account_id, row.version) for row in plain(self.rows) if row.id in chosen]
        try:
            done = await write(mapping.decide_many, seen, verdict, note=note, until=until)
        except RcxError as error:
            if self.dialog:
                self.dialog_wrong = f"{error.message} {error.remedy}".strip()
            else:
                self._fail(error)
            return
        self.dialog, self.selected = "", []
        await self._load(0, PAGE)
        subject = words.count(done.accounts, "account")
        self.said = rows.said(verdict, subject, "", done.batch)

    async def _give(
        self,
        account_id: int,
        verdict: Verdict,
        *,
        client_id: int | None = None,
        client: str = "",
        note: str = "",
        until: date | None = None,
    ) -> AsyncIterator[Any]:
        """Show the next account, then write the verdict on this one; where it is refused, show this one again."""
        hand = self.get_value("hand")
        if not hand.id or account_id != hand.id:
            return
        before = list(plain(self.rows))
        self._leave(hand, verdict)
        self.said = replace(rows.said(verdict, hand.name, client), tone="wait")
        yield self._write_address()
        try:
            done = await write(
                mapping.decide,
                hand.id,
                verdict,
                version=hand.version,
                client_id=client_id,
                note=note,
                until=until,
            )
        except RcxError as error:
            self.rows = self._headed(before)
            await self._refresh(hand.id)
            self._fail(error)
            yield self._write_address()
            return
        self.said = rows.said(verdict, hand.name, client, done.batch)
        await self._refresh(self.hand.id)
        if self._cursor and len(self.rows) < PAGE // 2:
            await self._more()

    def _leave(self, hand: HandView, verdict: Verdict) -> None:
        """Put the next account into the hand, and take this one off the list where its verdict does."""
        nearby = self._neighbour(hand.id) or self._neighbour(hand.id, -1)
        goes_to = _GOES_TO.get(verdict)
        stays = goes_to is not None and goes_to.value == self.tab
        at = next((row for row in plain(self.rows) if row.id == str(hand.id)), None)
        if at is not None and not stays:
            self._known_bands = rows.minus_one(self.get_value("_known_bands"), at.band)
            self.rows = self._headed([row for row in plain(self.rows) if row.id != at.id])
            self.total = max(0, self.total - 1)
        elif verdict is Verdict.UNSURE:
            self.rows = rows.with_badge(plain(self.rows), str(hand.id), "Unsure")
        self.selected = [each for each in self.selected if each != str(hand.id)]
        ahead = self.get_value("_ahead")
        self._show(ahead if ahead.id == nearby else HandView(id=nearby))
        self._say_place()

    async def _refresh(self, account_id: int) -> None:
        """The truth after a verdict: numbers, the account in hand and the one after it."""
        ahead = self._neighbour(account_id)
        numbers, hand, after = await read(reading.around, self._wanted(), account_id, ahead)
        await self._count(numbers)
        shown = view(hand)
        if shown != self.get_value("hand"):
            self._show(shown)
        self._ahead = view(after)
        self._say_place()

    @rx.event
    @requires(Permission.MAP)
    async def undo(self) -> Any:
        """Take back what was said last, or this person's newest verdict."""
        try:
            done = await write(mapping.undo, self.said.batch)
        except RcxError as error:
            self._fail(error)
            return None
        back = done.account_ids[0]
        await self._load(back, max(PAGE, len(self.rows) + 1))
        subject = self.hand.name if done.accounts == 1 else words.count(done.accounts, "account")
        self.said = Said(subject, "taken back", f"{subject}: taken back", "ok")
        return self._write_address()

    # --- dialogs

    @rx.event
    @requires(Permission.MAP)
    async def ask_reason(self) -> None:
        """Ask why the account in hand is to be excluded."""
        if self.hand.id:
            self.dialog, self.dialog_wrong, self.on_many = "exclude", "", False

    @rx.event
    @requires(Permission.MAP)
    async def ask_day(self) -> None:
        """Ask until when the account in hand is put off."""
        if self.hand.id:
            self._ask_day(on_many=False)

    def _ask_day(self, *, on_many: bool) -> None:
        self.snooze_days = rows.snooze_choices(clock.today())
        self.snooze_first = self.snooze_days[1].value
        self.dialog, self.dialog_wrong, self.on_many = "snooze", "", on_many

    @rx.event
    @requires(Permission.MAP)
    async def start_search(self) -> None:
        """Look for another client for the account in hand."""
        if self.hand.id:
            self.hits, self.sought = [], ""
            self.dialog, self.dialog_wrong, self.on_many = "search", "", False

    @rx.event(supersedes=True)
    @requires(Permission.MAP)
    async def find(self, text: str) -> None:
        """Clients for what is typed."""
        self.hits = rows.hit_rows(await read(mapping.search_clients, text)) if text.strip() else []
        self.sought = text.strip()

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> None:
        """Close the dialog that is open."""
        self.dialog = ""
