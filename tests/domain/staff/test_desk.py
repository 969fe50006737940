"""What agents see over all workspaces, who they are, and what all workspaces are told."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role, Staff, Stage
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import service as identity
from rcx_app.domain.onboarding import service as onboarding
from rcx_app.domain.staff import agents, announcements, board, egress, notes
from rcx_app.models import Connection
from tests.conftest import World
from tests.domain.onboarding.making import agent, answer_all, at, confirm


def test_the_board_has_every_workspace_in_its_column_and_the_house_in_none(world: World) -> None:
    elin = agent()
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    answer_all(ours)
    at(world.ours, Stage.SETUP)
    with transaction(None, read_only=True) as session:
        columns = {each.stage: each for each in board.board(session, elin)}
    assert [each.count for each in columns.values()] == [0, 0, 1, 1, 0]
    (card,) = columns[Stage.SETUP].cards
    assert (card.name, card.psa, card.done, card.tasks) == ("Northbeam IT", "ConnectWise PSA", 0, 5)
    assert card.owner == world.ours.user_name


def test_the_list_is_searched_by_name_and_by_peoples_addresses(world: World) -> None:
    elin = agent()

    def found(text: str, stage: str = "") -> list[str]:
        with transaction(None, read_only=True) as session:
            return [each.name for each in board.workspaces(session, elin, text, stage).items]

    assert found("") == ["Southlight MSP", "Northbeam IT"]
    assert found("NORTHB") == ["Northbeam IT"]
    assert found("southlight@msp") == ["Southlight MSP"]
    assert found("%") == found("_") == found("\\") == []
    assert found("", "suspended") == []


def test_a_file_shows_the_intake_with_what_changed_and_no_credentials(world: World) -> None:
    elin = agent()
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    answer_all(ours)
    with transaction(ours) as session:
        onboarding.send(session, ours)
        onboarding.save(session, ours, "place", {"time_zone": "Europe/Oslo", "currency": "NOK"})
        onboarding.send(session, ours)
        session.add(
            Connection(
                workspace_id=ours.workspace_id,
                side="psa",
                vendor="x",
                label="CW",
                label_key="cw",
                credentials=b"sealed-secret",
                settings={"api_key": "plain-secret"},
            )
        )
    with transaction(None) as session:
        notes.write(session, elin, ours.workspace_id, "Bring the invoice of Halden")
    with transaction(None, read_only=True) as session:
        shown = board.workspace(session, elin, ours.workspace_id)
    assert [(each.before, each.after) for each in shown.editions[0].changes] == [
        ("America/Chicago", "Europe/Oslo"),
        ("CAD", "NOK"),
    ]
    assert [each.text for each in shown.notes] == ["Bring the invoice of Halden"]
    assert [each.label for each in shown.health] == ["CW"]
    assert "secret" not in json.dumps(asdict(shown), default=str)
    with transaction(world.ours, read_only=True) as session:
        told = json.dumps([each.detail for each in audit.entries(session, world.ours).items])
    assert "Halden" not in told, "that there is a note is told, not what it says"


def test_nobody_but_agents_sees_any_of_it(world: World) -> None:
    agent()
    for context in (world.ours, world.as_role(Role.VIEWER)):
        with transaction(None, read_only=True) as session:
            for service in (board.board, board.workspaces, announcements.written, agents.agents):
                with pytest.raises(NotPermitted):
                    service(session, context)
            with pytest.raises(NotPermitted):
                board.workspace(session, context, world.theirs.workspace_id)
        with pytest.raises(NotPermitted), transaction(None) as session:
            notes.write(session, context, world.ours.workspace_id, "x")
        with pytest.raises(NotPermitted), transaction(None) as session:
            egress.add(session, context, "203.0.113.7")
        with pytest.raises(NotPermitted), transaction(None) as session:
            agents.add(session, context, "northbeam@msp.example", Staff.PLATFORM_ADMIN)


def test_agents_are_added_and_removed_by_platform_admins_only(world: World) -> None:
    boss, elin = agent("boss@rcx.example", Staff.PLATFORM_ADMIN), agent()
    with pytest.raises(NotPermitted), transaction(None) as session:
        agents.add(session, elin, "northbeam@msp.example", Staff.AGENT)
    with pytest.raises(NotFound), transaction(None) as session:
        agents.add(session, boss, "nobody@rcx.example", Staff.AGENT)
    with pytest.raises(Conflict, match="not confirmed"), transaction(None) as session:
        agents.add(session, boss, "northbeam@msp.example", Staff.AGENT)
    confirm(world.ours)
    with transaction(None) as session:
        found = agents.add(session, boss, "Northbeam@MSP.example", Staff.AGENT)
    assert found.user_id == world.ours.user_id
    with transaction(None, read_only=True) as session:
        assert len(identity.workspaces(session, found.user_id)) == 2, "at home in both"
    with transaction(None) as session:
        agents.remove(session, boss, found.user_id)
    with transaction(None, read_only=True) as session:
        assert [each.email for each in agents.agents(session, boss)] == ["boss@rcx.example", "elin@rcx.example"]
        assert [each.name for each in identity.workspaces(session, found.user_id)] == ["Northbeam IT"]
    with pytest.raises(Conflict), transaction(None) as session:
        agents.remove(session, boss, boss.user_id or 0)


def test_a_changed_address_is_told_to_admins_until_they_have_read_it(world: World) -> None:
    boss = agent("boss@rcx.example", Staff.PLATFORM_ADMIN)
    with transaction(None) as session:
        added = egress.add(session, boss, "203.0.113.0/28", "Syncs")
    with pytest.raises(Conflict), transaction(None) as session:
        egress.add(session, boss, "203.0.113.0/28")
    for context in (world.ours, world.theirs):
        with transaction(context, read_only=True) as session:
            (notice,) = announcements.unread(session, context)
            assert "203.0.113.0/28" in notice.title
            assert [each.network for each in egress.addresses(session, context)] == ["203.0.113.0/28"]
    for _ in range(2):
        with transaction(world.ours) as session:
            announcements.mark_read(session, world.ours, notice.notice_id)
    with transaction(world.ours, read_only=True) as session:
        assert announcements.unread(session, world.ours) == []
        assert announcements.unread(session, world.as_role(Role.OPERATOR)) == []
    with transaction(world.theirs, read_only=True) as session:
        assert len(announcements.unread(session, world.theirs)) == 1
    with transaction(None) as session:
        egress.remove(session, boss, added.address_id)
    with transaction(None, read_only=True) as session:
        assert [each.readers for each in announcements.written(session, boss)] == [0, 1]
        assert [each.network for each in egress.former(session, boss)] == ["203.0.113.0/28"]
    with transaction(None) as session:
        announcements.withdraw(session, boss, notice.notice_id)
    with transaction(world.theirs, read_only=True) as session:
        assert ["no longer" in each.title for each in announcements.unread(session, world.theirs)] == [True]


@pytest.mark.parametrize(
    "wrong", ["", "nonsense", "10.0.0.1", "127.0.0.1", "169.254.1.1", "0.0.0.0/0", "203.0.113.9/28", "fe80::1", "::1"]
)
def test_an_address_nobody_should_list_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        egress.checked(wrong)


def test_addresses_are_kept_as_lists_write_them() -> None:
    assert egress.checked(" 203.0.113.7/32 ") == "203.0.113.7"
    assert egress.checked("2001:DB8::/48") == "2001:db8::/48"
