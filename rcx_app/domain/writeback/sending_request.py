"""Asks for the job that reads, plans and writes a connection: one at a time, in order, whatever asks for it."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.jobs import service as jobs

KIND = "writeback.send"


def key(connection_id: int) -> str:
    """What the jobs of a connection have in common: of one key only one runs, and only one waits."""
    return f"writeback:{connection_id}"


def request(session: Session, context: Context, connection_id: int, *, only_looks: bool = False) -> int:
    """The job's id. Best called last in a transaction.

    `only_looks`: it reads what is unclear and sends nothing, unless somebody else wants it to.
    """
    args = {"connection_id": connection_id, "only_looks": only_looks}
    return jobs.enqueue(session, context, KIND, args, dedupe_key=key(connection_id), merge=_merged)


def _merged(waiting: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    return {**waiting, "only_looks": bool(waiting.get("only_looks")) and asked["only_looks"]}
