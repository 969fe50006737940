"""Sessions: who a token belongs to, how it rotates, and when it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from rcx_app.core import clock
from rcx_app.core.crypto import hash_token
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.identity import service, sessions
from rcx_app.domain.identity.schemas import Device, NewSession
from rcx_app.models import AuthSession, Membership, User
from tests.conftest import World

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def begin(world: World) -> NewSession:
    with transaction(None) as session:
        user = session.get(User, world.ours.user_id)
        assert user is not None
        return service.begin(session, user, Device(address="192.0.2.7", user_agent="Test/1"))


def who(token: str) -> int | None:
    with transaction(None, read_only=True) as session:
        found = service.resolve(session, token)
        return found.user_id if found else None


def test_a_token_belongs_to_its_person_and_workspace(world: World) -> None:
    begun = begin(world)
    with transaction(None, read_only=True) as session:
        found = service.resolve(session, begun.token)
    assert found == begun.identity
    assert found is not None
    assert found.context.workspace_id == world.ours.workspace_id
    assert found.context.role is Role.OWNER
    assert found.initials == "NO"


def test_the_token_itself_is_not_kept(world: World) -> None:
    begun = begin(world)
    with transaction(None, read_only=True) as session:
        row = session.scalars(select(AuthSession)).one()
    assert row.token_hash == hash_token(begun.token)
    assert begun.token not in repr(row)


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "\x00", "' OR 1=1 --"])
def test_other_tokens_belong_to_nobody(sqlite_world: World, token: str) -> None:
    begin(sqlite_world)
    assert who(token) is None


def test_an_idle_session_ends(world: World) -> None:
    with clock.frozen(START):
        token = begin(world).token
    idle = timedelta(seconds=settings().session_idle_s)
    with clock.frozen(START + idle - timedelta(seconds=1)):
        assert who(token) == world.ours.user_id
    with clock.frozen(START + idle):
        assert who(token) is None


def test_use_keeps_a_session_alive_until_its_end(world: World) -> None:
    with clock.frozen(START):
        begun = begin(world)
    at = START
    end = START + timedelta(seconds=settings().session_max_s)
    while (at := at + timedelta(hours=6)) < end:
        with clock.frozen(at):
            assert who(begun.token) == world.ours.user_id
            with transaction(None) as session:
                service.touch(session, begun.identity.session_id)
    with clock.frozen(end):
        assert who(begun.token) is None


def test_rotation_gives_a_new_token_when_it_is_due(world: World) -> None:
    with clock.frozen(START):
        old = begin(world).token
    with clock.frozen(START + sessions.ROTATE_AFTER - timedelta(seconds=1)), transaction(None) as session:
        assert service.rotate(session, old) is None
    rotated = START + sessions.ROTATE_AFTER
    with clock.frozen(rotated), transaction(None) as session:
        fresh = service.rotate(session, old)
        assert fresh is not None
        assert fresh != old
    with clock.frozen(rotated + sessions.GRACE):
        assert who(old) == who(fresh) == world.ours.user_id
    with clock.frozen(rotated + sessions.GRACE + timedelta(seconds=1)):
        assert who(old) is None
        assert who(fresh) == world.ours.user_id


def test_a_token_that_was_rotated_away_does_not_rotate_again(world: World) -> None:
    """Two requests at once: the second keeps the old token through the grace and does not drop the first's."""
    with clock.frozen(START):
        old = begin(world).token
    with clock.frozen(START + sessions.ROTATE_AFTER):
        with transaction(None) as session:
            fresh = service.rotate(session, old)
        with transaction(None) as session:
            assert service.rotate(session, old) is None
        assert fresh is not None
        assert who(fresh) == world.ours.user_id


def test_a_revoked_session_is_over_for_token_and_socket(world: World) -> None:
    begun = begin(world)
    with transaction(None) as session:
        service.revoke(session, begun.identity.session_id)
    assert who(begun.token) is None
    with transaction(None, read_only=True) as session:
        assert service.resolve_id(session, begun.identity.session_id) is None
    with transaction(None) as session:
        assert service.rotate(session, begun.token) is None


def test_all_sessions_but_one_can_be_ended(world: World) -> None:
    first, second, third = begin(world), begin(world), begin(world)
    with transaction(None) as session:
        ended = service.revoke_all(session, world.ours.user_id or 0, but=second.identity.session_id)
    assert sorted(ended) == [first.identity.session_id, third.identity.session_id]
    assert who(first.token) is None
    assert who(second.token) == world.ours.user_id


def test_without_membership_there_is_no_session(world: World) -> None:
    begun = begin(world)
    with transaction(None) as session:
        session.delete(session.scalars(select(Membership).where(Membership.user_id == world.ours.user_id)).one())
    assert who(begun.token) is None
    with pytest.raises(NotPermitted, match="not a member of any workspace"):
        begin(world)


def test_switching_needs_a_membership_and_ends_the_old_session(world: World) -> None:
    begun = begin(world)
    with pytest.raises(NotFound), transaction(None) as session:
        service.switch_workspace(session, begun.identity, world.theirs.workspace_id, Device())
    assert who(begun.token) == world.ours.user_id
    with transaction(None) as session:
        session.add(Membership(workspace_id=world.theirs.workspace_id, user_id=world.ours.user_id, role="viewer"))
    with transaction(None) as session:
        switched = service.switch_workspace(session, begun.identity, world.theirs.workspace_id, Device())
    assert switched.identity.workspace_id == world.theirs.workspace_id
    assert switched.identity.role is Role.VIEWER
    assert switched.identity.session_key != begun.identity.session_key
    assert who(begun.token) is None


def test_the_workspaces_of_a_person_in_the_order_he_joined(world: World) -> None:
    with transaction(None) as session:
        session.add(Membership(workspace_id=world.theirs.workspace_id, user_id=world.ours.user_id, role="approver"))
    with transaction(None, read_only=True) as session:
        found = service.workspaces(session, world.ours.user_id or 0)
    assert [(choice.name, choice.role) for choice in found] == [
        ("Northbeam IT", Role.OWNER),
        ("Southlight MSP", Role.APPROVER),
    ]
