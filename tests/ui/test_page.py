"""Opening a page: who may gets it with its data, everybody else his next step."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import reflex as rx

from rcx_app.core.permissions import Permission, Role, Staff, Stage
from rcx_app.domain.identity.schemas import Identity
from rcx_app.ui import addresses, page, places
from rcx_app.ui.banners import BannersState
from rcx_app.ui.base import AppState
from rcx_app.ui.caller import forget_caller, set_caller
from rcx_app.ui.page import OpeningState, Page
from rcx_app.ui.shell import ShellState
from tests.ui.pages.billing.desk import Desk

OWNER = Identity(
    session_id=1, session_key="k", user_id=1, user_name="Dana", email="dana@msp.example", workspace_id=1,
    workspace_name="Northbeam IT", role=Role.OWNER, rotation_due=False,
)  # fmt: skip
LOADED = AppState.enter
ALWAYS = [BannersState.load, LOADED, ShellState.load_workspaces]


@pytest.fixture(autouse=True)
def _nobody_calls() -> Iterator[None]:
    yield
    forget_caller()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    for route, needs in (("/read", Permission.READ), ("/help", Permission.SUPPORT), ("/desk", Permission.AGENT)):
        one = Page(route=route, title="One", build=rx.fragment, on_load=(LOADED,), needs=needs)
        monkeypatch.setitem(page._pages, route, one)


def opened(identity: Identity, route: str) -> list[Any]:
    """The handlers that are run, or what sends the person elsewhere."""
    desk = Desk(identity.context, OpeningState)

    async def go() -> list[Any]:
        set_caller(identity, Permission.SELF)
        return list(await desk.state.go(route) or [])

    return asyncio.run(go())


def sent_to(identity: Identity, route: str) -> str:
    return str(opened(identity, route)[0].args)


@pytest.mark.usefixtures("made")
def test_whoever_may_gets_the_shell_and_the_page() -> None:
    found = opened(OWNER, "/read")
    assert [each for each in found if each in ALWAYS] == ALWAYS
    assert found.index(LOADED) < found.index(ShellState.load), (
        "the page's own rows do not wait for what is counted around them"
    )
    assert {ShellState.load, ShellState.watch} <= set(found)


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("stage", [Stage.QUESTIONNAIRE, Stage.BOOKING])
def test_before_a_workspace_is_set_up_people_are_sent_to_what_comes_next(stage: Stage) -> None:
    coming = replace(OWNER, stage=stage)
    assert f'"{addresses.ONBOARDING}"' in sent_to(coming, "/read")
    assert opened(coming, "/help") == ALWAYS, "the shell's numbers are not for them yet"


@pytest.mark.usefixtures("made")
def test_agents_at_home_are_sent_to_their_board_and_elsewhere_to_what_is_next_there() -> None:
    agent = replace(OWNER, role=Role.VIEWER, stage=Stage.QUESTIONNAIRE, staff=Staff.AGENT, is_house=True)
    assert f'"{addresses.STAFF}"' in sent_to(agent, "/read")
    found = opened(agent, "/desk")
    assert LOADED in found
    assert ShellState.load not in found
    own = replace(agent, role=Role.OWNER, is_house=False)
    assert f'"{addresses.ONBOARDING}"' in sent_to(own, "/read"), "an agent who also brings a workspace of his own in"


@pytest.mark.usefixtures("made")
def test_no_role_opens_what_is_staffs() -> None:
    assert f'"{addresses.OVERVIEW}"' in sent_to(OWNER, "/desk")
    assert opened(OWNER, "/nowhere") == []


def test_places_lead_only_to_pages_that_exist() -> None:
    import rcx_app.rcx_app as root

    routes = {each.route for each in root.PAGES}
    every = (*places.PLACES, *places.SETTLED, *places.SETTINGS, *places.STAFF, *places.ACCOUNT)
    assert {each.href for each in places.existing(every)} <= routes | {"/read", "/help", "/desk"}


def test_what_is_open_follows_role_stage_and_staff() -> None:
    state = Desk(OWNER.context, AppState).state
    assert Permission.READ.value in state.opens, "until it is known, what a viewer may"
    state.role, state.stage = Role.OWNER.value, Stage.BOOKING.value
    assert not state.may_connect
    assert Permission.READ.value not in state.opens
    state.stage = Stage.SETUP.value
    assert state.may_connect
    assert Permission.AGENT.value not in state.opens
