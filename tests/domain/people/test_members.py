"""The team: who may change whose role, who may go, and that an owner always stays."""

from __future__ import annotations

import threading

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound, NotPermitted, RcxError
from rcx_app.core.permissions import GRANTS, Permission, Role
from rcx_app.domain.identity import service
from rcx_app.domain.people import invitations, members, rights
from tests.conftest import World
from tests.support.gate import Browser, member
from tests.support.gate_fixtures import quick_and_fresh

__all__ = ["quick_and_fresh"]


def roles(context: Context) -> dict[str, Role]:
    with transaction(context, read_only=True) as session:
        return {each.name: each.role for each in members.team(session, context)}


def change(context: Context, person: Context, role: Role) -> None:
    with transaction(context) as session:
        members.change_role(session, context, person.user_id or 0, role)


def test_the_table_of_rights_says_all_that_roles_may_do() -> None:
    said = {right.permission: set(right.held_by) for right in rights.table()}
    granted = frozenset[Permission]().union(*GRANTS.values())
    assert set(said) == granted
    assert all(said[each] == {role for role in Role if each in GRANTS[role]} for each in said)
    assert set(rights.ROLES) == set(Role)


def test_a_role_changes_and_counts_at_once(world: World) -> None:
    mia = member(world.ours, "mia", Role.OPERATOR)
    browser = Browser()
    browser.sign_in("mia@msp.example")
    change(world.ours, mia, Role.VIEWER)
    assert browser.identity is not None
    assert browser.identity.role is Role.VIEWER


def test_nobody_gives_a_role_above_his_own_nor_reaches_above_himself(sqlite_world: World) -> None:
    admin, other = member(sqlite_world.ours, "ada", Role.ADMIN), member(sqlite_world.ours, "ben", Role.ADMIN)
    for person, role in ((other, Role.OWNER), (admin, Role.OWNER), (sqlite_world.ours, Role.VIEWER)):
        with pytest.raises(NotPermitted):
            change(admin, person, role)
    with pytest.raises(NotPermitted), transaction(admin) as session:
        members.remove(session, admin, sqlite_world.ours.user_id or 0)
    change(admin, other, Role.APPROVER)
    change(admin, admin, Role.VIEWER)
    # What the handler knew before is no excuse: the role counts as it is when the workspace is locked.
    with pytest.raises(NotPermitted):
        change(admin, admin, Role.ADMIN)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.APPROVER])
def test_others_can_change_nothing(sqlite_world: World, role: Role) -> None:
    person, other = member(sqlite_world.ours, "mia", role), member(sqlite_world.ours, "ben")
    with pytest.raises(NotPermitted):
        change(person, other, Role.OPERATOR)
    with pytest.raises(NotPermitted), transaction(person) as session:
        members.remove(session, person, other.user_id or 0)


def test_a_stranger_is_not_found(sqlite_world: World) -> None:
    with pytest.raises(NotFound):
        change(sqlite_world.ours, sqlite_world.theirs, Role.VIEWER)
    with pytest.raises(NotFound), transaction(sqlite_world.ours) as session:
        members.remove(session, sqlite_world.ours, sqlite_world.theirs.user_id or 0)


def test_who_is_removed_is_out_at_once_here_and_nowhere_else(world: World) -> None:
    mia = member(world.ours, "mia", Role.OPERATOR)
    here = Browser()
    here.sign_in("mia@msp.example")
    assert here.identity is not None
    session_id = here.identity.session_id
    with transaction(world.ours) as session:
        members.remove(session, world.ours, mia.user_id or 0)
    assert here.identity is None
    with transaction(None, read_only=True) as session:
        assert service.resolve_id(session, session_id) is None
    assert "Mia" not in roles(world.ours)
    here.sign_in("mia@msp.example")
    assert (here.status, here.goes_to.partition("=")[0]) == (303, "/sign-up?token")
    assert "not a member of any workspace" in here.get(here.goes_to)


def test_who_is_in_no_workspace_any_more_makes_his_own_once(world: World) -> None:
    mia = member(world.ours, "mia", Role.OPERATOR)
    with transaction(mia) as session:
        members.leave(session, mia)
    here = Browser()
    here.sign_in("mia@msp.example")
    led, token = here.goes_to, here.goes_to.partition("token=")[2]
    assert "Hello Mia" in here.get(led)
    assert "Tell us" in here.post("/sign-up", token=token, workspace_name="  ")
    assert here.status == 422
    here.post("/sign-up", token=token, workspace_name="Mia & Co")
    assert (here.status, here.goes_to) == (303, "/")
    assert here.identity is not None
    assert (here.identity.workspace_name, here.identity.role) == ("Mia & Co", Role.OWNER)
    again = Browser()
    for path in (led, "/sign-up?token=forged"):
        again.get(path)
        assert again.status == 410
    again.post("/sign-up", token=token, workspace_name="Another")
    assert (again.status, again.identity) == (410, None)


def test_the_last_owner_neither_leaves_nor_steps_down(world: World) -> None:
    mia = member(world.ours, "mia", Role.ADMIN)
    with pytest.raises(Conflict, match="needs an owner"):
        change(world.ours, world.ours, Role.ADMIN)
    with pytest.raises(Conflict, match="needs an owner"), transaction(world.ours) as session:
        members.leave(session, world.ours)
    change(world.ours, mia, Role.OWNER)
    with transaction(world.ours) as session:
        members.leave(session, world.ours)
    assert list(roles(mia).values()) == [Role.OWNER]


@pytest.mark.parametrize("how", ["leave", "step down", "each removes the other"])
def test_not_by_two_at_once_either(world: World, how: str) -> None:
    mia = member(world.ours, "mia", Role.OWNER)
    both, refused = (world.ours, mia), []
    start = threading.Barrier(2)

    def act(me: Context, other: Context) -> None:
        start.wait()
        try:
            with transaction(me) as session:
                if how == "leave":
                    members.leave(session, me)
                elif how == "step down":
                    members.change_role(session, me, me.user_id or 0, Role.VIEWER)
                else:
                    members.remove(session, me, other.user_id or 0)
        except RcxError as error:
            refused.append(error)

    threads = [threading.Thread(target=act, args=pair) for pair in (both, both[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    with transaction(None, read_only=True) as session:
        owner = Context(workspace_id=world.ours.workspace_id, user_id=None, role=Role.OWNER)
        assert [each.role for each in members.team(session, owner)].count(Role.OWNER) == 1


def test_invitations_of_whoever_goes_are_taken_back(world: World) -> None:
    ada, ben = member(world.ours, "ada", Role.ADMIN), member(world.ours, "ben", Role.ADMIN)
    for number, inviter in enumerate((ada, ben)):
        with transaction(inviter) as session:
            invitations.invite(session, inviter, f"new{number}@x.example", Role.ADMIN)
    with transaction(world.ours) as session:
        members.remove(session, world.ours, ada.user_id or 0)
    change(world.ours, ben, Role.APPROVER)
    with transaction(world.ours, read_only=True) as session:
        assert invitations.listed(session, world.ours) == []
