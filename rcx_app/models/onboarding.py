"""A workspace's way in: its answers to the questions, and how it went from stage to stage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint

from rcx_app.models.base import WorkspaceRow, json_field, ref, time_field


class Intake(WorkspaceRow, table=True):
    """One edition of a workspace's answers, numbered from 1. The one that isn't sent yet is being filled in.

    `answers`: question's key -> answer, as `domain.onboarding.questions` reads them; `questions_version` says by which
    edition of the questions.
    """

    __tablename__ = "intake"
    __table_args__ = (UniqueConstraint("workspace_id", "number"),)

    number: int
    questions_version: int
    answers: dict[str, Any] = json_field(dict)
    saved_at: datetime = time_field(default_now=True)
    saved_by: int | None = ref("user_account.id", nullable=True)
    sent_at: datetime | None = time_field()
    sent_by: int | None = ref("user_account.id", nullable=True)


class StageChange(WorkspaceRow, table=True):
    """A workspace went from a stage to another; `note` is what the person who did it said of it."""

    __tablename__ = "stage_change"

    user_id: int | None = ref("user_account.id", nullable=True)
    stage_from: str
    stage_to: str
    note: str = ""
