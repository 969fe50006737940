"""State of one workspace's file: what is known of it, notes, and moving it from stage to stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reflex as rx

from rcx_app.core.errors import NotFound, RcxError
from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.booking import calendars
from rcx_app.domain.onboarding import service as onboarding
from rcx_app.domain.staff import board as staff
from rcx_app.domain.staff import notes
from rcx_app.ui import words
from rcx_app.ui.across import read_across, write_across
from rcx_app.ui.base import AppState
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.onboarding.rows import TaskRow, task_rows
from rcx_app.ui.pages.staff.rows import (
    STAGES,
    TONES,
    EventRow,
    GroupRow,
    HealthRow,
    PairRow,
    answers_of,
    health_rows,
    intake_said,
    leave_said,
    meeting_rows,
    note_rows,
    since_said,
    step_rows,
)

# Deed -> (what does it, title of the dialog, its button, what it leads to, whether a note is asked for).
DEEDS: dict[str, tuple[Callable[..., None], str, str, str, bool]] = {
    "skip": (
        onboarding.skip_booking,
        "Open guided setup without a session?",
        "Open guided setup",
        "They can connect their PSA and vendors. The session can still be booked.",
        False,
    ),
    "finalise": (
        onboarding.finalise,
        "Open everything to this workspace?",
        "Finalise access",
        "Writing to the PSA and closing months open too.",
        True,
    ),
    "back": (
        onboarding.step_back,
        "Take this workspace one stage back?",
        "Step back",
        "What it has entered stays; pages beyond the stage close at once.",
        True,
    ),
    "suspend": (
        onboarding.suspend,
        "Suspend this workspace?",
        "Suspend",
        "Its people can read and export everything, and change nothing.",
        True,
    ),
    "resume": (
        onboarding.resume,
        "Let this workspace go on?",
        "Resume",
        "It goes on at the stage where it stood.",
        False,
    ),
}
_OPEN_AT = {
    Stage.QUESTIONNAIRE: ("suspend",),
    Stage.BOOKING: ("skip", "back", "suspend"),
    Stage.SETUP: ("finalise", "back", "suspend"),
    Stage.ACTIVE: ("back", "suspend"),
    Stage.SUSPENDED: ("resume",),
}


class FileState(AppState):
    """`deed`: the one whose dialog is open."""

    id: str = ""
    name: str = ""
    at_stage: str = ""
    tone: str = ""
    since: str = ""
    sub: str = ""
    deeds: list[str] = []
    intake: str = ""
    answers: list[GroupRow] = []
    tasks: list[TaskRow] = []
    health: list[HealthRow] = []
    people: list[PairRow] = []
    meetings: list[EventRow] = []
    steps: list[EventRow] = []
    notes: list[EventRow] = []
    leave: str = ""
    is_loaded: bool = False
    problem: str = ""
    deed: str = ""
    wrong: str = ""
    wrong_note: str = ""
    note_key: int = 0

    @rx.event
    @requires(Permission.AGENT)
    async def load(self) -> None:
        self.id = self.router.url.path.rstrip("/").rpartition("/")[2]
        self.deed = self.wrong = self.wrong_note = ""
        await self._read()

    @rx.event
    @requires(Permission.AGENT)
    async def ask(self, deed: str) -> None:
        """Open a deed's dialog, or with "" close it."""
        self.deed = deed if deed in self.deeds else ""
        self.wrong = ""

    @rx.event
    @requires(Permission.AGENT)
    async def do(self, form: dict[str, Any]) -> Any:
        """Do the deed whose dialog is open."""
        if self.deed not in DEEDS:
            return None
        service, said = DEEDS[self.deed][0], DEEDS[self.deed][2]
        try:
            await write_across(service, self._number(), str(form.get("note", "")))
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.deed = self.wrong = ""
        await self._read()
        return notify(f"{said}: done")

    @rx.event
    @requires(Permission.AGENT)
    async def add_note(self, form: dict[str, Any]) -> None:
        """Keep a note for colleagues."""
        try:
            await write_across(notes.write, self._number(), str(form.get("text", "")))
        except RcxError as error:
            self.wrong_note = error.message
            return
        self.wrong_note = ""
        self.note_key += 1
        await self._read()

    def _number(self) -> int:
        if not self.id.isdecimal() or len(self.id) > 18:
            raise NotFound("The workspace")
        return int(self.id)

    async def _read(self) -> None:
        try:
            found = await read_across(staff.workspace, self._number())
            zone = await read_across(calendars.zone_of)
        except RcxError as error:
            self.problem, self.is_loaded = error.message, True
            return
        stage = found.progress.stage
        self.problem, self.is_loaded, self.name = "", True, found.name
        self.at_stage, self.tone = STAGES[stage], TONES.get(stage, "")
        self.since = since_said(found.progress.since)
        self.sub = f"{found.currency}, {found.time_zone}, joined {words.day(found.joined.date())}"
        self.deeds = [] if found.is_house else list(_OPEN_AT[stage])
        self.intake, self.answers = intake_said(found, zone), answers_of(found.draft, found.editions)
        self.tasks, self.health = task_rows(found.progress.tasks), health_rows(found.health)
        self.people = [PairRow(each.name, f"{each.role.value}, {each.email}") for each in found.people]
        self.meetings, self.steps = meeting_rows(found.meetings, zone), step_rows(found.steps, zone)
        self.notes = note_rows(found, zone)
        self.leave = leave_said(found.leave, zone)
