"""Which runs are under way, and since when."""

from __future__ import annotations

from datetime import timedelta

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.sync import history, service
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.sync.conftest import connect


def test_runs_under_way_are_named_with_their_beginning(world: World, usage: int, psa: int) -> None:
    with frozen(NOON), transaction(world.ours) as session:
        ended = service.begin(session, world.ours, psa)
        service.abandon(session, world.ours, ended)
        service.begin(session, world.ours, usage)
    with frozen(NOON + timedelta(minutes=5)), transaction(world.ours) as session:
        service.begin(session, world.ours, usage)
    with transaction(world.ours, read_only=True) as session:
        assert history.running_since(session, world.ours) == {usage: NOON + timedelta(minutes=5)}


def test_runs_of_another_workspace_are_not_seen(world: World, usage: int) -> None:
    theirs = connect(world.theirs, "usage", "Huntress")
    for context, connection_id in ((world.ours, usage), (world.theirs, theirs)):
        with transaction(context) as session:
            service.begin(session, context, connection_id)
    with transaction(world.theirs, read_only=True) as session:
        assert list(history.running_since(session, world.theirs)) == [theirs]
