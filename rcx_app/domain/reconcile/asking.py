"""Asking for a run after a change: requests that wait are one job over all their clients. Runs nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.jobs import service as jobs

KIND = "reconcile.run"


def request(session: Session, context: Context, clients: Iterable[int] | None = None) -> int:
    """Ask for a run over these clients (None: all) after this transaction; returns the job's id.

    Best called last in a transaction. No clients at all: the findings of accounts are still brought up to date.
    """
    wanted = None if clients is None else sorted(set(clients))
    return jobs.enqueue(session, context, KIND, {"clients": wanted}, dedupe_key="reconcile", merge=_merge)


def _merge(waiting: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    if waiting.get("clients") is None or new.get("clients") is None:
        return {"clients": None}
    return {"clients": sorted({*waiting["clients"], *new["clients"]})}
