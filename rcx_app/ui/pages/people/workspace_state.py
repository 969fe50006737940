"""State of the page "Workspace" of the settings."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.people import workspace
from rcx_app.ui import words
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.guard import requires

_STAGES = {
    Stage.QUESTIONNAIRE: "Answering the first questions",
    Stage.BOOKING: "Booking the onboarding session",
    Stage.SETUP: "Being set up",
    Stage.ACTIVE: "Fully open",
    Stage.SUSPENDED: "Suspended",
}


class WorkspaceState(AppState):
    """The workspace's settings as kept, and what was wrong with the last form."""

    name: str = ""
    time_zone: str = ""
    zones: list[str] = []
    currency: str = ""
    currency_stands: bool = False
    stage_words: str = ""
    since: str = ""
    wrong: str = ""
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        self.wrong = ""
        await self._load()

    @rx.event
    @requires(Permission.SETTINGS)
    async def save(self, form: dict[str, Any]) -> Any:
        """Keep what the form says."""
        try:
            await write(
                workspace.save,
                name=str(form.get("name", "")),
                time_zone=str(form.get("time_zone", "")),
                # A field that is locked sends nothing.
                currency=str(form.get("currency", self.currency)),
            )
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong = ""
        await self._load()
        return [AppState.enter, rx.toast.success("Saved.")]

    async def _load(self) -> None:
        try:
            kept = await read(workspace.settings)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        self.name, self.time_zone, self.currency = kept.name, kept.time_zone, kept.currency
        self.currency_stands = kept.has_data
        self.zones = list(workspace.time_zones())
        self.stage_words, self.since = _STAGES[kept.stage], words.day(kept.created_at.date())
        self.problem, self.remedy, self.is_loaded = "", "", True
