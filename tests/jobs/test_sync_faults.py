"""A sync whose worker, broker or database is struck down in the middle: nothing is lost, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from jobs.send import send
from rcx_app.core.db import dispose_engines
from rcx_app.domain.jobs.schemas import JobState
from tests.conftest import World
from tests.jobs.ground import Ground, standing
from tests.jobs.held_worker import BEFORE, WRITTEN
from tests.support.servers import free_port, redis_server
from tests.support.wait import eventually

pytestmark = pytest.mark.redis

DEVICES, CLIENTS = r"devices-detailed$", r"organizations-detailed$"
STAGED_PAGES = 6
"""Of devices, after which a batch of them is on the stage."""


@pytest.fixture
def ground(world: World, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    with standing(world, redis_url, tmp_path, monkeypatch) as made:
        yield made


def ends_whole(ground: Ground, job_id: int, attempts: int) -> None:
    """The sync has taken effect once and whole, and left nothing behind."""
    job = ground.ends(job_id)
    assert (job.state, job.error) == (JobState.DONE, ""), ground.said()
    assert ground.attempts(job_id) == attempts
    assert ground.is_whole()
    assert ground.staged() == 0
    assert ground.states() == ["cancelled"] * (attempts - 1) + ["done"]
    assert {run.error for run in ground.runs()[:-1]} <= {"Interrupted, and started again."}


def test_a_worker_killed_while_it_asks_for_the_first_stream(ground: Ground) -> None:
    gate, worker = ground.gate(CLIENTS), ground.worker()
    job_id = ground.ask()
    gate.wait()
    assert ground.staged() == 0
    ground.kill(worker)
    gate.open()
    ground.worker()
    ends_whole(ground, job_id, attempts=2)


def test_a_worker_killed_while_it_stages(ground: Ground) -> None:
    gate, worker = ground.gate(DEVICES, after=STAGED_PAGES), ground.worker()
    job_id = ground.ask()
    gate.wait()
    assert ground.staged() > 500
    assert set(map(len, ground.in_force().values())) == {0}
    ground.kill(worker)
    gate.open()
    ground.worker()
    ends_whole(ground, job_id, attempts=2)


@pytest.mark.parametrize("moment", [BEFORE, WRITTEN])
def test_a_worker_killed_around_the_switch(ground: Ground, moment: str) -> None:
    worker = ground.held_worker(moment)
    job_id = ground.ask()
    eventually(ground.is_held, within_s=60, what=moment)
    assert ground.staged() == sum(map(len, ground.estate().values()))
    assert set(map(len, ground.in_force().values())) == {0}
    ground.kill(worker)
    ground.worker()
    ends_whole(ground, job_id, attempts=2)


def test_a_sync_delivered_to_two_workers_at_once_is_done_by_one(ground: Ground, redis_url: str) -> None:
    gate = ground.gate(DEVICES, after=1)
    ground.worker()
    ground.worker()
    job_id = ground.ask()
    gate.wait()
    with redis.Redis.from_url(redis_url) as client:
        eventually(lambda: listening(client) == 2, what="both workers wait for messages")
        for _ in range(6):
            send("sync.run", job_id)
        eventually(lambda: client.llen("rcx") == 0, what="every message is taken")
    gate.open()
    ends_whole(ground, job_id, attempts=1)


def listening(client: redis.Redis) -> int:
    return sum(1 for each in client.client_list() if each["cmd"] == "brpop")


def test_redis_that_loses_everything_in_the_middle(ground: Ground, redis_url: str) -> None:
    gate = ground.gate(DEVICES, after=1)
    ground.worker()
    job_id = ground.ask()
    gate.wait()
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    gate.open()
    ends_whole(ground, job_id, attempts=1)


def test_redis_that_is_away_in_the_middle_and_comes_back_empty(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    first = redis_server(port)
    url = first.__enter__()
    with standing(sqlite_world, url, tmp_path, monkeypatch) as ground:
        gate = ground.gate(DEVICES, after=1)
        ground.worker()
        job_id = ground.ask()
        gate.wait()
        first.__exit__(None, None, None)
        gate.open()
        eventually(lambda: ground.look(job_id).note == "Trying again shortly", what="the sync is put back")
        with redis_server(port):
            ends_whole(ground, job_id, attempts=2)


@pytest.mark.postgres
@pytest.mark.parametrize("moment", ["while it reads", WRITTEN])
def test_a_database_that_cuts_the_worker_off(
    postgres_world: World, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    with standing(postgres_world, redis_url, tmp_path, monkeypatch) as ground:
        if moment == WRITTEN:
            ground.held_worker(moment)
            job_id = ground.ask()
            eventually(ground.is_held, within_s=60, what=moment)
            assert cut_off(postgres_world) > 0
            ground.release()
            ends_whole(ground, job_id, attempts=2)
            return
        gate = ground.gate(DEVICES, after=STAGED_PAGES)
        ground.worker()
        job_id = ground.ask()
        gate.wait()
        assert cut_off(postgres_world) > 0
        gate.open()
        ends_whole(ground, job_id, attempts=1)


def cut_off(world: World) -> int:
    """End every connection to the database from the server's side; says how many."""
    dispose_engines()
    address = world.url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(ended[0]) if ended else 0
