"""Agents at their pages, and a workspace's admin at the network page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotPermitted
from rcx_app.core.permissions import Role, Staff, Stage
from rcx_app.domain.booking import calendars
from rcx_app.domain.booking.schemas import CalendarRules
from rcx_app.domain.booking.slots import Hours
from rcx_app.domain.staff import access
from rcx_app.ui.banners import BannersState
from rcx_app.ui.base import AppState
from rcx_app.ui.caller import forget_caller
from rcx_app.ui.pages.network.state import NetworkState
from rcx_app.ui.pages.staff.board import BoardState
from rcx_app.ui.pages.staff.file_state import FileState
from rcx_app.ui.pages.staff.platform_state import AgentsState, EgressState, NoticesState
from rcx_app.ui.pages.staff.workspaces import WorkspacesState
from tests.conftest import World
from tests.domain.onboarding.making import agent, answer_all, at, confirm, stage_of
from tests.ui.pages.billing.desk import Desk


@pytest.fixture(autouse=True)
def _nobody_calls() -> Iterator[None]:
    yield
    forget_caller()


def opened(context: Context, state: Any, path: str, query: str = "") -> Desk:
    made = Desk(context, state)
    made.run(made.of(AppState).enter)
    return made.open(path, query)


def test_an_agent_reads_times_by_the_clock_of_his_own_calendar(world: World) -> None:
    elin, ours = agent(), at(world.ours, Stage.SETUP)
    path = f"/staff/workspaces/{ours.workspace_id}"
    made = opened(elin, FileState, path)
    made.run(made.state.add_note, {"text": "A note"})
    assert made.state.notes[0].at.endswith(" UTC")
    with transaction(None) as session:
        calendars.save(session, elin, CalendarRules(time_zone="Europe/Stockholm", hours=(Hours(0, 540, 600),)))
    assert opened(elin, FileState, path).state.notes[0].at.endswith(" Stockholm")


def test_an_agent_finds_a_workspace_looks_into_it_and_finalises_it(world: World) -> None:
    elin, ours = agent(), at(world.ours, Stage.QUESTIONNAIRE)
    answer_all(ours)
    at(world.ours, Stage.SETUP)
    board = opened(elin, BoardState, "/staff").state
    assert [(each.title, each.count) for each in board.columns][2:4] == [("Setup", 1), ("Active", 1)]
    listed = opened(elin, WorkspacesState, "/staff/workspaces", "?q=north").state
    (row,) = listed.rows
    made = opened(elin, FileState, row.href)
    assert (made.state.name, made.state.at_stage) == ("Northbeam IT", "Setup")
    assert made.state.deeds == ["finalise", "back", "suspend"]
    made.run(made.state.ask, "finalise")
    made.run(made.state.do, {"note": ""})
    assert made.state.wrong.startswith("Say why in a note.")
    made.run(made.state.do, {"note": "Seen together"})
    assert (made.state.deed, made.state.at_stage) == ("", "Active")
    assert stage_of(ours) is Stage.ACTIVE
    made.run(made.state.add_note, {"text": "Careful with Halden"})
    assert [each.text for each in made.state.notes] == ["Careful with Halden"]


def test_a_workspace_that_is_not_there_says_so(world: World) -> None:
    elin = agent()
    for number in ("999999", "x", "9" * 30):
        assert opened(elin, FileState, f"/staff/workspaces/{number}").state.problem == "The workspace was not found."


def test_a_deed_that_the_stage_does_not_offer_is_not_done(world: World) -> None:
    made = opened(agent(), FileState, f"/staff/workspaces/{world.ours.workspace_id}")
    made.run(made.state.ask, "finalise")
    assert made.state.deed == ""
    made.run(made.state.do, {"note": "Forged"})
    assert stage_of(world.ours) is Stage.ACTIVE


def test_nobody_else_gets_anything_of_it(world: World) -> None:
    for state in (BoardState, WorkspacesState, NoticesState, AgentsState, EgressState):
        made = Desk(world.ours, state)
        with pytest.raises(NotPermitted):
            made.run(made.state.load)


def test_a_new_address_reaches_the_admins_banner_until_he_has_read_it(world: World) -> None:
    boss = agent("boss@rcx.example", Staff.PLATFORM_ADMIN)
    network = opened(boss, EgressState, "/staff/network")
    network.run(network.state.add, {"network": "10.0.0.1"})
    assert "public internet" in network.state.wrong
    network.run(network.state.add, {"network": "203.0.113.7", "note": "Syncs"})
    assert [each.network for each in network.state.rows] == ["203.0.113.7"]
    shown = Desk(world.ours, BannersState)
    shown.run(shown.state.load)
    (notice,) = shown.state.notices
    assert notice.title == "RCX also calls from 203.0.113.7"
    shown.run(shown.state.got_it, notice.id)
    shown.run(shown.state.load)
    assert shown.state.notices == []
    written = opened(boss, NoticesState, "/staff/notices").state
    assert [each.readers for each in written.rows] == ["1 person has read it"]
    page = opened(world.ours, NetworkState, "/settings/network").state
    assert [each.network for each in page.addresses] == ["203.0.113.7"]
    assert {each.name for each in page.integrations if each.is_yours} >= {"HaloPSA"}
    assert all(each.rights for each in page.integrations)


def test_an_admin_lets_agents_in_and_out_and_every_page_says_so(world: World) -> None:
    made = opened(world.ours, NetworkState, "/settings/network")
    assert made.state.may_let_in
    made.run(made.state.grant, {"role": "owner", "lasts": "4h"})
    assert made.state.wrong.startswith("Agents can be let in as viewer or as admin.")
    made.run(made.state.grant, {"role": "viewer", "lasts": "a year"})
    assert made.state.wrong.startswith("Leave lasts at most 30 days.")
    made.run(made.state.grant, {"role": "viewer", "lasts": "4h", "reason": "Ticket 12"})
    assert made.state.in_force.startswith("as viewer until")
    shown = Desk(world.ours, BannersState)
    shown.run(shown.state.load)
    assert shown.state.let_in.startswith("Agents of RCX may work here as viewer until")
    made.run(made.state.end)
    assert made.state.in_force == ""
    shown.run(shown.state.load)
    assert shown.state.let_in == ""
    with transaction(world.ours, read_only=True) as session:
        (leave,) = access.leaves(session, world.ours)
    assert leave.ended_by == world.ours.user_name
    assert not opened(world.as_role(Role.OPERATOR), NetworkState, "/settings/network").state.may_let_in


def test_what_comes_next_is_said_at_every_stage_before_active(world: World) -> None:
    for stage in Stage:
        shown = Desk(at(world.ours, stage), BannersState)
        shown.run(shown.state.load)
        assert bool(shown.state.coming) is (stage is not Stage.ACTIVE), stage


def test_agents_are_added_and_removed_on_their_page(world: World) -> None:
    boss = agent("boss@rcx.example", Staff.PLATFORM_ADMIN)
    confirm(world.ours)
    made = opened(boss, AgentsState, "/staff/agents")
    made.run(made.state.add, {"email": "nobody@rcx.example", "staff": "agent"})
    assert "was not found" in made.state.wrong
    made.run(made.state.add, {"email": "northbeam@msp.example", "staff": "nonsense"})
    assert made.state.wrong == "Choose agent or platform admin."
    made.run(made.state.add, {"email": "northbeam@msp.example", "staff": "agent"})
    assert [each.staff for each in made.state.rows if each.email.startswith("northbeam")] == ["Agent"]
    made.run(made.state.ask, world.ours.user_id)
    made.run(made.state.remove)
    assert [each.email for each in made.state.rows] == ["boss@rcx.example"]
    made.run(made.state.ask, boss.user_id)
    made.run(made.state.remove)
    assert made.state.wrong.startswith("You are the last platform admin.")
