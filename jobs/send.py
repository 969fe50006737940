"""Handing a job to the broker by name. Any process that asks for jobs installs `send` with `core.outbox.use_sender`."""

from __future__ import annotations

from functools import lru_cache

from celery import Celery
from sqlalchemy.exc import OperationalError

from jobs import registry
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.jobs import service

RUN_TASK = "rcx.run_job"
MAIL_TASK = "rcx.send_mails"
MAILS_S = 20
"""So often a worker looks for mails by itself."""
_PATIENCE_S = 0.2


def send(kind: str, job_id: int) -> None:
    """Wake a worker for the job. Raises where the broker can't be reached; `core.outbox` takes care of that."""
    url = settings().redis_url
    if not url:
        raise Unavailable("No Redis is configured.", remedy="Set REDIS_URL, or use `rcx up`.")
    limit_s = registry.stop_after_s(kind)
    options = {"soft_time_limit": limit_s, "time_limit": limit_s + registry.KILL_AFTER_S}
    at = clock.now()  # before a worker can have heard of it
    _producer(url).send_task(RUN_TASK, args=[job_id], queue=registry.queue(kind).value, retry=False, **options)
    try:
        with transaction(None, patience_s=_PATIENCE_S) as session:
            service.mark_sent(session, job_id, at)
    except OperationalError:
        pass  # the row stays "queued": the sweeper sends it once more, and the second message finds nothing to do


def wake_mailer() -> None:
    """Have a worker send the mails that wait. Raises where the broker can't be reached, as `send` does."""
    url = settings().redis_url
    if not url:
        raise Unavailable("No Redis is configured.", remedy="Set REDIS_URL, or use `rcx up`.")
    _producer(url).send_task(MAIL_TASK, queue=registry.Queue.UPKEEP.value, retry=False, expires=MAILS_S)


@lru_cache(maxsize=1)
def _producer(url: str) -> Celery:
    from jobs.app import make_app

    return make_app(url)
