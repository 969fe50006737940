"""What is known of each kind of job: the function of the domain that does its work, its queue, how long it may take.

The functions are imported only when such a job runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any

from rcx_app.domain.jobs.handle import JobHandle

LIMIT_S = 25 * 60
"""A job of the largest import this is built for takes minutes; one that takes so long is stuck."""
SYNC_LIMIT_S = 6 * 3600
"""A vendor's request budget decides how long a large estate is read, not we."""
GRACE_S = 10 * 60
"""A job with a limit of its own is told to end there; one that does not hear is interrupted so long after."""
KILL_AFTER_S = 5 * 60
"""What is interrupted and has not ended so long after is killed."""

Work = Callable[[JobHandle], dict[str, Any] | None]


class Queue(StrEnum):
    """What may have to wait for each other. Workers serve one or several; the value is also the name in Redis."""

    QUICK = "rcx.quick"
    """A person waits for it."""
    SYNC = "rcx.sync"
    """Vendors decide how long it takes."""
    UPKEEP = "rcx.upkeep"
    """Mail, and what keeps everything else going: lost jobs, schedules, health."""

    @property
    def short(self) -> str:
        """As it is called on the command line."""
        return self.value.removeprefix("rcx.")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job. `work`: "module:function"; `limit_s`: when it is told to end, None where only LIMIT_S holds."""

    work: str
    queue: Queue
    limit_s: float | None = None


KINDS: dict[str, Kind] = {
    "alerts.send": Kind("rcx_app.domain.integrations.alerts_sending:run", Queue.UPKEEP),
    "imports.analyse": Kind("rcx_app.domain.integrations.analyse:run", Queue.QUICK),
    "imports.apply": Kind("rcx_app.domain.integrations.apply:run", Queue.QUICK),
    "mapping.match": Kind("rcx_app.domain.mapping.service:run", Queue.QUICK),
    "matching.learn": Kind("rcx_app.domain.learning.training:run", Queue.QUICK),
    "reconcile.run": Kind("rcx_app.domain.reconcile.service:run", Queue.QUICK),
    "review.apply": Kind("rcx_app.domain.review.bulk:run", Queue.QUICK),
    "subscription.tell": Kind("rcx_app.domain.subscription.sending:run", Queue.UPKEEP),
    "sync.run": Kind("rcx_app.domain.sync.run:run", Queue.SYNC, SYNC_LIMIT_S),
    "writeback.send": Kind("rcx_app.domain.writeback.sending:run", Queue.QUICK, SYNC_LIMIT_S),
}


def queue(kind: str) -> Queue:
    """Where jobs of `kind` wait. An unknown kind fails soonest where people wait."""
    return KINDS[kind].queue if kind in KINDS else Queue.QUICK


def limit_s(kind: str) -> float | None:
    """How long a job of `kind` may work before it is told to end; None where only LIMIT_S holds."""
    return KINDS[kind].limit_s if kind in KINDS else None


def stop_after_s(kind: str) -> float:
    """How long until the work of a job of `kind` is interrupted, wherever it is."""
    limit = limit_s(kind)
    return LIMIT_S if limit is None else limit + GRACE_S


def work(kind: str) -> Work:
    """The function that does jobs of `kind`. Raises LookupError where there is none."""
    if kind not in KINDS:
        raise LookupError(f"no work is registered for jobs of kind {kind!r}")
    module, _, name = KINDS[kind].work.partition(":")
    found: Work = getattr(import_module(module), name)
    return found
