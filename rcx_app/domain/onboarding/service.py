"""A workspace's way in: questions, a session with an agent, guided setup, full access. One place to call it by."""

from __future__ import annotations

from rcx_app.domain.onboarding.checklist import progress, steps, tasks
from rcx_app.domain.onboarding.intake import current, editions, save, send
from rcx_app.domain.onboarding.stages import (
    finalise,
    first_stage,
    resume,
    session_booked,
    skip_booking,
    step_back,
    suspend,
)

__all__ = [
    "current",
    "editions",
    "finalise",
    "first_stage",
    "progress",
    "resume",
    "save",
    "send",
    "session_booked",
    "skip_booking",
    "step_back",
    "steps",
    "suspend",
    "tasks",
]
