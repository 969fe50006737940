"""Handlers of what is done to many accounts at once, each from a list that a person has seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.queue.bands import BULK_FROM
from rcx_app.domain.mapping.schemas import BulkPreview, Verdict
from rcx_app.ui import words
from rcx_app.ui.base import read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.mapping import rows
from rcx_app.ui.pages.mapping.base import PAGE
from rcx_app.ui.pages.mapping.deciding import Deciding
from rcx_app.ui.pages.mapping.listing import plain
from rcx_app.ui.pages.mapping.rows import Said


class Many(Deciding, mixin=True):
    """Selections, previews and their one undo."""

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
    async def select_shown(self) -> None:
        """Select every row that is shown."""
        self.selected = [row.id for row in plain(self.rows)]

    @rx.event
    @requires(Permission.MAP)
    async def ask_reason_for_many(self) -> None:
        """Ask why what is selected is to be excluded."""
        if self.selected:
            self.dialog, self.dialog_wrong, self.on_many = "exclude", "", True

    @rx.event
    @requires(Permission.MAP)
    async def ask_day_for_many(self) -> None:
        """Ask until when what is selected is put off."""
        if self.selected:
            self._ask_day(on_many=True)

    @rx.event
    @requires(Permission.MAP)
    async def take_back_many(self) -> None:
        """Take what was decided of the selected accounts back to the model's suggestion."""
        if self.selected:
            await self._decide_many(Verdict.RESET)

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
        await self._load(0, PAGE)
        subject = words.count(done.accounts, "account")
        self.said = Said(subject, "mapped", f"{subject} mapped", "ok", done.batch)
