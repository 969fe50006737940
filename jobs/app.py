"""The Celery application: its settings, and what a worker process sets up. No work is defined here.

The broker only carries a wake-up with a job's id; the job's row is the truth. So nothing here tries to make the
broker reliable: a lost message is sent again by the sweeper, a doubled one finds the job taken.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, ParamSpec

from celery import Celery
from celery.signals import beat_init, setup_logging, task_failure, worker_init, worker_process_init
from kombu.entity import Queue

from jobs import registry, send
from rcx_app.core import log, outbox
from rcx_app.core.db import dispose_engines
from rcx_app.core.settings import settings

P = ParamSpec("P")
# Redis hands an unacknowledged message out again after this. It must exceed every limit, or long jobs would be
# delivered twice as a rule (harmless, but noise); lost workers are found sooner, by the heartbeat on the row.
VISIBILITY_S = 2 * (max(registry.stop_after_s(kind) for kind in registry.KINDS) + registry.KILL_AFTER_S)
TIDY_S = 6 * 3600
SCHEDULES_S = 60
HEALTH_S = 300
LEARNING_S = 3600
NOTICES_S = 60
REMINDERS_S = 60
WRITES_S = 60
_CONNECT_S = 1.0
# A Redis that is reached and does not answer must hold up neither a page that asks for a job nor a worker for good.
_ANSWER_S = 5.0


def make_app(broker_url: str) -> Celery:
    """A Celery application on `broker_url`."""
    app = Celery("rcx", broker=broker_url, include=["jobs.tasks"])
    app.conf.update(
        accept_content=["json"],
        broker_transport="jobs.transport:Transport",
        task_serializer="json",
        task_ignore_result=True,
        result_backend=None,
        enable_utc=True,
        timezone="UTC",
        task_default_queue=registry.Queue.UPKEEP,
        # kombu has no types.
        task_queues=[Queue(each.value) for each in registry.Queue],  # type: ignore[no-untyped-call]
        task_create_missing_queues=False,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        # Of tasks that bring no limit of their own; a job's message says its kind's.
        task_soft_time_limit=registry.LIMIT_S,
        task_time_limit=registry.LIMIT_S + registry.KILL_AFTER_S,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_send_task_events=False,
        worker_max_memory_per_child=1_500_000,
        broker_connection_retry_on_startup=True,
        broker_connection_retry=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=_CONNECT_S,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_S,
            "socket_connect_timeout": _CONNECT_S,
            "socket_timeout": _ANSWER_S,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        beat_schedule={
            "sweep": {
                "task": "rcx.sweep",
                "schedule": settings().job_sweep_s,
                # A sweep that waits for a free worker is soon out of date; the next one does its work.
                "options": {"expires": settings().job_sweep_s},
            },
            "follow_syncs": {
                "task": "rcx.follow_syncs",
                "schedule": settings().job_sweep_s,
                "options": {"expires": settings().job_sweep_s},
            },
            "tidy": {"task": "rcx.tidy", "schedule": TIDY_S, "options": {"expires": TIDY_S}},
            "watch_health": {"task": "rcx.watch_health", "schedule": HEALTH_S, "options": {"expires": HEALTH_S}},
            "wake_findings": {"task": "rcx.wake_findings", "schedule": HEALTH_S, "options": {"expires": HEALTH_S}},
            "watch_writes": {"task": "rcx.watch_writes", "schedule": WRITES_S, "options": {"expires": WRITES_S}},
            "remind_bookings": {
                "task": "rcx.remind_bookings",
                "schedule": REMINDERS_S,
                "options": {"expires": REMINDERS_S},
            },
            "send_mails": {
                "task": send.MAIL_TASK,
                "schedule": send.MAILS_S,
                "options": {"expires": send.MAILS_S},
            },
            "tell_news": {"task": "rcx.tell_news", "schedule": NOTICES_S, "options": {"expires": NOTICES_S}},
            "bill_subscriptions": {
                "task": "rcx.bill_subscriptions",
                "schedule": HEALTH_S,
                "options": {"expires": HEALTH_S},
            },
            "tell_accounting": {
                "task": "rcx.tell_accounting",
                "schedule": SCHEDULES_S,
                "options": {"expires": SCHEDULES_S},
            },
            "start_learning": {
                "task": "rcx.start_learning",
                "schedule": LEARNING_S,
                "options": {"expires": LEARNING_S},
            },
            "start_syncs": {
                "task": "rcx.start_syncs",
                "schedule": SCHEDULES_S,
                "options": {"expires": SCHEDULES_S},
            },
        },
        beat_schedule_filename=str(settings().var_dir / "beat-schedule"),
        beat_max_loop_interval=30,
    )
    return app


# Celery warns root because of pickled messages, which are not accepted here.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = make_app(settings().redis_url or "redis://127.0.0.1:6379/0")


def task(name: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function the task of this name. Celery has no types: this says that the function stays what it is."""
    made: Callable[[Callable[P, None]], Callable[P, None]] = app.task(name=name)
    return made


def _on(signal: Any) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Have a function called at a signal of Celery's, typed likewise."""
    made: Callable[[Callable[P, None]], Callable[P, None]] = signal.connect
    return made


@_on(setup_logging)
def _log_as_rcx(**_: Any) -> None:
    log.configure()


@_on(task_failure)
def _log_failure(sender: Any, exception: BaseException, **_: Any) -> None:
    # Celery's own words go nowhere, since it logs by the standard library's loggers.
    log.get("jobs").error("task_failed", task=sender.name, exc_info=exception)


@_on(worker_init)
@_on(beat_init)
def _may_send(**_: Any) -> None:
    outbox.use_sender(send.send)
    outbox.use_mail_waker(send.wake_mailer)


@_on(worker_process_init)
def _start_afresh(**_: Any) -> None:
    # A forked child must not share its parent's database connections.
    dispose_engines()
    outbox.use_sender(send.send)
    outbox.use_mail_waker(send.wake_mailer)
