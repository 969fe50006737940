"""Whose turn it is: bounds for a workspace and a vendor, fairness between workspaces, and no place that leaks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from rcx_app.core import clock, outbox
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import live, service
from rcx_app.domain.jobs.schemas import ClaimedJob, JobState
from rcx_app.models import Connection, JobRun
from tests.conftest import World
from tests.domain.jobs.test_service import Broker, finish

KIND = "sync.run"
PER_WORKSPACE, PER_VENDOR = 2, 3


@pytest.fixture
def broker(_own_settings: None, monkeypatch: pytest.MonkeyPatch) -> Broker:
    monkeypatch.setenv("RCX_SYNCS_PER_WORKSPACE", str(PER_WORKSPACE))
    monkeypatch.setenv("RCX_SYNCS_PER_VENDOR", str(PER_VENDOR))
    settings.cache_clear()
    made = Broker()
    outbox.use_sender(made)
    return made


def connections(context: Context, vendor: str, number: int) -> list[int]:
    with transaction(context) as session:
        rows = [
            Connection(
                workspace_id=context.workspace_id,
                side="usage",
                vendor=vendor,
                connector=vendor,
                label=f"{vendor} {index}",
                label_key=f"{vendor} {index}",
            )
            for index in range(number)
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def ask(context: Context, connection_id: int) -> int:
    with transaction(context) as session:
        return service.enqueue(
            session, context, KIND, {"connection_id": connection_id}, dedupe_key=f"sync:{connection_id}"
        )


def asked(context: Context, vendor: str, number: int) -> list[int]:
    return [ask(context, each) for each in connections(context, vendor, number)]


def told(job_id: int) -> ClaimedJob | None:
    """What a worker does with a message."""
    with transaction(None) as session:
        return service.claim_turn(session, job_id)


def begun(*job_ids: int) -> list[int]:
    return [job.job_id for job_id in job_ids if (job := told(job_id)) is not None]


def send_next() -> None:
    with transaction(None, read_only=True) as session:
        service.send_next(session, KIND)


def sweep() -> list[int]:
    with transaction(None) as session:
        return [job.job_id for job in service.sweep(session)]


def row(world: World, job_id: int) -> JobRun:
    with transaction(None, read_only=True) as session:
        return session.get_one(JobRun, job_id)


def later(**by: float) -> Any:
    return clock.frozen(clock.now() + timedelta(**by))


def sent_since(broker: Broker) -> list[int]:
    ids = [job_id for _, job_id in broker.sent]
    broker.sent.clear()
    return ids


def test_forty_connections_of_one_workspace_leave_the_other_its_turn(world: World, broker: Broker) -> None:
    many = asked(world.ours, "ninjaone", 40)
    one = ask(world.theirs, connections(world.theirs, "sophos", 1)[0])
    assert begun(*many[:3]) == [many[0], one, many[1]]
    assert begun(*many[3:], one) == []


def test_who_finds_no_place_waits_without_an_attempt_and_is_not_sent_until_there_is_one(
    world: World, broker: Broker
) -> None:
    jobs = asked(world.ours, "ninjaone", 5)
    running = [job for job_id in jobs if (job := told(job_id))]
    assert [job.job_id for job in running] == jobs[:2]
    for job_id in jobs[2:]:
        waits = row(world, job_id)
        assert (waits.state, waits.attempts, waits.progress_note) == (
            "queued",
            0,
            "Waits for its turn: other syncs run",
        )
    sent_since(broker)
    with later(hours=1):
        for job in running:
            with transaction(job.context) as session:
                assert service.heartbeat(session, job, 1, 0, "") is JobState.RUNNING
        assert sweep() == []
        send_next()
        assert sent_since(broker) == []
        finish(running[0])
        send_next()
        send_next()
        assert sent_since(broker) == [jobs[2]], "one place, one message"
        assert begun(jobs[2]) == [jobs[2]]
        assert (row(world, jobs[2]).attempts, row(world, jobs[2]).progress_note) == (1, "")
        assert begun(jobs[3], jobs[4]) == []


def test_a_vendor_is_read_so_often_at_a_time_whoever_asks(world: World, broker: Broker) -> None:
    ours, theirs = asked(world.ours, "ninjaone", 2), asked(world.theirs, "ninjaone", 2)
    assert begun(*ours, *theirs) == [ours[0], theirs[0], ours[1]]
    other = ask(world.theirs, connections(world.theirs, "sophos", 1)[0])
    assert begun(other) == [other]
    assert begun(theirs[1]) == []


def test_the_place_of_a_dead_worker_is_free(world: World, broker: Broker) -> None:
    jobs = asked(world.ours, "ninjaone", 3)
    assert begun(*jobs) == jobs[:2]
    with later(seconds=settings().job_dead_after_s + 1):
        sent_since(broker)
        assert set(sweep()) == set(jobs), "the dead ones, and the one that now fits"
        # What was begun goes first, and is told from a new beginning by its attempt.
        again = told(jobs[0])
        assert again is not None
        assert (again.job_id, again.attempt) == (jobs[0], 2)
        assert begun(jobs[2]) == [jobs[2]]
        assert begun(jobs[1]) == []
        assert row(world, jobs[1]).attempts == 1


def test_a_job_put_back_leaves_its_place_to_others_until_its_pause_is_over(world: World, broker: Broker) -> None:
    jobs = asked(world.ours, "ninjaone", 3)
    first = told(jobs[0])
    assert first is not None
    assert begun(*jobs[1:]) == [jobs[1]]
    with transaction(first.context) as session:
        assert service.put_back(session, first)
    sent_since(broker)
    send_next()
    assert sent_since(broker) == [jobs[2]]
    assert begun(jobs[2]) == [jobs[2]]
    assert row(world, jobs[0]).attempts == 1


def test_a_message_of_a_job_that_ended_serves_for_one_that_waits(world: World, broker: Broker) -> None:
    jobs = asked(world.ours, "ninjaone", 3)
    first = told(jobs[0])
    assert first is not None
    assert begun(*jobs[1:]) == [jobs[1]]
    finish(first)
    assert begun(jobs[0]) == [jobs[2]]


def test_a_job_whose_message_was_lost_is_sent_again_only_where_it_fits(world: World, broker: Broker) -> None:
    jobs = asked(world.ours, "ninjaone", 4)
    job = told(jobs[0])
    assert job is not None
    with later(seconds=settings().job_resend_after_s + 1):
        with transaction(job.context) as session:
            service.heartbeat(session, job, 1, 0, "")
        assert sweep() == [jobs[1]]  # of the two places of its workspace one is taken


def test_two_syncs_of_one_connection_never_run_together(world: World, broker: Broker) -> None:
    (connection,) = connections(world.ours, "ninjaone", 1)
    first = told(ask(world.ours, connection))
    second = ask(world.ours, connection)
    assert first is not None
    assert first.job_id != second
    assert begun(second) == []
    finish(first)
    assert begun(second) == [second]


def test_many_who_are_told_at_once_keep_to_the_bounds(world: World, broker: Broker) -> None:
    ours, theirs = asked(world.ours, "ninjaone", 6), asked(world.theirs, "sophos", 6)
    with ThreadPoolExecutor(8) as pool:
        found = [job for job in pool.map(told, ours + theirs) if job is not None]
    by_workspace = sorted(job.context.workspace_id for job in found)
    assert by_workspace == sorted([world.ours.workspace_id] * 2 + [world.theirs.workspace_id] * 2)
    assert len({job.job_id for job in found}) == 4


def test_other_kinds_are_not_bounded(world: World, broker: Broker) -> None:
    jobs = []
    for _ in range(PER_WORKSPACE + PER_VENDOR):
        with transaction(world.ours) as session:
            jobs.append(service.enqueue(session, world.ours, "imports.analyse", {}))
    assert begun(*jobs) == jobs


def test_a_clock_that_is_set_back_neither_frees_a_place_nor_keeps_one_for_the_dead(
    world: World, broker: Broker, redis_url: str
) -> None:
    outbox.use_sender(broker)
    with later(hours=3):
        jobs = asked(world.ours, "ninjaone", 4)
        running = [job for job_id in jobs if (job := told(job_id))]
        assert [job.job_id for job in running] == jobs[:2]
        breath = live.Live(attempt=1)
        live.show(jobs[0], breath)
    # Three hours earlier: the first worker breathes, the second has died and comes before those that wait.
    assert sweep() == [jobs[1], jobs[2]]
    again = told(jobs[1])
    assert again is not None
    assert (again.job_id, again.attempt) == (jobs[1], 2)
    assert begun(jobs[2], jobs[3], jobs[0]) == []
    assert row(world, jobs[0]).attempts == 1
