"""State of the automatic sync: the schedule in words, and the form that changes it."""

from __future__ import annotations

from dataclasses import replace

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.schedules import service
from rcx_app.domain.schedules.schemas import ScheduleView
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.integrations.schedule import rows
from rcx_app.ui.pages.integrations.schedule.rows import Draft, Next, Part, Plan, Switch
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState


class ScheduleState(AppState):
    """`plan` is what is saved, `draft` what stands in the form, with what it would come to."""

    plan: Plan = Plan()
    draft: Draft = Draft()
    draft_weekly: Next = Next()
    draft_monthly: Next = Next()
    is_loaded: bool = False
    is_open: bool = False
    wrong: str = ""

    @rx.event
    @requires(Permission.READ)
    async def load(self) -> None:
        """Say when the next automatic sync is."""
        self.is_open = False
        self._take(await read(service.schedule))

    @rx.event
    @requires(Permission.READ)
    async def show(self) -> None:
        """Open the dialog with what is saved now."""
        view = await read(service.schedule)
        self._take(view)
        self.wrong, self.draft = "", rows.draft(view.chosen)
        self._look_ahead(view)
        self.is_open = True

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> None:
        self.is_open = False

    @rx.event
    @requires(Permission.CONNECT)
    async def switch(self, part: Switch, on: bool) -> None:
        """Have a sync every week or every month, or not."""
        self.draft = replace(self.draft, **{part: on})
        self._look_ahead(await read(service.schedule))

    @rx.event
    @requires(Permission.CONNECT)
    async def change(self, part: Part, value: str) -> None:
        """Take over one field of the form."""
        self.draft = rows.changed(self.draft, part, value)
        self._look_ahead(await read(service.schedule))

    @rx.event
    @requires(Permission.CONNECT)
    async def save(self) -> object:
        """Plan the syncs as the form says."""
        try:
            await write(service.save, rows.chosen(self.draft))
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}".strip()
            return None
        self.is_open = False
        self._take(await read(service.schedule))
        return self._told()

    @rx.event
    @requires(Permission.CONNECT)
    async def accept(self) -> object:
        """Switch on what is offered: every week on the proposed weekday, what changed."""
        chosen = (await read(service.schedule)).chosen
        await write(service.save, replace(chosen, is_weekly=True))
        self._take(await read(service.schedule))
        return self._told()

    def _told(self) -> list[object]:
        """Say what is planned now; the list says when each connection is read next."""
        word = "Automatic sync is on" if self.plan.is_on else "Automatic sync is off"
        return [IntegrationsRowsState.reload, notify(word, detail=self.plan.sentence)]

    def _take(self, view: ScheduleView) -> None:
        self.plan, self.is_loaded = rows.plan(view, clock.now()), True

    def _look_ahead(self, view: ScheduleView) -> None:
        self.draft_weekly, self.draft_monthly = rows.planned(view, rows.chosen(self.draft), clock.now())
