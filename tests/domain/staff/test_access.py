"""Leave to work inside a workspace: who gives it, what it opens and what never, and that it ends for all at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from rcx_app.core import clock
from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotPermitted
from rcx_app.core.permissions import Permission, Role
from rcx_app.core.settings import Settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity import sessions, two_factor
from rcx_app.domain.identity.schemas import Device, Identity
from rcx_app.domain.people import workspace
from rcx_app.domain.staff import access, agents
from rcx_app.domain.views import settings
from rcx_app.domain.writeback import access as writing
from rcx_app.domain.writeback.schemas import Policy
from rcx_app.models import User
from tests.conftest import World
from tests.domain.onboarding.making import agent

DAY = timedelta(days=1)
HERE = Device(address="192.0.2.7")


def at_home(elin: Context) -> Identity:
    """The agent's session in the house."""
    with transaction(None) as session:
        user = session.scalars(select(User).where(User.id == elin.user_id)).one()
        return identity.begin(session, user, HERE).identity


def give(ours: Context, role: Role = Role.ADMIN, lasts: timedelta = DAY) -> None:
    with transaction(ours) as session:
        access.grant(session, ours, role, lasts, "Ticket 12")


def enter(who: Identity, workspace_id: int) -> Identity:
    with transaction(None) as session:
        return access.enter(session, who, workspace_id, HERE).identity


def now(session_id: int) -> Identity | None:
    with transaction(None, read_only=True) as session:
        return identity.resolve_id(session, session_id)


def test_an_agent_enters_by_leave_and_by_nothing_else(world: World) -> None:
    who = at_home(agent())
    with pytest.raises(NotPermitted):
        enter(who, world.ours.workspace_id)
    give(world.ours)
    inside = enter(who, world.ours.workspace_id)
    assert (inside.workspace_id, inside.role, inside.is_guest) == (world.ours.workspace_id, Role.ADMIN, True)
    assert now(who.session_id) is None, "one session at a time"
    with pytest.raises(NotPermitted):
        enter(inside, world.theirs.workspace_id)
    for context in (world.ours, world.theirs):
        with pytest.raises(NotPermitted), transaction(None) as session:
            access.enter(session, _as_identity(context), world.ours.workspace_id, HERE)


def _as_identity(context: Context) -> Identity:
    return Identity(
        session_id=0, session_key="", user_id=context.user_id or 0, user_name="", email="", workspace_name="",
        workspace_id=context.workspace_id, role=context.role, rotation_due=False,
    )  # fmt: skip


def test_what_a_guest_does_is_in_the_workspaces_trail_under_his_name(world: World) -> None:
    who = at_home(agent())
    give(world.ours)
    inside = enter(who, world.ours.workspace_id).context
    with transaction(inside) as session:
        settings.save(session, inside, display_currency="EUR", contract_view="all", inactive_days=30)
    with transaction(world.ours, read_only=True) as session:
        done = [(each.tag, each.user_name) for each in audit.entries(session, world.ours).items]
    assert ("workspace:data", "agent Elin Sorensen of RCX") in done
    assert ("support_access:enter", "agent Elin Sorensen of RCX") in done
    assert ("support_access:grant", world.ours.user_name) in done


def test_no_leave_opens_what_is_the_workspaces_own(world: World) -> None:
    who = at_home(agent())
    give(world.ours)
    inside = enter(who, world.ours.workspace_id).context
    assert inside.allows(Permission.CONNECT)
    for never in (Permission.APPROVE, Permission.CLOSE, Permission.PEOPLE, Permission.SECURE, Permission.OWN):
        assert not inside.allows(never)
        with pytest.raises(NotPermitted):
            inside.require(never)
    with pytest.raises(NotPermitted), transaction(inside) as session:
        access.grant(session, inside, Role.ADMIN, DAY)
    with pytest.raises(NotPermitted), transaction(inside) as session:
        access.end(session, inside)
    with pytest.raises(NotPermitted), transaction(inside) as session:
        workspace.require_two_factor(session, inside, who, False)
    with pytest.raises(NotPermitted), transaction(inside) as session:
        writing.choose_policy(session, inside, Policy(four_eyes=False, one_click=True))
    with pytest.raises(NotPermitted), transaction(inside) as session:
        writing.enable_writing(session, inside, 1)


def test_leave_that_is_ended_ends_the_session_at_once(world: World) -> None:
    who = at_home(agent())
    give(world.ours)
    inside = enter(who, world.ours.workspace_id)
    assert now(inside.session_id) is not None
    with transaction(world.ours) as session:
        access.end(session, world.ours)
    assert now(inside.session_id) is None
    with pytest.raises(Conflict), transaction(world.ours) as session:
        access.end(session, world.ours)


def test_leave_that_runs_out_ends_the_session_and_a_new_one_does_not_revive_it(world: World) -> None:
    who = at_home(agent())
    give(world.ours, lasts=timedelta(hours=1))
    inside = enter(who, world.ours.workspace_id)
    with frozen(clock.now() + timedelta(minutes=59)):
        assert now(inside.session_id) is not None
    with frozen(clock.now() + timedelta(minutes=61)):
        assert now(inside.session_id) is None
        give(world.ours)
        assert now(inside.session_id) is None


def test_who_is_no_agent_any_more_is_out(world: World) -> None:
    elin = agent()
    who = at_home(elin)
    give(world.ours)
    inside = enter(who, world.ours.workspace_id)
    with transaction(None) as session:
        agents.dismiss(session, None, who.user_id)
    assert now(inside.session_id) is None


def test_leaving_goes_home(world: World) -> None:
    who = at_home(agent())
    give(world.ours, role=Role.VIEWER)
    inside = enter(who, world.ours.workspace_id)
    with transaction(None) as session:
        home = access.leave(session, inside, HERE).identity
    assert (home.workspace_id, home.is_guest, home.is_house) == (who.workspace_id, False, True)
    assert now(inside.session_id) is None
    with pytest.raises(Conflict), transaction(None) as session:
        access.leave(session, home, HERE)


def test_leave_is_given_by_admins_within_bounds(world: World) -> None:
    ours = world.ours
    approver = world.as_role(Role.APPROVER)
    with pytest.raises(NotPermitted), transaction(approver) as session:
        access.grant(session, approver, Role.VIEWER, DAY)
    for role, lasts in ((Role.OWNER, DAY), (Role.VIEWER, timedelta(days=31)), (Role.VIEWER, timedelta(0))):
        with pytest.raises(Invalid), transaction(ours) as session:
            access.grant(session, ours, role, lasts)
    give(ours, role=Role.VIEWER)
    give(ours, role=Role.ADMIN)
    with transaction(ours, read_only=True) as session:
        assert [(each.role, each.is_in_force) for each in access.leaves(session, ours)] == [
            (Role.ADMIN, True),
            (Role.VIEWER, False),
        ]
    with transaction(world.theirs, read_only=True) as session:
        assert access.leaves(session, world.theirs) == []


def test_staff_can_do_nothing_before_they_have_two_factor_where_rcx_asks_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = at_home(agent())
    assert now(who.session_id) is not None, "on http, as in the demo, nothing is asked"
    asking = Settings(staff_two_factor="always")
    for module in (sessions, two_factor):
        monkeypatch.setattr(module, "settings", lambda: asking)
    assert now(who.session_id) is None
    with transaction(None, read_only=True) as session:
        half = identity.resolve_id(session, who.session_id, half=True)
    assert half is not None
    assert half.must_set_up
    with transaction(None) as session:
        session.scalars(select(User).where(User.id == who.user_id)).one().totp_since = clock.now()
    assert now(who.session_id) is not None
    with transaction(None) as session, pytest.raises(Conflict, match="work for RCX"):
        two_factor.switch_off(session, who.user_id)
    with transaction(None) as session:
        owner = session.scalars(select(User).where(User.id == world.ours.user_id)).one()
        begun = identity.begin(session, owner, HERE)
    assert now(begun.identity.session_id) is not None, "customers are asked by their workspace only"
    assert Settings(public_url="https://rcx.example").staff_needs_two_factor
    assert not Settings(public_url="https://rcx.example", staff_two_factor="never").staff_needs_two_factor
