"""Jobs on a real Celery worker over a real Redis: whatever is killed or lost, each is done exactly once."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlmodel import select

from jobs import registry
from jobs.send import send
from rcx_app.core import outbox
from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import service
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.models import AuditEvent
from tests.conftest import World
from tests.jobs.conftest import StartWorker
from tests.support.wait import eventually

pytestmark = pytest.mark.redis


def ask(world: World, kind: str, **args: Any) -> int:
    with transaction(world.ours) as session:
        return service.enqueue(session, world.ours, kind, args)


def look(world: World, job_id: int) -> JobView:
    with transaction(world.ours, read_only=True) as session:
        return service.view(session, world.ours, job_id)


def ends(world: World, job_id: int) -> JobView:
    eventually(lambda: not look(world, job_id).is_open, what=f"job {job_id} ends")
    return look(world, job_id)


def counted(world: World) -> int:
    with transaction(world.ours, read_only=True) as session:
        return len(session.exec(select(AuditEvent).where(AuditEvent.tag == "test:counted")).all())


def at_the_gate(folder: Path) -> dict[str, str]:
    os.mkfifo(folder / "gate")
    return {"pid_file": str(folder / "pid"), "gate": str(folder / "gate")}


def pid_of(folder: Path) -> int:
    eventually(lambda: (folder / "pid").exists() and (folder / "pid").read_text() != "", what="the job is at the gate")
    return int((folder / "pid").read_text())


def test_a_job_is_done_by_the_worker_without_the_user_interface_in_memory(
    world: World, start_worker: StartWorker
) -> None:
    start_worker()
    done = ends(world, ask(world, "test.count"))
    assert (done.state, done.result) == (JobState.DONE, {"attempt": 1, "loaded": []})
    assert counted(world) == 1


def test_progress_is_seen_while_the_data_transaction_is_open(
    world: World, start_worker: StartWorker, tmp_path: Path
) -> None:
    gate = at_the_gate(tmp_path)
    start_worker()
    job_id = ask(world, "test.hold", **gate)
    pid_of(tmp_path)
    seen = look(world, job_id)
    assert (seen.state, seen.done, seen.total, seen.note) == (JobState.RUNNING, 1, 2, "At the gate")
    assert counted(world) == 0
    Path(gate["gate"]).write_text("go")
    assert ends(world, job_id).state is JobState.DONE
    assert counted(world) == 1


@pytest.mark.parametrize("victim", ["the process at work", "the whole worker"])
def test_a_job_whose_worker_is_killed_is_done_again_and_counts_once(
    world: World, start_worker: StartWorker, tmp_path: Path, victim: str
) -> None:
    gate = at_the_gate(tmp_path)
    worker = start_worker()
    job_id = ask(world, "test.hold", **gate)
    at_work = pid_of(tmp_path)
    if victim == "the whole worker":
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        start_worker()
    else:
        os.kill(at_work, signal.SIGKILL)
    done = ends(world, job_id)
    assert (done.state, done.result["attempt"]) == (JobState.DONE, 2)
    assert counted(world) == 1


def test_a_job_asked_for_while_the_broker_is_away_is_sent_by_the_sweeper(
    world: World, start_worker: StartWorker, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_worker()
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    settings.cache_clear()
    job_id = ask(world, "test.count")
    monkeypatch.setenv("REDIS_URL", redis_url)
    settings.cache_clear()
    assert ends(world, job_id).state is JobState.DONE
    assert counted(world) == 1


def test_nothing_is_lost_when_redis_loses_everything(world: World, start_worker: StartWorker, redis_url: str) -> None:
    job_ids = [ask(world, "test.count") for _ in range(3)]
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen(registry.Queue.QUICK.value) == 3
        client.flushall()
    start_worker()
    assert {ends(world, job_id).state for job_id in job_ids} == {JobState.DONE}
    assert counted(world) == 3


def test_a_job_delivered_many_times_is_done_once(world: World, start_worker: StartWorker) -> None:
    job_id = ask(world, "test.count")
    for _ in range(5):
        send("test.count", job_id)
    start_worker()
    start_worker()
    last = ask(world, "test.count")
    ends(world, last)
    assert ends(world, job_id).state is JobState.DONE
    assert counted(world) == 2


def test_a_running_job_stops_when_it_is_cancelled(world: World, start_worker: StartWorker) -> None:
    start_worker()
    job_id = ask(world, "test.until_cancelled")
    eventually(lambda: look(world, job_id).done > 0, what="the job runs")
    with transaction(world.ours) as session:
        service.cancel(session, world.ours, job_id)
    # The same two processes do this, so they are free again.
    others = [ask(world, "test.until_cancelled") for _ in range(2)]
    for other in others:
        eventually(lambda other=other: look(world, other).done > 0, what="the next job runs")
        with transaction(world.ours) as session:
            service.cancel(session, world.ours, other)
    assert look(world, job_id).state is JobState.CANCELLED


def test_a_follow_up_runs_after_its_cause(world: World, start_worker: StartWorker) -> None:
    start_worker()
    assert ends(world, ask(world, "test.chain")).state is JobState.DONE
    eventually(lambda: counted(world) == 1, what="the follow-up is done")


def test_what_is_wrong_reaches_the_person(world: World, start_worker: StartWorker) -> None:
    start_worker()
    failed = ends(world, ask(world, "test.refuse"))
    assert (failed.state, failed.error) == (JobState.FAILED, "The file has no header row. Add one.")
    assert failed.result == {"problems": ["row 1: empty"]}


def test_a_job_that_hears_nothing_is_interrupted_after_the_time_of_its_kind(
    world: World, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_worker()
    kind = registry.Kind("tests.jobs.worker:stuck", registry.Queue.QUICK, limit_s=0.5)
    monkeypatch.setitem(registry.KINDS, "test.stuck", kind)
    monkeypatch.setattr(registry, "GRACE_S", 0.5)
    job_id = ask(world, "test.stuck")
    eventually(lambda: look(world, job_id).note == "Stuck", what="the job is stuck")
    failed = ends(world, job_id)
    assert failed.state is JobState.FAILED
    assert failed.error.startswith("The job took too long and was stopped.")
    assert ends(world, ask(world, "test.count")).state is JobState.DONE


def test_without_a_broker_asking_is_quick_and_the_job_stays_queued(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    settings.cache_clear()
    outbox.use_sender(send)
    assert look(world, ask(world, "test.count")).state is JobState.QUEUED


def test_a_broker_that_is_reached_and_says_nothing_does_not_hold_up_who_asks(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{silent.getsockname()[1]}")
        settings.cache_clear()
        outbox.use_sender(send)
        asked: list[int] = []
        asking = threading.Thread(target=lambda: asked.append(ask(sqlite_world, "test.count")), daemon=True)
        asking.start()
        asking.join(30)
        assert asked, "whoever asks goes on"
        assert look(sqlite_world, asked[0]).state is JobState.QUEUED
