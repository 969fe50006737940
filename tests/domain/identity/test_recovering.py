"""The way back without app and recovery codes: by the operator for all, by an owner for his own people alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import col, select

from rcx_app import cli
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.identity import recovering, service, two_factor
from rcx_app.domain.identity.schemas import Device, Identity
from rcx_app.models import AuditEvent, Mail, Membership, User
from tests.conftest import World
from tests.support.gate import member


def session_of(context: Context) -> Identity:
    with transaction(None) as session:
        user = session.get_one(User, context.user_id)
        return service.begin(session, user, Device(), workspace_id=context.workspace_id, proven_at=clock.now()).identity


def with_factor(context: Context) -> str:
    """Has an app and codes; his address."""
    with transaction(None) as session:
        user = session.get_one(User, context.user_id)
        two_factor.start(session, user.id)
        user.totp_secret, user.totp_pending, user.totp_since = user.totp_pending, b"", clock.now()
        return user.email


def is_on(context: Context) -> bool:
    with transaction(None, read_only=True) as session:
        return session.get_one(User, context.user_id).totp_since is not None


def told(context: Context) -> list[str]:
    with transaction(None, read_only=True) as session:
        query = select(AuditEvent.tag).where(
            AuditEvent.workspace_id == context.workspace_id, col(AuditEvent.tag).endswith("two_factor:reset")
        )
        return list(session.scalars(query))


def mails() -> int:
    with transaction(None, read_only=True) as session:
        return len(session.scalars(select(Mail)).all())


def test_an_owner_resets_it_for_a_member_of_his_workspace_alone(world: World) -> None:
    mia = member(world.ours, "mia")
    with_factor(mia)
    hers, owner = session_of(mia), session_of(world.ours)
    with transaction(None) as session:
        recovering.reset_by_owner(session, owner, hers.user_id)
    assert not is_on(mia)
    assert (told(world.ours), mails()) == (["account:two_factor:reset"], 1)
    with transaction(None, read_only=True) as session:
        assert service.resolve_id(session, hers.session_id) is None, "all her browsers are signed out"
    with transaction(None) as session, pytest.raises(Conflict, match="is off"):
        recovering.reset_by_owner(session, owner, hers.user_id)


def test_who_is_also_elsewhere_or_unproven_or_no_owner_is_refused(world: World) -> None:
    mia = member(world.ours, "mia")
    with_factor(mia)
    with_factor(world.theirs)
    owner = session_of(world.ours)
    assert (mia.user_id, world.theirs.user_id) != (None, None)
    with transaction(None) as session:
        session.add(Membership(workspace_id=world.theirs.workspace_id, user_id=mia.user_id, role=Role.VIEWER.value))
    for who, user_id, error in (
        (owner, mia.user_id, NotPermitted),
        (owner, world.theirs.user_id, NotFound),
        (owner, owner.user_id, Conflict),
        (replace(owner, proven_at=None), mia.user_id, NotPermitted),
        (replace(owner, role=Role.ADMIN), mia.user_id, NotPermitted),
        (replace(owner, is_guest=True), mia.user_id, NotPermitted),
    ):
        with transaction(None) as session, pytest.raises(error):
            recovering.reset_by_owner(session, who, user_id or 0)
    assert is_on(mia)
    assert is_on(world.theirs)


def test_the_operator_resets_it_and_every_workspace_reads_of_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    mia = member(world.ours, "mia")
    address = with_factor(mia)
    with transaction(None) as session:
        session.add(Membership(workspace_id=world.theirs.workspace_id, user_id=mia.user_id, role=Role.VIEWER.value))
    assert cli.run(["people", "reset-two-factor", "--email", address.upper(), "--yes"]) == 0
    assert "password alone" in capsys.readouterr().err
    assert not is_on(mia)
    assert (told(world.ours), told(world.theirs), mails()) == (["account:two_factor:reset"],) * 2 + (1,)
    assert cli.run(["people", "reset-two-factor", "--email", "nobody@x.example", "--yes"]) == 1
