"""State of the page "Data" of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.money import trim
from rcx_app.core.pagination import Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.views import currencies, settings
from rcx_app.domain.views.currency_schemas import DataSettings, Rate
from rcx_app.ui import words
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.guard import requires


@dataclass
class RateLine:
    """One rate as a row."""

    id: int
    currency: str
    day: str
    rate: str
    source: str


def _everything(session: Any, context: Context) -> tuple[DataSettings, Page[Rate]]:
    return settings.data_settings(session, context), currencies.listed(session, context)


class DataSettingsState(AppState):
    """The choices as kept, the rates, and what was wrong with the last form. `wrong_*` is shown beside its form."""

    display_currency: str = ""
    contract_view: str = "all"
    inactive_days: str = ""
    billed: str = ""
    rateless: str = ""
    rates: list[RateLine] = []
    has_more: bool = False
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    wrong: str = ""
    wrong_rate: str = ""
    wrong_file: str = ""
    form_key: int = 0
    _cursor: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        await self._load()

    @rx.event
    @requires(Permission.SETTINGS)
    async def save(self, form: dict[str, Any]) -> Any:
        """Keep the choices of the form."""
        days = str(form.get("inactive_days", "")).strip()
        try:
            await write(
                settings.save,
                display_currency=str(form.get("display_currency", "")),
                contract_view=str(form.get("contract_view", "all")),
                inactive_days=int(days) if days.isascii() and days.isdecimal() and len(days) < 6 else 0,
            )
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}"
            return None
        self.wrong = ""
        await self._load()
        return rx.toast.success("Saved.")

    @rx.event
    @requires(Permission.SETTINGS)
    async def enter(self, form: dict[str, Any]) -> None:
        """Keep one rate."""
        try:
            texts = (str(form.get(name, "")) for name in currencies.COLUMNS)
            await write(currencies.enter, *texts)
        except RcxError as error:
            self.wrong_rate = f"{error.message} {error.remedy}"
            return
        self.wrong_rate = ""
        self.form_key += 1
        await self._load()

    @rx.event
    @requires(Permission.SETTINGS)
    async def paste(self, form: dict[str, Any]) -> Any:
        """Keep all rates of a CSV, or none."""
        try:
            kept = await write(currencies.read_file, str(form.get("csv", "")))
        except RcxError as error:
            self.wrong_file = f"{error.message} {error.remedy}"
            return None
        self.wrong_file = ""
        self.form_key += 1
        await self._load()
        return rx.toast.success(f"{words.count(kept, 'rate')} kept.")

    @rx.event
    @requires(Permission.SETTINGS)
    async def delete(self, rate_id: int) -> None:
        await write(currencies.delete, rate_id)
        await self._load()

    @rx.event
    @requires(Permission.READ)
    async def more(self) -> None:
        """Older rates."""
        if self._cursor:
            page = await read(currencies.listed, self._cursor)
            self.rates = [*self.rates, *_lines(page)]
            self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)

    async def _load(self) -> None:
        try:
            kept, page = await read(_everything)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.display_currency, self.contract_view = kept.display_currency, kept.contract_view
        self.inactive_days = str(kept.inactive_days)
        self.billed, self.rateless = ", ".join(kept.currencies), ", ".join(kept.rateless)
        self.rates = _lines(page)
        self._cursor, self.has_more = page.next_cursor, bool(page.next_cursor)
        self.problem, self.remedy, self.is_loaded = "", "", True


def _lines(page: Page[Rate]) -> list[RateLine]:
    return [
        RateLine(each.rate_id, each.currency, words.day(each.day), f"{trim(each.rate):f}", each.source)
        for each in page.items
    ]
