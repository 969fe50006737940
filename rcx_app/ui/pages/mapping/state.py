"""State of the mapping page: the address and the account in hand here, the list and all handlers in the rows' state.

A verdict moves on at once and waits for the server behind: the next account is drawn from what was read ahead, then
the verdict is written, and where it was refused the list is put right and the reason said.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import reflex as rx

from rcx_app.core.errors import NotFound, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.queue.bands import BULK_FROM
from rcx_app.domain.mapping.schemas import AccountDetail, Band, BulkPreview, Tab, Verdict
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.mapping import reading, rows
from rcx_app.ui.pages.mapping.reading import Everything, Numbers, Wanted
from rcx_app.ui.pages.mapping.rows import BulkRow, Choice, HandView, HitRow, QueueRow, Said
from rcx_app.ui.shell import ShellState

_PAGE = 50
_MOST_ROWS = 500
# The tab in which an account stands after a verdict; unsure keeps it where it is, in "to review".
_GOES_TO = {
    Verdict.CONFIRM: Tab.MAPPED,
    Verdict.NO_MATCH: Tab.UNMAPPED,
    Verdict.UNSURE: Tab.REVIEW,
    Verdict.SNOOZE: Tab.SNOOZED,
    Verdict.EXCLUDE: Tab.EXCLUDED,
}
Given = Literal["no_match", "unsure", "snooze", "reset"]


class MappingState(AppState):
    """What stands around the list. `dialog`: "" | bulk | exclude | search. `chosen` 0: no candidate is."""

    tab: str = "review"
    integration: str = ""
    band: str = ""
    text: str = ""
    counts: dict[str, int] = dict.fromkeys((tab.value for tab in Tab), 0)
    integrations: list[Choice] = []
    bands: list[Choice] = []
    total: int = 0
    confirmable: int = 0

    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    is_matching: bool = False
    accounts: int = 0
    clients: int = 0

    hand: HandView = HandView()
    chosen: int = 0
    place: str = ""
    said: Said = Said()

    dialog: str = ""
    dialog_wrong: str = ""
    is_busy: bool = False
    bulk_title: str = ""
    bulk_act: str = ""
    bulk_note: str = ""
    bulk: list[BulkRow] = []
    hits: list[HitRow] = []
    sought: str = ""
    selected: list[str] = []

    _known_bands: list[Band] = []
    _cursor: str = ""
    _ahead: HandView = HandView()
    _previewed: list[tuple[int, int, int]] = []

    @rx.var
    def integration_label(self) -> str:
        """The filtered integration's name."""
        return next((each.label for each in self.integrations if each.value == self.integration), self.integration)

    @rx.var
    def band_text(self) -> str:
        return next((each.label for each in self.bands if each.value == self.band), self.band)

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.integration or self.band or self.text)

    @rx.var
    def in_tab(self) -> int:
        """Accounts under the tab, without filters."""
        return self.counts.get(self.tab, 0)

    @rx.var
    def open_id(self) -> str:
        return str(self.hand.id) if self.hand.id else ""

    @rx.var
    def chosen_client(self) -> int:
        """The client that "confirm" would map to; 0 for none."""
        cards = self.hand.candidates
        return cards[self.chosen - 1].client_id if 0 < self.chosen <= len(cards) else 0

    def _wanted(self, account_id: int = 0, size: int = _PAGE) -> Wanted:
        return Wanted(
            tab=Tab(self.tab),
            connection_id=int(self.integration) if self.integration else None,
            band=self.band,
            text=self.text,
            account_id=account_id,
            size=size,
        )

    def _read_address(self) -> int:
        """Take the view from the address; returns the account it names, or 0."""
        query = self.router.url.query_parameters
        tab = query.get("tab", "review")
        self.tab = tab if tab in set(Tab) else Tab.REVIEW.value
        self.integration = _digits(query.get("integration", ""))
        self.band = query.get("band", "")
        self.text = query.get("q", "")
        return int(_digits(query.get("account", "")) or 0)

    def _address(self, **changed: object) -> str:
        now = {
            "tab": "" if self.tab == Tab.REVIEW.value else self.tab,
            "integration": self.integration,
            "band": self.band,
            "q": self.text,
        }
        return addresses.address(addresses.MAPPING, now, **changed)

    def _show(self, hand: HandView) -> None:
        self.hand = hand
        self.chosen = rows.first_choice(hand)

    async def _count(self, numbers: Numbers) -> None:
        shell = await self.get_state(ShellState)
        shell.mapping_count = numbers.counts[Tab.REVIEW] + numbers.counts[Tab.UNMAPPED]
        self.counts = {tab.value: number for tab, number in numbers.counts.items()}
        self.bands = rows.band_choices(numbers.bands)
        self.confirmable = numbers.confirmable
        self._known_bands = list(numbers.bands)

    def _fail(self, error: RcxError) -> None:
        self.said = Said(error.message, error.remedy, f"{error.message} {error.remedy}", "fail")


class MappingRowsState(MappingState):
    """The list, apart from what changes while moving through it, and every handler of the page."""

    rows: list[QueueRow] = []

    # --- opening

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Build the page from its address."""
        account_id = self._read_address()
        self.dialog, self.selected = "", []
        self.problem = self.remedy = ""
        await self._load(account_id, _PAGE)

    @rx.event
    @requires(Permission.READ)
    async def reload(self) -> None:
        """Read the same view again, with as many rows as were shown."""
        await self._load(self.hand.id, max(_PAGE, len(self.rows)))

    async def _load(self, account_id: int, size: int) -> None:
        try:
            found = await read(reading.everything, self._wanted(account_id, min(size, _MOST_ROWS)))
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return
        await self._take(found)
        if found.is_missing:
            self._fail(NotFound("The account in this address", remedy="Another one is shown."))

    async def _take(self, found: Everything) -> None:
        await self._count(found.numbers)
        self.integrations = rows.integration_choices(found.integrations)
        self.rows = self._headed(rows.queue_rows(found.page.items, found.numbers.bands))
        self.total = found.page.total or 0
        self._cursor = found.page.next_cursor
        self._show(_view(found.hand))
        self._ahead = _view(found.ahead)
        self.is_matching = found.is_matching
        self.accounts, self.clients = found.standing.accounts, found.standing.clients
        self.is_loaded = True
        self._say_place()

    @rx.event
    @requires(Permission.READ)
    async def open_account(self, account_id: int) -> Any:
        """Take an account of the list in hand, and read the next one ahead."""
        return await self._open(account_id)

    async def _open(self, account_id: int) -> Any:
        hand, after = await read(reading.two, account_id, self._neighbour(account_id))
        self._show(_view(hand))
        self._ahead = _view(after)
        self._say_place()
        return self._write_address()

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """The next page of the list."""
        await self._more()

    async def _more(self) -> None:
        if not self._cursor:
            return
        page = await read(reading.rows, self._wanted(), tuple(self._known_bands), self._cursor)
        here = {row.id for row in self.rows}
        fresh = [row for row in rows.queue_rows(page.items, self._known_bands) if row.id not in here]
        self.rows = self._headed([*_plain(self.rows), *fresh])
        self._cursor = page.next_cursor
        self.total = page.total or 0
        self._say_place()

    # --- filters: they live in the address, so each is a step that "back" takes back

    @rx.event
    @requires(Permission.READ)
    async def pick_integration(self, value: str) -> Any:
        return rx.redirect(self._address(integration=value))

    @rx.event
    @requires(Permission.READ)
    async def pick_band(self, value: str) -> Any:
        return rx.redirect(self._address(band=value))

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def filter_text(self, text: str) -> Any:
        """Narrow the list while typing; the address follows without a step of its own."""
        self.text = text
        await self._load(0, _PAGE)
        return self._write_address()

    @rx.event
    @requires(Permission.READ)
    async def clear_filters(self) -> Any:
        return rx.redirect(self._address(integration="", band="", q=""))

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
    async def exclude(self, form: dict[str, str]) -> AsyncIterator[Any]:
        """Exclude the account in hand, with the reason that was written."""
        if not form.get("reason", "").strip():
            self.dialog_wrong = "Write why this account is not billed to any client."
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

    async def _give(
        self, account_id: int, verdict: Verdict, *, client_id: int | None = None, client: str = "", note: str = ""
    ) -> AsyncIterator[Any]:
        """Show the next account, then write the verdict on this one; where it is refused, show this one again."""
        hand = self.get_value("hand")
        if not hand.id or account_id != hand.id:
            return
        before = list(_plain(self.rows))
        self._leave(hand, verdict)
        self.said = replace(rows.said(verdict, hand.name, client), tone="wait")
        yield self._write_address()
        try:
            done = await write(mapping.decide, hand.id, verdict, version=hand.version, client_id=client_id, note=note)
        except RcxError as error:
            self.rows = self._headed(before)
            await self._refresh(hand.id)
            self._fail(error)
            yield self._write_address()
            return
        self.said = rows.said(verdict, hand.name, client, done.batch)
        await self._refresh(self.hand.id)
        if self._cursor and len(self.rows) < _PAGE // 2:
            await self._more()

    def _leave(self, hand: HandView, verdict: Verdict) -> None:
        """Put the next account into the hand, and take this one off the list where its verdict does."""
        nearby = self._neighbour(hand.id) or self._neighbour(hand.id, -1)
        goes_to = _GOES_TO.get(verdict)
        stays = goes_to is not None and goes_to.value == self.tab
        at = next((row for row in _plain(self.rows) if row.id == str(hand.id)), None)
        if at is not None and not stays:
            self._known_bands = rows.minus_one(self.get_value("_known_bands"), at.band)
            self.rows = self._headed([row for row in _plain(self.rows) if row.id != at.id])
            self.total = max(0, self.total - 1)
        elif verdict is Verdict.UNSURE:
            self.rows = rows.with_badge(_plain(self.rows), str(hand.id), "Unsure")
        self.selected = [each for each in self.selected if each != str(hand.id)]
        ahead = self.get_value("_ahead")
        self._show(ahead if ahead.id == nearby else HandView(id=nearby))
        self._say_place()

    async def _refresh(self, account_id: int) -> None:
        """The truth after a verdict: numbers, the account in hand and the one after it."""
        ahead = self._neighbour(account_id)
        numbers, hand, after = await read(reading.around, self._wanted(), account_id, ahead)
        await self._count(numbers)
        view = _view(hand)
        if view != self.get_value("hand"):
            self._show(view)
        self._ahead = _view(after)
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
        await self._load(back, max(_PAGE, len(self.rows) + 1))
        subject = self.hand.name if done.accounts == 1 else words.count(done.accounts, "account")
        self.said = Said(subject, "taken back", f"{subject}: taken back", "ok")
        return self._write_address()

    # --- many at once

    @rx.event
    @requires(Permission.MAP)
    async def toggle(self, account_id: str) -> None:
        """Select a row, or not."""
        chosen = list(self.selected)
        self.selected = (
            [each for each in chosen if each != account_id] if account_id in chosen else [*chosen, account_id]
        )

    @rx.event
    @requires(Permission.MAP)
    async def clear_selection(self) -> None:
        self.selected = []

    @rx.event
    @requires(Permission.MAP)
    async def preview(self) -> None:
        """Show what "confirm all at 0.95 and above" would map."""
        connection_id = self._wanted().connection_id
        found = await read(mapping.preview_confirm, BULK_FROM, connection_id=connection_id)
        self._open_preview(found, f"at {BULK_FROM} and above")

    @rx.event
    @requires(Permission.MAP)
    async def preview_selection(self) -> None:
        """Show what confirming the selection would map."""
        found = await read(mapping.preview_selected, [int(each) for each in self.selected])
        self._open_preview(found, "of your selection")

    def _open_preview(self, found: BulkPreview, which: str) -> None:
        self._previewed = [(row.account_id, row.version, row.client_id or 0) for row in found.rows]
        self.bulk = rows.bulk_rows(found.rows)
        number = words.count(len(found.rows), "match", "matches")
        self.bulk_title = f"{number} {which}"
        self.bulk_act = f"Confirm {number}"
        self.bulk_note = (
            f"{words.count(found.left_out, 'other is', 'others are')} left for you to look at one by one: the model "
            "has a doubt, two clients fit nearly as well, or somebody was unsure."
            if found.left_out
            else ""
        )
        self.dialog_wrong = ""
        self.dialog = "bulk"

    @rx.event
    @requires(Permission.MAP)
    async def confirm_bulk(self) -> AsyncIterator[Any]:
        """Confirm exactly what the preview showed."""
        choices = [tuple(each) for each in self.get_value("_previewed")]
        if not choices or self.is_busy:
            return
        self.is_busy, self.dialog_wrong = True, ""
        yield
        try:
            done = await write(mapping.confirm_many, choices)
        except RcxError as error:
            self.dialog_wrong = f"{error.message} {error.remedy}".strip()
            return
        finally:
            self.is_busy = False
        self.dialog, self.selected, self._previewed = "", [], []
        await self._load(0, _PAGE)
        subject = words.count(done.accounts, "account")
        self.said = Said(subject, "mapped", f"{subject} mapped", "ok", done.batch)

    # --- dialogs

    @rx.event
    @requires(Permission.MAP)
    async def ask_reason(self) -> None:
        """Ask why the account in hand is to be excluded."""
        if self.hand.id:
            self.dialog, self.dialog_wrong = "exclude", ""

    @rx.event
    @requires(Permission.MAP)
    async def start_search(self) -> None:
        """Look for another client for the account in hand."""
        if self.hand.id:
            self.hits, self.sought = [], ""
            self.dialog, self.dialog_wrong = "search", ""

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

    # --- the list

    def _headed(self, found: Sequence[QueueRow]) -> list[QueueRow]:
        has_bands = self.tab in (Tab.REVIEW.value, Tab.UNMAPPED.value)
        return rows.with_headings(found, self.get_value("_known_bands")) if has_bands else list(found)

    def _neighbour(self, account_id: int, step: int = 1) -> int:
        """The account beside this one in the list; 0 where there is none."""
        ids = [row.id for row in _plain(self.rows)]
        at = ids.index(str(account_id)) + step if str(account_id) in ids else 0
        return int(ids[at]) if 0 <= at < len(ids) and ids[at] != str(account_id) else 0

    def _say_place(self) -> None:
        ids = [row.id for row in _plain(self.rows)]
        here = str(self.hand.id)
        self.place = f"{ids.index(here) + 1:,} of {self.total:,}" if here in ids else ""

    def _write_address(self) -> Any:
        address = self._address(account=self.hand.id or "")
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(address)})")


def _view(found: AccountDetail | None) -> HandView:
    return rows.hand(found) if found is not None else HandView()


def _plain(found: Any) -> Any:
    """A state's list without Reflex's tracking around it and its items."""
    return getattr(found, "__wrapped__", found)


def _digits(value: str) -> str:
    return value if value.isascii() and value.isdecimal() and len(value) < 18 else ""
