"""Asks for the job that reads, plans and writes a connection: one at a time, in order, whatever asks for it."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.jobs import service as jobs

KIND = "writeback.send"


def request(session: Session, context: Context, connection_id: int) -> int:
    """The job's id. Best called last in a transaction."""
    args = {"connection_id": connection_id}
    return jobs.enqueue(session, context, KIND, args, dedupe_key=f"writeback:{connection_id}")
