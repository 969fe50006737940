"""Real workers keep to the bounds of syncs, leave others their turn, and get a dead worker's place back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import redis

from jobs import registry
from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.models import JobRun
from tests.conftest import World
from tests.domain.jobs.test_turns import ask, connections
from tests.jobs.conftest import StartWorker
from tests.jobs.places import PLACES
from tests.support.wait import eventually

pytestmark = pytest.mark.redis

SOON_S = 15.0
"""Far less than the sweeper takes where it is set to `_SWEEP_S`."""
_SWEEP_S = 120.0


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "places"
    folder.mkdir()
    monkeypatch.setenv(PLACES, str(folder))
    monkeypatch.setenv("RCX_SYNCS_PER_WORKSPACE", "2")
    return folder


def rows(*job_ids: int) -> list[JobRun]:
    with transaction(None, read_only=True) as session:
        return [session.get_one(JobRun, job_id) for job_id in job_ids]


def states(*job_ids: int) -> list[str]:
    return [row.state for row in rows(*job_ids)]


def occupied(places: Path) -> set[int]:
    return {int(each.stem.partition("-")[2]) for each in places.glob("*.runs")}


def let_end(places: Path, *job_ids: int) -> None:
    for job_id in job_ids:
        (places / f"{job_id}.may-end").touch()


def runs(places: Path, expected: set[int]) -> None:
    eventually(lambda: occupied(places) == expected, within_s=SOON_S, what=f"{expected} run")


def all_taken(redis_url: str) -> bool:
    with redis.Redis.from_url(redis_url) as client:
        return bool(client.llen(registry.Queue.SYNC.value) == 0)


def test_a_large_workspace_keeps_to_its_places_and_the_next_begins_as_soon_as_one_is_free(
    world: World,
    start_worker: StartWorker,
    places: Path,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nothing here may come from the sweeper.
    monkeypatch.setenv("RCX_JOB_SWEEP_S", str(_SWEEP_S))
    monkeypatch.setenv("RCX_JOB_RESEND_AFTER_S", str(_SWEEP_S))
    monkeypatch.setenv("RCX_JOB_DEAD_AFTER_S", "30")
    settings.cache_clear()
    many = [ask(world.ours, each) for each in connections(world.ours, "ninjaone", 7)]
    (one,) = (ask(world.theirs, each) for each in connections(world.theirs, "sophos", 1))
    start_worker()
    start_worker()
    eventually(lambda: occupied(places) == {*many[:2], one}, what="two of ours and theirs run, with four hands free")
    eventually(lambda: all_taken(redis_url), what="no message is left")
    eventually(lambda: states(*many[2:]) == ["queued"] * 5, what="the others wait in the database")
    assert [row.attempts for row in rows(*many[2:])] == [0] * 5
    for index, ended in enumerate(many):
        let_end(places, ended)
        runs(places, {*many[index + 1 : index + 3], one})
    let_end(places, one)
    eventually(lambda: states(*many, one) == ["done"] * 8, what="all are done")
    assert [row.attempts for row in rows(*many, one)] == [1] * 8
    together = [line.split() for line in (places / "together").read_text().splitlines()]
    assert max(int(number) for _, number in together) == 2


def test_the_place_of_a_killed_worker_is_given_to_those_who_wait(
    world: World, start_worker: StartWorker, places: Path
) -> None:
    jobs = [ask(world.ours, each) for each in connections(world.ours, "ninjaone", 3)]
    victim = start_worker()
    eventually(lambda: occupied(places) == set(jobs[:2]), what="both places are taken")
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    for mark in places.glob("*.runs"):
        mark.unlink()
    start_worker()
    eventually(lambda: len(occupied(places)) == 2, within_s=60, what="both places are taken again")
    let_end(places, *jobs)
    eventually(lambda: states(*jobs) == ["done"] * 3, within_s=60, what="all are done")
    assert sorted(row.attempts for row in rows(*jobs)) == [1, 2, 2]
