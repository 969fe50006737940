"""Queues: every kind has one, messages go there, and what is slow in one keeps nothing in another waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from jobs import registry
from jobs.app import app
from jobs.send import send
from rcx_app.commands.worker import QUEUES, worker
from rcx_app.core import outbox
from rcx_app.core.db import transaction
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import WAITING, JobState
from rcx_app.domain.reconcile import asking
from tests.conftest import World
from tests.jobs.ground import Ground, standing
from tests.jobs.test_sync_faults import CLIENTS, ends_done

pytestmark = pytest.mark.redis


@pytest.fixture
def ground(sqlite_world: World, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with standing(sqlite_world, redis_url, tmp_path, monkeypatch) as made:
        yield made


def test_the_command_the_table_and_celery_know_the_same_queues() -> None:
    assert set(QUEUES) == {each.short for each in registry.Queue}
    assert set(app.amqp.queues) == {each.value for each in registry.Queue}
    assert app.conf.task_default_queue == registry.Queue.UPKEEP.value, "what the scheduler sends"


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_a_job_is_sent_to_the_queue_of_its_kind(sqlite_world: World, redis_url: str, kind: str) -> None:
    outbox.use_sender(send)
    with transaction(sqlite_world.ours) as session:
        jobs.enqueue(session, sqlite_world.ours, kind, {})
    with redis.Redis.from_url(redis_url) as client:
        waiting = {each.value: client.llen(each.value) for each in registry.Queue}
    assert waiting == {each.value: int(each is registry.KINDS[kind].queue) for each in registry.Queue}


@pytest.mark.parametrize("wrong", ["", "fast", "quick,fast"])
def test_an_unknown_queue_is_refused(wrong: str) -> None:
    done = CliRunner().invoke(worker, ["--queues", wrong])
    assert done.exit_code == 2
    assert "quick, sync, upkeep" in done.output


def test_a_sync_that_waits_for_its_vendor_keeps_nobody_else_waiting(ground: Ground) -> None:
    gate = ground.gate(CLIENTS)
    for queue in QUEUES:
        ground.start("-m", "rcx_app.cli", "worker", "--queues", queue, "-c", "1")
    sync = ground.ask()
    gate.wait()
    ours = ground.world.ours
    with transaction(ours) as session:
        quick = asking.request(session, ours)
    assert ground.ends(quick).state is JobState.DONE
    assert ground.look(sync).state is JobState.RUNNING
    gate.open()
    ends_done(ground, sync)


def test_a_worker_leaves_alone_what_it_does_not_serve(ground: Ground) -> None:
    ground.start("-m", "rcx_app.cli", "worker", "--queues", "quick,upkeep", "-c", "1")
    sync = ground.ask()
    ours = ground.world.ours
    with transaction(ours) as session:
        quick = asking.request(session, ours)
    assert ground.ends(quick).state is JobState.DONE
    assert ground.look(sync).state in WAITING
    assert ground.attempts(sync) == 0
    ground.start("-m", "rcx_app.cli", "worker", "--queues", "sync", "-c", "1")
    ends_done(ground, sync)
