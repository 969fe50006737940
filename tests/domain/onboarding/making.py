"""Complete answers, and workspaces and agents to try stages with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlmodel import select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role, Staff, Stage
from rcx_app.domain.onboarding import service
from rcx_app.domain.onboarding.answers import cleaned
from rcx_app.domain.onboarding.questions import GROUPS
from rcx_app.domain.staff import agents
from rcx_app.models import Membership, User, Workspace

COMPLETE: dict[str, dict[str, Any]] = {
    "psa": {"psa": "connectwise", "psa_hosting": "vendor", "psa_admin": "yes"},
    "vendors": {"vendors": ["microsoft365", "pax8"]},
    "billing": {"clients": "118", "billing": "advance", "billing_day": "1"},
    "people": {"reviewer": "me", "four_eyes": "yes"},
    "place": {"time_zone": "America/Chicago", "currency": "cad"},
}


def everything() -> dict[str, Any]:
    """All answers as they are kept."""
    found: dict[str, Any] = {}
    for group in GROUPS:
        found |= cleaned(group, COMPLETE[group.key])
    return found


def at(context: Context, stage: Stage) -> Context:
    """The workspace put to a stage, and its person acting there."""
    with transaction(None) as session:
        row = session.get(Workspace, context.workspace_id)
        assert row is not None
        row.stage = stage.value
    return replace(context, stage=stage)


def stage_of(context: Context) -> Stage:
    with transaction(None, read_only=True) as session:
        row = session.get(Workspace, context.workspace_id)
        assert row is not None
        return Stage(row.stage)


def confirm(context: Context) -> None:
    """The person has proven that the address of his account is his."""
    with transaction(None) as session:
        user = session.get(User, context.user_id)
        assert user is not None
        user.email_verified_at = clock.now()


def answer_all(context: Context) -> None:
    for key, given in COMPLETE.items():
        with transaction(context) as session:
            assert service.save(session, context, key, given) == {}


def agent(email: str = "elin@rcx.example", staff: Staff = Staff.AGENT) -> Context:
    """Somebody of the company that runs RCX, at home."""
    with transaction(None) as session:
        found = agents.appoint(session, None, email, staff, "Elin Sorensen")
    with transaction(None, read_only=True) as session:
        home = session.scalars(select(Membership).where(Membership.user_id == found.user_id)).one()
        return Context(
            workspace_id=home.workspace_id,
            user_id=found.user_id,
            role=Role.VIEWER,
            user_name=found.name,
            stage=Stage.QUESTIONNAIRE,
            staff=staff,
        )
