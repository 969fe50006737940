"""A sync whose worker, broker or database is struck down in the middle: nothing is lost, nothing is doubled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from jobs import registry
from jobs.send import send
from rcx_app.core.db import dispose_engines
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.domain.jobs.service import MAX_ATTEMPTS
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


def ends_done(ground: Ground, job_id: int) -> None:
    job = ground.ends(job_id)
    assert (job.state, job.error) == (JobState.DONE, ""), ground.said()
    assert ground.is_whole()
    assert ground.staged() == 0


def ends_whole(ground: Ground, job_id: int, attempts: int) -> None:
    """The sync has taken effect once and whole, and left nothing behind."""
    ends_done(ground, job_id)
    assert ground.attempts(job_id) == attempts
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
        eventually(lambda: client.llen(registry.Queue.SYNC.value) == 0, what="every message is taken")
    gate.open()
    ends_whole(ground, job_id, attempts=1)


def listening(client: Any) -> int:
    """How many wait for a message at this moment. Connections that were left behind have only asked for one once."""
    return len([each for each in client.client_list() if each["cmd"] == "brpop" and "b" in each["flags"]])


def test_redis_that_loses_everything_in_the_middle(ground: Ground, redis_url: str) -> None:
    gate = ground.gate(DEVICES, after=1)
    ground.worker()
    job_id = ground.ask()
    gate.wait()
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    gate.open()
    ends_whole(ground, job_id, attempts=1)


@pytest.mark.parametrize("comes_back", ["empty", "with what it held"])
def test_redis_that_is_away_in_the_middle_and_comes_back(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comes_back: str
) -> None:
    """All goes on by itself: the processes are the same ones throughout."""
    port, kept_in = free_port(), tmp_path / "redis" if comes_back != "empty" else None
    if kept_in is not None:
        kept_in.mkdir()
    first = redis_server(port, kept_in=kept_in)
    url = first.__enter__()
    with standing(sqlite_world, url, tmp_path, monkeypatch) as ground:
        gate = ground.gate(DEVICES, after=1)
        ground.worker()
        job_id = ground.ask()
        gate.wait()
        first.__exit__(None, None, None)
        gate.open()
        eventually(lambda: ground.look(job_id).note == "Trying again shortly", what="the sync is put back")
        with redis_server(port, kept_in=kept_in):
            ends_whole(ground, job_id, attempts=2)
            assert [process.poll() for process in ground.started] == [None, None]


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


@pytest.mark.postgres
def test_a_worker_killed_in_the_middle_of_staging_a_batch(
    postgres_world: World, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standing(postgres_world, redis_url, tmp_path, monkeypatch) as ground:
        gate, worker = ground.gate(CLIENTS), ground.worker()
        job_id = ground.ask()
        gate.wait()
        with psycopg.connect(address(postgres_world)) as other:
            other.execute("LOCK TABLE staged_record IN EXCLUSIVE MODE")
            gate.open()
            eventually(lambda: is_waiting(postgres_world), what="the worker waits to write its batch")
            ground.kill(worker)
            other.rollback()
        ground.worker()
        ends_whole(ground, job_id, attempts=2)


def is_waiting(world: World) -> bool:
    """Whether a statement of somebody who stages waits for a lock."""
    with psycopg.connect(address(world), autocommit=True) as connection:
        asked = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND query LIKE 'INSERT INTO staged_record%'"
        ).fetchone()
    return bool(asked and asked[0])


@pytest.mark.postgres
def test_a_database_that_is_away_for_a_while(
    postgres_world: World, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _, name = address(postgres_world).rpartition("/")
    with (
        standing(postgres_world, redis_url, tmp_path, monkeypatch) as ground,
        psycopg.connect(f"{server}/postgres", autocommit=True) as boss,
    ):
        gate = ground.gate(DEVICES, after=STAGED_PAGES)
        ground.worker()
        job_id = ground.ask()
        gate.wait()
        boss.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        dispose_engines()
        ended = boss.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        assert len(ended.fetchall()) > 0
        gate.open()
        eventually(lambda: bool(re.search(r"task_failed.*task=rcx\.run_job", ground.log())), what="it fails")
        boss.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        ends_whole(ground, job_id, attempts=2)


def test_a_sync_that_kills_every_worker_is_given_up_and_says_so(ground: Ground) -> None:
    job_id = ground.ask()
    for _ in range(MAX_ATTEMPTS):
        gate, worker = ground.gate(DEVICES, after=STAGED_PAGES), ground.worker()
        gate.wait()
        ground.kill(worker)
        gate.open()
    ground.sandbox.before = None
    ground.worker()
    job = ground.ends(job_id)
    assert job.state is JobState.FAILED
    assert job.error.startswith("The job was interrupted 3 times and was given up.")
    eventually(lambda: ground.states() == ["cancelled", "cancelled", "failed"], what="the last run has ended")
    assert ground.runs()[-1].error == job.error
    assert ground.staged() == 0
    assert set(map(len, ground.in_force().values())) == {0}
    ends_done(ground, ground.ask())


def address(world: World) -> str:
    """For psycopg itself."""
    return world.url.replace("+psycopg", "")


def cut_off(world: World) -> int:
    """End every connection to the database from the server's side; says how many."""
    dispose_engines()
    with psycopg.connect(address(world), autocommit=True) as connection:
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(ended[0]) if ended else 0
