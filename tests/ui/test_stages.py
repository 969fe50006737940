"""Every handler at every stage: the guard lets through what the stage opens, and nothing else.

The handlers come from the registry, so later ones are included by themselves.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from reflex_base.registry import RegistrationContext

import rcx_app.rcx_app  # noqa: F401 - registers all handlers
from rcx_app.core.permissions import STAFF_GRANTS, STAGE_OPENS, Permission, Role, Staff, Stage
from rcx_app.domain.identity.schemas import Identity
from rcx_app.ui import guard
from rcx_app.ui.caller import forget_caller
from tests.support.hostile import payloads

OWNER = Identity(
    session_id=1, session_key="k", user_id=1, user_name="Dana", email="dana@msp.example", workspace_id=1,
    workspace_name="Northbeam IT", role=Role.OWNER, rotation_due=False,
)  # fmt: skip
STAFFS_OWN = STAFF_GRANTS[Staff.PLATFORM_ADMIN]


def handlers() -> dict[str, Permission]:
    """Ours, with what each asks for; tests may have registered handlers of their own."""
    registered = RegistrationContext.get().event_handlers
    found = {name: guard.permission_of(each.handler.fn) for name, each in registered.items() if "tests___" not in name}
    return {name: permission for name, permission in found.items() if permission is not None}


def ask(monkeypatch: pytest.MonkeyPatch, identity: Identity, name: str) -> str:
    """What the guard answers to an event; "" where it lets it through."""

    async def who(_: Any) -> Identity:
        return identity

    monkeypatch.setattr(guard, "who_asks", who)
    monkeypatch.setattr(guard.EventContext, "get", lambda: SimpleNamespace(router_data={}))
    handler = RegistrationContext.get().event_handlers[name].handler.fn
    event = SimpleNamespace(name=name, payload=next(payloads(handler, (1, 2))))
    found = asyncio.run(guard.Guard().preprocess(None, None, event))  # type: ignore[arg-type]
    forget_caller()
    return "" if found is None else json.dumps([str(each) for each in found.events])


@pytest.mark.parametrize("stage", list(Stage))
def test_every_handler_at_a_stage(monkeypatch: pytest.MonkeyPatch, stage: Stage) -> None:
    everything = handlers()
    assert len(everything) > 300
    for name, permission in everything.items():
        told = ask(monkeypatch, replace(OWNER, stage=stage), name)
        if permission in STAFFS_OWN:
            assert "This is not available" in told, name
        elif permission in STAGE_OPENS[stage]:
            assert "opens later" not in told, name
            assert "is suspended" not in told, name
        else:
            assert ("is suspended" if stage is Stage.SUSPENDED else "opens later in your onboarding") in told, name


def test_agents_at_home_reach_what_is_agents_and_no_workspaces_data(monkeypatch: pytest.MonkeyPatch) -> None:
    agent = replace(OWNER, role=Role.VIEWER, stage=Stage.QUESTIONNAIRE, staff=Staff.AGENT, is_house=True)
    own = {Permission.SELF, Permission.SUPPORT, Permission.TEAM, Permission.AGENT}
    for name, permission in handlers().items():
        told = ask(monkeypatch, agent, name)
        is_let_in = "not available" not in told and "opens later" not in told and "Your role" not in told
        assert is_let_in is (permission in own), name


def test_there_are_handlers_of_every_kind() -> None:
    """So that the walk above can fail."""
    assert {Permission.READ, Permission.CONNECT, Permission.AGENT, Permission.PLATFORM, Permission.ONBOARD} <= set(
        handlers().values()
    )
