"""One-time links: once, in time, for one purpose."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.domain.identity import service
from rcx_app.domain.identity.schemas import Device, LinkPurpose
from tests.conftest import World

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def make(world: World, purpose: LinkPurpose = LinkPurpose.SIGN_IN) -> str:
    with transaction(None) as session:
        path = service.one_time_link(session, world.ours.user_id or 0, purpose, timedelta(minutes=10))
    return path.partition("token=")[2]


def use(token: str) -> int | None:
    with transaction(None) as session:
        begun = service.sign_in_by_link(session, token, Device())
        return begun.identity.user_id if begun else None


def test_a_link_signs_in_once(world: World) -> None:
    token = make(world)
    assert use(token) == world.ours.user_id
    assert use(token) is None


def test_looking_at_a_link_spends_nothing(world: World) -> None:
    token = make(world)
    with transaction(None, read_only=True) as session:
        assert service.is_good(session, token, LinkPurpose.SIGN_IN)
        assert service.is_good(session, token, LinkPurpose.SIGN_IN)
    assert use(token) == world.ours.user_id
    with transaction(None, read_only=True) as session:
        assert not service.is_good(session, token, LinkPurpose.SIGN_IN)


def test_a_link_is_good_for_its_purpose_only(world: World) -> None:
    assert use(make(world, LinkPurpose.VERIFY)) is None
    assert use("made up") is None


def test_a_link_ends(world: World) -> None:
    with clock.frozen(START):
        token = make(world)
    with clock.frozen(START + timedelta(minutes=10)):
        assert use(token) is None
    with clock.frozen(START + timedelta(minutes=9)):
        assert use(token) == world.ours.user_id


def test_a_newer_link_replaces_the_older(world: World) -> None:
    older, newer = make(world), make(world)
    assert use(older) is None
    assert use(newer) == world.ours.user_id


def test_of_many_at_once_only_one_wins(world: World) -> None:
    token, winners = make(world), []
    start = threading.Barrier(6)

    def try_it() -> None:
        start.wait()
        if use(token) is not None:
            winners.append(1)

    threads = [threading.Thread(target=try_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1
