"""State of the list of notices, and of how a person wants to be told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import reflex as rx

from rcx_app.core.errors import Invalid, RcxError
from rcx_app.core.money import trim
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.notifications import service
from rcx_app.domain.notifications.schemas import WORDS, Frequency, Kind, NoticeView, Settings
from rcx_app.ui import words
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.notifications.bell import BellState
from rcx_app.ui.pages.notifications.rows import NoticeRow, rows

_LONGEST = 20


class NoticesState(AppState):
    """All of a person's notices, newest first; the address says whether only unread ones."""

    notices: list[NoticeRow] = []
    has_more: bool = False
    is_loaded: bool = False
    unread_only: bool = False
    problem: str = ""
    remedy: str = ""
    _cursor: str = ""

    @rx.event
    @requires(Permission.SELF)
    async def load(self) -> None:
        self.unread_only = self.router.url.query_parameters.get("show", "") == "unread"
        await self._list()

    @rx.event
    @requires(Permission.SELF)
    async def more(self) -> None:
        """The next page."""
        if self._cursor:
            self._follow(await read(service.listed, self._cursor, unread_only=self.unread_only), self.notices)

    @rx.event
    @requires(Permission.SELF)
    async def open(self, notice_id: int) -> Any:
        """Go to what a notice is about; it is read then."""
        await write(service.mark_read, notice_id)
        href = next((each.href for each in self.notices if each.id == notice_id), "")
        return rx.redirect(href) if href else None

    @rx.event
    @requires(Permission.SELF)
    async def read_one(self, notice_id: int) -> Any:
        await write(service.mark_read, notice_id)
        await self._list()
        return BellState.load

    @rx.event
    @requires(Permission.SELF)
    async def read_all(self) -> Any:
        await write(service.mark_read)
        await self._list()
        return BellState.load

    async def _list(self) -> None:
        try:
            page = await read(service.listed, unread_only=self.unread_only)
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return
        self.problem = self.remedy = ""
        self._follow(page, [])
        self.is_loaded = True

    def _follow(self, page: Page[NoticeView], before: list[NoticeRow]) -> None:
        self.notices = [*before, *rows(page.items)]
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)


@dataclass
class KindRow:
    """One thing to be told of."""

    value: str
    name: str
    what: str
    is_on: bool


class NoticeSettingsState(AppState):
    """A person's own choice for this workspace. Saved as a whole."""

    frequency: str = Frequency.DAILY.value
    kinds: list[KindRow] = []
    min_amount: str = ""
    alarm_mail: bool = True
    tells_alarms: bool = False
    morning: str = ""
    next_text: str = ""
    email: str = ""
    wrong_amount: str = ""
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.event
    @requires(Permission.SELF)
    async def load(self) -> None:
        try:
            self._show(await read(service.settings_of))
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy

    @rx.event
    @requires(Permission.SELF)
    async def choose_frequency(self, frequency: Frequency) -> None:
        self.frequency = frequency.value

    @rx.event
    @requires(Permission.SELF)
    async def switch(self, kind: Kind) -> None:
        """Be told of it, or not any more."""
        self.kinds = [
            KindRow(each.value, each.name, each.what, each.is_on != (each.value == kind.value)) for each in self.kinds
        ]

    @rx.event
    @requires(Permission.SELF)
    async def switch_alarms(self) -> None:
        self.alarm_mail = not self.alarm_mail

    @rx.event
    @requires(Permission.SELF)
    async def save(self, form: dict[str, Any]) -> Any:
        """Keep what is chosen; the amount comes from the form."""
        self.wrong_amount = ""
        self.min_amount = str(form.get("min_amount", ""))[:_LONGEST]
        try:
            await write(
                service.save,
                frequency=Frequency(self.frequency),
                kinds=[Kind(each.value) for each in self.kinds if each.is_on],
                min_amount=_amount(self.min_amount),
                alarm_mail=self.alarm_mail,
            )
        except Invalid as error:
            self.wrong_amount = f"{error.message} {error.remedy}".strip()
            return None
        self._show(await read(service.settings_of))
        return notify("Saved", detail="From now on you are told this way.")

    def _show(self, found: Settings) -> None:
        choice = found.choice
        self.frequency = choice.frequency.value
        self.kinds = [KindRow(kind.value, *WORDS[kind], kind in choice.kinds) for kind in found.offered]
        self.tells_alarms = Kind.HEALTH in found.offered
        self.min_amount, self.alarm_mail = f"{trim(choice.min_amount):f}", choice.alarm_mail
        self.morning, self.email = found.morning, found.email
        self.next_text = words.moment(found.next_at) if found.next_at is not None else ""
        self.problem, self.remedy, self.is_loaded = "", "", True


def _amount(text: str) -> Decimal:
    """Raises Invalid."""
    try:
        found = Decimal(text.strip().replace(",", "") or "0")
        rounded = found.quantize(Decimal("0.01"))
    except InvalidOperation as error:
        raise Invalid(f"{text.strip()[:20]!r} is no amount.", remedy="Enter a number such as 100.") from error
    if found != rounded:
        raise Invalid("An amount has at most two decimals.", remedy="Enter a number such as 100 or 99.50.")
    return found
