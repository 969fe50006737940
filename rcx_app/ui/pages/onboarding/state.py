"""State of the questions: one page's fields, saved as they are answered; the review; sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.booking import zones
from rcx_app.domain.onboarding import service as onboarding
from rcx_app.domain.onboarding.answers import AnswersInvalid, cleaned
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.onboarding.rows import (
    REVIEW,
    FieldRow,
    ReviewRow,
    fields_of,
    first_lacking,
    group_of,
    neighbours,
    questions_at,
    review_of,
)
from rcx_app.ui.pages.onboarding.way import ASK_ZONE, WayState

_TO_FIRST_WRONG = "setTimeout(() => document.querySelector('#main [aria-invalid=\"true\"]')?.focus(), 60)"
# No more than a page's answers come in at once.
_MOST_FIELDS = 50


class QuestionsState(AppState):
    """The page that is open. `_told` names the questions whose mistakes are shown; None: all."""

    group: str = ""
    title: str = ""
    why: str = ""
    fields: list[FieldRow] = []
    review: list[ReviewRow] = []
    lacks: int = 0
    before: str = ""
    after: str = ""
    was_sent: bool = False
    is_open: bool = True
    may_answer: bool = False
    problem: str = ""
    remedy: str = ""
    _answers: dict[str, Any] = {}
    _told: list[str] | None = []

    @rx.event
    @requires(Permission.TEAM)
    async def load(self) -> Any:
        """The page that the address names, else the first that lacks something."""
        intake = await read(onboarding.current)
        self._answers, self.was_sent, self.is_open = dict(intake.answers), intake.was_sent, intake.is_open
        self.may_answer = Permission.ONBOARD.value in self.opens
        self.problem = self.remedy = ""
        asked = self.router.url.query_parameters.get("group", "")
        self._show(asked if asked == REVIEW or group_of(asked) else first_lacking(self._answers))
        if self.group == "place" and self.may_answer and not self._answers.get("time_zone"):
            return rx.call_script(ASK_ZONE, callback=QuestionsState.guess_zone)
        return None

    @rx.event
    @requires(Permission.ONBOARD)
    async def guess_zone(self, zone: str) -> Any:
        """Take the browser's own time zone where none was chosen."""
        if self.group == "place" and not self._answers.get("time_zone") and zones.is_known(zone):
            return await self._keep({"time_zone": zone})
        return None

    @rx.event
    @requires(Permission.ONBOARD)
    async def answer(self, key: str, value: str) -> Any:
        """Keep one answer as it is."""
        self._tell(key)
        return await self._keep({key: value})

    @rx.event
    @requires(Permission.ONBOARD)
    async def toggle(self, key: str, option: str, is_chosen: bool) -> Any:
        """Choose one of several, or no more."""
        now = self._answers.get(key)
        others = [each for each in (now if isinstance(now, list) else []) if each != option]
        return await self._keep({key: [*others, option] if is_chosen else others})

    @rx.event
    @requires(Permission.ONBOARD)
    async def go_on(self, form: dict[str, Any]) -> Any:
        """To the next page, once this one is complete."""
        texts = {key: form[key] for key in [each.key for each in self.fields if each.look in ("text", "area")]
                 if isinstance(form.get(key), str)} if len(form) <= _MOST_FIELDS else {}  # fmt: skip
        self._told = None
        told = await self._keep(texts)
        if any(field.wrong for field in self.fields):
            return [told, rx.call_script(_TO_FIRST_WRONG)] if told is not None else rx.call_script(_TO_FIRST_WRONG)
        self._show(self.after)
        return [WayState.load, rx.redirect(questions_at(self.group))]

    @rx.event
    @requires(Permission.ONBOARD)
    async def send(self) -> Any:
        """Send the answers."""
        try:
            stage = await write(onboarding.send)
        except AnswersInvalid as error:
            self.problem, self.remedy = error.message, "They are marked below."
            self.review = review_of(self._answers)
            return None
        except RcxError as error:
            self.problem, self.remedy = error.message, error.remedy
            return None
        self.stage = stage.value
        said = "All of RCX is open to you." if stage is Stage.ACTIVE and not self.was_sent else ""
        return [notify("Answers sent", detail=said), rx.redirect(addresses.ONBOARDING)]

    def _tell(self, key: str) -> None:
        if self._told is not None and key not in self._told:
            self._told = [*self._told, key]

    async def _keep(self, given: Mapping[str, Any]) -> Any:
        """Save the open page with `given` laid over it."""
        group = group_of(self.group)
        if group is None:
            return None
        own = {each.key: self._answers.get(each.key) for each in group.questions}
        changed = cleaned(group, {**own, **given})
        rest = {key: value for key, value in self._answers.items() if key not in own}
        is_new = {**rest, **changed} != self._answers
        if is_new:
            await write(onboarding.save, group.key, {**own, **given})
        self._answers = {**rest, **changed}
        self.fields = fields_of(group, self._answers, self._told)
        return WayState.load if is_new else None

    def _show(self, key: str) -> None:
        self.group, (self.before, self.after) = key, neighbours(key)
        self._told = []
        group = group_of(key)
        if group is None:
            self.title, self.why, self.fields = "Check your answers", "", []
            self.review = review_of(self._answers)
            self.lacks = sum(bool(each.wrong) for page in self.review for each in page.answers)
            return
        self.title, self.why, self.review = group.title, group.why, []
        self.fields = fields_of(group, self._answers, self._told)
