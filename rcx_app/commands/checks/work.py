"""The work: whether workers answer, whether the scheduler lives, and whether jobs or mails wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from rcx_app.commands.checks.finding import Finding, Place
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.domain.mail import service as mail
from rcx_app.domain.operations import service, ticks

_ANSWER_S = 2.0
_TICK_LATE = timedelta(minutes=3)
_LONG = timedelta(minutes=5)
_TOO_LONG = timedelta(hours=1)
_START = "Start `rcx worker`, as many as needed: without them nothing is read, matched or reconciled."


def workers(place: Place) -> Iterator[Finding]:
    """Every worker that answers with its queues, and queues that nobody serves."""
    if not place.redis_url:
        yield Finding("workers", "ok", "not running; `rcx up` starts one")
        return
    from jobs.app import make_app

    app = make_app(place.redis_url)
    answers: dict[str, list[dict[str, Any]]] = app.control.inspect(timeout=_ANSWER_S).active_queues() or {}
    if not answers:
        yield Finding("workers", "failed", "No worker answers.", _START)
        return
    served: set[str] = set()
    for name, queues in sorted(answers.items()):
        names = sorted(each["name"] for each in queues)
        served.update(names)
        yield Finding("worker", "ok", f"{name} answers; queues: {', '.join(names)}")
    left = sorted(set(app.amqp.queues) - served)
    if left:
        yield Finding("workers", "failed", f"No worker serves the queues: {', '.join(left)}.", _START)


def scheduler(place: Place) -> Iterator[Finding]:
    """When the schedules were last looked at, which takes the scheduler and a worker."""
    if not place.redis_url:
        yield Finding("scheduler", "ok", "not running; `rcx up` starts it")
        return
    at = ticks.last(place.redis_url)
    remedy = "Start `rcx beat`, one of them, and a worker: nothing is started or tried again by itself without both."
    if at is None:
        yield Finding("scheduler", "failed", "It was never heard of.", remedy)
        return
    ago = clock.now() - at
    said = f"it last had the schedules looked at {_ago(ago)} ago"
    yield Finding("scheduler", "failed", said, remedy) if ago > _TICK_LATE else Finding("scheduler", "ok", said)


def queue(place: Place) -> Iterator[Finding]:
    """Jobs that wait too long, and those whose worker has gone silent without being replaced."""
    with transaction(None, read_only=True) as session:
        found = service.queue(session, place.workspace_id)
    waited = clock.now() - found.oldest_waiting if found.oldest_waiting else timedelta()
    said = f"{found.waiting} waiting, {found.running} running, {found.failed} failed in the last day"
    if waited > _LONG:
        said += f"; the oldest has waited for {_ago(waited)}"
        remedy = "Start more workers, or give them more jobs at a time (`rcx worker -c N`)."
        yield Finding("queue", "failed" if waited > _TOO_LONG else "warning", said, remedy)
    else:
        yield Finding("queue", "ok", said)
    if found.silent:
        numbers = ", ".join(str(each) for each in found.silent)
        remedy = "A worker and the scheduler take such jobs over by themselves; see whether both are well."
        yield Finding("jobs", "failed", f"Nobody has worked on these running jobs for minutes: {numbers}.", remedy)


def outbox(_: Place) -> Iterator[Finding]:
    """Mails that have not gone out, and since when the oldest waits."""
    with transaction(None, read_only=True) as session:
        found = mail.unsent(session)
    said = f"{found.number} mails not sent, {found.failed} given up in the last day"
    waited = clock.now() - found.oldest if found.oldest else timedelta()
    if waited > _LONG:
        said += f"; the oldest has waited for {_ago(waited)}" + (f": {found.reason}" if found.reason else "")
        remedy = (
            "Look at `mail` above, and start a worker of the queue upkeep and `rcx beat`: they send it by themselves."
        )
        yield Finding("outbox", "failed" if waited > _TOO_LONG else "warning", said, remedy)
    else:
        yield Finding("outbox", "ok", said)


def _ago(span: timedelta) -> str:
    """``40 s``, ``12 min``, ``3 h``, ``2 days``."""
    seconds = max(int(span.total_seconds()), 0)
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172_800 else f"{seconds // 86_400} days"
