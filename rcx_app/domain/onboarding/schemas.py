"""What the onboarding slice hands out: answers as they stand, the setup checklist, the way through the stages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rcx_app.core.permissions import Stage
from rcx_app.domain.onboarding.answers import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeView:
    """The answers that are being filled in, or, where none are, those that were sent last.

    `saved_at` None: nobody has answered anything yet. `was_sent`: an edition has been sent before. `is_open`: this one
    can still be changed.
    """

    answers: dict[str, Any]
    saved_at: datetime | None
    was_sent: bool
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Answers as they were sent, with what had changed since the edition before."""

    number: int
    sent_at: datetime
    sent_by: str
    answers: dict[str, Any]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One line of the setup checklist, as the facts stand. `detail` says how far it is."""

    key: str
    title: str
    detail: str
    is_done: bool
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A workspace went from a stage to another. `who` is RCX itself where nobody in person did it."""

    at: datetime
    stage_from: Stage
    stage_to: Stage
    who: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a workspace stands. `tasks` are empty before there is anything to set up."""

    stage: Stage
    since: datetime
    tasks: tuple[Task, ...]

    @property
    def done(self) -> int:
        return sum(task.is_done for task in self.tasks)
