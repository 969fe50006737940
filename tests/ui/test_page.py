"""Opening a page: who may gets it with its data, everybody else his next step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission, Role, Staff, Stage
from rcx_app.ui import addresses, page, places
from rcx_app.ui.banners import BannersState
from rcx_app.ui.base import AppState
from rcx_app.ui.caller import forget_caller
from rcx_app.ui.page import OpeningState, Page, next_step
from rcx_app.ui.shell import ShellState
from tests.ui.pages.billing.desk import Desk

OWNER = Context(workspace_id=1, user_id=1, role=Role.OWNER)
LOADED = AppState.enter


@pytest.fixture(autouse=True)
def _nobody_calls() -> Iterator[None]:
    yield
    forget_caller()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    for route, needs in (("/read", Permission.READ), ("/help", Permission.SUPPORT), ("/desk", Permission.AGENT)):
        one = Page(route=route, title="One", build=rx.fragment, on_load=(LOADED,), needs=needs)
        monkeypatch.setitem(page._pages, route, one)


def opened(context: Context, route: str) -> list[Any] | str:
    """The handlers that are run, or where the person is sent."""
    desk = Desk(context, OpeningState)
    desk.run(desk.state.go, route)
    if not desk.told:
        return []
    told = desk.told[0]
    return list(told) if isinstance(told, list) else str(told.args)


@pytest.mark.usefixtures("made")
def test_whoever_may_gets_the_shell_and_the_page() -> None:
    assert opened(OWNER, "/read") == [BannersState.load, ShellState.load, ShellState.watch, LOADED]


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("stage", [Stage.QUESTIONNAIRE, Stage.BOOKING])
def test_before_a_workspace_is_set_up_people_are_sent_to_what_comes_next(stage: Stage) -> None:
    coming = replace(OWNER, stage=stage)
    assert addresses.ONBOARDING in opened(coming, "/read")
    assert opened(coming, "/help") == [BannersState.load, LOADED], "the shell's numbers are not for them yet"


@pytest.mark.usefixtures("made")
def test_agents_outside_of_workspaces_are_sent_to_their_board() -> None:
    agent = Context(workspace_id=1, user_id=1, role=Role.VIEWER, stage=Stage.QUESTIONNAIRE, staff=Staff.AGENT)
    assert addresses.STAFF in opened(agent, "/read")
    assert opened(agent, "/desk") == [BannersState.load, LOADED]


@pytest.mark.usefixtures("made")
def test_no_role_opens_what_is_staffs() -> None:
    assert next_step(OWNER) == addresses.OVERVIEW
    assert f'"{addresses.OVERVIEW}"' in opened(OWNER, "/desk")
    assert opened(OWNER, "/nowhere") == []


def test_places_lead_only_to_pages_that_exist() -> None:
    import rcx_app.rcx_app as root

    routes = {each.route for each in root.PAGES}
    every = (*places.PLACES, *places.SETTLED, *places.SETTINGS, *places.STAFF, *places.ACCOUNT)
    assert {each.href for each in places.existing(every)} <= routes | {"/read", "/help", "/desk"}


def test_what_is_open_follows_role_stage_and_staff() -> None:
    state = Desk(OWNER, AppState).state
    assert Permission.READ.value in state.opens, "until it is known, what a viewer may"
    state.role, state.stage = Role.OWNER.value, Stage.BOOKING.value
    assert not state.may_connect
    assert Permission.READ.value not in state.opens
    state.stage = Stage.SETUP.value
    assert state.may_connect
    assert Permission.AGENT.value not in state.opens
