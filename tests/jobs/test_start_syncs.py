"""Starting what is due, by several dispatchers at once: every workspace's syncs are asked for once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import col, select

from jobs import tasks
from rcx_app.core import clock, outbox
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import api
from rcx_app.domain.schedules import service
from rcx_app.models import AuditEvent, JobRun
from tests.conftest import World
from tests.domain.schedules.test_service import MONDAYS, at, save
from tests.domain.sync.source import Script, connect, playing

_AT_ONCE = 4
_LATER = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)


def dispatch(now: datetime) -> None:
    with clock.frozen(now):
        tasks.start_syncs()


def count(context: Context, tag: str) -> int:
    with transaction(context, read_only=True) as session:
        query = select(AuditEvent.id).where(AuditEvent.workspace_id == context.workspace_id, AuditEvent.tag == tag)
        return len(list(session.scalars(query)))


def test_the_syncs_of_every_workspace_are_started_and_sent(world: World, vendor: Script) -> None:
    sent: list[int] = []
    outbox.use_sender(lambda _kind, number: sent.append(number))
    for context in (world.ours, world.theirs):
        connect(context)
        save(context, MONDAYS, at(20))
    sent.clear()  # a schedule that is chosen asks for a reconciliation
    dispatch(at(22))
    assert sent == []
    dispatch(_LATER)
    with transaction(None, read_only=True) as session:
        query = select(JobRun).where(JobRun.kind != "reconcile.run").order_by(col(JobRun.id))
        rows = list(session.scalars(query))
    assert {row.workspace_id for row in rows} == {world.ours.workspace_id, world.theirs.workspace_id}
    assert {(row.kind, row.requested_by) for row in rows} == {("sync.run", None)}
    assert sorted(sent) == [row.id for row in rows]
    dispatch(_LATER)
    assert len(sent) == 2


def test_dispatchers_at_once_start_nothing_twice(world: World, vendor: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them have seen the same workspaces as due before the first one begins."""
    connect(world.ours, "One")
    connect(world.ours, "Two")
    connect(world.theirs)
    for context in (world.ours, world.theirs):
        save(context, MONDAYS, at(20))
    seen = threading.Barrier(_AT_ONCE, timeout=30)
    look = service.due_workspaces

    def look_together(session: Any) -> list[int]:
        found = look(session)
        seen.wait()
        return found

    monkeypatch.setattr(service, "due_workspaces", look_together)
    threads = [threading.Thread(target=dispatch, args=(_LATER,)) for _ in range(_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.broken is False
    assert (count(world.ours, "schedule:start"), count(world.ours, "connection:sync")) == (1, 2)
    assert (count(world.theirs, "schedule:start"), count(world.theirs, "connection:sync")) == (1, 1)
    with transaction(world.ours, read_only=True) as session:
        assert len(api.open_syncs(session, world.ours)) == 2


@pytest.mark.postgres
def test_one_who_is_starting_is_not_waited_for(postgres_world: World, vendor: Script) -> None:
    ours = postgres_world.ours
    connect(ours)
    save(ours, MONDAYS, at(20))
    with clock.frozen(_LATER), transaction(ours) as session:
        assert service.start_due(session, ours) is not None
        with transaction(ours, patience_s=0.2) as other:
            assert service.start_due(other, ours) is None


def test_a_workspace_whose_start_breaks_does_not_hold_up_the_others(
    world: World, vendor: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for context in (world.ours, world.theirs):
        connect(context)
        save(context, MONDAYS, at(20))
    start, broken = service.start_due, {world.ours.workspace_id, world.theirs.workspace_id}

    def start_or_break(session: Any, context: Context) -> Any:
        found = start(session, context)
        if context.workspace_id in broken:
            raise RuntimeError("the database went away")
        return found

    monkeypatch.setattr(service, "start_due", start_or_break)
    broken.remove(world.theirs.workspace_id)
    dispatch(_LATER)
    assert (count(world.ours, "schedule:start"), count(world.theirs, "schedule:start")) == (0, 1)
    broken.clear()
    dispatch(_LATER)
    assert (count(world.ours, "schedule:start"), count(world.theirs, "schedule:start")) == (1, 1)
