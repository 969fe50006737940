"""Which function of the domain does the work of which kind of job. Imported only when such a job runs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from rcx_app.domain.jobs.handle import JobHandle

Work = Callable[[JobHandle], dict[str, Any] | None]

KINDS: dict[str, str] = {
    "imports.analyse": "rcx_app.domain.integrations.analyse:run",
    "imports.apply": "rcx_app.domain.integrations.apply:run",
    "mapping.match": "rcx_app.domain.mapping.service:run",
    "reconcile.run": "rcx_app.domain.reconcile.service:run",
    "sync.run": "rcx_app.domain.sync.run:run",
}


def work(kind: str) -> Work:
    """The function that does jobs of `kind`. Raises LookupError where there is none."""
    if kind not in KINDS:
        raise LookupError(f"no work is registered for jobs of kind {kind!r}")
    module, _, name = KINDS[kind].partition(":")
    found: Work = getattr(import_module(module), name)
    return found
