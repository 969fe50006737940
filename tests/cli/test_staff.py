"""`rcx staff`: the first platform admin comes from the command line, with or without an account before."""

from __future__ import annotations

import pytest
from sqlmodel import select

from rcx_app import cli
from rcx_app.commands import demo_staff
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Staff, Stage
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.schemas import Device, NewSession
from rcx_app.domain.staff import announcements
from rcx_app.models import AuditEvent, Booking, SupportTicket, User, Workspace
from tests.conftest import World


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    found = capsys.readouterr()
    return found.out, found.err


def test_an_account_becomes_staff_and_is_none_again(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["staff", "add", "Northbeam@msp.example", "--role", "platform_admin"]) == 0
    assert said(capsys)[0] == "", "no link: it has a way in"
    assert cli.run(["staff", "list"]) == 0
    assert said(capsys)[0] == "platform_admin\tnorthbeam@msp.example\tNorthbeam IT owner\n"
    assert cli.run(["staff", "remove", "northbeam@msp.example"]) == 0
    with transaction(None, read_only=True) as session:
        assert session.scalars(select(User.staff).where(User.id == world.ours.user_id)).one() == ""
        tags = session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)).all()  # type: ignore[arg-type]
    assert tags[-2:] == ["staff:add", "staff:remove"]


def test_a_new_agent_gets_a_link_that_leads_to_where_agents_are(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["staff", "add", "elin@rcx.example", "--name", "Elin Sorensen"]) == 0
    link = said(capsys)[0].strip()
    with transaction(None) as session:
        begun = identity.sign_in_by_link(session, link.partition("token=")[2], Device())
    assert isinstance(begun, NewSession)
    assert (begun.identity.staff, begun.identity.is_house) == (Staff.AGENT, True)
    assert begun.identity.workspace_id not in (world.ours.workspace_id, world.theirs.workspace_id)


def test_what_can_not_be_done_is_said(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.url
    for arguments, says in (
        (["add", "nobody@rcx.example"], "An account with this address was not found."),
        (["add", "nonsense", "--name", "N"], "That is no e-mail address."),
        (["remove", "nobody@rcx.example"], "An agent with this address was not found."),
    ):
        assert cli.run(["staff", *arguments]) == 1
        assert says in said(capsys)[1]


def test_the_demo_brings_an_agent_and_workspaces_on_their_way(world: World) -> None:
    first = demo_staff.agent(world.ours)
    assert demo_staff.agent(world.ours) == first
    with transaction(None, read_only=True) as session:
        stages = dict(session.execute(select(Workspace.name, Workspace.stage)).all())
        assert announcements.unread(session, world.ours) == []
        asked = sorted(session.scalars(select(SupportTicket.status)).all())
        booked = sorted(session.scalars(select(Booking.kind)).all())
    assert (asked, booked) == (["open", "open", "solved", "waiting_you"], ["meeting", "onboarding"])
    assert stages == {
        "Northbeam IT": Stage.ACTIVE.value,
        "Lakeside Systems": Stage.SETUP.value,
        "Southlight MSP": Stage.BOOKING.value,
        "Harbor Point IT": Stage.QUESTIONNAIRE.value,
        "RCX": Stage.QUESTIONNAIRE.value,
    }
