"""The scheduled tasks, run in this process: they look before they lock, and reach every workspace."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs import registry, tasks
from jobs.app import app
from rcx_app.core import clock, folders, outbox
from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import uploads
from rcx_app.domain.jobs import service
from rcx_app.domain.jobs.schemas import JobState
from tests.conftest import World


def test_every_scheduled_task_exists() -> None:
    tasks_of_schedule = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert tasks_of_schedule <= set(app.tasks)
    assert tasks_of_schedule == {
        "rcx.bill_subscriptions",
        "rcx.follow_syncs",
        "rcx.remind_bookings",
        "rcx.send_mails",
        "rcx.start_learning",
        "rcx.start_syncs",
        "rcx.sweep",
        "rcx.tell_accounting",
        "rcx.tell_news",
        "rcx.tidy",
        "rcx.wake_findings",
        "rcx.watch_health",
        "rcx.watch_writes",
    }


def test_messages_are_json_and_nothing_is_kept_of_results() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.result_backend is None
    longest = max(registry.stop_after_s(kind) for kind in registry.KINDS) + registry.KILL_AFTER_S
    assert app.conf.broker_transport_options["visibility_timeout"] > longest > app.conf.task_time_limit


def test_the_sweep_sends_what_is_lost_and_takes_no_lock_for_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def noted(*args: object, **options: object) -> object:
        opened.append(options.get("read_only", False))
        return transaction(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(tasks, "transaction", noted)
    tasks.sweep()
    assert opened == [True]
    with transaction(world.ours) as session:
        job_id = service.enqueue(session, world.ours, "test.kind", {})
    sent: list[int] = []
    outbox.use_sender(lambda _kind, number: sent.append(number))
    with clock.frozen(clock.now() + timedelta(seconds=settings().job_resend_after_s + 1)):
        tasks.sweep()
    assert sent == [job_id]


def test_tidying_deletes_old_uploads_of_every_workspace(world: World) -> None:
    for context in (world.ours, world.theirs):
        name = f"{context.workspace_id}.csv"
        (folders.uploads() / name).write_bytes(b"id\n")
        with transaction(context) as session:
            uploads.register_upload(session, context, filename="a.csv", stored_as=name, sha256="0", size_bytes=3)
    tasks.tidy()
    assert len(list(folders.uploads().iterdir())) == 2
    with clock.frozen(clock.now() + timedelta(days=uploads.KEEP_DAYS + 1)):
        tasks.tidy()
    assert list(folders.uploads().iterdir()) == []


def test_the_tasks_run_the_job_of_their_row(sqlite_world: World) -> None:
    with transaction(sqlite_world.ours) as session:
        job_id = service.enqueue(session, sqlite_world.ours, "no.such", {})
    tasks.run_job(job_id)
    with transaction(sqlite_world.ours, read_only=True) as session:
        assert service.view(session, sqlite_world.ours, job_id).state is JobState.FAILED
