"""Asking for jobs, claiming, ending, cancelling and sweeping, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from rcx_app.core import clock, outbox
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import service
from rcx_app.domain.jobs.schemas import ClaimedJob, JobCancelled, JobState, JobTakenOver, JobView
from rcx_app.models import AuditEvent, JobRun
from tests.conftest import World


class Broker:
    """Remembers what was sent; fails while `is_down`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.is_down = False

    def __call__(self, kind: str, job_id: int) -> None:
        if self.is_down:
            raise ConnectionError("broker down")
        self.sent.append((kind, job_id))
        with transaction(None) as session:
            service.mark_sent(session, job_id)


@pytest.fixture
def broker(_own_settings: None) -> Broker:
    made = Broker()
    outbox.use_sender(made)
    return made


def ask(context: Context, kind: str = "test.kind", args: dict[str, Any] | None = None, **options: Any) -> int:
    with transaction(context) as session:
        return service.enqueue(session, context, kind, args or {}, **options)


def look(context: Context, job_id: int) -> JobView:
    with transaction(context, read_only=True) as session:
        return service.view(session, context, job_id)


def claim(job_id: int) -> ClaimedJob | None:
    with transaction(None) as session:
        return service.claim(session, job_id)


def claimed(job_id: int) -> ClaimedJob:
    job = claim(job_id)
    assert job is not None
    return job


def finish(job: ClaimedJob, result: dict[str, Any] | None = None) -> None:
    with transaction(job.context) as session:
        service.finish(session, job, result or {})


def sweep() -> list[int]:
    with transaction(None) as session:
        return [job.job_id for job in service.sweep(session)]


def later(**by: float) -> Any:
    return clock.frozen(clock.now() + timedelta(**by))


def test_a_job_is_sent_after_the_commit_and_never_without_it(world: World, broker: Broker) -> None:
    with transaction(world.ours) as session:
        job_id = service.enqueue(session, world.ours, "test.kind", {"n": 1})
        assert broker.sent == []
    assert broker.sent == [("test.kind", job_id)]
    assert look(world.ours, job_id).state is JobState.SENT

    lost = []

    def change_that_fails() -> None:
        with transaction(world.ours) as session:
            lost.append(service.enqueue(session, world.ours, "test.kind", {}))
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        change_that_fails()
    assert broker.sent == [("test.kind", job_id)]
    with pytest.raises(NotFound):
        look(world.ours, lost[0])


def test_the_claimed_job_acts_as_the_person_who_asked(world: World, broker: Broker) -> None:
    job = claimed(ask(world.ours, args={"import_id": 7}))
    assert (job.kind, job.args, job.attempt) == ("test.kind", {"import_id": 7}, 1)
    assert (job.context.workspace_id, job.context.user_id) == (world.ours.workspace_id, world.ours.user_id)
    assert job.context.role == world.ours.role


def test_another_workspace_sees_and_cancels_nothing(world: World, broker: Broker) -> None:
    job_id = ask(world.ours)
    with pytest.raises(NotFound):
        look(world.theirs, job_id)
    with pytest.raises(NotFound), transaction(world.theirs) as session:
        service.cancel(session, world.theirs, job_id)
    with transaction(world.theirs, read_only=True) as session:
        assert service.open_jobs(session, world.theirs, ["test.kind"]) == []


def test_a_waiting_job_of_the_same_key_is_asked_for_once_and_takes_on_new_args(world: World, broker: Broker) -> None:
    def union(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        return {"clients": sorted({*old["clients"], *new["clients"]})}

    first = ask(world.ours, args={"clients": [1, 2]}, dedupe_key="k", merge=union)
    second = ask(world.ours, args={"clients": [2, 3]}, dedupe_key="k", merge=union)
    assert first == second
    assert claimed(first).args == {"clients": [1, 2, 3]}
    assert ask(world.theirs, args={"clients": [1]}, dedupe_key="k") != first


def test_a_key_belongs_to_one_kind(world: World, broker: Broker) -> None:
    ask(world.ours, dedupe_key="k")
    with pytest.raises(ValueError, match=r"test\.kind"):
        ask(world.ours, "test.other", dedupe_key="k")


def test_what_changes_while_a_job_runs_is_done_by_a_next_one_that_waits_its_turn(world: World, broker: Broker) -> None:
    first = ask(world.ours, dedupe_key="k")
    running = claimed(first)
    second = ask(world.ours, dedupe_key="k")
    assert second != first
    assert claim(second) is None
    broker.sent.clear()
    finish(running)
    assert broker.sent == [("test.kind", second)]
    assert claimed(second).job_id == second


@pytest.mark.parametrize("ending", ["fail", "cancel"])
def test_the_next_of_a_key_is_woken_however_the_first_ends(world: World, broker: Broker, ending: str) -> None:
    first = claimed(ask(world.ours, dedupe_key="k"))
    second = ask(world.ours, dedupe_key="k")
    broker.sent.clear()
    with transaction(world.ours) as session:
        if ending == "fail":
            service.fail(session, first, "It broke.")
        else:
            service.cancel(session, world.ours, first.job_id)
    assert broker.sent == [("test.kind", second)]


def test_two_workers_claim_at_once_and_one_gets_it(world: World, broker: Broker) -> None:
    job_ids = [ask(world.ours) for _ in range(5)]
    barrier = threading.Barrier(6)

    def take() -> list[int]:
        barrier.wait()
        return [job_id for job_id in job_ids if claim(job_id) is not None]

    with ThreadPoolExecutor(6) as pool:
        taken = [job_id for future in [pool.submit(take) for _ in range(6)] for job_id in future.result()]
    assert sorted(taken) == job_ids


def test_many_ask_at_once_for_the_same_key_and_one_waits(world: World, broker: Broker) -> None:
    barrier = threading.Barrier(6)

    def race() -> int:
        barrier.wait()
        return ask(world.ours, dedupe_key="k")

    with ThreadPoolExecutor(6) as pool:
        assert len({future.result() for future in [pool.submit(race) for _ in range(6)]}) == 1


def test_a_waiting_job_sees_the_change_that_joined_it(postgres_world: World, broker: Broker) -> None:
    """A worker can't begin the waiting job while a transaction that relies on it is still open."""
    ours = postgres_world.ours
    job_id = ask(ours, dedupe_key="k")
    began = threading.Event()

    def work() -> int:
        began.set()
        claimed(job_id)
        with transaction(ours, read_only=True) as session:
            return len(session.exec(select(AuditEvent)).all())

    with ThreadPoolExecutor(1) as pool, transaction(ours) as session:
        session.add(AuditEvent(workspace_id=ours.workspace_id, tag="change"))
        assert service.enqueue(session, ours, "test.kind", {}, dedupe_key="k") == job_id
        seen = pool.submit(work)
        began.wait()
        session.commit()
        assert seen.result() == 1


def test_result_and_data_commit_together(world: World, broker: Broker) -> None:
    job = claimed(ask(world.ours))

    def work_that_fails_at_last() -> None:
        with transaction(world.ours) as session:
            session.add(AuditEvent(workspace_id=world.ours.workspace_id, tag="data"))
            service.finish(session, job, {"rows": 3})
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        work_that_fails_at_last()
    assert look(world.ours, job.job_id).state is JobState.RUNNING
    finish(job, {"rows": 3})
    seen = look(world.ours, job.job_id)
    assert (seen.state, seen.result, seen.is_open) == (JobState.DONE, {"rows": 3}, False)
    assert seen.finished_at is not None


def test_a_worker_thought_dead_can_no_longer_write(world: World, broker: Broker) -> None:
    slow = claimed(ask(world.ours))
    with later(seconds=settings().job_dead_after_s + 1):
        assert sweep() == [slow.job_id]
        second = claimed(slow.job_id)
        assert second.attempt == 2
        with pytest.raises(JobTakenOver):
            finish(slow)
        with transaction(world.ours) as session:
            assert service.heartbeat(session, slow, 1, 2, "") is not JobState.RUNNING
        finish(second)
    assert look(world.ours, slow.job_id).state is JobState.DONE


def test_a_cancelled_job_can_not_finish(world: World, broker: Broker) -> None:
    job = claimed(ask(world.ours))
    with transaction(world.ours) as session:
        assert service.cancel(session, world.ours, job.job_id).state is JobState.CANCELLED
    with pytest.raises(JobCancelled):
        finish(job)
    with pytest.raises(Conflict), transaction(world.ours) as session:
        service.cancel(session, world.ours, job.job_id)


def test_a_job_cancelled_while_it_waits_never_begins(world: World, broker: Broker) -> None:
    job_id = ask(world.ours)
    with transaction(world.ours) as session:
        service.cancel(session, world.ours, job_id)
    assert claim(job_id) is None


def test_a_job_the_broker_did_not_take_is_sent_later(world: World, broker: Broker) -> None:
    broker.is_down = True
    job_id = ask(world.ours)
    assert look(world.ours, job_id).state is JobState.QUEUED
    assert sweep() == []
    broker.is_down = False
    with later(seconds=settings().job_sweep_s + 1):
        assert sweep() == [job_id]
        assert broker.sent == [("test.kind", job_id)]
        assert sweep() == []


def test_a_job_the_broker_lost_is_sent_again(world: World, broker: Broker) -> None:
    job_id = ask(world.ours)
    with later(seconds=settings().job_resend_after_s - 1):
        assert sweep() == []
    with later(seconds=settings().job_resend_after_s + 1):
        assert sweep() == [job_id]


def test_looking_for_lost_jobs_finds_what_a_sweep_would(world: World, broker: Broker) -> None:
    ask(world.ours)
    for wait in (0, settings().job_resend_after_s + 1):
        with later(seconds=wait), transaction(None, read_only=True) as session:
            assert service.find_lost(session) is bool(wait)


def test_two_sweeps_at_once_send_a_job_once(world: World, broker: Broker) -> None:
    job_id = ask(world.ours)
    broker.sent.clear()
    moment = clock.now() + timedelta(seconds=settings().job_resend_after_s + 1)
    barrier = threading.Barrier(4)

    def race() -> None:
        barrier.wait()
        with clock.frozen(moment):
            sweep()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(race) for _ in range(4)]:
            future.result()
    assert broker.sent == [("test.kind", job_id)]


def test_a_job_whose_workers_keep_dying_is_given_up(world: World, broker: Broker) -> None:
    job_id = ask(world.ours)
    wait = 0.0
    for attempt in range(1, service.MAX_ATTEMPTS + 1):
        with later(seconds=wait):
            assert claimed(job_id).attempt == attempt
        wait += settings().job_dead_after_s + 1
    with later(seconds=wait):
        assert sweep() == []
    seen = look(world.ours, job_id)
    assert seen.state is JobState.FAILED
    assert "interrupted 3 times" in seen.error


def test_a_job_put_back_waits_a_little_then_runs_again_until_its_attempts_are_used_up(
    world: World, broker: Broker
) -> None:
    job_id = ask(world.ours)
    wait = 0.0
    for attempt in range(1, service.MAX_ATTEMPTS + 1):
        with later(seconds=wait):
            job = claimed(job_id)
            with transaction(world.ours) as session:
                assert service.put_back(session, job) is (attempt < service.MAX_ATTEMPTS)
            assert sweep() == []
        wait += settings().job_sweep_s + 1
        if attempt < service.MAX_ATTEMPTS:
            with later(seconds=wait):
                assert sweep() == [job_id]


def test_a_follow_up_is_asked_for_in_the_transaction_that_ends_its_cause(world: World, broker: Broker) -> None:
    job = claimed(ask(world.ours))
    with transaction(world.ours) as session:
        service.finish(session, job, {})
        next_id = service.enqueue(session, world.ours, "test.next", {})
    assert broker.sent[-1] == ("test.next", next_id)


def test_open_jobs_are_listed_oldest_first_by_kind(world: World, broker: Broker) -> None:
    first, second = ask(world.ours), ask(world.ours)
    ask(world.ours, "test.other")
    finish(claimed(ask(world.ours)))
    with transaction(world.ours, read_only=True) as session:
        assert [job.id for job in service.open_jobs(session, world.ours, ["test.kind"])] == [first, second]


def test_rows_of_one_workspace_only_reach_its_fence(postgres_world: World, broker: Broker) -> None:
    ask(postgres_world.theirs)
    with transaction(postgres_world.ours, read_only=True) as session:
        assert session.exec(select(JobRun)).all() == []
