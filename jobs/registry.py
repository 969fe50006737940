"""Which function of the domain does the work of which kind of job. Imported only when such a job runs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from rcx_app.domain.jobs.handle import JobHandle

LIMIT_S = 25 * 60
"""A job of the largest import this is built for takes minutes; one that takes so long is stuck."""
LIMITS_S: dict[str, float] = {"sync.run": 6 * 3600}
"""Kinds that may take longer. A vendor's request budget decides how long a large estate is read, not we."""
GRACE_S = 10 * 60
"""Such a job is told to end at its limit; one that does not hear is interrupted so long after."""
KILL_AFTER_S = 5 * 60
"""What is interrupted and has not ended so long after is killed."""

Work = Callable[[JobHandle], dict[str, Any] | None]

KINDS: dict[str, str] = {
    "alerts.send": "rcx_app.domain.integrations.alerts_sending:run",
    "imports.analyse": "rcx_app.domain.integrations.analyse:run",
    "imports.apply": "rcx_app.domain.integrations.apply:run",
    "mapping.match": "rcx_app.domain.mapping.service:run",
    "reconcile.run": "rcx_app.domain.reconcile.service:run",
    "sync.run": "rcx_app.domain.sync.run:run",
}


def limit_s(kind: str) -> float | None:
    """How long a job of `kind` may work before it is told to end; None where only LIMIT_S holds."""
    return LIMITS_S.get(kind)


def stop_after_s(kind: str) -> float:
    """How long until the work of a job of `kind` is interrupted, wherever it is."""
    limit = limit_s(kind)
    return LIMIT_S if limit is None else limit + GRACE_S


def work(kind: str) -> Work:
    """The function that does jobs of `kind`. Raises LookupError where there is none."""
    if kind not in KINDS:
        raise LookupError(f"no work is registered for jobs of kind {kind!r}")
    module, _, name = KINDS[kind].partition(":")
    found: Work = getattr(import_module(module), name)
    return found
